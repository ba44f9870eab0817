package obligation

import (
	"slices"
	"time"

	"entente/decision"
	"entente/instrument"
)

// Events that start clocks, as the shipped law writes them. Any other word can
// start one too; the id of a duty is the event that it was done.
const (
	Aware             = "aware"
	Detected          = "detected"
	Classified        = "classified"
	ReasonableBelief  = "reasonable-belief"
	Payment           = "payment"
	FixAvailable      = "corrective-measure-available"
	PreviousSubmitted = "previous-report" // where a text does not name the report by its duty
)

// Anchors lists the events that start the clocks of reports.
func Anchors() []string {
	return []string{Aware, Detected, Classified, ReasonableBelief, Payment, PreviousSubmitted, FixAvailable}
}

// Rule is when a duty is due, as its clause says it: at the earliest or the
// latest of its clocks, moved by the days of rest, and again after every period.
type Rule struct {
	Clocks   []instrument.Clock `json:"clocks,omitempty"`
	Latest   bool               `json:"latest,omitzero"` // the latest of several clocks; else the earliest
	Calendar string             `json:"calendar,omitempty"`
	Every    instrument.Period  `json:"every,omitzero"`

	NonWorkingDay *instrument.NonWorkingDay `json:"non_working_day,omitempty"`
	Extension     *instrument.Extension     `json:"extension,omitempty"`
}

// RuleOf is the rule of a duty of an instrument.
func RuleOf(d instrument.Duty) Rule {
	return Rule{
		Clocks: d.Clocks(), Latest: len(d.LatestOf) > 0, Calendar: d.Calendar, Every: d.Every,
		NonWorkingDay: d.NonWorkingDay, Extension: d.Extension,
	}
}

// ruleOfRef is the rule of a duty of which no more is known than what a decision
// or a partner says of it. A period that cannot be read is none, so that the duty
// is due at once: it is shown to a person rather than forgotten.
func ruleOfRef(r decision.DutyRef) Rule {
	within, err := instrument.ParsePeriod(r.Within)
	if err != nil && r.Within != "" {
		within = instrument.Period{Clock: time.Microsecond}
	}
	if r.After == "" && r.Within == "" {
		return Rule{}
	}
	return Rule{Clocks: []instrument.Clock{{Within: within, After: r.After}}}
}

// openEnded reports whether the rule sets no limit: it names at most the event
// from which the duty holds.
func (r Rule) openEnded() bool {
	return r.Every.IsZero() && (len(r.Clocks) == 0 || len(r.Clocks) == 1 && r.Clocks[0].Within.IsZero())
}

// waits lists the events the rule speaks of.
func (r Rule) waits() []string {
	var out []string
	for _, c := range r.Clocks {
		if c.After != "" {
			out = append(out, c.After)
		}
	}
	return out
}

// window is from when to when a duty runs.
type window struct{ started, due time.Time }

// window computes when a duty runs. Of several clocks of which the earliest
// counts, those whose event is not known yet are left out: the duty can only
// become due earlier. Where the latest counts, nothing starts before every event
// is known.
func (d Duty) window(cals Calendars) window {
	r := d.rule()
	w := d.first(r, cals)
	if w.started.IsZero() {
		return w
	}
	from := w.started
	if !r.Every.IsZero() {
		w = d.round(r.Every, w.due, cals)
	}
	if r.openEnded() {
		return window{started: w.started}
	}
	w.due = d.relieve(w.due, cals.byName[d.Calendar])
	if d.Exercise != "" && d.Factor > 1 {
		w = window{from.Add(w.started.Sub(from) / time.Duration(d.Factor)), from.Add(w.due.Sub(from) / time.Duration(d.Factor))}
	}
	return w
}

// first is the window that the clocks give, from the first of their events.
func (d Duty) first(r Rule, cals Calendars) (w window) {
	clocks := r.Clocks
	if len(clocks) == 0 {
		clocks = []instrument.Clock{{}}
	}
	for _, c := range clocks {
		at := d.anchor(c.After)
		switch due := d.count(c.Within, at, cals); {
		case at.IsZero() && r.Latest:
			return window{}
		case at.IsZero():
			continue
		case w.started.IsZero():
			w = window{at.UTC(), due}
		case r.Latest && due.After(w.due) || !r.Latest && due.Before(w.due):
			w.due = due
			fallthrough
		default:
			if at.Before(w.started) {
				w.started = at.UTC()
			}
		}
	}
	return w
}

// anchor is when an event happened, zero when it is not known. A duty that names
// no event counts from when it was taken on; one of before anchors were on record
// has only its start.
func (d Duty) anchor(event string) time.Time {
	switch at, known := d.Anchors[event]; {
	case known:
		return at
	case d.Taken.IsZero():
		return d.Started
	case event == "":
		return d.Taken
	default:
		return time.Time{}
	}
}

// count is the instant a period after at, in the days the rule counts in.
func (d Duty) count(p instrument.Period, at time.Time, cals Calendars) time.Time {
	r, loc := d.rule(), cals.Location(d.Calendar)
	if r.Calendar != "working-days" {
		return add(p, at, loc)
	}
	var weekend []string
	if r.NonWorkingDay != nil {
		weekend = r.NonWorkingDay.Weekend
	}
	return cals.byName[d.Calendar].addWorking(p, at, weekend, loc)
}

// round is the window of one round of a recurring duty: it runs for a whole
// period, and all are counted from the start, so that the day a
// shorter month took away comes back.
func (d Duty) round(every instrument.Period, start time.Time, cals Calendars) window {
	n, loc := max(d.Round, 1), cals.Location(d.Calendar)
	return window{add(every.Times(n-1), start, loc), add(every.Times(n), start, loc)}
}

// relieve moves a limit that ends on a day of rest to the hour of the next
// working day, for whoever has that relief. It never moves one when the place or
// the roles of the bearer are unknown: the earlier hour is the safe one.
func (d Duty) relieve(due time.Time, cal *Calendar) time.Time {
	relief := d.rule().NonWorkingDay
	if relief == nil || cal == nil || len(relief.NotFor) > 0 && len(d.Roles) == 0 || d.excluded(relief.NotFor) {
		return due
	}
	day := wall(due, cal.zone)
	if cal.working(day, relief.Weekend) {
		return due
	}
	for seen := 0; !cal.working(day, relief.Weekend) && seen < maxDays; seen++ {
		day = day.AddDate(0, 0, 1)
	}
	until, err := time.Parse("15:04", relief.Until)
	if err != nil {
		return due
	}
	return resolve(time.Date(day.Year(), day.Month(), day.Day(), until.Hour(), until.Minute(), 0, 0, time.UTC), cal.zone)
}

func (d Duty) excluded(roles []string) bool {
	return slices.ContainsFunc(roles, func(r string) bool { return slices.Contains(d.Roles, r) })
}
