package obligation_test

import (
	"strings"
	"testing"
	"time"

	"entente/decision"
	"entente/instrument"
	"entente/internal/fault"
	"entente/obligation"
)

// TestEarliestAndLatest: DORA Art. 19(4)(a) takes the earlier of two clocks,
// Budapest 2AP the later.
func TestEarliestAndLatest(t *testing.T) {
	t.Parallel()
	clocks := []instrument.Clock{{Within: instrument.Period{Clock: 4 * time.Hour}, After: "classified"}, {Within: instrument.Period{Clock: 24 * time.Hour}, After: "aware"}}
	aware, classified := at("2026-03-02T09:00:00Z"), at("2026-03-02T20:00:00Z")
	for name, tc := range map[string]struct {
		latest      bool
		anchors     map[string]time.Time
		due         string
		provisional bool
		waits       string
	}{
		"earliest, neither is known":      {false, nil, "", false, "classified aware"},
		"earliest, one is known":          {false, map[string]time.Time{"aware": aware}, "2026-03-03T09:00:00Z", true, "classified"},
		"earliest, the other is earlier":  {false, map[string]time.Time{"aware": aware, "classified": classified}, "2026-03-03T00:00:00Z", false, ""},
		"earliest, the other is later":    {false, map[string]time.Time{"aware": aware, "classified": aware.AddDate(0, 0, 2)}, "2026-03-03T09:00:00Z", false, ""},
		"latest, one is known":            {true, map[string]time.Time{"aware": aware}, "", false, "classified"},
		"latest, both are known":          {true, map[string]time.Time{"aware": aware, "classified": classified}, "2026-03-03T09:00:00Z", false, ""},
		"latest, the order is the same":   {true, map[string]time.Time{"classified": aware.AddDate(0, 0, 2), "aware": aware}, "2026-03-04T13:00:00Z", false, ""},
		"an event of no clock is nothing": {false, map[string]time.Time{"payment": aware}, "", false, "classified aware"},
	} {
		d := ruled(t, obligation.Rule{Clocks: clocks, Latest: tc.latest}, "", obligation.Calendars{}, tc.anchors)
		want := time.Time{}
		if tc.due != "" {
			want = at(tc.due)
		}
		if !d.Due.Equal(want) || d.Provisional() != tc.provisional || strings.Join(d.Waits(), " ") != tc.waits {
			t.Errorf("%s: due %v, provisional %v, waits for %v", name, d.Due, d.Provisional(), d.Waits())
		}
	}
}

func TestExtensions(t *testing.T) {
	t.Parallel()
	rule := within("P30D")
	rule.Extension = &instrument.Extension{AtMost: instrument.Period{Months: 2}}
	d := ruled(t, rule, "", obligation.Calendars{}, map[string]time.Time{"aware": at("2026-03-02T09:00:00Z")})
	limit := d.Due.AddDate(0, 2, 0)
	for name, tc := range map[string]struct {
		due      time.Time
		override bool
		why      string
		code     string
	}{
		"within what the clause allows":    {limit, false, "complex", ""},
		"further":                          {limit.Add(1), false, "complex", "duty.extension"},
		"further, and somebody answers":    {limit.Add(1), true, "complex", ""},
		"without a reason":                 {limit, false, " ", "duty.reason"},
		"to an earlier time":               {d.Due.Add(-1), true, "x", "duty.extension-earlier"},
		"to the same time":                 {d.Due, true, "x", "duty.extension-earlier"},
		"with a reason that is a document": {limit, false, strings.Repeat("x", 1001), "duty.reason"},
	} {
		x, err := d.Extend(tc.due, tc.override, because(tc.why), obligation.Calendars{})
		if codeOf(err) != tc.code {
			t.Errorf("%s: %v", name, err)
		}
		if tc.code == "" && (!x.Due.Equal(tc.due) || !x.Extended.Base.Equal(d.Due) || x.Extended.Override != tc.due.After(limit) || len(x.History) != 2 || !d.Due.Before(x.Due)) {
			t.Errorf("%s: %+v", name, x)
		}
	}
	x, err := d.Extend(limit, false, because("complex"), obligation.Calendars{})
	if err != nil {
		t.Fatal(err)
	}
	// A correction of the event moves what the clocks give, and the extension stays.
	moved, err := x.Anchor("aware", at("2026-03-01T09:00:00Z"), because("the log"), obligation.Calendars{})
	if err != nil || !moved.Due.Equal(limit) || !moved.Extended.Base.Equal(d.Due.AddDate(0, 0, -1)) {
		t.Errorf("%+v %v", moved.Extended, err)
	}
	waiting := ruled(t, rule, "", obligation.Calendars{}, nil)
	if _, err := waiting.Extend(limit, true, because("x"), obligation.Calendars{}); fault.CodeOf(err) != "duty.extension-earlier" {
		t.Errorf("a duty without a limit is extended: %v", err)
	}
}

