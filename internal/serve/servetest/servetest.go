// Package servetest holds what the tests of the doors share: telling by time
// whether an answer depends on what the one who asks may not know.
//
// It measures and decides nothing else. Invariant: two functions that do the
// same are told apart in fewer than one run in a hundred thousand.
package servetest

import (
	"math"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"
)

// enough pairs to prove something: 5 µs of work on one side give t = 17 over
// 6 000 (ASSURANCE.md PR9).
const enough = 1_000

// bound is Welch's t from which on two times are told apart.
const bound = 4.5

// SameTime runs two things in turn, ENTENTE_PAIRS times, and fails the test when
// their times differ. Without that variable it runs them a few times, which
// shows that they can be asked and proves nothing: it measures, so it counts only
// where nothing else runs.
func SameTime(t *testing.T, what string, a, b func(n int)) {
	t.Helper()
	pairs, err := strconv.Atoi(os.Getenv("ENTENTE_PAIRS"))
	if err != nil {
		pairs = 10
	}
	times := [2][]float64{}
	for n := range pairs {
		order := [2]int{n % 2, 1 - n%2} // neither is always first
		for _, which := range order {
			began := time.Now()
			[]func(int){a, b}[which](n)
			times[which] = append(times[which], float64(time.Since(began)))
		}
	}
	v := welch(quiet(times[0]), quiet(times[1]))
	t.Logf("%s: t = %.2f over %d pairs", what, v, pairs)
	if pairs >= enough && math.Abs(v) >= bound {
		t.Errorf("%s: t = %.1f over %d pairs: the time tells one from the other", what, v, pairs)
	}
}

// quiet leaves out the slowest tenth, which is the machine's doing.
func quiet(times []float64) []float64 {
	slices.Sort(times)
	return times[:len(times)*9/10]
}

// welch is the statistic of Welch's test.
func welch(a, b []float64) float64 {
	ma, va := moments(a)
	mb, vb := moments(b)
	if va+vb == 0 {
		return 0
	}
	return (ma - mb) / math.Sqrt(va/float64(len(a))+vb/float64(len(b)))
}

func moments(x []float64) (mean, variance float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		variance += (v - mean) * (v - mean) / float64(len(x)-1)
	}
	return mean, variance
}
