package instrument

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"time"

	"entente/internal/ident"
	"entente/party"
)

// Signed is an act whose signature somebody verified: it is by a key of its
// party that counted at the time of the act. Digest is that of its envelope.
type Signed struct {
	Act
	Digest ident.Digest
}

// Judged is what one act is worth among all acts on the same text.
type Judged struct {
	Signed
	Counts bool
	Why    string // when it does not count
	Flag   string // what a person should look at although the acts have one meaning
}

// Judge says what each act on a text is worth. The answer depends on the set of
// acts alone: not on who brought them nor in which order they came, so that all
// nodes that hold the same acts agree. An act that breaks a rule stays, as
// evidence, and does not count.
//
// Acts are ordered by their date. Those of one instant are ordered so that the
// cautious one has the last word, then by digest.
func Judge(doc *Instrument, acts []Signed) []Judged {
	j := judge{doc: doc, sides: map[party.ID]*conduct{}}
	held := map[ident.Digest]bool{}
	for _, a := range acts {
		if !held[a.Digest] {
			held[a.Digest] = true
			j.acts = append(j.acts, Judged{Signed: a})
		}
	}
	slices.SortFunc(j.acts, func(a, b Judged) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(actCaution(a.Act.Act), actCaution(b.Act.Act)),
			cmp.Compare(a.Party, b.Party), bytes.Compare(a.Digest[:], b.Digest[:]))
	})
	j.index()
	for n := range doc.Parties {
		j.sides[doc.Parties[n].Party] = assertedConduct(&doc.Parties[n])
	}
	for n := range j.acts {
		a := &j.acts[n]
		if a.Why = j.wrong(a); a.Why == "" {
			a.Counts = true
			j.note(a)
		}
	}
	j.flag()
	return j.acts
}

// actCaution orders acts of one instant: what widens first, so that what narrows
// has the last word. A reservation comes before the consent it belongs to.
func actCaution(k ActKind) int {
	return slices.Index([]ActKind{
		ActAdoption, ActDeclaration, ActReservation, ActSignature, ActProvisional, ActRatification, ActAcceptance, ActApproval,
		ActAccession, ActAmendmentAcceptance, ActReservationWithdrawal, ActResumption, ActObjection, ActSuspension,
		ActAmendmentObjection, ActDenunciation, ActWithdrawal, ActNotification,
	}, k)
}

// judge is the work of [Judge].
type judge struct {
	doc      *Instrument
	acts     []Judged
	sides    map[party.ID]*conduct
	dated    map[ident.Digest]time.Time
	linked   map[ident.Digest]bool // all acts before it are there
	together map[moment][]*Judged
	forked   map[follows]int
}

// moment is when a party did something; follows is after which of its acts.
type moment struct {
	by party.ID
	at int64 // microseconds
}

type follows struct {
	by    party.ID
	after ident.Digest
}

func (a *Judged) moment() moment   { return moment{a.Party, a.At.UnixMicro()} }
func (a *Judged) follows() follows { return follows{a.Party, a.Previous} }

// conduct is what one party has done so far, in the file and by acts.
type conduct struct {
	signed       time.Time
	consented    time.Time
	adopted      time.Time
	reservations map[string]time.Time // id → when made
	refused      map[string]string    // id → why the text does not allow it
}

// assertedConduct is what the file says of a party.
func assertedConduct(p *PartyRecord) *conduct {
	c := &conduct{consented: p.consent(), reservations: map[string]time.Time{}, refused: map[string]string{}}
	for _, e := range p.Events {
		if e.Kind == signature {
			c.signed = earliest(c.signed, e.At)
		}
	}
	for _, v := range p.Reservations {
		c.reservations[v.ID] = v.From
	}
	return c
}

