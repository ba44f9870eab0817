package bench_test

import (
	"fmt"
	"testing"
	"time"

	"entente/bench"
	"entente/bench/engines"
	"entente/bench/workload"
)

// BenchmarkDecide measures prepared input, BenchmarkRequest the whole way from a
// case. Run both with GOMAXPROCS=1 and read cpu-ns/op.
func BenchmarkDecide(b *testing.B) {
	each(b, func(e engines.Engine, cs []workload.Case) func(i int) error {
		prepared := make([]any, len(cs))
		for i := range cs {
			in, err := e.Prepare(&cs[i])
			if err != nil {
				b.Fatal(err)
			}
			prepared[i] = in
		}
		return func(i int) error {
			_, err := e.Decide(prepared[i%len(cs)])
			return err
		}
	})
}

func BenchmarkRequest(b *testing.B) {
	each(b, func(e engines.Engine, cs []workload.Case) func(i int) error {
		return func(i int) error {
			in, err := e.Prepare(&cs[i%len(cs)])
			if err != nil {
				return err
			}
			_, err = e.Decide(in)
			return err
		}
	})
}

func each(b *testing.B, with func(engines.Engine, []workload.Case) func(i int) error) {
	for _, n := range bench.Sizes() {
		ps, cs := workload.Policies(1, n), workload.OneDay(workload.Cases(1, n, 1000))
		for _, e := range engines.All() {
			var step func(i int) error
			b.Run(fmt.Sprintf("%s/%d", e.Name(), n), func(b *testing.B) {
				if step == nil { // loading is neither repeated nor measured
					if err := e.Load(ps); err != nil {
						b.Fatal(err)
					}
					step = with(e, cs)
				}
				b.ReportAllocs()
				b.ResetTimer()
				start := bench.CPU()
				for i := range b.N {
					if err := step(i); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64((bench.CPU()-start)/time.Nanosecond)/float64(b.N), "cpu-ns/op")
			})
		}
	}
}
