package instrument

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/party"
)

// Phase is where a text is in its life, whoever asks.
type Phase string

// The phases, in the order in which a text goes through them.
const (
	PhaseDraft       Phase = "draft"
	PhaseAdopted     Phase = "adopted" // settled, and nobody has signed
	PhaseSigned      Phase = "signed"
	PhaseProvisional Phase = "provisional"
	PhaseInForce     Phase = "in-force"
	PhaseSuspended   Phase = "suspended"
	PhaseSuperseded  Phase = "superseded"
	PhaseTerminated  Phase = "terminated"
)

// PhaseAt says where the text is at an instant, and in one sentence why. The
// document carries the acts already (see [Derive]); acts are those on it, and
// later are the versions that supersede it.
//
// The phase is a summary for people. What applies between two parties is
// [Instrument.Status], which may be less than the phase says.
func PhaseAt(doc *Instrument, acts []Judged, later []*Instrument, at time.Time) (Phase, string) {
	text, why := doc.text(at)
	if text == lapsed {
		return PhaseTerminated, "It " + why + "."
	}
	if len(doc.Parties) == 0 {
		switch text {
		case operative:
			return PhaseInForce, "It is law and has no parties."
		case provisionally:
			return PhaseProvisional, "It applies provisionally."
		default:
			return PhaseAdopted, "It is not in force yet."
		}
	}
	if phase, why := doc.living(later, at); phase != "" {
		return phase, why
	}
	return doc.unborn(acts, text, at)
}

// living is the phase of a text that binds, or bound, at least two parties.
func (i *Instrument) living(later []*Instrument, at time.Time) (Phase, string) {
	var inForce, provisional, replaced, suspended []string
	for _, p := range i.pairs() {
		s := i.Status(Seat{Party: p[0]}, Seat{Party: p[1]}, at)
		name := string(p[0]) + " and " + string(p[1])
		switch {
		case s.InForce && replacedBetween(later, p, at):
			replaced = append(replaced, name)
		case s.InForce && s.Provisional:
			provisional = append(provisional, name)
		case s.InForce:
			inForce = append(inForce, name)
		case i.suspendedBetween(p, at):
			suspended = append(suspended, name)
		}
	}
	switch {
	case len(inForce) > 0:
		return PhaseInForce, "It is in force between " + listed(inForce) + "."
	case len(provisional) > 0:
		return PhaseProvisional, "It applies provisionally between " + listed(provisional) + "."
	case len(suspended) > 0:
		return PhaseSuspended, "It is suspended between " + listed(suspended) + "."
	case len(replaced) > 0:
		return PhaseSuperseded, "A later version applies between " + listed(replaced) + "."
	}
	for _, turn := range i.Instants() {
		if turn.Before(at) && len(i.bound(turn)) > 1 {
			return PhaseTerminated, "It was in force and binds fewer than two parties now."
		}
	}
	return "", ""
}

// unborn is the phase of a text that has not been in force.
func (i *Instrument) unborn(acts []Judged, text phase, at time.Time) (Phase, string) {
	var signed, open []string
	for n := range i.Parties {
		p := &i.Parties[n]
		if hasSigned(p, at) {
			signed = append(signed, string(p.Party))
		} else {
			open = append(open, string(p.Party))
		}
	}
	switch {
	case len(signed) > 0 && len(open) > 0:
		return PhaseSigned, "Signed by " + listed(signed) + "; " + listed(open) + " has not signed."
	case len(signed) > 0 && text != operative:
		return PhaseSigned, "All parties have signed; the text is not in force yet."
	case len(signed) > 0:
		return PhaseSigned, "All parties have signed; consent to be bound is missing from " + listed(i.unconsented(at)) + "."
	}
	for _, a := range acts {
		if a.Counts && a.Act.Act == ActAdoption && !at.Before(a.At) {
			return PhaseAdopted, "Adopted by " + string(a.Party) + "; nobody has signed."
		}
	}
	return PhaseDraft, "Nobody has adopted or signed it."
}

func (i *Instrument) unconsented(at time.Time) []string {
	var ids []string
	for n := range i.Parties {
		if c := i.Parties[n].consent(); c.IsZero() || at.Before(c) {
			ids = append(ids, string(i.Parties[n].Party))
		}
	}
	return ids
}

func (i *Instrument) pairs() [][2]party.ID {
	var out [][2]party.ID
	for n := range i.Parties {
		for m := range n {
			out = append(out, [2]party.ID{i.Parties[m].Party, i.Parties[n].Party})
		}
	}
	return out
}

// suspendedBetween reports whether both are bound and one has suspended.
func (i *Instrument) suspendedBetween(pair [2]party.ID, at time.Time) bool {
	text, _ := i.text(at)
	a, b := i.side(i.party(pair[0]), text, at), i.side(i.party(pair[1]), text, at)
	return a.bound && b.bound && (a.suspended || b.suspended)
}

func replacedBetween(later []*Instrument, pair [2]party.ID, at time.Time) bool {
	return slices.ContainsFunc(later, func(l *Instrument) bool {
		return l.Status(Seat{Party: pair[0]}, Seat{Party: pair[1]}, at).InForce
	})
}

// Binds reports whether a party is bound by the text at an instant, and whether it
// has suspended it. Towards whom is [Instrument.Status].
func (i *Instrument) Binds(p party.ID, at time.Time) (bound, suspended bool) {
	record := i.party(p)
	if record == nil {
		return false, false
	}
	text, _ := i.text(at)
	s := i.side(record, text, at)
	return s.bound && text != lapsed, s.suspended
}

// listed names a few and counts the rest.
func listed(names []string) string {
	const few = 3
	if len(names) > few {
		return strings.Join(names[:few], ", ") + " and " + strconv.Itoa(len(names)-few) + " more"
	}
	return strings.Join(names, ", ")
}