// index looks once at what the rules ask for again and again.
func (j *judge) index() {
	j.dated, j.linked = map[ident.Digest]time.Time{}, map[ident.Digest]bool{}
	j.together, j.forked = map[moment][]*Judged{}, map[follows]int{}
	after := map[ident.Digest][]ident.Digest{}
	for n := range j.acts {
		a := &j.acts[n]
		j.dated[a.Digest] = a.At
		j.together[a.moment()] = append(j.together[a.moment()], a)
		j.forked[a.follows()]++
		after[a.Previous] = append(after[a.Previous], a.Digest)
	}
	for open := after[ident.Digest{}]; len(open) > 0; open = open[1:] {
		j.linked[open[0]] = true
		open = append(open, after[open[0]]...)
	}
}

// wrong says why an act does not count, or "".
func (j *judge) wrong(a *Judged) string {
	if a.Hash != j.doc.Hash || a.Instrument != j.doc.ID || a.Version != j.doc.Version {
		return "is about another text"
	}
	c := j.sides[a.Party]
	depositary := a.Party != "" && a.Party == j.doc.Depositary
	switch {
	case a.Act.Act == ActNotification && !depositary:
		return "only the depositary notifies"
	case a.Act.Act == ActNotification, a.Act.Act == ActAdoption && depositary:
		return j.withheld(a)
	case c == nil:
		return "the text does not name " + string(a.Party) + " as a party"
	case !c.adopted.IsZero() && a.At.Before(c.adopted):
		return "is dated before the party adopted the text"
	}
	return cmp.Or(j.withheld(a), j.contradicted(a), c.wrong(a), j.wrongReservation(a, c))
}

// withheld refuses an act that widens while an act its party did before is
// missing: it may be a reservation that somebody keeps back.
func (j *judge) withheld(a *Judged) string {
	if a.Act.Act.narrows() {
		return ""
	}
	if !j.linked[a.Digest] {
		return "waits for an act that " + string(a.Party) + " did before and that has not come"
	}
	if j.dated[a.Previous].After(a.At) {
		return "is dated before the act it follows"
	}
	return ""
}

// contradicted refuses an act that the same party, at the same instant, did the
// opposite of.
func (j *judge) contradicted(a *Judged) string {
	for _, b := range j.together[a.moment()] {
		if b.Hash == a.Hash && contradicts(&a.Act, &b.Act) {
			return "is contradicted by its " + string(b.Act.Act) + " of the same instant; the cautious one counts"
		}
	}
	return ""
}

// contradicts reports whether b undoes a, which widens.
func contradicts(a, b *Act) bool {
	switch {
	case a.Act == ActResumption:
		return b.Act == ActSuspension
	case a.Act == ActReservationWithdrawal:
		return b.Act == ActReservation && b.Reservation.ID == a.Withdraws
	case a.Act == ActAmendmentAcceptance && b.Act == ActAmendmentObjection:
		return true
	case a.Act == ActSignature, a.Act == ActProvisional, a.Act.Consents():
		return b.Act == ActDenunciation || b.Act == ActWithdrawal
	}
	return false
}

// wrong holds an act against what its party did before. That a party suspends,
// leaves or resumes what does not bind it is no rule here: it has no effect, and
// whether a text binds a party may depend on the text before it.
func (c *conduct) wrong(a *Judged) string {
	unsigned := c.signed.IsZero() || a.At.Before(c.signed)
	switch k := a.Act.Act; {
	case k == ActRatification && unsigned:
		return "ratifies what the party has not signed (Vienna Convention Art. 14(1)); accession needs no signature"
	case k == ActProvisional && unsigned:
		return "applies provisionally what the party has not signed"
	case k == ActReservation && !c.consented.IsZero() && a.At.After(c.consented):
		return "comes after the party consented to be bound (Vienna Convention Art. 19)"
	}
	if a.Act.Act.Consents() {
		for _, id := range sortedKeys(c.refused) {
			return "rests on reservation " + id + ": " + c.refused[id]
		}
	}
	return ""
}

