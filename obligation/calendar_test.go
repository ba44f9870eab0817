package obligation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"entente/decision"
	"entente/instrument"
	"entente/internal/fault"
	"entente/obligation"
)

// ruled takes on a duty with one clock at a place.
func ruled(t interface{ Fatal(...any) }, rule obligation.Rule, place string, cs obligation.Calendars, anchors map[string]time.Time) obligation.Duty {
	d, err := obligation.New(obligation.Spec{
		ID: "d", Source: decision.DutyRef{ClauseRef: decision.ClauseRef{Instrument: "i"}, ID: "report", What: "report"}, Rule: rule,
		Calendar: place, Anchors: anchors, Act: obligation.Act{At: at("2026-01-01T00:00:00Z"), By: "o"},
	}, cs)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func within(p string) obligation.Rule {
	period, err := instrument.ParsePeriod(p)
	if err != nil {
		panic(err)
	}
	return obligation.Rule{Clocks: []instrument.Clock{{Within: period, After: "aware"}}}
}

// TestP17LocalTimeThroughTheYear: days and months are those of the clocks on the
// wall; hours are exact, whatever the clocks do.
func TestP17LocalTimeThroughTheYear(t *testing.T) {
	t.Parallel()
	cs := calendars(t, obligation.Calendar{Name: "ES", Zone: "Europe/Madrid"}, obligation.Calendar{Name: "AU", Zone: "Australia/Lord_Howe"},
		obligation.Calendar{Name: "WS", Zone: "Pacific/Apia"})
	for name, tc := range map[string]struct{ place, within, from, due string }{
		"summer time begins: a day keeps the hour":   {"ES", "P1D", "2026-03-28T10:00:00Z", "2026-03-29T09:00:00Z"},
		"summer time ends: a day keeps the hour":     {"ES", "P1D", "2026-10-24T08:00:00Z", "2026-10-25T09:00:00Z"},
		"24 hours are 24 hours":                      {"ES", "PT24H", "2026-10-24T08:00:00Z", "2026-10-25T08:00:00Z"},
		"72 hours too":                               {"ES", "PT72H", "2026-03-27T10:00:00Z", "2026-03-30T10:00:00Z"},
		"into the hour that is skipped: the earlier": {"ES", "P1D", "2026-03-28T01:30:00Z", "2026-03-29T00:30:00Z"},
		"into the hour that comes twice: the first":  {"ES", "P1D", "2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z"},
		"half an hour of summer time":                {"AU", "P1M", "2026-09-03T23:00:00Z", "2026-10-03T22:30:00Z"},
		"over the line of dates":                     {"WS", "P1D", "2026-01-31T11:00:00Z", "2026-02-01T11:00:00Z"},
		"a month from the last of January, at night": {"ES", "P1M", "2026-01-31T22:30:00Z", "2026-02-28T22:30:00Z"},
		"it is February there already":               {"ES", "P1M", "2026-01-31T23:30:00Z", "2026-02-28T23:30:00Z"},
		"without a calendar it is UTC":               {"", "P1M", "2026-01-31T23:30:00Z", "2026-02-28T23:30:00Z"},
		"29 February, a year later":                  {"ES", "P1Y", "2028-02-29T12:00:00Z", "2029-02-28T12:00:00Z"},
		"a month and 12 hours over the change":       {"ES", "P1MT12H", "2026-02-28T10:00:00Z", "2026-03-28T22:00:00Z"},
	} {
		d := ruled(t, within(tc.within), tc.place, cs, map[string]time.Time{"aware": at(tc.from)})
		if !d.Due.Equal(at(tc.due)) {
			t.Errorf("%s: due %s, want %s", name, d.Due.Format(time.RFC3339), tc.due)
		}
	}
}

// TestP17ALocalDueTimeIsThere: what is due at some hour is due when the clocks show
// that hour, or at the moment they skip it; it is never before its start.
func TestP17ALocalDueTimeIsThere(t *testing.T) {
	t.Parallel()
	zones := []string{"Europe/Madrid", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca", "Pacific/Kiritimati"}
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		cs, err := obligation.NewCalendars([]obligation.Calendar{{Name: "X", Zone: zone}})
		if err != nil {
			t.Fatal(err)
		}
		from := time.Unix(rapid.Int64Range(1_600_000_000, 2_000_000_000).Draw(t, "from"), 0).UTC()
		days := rapid.IntRange(1, 400).Draw(t, "days")
		d := ruled(t, obligation.Rule{Clocks: []instrument.Clock{{Within: instrument.Period{Days: days}, After: "aware"}}}, "X", cs, map[string]time.Time{"aware": from})
		was, is := from.In(loc), d.Due.In(loc)
		want := was.AddDate(0, 0, days)
		if is.Format(time.DateTime) != want.Format(time.DateTime) && is.Sub(want).Abs() > time.Hour {
			t.Fatalf("%d days from %v are due %v", days, was, is)
		}
		if !d.Due.After(from) {
			t.Fatalf("due %v before its start %v", d.Due, from)
		}
	})
}

