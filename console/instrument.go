package console

import (
	"net/http"
	"slices"
	"time"

	"entente/exchange"
	"entente/instrument"
	"entente/instrument/library"
)

// shelf is the page of instruments: those active here, and those that come with
// the program.
type shelf struct {
	Active  []shelved
	Coming  []instrument.Appointment // of the active ones, within a year
	Library []shelved
}

// shelved is one line of it.
type shelved struct {
	*instrument.Instrument
	Phase instrument.Phase
	Why   string
	By    string
}

func (c *Console) instruments(r *http.Request) (string, page, error) {
	active, err := c.Exchange.Instruments(r.Context())
	if err != nil {
		return "", page{}, err
	}
	shipped, err := library.All()
	if err != nil {
		return "", page{}, err
	}
	var s shelf
	for _, v := range active {
		s.Active = append(s.Active, c.shelve(v.Doc, v.By))
		today := c.Now().UTC().Truncate(24 * time.Hour)
		s.Coming = append(s.Coming, v.Doc.Calendar(today, today.AddDate(1, 0, 0))...)
	}
	slices.SortStableFunc(s.Coming, func(a, b instrument.Appointment) int { return a.At.Compare(b.At) })
	for _, doc := range shipped {
		if !slices.ContainsFunc(active, func(v exchange.InstrumentView) bool { return v.Hash == doc.Hash }) {
			s.Library = append(s.Library, c.shelve(doc, ""))
		}
	}
	return "instruments.html", page{Title: "Instruments", Data: s}, nil
}

func (c *Console) shelve(doc *instrument.Instrument, by string) shelved {
	phase, why := instrument.PhaseAt(doc, nil, nil, c.Now())
	return shelved{doc, phase, why, by}
}

// reading is the page of one instrument.
type reading struct {
	shelved
	Active   bool
	Outline  []instrument.Outline
	Acts     []exchange.ActView
	Standing []standing
	Calendar []appointment
	File     string // how a command names it
	Levels   []verified
}

// standing is one party's place in the text.
type standing struct {
	*instrument.PartyRecord
	Basis string // asserted, signed …; "" when the node knows no acts
	Bound bool
}

// appointment is one entry of the review calendar.
type appointment struct {
	instrument.Review
	Due bool // its day has come
}

// verified counts the clauses verified in one way.
type verified struct {
	How instrument.Verification
	N   int
}

// instrument shows a text active here, or else one of the library.
func (c *Console) instrument(r *http.Request) (string, page, error) {
	id := r.PathValue("id")
	v, err := c.Exchange.Instrument(r.Context(), id)
	if err != nil {
		doc, missing := library.Get(id)
		if missing != nil {
			return "", page{}, err
		}
		return "instrument.html", page{Title: doc.Title, Data: c.read(c.shelve(doc, ""), nil, id)}, nil
	}
	text, err := c.Exchange.InstrumentText(r.Context(), v.ID+"@"+v.Version)
	if err != nil {
		return "", page{}, err
	}
	s := shelved{v.Doc, text.Phase, text.Why, v.By}
	return "instrument.html", page{Title: v.Title, Data: c.read(s, &text, id)}, nil
}

func (c *Console) read(s shelved, text *exchange.TextView, file string) reading {
	p := reading{shelved: s, Outline: s.Outline(), File: file, Active: text != nil}
	for n := range s.Parties {
		rec := &s.Parties[n]
		st := standing{PartyRecord: rec, Bound: bound(s.Instrument, rec, c.Now())}
		if text != nil {
			for _, of := range text.Parties {
				if of.Party == rec.Party {
					st.Basis, st.Bound = of.Basis, of.Bound
				}
			}
		}
		p.Standing = append(p.Standing, st)
	}
	if text != nil {
		p.Acts = text.Acts
	}
	for _, v := range s.Review {
		p.Calendar = append(p.Calendar, appointment{v, !v.At.IsZero() && !c.Now().Before(v.At)})
	}
	for _, how := range instrument.Verifications() {
		n := 0
		for _, cl := range s.Clauses {
			if string(cl.Verified) == how {
				n++
			}
		}
		if n > 0 {
			p.Levels = append(p.Levels, verified{instrument.Verification(how), n})
		}
	}
	return p
}

// bound reports whether the text is in force between a party and any other.
func bound(i *instrument.Instrument, p *instrument.PartyRecord, at time.Time) bool {
	return slices.ContainsFunc(i.Parties, func(o instrument.PartyRecord) bool {
		return o.Party != p.Party && i.Status(instrument.Seat{Party: p.Party}, instrument.Seat{Party: o.Party}, at).InForce
	})
}
