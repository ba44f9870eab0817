// Package obligation tracks what somebody must do by when: report an incident,
// delete data after 180 days, document a derogation.
//
// It computes due times and states; it runs no timer. Invariant: a due time is
// a pure function of the duty's clause and the moment its clock started.
package obligation

import (
	"slices"
	"time"

	"entente/decision"
	"entente/instrument"
	"entente/internal/fault"
	"entente/party"
)

// Duty is one obligation of one party, on this node.
type Duty struct {
	ID      string           `json:"id"`
	Duty    decision.DutyRef `json:"duty"`
	Bearer  party.ID         `json:"bearer"` // "": nobody here is known to hold that role
	Object  string           `json:"object,omitempty"`
	Release string           `json:"release,omitempty"` // release it came with, ours or a partner's
	From    party.ID         `json:"from,omitempty"`    // the partner whose release it is, by its own numbering; "": ours
	Started time.Time        `json:"started,omitzero"`  // zero: the event that starts the clock has not happened
	Due     time.Time        `json:"due,omitzero"`      // zero: no deadline, or not started
	Done    time.Time        `json:"done,omitzero"`
}

// State is where a duty stands at an instant.
type State string

// The states.
const (
	NotStarted State = "not-started" // the event that starts its clock has not happened
	OpenEnded  State = "open-ended"  // it holds without a deadline
	Running    State = "running"
	DueSoon    State = "due-soon" // the last quarter of the time, and never more than three days
	Overdue    State = "overdue"
	Met        State = "done"
)

// Plan returns the duties a decision brings, one for each, with the clocks of
// those whose starting event is in anchors. A duty that names no event starts
// with the decision; one whose event is absent does not start, and waits for
// [Duty.Start]. Bearers maps the roles of the clauses to parties; a bearer that
// is no role is a party id.
func Plan(d decision.Decision, anchors map[string]time.Time, bearers map[string]party.ID, newID func() string) []Duty {
	duties := make([]Duty, 0, len(d.Duties))
	for _, ref := range d.Duties {
		duty := Duty{ID: newID(), Duty: ref, Bearer: bearer(ref.Bearer, bearers), Object: d.Request.Subject.ID}
		if at := anchor(ref, d.Request.At, anchors); !at.IsZero() {
			duty = duty.Start(at)
		}
		duties = append(duties, duty)
	}
	return duties
}

func anchor(ref decision.DutyRef, decided time.Time, anchors map[string]time.Time) time.Time {
	if ref.Clock != "" {
		return time.Time{} // several clocks: a person starts it, see [Duty.Start]
	}
	if ref.After == "" {
		return decided
	}
	return anchors[ref.After]
}

func bearer(role string, bearers map[string]party.ID) party.ID {
	if id, ok := bearers[role]; ok {
		return id
	}
	if slices.Contains(instrument.Bearers(), role) {
		return ""
	}
	return party.ID(role)
}

// Start returns the duty with its clock started at an instant. A clock starts
// once: starting it again changes nothing, so that repeating the event after a
// restart cannot move a deadline.
//
// A period that cannot be read makes the duty due at once: it is shown to a
// person rather than forgotten.
func (d Duty) Start(at time.Time) Duty {
	if !d.Started.IsZero() {
		return d
	}
	d.Started = at.UTC()
	if d.Duty.Within == "" {
		return d
	}
	within, err := instrument.ParsePeriod(d.Duty.Within)
	if err != nil {
		within = instrument.Period{}
	}
	d.Due = within.AddTo(d.Started)
	return d
}

// Complete marks the duty with an id as done at an instant and starts the
// clocks of the duties of the same instrument, about the same object, that wait
// for it. It returns the duties that changed; none when the duty is done
// already, so that a repeated report starts nothing twice. It returns a
// not-found fault when there is no such duty.
func Complete(duties []Duty, id string, at time.Time) ([]Duty, error) {
	var done *Duty
	for n := range duties {
		if duties[n].ID == id {
			done = &duties[n]
		}
	}
	if done == nil {
		return nil, fault.New(fault.NotFound, "duty.unknown", "There is no duty %.60q.", id).Try("List the open duties.")
	}
	if !done.Done.IsZero() {
		return nil, nil
	}
	first := *done
	first.Done = at.UTC()
	changed := []Duty{first}
	for _, d := range duties {
		if d.Started.IsZero() && d.follows(first) {
			changed = append(changed, d.Start(at))
		}
	}
	return changed, nil
}

// follows reports whether d's clock starts when first is done.
func (d Duty) follows(first Duty) bool {
	return d.Duty.After == first.Duty.ID && d.Duty.Instrument == first.Duty.Instrument &&
		d.Object == first.Object && d.Bearer == first.Bearer
}

// Happened starts the clocks of the duties that wait for an event ("aware",
// "receipt"). It returns the duties that changed.
func Happened(duties []Duty, event string, at time.Time) []Duty {
	var changed []Duty
	for _, d := range duties {
		if d.Started.IsZero() && d.Duty.After == event {
			changed = append(changed, d.Start(at))
		}
	}
	return changed
}

// State is where the duty stands at an instant. At the very instant it falls
// due it is still in time: "within 24 hours" includes the last of them.
func (d Duty) State(now time.Time) State {
	switch {
	case !d.Done.IsZero():
		return Met
	case d.Started.IsZero() || now.Before(d.Started):
		return NotStarted
	case d.Due.IsZero():
		return OpenEnded
	case now.After(d.Due):
		return Overdue
	case !now.Before(d.Warn()):
		return DueSoon
	default:
		return Running
	}
}

// Warn is the instant from which the duty is due soon: when a quarter of its
// time is left, but three days before it falls due at the earliest. It is zero
// for a duty without a deadline.
func (d Duty) Warn() time.Time {
	if d.Due.IsZero() {
		return time.Time{}
	}
	return d.Due.Add(-min(d.Due.Sub(d.Started)/4, 3*24*time.Hour))
}

// Late reports whether the duty was done after it fell due.
func (d Duty) Late() bool { return !d.Due.IsZero() && d.Done.After(d.Due) }
