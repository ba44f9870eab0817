package instrument

import (
	"entente/intel"
	"entente/party"
	"entente/privacy"
)

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
	Consent     *Consent      `json:"consent,omitempty"`
	Derogation  *Derogation   `json:"derogation,omitempty"`
	Bearer      string        `json:"bearer,omitempty"`
	Duties      []Duty        `json:"duties,omitempty"`
}

// Consent is whose consent a clause rests on, and what its withdrawal does to
// what was already sent.
type Consent struct {
	Of           string `json:"of"`                      // data-subject, victim, originator, party
	Form         string `json:"form,omitempty"`          // explicit, written, any
	Withdrawable bool   `json:"withdrawable,omitempty"`  //
	OnWithdrawal string `json:"on_withdrawal,omitempty"` // stop, recall, delete
}

// Derogation is a power to set clauses aside for a time.
type Derogation struct {
	Of          []string `json:"of"` // clause ids
	DeclaredBy  string   `json:"declared_by"`
	MaxDuration Period   `json:"max_duration,omitzero"`
	Notify      []string `json:"notify,omitempty"`
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
type TLPRange struct {
	Min intel.TLP `json:"min"`
	Max intel.TLP `json:"max"`
}

// PAPRange is inclusive at both ends.
type PAPRange struct {
	Min intel.PAP `json:"min"`
	Max intel.PAP `json:"max"`
}

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

// MarshalText implements [encoding.TextMarshaler].
func (m FactMatch) MarshalText() ([]byte, error) {
	switch m {
	case IsTrue:
		return []byte("true"), nil
	case IsFalse:
		return []byte("false"), nil
	default:
		return []byte("not true"), nil
	}
}

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
