// Package obligation tracks what somebody must do by when: report an incident,
// delete data after 180 days, document a derogation.
//
// It computes due times and states; it runs no timer. Invariant: a due time is
// a pure function of the duty's clause and the moment its clock started.
package obligation

import (
	"time"

	"entente/decision"
	"entente/party"
)

// Duty is one obligation of one party, on this node.
type Duty struct {
	ID      string           `json:"id"`
	Duty    decision.DutyRef `json:"duty"`
	Bearer  party.ID         `json:"bearer"`
	Object  string           `json:"object,omitempty"`
	Release string           `json:"release,omitempty"` // release it came with, ours or a partner's
	Started time.Time        `json:"started,omitzero"`  // zero: the event that starts the clock has not happened
	Due     time.Time        `json:"due,omitzero"`      // zero: no deadline, or not started
	Done    time.Time        `json:"done,omitzero"`
}
