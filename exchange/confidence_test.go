package exchange_test

import (
	"strings"
	"testing"
	"time"
)

// TestConfidenceFollowsSightings: what was seen again counts as new, what was
// looked for in vain or called a false positive counts less, and nothing of it
// is written or changes the object.
func TestConfidenceFollowsSightings(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia)
	a := f.nodes[aurelia]
	id := idOf("indicator", "0001")
	const january = "2026-01-01T00:00:00.000Z"
	at := func(day string) time.Time {
		v, err := time.Parse(time.DateOnly, day)
		must(t, err)
		return v
	}
	left := func(day string) int {
		t.Helper()
		c, err := a.Confidence(t.Context(), id, at(day))
		must(t, err)
		return c.Score
	}
	a.imports(t, bundleOf(address("0001", tlpAmber, january, "203.0.113.1"), sdo("report", "0002", january, tlpAmber, `"name":"r","published":"2026-01-01T00:00:00Z","object_refs":["`+id+`"]`)))
	if got := []int{left("2026-01-01"), left("2026-01-31"), left("2026-06-01")}; got[0] != 50 || got[1] != 25 || got[2] != 0 {
		t.Errorf("without a sighting: %v", got)
	}
	before, err := a.Object(t.Context(), id)
	must(t, err)
	if before.Confidence == nil || !strings.Contains(before.Confidence.Why, "it began to hold 60 days ago") {
		t.Errorf("shown with the object: %+v", before.Confidence)
	}

	sighting := func(n, more string) string {
		return sdo("sighting", n, january, tlpAmber, `"sighting_of_ref":"`+id+`",`+more)
	}
	a.imports(t, bundleOf(sighting("0003", `"last_seen":"2026-02-20T00:00:00Z","count":3`)))
	if got := []int{left("2026-01-31"), left("2026-02-20"), left("2026-03-22")}; got[0] != 25 || got[1] != 50 || got[2] != 25 {
		t.Errorf("seen on 20 February: %v", got)
	}
	a.imports(t, bundleOf(
		sighting("0004", `"last_seen":"2026-02-21T00:00:00Z","count":0`),
		sdo("opinion", "0005", "2026-02-21T00:00:00.000Z", tlpAmber, `"opinion":"strongly-disagree","object_refs":["`+id+`"]`),
		sdo("opinion", "0006", "2026-02-21T00:00:00.000Z", tlpAmber, `"opinion":"agree","object_refs":["`+id+`"]`),
	))
	if got := left("2026-03-22"); got != 14 {
		t.Errorf("not seen, and called false: %d", got)
	}
	found := a.finds(t, "203.0.113.1")
	after, err := a.Object(t.Context(), id)
	must(t, err)
	if len(found) != 1 || after.Hash != before.Hash || after.Leaf != before.Leaf {
		t.Errorf("a score suppressed or changed something: %v, %+v", found, after)
	}

	report, err := a.Confidence(t.Context(), idOf("report", "0002"), time.Time{})
	must(t, err)
	if report.Score != 50 || !strings.Contains(report.Why, "neither an indicator nor an observed value") {
		t.Errorf("a report: %+v", report)
	}
	_, err = a.Confidence(t.Context(), idOf("indicator", "9999"), time.Time{})
	wantCode(t, err, "object.unknown")
}