func TestDoneAndCancelled(t *testing.T) {
	t.Parallel()
	d := ruled(t, within("PT4H"), "", obligation.Calendars{}, map[string]time.Time{"aware": at("2026-03-02T09:00:00Z")})
	for _, shown := range []obligation.Evidence{{SHA256: "abc"}, {SHA256: strings.Repeat("A", 64)}, {Note: strings.Repeat("x", 1001)}} {
		if _, err := d.Complete(d.Due, shown, because("")); fault.CodeOf(err) != "duty.evidence" {
			t.Errorf("%+v: %v", shown, err)
		}
	}
	late, err := d.Complete(d.Due.Add(1), obligation.Evidence{SHA256: strings.Repeat("a", 64)}, because(""))
	if err != nil || !late.Late() || late.State(d.Due) != obligation.Met {
		t.Errorf("%+v %v", late, err)
	}
	if again, err := late.Complete(d.Due, obligation.Evidence{}, because("")); err != nil || !again.Done.Equal(late.Done) || len(again.History) != len(late.History) {
		t.Errorf("done twice: %+v %v", again, err)
	}
	if _, err := late.Cancel(because("x")); fault.CodeOf(err) != "duty.closed" {
		t.Errorf("a duty that was done is cancelled: %v", err)
	}
	cancelled, err := d.Cancel(because("no incident"))
	if err != nil || cancelled.State(d.Due) != obligation.Cancelled || !cancelled.Closed() {
		t.Errorf("%+v %v", cancelled, err)
	}
	if again, err := cancelled.Cancel(because("again")); err != nil || len(again.History) != len(cancelled.History) {
		t.Errorf("cancelled twice: %+v %v", again, err)
	}
	if same, err := cancelled.Anchor("aware", d.Due, because("x"), obligation.Calendars{}); err != nil || !same.Due.Equal(cancelled.Due) {
		t.Errorf("a cancelled duty moves: %+v %v", same, err)
	}
}

// TestEP2RealObligationsNeverAccelerate: a clock runs faster in an exercise alone,
// and as much faster as it says.
func TestEP2RealObligationsNeverAccelerate(t *testing.T) {
	t.Parallel()
	spec := obligation.Spec{
		ID: "d", Source: decision.DutyRef{ClauseRef: decision.ClauseRef{Instrument: "i"}, ID: "report", What: "report"}, Rule: within("P1D"),
		Anchors: map[string]time.Time{"aware": at("2026-03-02T09:00:00Z")}, Act: because(""),
	}
	for factor, code := range map[int]string{0: "", 1: "duty.invalid", 60: "duty.invalid", -1: "duty.invalid"} {
		s := spec
		s.Factor = factor
		if _, err := obligation.New(s, obligation.Calendars{}); codeOf(err) != code {
			t.Errorf("factor %d: %v", factor, err)
		}
	}
	for factor, due := range map[int]string{1: "2026-03-03T09:00:00Z", 60: "2026-03-02T09:24:00Z", obligation.MaxFactor: "2026-03-02T09:00:00.864Z"} {
		s := spec
		s.Exercise, s.Factor = "autumn", factor
		d, err := obligation.New(s, obligation.Calendars{})
		if err != nil || !d.Due.Equal(at(due)) || !strings.HasPrefix(d.Summary(), "EXERCISE autumn") {
			t.Errorf("factor %d: %v %v %q", factor, d.Due, err, d.Summary())
		}
	}
	spec.Exercise, spec.Factor = "autumn", obligation.MaxFactor+1
	if _, err := obligation.New(spec, obligation.Calendars{}); fault.CodeOf(err) != "duty.invalid" {
		t.Errorf("too fast: %v", err)
	}
	if _, err := obligation.New(obligation.Spec{}, obligation.Calendars{}); fault.CodeOf(err) != "duty.invalid" {
		t.Errorf("nothing: %v", err)
	}
}

func TestRulesOfTheLaw(t *testing.T) {
	t.Parallel()
	doc := func(version string, hours int) *instrument.Instrument {
		return &instrument.Instrument{ID: "law", Version: version, Clauses: []instrument.Clause{{ID: "c", Duties: []instrument.Duty{
			{ID: "report", Within: instrument.Period{Clock: time.Duration(hours) * time.Hour}, After: "aware"},
		}}}}
	}
	rules := obligation.Rules([]*instrument.Instrument{doc("1", 72), doc("2", 24)})
	ref := decision.DutyRef{ClauseRef: decision.ClauseRef{Instrument: "law", Clause: "c"}, ID: "report"}
	if r, ok := rules(ref); !ok || r.Clocks[0].Within.Clock != 24*time.Hour {
		t.Errorf("the later version counts: %+v %v", r, ok)
	}
	ref.ID = "none"
	if _, ok := rules(ref); ok {
		t.Error("a duty that is not there has a rule")
	}
	if n := len(obligation.Anchors()); n != 7 {
		t.Errorf("%d anchors", n)
	}
}

// codeOf is the code of an error, "" when there is none.
func codeOf(err error) string {
	if err == nil {
		return ""
	}
	return fault.CodeOf(err)
}
