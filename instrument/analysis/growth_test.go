package analysis

import (
	"cmp"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"entente/decision"
	"entente/instrument"
	"entente/internal/plot"
)

// TestGrowth measures the full analysis at growing sizes and writes the page and
// the plot of docs/reference. It runs only when asked, up to so many clauses:
//
//	ENTENTE_GROWTH=10000 GOMAXPROCS=1 go test -count=1 -run TestGrowth -timeout 20m ./instrument/analysis
func TestGrowth(t *testing.T) { //nolint:paralleltest // it measures time
	limit, err := strconv.Atoi(cmp.Or(os.Getenv("ENTENTE_GROWTH"), "0"))
	if err != nil || limit == 0 {
		t.Skip("set ENTENTE_GROWTH to the number of clauses to go up to")
	}
	var laws, leaks []point
	var table strings.Builder
	for _, n := range []int{100, 300, 1_000, 3_000, 10_000} {
		if n > limit {
			break
		}
		law, known := networkLaw(n, max(10, n/50))
		var r Report
		took := timed(t, func() (err error) {
			r, err = Analyse(law, Options{At: genStart, Parties: known})
			return err
		})
		laws = append(laws, point{n, took})
		fmt.Fprintf(&table, "| %d | %d | %d | %.2f | %d | %d | %d | %s |\n", n, len(law.Instruments), len(known), took.Seconds(),
			r.Totals.Contradictions, r.Totals.Idle, r.Totals.Gaps, strings.Join(r.Limits, " "))
	}
	var parties strings.Builder
	for _, n := range []int{25, 50, 100, 200} {
		law, known := partnersLaw(n)
		var found []Leak
		var limits []string
		took := timed(t, func() (err error) {
			found, limits, err = Leaks(law, Options{At: genStart, Parties: known, Findings: 1_000_000})
			return err
		})
		leaks = append(leaks, point{n, took})
		fmt.Fprintf(&parties, "| %d | %d | %.2f | %d | %s |\n", n, len(law.Instruments), took.Seconds(), len(found), strings.Join(limits, " "))
	}
	page := fmt.Sprintf(growthPage, runtime.Version(), runtime.GOMAXPROCS(0), table.String(), parties.String())
	write(t, "../../docs/reference/analysis.md", page)
	write(t, "../../docs/reference/analysis.svg", chart(laws, leaks))
}

const growthPage = `# Growth of the analysis

Written by TestGrowth (instrument/analysis/growth_test.go), not by hand. %s, %d core(s). The laws are generated: nine instruments in ten are agreements between
two parties, the others bind whoever is established somewhere or everybody; ten clauses each; most clauses meet others, more than in real law.

![seconds by clauses and by parties](analysis.svg)

## Full analysis

| clauses | instruments | parties | seconds | contradictions | idle | gaps | not looked at |
|--:|--:|--:|--:|--:|--:|--:|---|
%s
The budget of each clause shrinks as the law grows, so that time stays bounded; what it did not settle is counted, and --cells raises it.

## Leaks by passing on

| parties | agreements | seconds | leaks | not looked at |
|--:|--:|--:|--:|---|
%s`

type point struct {
	n    int
	took time.Duration
}

func timed(t *testing.T, f func() error) time.Duration {
	t.Helper()
	start := time.Now()
	if err := f(); err != nil {
		t.Fatal(err)
	}
	return time.Since(start)
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// partnersLaw is n parties with three agreements each on average.
func partnersLaw(n int) (decision.Law, []decision.Actor) {
	law, known := networkLaw(0, n)
	g := newGen(uint64(n))
	for i := range 3 * n / 2 {
		d := mou(fmt.Sprintf("m%04d", i), nil)
		for _, p := range g.Perm(n)[:2] {
			d.Parties = append(d.Parties, instrument.PartyRecord{Party: known[p].ID, Events: []instrument.Event{{Kind: "in-force", At: genStart.AddDate(-1, 0, 0)}}})
		}
		d.InForce.From = genStart.AddDate(-1, 0, 0)
		for c := range 4 {
			d.Clauses = append(d.Clauses, g.netClause(d, c))
		}
		law.Instruments = append(law.Instruments, d)
	}
	return law, known
}

// chart draws both series with the limits asked for.
func chart(laws, leaks []point) string {
	return plot.Chart{
		X: "clauses or parties", Y: "seconds", XRange: [2]int{1, 4}, YRange: [2]int{-3, 2},
		Series: []plot.Series{
			{Name: "full analysis, by clauses", Colour: "#1f5fa8", Points: seconds(laws), Limits: []plot.Limit{
				{Point: plot.Point{X: 1_000, Y: 2}, Label: "at most 2 s"}, {Point: plot.Point{X: 10_000, Y: 60}, Label: "at most 60 s"},
			}},
			{Name: "leaks, by parties", Colour: "#b35900", Points: seconds(leaks), Limits: []plot.Limit{{Point: plot.Point{X: 100, Y: 1}, Label: "at most 1 s"}}},
		},
	}.SVG()
}

func seconds(of []point) []plot.Point {
	var out []plot.Point
	for _, p := range of {
		out = append(out, plot.Point{X: float64(p.n), Y: p.took.Seconds()})
	}
	return out
}
