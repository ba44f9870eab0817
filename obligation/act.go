package obligation

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"entente/decision"
	"entente/instrument"
	"entente/internal/fault"
	"entente/party"
)

// maxReason bounds the words of an act: a history is read in a table.
const maxReason = 1_000

// Planner takes on the duties that decisions bring.
type Planner struct {
	Rules     RulesOf // nil: only what the decision says of their clocks
	Calendars Calendars
	Calendar  func(bearer party.ID) string   // the calendar of a bearer's place; nil: none
	Roles     func(bearer party.ID) []string // nil: not known
	Exercise  string                         // the duties belong to; "": they are real
	NewID     func() string
}

// Plan returns the duties a decision brings, one for each, with the clocks of
// those whose starting event is in anchors. A duty that names no event starts
// with the decision; one whose event is absent does not start, and waits for
// [Duty.Anchor]. Bearers maps the roles of the clauses to parties; a bearer that
// is no role is a party id.
func (p Planner) Plan(d decision.Decision, anchors map[string]time.Time, bearers map[string]party.ID) ([]Duty, error) {
	duties := make([]Duty, 0, len(d.Duties))
	for _, ref := range d.Duties {
		s := Spec{ID: p.NewID(), Source: ref, Bearer: bearer(ref.Bearer, bearers), Anchors: anchors, Exercise: p.Exercise, Act: Act{At: d.Request.At, By: ref.Instrument}}
		if p.Rules != nil {
			s.Rule, _ = p.Rules(ref)
		}
		if p.Calendar != nil && s.Bearer != "" {
			s.Calendar = p.Calendar(s.Bearer)
		}
		if p.Roles != nil && s.Bearer != "" {
			s.Roles = p.Roles(s.Bearer)
		}
		duty, err := New(s, p.Calendars)
		if err != nil {
			return nil, err
		}
		duty.Object = d.Request.Subject.ID
		duties = append(duties, duty)
	}
	return duties, nil
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

// Anchor records when an event happened that a clock of the duty waits for, and
// computes the due time anew. A closed duty, one that does not wait for the event
// and one that knows it at that instant are returned as they are, so that
// repeating an event after a restart moves nothing. To change what is known takes
// a reason: without one Anchor returns a conflict fault "duty.anchored".
func (d Duty) Anchor(event string, at time.Time, by Act, cals Calendars) (Duty, error) {
	known := d.Anchors[event]
	if d.Closed() || !slices.Contains(d.rule().waits(), event) || known.Equal(at) && !known.IsZero() {
		return d, nil
	}
	if !known.IsZero() && strings.TrimSpace(by.Why) == "" {
		return d, fault.New(fault.Conflict, "duty.anchored", "The event %q is on record at %s already.", event, known.Format(time.RFC3339)).
			Try("Give the reason why it changes.")
	}
	if err := checkAct(by); err != nil {
		return d, err
	}
	before := d.Due
	return d.know(event, at).settle(cals).note(Anchored, event, by, before), nil
}

// Recalculate computes the due time anew after a calendar changed. It returns the
// duty as it is when nothing moves.
func (d Duty) Recalculate(by Act, cals Calendars) Duty {
	if d.Closed() {
		return d
	}
	now := d.settle(cals)
	if now.Due.Equal(d.Due) && now.Started.Equal(d.Started) {
		return d
	}
	return now.note(Recalculated, "", by, d.Due)
}

// Extend moves the due time, with a reason. What the clause does not allow takes
// an override, which stays on record: without one Extend returns a forbidden
// fault "duty.extension". It returns a conflict fault "duty.closed" when nothing
// has to be done any more, and an invalid fault for no reason or no later time.
func (d Duty) Extend(due time.Time, override bool, by Act, cals Calendars) (Duty, error) {
	if err := d.change(by, true); err != nil {
		return d, err
	}
	if d.Due.IsZero() || !due.After(d.Due) {
		return d, fault.New(fault.Invalid, "duty.extension-earlier", "An extension moves a due time to a later one.").
			Try("See when it is due with entente duty show.")
	}
	limit := time.Time{}
	if x := d.rule().Extension; x != nil {
		limit = add(x.AtMost, d.window(cals).due, cals.Location(d.Calendar))
	}
	within := !due.After(limit)
	if !within && !override {
		f := fault.New(fault.Forbidden, "duty.extension", "The clause does not allow this extension.")
		if !limit.IsZero() {
			f = fault.New(fault.Forbidden, "duty.extension", "The clause allows an extension until %s and no longer.", limit.UTC().Format(time.RFC3339))
		}
		return d, f.Try("If somebody answers for it, extend with an override: it stays on record as one.")
	}
	before := d.Due
	d.Extended = &Extension{Act: by, Due: due.UTC(), Override: !within}
	return d.settle(cals).note(WasExtended, "", by, before), nil
}

// Complete marks the duty as done at an instant, with what shows it. A duty that
// is done already is returned as it is; a cancelled one is a conflict fault
// "duty.closed".
func (d Duty) Complete(at time.Time, shown Evidence, by Act) (Duty, error) {
	if !d.Done.IsZero() {
		return d, nil
	}
	if err := d.change(by, false); err != nil {
		return d, err
	}
	if len(shown.Note) > maxReason || shown.SHA256 != "" && !isDigest(shown.SHA256) {
		return d, fault.New(fault.Invalid, "duty.evidence", "The evidence is not an object, a SHA-256 digest or a short note.").
			Try("Give the 64 hexadecimal digits of the file's SHA-256.")
	}
	d.Done = at.UTC()
	if shown != (Evidence{}) {
		d.Evidence = &shown
	}
	return d.note(WasDone, "", by, d.Due), nil
}

// roundID is the id of a round of a series.
func roundID(series string, round int) string { return series + "." + strconv.Itoa(round) }

func isDigest(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}

// Cancel ends a duty that need not be done: it was waived, or its case fell away.
// A duty that is cancelled already is returned as it is.
func (d Duty) Cancel(by Act) (Duty, error) {
	if d.Cancelled != nil {
		return d, nil
	}
	if err := d.change(by, true); err != nil {
		return d, err
	}
	d.Cancelled = &by
	return d.note(WasCancelled, "", by, d.Due), nil
}

// change says what stands against an act on the duty.
func (d Duty) change(by Act, reason bool) error {
	if d.Closed() {
		return fault.New(fault.Conflict, "duty.closed", "The duty %s is closed: nothing has to be done any more.", d.ID).
			Try("Look at its history with entente duty show.")
	}
	if reason && strings.TrimSpace(by.Why) == "" {
		return fault.New(fault.Invalid, "duty.reason", "Give a reason: it goes on record.").At("/why", "is missing")
	}
	return checkAct(by)
}

func checkAct(by Act) error {
	if len(by.Why) > maxReason || !utf8.ValidString(by.Why) {
		return fault.New(fault.Invalid, "duty.reason", "The reason is longer than %d bytes.", maxReason).At("/why", "is too long")
	}
	return nil
}

// Follows reports whether a clock of d waits for first to be done: one duty of
// the same instrument, the same matter and the same bearer.
func (d Duty) Follows(first Duty) bool {
	return slices.Contains(d.rule().waits(), first.Duty.ID) && d.Duty.Instrument == first.Duty.Instrument &&
		d.About() == first.About() && d.Bearer == first.Bearer && d.Exercise == first.Exercise
}

// Next returns the next round of a recurring duty and the duty with that on
// record; ok is false when there is none or it was taken on already. Its id
// follows from the series and the round, so that no round is taken on twice.
func (d Duty) Next(cals Calendars) (marked, next Duty, ok bool) {
	if d.rule().Every.IsZero() || d.Renewed || d.Cancelled != nil || d.Started.IsZero() {
		return d, Duty{}, false
	}
	next = d
	next.Round++
	next.ID = roundID(d.Series, next.Round)
	next.Done, next.Extended, next.Evidence, next.History, next.Fired, next.Due = time.Time{}, nil, nil, nil, 0, time.Time{}
	next = next.settle(cals)
	next = next.note(Taken, "", Act{At: next.Started, By: d.Duty.Instrument}, time.Time{})
	d.Renewed = true
	return d, next, true
}
