package library_test

import (
	"slices"
	"testing"
	"time"

	"entente/instrument"
	"entente/instrument/library"
)

// TestClocksOfDutiesGiveTheTimesComputedByHand: hours run through nights and
// weekends, a month ends on the last day of a shorter one, and the earliest of
// several clocks counts. The times are those of the collected vectors of clocks
// but dora-3, which the duty engine does not move to the next working day.
func TestClocksOfDutiesGiveTheTimesComputedByHand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, instrument, duty string
		events                 map[string]string
		due                    string
	}{
		{"dora-1", "eu-dora", "initial-notification", map[string]string{"aware": "2026-11-20T15:00", "classified": "2026-11-20T16:30"}, "2026-11-20T20:30"},
		{"dora-5: 24 hours from awareness, not 4 from the classification", "eu-dora", "initial-notification", map[string]string{"aware": "2026-11-20T15:00", "classified": "2026-11-21T14:00"}, "2026-11-21T15:00"},
		{"dora-7", "eu-dora", "intermediate-report", map[string]string{"initial-notification": "2026-11-20T20:00"}, "2026-11-23T20:00"},
		{"nis2-1", "eu-nis2", "early-warning", map[string]string{"aware": "2026-11-20T15:00"}, "2026-11-21T15:00"},
		{"nis2-3", "eu-nis2", "incident-notification-trust", map[string]string{"aware": "2026-11-20T15:00"}, "2026-11-21T15:00"},
		{"nis2-5: the end of a month", "eu-nis2", "final-report", map[string]string{"incident-notification": "2027-01-31T10:00"}, "2027-02-28T10:00"},
		{"gdpr-1", "eu-gdpr", "breach-notice", map[string]string{"aware": "2026-11-20T15:00"}, "2026-11-23T15:00"},
		{"cra-1", "eu-cra", "final-report-vulnerability", map[string]string{"corrective-measure-available": "2026-12-01T00:00"}, "2026-12-15T00:00"},
		{"circia-1, as proposed", "us-circia", "incident-report", map[string]string{"reasonable-belief": "2026-11-20T15:00"}, "2026-11-23T15:00"},
	} {
		got := dueOf(t, dutyOf(t, c.instrument, c.duty), c.events)
		if want := minute(t, c.due); !got.Equal(want) {
			t.Errorf("%s: %s %s is due at %s, by hand at %s", c.name, c.instrument, c.duty, got, want)
		}
	}
}

func dutyOf(t *testing.T, id, duty string) instrument.Duty {
	t.Helper()
	doc, err := library.Get(id)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range doc.Clauses {
		for _, d := range c.Duties {
			if d.ID == duty {
				return d
			}
		}
	}
	t.Fatalf("%s has no duty %s", id, duty)
	return instrument.Duty{}
}

// dueOf is when a duty is due: the latest of its clocks, or the earliest.
func dueOf(t *testing.T, d instrument.Duty, events map[string]string) time.Time {
	t.Helper()
	var due []time.Time
	for _, clock := range d.Clocks() {
		at, ok := events[clock.After]
		if !ok {
			t.Fatalf("duty %s waits for %s, for which no time is given", d.ID, clock.After)
		}
		due = append(due, clock.Within.AddTo(minute(t, at)))
	}
	if len(d.LatestOf) > 0 {
		return slices.MaxFunc(due, time.Time.Compare)
	}
	return slices.MinFunc(due, time.Time.Compare)
}

func minute(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02T15:04", s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
