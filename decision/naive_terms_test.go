package decision_test

import (
	"maps"
	"slices"
	"strings"

	"entente/decision"
	"entente/instrument"
)

// plainly rewrites an instrument for one question so that what reservations
// change, derogations, and encodings nobody verified are said with clauses,
// exceptions and safeguards alone.
func (n *naive) plainly(i *instrument.Instrument) *instrument.Instrument {
	out := *i
	out.Clauses = nil
	renamed := map[string]string{}
	for k := range i.Clauses {
		c := i.Clauses[k]
		if id, changed := n.reserved(i, &c); changed {
			renamed[i.Clauses[k].ID] = id
			c.ID = id
		}
		if d := c.Derogation; d != nil {
			c.ExceptionTo = slices.Concat(c.ExceptionTo, d.Of)
			facts := maps.Clone(c.When.Facts)
			if facts == nil {
				facts = map[string]instrument.FactMatch{}
			}
			c.When.Facts = facts
			facts[d.Fact] = instrument.IsTrue
		}
		if c.Verified == instrument.Unverified && c.Modality == instrument.Permission {
			c.Requires = append(slices.Clone(c.Requires), instrument.Requirement{Safeguard: "human-approval", ApprovalBy: "legal"})
		}
		out.Clauses = append(out.Clauses, c)
	}
	for k := range out.Clauses {
		parents := slices.Clone(out.Clauses[k].ExceptionTo)
		for p, id := range parents {
			if to, ok := renamed[id]; ok {
				parents[p] = to
			}
		}
		out.Clauses[k].ExceptionTo = parents
	}
	return &out
}

// reserved changes a clause as the one reservation says that touches it between
// the two, and returns its name then. Two leave it as it is, and out.
func (n *naive) reserved(i *instrument.Instrument, c *instrument.Clause) (id string, changed bool) {
	original := *c
	times := 0
	defer func() {
		if times > 1 {
			*c, id, changed = original, "", false
		}
	}()
	for _, maker := range []decision.Actor{n.req.Sender, n.req.Recipient} {
		for _, p := range i.Parties {
			if p.Party != maker.ID {
				continue
			}
			for _, v := range p.Reservations {
				for _, m := range v.Modifies {
					if m.Clause == original.ID {
						*c = m.Applied(original)
						times++
						id, changed = original.ID+"+"+string(p.Party)+"+"+v.ID, true
					}
				}
			}
		}
	}
	return id, changed
}

// transpose takes out what national law in force replaces.
func (n *naive) transpose(in map[*instrument.Instrument]instrument.Standing) {
	for law := range in {
		if law.Transposes == nil || !law.Binding {
			continue
		}
		for directive, s := range in {
			if directive.ID != law.Transposes.Instrument {
				continue
			}
			out := maps.Clone(s.Excluded)
			if out == nil {
				out = map[string]string{}
			}
			for _, c := range law.Transposes.Replaces {
				for k := range directive.Clauses {
					if id := directive.Clauses[k].ID; id == c || strings.HasPrefix(id, c+"+") {
						out[id] = law.ID
					}
				}
			}
			s.Excluded = out
			in[directive] = s
		}
	}
}

func seatOf(a *decision.Actor) instrument.Seat {
	return instrument.Seat{Party: a.ID, Jurisdiction: a.Jurisdiction}
}

// rolesIn are the roles of an actor in one instrument.
func rolesIn(i *instrument.Instrument, a *decision.Actor) []string {
	roles := slices.Clone(a.Roles)
	for _, p := range i.Parties {
		if p.Party == a.ID && p.Role != "" {
			roles = append(roles, p.Role)
		}
	}
	return roles
}

func common(asked, have []string) bool {
	return len(asked) == 0 || slices.ContainsFunc(have, func(w string) bool { return slices.Contains(asked, w) })
}
