package decay_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"entente/intel/atom"
	"entente/intel/decay"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func days(n int) time.Time { return noon.AddDate(0, 0, -n) }

func TestAssess(t *testing.T) {
	t.Parallel()
	address := []atom.Kind{atom.Address}
	for name, c := range map[string]struct {
		evidence decay.Evidence
		score    int
		why      string
	}{
		"new":                    {decay.Evidence{Base: 80, Said: true, Kinds: address, From: noon}, 80, "Its author's confidence of 80 halves in 30 days for the kind ip; it began to hold 0 days ago."},
		"after its half-life":    {decay.Evidence{Base: 80, Said: true, Kinds: address, From: days(30)}, 40, "30 days ago"},
		"after its lifetime":     {decay.Evidence{Base: 80, Said: true, Kinds: address, From: days(121)}, 0, "121 days ago"},
		"not yet":                {decay.Evidence{Base: 80, Said: true, Kinds: address, From: noon.AddDate(0, 0, 9)}, 80, "0 days ago"},
		"nothing said":           {decay.Evidence{Base: decay.Unsaid, Kinds: address, From: noon}, 50, "The 50 for an author who gives no confidence"},
		"the fastest counts":     {decay.Evidence{Base: 80, Kinds: []atom.Kind{atom.Hash, atom.URL, atom.CVE}, From: days(15)}, 40, "15 days for the kind url"},
		"a hash lasts":           {decay.Evidence{Base: 80, Kinds: []atom.Kind{atom.Hash}, From: days(720)}, 40, "720 days"},
		"a number does not fade": {decay.Evidence{Base: 80, Kinds: []atom.Kind{atom.CVE}, From: days(9999)}, 80, "does not fade for the kind cve"},
		"seen again":             {decay.Evidence{Base: 80, Kinds: address, From: days(300), Sighting: []decay.Sighting{{At: days(30)}, {At: days(200)}}}, 40, "it was last seen 30 days ago"},
		"seen later":             {decay.Evidence{Base: 80, Kinds: address, From: days(300), Sighting: []decay.Sighting{{At: noon.Add(time.Second)}}}, 0, "it began to hold"},
		"not seen":               {decay.Evidence{Base: 80, Kinds: address, From: noon, Sighting: []decay.Sighting{{At: noon, Negative: true}, {At: noon, Negative: true}}}, 45, "was not seen, or falsely, 2 times"},
		"not seen, then seen":    {decay.Evidence{Base: 80, Kinds: address, From: days(9), Sighting: []decay.Sighting{{At: days(5), Negative: true}, {At: noon}}}, 80, "it was last seen 0 days ago."},
		"over":                   {decay.Evidence{Base: 80, Kinds: address, From: days(5), Until: noon}, 0, "until 2026-11-24."},
		"revoked":                {decay.Evidence{Base: 80, Kinds: address, From: days(5), Revoked: true}, 0, "revoked"},
		"another kind":           {decay.Evidence{Base: 80, Kinds: []atom.Kind{"new"}, From: days(90)}, 40, "90 days"},
	} {
		a := decay.Assess(c.evidence, noon)
		if a.Score != c.score || !strings.Contains(a.Why, c.why) || !a.At.Equal(noon) {
			t.Errorf("%s: %+v, want %d and %q", name, a, c.score, c.why)
		}
	}
}

// TestScoresNeverGrowWithAge: between two instants without a new sighting a
// score stays or falls, and is always between 0 and the confidence given.
func TestScoresNeverGrowWithAge(t *testing.T) {
	t.Parallel()
	kinds := []atom.Kind{atom.URL, atom.Address, atom.Domain, atom.Hash, atom.CVE, atom.Mutex}
	rapid.Check(t, func(t *rapid.T) {
		e := decay.Evidence{
			Base: rapid.IntRange(0, 100).Draw(t, "base"), Kinds: rapid.SliceOfN(rapid.SampledFrom(kinds), 1, 4).Draw(t, "kinds"),
			From: days(rapid.IntRange(0, 400).Draw(t, "from")),
		}
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, 400), 0, 4).Draw(t, "sightings") {
			e.Sighting = append(e.Sighting, decay.Sighting{At: days(n), Negative: rapid.Bool().Draw(t, "negative")})
		}
		a := rapid.IntRange(0, 4000).Draw(t, "days")
		first, later := decay.Assess(e, noon.AddDate(0, 0, a)), decay.Assess(e, noon.AddDate(0, 0, a+rapid.IntRange(0, 500).Draw(t, "more")))
		if later.Score > first.Score || later.Score < 0 || first.Score > e.Base {
			t.Fatalf("%+v, then %+v", first, later)
		}
	})
}