// TestWorkingDays count no weekend, of the calendar or else of the law, and no holiday.
func TestWorkingDays(t *testing.T) {
	t.Parallel()
	cs := calendars(t, obligation.Calendar{Name: "ES", Zone: "Europe/Madrid", Weekend: []string{"saturday", "sunday"}, Holidays: []string{"2026-12-25", "2026-12-08"}},
		obligation.Calendar{Name: "AE", Zone: "Asia/Dubai", Weekend: []string{"friday", "saturday"}})
	rule := within("P5D")
	rule.Calendar = "working-days"
	for place, want := range map[string]string{"ES": "2026-12-14T09:00:00Z", "AE": "2026-12-10T09:00:00Z", "": "2026-12-09T09:00:00Z"} {
		if d := ruled(t, rule, place, cs, map[string]time.Time{"aware": at("2026-12-04T09:00:00Z")}); !d.Due.Equal(at(want)) { // a Friday
			t.Errorf("%q: due %v, want %s", place, d.Due, want)
		}
	}
	if got := cs.Pick("isac", "ES", "AE"); got != "ES" {
		t.Errorf("picked %q", got)
	}
	if got := cs.Pick("FR"); got != "" {
		t.Errorf("picked %q", got)
	}
}

func TestCalendarFiles(t *testing.T) {
	t.Parallel()
	got, err := obligation.ReadCalendars([]byte(`{"calendars":[{"name":"PT","zone":"Europe/Lisbon"},{"name":"ES","zone":"Europe/Madrid","weekend":["sunday"],"holidays":["2026-12-25"]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []obligation.Calendar{{Name: "ES", Zone: "Europe/Madrid", Weekend: []string{"sunday"}, Holidays: []string{"2026-12-25"}}, {Name: "PT", Zone: "Europe/Lisbon"}}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(obligation.Calendar{})); diff != "" {
		t.Errorf("got +, want -\n%s", diff)
	}
	for file, at := range map[string]string{
		`[]`:                            "/calendars",
		`{"calendars":[],"more":1}`:     "/calendars",
		`{"calendars":[{"name":"ES"}]}`: "/0/zone",
		`{"calendars":[{"name":"ES","zone":"Local"}]}`:                                                                "/0/zone",
		`{"calendars":[{"name":"ES","zone":"../../etc/passwd"}]}`:                                                     "/0/zone",
		`{"calendars":[{"name":"","zone":"UTC"}]}`:                                                                    "/0/name",
		`{"calendars":[{"name":"a b","zone":"UTC"}]}`:                                                                 "/0/name",
		`{"calendars":[{"name":"ES","zone":"UTC"},{"name":"ES","zone":"UTC"}]}`:                                       "/1/name",
		`{"calendars":[{"name":"ES","zone":"UTC","weekend":["funday"]}]}`:                                             "/0/weekend",
		`{"calendars":[{"name":"ES","zone":"UTC","weekend":"sunday"}]}`:                                               "/0/weekend",
		`{"calendars":[{"name":"ES","zone":"UTC","weekend":["` + strings.Join(instrument.Weekdays(), `","`) + `"]}]}`: "/0/weekend",
		`{"calendars":[{"name":"ES","zone":"UTC","holidays":["25 December"]}]}`:                                       "/0/holidays",
		`{"calendars":[{"name":"ES","zone":"UTC","holidays":["2026-02-30"]}]}`:                                        "/0/holidays",
		`{"calendars":[{"name":"ES","zone":"UTC","hours":8}]}`:                                                        "/0/hours",
		`{"calendars":[7]}`: "/0",
	} {
		_, err := obligation.ReadCalendars([]byte(file))
		f, _ := err.(*fault.Error) //nolint:errorlint // the very type is asked for
		if f == nil || f.Code != "calendar.invalid" || len(f.Fields) == 0 || f.Fields[0].Pointer != at {
			t.Errorf("%s: %v %+v, want %s", file, err, f, at)
		}
	}
	if _, err := obligation.ReadCalendars([]byte(`{"calendars":`)); err == nil {
		t.Error("half a file is read")
	}
}

// FuzzReadCalendars: what is read can be used, and is the same when it is read again.
func FuzzReadCalendars(f *testing.F) {
	for _, seed := range []string{
		`{"calendars":[{"name":"ES","zone":"Europe/Madrid","weekend":["saturday","sunday"],"holidays":["2026-12-25"]}]}`, `{"calendars":[]}`,
		`{"calendars":[{"name":"ES","zone":"../../etc/passwd"}]}`, `{"calendars":[{"name":"ES"},{"name":"ES"}],"calendars":[]}`, `{"calendars":[7]}`, `{}`, `[`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := obligation.ReadCalendars(file)
		if err != nil {
			return
		}
		if _, err := obligation.NewCalendars(got); err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(map[string]any{"calendars": got})
		if err != nil {
			t.Fatal(err)
		}
		if got == nil {
			b = []byte(`{"calendars":[]}`)
		}
		again, err := obligation.ReadCalendars(b)
		if err != nil {
			t.Fatalf("%v\n%s", err, b)
		}
		if diff := cmp.Diff(got, again, cmpopts.IgnoreUnexported(obligation.Calendar{}), cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
	})
}
