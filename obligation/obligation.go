// Package obligation tracks what somebody must do by when: report an incident,
// delete data after 180 days, document a derogation.
//
// It computes due times, states and which notices are due; it runs no timer and
// sends nothing. Invariant: a due time is a pure function of the duty's clause,
// the events recorded about its matter, and the calendar of its place.
package obligation

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"entente/decision"
	"entente/instrument"
	"entente/internal/fault"
	"entente/party"
)

// Duty is one obligation of one party, on this node. Its methods return a changed
// duty and leave the one they are called on as it was.
type Duty struct {
	ID          string           `json:"id"`
	Duty        decision.DutyRef `json:"duty"` // the clause it comes from
	Rule        Rule             `json:"rule,omitzero"`
	Bearer      party.ID         `json:"bearer"`                // "": nobody here is known to hold that role
	Roles       []string         `json:"roles,omitempty"`       // of the bearer, where the rule asks for them
	Beneficiary party.ID         `json:"beneficiary,omitempty"` // to whom it is owed
	Matter      string           `json:"matter,omitempty"`      // the incident or case it is about
	Object      string           `json:"object,omitempty"`      // or the object
	Release     string           `json:"release,omitempty"`     // release it came with, ours or a partner's
	From        party.ID         `json:"from,omitempty"`        // the partner whose release it is, by its own numbering; "": ours
	Calendar    string           `json:"calendar,omitempty"`    // the name of its [Calendar]

	Taken   time.Time            `json:"taken,omitzero"`
	Anchors map[string]time.Time `json:"anchors,omitempty"` // when the events of its clocks happened
	Started time.Time            `json:"started,omitzero"`  // zero: the event that starts the clock has not happened
	Due     time.Time            `json:"due,omitzero"`      // zero: no deadline, or not started
	Done    time.Time            `json:"done,omitzero"`

	Extended  *Extension  `json:"extended,omitempty"`
	Evidence  *Evidence   `json:"evidence,omitempty"`
	Cancelled *Act        `json:"cancelled,omitempty"`
	Fired     int         `json:"fired,omitzero"` // how many notices of this due time have gone out
	Series    string      `json:"series,omitempty"`
	Round     int         `json:"round,omitzero"`     // of a recurring duty, from 1
	Renewed   bool        `json:"renewed,omitzero"`   // its next round was taken on
	Exercise  string      `json:"exercise,omitempty"` // the exercise it belongs to; "": it is real
	Factor    int         `json:"factor,omitzero"`    // how much faster the clock of an exercise runs
	History   []HistoryOf `json:"history,omitempty"`
}

// Act is who did something, when and why.
type Act struct {
	At  time.Time `json:"at"`
	By  string    `json:"by"`
	Why string    `json:"why,omitempty"`
}

// Extension is a due time that takes the place of the one the clocks give.
type Extension struct {
	Act
	Due      time.Time `json:"due"`
	Base     time.Time `json:"base"`              // the one the clocks give
	Override bool      `json:"override,omitzero"` // the clause does not allow it: somebody answers for it
}

// Evidence is what shows that a duty was done.
type Evidence struct {
	Object string `json:"object,omitempty"`
	SHA256 string `json:"sha256,omitempty"` // of the file that shows it
	Note   string `json:"note,omitempty"`
}

// HistoryOf is one change of a duty. Nothing is taken out of a history.
type HistoryOf struct {
	Act
	What  string    `json:"what"` // taken, anchored, recalculated, extended, done, cancelled
	Event string    `json:"event,omitempty"`
	From  time.Time `json:"from,omitzero"` // the due time before
	Due   time.Time `json:"due,omitzero"`  // and after
}

// What a history says happened.
const (
	Taken        = "taken"
	Anchored     = "anchored"
	Recalculated = "recalculated"
	WasExtended  = "extended"
	WasDone      = "done"
	WasCancelled = "cancelled"
)

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
	Cancelled  State = "cancelled"
)

// Said is the state as a symbol and in words, so that it needs no colour.
func (s State) Said() (symbol, words string) {
	switch s {
	case NotStarted:
		return "·", "waiting"
	case DueSoon:
		return "◔", "due soon"
	case Overdue:
		return "!", "overdue"
	case Met:
		return "✓", "done"
	case Cancelled:
		return "-", "cancelled"
	case OpenEnded, Running:
	}
	return "○", "open"
}

// Spec describes a duty to take on.
type Spec struct {
	ID          string
	Source      decision.DutyRef // instrument, clause, cite, and what has to be done
	Rule        Rule             // zero: what the source says of its clock
	Bearer      party.ID
	Roles       []string // of the bearer; none: not known, and no relief that depends on them
	Beneficiary party.ID
	Matter      string
	Object      string
	Calendar    string // the name of a calendar, see [Calendars.Pick]
	Anchors     map[string]time.Time
	Exercise    string
	Factor      int // of an exercise only: 2 to 100000
	Act         Act // who takes it on, and when; the clock of a duty that waits for no event starts then
}

// MaxFactor is how fast the clock of an exercise may run: a year in five minutes.
const MaxFactor = 100_000

