// Package instrument is what was agreed or is law: treaties, memoranda,
// statutes and handling standards as files that people read and sign.
//
// It loads, checks and hashes them and says what their status is between two
// parties at an instant; it does not decide about an object (package decision
// does). Invariant: status is derived from dated events, never stored.
package instrument

import (
	"time"

	"entente/intel"
	"entente/internal/ident"
	"entente/party"
	"entente/privacy"
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
	Jurisdictions []string            `json:"jurisdictions,omitempty"`
	Version       string              `json:"version"`
	Supersedes    string              `json:"supersedes,omitempty"`
	InForce       InForce             `json:"in_force"`
	Term          Term                `json:"term,omitzero"`
	Parties       []PartyRecord       `json:"parties,omitempty"`
	AppliesWhen   *When               `json:"applies_when,omitempty"`
	Definitions   []Definition        `json:"definitions,omitempty"`
	Clauses       []Clause            `json:"clauses"`
	Precedence    Precedence          `json:"precedence,omitzero"`
	Vectors       []Vector            `json:"vectors,omitempty"`
	Illustrative  bool                `json:"illustrative,omitempty"` // no named legal owner has activated it
	Hash          ident.Digest        `json:"-"`
	Source        []byte              `json:"-"` // the file as loaded
	Positions     map[string]Position `json:"-"` // "" and clause id → place in the file
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

// Clause is one rule.
type Clause struct {
	ID          string        `json:"id"`
	Cite        string        `json:"cite"`
	Text        string        `json:"text,omitempty"`
	Modality    Modality      `json:"modality"`
	Act         string        `json:"act"`
	When        When          `json:"when,omitzero"`
	InForce     *InForce      `json:"in_force,omitempty"` // when the clause starts or ends apart from its instrument
	ExceptionTo []string      `json:"exception_to,omitempty"`
	Strength    string        `json:"strength,omitempty"`
	Requires    []Requirement `json:"requires,omitempty"`
	Grants      string        `json:"grants,omitempty"` // regime in which performing the obligation is itself a basis
	Onward      *Onward       `json:"onward,omitempty"`
	Retention   *Retention    `json:"retention,omitempty"`
	Duties      []Duty        `json:"duties,omitempty"`
}

// When is what a clause matches. An absent field matches everything; all
// present fields must match.
type When struct {
	Type                  []string             `json:"type,omitempty"`
	TLP                   *TLPRange            `json:"tlp,omitempty"`
	PAP                   *PAPRange            `json:"pap,omitempty"`
	Purpose               []string             `json:"purpose,omitempty"`
	Categories            *CategorySet         `json:"categories,omitempty"`
	Recipient             []party.ID           `json:"recipient,omitempty"`
	RecipientKind         []string             `json:"recipient_kind,omitempty"`
	RecipientJurisdiction *Set                 `json:"recipient_jurisdiction,omitempty"`
	SenderJurisdiction    *Set                 `json:"sender_jurisdiction,omitempty"`
	Origin                *Set                 `json:"origin,omitempty"` // party ids
	ReceivedUnder         []string             `json:"received_under,omitempty"`
	Facts                 map[string]FactMatch `json:"facts,omitempty"`
}

// TLPRange is inclusive at both ends.
type TLPRange struct{ Min, Max intel.TLP }

// PAPRange is inclusive at both ends.
type PAPRange struct{ Min, Max intel.PAP }

// Set matches a word that is in In (when given) and not in NotIn.
type Set struct {
	In    []string `json:"in,omitempty"`
	NotIn []string `json:"not_in,omitempty"`
}

// CategorySet matches the categories of an object: at least one of Any, none
// of None, all Within.
type CategorySet struct {
	Any    []privacy.Category `json:"any,omitempty"`
	None   []privacy.Category `json:"none,omitempty"`
	Within []privacy.Category `json:"within,omitempty"`
}

// FactMatch is what a fact must be.
type FactMatch uint8

// What a fact must be. IsNotTrue is {not: true}: false and unknown both match.
const (
	IsTrue FactMatch = iota
	IsFalse
	IsNotTrue
)

// Requirement is a condition on a permission or an obligation: a category that
// must be transformed first, or a safeguard.
type Requirement struct {
	Without    privacy.Category `json:"without,omitempty"`
	AtLeast    string           `json:"at_least,omitempty"`
	Cite       string           `json:"cite,omitempty"`
	Safeguard  string           `json:"safeguard,omitempty"`
	ApprovalBy string           `json:"approval_by,omitempty"`
}

// Onward is what the recipient may do next.
type Onward struct {
	Allowed string   `json:"allowed"`
	To      []string `json:"to,omitempty"`
	Hops    int      `json:"hops,omitempty"`
}

// Retention bounds how long the object may or must be kept.
type Retention struct {
	AtLeast Period `json:"at_least,omitzero"`
	AtMost  Period `json:"at_most,omitzero"`
}

// Duty is something somebody must do once the clause is relied on or triggered.
type Duty struct {
	ID       string `json:"id"`
	What     string `json:"what"`
	Bearer   string `json:"bearer"` // sender, recipient, origin, …
	To       string `json:"to,omitempty"`
	Within   Period `json:"within,omitzero"`
	After    string `json:"after,omitempty"` // aware, share, receipt, or the id of another duty
	Calendar string `json:"calendar,omitempty"`
	Every    Period `json:"every,omitzero"`
	Cite     string `json:"cite,omitempty"` // "" = the clause's own
	Evidence string `json:"evidence,omitempty"`
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
