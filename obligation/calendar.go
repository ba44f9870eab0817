package obligation

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a due time must not depend on which zones a machine has

	"entente/instrument"
	"entente/internal/fault"
	"entente/internal/strictjson"
)

// Bounds on a calendar file: every jurisdiction and a century of holidays.
const (
	maxCalendars = 500
	maxHolidays  = 5_000
)

// Calendar is the local time and the days of rest of a place: of a jurisdiction
// ("ES"), or of one party by its id.
type Calendar struct {
	Name     string   `json:"name"`
	Zone     string   `json:"zone"`               // IANA name, "Europe/Madrid"
	Weekend  []string `json:"weekend,omitempty"`  // none: what each law says
	Holidays []string `json:"holidays,omitempty"` // 2026-12-25

	zone *time.Location
	rest map[string]bool
}

// Calendars are the calendars a node knows. The zero value knows none: times are
// UTC, every day counts, and no limit moves to a working day.
type Calendars struct{ byName map[string]*Calendar }

// NewCalendars checks calendars and readies them for use. It returns an invalid
// fault "calendar.invalid" that names every mistake.
func NewCalendars(all []Calendar) (Calendars, error) {
	bad := fault.New(fault.Invalid, "calendar.invalid", "The calendars cannot be used as they are.")
	out := Calendars{byName: make(map[string]*Calendar, len(all))}
	for n, c := range all {
		at := "/" + strconv.Itoa(n)
		if c.Name == "" || len(c.Name) > 64 || strings.ContainsFunc(c.Name, func(r rune) bool { return r <= ' ' || r > '~' }) {
			_ = bad.At(at+"/name", "must be a jurisdiction such as ES, or the id of a party")
		}
		if _, twice := out.byName[c.Name]; twice {
			_ = bad.At(at+"/name", strconv.Quote(c.Name)+" has a calendar already")
		}
		c.ready(bad, at)
		out.byName[c.Name] = &c
	}
	if len(bad.Fields) > 0 {
		return Calendars{}, bad.Try("The guide of obligations shows a calendar file.")
	}
	return out, nil
}

func (c *Calendar) ready(bad *fault.Error, at string) {
	var err error
	if c.zone, err = time.LoadLocation(c.Zone); err != nil || c.Zone == "" || c.Zone == "Local" {
		_ = bad.At(at+"/zone", strconv.Quote(c.Zone)+" is not a time zone; write its IANA name, like Europe/Madrid")
		c.zone = time.UTC
	}
	c.rest = make(map[string]bool, len(c.Holidays))
	for _, day := range c.Weekend {
		if !slices.Contains(instrument.Weekdays(), day) {
			_ = bad.At(at+"/weekend", strconv.Quote(day)+" is not a day of the week")
		}
	}
	if len(c.Weekend) == 7 {
		_ = bad.At(at+"/weekend", "leaves no working day")
	}
	for _, day := range c.Holidays {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			_ = bad.At(at+"/holidays", strconv.Quote(day)+" is not a day; write 2026-12-25")
		}
		c.rest[day] = true
	}
}

// ReadCalendars reads a calendar file: {"calendars": [{"name", "zone", "weekend",
// "holidays"}]}, one JSON document, without a member that it does not know.
func ReadCalendars(source []byte) ([]Calendar, error) {
	doc, err := strictjson.Parse(source, strictjson.Default())
	if err != nil {
		return nil, err
	}
	bad := fault.New(fault.Invalid, "calendar.invalid", "The calendars cannot be used as they are.")
	var out []Calendar
	list := doc.Get("calendars")
	if list == nil || list.Kind != strictjson.Array || len(doc.Members) != 1 || len(list.Items) > maxCalendars {
		return nil, bad.At("/calendars", "must be the only member, a list").Try("The guide of obligations shows a calendar file.")
	}
	for n := range list.Items {
		out = append(out, readCalendar(&list.Items[n], bad, "/"+strconv.Itoa(n)))
	}
	if len(bad.Fields) > 0 {
		return nil, bad.Try("The guide of obligations shows a calendar file.")
	}
	slices.SortFunc(out, func(a, b Calendar) int { return cmp.Compare(a.Name, b.Name) })
	_, err = NewCalendars(out)
	return out, err
}

