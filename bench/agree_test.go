package bench_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"entente/bench/engines"
	"entente/bench/workload"
)

// TestAgree checks every engine against the reference: the decision and every
// clause that matches, as far as the engine reports them, on input prepared
// from the case as it is.
func TestAgree(t *testing.T) {
	t.Parallel()
	for _, size := range []struct{ clauses, cases int }{{10, 1000}, {100, 1000}, {1000, 1000}, {10000, 100}} {
		ps := workload.Policies(1, size.clauses)
		cs := workload.Cases(1, size.clauses, 1000)[:size.cases]
		want := make([]workload.Result, len(cs))
		for i := range cs {
			want[i] = workload.Evaluate(ps, &cs[i])
		}
		for _, e := range engines.All() {
			t.Run(fmt.Sprintf("%s/%d", e.Name(), size.clauses), func(t *testing.T) {
				t.Parallel()
				if err := e.Load(ps); err != nil {
					t.Fatal(err)
				}
				for i := range cs {
					if wrong := differs(e, &cs[i], want[i], ps); wrong != "" {
						t.Fatalf("%s: %s", cs[i].ID, wrong)
					}
				}
			})
		}
	}
}

func differs(e engines.Engine, c *workload.Case, want workload.Result, ps []workload.Policy) string {
	in, err := e.Prepare(c)
	if err != nil {
		return err.Error()
	}
	got, err := e.Decide(in)
	if err != nil {
		return err.Error()
	}
	if e.Reports() == engines.YesOrNo {
		if (got.Decision == workload.Permit) != (want.Decision == workload.Permit) {
			return fmt.Sprintf("says %s, the reference %s", got.Decision, want.Decision)
		}
		return ""
	}
	matched := want.Matched
	if e.Reports() == engines.Determining && want.Decision == workload.Forbid {
		permission := func(id string) bool {
			return slices.ContainsFunc(ps, func(p workload.Policy) bool { return p.ID == id && p.Effect == workload.EffectPermit })
		}
		matched = slices.DeleteFunc(slices.Clone(matched), permission)
	}
	ids := slices.Sorted(slices.Values(got.Matched))
	if got.Decision != want.Decision || !slices.Equal(ids, matched) {
		return fmt.Sprintf("says %s by %s, the reference %s by %s", got.Decision, strings.Join(ids, ","), want.Decision, strings.Join(matched, ","))
	}
	return ""
}
