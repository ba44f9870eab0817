package instrument

import (
	"slices"
	"strings"
	"time"

	"entente/party"
)

// Standing is what an instrument is worth between two parties at an instant.
type Standing struct {
	InForce     bool              `json:"in_force"`
	Why         string            `json:"why,omitempty"`         // when not in force: one phrase for a person, e.g. "lapsed on 2028-02-01"
	Provisional bool              `json:"provisional,omitempty"` // in force, because at least one side applies it provisionally (Vienna Convention Art. 25)
	Excluded    map[string]string `json:"excluded,omitempty"`    // clause id → reservation that takes it out between the two
	Modified    map[string]string `json:"modified,omitempty"`    // clause id → id of the reservation's clause in its place, see [Instrument.Variants]
	Surviving   []string          `json:"surviving,omitempty"`   // not in force any more: clauses that still bind for what was exchanged before
}

// notYet is the phrase for a text that exists and is not law yet.
const notYet = "not yet in force (adopted, modelled, not operable)"

// Seat is a party and where it is established.
type Seat struct {
	Party        party.ID
	Jurisdiction string
}

// Status says whether the instrument binds a sender a towards a recipient b at
// an instant. Every change happens exactly at its instant: an instrument is in
// force at the first moment and no longer in force at the last.
//
// The rules are those of the Vienna Convention on the Law of Treaties, cited
// where they apply; instruments of other kinds follow the same ones.
func (i *Instrument) Status(a, b Seat, at time.Time) Standing {
	text, why := i.text(at)
	if text == lapsed {
		return Standing{Why: why, Surviving: i.survivors(a, b)}
	}
	if len(i.Jurisdictions) > 0 && !slices.Contains(i.Jurisdictions, a.Jurisdiction) {
		return Standing{Why: "not the law of " + a.Jurisdiction}
	}
	if i.Universal || len(i.Jurisdictions) > 0 {
		if text == pending {
			return Standing{Why: notYet}
		}
		return Standing{InForce: true, Provisional: text == provisionally}
	}
	return i.between(a, b, text, at)
}

// Modelled returns the instrument as if it were in force between all its
// parties, always: what a text that is adopted and not law yet would say.
// Reservations and the dates of single clauses stay.
func (i *Instrument) Modelled() *Instrument {
	out := *i
	out.InForce, out.Term.Sunset = InForce{}, time.Time{}
	out.Parties = slices.Clone(i.Parties)
	for n := range out.Parties {
		out.Parties[n].Events = []Event{{Kind: inForce}}
	}
	return &out
}

// phase is where the text itself stands, whoever its parties are.
type phase uint8

const (
	pending phase = iota
	provisionally
	operative
	lapsed
)

func (i *Instrument) text(at time.Time) (phase, string) {
	end := earliest(i.InForce.Until, i.sunset())
	if !end.IsZero() && !at.Before(end) {
		return lapsed, "lapsed on " + day(end)
	}
	entry, ok := i.entry()
	if ok && !at.Before(entry) {
		return operative, ""
	}
	if p := i.InForce.ProvisionalFrom; !p.IsZero() && !at.Before(p) {
		return provisionally, ""
	}
	return pending, notYet
}

// sunset is the day the text ends by itself; tacit renewal carries it on.
func (i *Instrument) sunset() time.Time {
	if i.Term.Renewal == tacit {
		return time.Time{}
	}
	return i.Term.Sunset
}

// entry is the instant at which the text entered into force, or will: the date
// it names, and not before its condition is fulfilled (Vienna Convention
// Art. 24(1)). A ratification counts once and for good: a later denunciation
// does not undo the entry into force (Art. 55).
func (i *Instrument) entry() (time.Time, bool) {
	c := i.InForce.Condition
	if c == nil {
		return i.InForce.From, true
	}
	var deposits []time.Time
	for _, p := range i.Parties {
		if len(c.Of) > 0 && !slices.Contains(c.Of, string(p.Party)) {
			continue
		}
		if first := p.consent(); !first.IsZero() {
			deposits = append(deposits, first)
		}
	}
	if len(deposits) < c.Ratifications {
		return time.Time{}, false
	}
	slices.SortFunc(deposits, time.Time.Compare)
	fulfilled := c.ThenAfter.AddTo(deposits[c.Ratifications-1])
	if fulfilled.Before(i.InForce.From) {
		return i.InForce.From, true
	}
	return fulfilled, true
}