func readCalendar(v *strictjson.Value, bad *fault.Error, at string) (c Calendar) {
	if v.Kind != strictjson.Object {
		_ = bad.At(at, "must be an object")
		return c
	}
	for _, m := range v.Members {
		switch m.Name {
		case "name", "zone":
			if m.Value.Kind != strictjson.String {
				_ = bad.At(at+"/"+m.Name, "must be text")
			}
		case "weekend", "holidays":
			if m.Value.Kind != strictjson.Array || len(m.Value.Items) > maxHolidays || slices.ContainsFunc(m.Value.Items, notText) {
				_ = bad.At(at+"/"+m.Name, "must be a list of days")
			}
		default:
			_ = bad.At(at+strictjson.Pointer(m.Name), "is not part of a calendar")
		}
	}
	return Calendar{Name: v.GetText("name"), Zone: v.GetText("zone"), Weekend: texts(v.GetList("weekend")), Holidays: texts(v.GetList("holidays"))}
}

func notText(v strictjson.Value) bool { return v.Kind != strictjson.String }

func texts(items []strictjson.Value) []string {
	var out []string
	for _, i := range items {
		out = append(out, i.Text)
	}
	return out
}

// Pick returns the first of names that has a calendar, or "".
func (cs Calendars) Pick(names ...string) string {
	for _, name := range names {
		if _, ok := cs.byName[name]; ok {
			return name
		}
	}
	return ""
}

// Location is the local time of a place, UTC where no calendar says it.
func (cs Calendars) Location(name string) *time.Location {
	if c := cs.byName[name]; c != nil {
		return c.zone
	}
	return time.UTC
}

// working reports whether a day, at any time of it, is a working day. The weekend
// is the calendar's own, or else the one given.
func (c *Calendar) working(day time.Time, weekend []string) bool {
	if c == nil {
		return true
	}
	if len(c.Weekend) > 0 {
		weekend = c.Weekend
	}
	return !slices.Contains(weekend, strings.ToLower(day.Weekday().String())) && !c.rest[day.Format(time.DateOnly)]
}

// add returns the instant a period after t, as the clocks on the wall of a place
// show it: years, months and days are those of its calendar and keep the time of
// day, hours are exact. A month ends on the last day of a shorter one.
func add(p instrument.Period, t time.Time, loc *time.Location) time.Time {
	exact := p.Clock
	p.Clock = 0
	if p.IsZero() {
		return t.UTC().Add(exact)
	}
	return resolve(p.AddTo(wall(t, loc)), loc).Add(exact)
}

// addWorking is like add, but the days of the period are working days. The time
// of day stays, on the last of them.
func (c *Calendar) addWorking(p instrument.Period, t time.Time, weekend []string, loc *time.Location) time.Time {
	days := p.Days
	p.Days = 0
	at := wall(add(p, t, loc), loc)
	for seen := 0; days > 0 && seen < maxDays; seen++ {
		at = at.AddDate(0, 0, 1)
		if c.working(at, weekend) {
			days--
		}
	}
	return resolve(at, loc)
}

// maxDays bounds how far working days are looked for: no calendar has so many
// days of rest in a row, and no due time leaves the years that can be written.
const maxDays = 366 * 100

// wall is the time the clocks of a place show at t, written as if it were UTC, so
// that calendar arithmetic does not meet the hours that summer time skips.
func wall(t time.Time, loc *time.Location) time.Time {
	t = t.In(loc)
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// resolve is the instant at which the clocks of a place show w. Of the two of an
// hour that comes twice, and of the two ways to read an hour that is skipped, it
// is the earlier: nobody is late who keeps it.
func resolve(w time.Time, loc *time.Location) time.Time {
	_, before := w.Add(-24 * time.Hour).In(loc).Zone()
	_, after := w.Add(24 * time.Hour).In(loc).Zone()
	a, b := w.Add(-time.Duration(before)*time.Second), w.Add(-time.Duration(after)*time.Second)
	if b.Before(a) {
		a, b = b, a
	}
	if !wall(a, loc).Equal(w) && wall(b, loc).Equal(w) {
		return b
	}
	return a
}
