package instrument

import (
	"bytes"
	"fmt"
	"regexp"
	"time"

	"github.com/go-json-experiment/json"

	"entente/internal/fault"
	"entente/internal/ident"
	"entente/internal/strictjson"
	"entente/party"
)

// ActPayloadType is the DSSE payload type of an act. It differs from that of
// messages between nodes, so that a signature under one is worth nothing as the
// other.
const ActPayloadType = "application/vnd.entente.act+json;version=1"

// ActKind is what a party did with a text.
type ActKind string

// The kinds of act. Those that are events of a party's record have the same
// names there; the articles are of the Vienna Convention on the Law of Treaties.
const (
	ActAdoption              ActKind = "adoption" // the text is settled (Arts. 9 and 10)
	ActSignature             ActKind = signature
	ActRatification          ActKind = ratification
	ActAcceptance            ActKind = "acceptance"
	ActApproval              ActKind = "approval"
	ActAccession             ActKind = "accession"
	ActProvisional           ActKind = provisional
	ActReservation           ActKind = "reservation" // Arts. 19 and 23
	ActReservationWithdrawal ActKind = "reservation-withdrawal"
	ActObjection             ActKind = "objection" // to another party's reservation (Art. 20)
	ActDeclaration           ActKind = "declaration"
	ActSuspension            ActKind = suspension
	ActResumption            ActKind = resumption
	ActDenunciation          ActKind = denunciation
	ActWithdrawal            ActKind = withdrawal
	ActAmendmentAcceptance   ActKind = "amendment-acceptance" // Art. 40
	ActAmendmentObjection    ActKind = "amendment-objection"
	ActNotification          ActKind = "notification" // the depositary received an act (Arts. 77 and 78)
)

// ActKinds are all kinds of act.
func ActKinds() []ActKind {
	return []ActKind{
		ActAdoption, ActSignature, ActRatification, ActAcceptance, ActApproval, ActAccession, ActProvisional,
		ActReservation, ActReservationWithdrawal, ActObjection, ActDeclaration, ActSuspension, ActResumption,
		ActDenunciation, ActWithdrawal, ActAmendmentAcceptance, ActAmendmentObjection, ActNotification,
	}
}

// Consents reports whether the act expresses consent to be bound by the text.
func (k ActKind) Consents() bool { return isConsent(string(k)) || k == ActAmendmentAcceptance }

// narrows reports whether the act can only take something out of the bargain.
// Such an act counts even when acts before it are missing: whoever holds one
// back gains nothing by it.
func (k ActKind) narrows() bool {
	switch k {
	case ActReservation, ActObjection, ActDeclaration, ActSuspension, ActDenunciation, ActWithdrawal, ActAmendmentObjection, ActNotification:
		return true
	default:
		return false
	}
}

// Act is one statement of one party about one exact text, which it names by its
// canonical hash. It is signed as it stands, in canonical JSON (RFC 8785), and
// detached: it counts wherever it turns up, whoever brought it.
type Act struct {
	Entente    int          `json:"entente"` // 1
	Kind       string       `json:"kind"`    // Act
	Act        ActKind      `json:"act"`
	Instrument string       `json:"instrument"`
	Version    string       `json:"version"`
	Hash       ident.Digest `json:"hash"` // of the canonical text
	Party      party.ID     `json:"party"`
	At         time.Time    `json:"at"`
	// Previous is the digest of the envelope of the act the party did before on
	// this text; absent on the first. It shows when one is held back.
	Previous    ident.Digest     `json:"previous,omitzero"`
	Reservation *ReservationAct  `json:"reservation,omitempty"`
	Withdraws   string           `json:"withdraws,omitempty"` // id of the party's own reservation
	Objection   *ObjectionAct    `json:"objection,omitempty"`
	Declaration *DeclarationAct  `json:"declaration,omitempty"`
	Notified    *NotificationAct `json:"notified,omitempty"`
	Note        string           `json:"note,omitempty"`
}

// ReservationAct is what a reservation takes out or changes.
type ReservationAct struct {
	ID       string         `json:"id"`
	Excludes []string       `json:"excludes,omitempty"` // clause ids
	Modifies []Modification `json:"modifies,omitempty"`
}

// ObjectionAct names the reservation objected to.
type ObjectionAct struct {
	To                      party.ID `json:"to"`
	Reservation             string   `json:"reservation"`
	PrecludesEntryIntoForce bool     `json:"precludes_entry_into_force,omitempty"` // between the two (Art. 20(4)(b))
}

// DeclarationAct is how the party understands or applies the text.
type DeclarationAct struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// NotificationAct says which act the depositary received, and when.
type NotificationAct struct {
	Act ident.Digest `json:"act"`
	At  time.Time    `json:"at"`
}

// maxAct bounds the payload of an act.
const maxAct = 64 << 10

// ParseAct reads the payload of an act: strict JSON in canonical form, with what
// belongs to its kind and nothing else. It says nothing about who signed it or
// whether the text is the one named. It returns an invalid fault (code
// "act.malformed") whose fields name every problem by JSON Pointer.
func ParseAct(payload []byte) (Act, error) {
	if len(payload) > maxAct {
		return Act{}, malformedAct().At("", fmt.Sprintf("is longer than %d bytes", maxAct))
	}
	r := &reader{file: "act", places: make(map[string]*node)}
	root, err := r.readJSON(payload)
	if err != nil {
		return Act{}, malformedAct().At("", "is not strict JSON").Because(err)
	}
	if err := r.index(root, ""); err != nil {
		return Act{}, malformedAct().At("", "is wider than any real act").Because(err)
	}
	a := r.act(root)
	f := malformedAct()
	for _, p := range r.problems {
		f.Fields = append(f.Fields, p.Field)
	}
	if len(f.Fields) > 0 {
		return Act{}, f
	}
	// What was read is all there is: written again it gives the same bytes.
	if again, err := a.canonical(); err != nil || !bytes.Equal(again, payload) {
		return Act{}, malformedAct().At("", "is not in canonical form (RFC 8785)").Because(err)
	}
	return a, nil
}

