package instrument

import (
	"slices"
	"time"
)

// Instants returns, in order, every instant at which the status of the
// instrument or of one of its clauses may change between some two parties.
// Between two of them every answer of [Instrument.Status] stays the same, so
// whoever remembers one knows until when it holds.
func (i *Instrument) Instants() []time.Time {
	at := []time.Time{i.InForce.From, i.InForce.Until, i.InForce.ProvisionalFrom, i.Term.Sunset}
	if entry, ok := i.entry(); ok {
		at = append(at, entry)
	}
	for n := range i.Parties {
		p := &i.Parties[n]
		for _, e := range p.Events {
			at = append(at, e.At)
		}
		for _, e := range i.effects(p) {
			at = append(at, e.At)
		}
		for _, v := range p.Reservations {
			at = append(at, v.From, v.Withdrawn)
			for _, o := range v.Objections {
				at = append(at, o.At)
			}
		}
	}
	for n := range i.Clauses {
		if f := i.Clauses[n].InForce; f != nil {
			at = append(at, f.From, f.Until)
		}
	}
	at = slices.DeleteFunc(at, time.Time.IsZero)
	slices.SortFunc(at, time.Time.Compare)
	return slices.CompactFunc(at, time.Time.Equal)
}
