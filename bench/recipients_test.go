package bench_test

import (
	"testing"

	"entente/bench/engines"
	"entente/bench/workload"
	"entente/decision"
)

// BenchmarkRecipients is one object for all 200 parties at 1 000 clauses under
// one agreement and the law that binds regardless, as in the cases; every
// matching clause is reported. The law between each two is known already.
func BenchmarkRecipients(b *testing.B) {
	ps, cs := workload.Policies(1, 1000), workload.OneDay(workload.Cases(1, 1000, 1))
	e, base, to, err := engines.Recipients(ps, &cs[0])
	if err != nil {
		b.Fatal(err)
	}
	pairs := make([]decision.Pair, len(to))
	for i, a := range to {
		base.Recipient = a
		pairs[i] = e.Between(base)
	}
	buf := make([]decision.Match, 0, 1000)
	b.ReportAllocs()
	for b.Loop() {
		f := e.Fan(base)
		for _, p := range pairs {
			e.JudgeIn(&f, p, buf)
		}
	}
	b.ReportMetric(float64(len(to)), "recipients")
}
