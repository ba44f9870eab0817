package instrument_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"entente/instrument"
	"entente/internal/fault"
)

// TestP17PeriodsAreCalendarOnes: Regulation (EEC, Euratom) 1182/71 Art. 3(2)(c):
// a period in months ends on the last day of a month that lacks the day.
func TestP17PeriodsAreCalendarOnes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ from, period, want string }{
		{"2026-01-31", "P1M", "2026-02-28"},
		{"2028-01-31", "P1M", "2028-02-29"}, // a leap year
		{"2100-01-31", "P1M", "2100-02-28"}, // no leap year
		{"2000-01-31", "P1M", "2000-02-29"}, // a leap year again
		{"2026-01-31", "P2M", "2026-03-31"}, // not two steps of a month
		{"2026-03-31", "P1M", "2026-04-30"},
		{"2024-02-29", "P1Y", "2025-02-28"},
		{"2024-02-29", "P4Y", "2028-02-29"},
		{"2026-11-30", "P3M", "2027-02-28"},
		{"2026-12-31T23:59:59Z", "PT1S", "2027-01-01"},
		{"2027-01-31T10:00:00Z", "P1M", "2027-02-28T10:00:00Z"}, // NIS2 Art. 23(4)(d)
		{"2026-11-20T15:00:00Z", "PT24H", "2026-11-21T15:00:00Z"},
		{"2026-11-20T15:00:00Z", "PT72H", "2026-11-23T15:00:00Z"}, // GDPR Art. 33(1): through the weekend
		{"2026-12-01", "P14D", "2026-12-15"},                      // CRA Art. 14(2)(c)
		{"2026-12-01", "P2W", "2026-12-15"},
		{"2026-01-30", "P1M1D", "2026-03-01"}, // months first, then days
		{"2026-01-31", "P1Y1M1DT1H", "2027-03-01T01:00:00Z"},
	} {
		p, err := instrument.ParsePeriod(tc.period)
		if err != nil {
			t.Errorf("%s: %v", tc.period, err)
			continue
		}
		if got := p.AddTo(date(t, tc.from)); !got.Equal(date(t, tc.want)) {
			t.Errorf("%s after %s is %v, want %s", tc.period, tc.from, got, tc.want)
		}
	}
}

// TestP17SummerTimeMovesNoDeadline: the clock of a duty runs in UTC, so the
// night in which local clocks change is as long as any other.
func TestP17SummerTimeMovesNoDeadline(t *testing.T) {
	t.Parallel()
	summer := time.FixedZone("CEST", 2*60*60)
	start := time.Date(2026, 10, 24, 12, 0, 0, 0, summer) // clocks go back that night
	p := instrument.Period{Clock: 24 * time.Hour}
	if got := p.AddTo(start); !got.Equal(date(t, "2026-10-25T10:00:00Z")) || got.Location() != time.UTC {
		t.Errorf("24 hours after %v is %v", start, got)
	}
	day := instrument.Period{Days: 1}
	if !day.AddTo(start).Equal(p.AddTo(start)) {
		t.Error("a day is not 24 hours")
	}
}

func TestParsePeriodRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "P", "T", "PT", "P1", "1D", "P1DT", "PD", "PT1", "P1H", "PT1D", "P1D1M", "P1D1D", "PT1H1H", "P-1D", "+P1D", "-P1D",
		"P1.5D", "P1,5D", "PT0.5H", "p1d", "P1d", "P 1D", "P1D ", "P1000001D", "P99999999999999999999D", "P1001Y", "P12001M", "P52400W", "P１D", "P1DT1HT1M",
	} {
		if p, err := instrument.ParsePeriod(s); fault.CodeOf(err) != "period.malformed" {
			t.Errorf("%q is read as %v, error %v", s, p, err)
		}
	}
}

func drawPeriod(t *rapid.T) instrument.Period {
	return instrument.Period{
		Years:  rapid.IntRange(0, 50).Draw(t, "years"),
		Months: rapid.IntRange(0, 30).Draw(t, "months"),
		Days:   rapid.IntRange(0, 400).Draw(t, "days"),
		Clock:  time.Duration(rapid.IntRange(0, 500_000).Draw(t, "seconds")) * time.Second,
	}
}

func TestPeriodRoundTrips(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawPeriod(t)
		b, err := p.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var back instrument.Period
		if err := back.UnmarshalText(b); err != nil || back != p {
			t.Fatalf("%#v is written %s and read %#v: %v", p, b, back, err)
		}
	})
}

func TestP17PeriodsNeverRunBackwards(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawPeriod(t)
		a := time.Unix(rapid.Int64Range(-3_000_000_000, 8_000_000_000).Draw(t, "start"), 0)
		b := a.Add(time.Duration(rapid.IntRange(0, 100*24*3600).Draw(t, "later")) * time.Second)
		if p.AddTo(a).Before(a) {
			t.Fatalf("%v before its start", p)
		}
		if p.AddTo(b).Before(p.AddTo(a)) && p.Clock == 0 && p.Days == 0 && b.Sub(a)%(24*time.Hour) == 0 {
			t.Fatalf("a later start falls due earlier: %v and %v plus %v", a, b, p)
		}
	})
}

func FuzzPeriod(f *testing.F) {
	for _, s := range []string{"P1M", "PT72H", "P1Y2M3W4DT5H6M7S", "PT", "P1DT"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := instrument.ParsePeriod(s)
		if err != nil {
			return
		}
		again, err := instrument.ParsePeriod(p.String())
		if err != nil || again != p {
			t.Fatalf("%q is written %q and read %v: %v", s, p, again, err)
		}
		start := time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
		if p.AddTo(start).Before(start) {
			t.Fatalf("%q goes backwards", s)
		}
	})
}