// New takes on a duty. It returns an invalid fault "duty.invalid" when something
// is missing, and for a clock factor outside an exercise: real obligations never
// accelerate.
func New(s Spec, cals Calendars) (Duty, error) {
	bad := fault.New(fault.Invalid, "duty.invalid", "The duty cannot be taken on as it is described.")
	for _, need := range []struct{ at, value string }{{"/id", s.ID}, {"/duty", s.Source.ID}, {"/instrument", s.Source.Instrument}} {
		if need.value == "" {
			_ = bad.At(need.at, "is missing")
		}
	}
	if s.Act.At.IsZero() {
		_ = bad.At("/act/at", "is missing")
	}
	switch {
	case s.Factor != 0 && s.Exercise == "":
		_ = bad.At("/factor", "is only for exercises; name the exercise")
	case s.Factor < 0 || s.Factor > MaxFactor:
		_ = bad.At("/factor", "must be from 1 to "+strconv.Itoa(MaxFactor))
	}
	if len(bad.Fields) > 0 {
		return Duty{}, bad.Try("Give the clause the duty comes from, and a clock factor only with an exercise.")
	}
	d := Duty{
		ID: s.ID, Duty: s.Source, Rule: s.Rule, Bearer: s.Bearer, Roles: slices.Clone(s.Roles), Beneficiary: s.Beneficiary,
		Matter: s.Matter, Object: s.Object, Calendar: s.Calendar, Taken: s.Act.At.UTC(), Exercise: s.Exercise, Factor: s.Factor,
	}
	for event, at := range s.Anchors {
		d = d.know(event, at)
	}
	if !d.rule().Every.IsZero() {
		d.Series, d.Round = d.ID, 1
	}
	return d.settle(cals).note(Taken, "", s.Act, time.Time{}), nil
}

// know records an anchor if the clocks of the duty speak of it.
func (d Duty) know(event string, at time.Time) Duty {
	if !slices.Contains(d.rule().waits(), event) || at.IsZero() {
		return d
	}
	d.Anchors = maps.Clone(d.Anchors)
	if d.Anchors == nil {
		d.Anchors = map[string]time.Time{}
	}
	d.Anchors[event] = at.UTC()
	return d
}

// settle computes the due time anew. Notices are those of a due time, so another
// one has notices of its own.
func (d Duty) settle(cals Calendars) Duty {
	w := d.window(cals)
	due := w.due
	if d.Extended != nil {
		moved := *d.Extended
		due, moved.Base, d.Extended = moved.Due, w.due, &moved
	}
	if !due.Equal(d.Due) {
		d.Fired = 0
	}
	d.Started, d.Due = w.started, due
	return d
}

func (d Duty) note(what, event string, by Act, from time.Time) Duty {
	by.At = by.At.UTC()
	d.History = append(slices.Clone(d.History), HistoryOf{Act: by, What: what, Event: event, From: from, Due: d.Due})
	return d
}

// rule is the rule of the duty, as far as it is known.
func (d Duty) rule() Rule {
	if len(d.Rule.Clocks) > 0 || !d.Rule.Every.IsZero() {
		return d.Rule
	}
	return ruleOfRef(d.Duty)
}

// Summary is what has to be done, for people. That it is not real comes first, and
// how much faster its clock runs.
func (d Duty) Summary() string {
	switch {
	case d.Exercise == "":
		return d.Duty.What
	case d.Factor > 1:
		return "EXERCISE " + d.Exercise + " ×" + strconv.Itoa(d.Factor) + ": " + d.Duty.What
	}
	return "EXERCISE " + d.Exercise + ": " + d.Duty.What
}

// About is the id of the object, incident or case the duty is about.
func (d Duty) About() string {
	if d.Matter != "" {
		return d.Matter
	}
	return d.Object
}

// Closed reports whether nothing has to be done any more.
func (d Duty) Closed() bool { return !d.Done.IsZero() || d.Cancelled != nil }

// Waits lists the events of its clocks that are not known yet.
func (d Duty) Waits() []string {
	var out []string
	for _, event := range d.rule().waits() {
		if _, known := d.Anchors[event]; !known {
			out = append(out, event)
		}
	}
	return out
}

// Provisional reports whether the duty runs while an event is unknown that can
// make it due earlier.
func (d Duty) Provisional() bool { return !d.Due.IsZero() && d.Extended == nil && len(d.Waits()) > 0 }

// State is where the duty stands at an instant. At the very instant it falls
// due it is still in time: "within 24 hours" includes the last of them.
func (d Duty) State(now time.Time) State {
	switch {
	case !d.Done.IsZero():
		return Met
	case d.Cancelled != nil:
		return Cancelled
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
	return d.Due.Add(-d.share(4, 3*24*time.Hour))
}

// share is a part of the time the duty runs, and no more than most.
func (d Duty) share(part int64, most time.Duration) time.Duration {
	return min(max(d.Due.Sub(d.Started), 0)/time.Duration(part), most)
}

// Late reports whether the duty was done after it fell due.
func (d Duty) Late() bool { return !d.Due.IsZero() && d.Done.After(d.Due) }

// RulesOf finds the rule of a duty in the law, and reports whether it is there.
type RulesOf func(ref decision.DutyRef) (Rule, bool)

// Rules looks duties up in instruments; of several versions of one, the last counts.
func Rules(docs []*instrument.Instrument) RulesOf {
	return func(ref decision.DutyRef) (Rule, bool) {
		for _, doc := range slices.Backward(docs) {
			if doc.ID != ref.Instrument {
				continue
			}
			for _, c := range doc.Clauses {
				for _, d := range c.Duties {
					if c.ID == ref.Clause && d.ID == ref.ID {
						return RuleOf(d), true
					}
				}
			}
		}
		return Rule{}, false
	}
}
