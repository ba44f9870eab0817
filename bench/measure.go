// Package bench measures policy engines on one workload.
//
// It knows nothing about any engine. It counts the processor time of the
// process, not the time of day, which on a shared machine measures the others
// too. Invariant: with GOMAXPROCS=1 a figure covers the work and the garbage it
// makes, and nothing else.
package bench

import (
	"fmt"
	"runtime"
	"slices"
	"syscall"
	"time"

	"entente/bench/engines"
	"entente/bench/workload"
)

// Cost is what one decision takes.
type Cost struct {
	Nanoseconds float64 `json:"ns"` // of processor time: the median of the rounds
	Bytes       float64 `json:"bytes"`
	Allocations float64 `json:"allocations"`
}

// Row is one engine with one number of clauses.
type Row struct {
	Engine   string  `json:"engine"`
	Clauses  int     `json:"clauses"`
	LoadMS   float64 `json:"load_ms"` // of processor time
	HeapMiB  float64 `json:"heap_mib"`
	Prepared Cost    `json:"prepared"` // Decide alone
	Raw      Cost    `json:"raw"`      // Prepare and Decide
}

// Effort is how long to measure.
type Effort struct {
	Rounds int
	Round  time.Duration // of processor time, at least
}

// Sizes are the numbers of clauses to measure with.
func Sizes() []int { return []int{10, 100, 1000, 10000} }

// caseCount is how many different cases an engine is asked in turn.
const caseCount = 1000

// Measure loads the clauses and measures decisions about them. All cases are
// of one day, as a node meets them.
func Measure(e engines.Engine, clauses int, effort Effort) (Row, error) {
	row := Row{Engine: e.Name(), Clauses: clauses}
	ps, cs := workload.Policies(1, clauses), workload.OneDay(workload.Cases(1, clauses, caseCount))
	before := heap()
	start := CPU()
	if err := e.Load(ps); err != nil {
		return row, fmt.Errorf("load %s: %w", e.Name(), err)
	}
	row.LoadMS = float64(CPU()-start) / float64(time.Millisecond)
	row.HeapMiB = (heap() - before) / (1 << 20)
	runtime.KeepAlive(ps) // or its end would be counted in the engine's favour

	prepared := make([]any, len(cs))
	for i := range cs {
		in, err := e.Prepare(&cs[i])
		if err != nil {
			return row, fmt.Errorf("prepare %s: %w", cs[i].ID, err)
		}
		prepared[i] = in
	}
	var err error
	row.Prepared, err = effort.measure(func(i int) error {
		_, err := e.Decide(prepared[i%len(cs)])
		return err
	})
	if err != nil {
		return row, fmt.Errorf("decide: %w", err)
	}
	row.Raw, err = effort.measure(func(i int) error {
		in, err := e.Prepare(&cs[i%len(cs)])
		if err != nil {
			return err
		}
		_, err = e.Decide(in)
		return err
	})
	return row, err
}

func (f Effort) measure(step func(i int) error) (Cost, error) {
	if err := f.warmUp(step); err != nil {
		return Cost{}, err
	}
	var times []float64
	var c Cost
	for range f.Rounds {
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		n, took, err := run(step, f.Round)
		if err != nil {
			return c, err
		}
		runtime.ReadMemStats(&after)
		times = append(times, float64(took)/float64(n))
		c.Bytes = float64(after.TotalAlloc-before.TotalAlloc) / float64(n)
		c.Allocations = float64(after.Mallocs-before.Mallocs) / float64(n)
	}
	slices.Sort(times)
	c.Nanoseconds = times[len(times)/2]
	return c, nil
}

// warmUp asks every case once, so that what an engine remembers is in place, and
// stops early with an engine for which that takes long.
func (f Effort) warmUp(step func(i int) error) error {
	for i, start := 0, CPU(); i < caseCount && CPU()-start < 4*f.Round; i++ {
		if err := step(i); err != nil {
			return err
		}
	}
	return nil
}

// run steps until it has used the processor for at least a time, and looks at
// the clock seldom enough not to measure it.
func run(step func(i int) error, least time.Duration) (steps int, took time.Duration, err error) {
	start := CPU()
	for batch := 1; took < least; took = CPU() - start {
		for range batch {
			if err := step(steps); err != nil {
				return steps, took, err
			}
			steps++
		}
		if took < least/8 {
			batch *= 2
		}
	}
	return steps, took, nil
}

// CPU is the processor time this process has used so far, in user code and in
// the kernel.
func CPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // the operating system has no such clock: nothing can be measured
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
