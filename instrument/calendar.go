package instrument

import (
	"cmp"
	"slices"
	"time"
)

// Appointment is a day on which something about a text changes, or somebody
// looks at it again.
type Appointment struct {
	At         time.Time `json:"at"`
	Instrument string    `json:"instrument"`
	What       string    `json:"what"`
	Who        string    `json:"who,omitempty"`
	Cite       string    `json:"cite,omitempty"`
}

// Calendar lists the appointments of a text from an instant up to another, in
// order: its reviews, its start and end and those of its clauses, and when
// another authority acts for a party. A review every so often is counted from
// the entry into force.
func (i *Instrument) Calendar(from, until time.Time) []Appointment {
	var out []Appointment
	add := func(at time.Time, what, who, cite string) {
		if !at.IsZero() && !at.Before(from) && at.Before(until) {
			out = append(out, Appointment{at, i.ID, what, who, cite})
		}
	}
	every := func(p Period, what, who, cite string) {
		start, ok := i.entry()
		if p.IsZero() || !ok || start.IsZero() {
			return
		}
		for n := 1; ; n++ {
			at := p.Times(n).AddTo(start)
			if !at.Before(until) || n > maxYears*366 {
				return
			}
			add(at, what, who, cite)
		}
	}
	if start, ok := i.entry(); ok {
		add(start, "enters into force", "", "")
	}
	add(i.InForce.Until, "is in force no longer", "", "")
	add(i.sunset(), "lapses, unless it is renewed", "", "")
	every(i.Term.ReviewEvery, "is due for review", "", "")
	for _, v := range i.Review {
		add(v.At, v.What, v.Who, v.Cite)
		every(v.Every, v.What, v.Who, v.Cite)
	}
	for _, c := range i.Clauses {
		if f := c.InForce; f != nil {
			add(f.From, "the clause starts", "", c.Cite)
			add(f.Until, "the clause ends", "", c.Cite)
		}
	}
	for _, p := range i.Parties {
		for _, a := range p.Authorities {
			add(a.From, a.Name+" becomes the "+a.Role+" of "+string(p.Party), "", a.Cite)
			add(a.Until, a.Name+" is no longer the "+a.Role+" of "+string(p.Party), "", a.Cite)
		}
	}
	slices.SortStableFunc(out, func(a, b Appointment) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Cite, b.Cite), cmp.Compare(a.What, b.What))
	})
	return slices.Compact(out) // several clauses of one article start as one
}

// Times is n of the period, so that a month after month starts from the same day.
func (p Period) Times(n int) Period {
	return Period{n * p.Years, n * p.Months, n * p.Days, time.Duration(n) * p.Clock}
}
