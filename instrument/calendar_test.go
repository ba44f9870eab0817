package instrument

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTheCalendarOfATreaty(t *testing.T) {
	t.Parallel()
	day := func(s string) time.Time {
		at, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	i := loaded(t)
	i.Term = Term{Sunset: day("2027-06-01"), ReviewEvery: Period{Years: 2}}
	i.Clauses[1].InForce = &InForce{From: day("2026-09-11")}
	var got []string
	for _, a := range i.Calendar(day("2026-01-01"), day("2027-07-01")) {
		got = append(got, a.At.Format(time.DateOnly)+" "+a.Cite+": "+a.What)
	}
	want := []string{
		"2026-01-01 Art. 35: Duty desk of AA is no longer the contact-point-24-7 of aa",
		"2026-01-01 Art. 35: New duty desk of AA becomes the contact-point-24-7 of aa",
		"2026-01-01 Art. 46: the Parties meet",
		"2026-07-01 Art. 46: the Parties meet",
		"2026-09-11 Art. 5: the clause starts",
		"2027-01-01 : a proposal may change Art. 4",
		"2027-01-01 : is due for review",
		"2027-01-01 Art. 46: the Parties meet",
		"2027-06-01 : lapses, unless it is renewed",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := i.Calendar(day("2027-07-01"), day("2026-01-01")); len(got) > 0 {
		t.Errorf("backwards: %v", got)
	}
}