// wrongReservation holds a reservation against the text, and an objection
// against the reservation.
func (j *judge) wrongReservation(a *Judged, c *conduct) string {
	if v := a.Reservation; v != nil {
		if len(c.reservations) >= maxReservations {
			return "is one reservation too many"
		}
		if why := j.doc.notReservable(v); why != "" {
			// Its maker consented, if at all, on a condition that the text does not
			// allow: that consent does not count until the reservation is withdrawn.
			c.refused[v.ID] = why
			return why
		}
	}
	if o := a.Objection; o != nil {
		return j.wrongObjection(a, o, c)
	}
	return ""
}

func (j *judge) wrongObjection(a *Judged, o *ObjectionAct, c *conduct) string {
	maker := j.sides[o.To]
	if maker == nil {
		return "the text does not name " + string(o.To) + " as a party"
	}
	made, ok := maker.reservations[o.Reservation]
	switch {
	case !ok && j.doc.Supersedes != "":
		return "" // it may be one made to the version before
	case !ok:
		return string(o.To) + " has made no reservation " + o.Reservation + " before it"
	}
	// Art. 20(5): twelve months after it learnt of the reservation, or when it
	// consented to be bound, whichever is later.
	deadline := Period{Months: 12}.AddTo(latest(made, maker.consented))
	if a.At.After(latest(deadline, c.consented)) && !made.IsZero() {
		return "comes more than twelve months after the reservation (Vienna Convention Art. 20(5))"
	}
	return ""
}

// maxReservations bounds what one party can make every node compile.
const maxReservations = 50

// notReservable says why the text does not allow a reservation, or "".
func (i *Instrument) notReservable(v *ReservationAct) string {
	clauses := make(map[string]int, len(i.Clauses))
	for n := range i.Clauses {
		clauses[i.Clauses[n].ID] = n
	}
	record, seen := v.record(), map[string]bool{}
	for _, id := range record.Touches() {
		switch _, known := clauses[id]; {
		case !known:
			return "the text has no clause " + id
		case i.Reservable != nil && !slices.Contains(i.Reservable.Clauses, id):
			return "the text does not allow reservations to " + id + " (" + i.Reservable.Cite + ")"
		case seen[id]:
			return "names clause " + id + " twice"
		}
		seen[id] = true
	}
	// What is put in the place of a clause obeys the rules for clauses, or a
	// partner could make the law of this node fail to compile.
	r := &reader{file: "reservation " + v.ID, places: map[string]*node{}}
	r.checkModifications(i, record, "", clauses)
	if len(r.problems) > 0 {
		return r.problems[0].Detail
	}
	return ""
}

// note remembers an act that counts.
func (j *judge) note(a *Judged) {
	c := j.sides[a.Party]
	if c == nil {
		return // the depositary
	}
	switch k := a.Act.Act; {
	case k == ActAdoption:
		c.adopted = earliest(c.adopted, a.At)
	case k == ActSignature:
		c.signed = earliest(c.signed, a.At)
	case k.Consents():
		c.consented = earliest(c.consented, a.At)
	case k == ActReservation:
		if _, made := c.reservations[a.Reservation.ID]; !made {
			c.reservations[a.Reservation.ID] = a.At
		}
	case k == ActReservationWithdrawal:
		delete(c.refused, a.Withdraws)
	}
}

// flag marks what has one meaning and should still be looked at: two acts of a
// party that follow the same one, or contradict each other.
func (j *judge) flag() {
	for n := range j.acts {
		a := &j.acts[n]
		var say []string
		if j.forked[a.follows()] > 1 {
			say = append(say, string(a.Party)+" signed different acts after the same one")
		}
		if slices.ContainsFunc(j.together[a.moment()], func(b *Judged) bool { return contradicts(&a.Act, &b.Act) || contradicts(&b.Act, &a.Act) }) {
			say = append(say, "contradicts another act of the same instant")
		}
		a.Flag = strings.Join(say, "; ")
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
