package instrument

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestThresholdsAreThreeValued: what is not known does not make an incident
// insignificant, and what is known settles it although something else is not.
func TestThresholdsAreThreeValued(t *testing.T) {
	t.Parallel()
	i := loaded(t)
	cloud := []string{"cloud"}
	for _, tc := range []struct {
		name string
		in   Incident
		want []ThresholdResult
	}{
		{"one part is enough", Incident{Quantities: map[string]int64{"direct_loss_eur": 500_001}, Roles: cloud}, []ThresholdResult{
			{"art3-1", "significant", "Art. 3(1)", Met, nil},
			{"art3-2", "malicious", "Art. 3(2)", NotEvaluable, []string{"systems", "unauthorised_access"}},
		}},
		{"exactly at the number", Incident{Quantities: map[string]int64{"direct_loss_eur": 500_000, "turnover_5_percent_eur": 500_000}, Facts: map[string]bool{"malicious": false}, Roles: cloud}, []ThresholdResult{
			{"art3-1", "significant", "Art. 3(1)", NotMet, nil},
			{"art3-2", "malicious", "Art. 3(2)", NotEvaluable, []string{"systems", "unauthorised_access"}},
		}},
		{"another quantity", Incident{Quantities: map[string]int64{"direct_loss_eur": 300_000, "turnover_5_percent_eur": 299_999}, Roles: cloud}, []ThresholdResult{
			{"art3-1", "significant", "Art. 3(1)", Met, nil},
			{"art3-2", "malicious", "Art. 3(2)", NotEvaluable, []string{"systems", "unauthorised_access"}},
		}},
		{"one threshold feeds another", Incident{Quantities: map[string]int64{"systems": 1, "users_affected": 1000}, Facts: map[string]bool{"unauthorised_access": true}, Roles: cloud}, []ThresholdResult{
			{"art3-1", "significant", "Art. 3(1)", Met, nil},
			{"art3-2", "malicious", "Art. 3(2)", Met, nil},
		}},
		{"another kind of entity", Incident{}, []ThresholdResult{
			{"art3-2", "malicious", "Art. 3(2)", NotEvaluable, []string{"systems", "unauthorised_access"}},
		}},
		{"a false part settles all of", Incident{Quantities: map[string]int64{"systems": 0}}, []ThresholdResult{
			{"art3-2", "malicious", "Art. 3(2)", NotMet, nil},
		}},
	} {
		if diff := cmp.Diff(tc.want, i.Assess(tc.in)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

// TestP2LearningSettlesAndNeverTurns: an assessment that is not "not evaluable"
// stays what it is whatever else becomes known, and what is said to be missing
// is enough to settle it.
func TestP2LearningSettlesAndNeverTurns(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := criterion(t, 3)
		full := Incident{Quantities: map[string]int64{}, Facts: map[string]bool{}}
		for _, q := range quantities {
			full.Quantities[q] = rapid.Int64Range(0, 3).Draw(t, q)
		}
		for _, f := range facts {
			full.Facts[f] = rapid.Bool().Draw(t, f)
		}
		part := Incident{Quantities: map[string]int64{}, Facts: map[string]bool{}}
		for q, v := range full.Quantities {
			if rapid.Bool().Draw(t, "know "+q) {
				part.Quantities[q] = v
			}
		}
		for f, v := range full.Facts {
			if rapid.Bool().Draw(t, "know "+f) {
				part.Facts[f] = v
			}
		}
		var missing, none []string
		early, late := c.assess(part, &missing), c.assess(full, &none)
		if late == NotEvaluable || early != NotEvaluable && early != late {
			t.Fatalf("early %s, late %s", early, late)
		}
		if early == NotEvaluable && len(missing) == 0 {
			t.Fatal("not evaluable, and nothing is missing")
		}
		for _, m := range missing {
			if slices.Contains(quantities, m) {
				part.Quantities[m] = full.Quantities[m]
			} else {
				part.Facts[m] = full.Facts[m]
			}
		}
		if got := c.assess(part, &none); got != late {
			t.Fatalf("with %v known: %s, want %s", missing, got, late)
		}
	})
}

var (
	quantities = []string{"loss_eur", "users", "minutes"}
	facts      = []string{"malicious", "death"}
)

func criterion(t *rapid.T, depth int) Criterion {
	kind := rapid.IntRange(0, 5).Draw(t, "kind")
	if depth == 0 {
		kind %= 3
	}
	parts := func() (out []Criterion) {
		for range rapid.IntRange(1, 3).Draw(t, "parts") {
			out = append(out, criterion(t, depth-1))
		}
		return out
	}
	switch kind {
	case 0:
		return Criterion{Fact: rapid.SampledFrom(facts).Draw(t, "fact")}
	case 1:
		return Criterion{Quantity: rapid.SampledFrom(quantities).Draw(t, "quantity"), Than: Above, Other: rapid.SampledFrom(quantities).Draw(t, "other")}
	case 2:
		return Criterion{
			Quantity: rapid.SampledFrom(quantities).Draw(t, "quantity"), Number: rapid.Int64Range(0, 3).Draw(t, "number"),
			Than: rapid.SampledFrom([]Comparison{Above, AtLeast, Below, AtMost}).Draw(t, "than"),
		}
	case 3:
		return Criterion{Any: parts()}
	case 4:
		return Criterion{All: parts()}
	default:
		inner := criterion(t, depth-1)
		return Criterion{Not: &inner}
	}
}
