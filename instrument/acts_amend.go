package instrument

import (
	"slices"
	"time"

	"entente/party"
)

// amend returns the later version with the records its own acts and the
// amendment rule of the version it supersedes give. Between parties that both
// accepted it the new text applies, between others the old one (Vienna
// Convention Arts. 30(4) and 40(4)); a rule that binds all binds also those who
// did not accept. old and next carry their acts already; text is next without
// them.
//
// A version of a text that never bound anybody is no amendment: it is a new
// draft, and its own acts say all.
func amend(old, next, text *Instrument, acts []Judged) *Instrument {
	if !old.everBound() {
		return next
	}
	a := amendment{old: old, acts: acts, rule: old.Amendment, depositary: old.Depositary}
	a.adopted, a.members = a.adoption()
	out := a.applied(next, text)
	for n := range out.Parties {
		p := &out.Parties[n]
		p.Reservations = carried(old.party(p.Party), p.Reservations, next, acts)
	}
	return out
}

// applied returns next with the events that the amendment gives its parties.
func (a *amendment) applied(next, text *Instrument) *Instrument {
	copied := *next
	copied.Parties = slices.Clone(next.Parties)
	for n := range copied.Parties {
		p := &copied.Parties[n]
		p.Events = a.events(p, text.party(p.Party))
	}
	return &copied
}

// amendment is what decides when a later version binds whom.
type amendment struct {
	old        *Instrument
	acts       []Judged
	rule       *Amendment // nil: each party for itself
	depositary party.ID
	adopted    time.Time  // zero: not adopted, or nobody can say
	members    []party.ID // the parties of the old text when it was
}

// adoption is the first instant at which the rule was met, and the parties of
// the old text then; zero when it has not been.
func (a *amendment) adoption() (time.Time, []party.ID) {
	for _, at := range a.instants() {
		members := a.old.bound(at)
		if len(members) > 1 && a.met(members, at) {
			return at, members
		}
	}
	return time.Time{}, nil
}

// instants are when the answer to whether the rule is met can change.
func (a *amendment) instants() []time.Time {
	at := a.old.Instants()
	for _, act := range a.acts {
		if act.Counts {
			at = append(at, act.At)
		}
	}
	if end := a.silenceEnds(); !end.IsZero() {
		at = append(at, end)
	}
	slices.SortFunc(at, time.Time.Compare)
	return slices.CompactFunc(at, time.Time.Equal)
}

// met reports whether the rule of the old text is met at an instant.
func (a *amendment) met(members []party.ID, at time.Time) bool {
	accepted, objected := 0, 0
	for _, m := range members {
		switch a.answer(m, at) {
		case yes:
			accepted++
		case no:
			objected++
		case silent:
		}
	}
	if a.rule == nil {
		return accepted > 1
	}
	switch a.rule.Rule {
	case "majority":
		return 2*accepted > len(members)
	case "two-thirds":
		return 3*accepted >= 2*len(members)
	case tacit:
		end := a.silenceEnds()
		return !end.IsZero() && !at.Before(end) && (objected == 0 || a.rule.Binds != "all")
	case "depositary":
		return !a.circulated().IsZero() && !at.Before(a.circulated())
	default: // consensus
		return accepted == len(members)
	}
}

// silenceEnds is when silence becomes acceptance: counted from the adoption by
// the depositary. Without a depositary who circulated the text nobody's silence
// means anything, so a party cannot amend tacitly by dating a proposal back.
func (a *amendment) silenceEnds() time.Time {
	start := a.circulated()
	if start.IsZero() || a.rule == nil || a.rule.Rule != tacit || a.rule.TacitAfter.IsZero() {
		return time.Time{}
	}
	return a.rule.TacitAfter.AddTo(start)
}

// circulated is when the depositary of the old text adopted the new one.
func (a *amendment) circulated() time.Time {
	var first time.Time
	for _, act := range a.acts {
		if act.Counts && act.Act.Act == ActAdoption && act.Party == a.depositary && a.depositary != "" {
			first = earliest(first, act.At)
		}
	}
	return first
}

