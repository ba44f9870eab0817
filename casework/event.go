// Package casework runs procedures between parties: who may do what next, by
// when and with what, as the instrument they agreed says. One engine runs every
// procedure; what differs is data.
//
// It stores, sends and decides nothing (package exchange does), and what a node
// calls it for is passed in, the time included. Invariant: the state of a case
// follows from the signed events in the order the home node gave them, and from
// nothing else, so that everybody who holds them comes to the same state, or to
// a finding that says who broke the procedure.
package casework

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"entente/exchange/envelope"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
)

// EventPayloadType is the DSSE payload type of an event.
const EventPayloadType = "application/vnd.entente.case-event+json;version=1"

// ObjectType is what an event is to the law: the type that clauses match.
const ObjectType = "case-event"

// Act is what an event does.
type Act string

// The acts.
const (
	Open       Act = "open"       // begins the case and says whose it is
	Step       Act = "step"       // takes a transition of the procedure
	Vote       Act = "vote"       // casts a ballot on one
	Note       Act = "note"       // says something
	Evidence   Act = "evidence"   // names objects that belong to the case
	Correction Act = "correction" // corrects an event of one's own
)

// Choice is what a ballot says.
type Choice string

// The choices.
const (
	Yes     Choice = "yes"
	No      Choice = "no"
	Abstain Choice = "abstain"
)

// Event is one statement of one party in a case. It is signed as it stands, in
// canonical JSON (RFC 8785); the members are declared in that order.
type Event struct {
	Act         Act               `json:"act"`
	At          time.Time         `json:"at"` // when its author signed it; what counts is when it was ordered
	Attachments []Attachment      `json:"attachments,omitempty"`
	Ballot      Choice            `json:"ballot,omitempty"`
	BasedOn     ident.Digest      `json:"based_on,omitzero"` // the newest order its author had accepted
	By          party.ID          `json:"by"`
	Case        string            `json:"case"`
	Corrects    ident.Digest      `json:"corrects,omitzero"`
	Entente     int               `json:"entente"` // 1
	Fields      map[string]string `json:"fields,omitempty"`
	Ground      string            `json:"ground,omitempty"` // code of the ground for refusing
	ID          string            `json:"id"`               // unique per author: the same act sent twice is one
	Kind        string            `json:"kind"`             // CaseEvent
	// Notices are receipts for the event on which others were silent, one of each
	// participant, as their nodes signed them.
	Notices  []string `json:"notices,omitempty"`
	OnBehalf string   `json:"on_behalf,omitempty"` // for whom, when not for the party itself
	Opening  *Opening `json:"opening,omitempty"`
	// Previous is the digest of the event its author has in the case before this
	// one. It shows when one is held back, and makes each signature vouch for all
	// that came before it.
	Previous ident.Digest `json:"previous,omitzero"`
	Step     string       `json:"step,omitempty"` // id of a transition
	Text     string       `json:"text,omitempty"`
}

// Attachment is an object that belongs to a case. Its bytes travel as objects
// do, by a release of their own.
type Attachment struct {
	Hash ident.Digest `json:"hash"`
	ID   string       `json:"id"`
}

// Opening is what a case is: the procedure, by the exact text it is in, and who
// takes part as what.
type Opening struct {
	Hash       ident.Digest          `json:"hash"` // of the canonical text
	Home       party.ID              `json:"home"` // whose node orders the events
	Instrument string                `json:"instrument"`
	Procedure  string                `json:"procedure"`
	Purpose    string                `json:"purpose"`
	Roles      map[string][]party.ID `json:"roles"`
	Title      string                `json:"title"`
	TLP        string                `json:"tlp"` // marking of everything in the case
	Version    string                `json:"version"`
}

