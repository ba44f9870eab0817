// Package decision answers: may this object go to this party, for this
// purpose, now, in what form, on what basis, and why?
//
// It is a pure function; it reads no clock, file, network or database.
// Invariant: the same law, request and facts give the same explanation, byte
// for byte, on any machine, and anything it does not know denies.
package decision

import (
	"time"

	"entente/intel"
	"entente/internal/ident"
	"entente/party"
	"entente/privacy"
)

// EngineVersion changes whenever a decision may come out differently.
const EngineVersion = "2"

// Outcome is the answer.
type Outcome string

// The outcomes. Transform is a permit of a changed form.
const (
	Permit    Outcome = "permit"
	Transform Outcome = "transform"
	Deny      Outcome = "deny"
	Refer     Outcome = "refer" // a named human must settle something first
)

// Actor is what the law looks at in a party.
type Actor struct {
	ID           party.ID `json:"id"`
	Kind         string   `json:"kind"`
	Jurisdiction string   `json:"jurisdiction"`
	Roles        []string `json:"roles,omitempty"`
	Sectors      []string `json:"sectors,omitempty"`
}

// Subject is what the law looks at in an object.
type Subject struct {
	ID            string             `json:"id"`
	Type          string             `json:"type"`
	Hash          ident.Digest       `json:"hash"`
	TLP           intel.TLP          `json:"tlp"`
	PAP           intel.PAP          `json:"pap"`
	Closed        string             `json:"closed,omitempty"` // from intel.Markings: nobody may have it, and why
	Categories    []privacy.Category `json:"categories"`       // sorted, unique
	Origin        party.ID           `json:"origin,omitempty"`
	ReceivedUnder []string           `json:"received_under,omitempty"` // instrument ids of the terms it came with
	Hops          int                `json:"hops,omitzero"`            // how often it had been passed on when it came to the sender
}

// Request is one question.
type Request struct {
	Subject   Subject         `json:"subject"`
	Sender    Actor           `json:"sender"`
	Recipient Actor           `json:"recipient"`
	Act       string          `json:"act"` // "share" unless the question is another one
	Purpose   string          `json:"purpose"`
	At        time.Time       `json:"at"`
	Facts     map[string]bool `json:"facts"`          // an absent fact is unknown
	Under     []string        `json:"under,omitzero"` // only these agreements, and the law that binds whatever was agreed; nil is all of them, an empty list is none
}

// Decision is the answer with everything that led to it. Its canonical JSON is
// what is logged and what Digest covers.
type Decision struct {
	Request       Request            `json:"request"`
	Outcome       Outcome            `json:"outcome"`
	Transforms    []string           `json:"transforms,omitempty"` // ids, in order of application
	Sent          []privacy.Category `json:"sent,omitempty"`       // categories left after Transforms
	Because       []Reason           `json:"because,omitempty"`    // of a deny or refer, on the untransformed object
	Needs         []Need             `json:"needs,omitempty"`      // of each transformation
	Basis         []Basis            `json:"basis,omitempty"`
	Duties        []DutyRef          `json:"duties,omitempty"`
	NotUsed       []NotUsed          `json:"not_used,omitempty"`
	Unknowns      []string           `json:"unknowns,omitempty"` // facts, sorted
	WhatIf        []WhatIf           `json:"what_if,omitempty"`
	Warnings      []Reason           `json:"warnings,omitempty"` // of norms and guidance, which never decide
	Preconditions []Precondition     `json:"preconditions,omitempty"`
	Dilemma       *Dilemma           `json:"dilemma,omitempty"`
	LawApplied    []LawRef           `json:"law_applied,omitempty"`
	Conflicts     []Conflict         `json:"conflicts,omitempty"` // between instruments, each with what settled it
	Engine        string             `json:"engine"`
}

// ClauseRef cites a clause; the zero value cites none ("no clause permits").
type ClauseRef struct {
	Instrument string `json:"instrument,omitempty"`
	Clause     string `json:"clause,omitempty"`
	Cite       string `json:"cite,omitempty"`
}

// Reason is one sentence with its clause.
type Reason struct {
	ClauseRef
	Text string `json:"text"` // "prohibits", "requires at least pseudonymise of personal-identifier", "no clause of the cooperation regime permits this transfer"
}

// Need is why a transformation is in the set: what the law says without it.
type Need struct {
	Transform string `json:"transform"`
	Reason
}

// Basis is a clause that matched and what it did.
type Basis struct {
	ClauseRef
	Effect     string `json:"effect"` // permits, prohibits, obliges, exception-applies, defeated
	DefeatedBy string `json:"defeated_by,omitempty"`
	Text       string `json:"text,omitempty"` // the clause's own summary
}

// DutyRef is a duty the decision brings with it.
type DutyRef struct {
	ClauseRef
	ID     string `json:"id"`
	What   string `json:"what"`
	Bearer string `json:"bearer"`
	To     string `json:"to,omitempty"`
	Within string `json:"within,omitempty"` // ISO 8601 duration
	After  string `json:"after,omitempty"`
	Clock  string `json:"clock,omitempty"` // instead of Within and After: several clocks, in words
	Soft   bool   `json:"soft,omitzero"`   // where possible
}

// NotUsed is an instrument that was considered and left out.
type NotUsed struct {
	Instrument string `json:"instrument"`
	Why        string `json:"why"`
}

// WhatIf is a change that would make the answer better.
type WhatIf struct {
	Change     string   `json:"change"` // "victim_consent were true", "TLP:GREEN", "csirt-xx instead"
	Outcome    Outcome  `json:"outcome"`
	Transforms []string `json:"transforms,omitempty"`
}

// Precondition is a safeguard to be met before the object may leave.
type Precondition struct {
	ClauseRef
	Safeguard  string `json:"safeguard"`
	ApprovalBy string `json:"approval_by,omitempty"`
}

// Dilemma is a duty that the decision leaves unfulfilled.
type Dilemma struct {
	Duties []DutyRef `json:"duties"`
	Text   string    `json:"text"`
}

// LawRef names one instrument version applied.
type LawRef struct {
	Instrument   string       `json:"instrument"`
	Version      string       `json:"version"`
	Hash         ident.Digest `json:"hash"`
	Records      ident.Digest `json:"records,omitzero"`       // of what the parties did to it: events, reservations, objections
	Illustrative bool         `json:"illustrative,omitempty"` // no named legal owner has activated it
}
