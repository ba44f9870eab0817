package exchange

import (
	"context"
	"time"

	"entente/casework"
	"entente/internal/ident"
	"entente/party"
)

// CaseRecord is a case as this node keeps it. What follows from its events is
// worked out again whenever somebody looks at it; what is kept of that serves
// lists only.
type CaseRecord struct {
	ID       string             `json:"id"`
	Opening  casework.Opening   `json:"opening"`
	Opener   party.ID           `json:"opener"`
	Opened   time.Time          `json:"opened"`
	Updated  time.Time          `json:"updated"` // when the newest accepted event was ordered
	State    string             `json:"state"`   // "" until the home has ordered the opening
	Final    bool               `json:"final"`
	Seq      int                `json:"seq"`            // of the newest accepted event
	Turn     []string           `json:"turn,omitempty"` // steps that this node's party can take
	Due      time.Time          `json:"due,omitzero"`   // by when the first of them has to be taken
	Findings []casework.Finding `json:"findings,omitempty"`

	Head   []byte   `json:"head,omitempty"`   // the home's signature under the newest order
	Others [][]byte `json:"others,omitempty"` // heads that were shown besides
	// Acked is up to which place each participant acknowledged the orders; only the
	// home keeps it.
	Acked map[party.ID]int `json:"acked,omitempty"`
}

// CaseEventState is where an event stands.
type CaseEventState string

// The states of an event.
const (
	CaseOrdered   CaseEventState = "ordered"
	CaseSubmitted CaseEventState = "submitted" // sent to the home, which has not ordered it yet
	CaseRefused   CaseEventState = "refused"   // by the home, with a code
	CaseWitnessed CaseEventState = "witnessed" // shown by its author, and not ordered by the home
)

// CaseEvent is one event as it travelled, with its place.
type CaseEvent struct {
	Case     string         `json:"case"`
	Digest   ident.Digest   `json:"digest"` // of Envelope
	By       party.ID       `json:"by"`     // who signed it
	From     party.ID       `json:"from"`   // who brought it
	At       time.Time      `json:"at"`     // when it came
	State    CaseEventState `json:"state"`
	Code     string         `json:"code,omitempty"` // of a refusal
	Order    casework.Order `json:"order,omitzero"` // zero until it is ordered
	Leaf     int64          `json:"leaf"`
	Envelope []byte         `json:"-"`
}

// CaseMessage is events of a case on the way to one participant.
type CaseMessage struct {
	ID       string    `json:"id"`
	Case     string    `json:"case"`
	To       party.ID  `json:"to"`
	First    int       `json:"first"` // places of the orders in it; 0 when it brings none
	Upto     int       `json:"upto"`
	At       time.Time `json:"at"`
	State    string    `json:"state"` // of its delivery
	StateAt  time.Time `json:"state_at"`
	Refused  string    `json:"refused,omitempty"` // code of what was not taken
	Leaf     int64     `json:"leaf"`
	Head     []byte    `json:"-"` // the head that goes along
	Envelope []byte    `json:"-"`
	Receipt  []byte    `json:"-"`
}

// CaseFilter narrows Cases; zero fields do not narrow.
type CaseFilter struct {
	Open   bool   // not final
	Before string // id of the last one seen
	Limit  int    // 0 = 100
}

// CaseReader is what can be read of cases.
type CaseReader interface {
	// Cases returns cases, the newest first.
	Cases(ctx context.Context, f CaseFilter) ([]CaseRecord, error)
	// CountCases counts the cases that a party opened and that are not over.
	CountCases(ctx context.Context, opener party.ID) (int, error)
	// Case returns a not-found fault "case.unknown" when there is none.
	Case(ctx context.Context, id string) (CaseRecord, error)
	// CaseEvents returns the events of a case: those with a place by it, then the
	// others as they came.
	CaseEvents(ctx context.Context, id string) ([]CaseEvent, error)
	CaseMessage(ctx context.Context, id string) (CaseMessage, error)
	// CaseMessages returns those of a case, oldest first.
	CaseMessages(ctx context.Context, id string) ([]CaseMessage, error)
}

// CaseTx is what one act may change of cases.
type CaseTx interface {
	PutCase(ctx context.Context, c CaseRecord) error
	// PutCaseEvent adds an event, or replaces state, code and order of one.
	PutCaseEvent(ctx context.Context, e CaseEvent) error
	PutCaseMessage(ctx context.Context, m CaseMessage) error
}