// answer is what a party said of the amendment by an instant.
type answer uint8

const (
	silent answer = iota
	yes
	no
)

func (a *amendment) answer(p party.ID, at time.Time) answer {
	said := silent
	for _, act := range a.acts { // by date, the cautious one last
		if !act.Counts || act.Party != p || act.At.After(at) {
			continue
		}
		switch {
		case act.Act.Act.Consents():
			said = yes
		case act.Act.Act == ActAmendmentObjection:
			said = no
		}
	}
	return said
}

// accepted is when a party first accepted at or after an instant, or zero.
func (a *amendment) accepted(p party.ID, from time.Time) time.Time {
	for _, act := range a.acts {
		if act.Counts && act.Party == p && act.Act.Act.Consents() && !act.At.Before(from) {
			return act.At
		}
	}
	return time.Time{}
}

// events is a party's record under the new text: what the file asserts and its
// acts other than consent, and its entry into force when the rule gives one.
func (a *amendment) events(p, asserted *PartyRecord) []Event {
	var out []Event
	for _, e := range p.Events {
		if !isConsent(e.Kind) || slices.Contains(asserted.Events, e) {
			out = append(out, e)
		} else if a.adopted.IsZero() {
			out = append(out, Event{Kind: signature, At: e.At}) // it waits for the others
		}
	}
	agreed, ok := a.agreed(p.Party)
	if !ok {
		return out
	}
	start := agreed
	if a.rule != nil {
		start = latest(start, a.rule.EffectiveAfter.AddTo(a.adopted))
	}
	out = append(out, Event{Kind: string(ActAcceptance), At: agreed}, Event{Kind: inForce, At: start})
	if o := a.old.party(p.Party); o != nil {
		text, _ := a.old.text(start)
		if a.old.side(o, text, start).suspended {
			out = append(out, Event{Kind: suspension, At: start}) // an amendment ends no suspension
		}
	}
	slices.SortStableFunc(out, func(x, y Event) int { return x.At.Compare(y.At) })
	return out
}

// agreed is when a party agreed to be bound by the adopted text, expressly, by
// silence or by the rule of the old one.
func (a *amendment) agreed(p party.ID) (time.Time, bool) {
	if a.adopted.IsZero() {
		return time.Time{}, false
	}
	said := a.answer(p, a.adopted)
	if a.rule != nil && slices.Contains(a.members, p) {
		bySilence := a.rule.Rule == tacit && said == silent
		if a.rule.Binds == "all" || bySilence {
			return a.adopted, true
		}
	}
	if said == yes {
		return a.adopted, true
	}
	later := a.accepted(p, a.adopted)
	return later, !later.IsZero()
}

// carried adds the reservations of the old text that still have a clause of the
// same id to be about: amending a text takes no reservation away (our choice,
// see decision 009). Acts on the new text withdraw them and object to them.
func carried(old *PartyRecord, own []Reservation, next *Instrument, acts []Judged) []Reservation {
	if old == nil {
		return own
	}
	gone := func(id string) bool {
		return !slices.ContainsFunc(next.Clauses, func(c Clause) bool { return c.ID == id })
	}
	kept := PartyRecord{Party: old.Party}
	for _, v := range old.Reservations {
		v.Excludes = slices.DeleteFunc(slices.Clone(v.Excludes), gone)
		v.Modifies = slices.DeleteFunc(slices.Clone(v.Modifies), func(m Modification) bool { return gone(m.Clause) })
		again := slices.ContainsFunc(own, func(o Reservation) bool { return o.ID == v.ID })
		if !again && len(v.Excludes)+len(v.Modifies) > 0 {
			kept.Reservations = append(kept.Reservations, v)
		}
	}
	for n := range acts {
		if a := &acts[n]; a.Counts && a.Party == old.Party && a.Act.Act == ActReservationWithdrawal {
			kept.withdraw(a)
		}
	}
	kept.object(acts)
	return slices.Concat(own, kept.Reservations)
}
