package instrument

import (
	"slices"
	"strings"

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
	Verified    Verification  `json:"verified,omitempty"`
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
	Refusal     *Refusal      `json:"refusal,omitempty"`
}

// Exceptions lists the clauses it is an exception to, those it derogates from
// included.
func (c *Clause) Exceptions() []string {
	if c.Derogation == nil {
		return c.ExceptionTo
	}
	return slices.Concat(c.ExceptionTo, c.Derogation.Of)
}

// Consent is whose consent a clause rests on, and what its withdrawal does to
// what was already sent.
type Consent struct {
	Of           string `json:"of"`                      // data-subject, victim, originator, party
	Form         string `json:"form,omitempty"`          // explicit, written, any
	Withdrawable bool   `json:"withdrawable,omitempty"`  //
	OnWithdrawal string `json:"on_withdrawal,omitempty"` // stop, recall, delete
}

// Derogation is a power to set clauses aside for a time: while Fact is true, the
// permission that carries it is an exception to the clauses of Of, and whoever
// relies on it tells those of Notify.
type Derogation struct {
	Of          []string `json:"of"` // clause ids
	DeclaredBy  string   `json:"declared_by"`
	Fact        string   `json:"fact,omitempty"` // "" = declared_ and the clause id
	MaxDuration Period   `json:"max_duration,omitzero"`
	Notify      []string `json:"notify,omitempty"`
}

// Declared is the fact that is true while the derogation of clause id is.
func (d *Derogation) Declared(id string) string {
	if d.Fact != "" {
		return d.Fact
	}
	return "declared_" + strings.NewReplacer("-", "_", ".", "_").Replace(id)
}

// Verification is how far somebody checked that an encoding says what the text
// says.
type Verification string

// The verifications, best first. An absent one means that the authors of the
// text wrote the encoding themselves.
const (
	VerifiedText      Verification = "text"       // the operative wording was read
	VerifiedSecondary Verification = "secondary"  // a commentary was read
	VerifiedTaxonomy  Verification = "tax"        // a machine-readable taxonomy was read
	Unverified        Verification = "unverified" // nobody checked: never the sole basis of a permit
)

// Refusal is the coded list of grounds on which what a clause asks for may be
// refused. Closed: on no other.
type Refusal struct {
	Closed  bool     `json:"closed,omitempty"`
	Grounds []Ground `json:"grounds"`
}

// Ground is one ground for refusing.
type Ground struct {
	Code        string       `json:"code"`
	Cite        string       `json:"cite"`
	Text        string       `json:"text,omitempty"`
	Verified    Verification `json:"verified,omitempty"`
	Reservation bool         `json:"reservation,omitempty"` // open only to a party that made the reservation
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
	SenderKind            []string             `json:"sender_kind,omitempty"`
	RecipientRole         []string             `json:"recipient_role,omitempty"` // one of several in common is enough, as for the three that follow
	SenderRole            []string             `json:"sender_role,omitempty"`
	RecipientSector       []string             `json:"recipient_sector,omitempty"`
	SenderSector          []string             `json:"sender_sector,omitempty"`
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
// It is due at its own clock, or at the earliest or the latest of several.
type Duty struct {
	ID         string       `json:"id"`
	What       string       `json:"what"`
	Bearer     string       `json:"bearer"` // sender, recipient, origin, …
	To         string       `json:"to,omitempty"`
	Within     Period       `json:"within,omitzero"`
	After      string       `json:"after,omitempty"` // aware, share, receipt, or the id of another duty
	EarliestOf []Clock      `json:"earliest_of,omitempty"`
	LatestOf   []Clock      `json:"latest_of,omitempty"`
	Soft       bool         `json:"soft,omitempty"` // where possible: late needs a reason and breaks nothing
	Calendar   string       `json:"calendar,omitempty"`
	Every      Period       `json:"every,omitzero"`
	Fields     []string     `json:"fields,omitempty"` // what must be in it
	Cite       string       `json:"cite,omitempty"`   // "" = the clause's own
	Verified   Verification `json:"verified,omitempty"`
	Evidence   string       `json:"evidence,omitempty"`

	NonWorkingDay *NonWorkingDay `json:"non_working_day,omitempty"`
	Extension     *Extension     `json:"extension,omitempty"`
}

// NonWorkingDay is what becomes of a limit that ends on a day of rest: it is kept
// until an hour of the next working day (RTS 2025/301 Art. 5(2)).
type NonWorkingDay struct {
	Until    string       `json:"until"`             // local time of day, "12:00"
	Weekend  []string     `json:"weekend"`           // the days of each week that are no working days
	NotFor   []string     `json:"not_for,omitempty"` // roles of the bearer that have no such relief
	Cite     string       `json:"cite,omitempty"`    // "" = the duty's own
	Verified Verification `json:"verified,omitempty"`
}

// Extension is how far a limit may be moved by whoever keeps it, with reasons.
type Extension struct {
	AtMost   Period       `json:"at_most"` // after the limit as the clocks say it
	Cite     string       `json:"cite,omitempty"`
	Verified Verification `json:"verified,omitempty"`
}

// Weekdays lists the days of the week as instruments and calendars write them.
func Weekdays() []string {
	return []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
}

// Clock is a time limit and the event that starts it.
type Clock struct {
	Within Period `json:"within,omitzero"` // zero: at the event itself
	After  string `json:"after"`
}

// Clocks lists every clock of the duty.
func (d *Duty) Clocks() []Clock {
	out := slices.Concat(d.EarliestOf, d.LatestOf)
	if d.After != "" {
		out = append(out, Clock{d.Within, d.After})
	}
	return out
}
