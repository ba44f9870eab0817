package instrument_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"entente/instrument"
	"entente/internal/fault"
)

// successor is the base document as a later version that names it.
func successor(t *testing.T, old *instrument.Instrument, pairs ...string) *instrument.Instrument {
	t.Helper()
	next, err := edited(t, append([]string{"source:", "supersedes: \"" + old.Hash.String() + "\"\nsource:"}, pairs...)...)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

// TestT5VersionsOnlyGrow: an amendment cannot be replayed and the law cannot be
// rolled back. (Thresholds of signatures come with the issue that signs.)
func TestT5VersionsOnlyGrow(t *testing.T) {
	t.Parallel()
	old := load(t, "testdata/base.yaml")
	for _, tc := range []struct {
		name string
		edit []string
		ok   bool
	}{
		{"a higher version", []string{"version: 1.0.0", "version: 1.0.1"}, true},
		{"ten is higher than nine", []string{"version: 1.0.0", "version: 1.10.0"}, true},
		{"the same version", nil, false},
		{"a lower version", []string{"version: 1.0.0", "version: 0.9.9"}, false},
		{"another instrument that replaces it", []string{"id: pact\n", "id: accord\n"}, true},
	} {
		next := successor(t, old, tc.edit...)
		err := instrument.CheckSuccession(old, next)
		if (err == nil) != tc.ok || err != nil && fault.CodeOf(err) != "instrument.rollback" {
			t.Errorf("%s: %v", tc.name, err)
		}
		current, superseded := instrument.Current([]*instrument.Instrument{old, next}, date(t, "2026-06-01"))
		if (len(current) == 1) != tc.ok || (superseded[old.Hash.String()] == next.Ref()) != tc.ok {
			t.Errorf("%s: current %d, superseded %v", tc.name, len(current), superseded)
		}
	}
	stranger, err := edited(t, "version: 1.0.0", "version: 2.0.0")
	if err != nil {
		t.Fatal(err)
	}
	if instrument.CheckSuccession(old, stranger) == nil {
		t.Error("a version that does not name the one before it follows it")
	}
}

func TestSupersededOnlyOnceTheNewTextIsInForce(t *testing.T) {
	t.Parallel()
	old := load(t, "testdata/base.yaml")
	next := successor(t, old, "version: 1.0.0", "version: 1.1.0", "in_force: {from: 2025-02-01}", "in_force: {from: 2026-09-01}",
		"{in-force: 2025-02-01}", "{in-force: 2026-09-01}", "{in-force: 2025-02-01}", "{in-force: 2026-09-01}", "{from: 2026-01-01}", "{from: 2026-10-01}")
	all := []*instrument.Instrument{next, old}
	at := date(t, "2026-09-01")
	if current, _ := instrument.Current(all, at.Add(-time.Nanosecond)); len(current) != 2 {
		t.Error("the old text is replaced before the new one is in force")
	}
	if current, _ := instrument.Current(all, at); len(current) != 1 || current[0] != next {
		t.Error("the old text is not replaced when the new one is in force")
	}
	if current, _ := instrument.Current(all, date(t, "2030-01-01")); len(current) != 1 {
		t.Error("the old text comes back when the new one has lapsed (Vienna Convention Art. 59)")
	}
}

// TestRanksComeFromTheNewestPolicy: DECISION.md step 4, "rank in the sender's
// legal order".
func TestRanksComeFromTheNewestPolicy(t *testing.T) {
	t.Parallel()
	policy := func(id, version string, ranks map[string]int) *instrument.Instrument {
		return &instrument.Instrument{ID: id, Version: version, Nature: "node-policy", Ranks: ranks}
	}
	got := instrument.Ranks([]*instrument.Instrument{
		policy("ours", "1.10.0", map[string]int{"gdpr": 100, "mou": 10}),
		policy("ours", "1.9.0", map[string]int{"gdpr": 1, "old": 5}),
		policy("theirs", "1.0.0", map[string]int{"gdpr": 200, "mou": 7}),
		{ID: "mou", Version: "1.0.0", Rank: 3},
	})
	if diff := cmp.Diff(map[string]int{"gdpr": 100, "mou": 7}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