// consent is when the party first expressed its consent to be bound other than
// by signature (Arts. 14 and 15).
func (p *PartyRecord) consent() time.Time {
	var first time.Time
	for _, e := range p.Events {
		if isConsent(e.Kind) {
			first = earliest(first, e.At)
		}
	}
	return first
}

func isConsent(kind string) bool {
	switch kind {
	case ratification, "acceptance", "approval", "accession", "succession":
		return true
	default:
		return false
	}
}

func (i *Instrument) between(a, b Seat, text phase, at time.Time) Standing {
	ra, rb := i.Record(a), i.Record(b)
	if ra == nil || rb == nil {
		return Standing{Why: "not in force between " + string(a.Party) + " and " + string(b.Party)}
	}
	if ra == rb {
		return Standing{Why: "both are of " + string(ra.Party) + ", and the text binds it towards others"}
	}
	sa, sb := i.side(ra, text, at), i.side(rb, text, at)
	for _, s := range []side{sa, sb} {
		if !s.bound {
			return i.unbound(s)
		}
	}
	for _, s := range []side{sa, sb} {
		if s.suspended {
			return Standing{Why: "suspended since " + day(s.since) + " by " + string(s.party)}
		}
	}
	s := Standing{InForce: true, Provisional: sa.provisional || sb.provisional}
	if precluded := s.reserve(ra, rb, at); precluded != "" {
		return Standing{Why: precluded}
	}
	return s
}

func (i *Instrument) unbound(s side) Standing {
	if s.left {
		return Standing{Why: "no longer in force for " + string(s.party) + " since " + day(s.since), Surviving: i.Term.Survival}
	}
	return Standing{Why: s.why}
}

func (i *Instrument) survivors(a, b Seat) []string {
	if len(i.Parties) > 0 && (i.Record(a) == nil || i.Record(b) == nil) {
		return nil
	}
	return i.Term.Survival
}

// Record returns the record of a party, or nil: its own or, in a treaty, that of
// the State in whose territory it is established, because a treaty binds a State
// in respect of its entire territory (Vienna Convention Art. 29). A memorandum
// binds those who signed it.
func (i *Instrument) Record(s Seat) *PartyRecord {
	for n := range i.Parties {
		if i.Parties[n].Party == s.Party {
			return &i.Parties[n]
		}
	}
	if !i.betweenStates() {
		return nil
	}
	for n := range i.Parties {
		if slices.Contains(i.Parties[n].Territory, s.Jurisdiction) {
			return &i.Parties[n]
		}
	}
	return nil
}

func (i *Instrument) betweenStates() bool {
	return i.Nature == "treaty" || i.Nature == "protocol" || i.Nature == "charter"
}

// reserve notes what reservations of a or b take out or change between the two,
// and returns why the whole treaty is not in force between them when one
// objected and said so. A reservation works both ways, between its maker and
// every other party and nobody else (Vienna Convention Art. 21(1)-(2)); an
// objection without more leaves the same clauses out (Art. 21(3)).
func (s *Standing) reserve(a, b *PartyRecord, at time.Time) (precluded string) {
	if b.Party < a.Party {
		a, b = b, a // the same words in both directions
	}
	for _, pair := range [][2]*PartyRecord{{a, b}, {b, a}} {
		maker, other := pair[0], pair[1]
		for _, v := range maker.Reservations {
			if at.Before(v.From) || !v.Withdrawn.IsZero() && !at.Before(v.Withdrawn) {
				continue // Art. 22: withdrawn at any time, operative from then on
			}
			name := "reservation " + v.ID + " of " + string(maker.Party)
			if objects(v, maker, other, at) {
				return "not in force between " + string(maker.Party) + " and " + string(other.Party) + ": " + string(other.Party) + " objected to " + name
			}
			for _, id := range v.Excludes {
				s.Exclude(id, name)
			}
			for _, m := range v.Modifies {
				s.modify(m, &v, maker, other, name)
			}
		}
	}
	return ""
}

