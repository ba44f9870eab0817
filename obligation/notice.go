package obligation

import (
	"strconv"
	"time"
)

// Kind is why a notice goes out.
type Kind string

// The kinds of notices, in the order in which they go out.
const (
	Warned    Kind = "warn"      // it is due soon, see [Duty.Warn]
	FellDue   Kind = "due"       // at the very instant
	WasMissed Kind = "overdue"   // some time after, and still not done
	Escalated Kind = "escalated" // longer after: it goes to whoever answers for the bearer
)

// Notice is what somebody is told about a duty, once.
type Notice struct {
	Kind Kind      `json:"kind"`
	At   time.Time `json:"at"`   // when it was to go out
	Sent time.Time `json:"sent"` // when it did
	Due  time.Time `json:"due"`  // of the duty then
	Duty Duty      `json:"duty"`
}

// Key names the notice: no two notices have the same, and no notice has another
// one when it is computed again.
func (n Notice) Key() string {
	return n.Duty.ID + "/" + string(n.Kind) + "/" + strconv.FormatInt(n.Due.UnixMicro(), 10)
}

// moment is a notice and when it goes out.
type moment struct {
	kind Kind
	at   time.Time
}

// moments lists the notices of a due time in order. A duty that holds where
// possible is not escalated: to miss it needs a reason and breaks nothing.
func (d Duty) moments() []moment {
	if d.Due.IsZero() {
		return nil
	}
	out := []moment{
		{Warned, d.Warn()},
		{FellDue, d.Due},
		{WasMissed, d.Due.Add(d.share(16, time.Hour))},
		{Escalated, d.Due.Add(d.share(4, 24*time.Hour))},
	}
	if d.Duty.Soft {
		return out[:3]
	}
	return out
}

// Wake is when something has to be done about the duty next, a notice or a new
// round; zero when nothing has to.
func (d Duty) Wake() time.Time {
	var at time.Time
	if all := d.moments(); !d.Closed() && d.Fired < len(all) {
		at = all[d.Fired].at
	}
	if end := d.end(); !end.IsZero() && (at.IsZero() || end.Before(at)) {
		at = end
	}
	return at
}

// RoundOver reports whether a round of a recurring duty is over, so that the next
// one is to be taken on.
func (d Duty) RoundOver(now time.Time) bool {
	end := d.end()
	return !end.IsZero() && !end.After(now)
}

// end is when a round of a recurring duty is over and the next one begins; zero
// for other duties and when that was done.
func (d Duty) end() time.Time {
	if d.rule().Every.IsZero() || d.Renewed || d.Cancelled != nil {
		return time.Time{}
	}
	if d.Extended != nil { // the rounds go on as they would
		return d.Extended.Base
	}
	return d.Due
}

// Fire returns what somebody has to be told at an instant and the duty with that
// on record. What was due to go out while nobody looked goes out now; what went
// out stays so when the clock is set back.
func (d Duty) Fire(now time.Time) (Duty, []Notice) {
	if d.Closed() {
		return d, nil
	}
	var out []Notice
	for _, m := range d.moments()[min(d.Fired, len(d.moments())):] {
		if m.at.After(now) {
			break
		}
		d.Fired++
		out = append(out, Notice{Kind: m.kind, At: m.at, Sent: now.UTC(), Due: d.Due})
	}
	for n := range out {
		out[n].Duty = d
		out[n].Duty.History = nil
	}
	return d, out
}