func malformedAct() *fault.Error {
	return fault.New(fault.Invalid, "act.malformed", "The act does not have the form its kind requires.").
		Try("Ask the party that signed it for a correct one.")
}

// Encode returns the canonical bytes that are signed. It fills in entente and
// kind, and returns the fault [ParseAct] would give for an act that is not
// complete.
func (a Act) Encode() ([]byte, error) {
	a.Entente, a.Kind, a.At = 1, "Act", a.At.UTC()
	b, err := a.canonical()
	if err != nil {
		return nil, malformedAct().Because(err)
	}
	_, err = ParseAct(b)
	return b, err
}

func (a Act) canonical() ([]byte, error) {
	b, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("encode act: %w", err)
	}
	b, err = strictjson.Canonical(b)
	if err != nil {
		return nil, fmt.Errorf("canonical form of act: %w", err)
	}
	return b, nil
}

// act reads the members in the order of the struct.
func (r *reader) act(root *node) Act {
	o := r.object(root, "")
	o.require("entente", "kind", "act", "instrument", "version", "hash", "party", "at")
	a := Act{
		Entente:    o.number("entente", 1, 1),
		Kind:       o.word("kind", oneOf([]string{"Act"})),
		Act:        ActKind(o.word("act", oneOf(actWords()))),
		Instrument: o.word("instrument", slug),
		Version:    o.word("version", form(versionForm, "1.2.0")),
		Hash:       o.digest("hash").Digest,
		Party:      party.ID(o.word("party", partyID)),
		At:         o.date("at"),
		Previous:   o.digest("previous").Digest,
		Withdraws:  o.text("withdraws"),
		Note:       o.text("note"),
	}
	o.inner("reservation", func(o *object) { a.Reservation = readReservationAct(o) })
	o.inner("objection", func(o *object) {
		o.require("to", "reservation")
		a.Objection = &ObjectionAct{
			To: party.ID(o.word("to", partyID)), Reservation: o.text("reservation"),
			PrecludesEntryIntoForce: o.flag("precludes_entry_into_force"),
		}
	})
	o.inner("declaration", func(o *object) {
		o.require("id", "text")
		a.Declaration = &DeclarationAct{ID: o.word("id", slug), Text: o.text("text")}
	})
	o.inner("notified", func(o *object) {
		o.require("act", "at")
		a.Notified = &NotificationAct{Act: o.digest("act").Digest, At: o.date("at")}
	})
	o.done()
	for _, part := range []struct {
		key   string
		kind  ActKind
		there bool
	}{
		{"reservation", ActReservation, o.has("reservation")},
		{"withdraws", ActReservationWithdrawal, o.has("withdraws")},
		{"objection", ActObjection, o.has("objection")},
		{"declaration", ActDeclaration, o.has("declaration")},
		{"notified", ActNotification, o.has("notified")},
	} {
		// A part that no rule of the kind reads is one that a later reader may trust.
		if part.there != (a.Act == part.kind) {
			r.refuse("/"+part.key, "belongs to the act %q, and to nothing else", part.kind)
		}
	}
	if v := a.Objection; v != nil && v.To == a.Party {
		r.refuse("/objection/to", "is the party itself")
	}
	return a
}

func readReservationAct(o *object) *ReservationAct {
	o.require("id")
	// No dots: the id becomes part of the ids of the clauses it changes.
	id := form(reservationForm, "r1: lower-case letters, digits and hyphens")
	v := &ReservationAct{ID: o.word("id", id), Excludes: o.words("excludes", slug)}
	o.objects("modifies", func(o *object) { v.Modifies = append(v.Modifies, readModification(o)) })
	if len(v.Excludes) == 0 && len(v.Modifies) == 0 {
		o.r.refuse(o.pointer, "changes nothing; give excludes or modifies")
	}
	return v
}

// ParseReservation reads a reservation from a file of its own, YAML or JSON: id,
// excludes and modifies as in the record of a party. It returns an invalid fault
// (code "act.reservation").
func ParseReservation(src []byte) (*ReservationAct, error) {
	r := &reader{file: "reservation.yaml", places: make(map[string]*node)}
	root, err := r.parse(src)
	if err == nil {
		err = r.index(root, "")
	}
	bad := fault.New(fault.Invalid, "act.reservation", "The reservation cannot be read.").
		Try("Write id, and excludes or modifies as in the record of a party.")
	if err != nil {
		return nil, bad.Because(err)
	}
	o := r.object(root, "")
	v := readReservationAct(o)
	o.done()
	for _, p := range r.problems {
		bad.Fields = append(bad.Fields, p.Field)
	}
	if len(bad.Fields) > 0 {
		return nil, bad
	}
	return v, nil
}

func actWords() []string {
	kinds := ActKinds()
	words := make([]string, len(kinds))
	for i, k := range kinds {
		words[i] = string(k)
	}
	return words
}

// record is the form of a reservation in the record of its maker.
func (v *ReservationAct) record() Reservation {
	return Reservation{ID: v.ID, Excludes: v.Excludes, Modifies: v.Modifies}
}

var reservationForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)
