package obligation_test

import (
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"entente/decision"
	"entente/instrument"
	"entente/internal/fault"
	"entente/obligation"
	"entente/party"
)

// nis2 is a decision that brings the clocks of NIS2 Art. 23(4), a retention and
// a duty without a deadline.
func nis2() decision.Decision {
	ref := func(id, bearer, within, after string) decision.DutyRef {
		return decision.DutyRef{ClauseRef: decision.ClauseRef{Instrument: "nis", Clause: "art23-4"}, ID: id, What: id, Bearer: bearer, Within: within, After: after}
	}
	return decision.Decision{
		Request: decision.Request{Subject: decision.Subject{ID: "incident--1"}, At: at("2026-11-20T16:00:00Z")},
		Duties: []decision.DutyRef{
			ref("early-warning", "origin", "PT24H", "aware"),
			ref("incident-notification", "origin", "PT72H", "aware"),
			ref("final-report", "origin", "P1M", "incident-notification"),
			ref("erase", "recipient", "P180D", "receipt"),
			ref("keep-close", "recipient", "", ""),
			ref("tell", "csirt-bb", "PT1H", ""),
		},
	}
}

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

func counter() func() string {
	n := 0
	return func() string { n++; return "d" + strconv.Itoa(n) }
}

func plan() []obligation.Duty {
	duties, err := obligation.Planner{NewID: counter()}.Plan(nis2(), map[string]time.Time{"aware": at("2026-11-20T15:00:00Z")},
		map[string]party.ID{"origin": "csirt-aa", "sender": "csirt-aa"})
	if err != nil {
		panic(err)
	}
	return duties
}

func because(why string) obligation.Act {
	return obligation.Act{At: at("2026-11-21T00:00:00Z"), By: "operator", Why: why}
}

