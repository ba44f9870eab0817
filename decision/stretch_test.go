package decision_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"entente/decision"
)

// TestTheAnswerStaysBetweenInstants: from one instant at which some instrument
// may change to the next, the same question has the same answer. What-if decides
// once for all of it.
func TestTheAnswerStaysBetweenInstants(t *testing.T) {
	t.Parallel()
	forRandom(t, cases(t, 20_000), func(t *rapid.T, _ gen, l decision.Law, e *decision.Engine, r decision.Request) {
		turns := []time.Time{monday.AddDate(-20, 0, 0), monday.AddDate(20, 0, 0)}
		for _, in := range l.Instruments {
			turns = append(turns, in.Instants()...)
		}
		slices.SortFunc(turns, time.Time.Compare)
		i := rapid.IntRange(0, len(turns)-2).Draw(t, "stretch")
		from, to := turns[i], turns[i+1]
		if !from.Before(to) {
			return
		}
		r.At = from
		want := e.AnswerIn(r, e.Between(r))
		for _, at := range []time.Time{from.Add(to.Sub(from) / 2), to.Add(-time.Nanosecond)} {
			r.At = at
			if got := e.AnswerIn(r, e.Between(r)); got.Outcome != want.Outcome || !slices.Equal(got.Transforms, want.Transforms) {
				t.Fatalf("%+v at %s, %+v at %s", want, from, got, at)
			}
		}
	})
}
