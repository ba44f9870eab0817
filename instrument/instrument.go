// Package instrument is what was agreed or is law: treaties, memoranda,
// statutes and handling standards as files that people read and sign.
//
// It loads, checks and hashes them and says what their status is between two
// parties at an instant; it does not decide about an object (package decision
// does). Invariant: status is derived from dated events, never stored.
package instrument

import (
	"time"

	"entente/internal/ident"
	"entente/party"
)

// Instrument is one document of format 1 (instrument.schema.json). Hash is the
// digest of its canonical JSON (RFC 8785), the thing parties sign.
type Instrument struct {
	ID            string              `json:"id"`
	Title         string              `json:"title"`
	Nature        string              `json:"nature"`
	Binding       bool                `json:"binding"` // false: a norm; it never permits or forbids, it warns
	Rank          int                 `json:"rank,omitempty"`
	Regime        string              `json:"regime"`
	Default       Default             `json:"default"`
	Universal     bool                `json:"universal,omitempty"`
	Jurisdictions []string            `json:"jurisdictions,omitempty"` // territorial law: binds senders established there
	Language      *Language           `json:"language,omitempty"`
	Origin        *Origin             `json:"source,omitempty"` // where the legal text is published
	Version       string              `json:"version"`
	Supersedes    string              `json:"supersedes,omitempty"`
	InForce       InForce             `json:"in_force"`
	Term          Term                `json:"term,omitzero"`
	Parties       []PartyRecord       `json:"parties,omitempty"`
	AppliesWhen   *When               `json:"applies_when,omitempty"`
	Definitions   []Definition        `json:"definitions,omitempty"`
	Clauses       []Clause            `json:"clauses"`
	Precedence    Precedence          `json:"precedence,omitzero"`
	Amendment     *Amendment          `json:"amendment,omitempty"`
	Dispute       *Dispute            `json:"dispute,omitempty"`
	Vectors       []Vector            `json:"vectors,omitempty"`
	Illustrative  bool                `json:"illustrative,omitempty"` // no named legal owner has activated it
	Hash          ident.Digest        `json:"-"`
	Source        []byte              `json:"-"` // the file as loaded
	Positions     map[string]Position `json:"-"` // "" and clause id → place in the file

	canonical []byte
}

// Canonical returns the RFC 8785 JSON of the document's data, over which Hash
// is taken: what parties sign. It is nil for an instrument that was not made by
// [Load]. The caller must not change it.
func (i *Instrument) Canonical() []byte { return i.canonical }

// Ref is how explanations name an instrument: its id and version.
func (i *Instrument) Ref() string { return i.ID + "@" + i.Version }

// Language says in which languages the text is authentic and which one this
// file is written in.
type Language struct {
	Authentic []string `json:"authentic,omitempty"`
	This      string   `json:"this,omitempty"`
}

// Origin is where the legal text is published, and the digest of that text:
// clauses are its machine-readable part, and SHA256 is how somebody who doubts
// one of them finds the words it was made from.
type Origin struct {
	URI    string       `json:"uri,omitempty"`
	ELI    string       `json:"eli,omitempty"`
	AKN    string       `json:"akn,omitempty"`
	SHA256 ident.Digest `json:"sha256,omitzero"`
}

// Amendment is how the text may change.
type Amendment struct {
	Rule           string `json:"rule"`
	TacitAfter     Period `json:"tacit_after,omitzero"`
	EffectiveAfter Period `json:"effective_after,omitzero"`
	Binds          string `json:"binds,omitempty"`
}

// Dispute is how parties settle a disagreement, step after step.
type Dispute struct {
	Steps   []DisputeStep `json:"steps,omitempty"`
	Interim string        `json:"interim,omitempty"`
}

// DisputeStep is one step and how long it may take.
type DisputeStep struct {
	Kind   string `json:"kind"`
	Within Period `json:"within"`
}

// Position is a place in the file an instrument was loaded from.
type Position struct {
	File         string
	Line, Column int
}

// Default is what silence means inside a regime once the instrument applies.
type Default string

// The three defaults.
const (
	Prohibit Default = "prohibit"
	Permit   Default = "permit"
	Silent   Default = "silent"
)

// Modality is what a clause does.
type Modality string

// The three modalities.
const (
	Permission  Modality = "permission"
	Prohibition Modality = "prohibition"
	Obligation  Modality = "obligation"
)

// InForce is when the text itself is law; a zero time is open.
type InForce struct {
	From            time.Time        `json:"from"`
	Until           time.Time        `json:"until,omitzero"`
	ProvisionalFrom time.Time        `json:"provisional_from,omitzero"`
	Condition       *EntryConditions `json:"condition,omitempty"`
}

// EntryConditions are what must happen before the text enters into force.
type EntryConditions struct {
	Ratifications int      `json:"ratifications,omitempty"`
	Of            []string `json:"of,omitempty"`
	ThenAfter     Period   `json:"then_after,omitzero"`
}

// Term is how long it lasts and what outlives it.
type Term struct {
	Sunset           time.Time `json:"sunset,omitzero"`
	Renewal          string    `json:"renewal,omitempty"`
	ReviewEvery      Period    `json:"review_every,omitzero"`
	WithdrawalNotice Period    `json:"withdrawal_notice,omitzero"`
	Survival         []string  `json:"survival,omitempty"` // clause ids
}

// PartyRecord is one party's own record: its events and reservations.
type PartyRecord struct {
	Party        party.ID      `json:"party"`
	Role         string        `json:"role,omitempty"`
	Territory    []string      `json:"territory,omitempty"`
	Events       []Event       `json:"events"`
	Reservations []Reservation `json:"reservations,omitempty"`
	Declarations []Declaration `json:"declarations,omitempty"`
}

// Declaration is a party's statement of how it understands or applies the text.
// It binds nobody by machine; people see it beside the decision.
type Declaration struct {
	ID   string    `json:"id"`
	Text string    `json:"text"`
	At   time.Time `json:"at,omitzero"`
}

// Event is one dated act of a party: signature, ratification, in-force,
// suspension and so on.
type Event struct {
	Kind string    `json:"kind"`
	At   time.Time `json:"at"`
}

// Reservation takes clauses out of the bargain between its maker and every
// other party.
type Reservation struct {
	ID         string      `json:"id"`
	Excludes   []string    `json:"excludes,omitempty"` // clause ids
	From       time.Time   `json:"from,omitzero"`
	Withdrawn  time.Time   `json:"withdrawn,omitzero"`
	Note       string      `json:"note,omitempty"`
	Objections []Objection `json:"objections,omitempty"`
}

// Objection is another party's answer to a reservation.
type Objection struct {
	By                      party.ID  `json:"by"`
	At                      time.Time `json:"at,omitzero"`
	PrecludesEntryIntoForce bool      `json:"precludes_entry_into_force,omitempty"`
}

// Definition maps a term to national terms.
type Definition struct {
	Term     string         `json:"term"`
	Means    string         `json:"means"`
	Text     string         `json:"text,omitempty"`
	Cite     string         `json:"cite,omitempty"`
	National []NationalTerm `json:"national,omitempty"`
}

// NationalTerm is the term of one legal order and how it relates.
type NationalTerm struct {
	Jurisdiction string `json:"jurisdiction"`
	Term         string `json:"term"`
	Relation     string `json:"relation"` // exact, broader, narrower, overlaps, none
	Cite         string `json:"cite,omitempty"`
}

// Precedence is what the instrument itself says about others.
type Precedence struct {
	SubjectTo    []string `json:"subject_to,omitempty"`
	PrevailsOver []string `json:"prevails_over,omitempty"`
}
