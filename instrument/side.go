package instrument

import (
	"slices"
	"time"

	"entente/party"
)

// side is where one party stands at an instant.
type side struct {
	party       party.ID
	bound       bool
	provisional bool
	suspended   bool
	left        bool
	since       time.Time // of suspended and left
	why         string    // when not bound
}

// side replays the party's record up to an instant.
func (i *Instrument) side(p *PartyRecord, text phase, at time.Time) side {
	s := side{party: p.Party}
	for _, e := range i.effects(p) {
		if at.Before(e.At) {
			break
		}
		s.apply(e)
	}
	if s.bound && !s.provisional && text != operative {
		s.bound = false // its own record cannot carry a party further than the text
	}
	if !s.bound && !s.left && text == provisionally && hasSigned(p, at) {
		s.bound, s.provisional = true, true // Art. 25(1)(a): the treaty itself so provides
	}
	if !s.bound && !s.left {
		s.why = i.waiting(p, text, at)
	}
	return s
}

func (s *side) apply(e Event) {
	switch e.Kind {
	case inForce:
		s.bound, s.provisional, s.left = true, false, false
	case provisional:
		if !s.bound {
			s.bound, s.provisional, s.left = true, true, false
		}
	case suspension:
		s.suspended, s.since = true, e.At
	case resumption:
		s.suspended = false
	case denunciation, withdrawal:
		s.bound, s.provisional, s.suspended = false, false, false
		s.left, s.since = true, e.At
	}
}

// effects turns what a party did into when it took effect, in time order.
// Instants that fall together are ordered so that the cautious one wins.
func (i *Instrument) effects(p *PartyRecord) []Event {
	entry, fulfilled := i.entry()
	explicit := slices.ContainsFunc(p.Events, func(e Event) bool { return e.Kind == inForce })
	first := p.consent()
	var out []Event
	for _, e := range p.Events {
		switch {
		case isConsent(e.Kind) && explicit && e.At.Equal(first):
			// Its own in-force event says when this consent took effect.
		case isConsent(e.Kind) && fulfilled:
			out = append(out, Event{Kind: inForce, At: i.takesEffect(e.At, entry)})
		case e.Kind == denunciation, e.Kind == withdrawal:
			out = append(out, Event{Kind: e.Kind, At: i.leaves(p, e.At)})
		case e.Kind != signature && !isConsent(e.Kind):
			out = append(out, e)
		}
	}
	slices.SortStableFunc(out, func(x, y Event) int {
		if c := x.At.Compare(y.At); c != 0 {
			return c
		}
		return caution(x.Kind) - caution(y.Kind)
	})
	return out
}

func caution(kind string) int {
	return slices.Index([]string{provisional, inForce, resumption, suspension, denunciation, withdrawal}, kind)
}

// takesEffect is when consent given at an instant binds: with the entry into
// force for those who made it happen, afterwards on its own date
// (Vienna Convention Art. 24(3)) and the waiting time the treaty sets.
func (i *Instrument) takesEffect(consent, entry time.Time) time.Time {
	if c := i.InForce.Condition; c != nil {
		consent = c.ThenAfter.AddTo(consent)
	}
	if consent.Before(entry) {
		return entry
	}
	return consent
}

// leaves is when a denunciation takes effect: after the notice the text asks
// for, or twelve months when it is silent (Art. 56(2)). Whoever only applied it
// provisionally leaves at once (Art. 25(2)).
func (i *Instrument) leaves(p *PartyRecord, notified time.Time) time.Time {
	bound := slices.ContainsFunc(p.Events, func(e Event) bool {
		return (e.Kind == inForce || isConsent(e.Kind)) && !e.At.After(notified)
	})
	if !bound {
		return notified
	}
	notice := i.Term.WithdrawalNotice
	if notice.IsZero() {
		notice = Period{Months: 12}
	}
	return notice.AddTo(notified)
}

func hasSigned(p *PartyRecord, at time.Time) bool {
	return slices.ContainsFunc(p.Events, func(e Event) bool {
		return (e.Kind == signature || isConsent(e.Kind)) && !at.Before(e.At)
	})
}

// waiting says what is still missing.
func (i *Instrument) waiting(p *PartyRecord, text phase, at time.Time) string {
	if text == pending || text == provisionally {
		return notYet
	}
	if hasSigned(p, at) {
		return "not yet in force for " + string(p.Party)
	}
	return "not in force for " + string(p.Party)
}
