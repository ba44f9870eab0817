package casework

import (
	"slices"
	"time"

	"entente/instrument"
	"entente/internal/ident"
	"entente/party"
)

// Case is where a procedure stands: what follows from its events.
type Case struct {
	ID      string
	Opening Opening
	Opener  party.ID
	State   string
	Final   bool
	History []Entry // accepted events in their order
	Head    ident.Digest
	// Findings are what is wrong with the record. The state is the one of the last
	// event before the first of them that concerns an order.
	Findings []Finding

	procedure *instrument.Procedure
	heads     map[ident.Digest]int      // digests of the orders
	last      map[party.ID]ident.Digest // newest event of each author
	ids       map[party.ID]map[string]bool
	taken     map[string]int // transition → index of its newest step in History
	entered   int            // index in History of the event that led to State
}

// Entry is one accepted event in its place.
type Entry struct {
	Seq       int
	At        time.Time // when it was ordered
	Digest    ident.Digest
	Event     Event
	State     string         // after it
	Due       time.Time      // of a step or vote: by when it had to come
	Late      bool           // after Due
	Corrected []ident.Digest // events that correct it
}

// Finding is one thing wrong with the record of a case, with what shows it.
type Finding struct {
	Code     string         `json:"code"`
	Seq      int            `json:"seq,omitempty"`   // the place, 0 for the record as a whole
	About    party.ID       `json:"about,omitempty"` // whose doing it is
	Detail   string         `json:"detail"`
	Evidence []ident.Digest `json:"evidence,omitempty"` // of events, orders and heads
}

func newCase(id string) *Case {
	return &Case{
		ID: id, heads: map[ident.Digest]int{}, last: map[party.ID]ident.Digest{}, ids: map[party.ID]map[string]bool{}, taken: map[string]int{},
	}
}

// Procedure is the one the case runs by.
func (c *Case) Procedure() *instrument.Procedure { return c.procedure }

// Seq is the place of the newest accepted event; 0 before the first.
func (c *Case) Seq() int { return len(c.History) }

// Updated is when the newest accepted event was ordered.
func (c *Case) Updated() time.Time {
	if len(c.History) == 0 {
		return time.Time{}
	}
	return c.History[len(c.History)-1].At
}

// Last is the digest of the newest accepted event of a party: what the next one
// names as [Event.Previous].
func (c *Case) Last(p party.ID) ident.Digest { return c.last[p] }

// Event finds an accepted event by its digest.
func (c *Case) Event(d ident.Digest) (Entry, bool) {
	n := slices.IndexFunc(c.History, func(e Entry) bool { return e.Digest == d })
	if n < 0 {
		return Entry{}, false
	}
	return c.History[n], true
}

// Holds reports whether an order is one of the accepted ones.
func (c *Case) Holds(order ident.Digest) bool { return c.heads[order] > 0 }

// Roles are those of a party, in the order of the procedure.
func (c *Case) Roles(p party.ID) []string {
	var roles []string
	if c.procedure != nil {
		for _, r := range c.procedure.Roles {
			if slices.Contains(c.Opening.Roles[r], p) {
				roles = append(roles, r)
			}
		}
	}
	return roles
}

func (c *Case) transition(id string) (*instrument.Transition, bool) {
	for n := range c.procedure.Transitions {
		if t := &c.procedure.Transitions[n]; t.ID == id {
			return t, true
		}
	}
	return nil, false
}

// started is when the clock of a transition began: when the step it comes after
// was taken last.
func (c *Case) started(t *instrument.Transition) time.Time {
	if n, ok := c.taken[t.After]; ok && t.After != "" {
		return c.History[n].At
	}
	return time.Time{}
}

// due is by when a transition has to be taken; zero without a deadline, or while
// its clock has not started.
func (c *Case) due(t *instrument.Transition) time.Time {
	start := c.started(t)
	if start.IsZero() || t.Within.IsZero() {
		return time.Time{}
	}
	return t.Within.AddTo(start)
}

// earliest is when a transition can be taken at the earliest by its clock.
func (c *Case) earliest(t *instrument.Transition) time.Time {
	start := c.started(t)
	switch {
	case start.IsZero():
		return time.Time{}
	case !t.Silence.IsZero():
		return t.Silence.AddTo(start)
	case !t.NotBefore.IsZero():
		return t.NotBefore.AddTo(start)
	}
	return time.Time{}
}

// Next is a step that can follow in the state the case is in.
type Next struct {
	Step      string     `json:"step"`
	Role      string     `json:"role"`
	Parties   []party.ID `json:"parties"`
	To        string     `json:"to"`
	Cite      string     `json:"cite,omitempty"`
	Requires  []string   `json:"requires,omitempty"` // fields
	Grounds   []string   `json:"grounds,omitempty"`  // one of which has to be given
	NotBefore time.Time  `json:"not_before,omitzero"`
	Due       time.Time  `json:"due,omitzero"`
	Started   time.Time  `json:"started,omitzero"` // of its clock
	Overdue   bool       `json:"overdue,omitempty"`
	Silence   bool       `json:"silence,omitempty"`
	Tally     *Tally     `json:"tally,omitempty"` // of the votes on it
}

// Next lists the steps that lead on from the state of the case at an instant.
func (c *Case) Next(now time.Time) []Next {
	if c.procedure == nil || c.Final {
		return nil
	}
	var out []Next
	for i := range c.procedure.Transitions {
		t := &c.procedure.Transitions[i]
		if !slices.Contains(t.From, c.State) {
			continue
		}
		n := Next{
			Step: t.ID, Role: t.By, Parties: c.Opening.Roles[t.By], To: t.To, Cite: t.Cite, Requires: c.required(t), Grounds: t.Refusal,
			NotBefore: c.earliest(t), Due: c.due(t), Started: c.started(t), Silence: !t.Silence.IsZero(),
		}
		n.Overdue = !n.Due.IsZero() && now.After(n.Due)
		if n.Overdue && t.Preclusive {
			continue
		}
		if t.Quorum != "" {
			tally := c.tally(t)
			n.Tally = &tally
		}
		out = append(out, n)
	}
	return out
}

// required are the fields a step has to bring. The code of a ground is given as
// the ground and not once more as a field.
func (c *Case) required(t *instrument.Transition) []string {
	if len(t.Refusal) == 0 {
		return t.Requires
	}
	return slices.DeleteFunc(slices.Clone(t.Requires), func(f string) bool { return f == groundField })
}

// groundField is what instruments call the field with the code of the ground.
const groundField = "reason_code"
