package instrument

import (
	"cmp"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"entente/internal/ident"
	"entente/internal/strictjson"
	"entente/party"
)

// Derived is a text with what its parties did to it.
type Derived struct {
	Doc  *Instrument // the text; its records hold what the file says and the acts that count
	Acts []Judged    // all acts on it, in order
}

// WithActs returns the document with the acts that count in the records of its
// parties. The text and its hash stay as they are, and so does doc. What the
// file itself says of a party stays too: that is asserted by whoever activated
// it, while acts are signed; [PartyRecord] does not tell them apart, doc does.
func WithActs(doc *Instrument, acts []Signed) *Instrument { return derive(doc, acts).Doc }

func derive(doc *Instrument, acts []Signed) Derived {
	d := Derived{Doc: doc, Acts: Judge(doc, acts)}
	if !slices.ContainsFunc(d.Acts, func(a Judged) bool { return a.Counts }) {
		return d
	}
	copied := *doc
	copied.Parties = slices.Clone(doc.Parties)
	for n := range copied.Parties {
		copied.Parties[n].apply(d.Acts)
	}
	d.Doc = &copied
	return d
}

// apply adds the acts that count to a record, without touching what other
// copies of it share.
func (p *PartyRecord) apply(acts []Judged) {
	p.Events, p.Declarations = slices.Clone(p.Events), slices.Clone(p.Declarations)
	p.Reservations = slices.Clone(p.Reservations)
	asserted := len(p.Events)
	for n := range acts {
		a := &acts[n]
		if !a.Counts || a.Party != p.Party {
			continue
		}
		switch k := a.Act.Act; {
		case slices.Contains(EventKinds(), string(k)):
			p.Events = append(p.Events, Event{Kind: string(k), At: a.At})
		case k == ActAmendmentAcceptance:
			p.Events = append(p.Events, Event{Kind: string(ActAcceptance), At: a.At})
		case k == ActReservation:
			p.Reservations = append(p.Reservations, p.reservation(a))
		case k == ActReservationWithdrawal:
			p.withdraw(a)
		case k == ActDeclaration:
			p.Declarations = append(p.Declarations, Declaration{ID: a.Declaration.ID, Text: a.Declaration.Text, At: a.At})
		}
	}
	if len(p.Events) > asserted {
		slices.SortStableFunc(p.Events, func(a, b Event) int { return a.At.Compare(b.At) })
	}
	p.confirm(acts)
	p.object(acts)
}

// reservation is the record's form of a reservation act. A second one of the
// same id that says something else stands beside the first.
func (p *PartyRecord) reservation(a *Judged) Reservation {
	r := a.Reservation.record()
	r.From, r.Note = a.At, a.Note
	if slices.ContainsFunc(p.Reservations, func(v Reservation) bool { return v.ID == r.ID }) {
		r.ID += "~" + a.Digest.Short()
	}
	return r
}

// named reports whether a reservation of the record is the one an act names.
func (v *Reservation) named(id string) bool {
	return v.ID == id || len(v.ID) > len(id) && v.ID[:len(id)+1] == id+"~"
}

func (p *PartyRecord) withdraw(a *Judged) {
	for n := range p.Reservations {
		if v := &p.Reservations[n]; v.named(a.Withdraws) && !v.From.After(a.At) {
			v.Withdrawn = earliest(v.Withdrawn, a.At)
		}
	}
}

// confirm dates reservations made by act at the consent they go with: one made
// when signing counts from its confirmation (Vienna Convention Art. 23(2)).
func (p *PartyRecord) confirm(acts []Judged) {
	consented := p.consent()
	for n := range acts {
		a := &acts[n]
		if !a.Counts || a.Party != p.Party || a.Act.Act != ActReservation {
			continue
		}
		for m := range p.Reservations {
			if v := &p.Reservations[m]; v.named(a.Reservation.ID) && v.From.Equal(a.At) && (v.Withdrawn.IsZero() || v.Withdrawn.After(consented)) {
				v.From = latest(v.From, consented)
			}
		}
	}
}

// object attaches the objections of other parties to the record's reservations.
func (p *PartyRecord) object(acts []Judged) {
	for n := range acts {
		a := &acts[n]
		if !a.Counts || a.Act.Act != ActObjection || a.Objection.To != p.Party {
			continue
		}
		for m := range p.Reservations {
			if v := &p.Reservations[m]; v.named(a.Objection.Reservation) {
				v.Objections = append(slices.Clone(v.Objections), Objection{
					By: a.Party, At: a.At, PrecludesEntryIntoForce: a.Objection.PrecludesEntryIntoForce,
				})
			}
		}
	}
}

// RecordsDigest identifies the records of the parties, what acts added to them
// included: two derivations of one text with the same digest have the same
// status at every instant.
func (i *Instrument) RecordsDigest() (ident.Digest, error) {
	b, err := json.Marshal(i.Parties)
	if err != nil {
		return ident.Digest{}, err
	}
	b, err = strictjson.Canonical(b)
	return ident.Sum(b), err
}

// Derive applies acts to every text they are about, and lets each later version
// bind whom the amendment rule of the one it supersedes says. The result is by
// the hash of the text. Neither the order of documents nor that of acts matters.
func Derive(docs []*Instrument, acts []Signed) map[ident.Digest]Derived {
	about := map[ident.Digest][]Signed{}
	for _, a := range acts {
		about[a.Hash] = append(about[a.Hash], a)
	}
	byHash := make(map[ident.Digest]*Instrument, len(docs))
	for _, d := range docs {
		byHash[d.Hash] = d
	}
	out := make(map[ident.Digest]Derived, len(docs))
	var visit func(d *Instrument) Derived
	visit = func(d *Instrument) Derived {
		if done, ok := out[d.Hash]; ok {
			return done
		}
		next := derive(d, about[d.Hash])
		out[d.Hash] = next // a circle of hashes cannot be made; if it could, it would end here
		switch old, known := byHash[supersededHash(d)]; {
		case d.Supersedes == "":
		case !known || CheckSuccession(old, d) != nil:
			// Whom it binds is for the rule of a text that is not here.
			next.Doc = (&amendment{}).applied(next.Doc, d)
		default:
			next.Doc = amend(visit(old).Doc, next.Doc, d, next.Acts)
		}
		out[d.Hash] = next
		return next
	}
	for _, d := range docs {
		visit(d)
	}
	return out
}

func supersededHash(d *Instrument) ident.Digest {
	h, err := ident.ParseDigest(d.Supersedes)
	if err != nil {
		return ident.Digest{}
	}
	return h
}

// party returns a party's own record, or nil.
func (i *Instrument) party(id party.ID) *PartyRecord {
	for n := range i.Parties {
		if i.Parties[n].Party == id {
			return &i.Parties[n]
		}
	}
	return nil
}

// everBound reports whether two parties were ever bound by the text.
func (i *Instrument) everBound() bool {
	for _, at := range i.Instants() {
		if len(i.bound(at)) > 1 {
			return true
		}
	}
	return false
}

// bound lists the parties bound by the text at an instant, suspended ones
// included.
func (i *Instrument) bound(at time.Time) []party.ID {
	text, _ := i.text(at)
	var ids []party.ID
	for n := range i.Parties {
		if i.side(&i.Parties[n], text, at).bound && text != lapsed {
			ids = append(ids, i.Parties[n].Party)
		}
	}
	slices.SortFunc(ids, cmp.Compare[party.ID])
	return ids
}
