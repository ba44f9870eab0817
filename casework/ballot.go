package casework

import (
	"slices"
	"strconv"
	"time"

	"entente/instrument"
	"entente/internal/ident"
	"entente/party"
)

// Ballot is one vote that was cast.
type Ballot struct {
	By     party.ID     `json:"by"`
	Choice Choice       `json:"choice"`
	At     time.Time    `json:"at"`    // when it was ordered
	Event  ident.Digest `json:"event"` // signed by the voter
	// Excluded says why it does not count: late, or replaced by a later one.
	Excluded string `json:"excluded,omitempty"`
}

// Tally is what the votes on a step come to. Whoever holds the events of the case
// computes the same.
type Tally struct {
	Step    string     `json:"step"`
	Quorum  string     `json:"quorum"`
	Voters  []party.ID `json:"voters"`
	Ballots []Ballot   `json:"ballots,omitempty"`
	Yes     int        `json:"yes"`
	No      int        `json:"no"`
	Abstain int        `json:"abstain"`
	Met     bool       `json:"met"`
}

// Tally counts the votes on a step since the case came into its state. It
// reports false for a step without a vote.
func (c *Case) Tally(step string) (Tally, bool) {
	if c.procedure == nil {
		return Tally{}, false
	}
	t, ok := c.transition(step)
	if !ok || t.Quorum == "" {
		return Tally{}, false
	}
	return c.tally(t), true
}

func (c *Case) tally(t *instrument.Transition) Tally {
	out := Tally{Step: t.ID, Quorum: t.Quorum, Voters: c.Opening.Roles[t.Voters()]}
	newest := map[party.ID]int{}
	for _, e := range c.History[min(c.entered, len(c.History)):] {
		if e.Event.Act != Vote || e.Event.Step != t.ID {
			continue
		}
		b := Ballot{By: e.Event.By, Choice: e.Event.Ballot, At: e.At, Event: e.Digest}
		if e.Late {
			b.Excluded = "late"
		} else {
			if n, voted := newest[b.By]; voted {
				out.Ballots[n].Excluded = "replaced"
			}
			newest[b.By] = len(out.Ballots)
		}
		out.Ballots = append(out.Ballots, b)
	}
	for _, b := range out.Ballots {
		if b.Excluded != "" {
			continue
		}
		switch b.Choice {
		case Yes:
			out.Yes++
		case No:
			out.No++
		case Abstain:
			out.Abstain++
		}
	}
	out.Met = met(t.Quorum, len(out.Voters), out)
	return out
}

// met applies a quorum. Majorities are of all who may vote, so that nobody wins
// by keeping others away; consensus is everybody heard and nobody against.
func met(quorum string, voters int, t Tally) bool {
	switch quorum {
	case "majority":
		return 2*t.Yes > voters
	case "two-thirds":
		return 3*t.Yes >= 2*voters && t.Yes > 0
	case "consensus":
		return t.No == 0 && t.Yes > 0 && t.Yes+t.Abstain == voters
	}
	n, err := strconv.Atoi(quorum)
	return err == nil && n > 0 && t.Yes >= n
}

// mayVote reports whether a party has a vote on a transition.
func (c *Case) mayVote(t *instrument.Transition, p party.ID) bool {
	return slices.Contains(c.Opening.Roles[t.Voters()], p)
}