// Participants are the parties of all roles, sorted.
func (o *Opening) Participants() []party.ID {
	var all []party.ID
	for _, parties := range o.Roles {
		all = append(all, parties...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Bounds of an event. They limit what a participant can make the others keep.
const (
	maxEvent   = 256 << 10
	maxText    = 64 << 10
	maxField   = 16 << 10
	maxFields  = 200
	maxParts   = 200 // attachments, notices, parties of a role
	maxRoles   = 50
	maxIDChars = 256
)

var (
	slugForm  = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,62}$`)
	fieldForm = regexp.MustCompile(`^[a-z][a-z0-9_.]{0,99}$`)
	idForm    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$`)
)

// ParseEvent reads the payload of an event: strict JSON in canonical form, with
// what belongs to its act and nothing else. It says nothing about who signed it
// or whether the procedure permits it. It returns an invalid fault (code
// "case.malformed") whose fields name every problem by JSON Pointer.
func ParseEvent(payload []byte) (Event, error) {
	var e Event
	if err := decode(payload, maxEvent, &e); err != nil {
		return Event{}, err
	}
	if f := e.check(); len(f.Fields) > 0 {
		return Event{}, f
	}
	return e, nil
}

// decode reads canonical JSON: written again it gives the same bytes, so it has
// one meaning, and nothing in it was passed over.
func decode[T any](payload []byte, limit int, v *T) error {
	if len(payload) > limit {
		return malformed().At("", fmt.Sprintf("is longer than %d bytes", limit))
	}
	if err := json.Unmarshal(payload, v, json.RejectUnknownMembers(true)); err != nil {
		return malformed().At("", "is not strict JSON of this form").Because(err)
	}
	again, err := encode(v)
	if err != nil || !bytes.Equal(again, payload) {
		return malformed().At("", "is not in canonical form (RFC 8785)").Because(err)
	}
	return nil
}

func encode(v any) ([]byte, error) { return json.Marshal(v, json.Deterministic(true)) }

func malformed() *fault.Error {
	return fault.New(fault.Invalid, "case.malformed", "The event does not have the form its act requires.").
		Try("Ask the party that signed it for a correct one.")
}

// Encode returns the canonical bytes that are signed. It fills in entente and
// kind, and returns the fault [ParseEvent] would give.
func (e Event) Encode() ([]byte, error) {
	e.Entente, e.Kind, e.At = 1, "CaseEvent", e.At.UTC()
	b, err := encode(e)
	if err != nil {
		return nil, malformed().Because(err)
	}
	_, err = ParseEvent(b)
	return b, err
}

// Sign returns the event as it travels: a DSSE envelope.
func (e Event) Sign(keyID string, key ed25519.PrivateKey) ([]byte, error) {
	payload, err := e.Encode()
	if err != nil {
		return nil, err
	}
	return envelope.SignStatement(EventPayloadType, payload, keyID, key)
}

func (e Event) check() *fault.Error {
	f := malformed()
	bad := func(ok bool, pointer, detail string) {
		if !ok {
			f = f.At(pointer, detail)
		}
	}
	bad(e.Entente == 1, "/entente", "is not 1")
	bad(e.Kind == "CaseEvent", "/kind", "is not CaseEvent")
	bad(idForm.MatchString(e.Case), "/case", "is not the id of a case")
	bad(idForm.MatchString(e.ID), "/id", "is not an id")
	bad(slugForm.MatchString(string(e.By)), "/by", "is not a party")
	bad(utc(e.At), "/at", "is not an instant in UTC")
	bad(len(e.OnBehalf) <= maxIDChars && plain(e.OnBehalf), "/on_behalf", "is too long or has control characters")
	bad(len(e.Text) <= maxText, "/text", "is too long")
	e.checkParts(bad)
	e.checkAct(bad)
	return f
}

type refuser func(ok bool, pointer, detail string)

func (e Event) checkParts(bad refuser) {
	bad(len(e.Fields) <= maxFields, "/fields", "are too many")
	for name, value := range e.Fields {
		bad(fieldForm.MatchString(name), "/fields", fmt.Sprintf("%.40q is not the name of a field", name))
		bad(value != "" && len(value) <= maxField, "/fields/"+name, "is empty or too long")
	}
	bad(len(e.Attachments) <= maxParts, "/attachments", "are too many")
	for n, a := range e.Attachments {
		bad(a.ID != "" && len(a.ID) <= maxIDChars && plain(a.ID) && !a.Hash.IsZero(), fmt.Sprintf("/attachments/%d", n), "names no object by id and hash")
	}
	bad(len(e.Notices) <= maxParts, "/notices", "are too many")
	if e.Opening != nil {
		e.Opening.check(bad)
	}
}

// checkAct makes sure that an event of one act carries nothing of another: a part
// that no rule reads is one that a later reader may trust.
func (e Event) checkAct(bad refuser) {
	known := slices.Contains([]Act{Open, Step, Vote, Note, Evidence, Correction}, e.Act)
	bad(known, "/act", "is not open, step, vote, note, evidence or correction")
	bad((e.Opening != nil) == (e.Act == Open), "/opening", "belongs to the act open, and to nothing else")
	bad((e.Step != "") == (e.Act == Step || e.Act == Vote), "/step", "belongs to a step or a vote, and to nothing else")
	bad(e.Step == "" || slugForm.MatchString(e.Step), "/step", "is not the id of a transition")
	bad((e.Ballot != "") == (e.Act == Vote), "/ballot", "belongs to a vote, and to nothing else")
	bad(e.Ballot == "" || slices.Contains([]Choice{Yes, No, Abstain}, e.Ballot), "/ballot", "is not yes, no or abstain")
	bad(e.Corrects.IsZero() != (e.Act == Correction), "/corrects", "belongs to a correction, and to nothing else")
	bad(len(e.Fields) == 0 || e.Act == Step || e.Act == Correction, "/fields", "belong to a step or a correction")
	bad(e.Ground == "" || e.Act == Step && slugForm.MatchString(e.Ground), "/ground", "is not the code of a ground, or belongs to no step")
	bad(len(e.Notices) == 0 || e.Act == Step, "/notices", "belong to a step")
	bad(e.Act != Note || e.Text != "", "/text", "is empty, and a note says something")
	bad(e.Act != Evidence || len(e.Attachments) > 0, "/attachments", "are missing, and evidence is objects")
	bad(e.Act != Correction || e.Text != "" || len(e.Fields) > 0, "/text", "is empty, and so are the fields: nothing is corrected")
	bad((e.Act == Open) == e.BasedOn.IsZero(), "/based_on", "is missing, or the case is only opened")
	bad(e.Act != Open || e.Previous.IsZero(), "/previous", "is there although the case is only opened")
}

func (o *Opening) check(bad refuser) {
	for _, w := range []struct{ at, word string }{
		{"instrument", o.Instrument}, {"procedure", o.Procedure}, {"purpose", o.Purpose}, {"tlp", o.TLP}, {"home", string(o.Home)},
	} {
		bad(slugForm.MatchString(w.word) || w.at == "tlp" && tlpForm.MatchString(w.word), "/opening/"+w.at, "is not a word of that kind")
	}
	bad(!o.Hash.IsZero(), "/opening/hash", "is missing")
	bad(o.Version != "" && len(o.Version) <= maxIDChars && plain(o.Version), "/opening/version", "is not a version")
	bad(o.Title != "" && len(o.Title) <= maxIDChars && plain(o.Title), "/opening/title", "is empty, too long or has control characters")
	bad(len(o.Roles) > 0 && len(o.Roles) <= maxRoles, "/opening/roles", "are none or too many")
	for role, parties := range o.Roles {
		at := "/opening/roles/" + role
		bad(slugForm.MatchString(role), "/opening/roles", "has a name that is no role")
		bad(len(parties) > 0 && len(parties) <= maxParts, at, "are no parties or too many")
		bad(slices.IsSorted(parties) && len(slices.Compact(slices.Clone(parties))) == len(parties), at, "are not sorted, or one is there twice")
		for _, p := range parties {
			bad(slugForm.MatchString(string(p)), at, "has what is no party")
		}
	}
	bad(slices.Contains(o.Participants(), o.Home), "/opening/home", "does not take part")
}

// The labels of a marking are lower case, as in the instruments.
var tlpForm = regexp.MustCompile(`^(clear|green|amber|amber\+strict|red)$`)

func utc(t time.Time) bool {
	_, offset := t.Zone()
	return !t.IsZero() && offset == 0 && t.Nanosecond()%1000 == 0
}

func plain(s string) bool {
	return utf8.ValidString(s) && !slices.ContainsFunc([]rune(s), func(r rune) bool { return r < ' ' || r == 0x7f })
}

// Opened is an event taken from its envelope, with whom and what to verify it by.
type Opened struct {
	Event
	Digest    ident.Digest // of the envelope: what orders name
	statement envelope.Statement
}

// OpenEvent reads an event as it travels and verifies no signature.
func OpenEvent(raw []byte) (Opened, error) {
	st, err := envelope.OpenStatement(raw, EventPayloadType)
	if err != nil {
		return Opened{}, err
	}
	e, err := ParseEvent(st.Payload)
	return Opened{Event: e, Digest: ident.Sum(raw), statement: st}, err
}

// Verify returns an unverified fault ("case.key", "envelope.signature") unless
// the event is signed with a key its author had when it did.
func (o Opened) Verify(keys envelope.Keys) error {
	key, err := o.key(keys)
	if err != nil {
		return err
	}
	return o.statement.Verify(key)
}

func (o Opened) key(keys envelope.Keys) (ed25519.PublicKey, error) {
	return keyOf(keys, o.By, o.statement.KeyID, o.At)
}

func keyOf(keys envelope.Keys, by party.ID, keyID string, at time.Time) (ed25519.PublicKey, error) {
	key, ok := keys(by, keyID, at)
	if !ok {
		return nil, fault.New(fault.Unverified, "case.key", "It is signed with a key that %.64q did not have on %s.", by, at.Format(time.RFC3339)).
			Try("Add the party's newest card; a party whose key was revoked signs again with its new one.")
	}
	return key, nil
}