// Exclude takes a clause out; the first reason given is kept.
func (s *Standing) Exclude(id, why string) {
	if s.Excluded == nil {
		s.Excluded = make(map[string]string)
	}
	if _, ok := s.Excluded[id]; !ok {
		s.Excluded[id] = why
	}
}

// modify puts the reservation's clause in the place of the treaty's. The other
// party's objection, or a second reservation that says something else, leaves
// the clause out: then the two have not agreed on any of it (Art. 21(3)).
func (s *Standing) modify(m Modification, v *Reservation, maker, other *PartyRecord, name string) {
	first, twice := s.Modified[m.Clause]
	objected := slices.ContainsFunc(v.Objections, func(o Objection) bool { return o.By == other.Party })
	switch {
	case objected:
		s.Exclude(m.Clause, name+", to which "+string(other.Party)+" objected")
	case twice:
		delete(s.Modified, m.Clause)
		s.Exclude(m.Clause, name+", which changes it otherwise than "+first)
	default:
		if s.Modified == nil {
			s.Modified = make(map[string]string)
		}
		s.Modified[m.Clause] = variantID(m.Clause, maker.Party, v.ID)
	}
}

// variantID names a clause as a reservation changes it.
func variantID(clause string, maker party.ID, reservation string) string {
	return clause + "+" + string(maker) + "+" + reservation
}

// Variant is a clause as a reservation changes it, under an id of its own.
type Variant struct {
	Clause
	Of string // the clause it takes the place of
}

// Variants returns the clauses as reservations change them. Each is in force
// only where [Standing.Modified] names it. An exception to a clause that has
// variants is an exception to them too.
func (i *Instrument) Variants() []Variant {
	var out []Variant
	for n := range i.Parties {
		p := &i.Parties[n]
		for _, v := range p.Reservations {
			for _, m := range v.Modifies {
				for _, c := range i.Clauses {
					if c.ID != m.Clause {
						continue
					}
					c = m.Applied(c)
					c.ID = variantID(m.Clause, p.Party, v.ID)
					c.Cite += ", " + "reservation " + v.ID + " of " + string(p.Party)
					out = append(out, Variant{c, m.Clause})
				}
			}
		}
	}
	return out
}

// objects reports whether other definitely opposed the entry into force between
// itself and the maker (Art. 20(4)(b)) in time: twelve months after it learnt of
// the reservation or the day it became bound, whichever is later (Art. 20(5)).
func objects(v Reservation, maker, other *PartyRecord, at time.Time) bool {
	for _, o := range v.Objections {
		if o.By != other.Party || !o.PrecludesEntryIntoForce || at.Before(o.At) {
			continue
		}
		notified := v.From
		if notified.IsZero() {
			notified = maker.consent()
		}
		deadline := Period{Months: 12}.AddTo(notified)
		if c := other.consent(); c.After(deadline) {
			deadline = c
		}
		if o.At.IsZero() || notified.IsZero() || !o.At.After(deadline) {
			return true
		}
	}
	return false
}

// Operative reports whether the clause has started and not ended at an instant,
// apart from whether its instrument is in force.
func (c *Clause) Operative(at time.Time) bool {
	f := c.InForce
	return f == nil || !at.Before(f.From) && (f.Until.IsZero() || at.Before(f.Until))
}

func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// day writes an instant as people cite it: the date alone when it is midnight.
func day(t time.Time) string {
	return strings.TrimSuffix(t.UTC().Format(time.RFC3339Nano), "T00:00:00Z")
}