// happened records an event for the first time.
func happened(t interface{ Fatal(...any) }, d obligation.Duty, event string, at time.Time) obligation.Duty {
	d, err := d.Anchor(event, at, because(""), obligation.Calendars{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestPlanStartsTheClocksItKnows(t *testing.T) {
	t.Parallel()
	now := at("2026-11-20T16:00:00Z")
	for n, want := range []struct {
		id     string
		bearer party.ID
		due    string
		state  obligation.State
	}{
		{"early-warning", "csirt-aa", "2026-11-21T15:00:00Z", obligation.Running},
		{"incident-notification", "csirt-aa", "2026-11-23T15:00:00Z", obligation.Running},
		{"final-report", "csirt-aa", "", obligation.NotStarted},
		{"erase", "", "", obligation.NotStarted}, // nobody said who receives, and nothing arrived
		{"keep-close", "", "", obligation.OpenEnded},
		{"tell", "csirt-bb", "2026-11-20T17:00:00Z", obligation.Running}, // a party by id, from the decision on
	} {
		d := plan()[n]
		if d.Duty.ID != want.id || d.Bearer != want.bearer || d.State(now) != want.state || d.Object != "incident--1" || d.ID != "d"+strconv.Itoa(n+1) {
			t.Errorf("%s: %+v in state %s", want.id, d, d.State(now))
		}
		if want.due == "" && !d.Due.IsZero() || want.due != "" && !d.Due.Equal(at(want.due)) {
			t.Errorf("%s is due %v, want %s", want.id, d.Due, want.due)
		}
	}
}

// TestCompleteStartsWhatFollows: NIS2 Art. 23(4)(d): the final report is due one
// month after the incident notification, whenever that was.
func TestCompleteStartsWhatFollows(t *testing.T) {
	t.Parallel()
	duties := plan()
	done, err := duties[1].Complete(at("2027-01-31T10:00:00Z"), obligation.Evidence{Object: "report--1"}, because(""))
	if err != nil || !done.Late() || done.State(at("2030-01-01T00:00:00Z")) != obligation.Met || done.Evidence.Object != "report--1" {
		t.Fatalf("the notification: %+v, %v", done, err)
	}
	if !duties[2].Follows(done) || duties[0].Follows(done) {
		t.Error("another duty follows")
	}
	final := happened(t, duties[2], done.Duty.ID, done.Done)
	if !final.Due.Equal(at("2027-02-28T10:00:00Z")) {
		t.Errorf("the final report: %+v", final)
	}
	if again, err := done.Complete(at("2027-03-01T00:00:00Z"), obligation.Evidence{}, because("")); err != nil || !again.Done.Equal(done.Done) {
		t.Errorf("done twice: %+v, %v", again, err)
	}
	if _, err := duties[0].Complete(at("2027-03-01T00:00:00Z"), obligation.Evidence{SHA256: "x"}, because("")); fault.CodeOf(err) != "duty.evidence" {
		t.Errorf("a digest that is none: %v", err)
	}
}

func TestChainsStayInsideOneMatter(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*obligation.Duty){
		"another instrument": func(d *obligation.Duty) { d.Duty.Instrument = "dora" },
		"another object":     func(d *obligation.Duty) { d.Object = "incident--2" },
		"another case":       func(d *obligation.Duty) { d.Matter = "case-1" },
		"another bearer":     func(d *obligation.Duty) { d.Bearer = "csirt-bb" },
		"an exercise":        func(d *obligation.Duty) { d.Exercise = "spring" },
	} {
		duties := plan()
		change(&duties[2])
		if duties[2].Follows(duties[1]) {
			t.Errorf("%s follows", name)
		}
	}
}

// TestIH1AnAnchorChangesOnlyWithAReason: what was recorded moves no deadline when
// it is recorded again, and a change says who changed it and why.
func TestIH1AnAnchorChangesOnlyWithAReason(t *testing.T) {
	t.Parallel()
	d := plan()[0]
	if again := happened(t, d, "aware", d.Anchors["aware"]); len(again.History) != len(d.History) {
		t.Error("a repeated event is a change")
	}
	if other := happened(t, d, "receipt", at("2026-12-01T00:00:00Z")); len(other.History) != len(d.History) {
		t.Error("an event of another clock is a change")
	}
	earlier := at("2026-11-20T09:00:00Z")
	if _, err := d.Anchor("aware", earlier, because(""), obligation.Calendars{}); fault.CodeOf(err) != "duty.anchored" {
		t.Errorf("without a reason: %v", err)
	}
	moved, err := d.Anchor("aware", earlier, because("the log shows it"), obligation.Calendars{})
	if err != nil || !moved.Due.Equal(at("2026-11-21T09:00:00Z")) || !d.Due.Equal(at("2026-11-21T15:00:00Z")) {
		t.Fatalf("%+v, %v", moved, err)
	}
	h := moved.History[len(moved.History)-1]
	if h.What != obligation.Anchored || h.Event != "aware" || h.Why != "the log shows it" || h.By != "operator" || !h.From.Equal(d.Due) || !h.Due.Equal(moved.Due) {
		t.Errorf("history %+v", h)
	}
}

func TestStateChangesAtItsInstant(t *testing.T) {
	t.Parallel()
	d := plan()[0] // 24 hours from 15:00; a quarter of it is six hours
	for _, tc := range []struct {
		now  string
		want obligation.State
	}{
		{"2026-11-20T14:59:59Z", obligation.NotStarted},
		{"2026-11-20T15:00:00Z", obligation.Running},
		{"2026-11-21T08:59:59Z", obligation.Running},
		{"2026-11-21T09:00:00Z", obligation.DueSoon},
		{"2026-11-21T15:00:00Z", obligation.DueSoon}, // "within 24 hours" includes the last instant
		{"2026-11-21T15:00:01Z", obligation.Overdue},
		{"2126-11-21T15:00:01Z", obligation.Overdue},
	} {
		if got := d.State(at(tc.now)); got != tc.want {
			t.Errorf("at %s: %s, want %s", tc.now, got, tc.want)
		}
	}
	erase := happened(t, plan()[3], "receipt", at("2026-01-01T00:00:00Z"))
	if want := erase.Due.Add(-72 * time.Hour); !erase.Warn().Equal(want) {
		t.Errorf("warns at %v, want three days before: %v", erase.Warn(), want)
	}
}

// TestP17DeadlinesSurvive: month ends, leap years, years far away, local zones
// and a repeated start move no deadline.
func TestP17DeadlinesSurvive(t *testing.T) {
	t.Parallel()
	month := plan()[2]
	for start, want := range map[string]string{
		"2026-01-31T10:00:00Z":      "2026-02-28T10:00:00Z",
		"2028-01-31T10:00:00Z":      "2028-02-29T10:00:00Z",
		"2026-03-31T10:00:00Z":      "2026-04-30T10:00:00Z",
		"2038-01-19T03:14:08Z":      "2038-02-19T03:14:08Z", // past 32-bit seconds
		"2300-12-31T00:00:00Z":      "2301-01-31T00:00:00Z", // past 64-bit nanoseconds
		"2026-03-29T01:30:00+01:00": "2026-04-29T00:30:00Z", // the hour that summer time skips
	} {
		d := happened(t, month, "incident-notification", at(start))
		if !d.Due.Equal(at(want)) || d.Due.Location() != time.UTC {
			t.Errorf("a month from %s is due %v, want %s", start, d.Due, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		start := time.Unix(rapid.Int64Range(0, 10_000_000_000).Draw(t, "start"), 0)
		zone := time.FixedZone("", rapid.IntRange(-14*3600, 14*3600).Draw(t, "zone"))
		within := instrument.Period{Months: rapid.IntRange(0, 24).Draw(t, "months"), Clock: time.Duration(rapid.IntRange(1, 100).Draw(t, "hours")) * time.Hour}
		d := obligation.Duty{Duty: decision.DutyRef{Within: within.String(), After: "aware"}, Taken: start}
		here, there := happened(t, d, "aware", start), happened(t, d, "aware", start.In(zone))
		if !here.Due.Equal(there.Due) {
			t.Fatalf("due %v or %v by zone", here.Due, there.Due)
		}
		if here.State(here.Due) == obligation.Overdue || here.State(here.Due.Add(1)) != obligation.Overdue {
			t.Fatal("not overdue exactly after the instant")
		}
		if here.Warn().Before(here.Started) || here.Warn().After(here.Due) {
			t.Fatalf("warns at %v, runs %v to %v", here.Warn(), here.Started, here.Due)
		}
	})
}

func TestAPeriodThatCannotBeReadIsDueAtOnce(t *testing.T) {
	t.Parallel()
	start := at("2026-01-01T00:00:00Z")
	d := happened(t, obligation.Duty{Duty: decision.DutyRef{Within: "soon", After: "aware"}, Taken: start}, "aware", start)
	if d.Due.IsZero() || d.Due.Sub(d.Started) > time.Millisecond {
		t.Errorf("due %v", d.Due)
	}
}

// TestADutyOfBeforeAnchorsKeepsItsDeadline: one that was kept when only the start
// was on record.
func TestADutyOfBeforeAnchorsKeepsItsDeadline(t *testing.T) {
	t.Parallel()
	start := at("2026-01-01T00:00:00Z")
	d := obligation.Duty{Duty: decision.DutyRef{Within: "P30D", After: "receipt"}, Started: start, Due: start.AddDate(0, 0, 30)}
	if again := d.Recalculate(because("calendar"), obligation.Calendars{}); !again.Due.Equal(d.Due) || len(again.History) != 0 {
		t.Errorf("%+v", again)
	}
}
