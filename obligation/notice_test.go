package obligation_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"entente/instrument"
	"entente/obligation"
)

// TestNoticesOfADueTime: when each goes out, and what a soft duty is spared.
func TestNoticesOfADueTime(t *testing.T) {
	t.Parallel()
	start := at("2026-03-02T09:00:00Z")
	for name, tc := range map[string]struct {
		within string
		soft   bool
		want   string
	}{
		"four hours":     {"PT4H", false, "warn 12:00 due 13:00 overdue 13:15 escalated 14:00"},
		"a day":          {"PT24H", false, "warn 03:00 due 09:00 overdue 10:00 escalated 15:00"},
		"a month":        {"P30D", false, "warn 09:00 due 09:00 overdue 10:00 escalated 09:00"},
		"where possible": {"PT4H", true, "warn 12:00 due 13:00 overdue 13:15"},
	} {
		d := ruled(t, within(tc.within), "", obligation.Calendars{}, map[string]time.Time{"aware": start})
		d.Duty.Soft = tc.soft
		var told []string
		for wake := d.Wake(); !wake.IsZero(); wake = d.Wake() {
			before, none := d.Fire(wake.Add(-1))
			if len(none) != 0 || before.Wake() != wake {
				t.Errorf("%s: %v go out early", name, none)
			}
			var notices []obligation.Notice
			d, notices = d.Fire(wake)
			if len(notices) != 1 || !notices[0].At.Equal(wake) || len(notices[0].Duty.History) != 0 {
				t.Fatalf("%s: %+v", name, notices)
			}
			told = append(told, string(notices[0].Kind)+" "+wake.Format("15:04"))
		}
		if got := strings.Join(told, " "); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

// TestP16ClocksThatJump: however the clock runs, each notice of a due time goes out
// once and in order, none before a clock showed its time, and after a clock has
// shown the last of them none is missing.
func TestP16ClocksThatJump(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		start := at("2026-03-02T09:00:00Z")
		d := ruled(t, within("PT72H"), "", obligation.Calendars{}, map[string]time.Time{"aware": start})
		latest := time.Time{}
		var keys []string
		for _, hours := range rapid.SliceOfN(rapid.IntRange(-400*24, 400*24), 1, 50).Draw(t, "jumps") {
			now := start.Add(time.Duration(hours) * time.Hour)
			if now.After(latest) {
				latest = now
			}
			var notices []obligation.Notice
			d, notices = d.Fire(now)
			for _, n := range notices {
				if n.At.After(latest) || !n.Sent.Equal(now) {
					t.Fatalf("%s for %v goes out at %v", n.Kind, n.At, now)
				}
				keys = append(keys, n.Key())
			}
		}
		d, rest := d.Fire(start.AddDate(2, 0, 0))
		for _, n := range rest {
			keys = append(keys, n.Key())
		}
		due := d.Due.UnixMicro()
		want := []string{}
		for _, kind := range []string{"warn", "due", "overdue", "escalated"} {
			want = append(want, fmt.Sprintf("d/%s/%d", kind, due))
		}
		if !slices.Equal(keys, want) {
			t.Fatalf("%v, want %v", keys, want)
		}
	})
}

// TestAMovedDueTimeHasItsOwnNotices, and a closed duty has none.
func TestAMovedDueTimeHasItsOwnNotices(t *testing.T) {
	t.Parallel()
	d := ruled(t, within("PT4H"), "", obligation.Calendars{}, map[string]time.Time{"aware": at("2026-03-02T09:00:00Z")})
	d, _ = d.Fire(d.Due)
	moved, err := d.Extend(d.Due.Add(24*time.Hour), true, because("flood"), obligation.Calendars{})
	if err != nil {
		t.Fatal(err)
	}
	if _, notices := moved.Fire(moved.Due); len(notices) != 2 || notices[0].Kind != obligation.Warned || notices[0].Key() == "d/warn/"+strconv.FormatInt(d.Due.UnixMicro(), 10) {
		t.Errorf("%+v", notices)
	}
	done, err := d.Complete(d.Due, obligation.Evidence{}, because(""))
	if err != nil {
		t.Fatal(err)
	}
	if _, notices := done.Fire(d.Due.AddDate(1, 0, 0)); len(notices) != 0 || !done.Wake().IsZero() {
		t.Errorf("%+v", notices)
	}
}

// TestRounds of a quarterly duty count from its first day, so that the 31st comes
// back, and go on whether the one before was done, moved or missed.
func TestRounds(t *testing.T) {
	t.Parallel()
	first := ruled(t, obligation.Rule{Clocks: []instrument.Clock{{After: "aware"}}, Every: instrument.Period{Months: 1}}, "", obligation.Calendars{},
		map[string]time.Time{"aware": at("2026-01-31T10:00:00Z")})
	d, all := first, []string{first.Due.Format(time.DateOnly)}
	for n := range 4 {
		if d.RoundOver(d.Due.Add(-1)) || !d.RoundOver(d.Due) {
			t.Errorf("round %d is over at another time than %v", d.Round, d.Due)
		}
		var err error
		switch n {
		case 1:
			d, err = d.Complete(d.Due.Add(-time.Hour), obligation.Evidence{}, because(""))
		case 2:
			d, err = d.Extend(d.Due.Add(48*time.Hour), true, because("flood"), obligation.Calendars{})
		}
		if err != nil {
			t.Fatal(err)
		}
		marked, next, ok := d.Next(obligation.Calendars{})
		if _, _, twice := marked.Next(obligation.Calendars{}); !ok || twice {
			t.Fatalf("round %d: next %v, again %v", d.Round, ok, twice)
		}
		if next.ID != fmt.Sprintf("d.%d", n+2) || next.Series != "d" || next.Closed() || next.Extended != nil || len(next.History) != 1 || !next.Started.Equal(marked.Started.AddDate(0, 0, 0)) && next.Started.Before(d.Started) {
			t.Errorf("%+v", next)
		}
		d = next
		all = append(all, d.Due.Format(time.DateOnly))
	}
	if got := strings.Join(all, " "); got != "2026-02-28 2026-03-31 2026-04-30 2026-05-31 2026-06-30" {
		t.Errorf("due %s", got)
	}
	cancelled, err := first.Cancel(because("repealed"))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, ok := cancelled.Next(obligation.Calendars{}); ok || cancelled.RoundOver(first.Due.AddDate(1, 0, 0)) {
		t.Error("a cancelled series goes on")
	}
}
