package exchange

import (
	"time"

	"entente/internal/fault"
)

// derogate holds a fact that declares a derogation to the time the text allows:
// one without an end gets the last instant there is, one that ends later is
// refused. Several texts that rest on one fact each bound it.
func (l *law) derogate(f Fact) (Fact, error) {
	if !f.Value {
		return f, nil
	}
	for _, i := range l.instruments {
		for n := range i.Doc.Clauses {
			c := &i.Doc.Clauses[n]
			d := c.Derogation
			if d == nil || d.MaxDuration.IsZero() || d.Declared(c.ID) != f.Name {
				continue
			}
			last := d.MaxDuration.AddTo(f.From)
			if f.Expires.After(last) {
				return f, fault.New(fault.Invalid, "fact.derogation", "%s %s may be relied on for at most %s.", i.ID, c.Cite, d.MaxDuration).
					At("/expires", "is after "+last.Format(time.RFC3339)).
					Try("End it by then; it can be declared again.")
			}
			if f.Expires.IsZero() || last.Before(f.Expires) {
				f.Expires = last
			}
		}
	}
	return f, nil
}
