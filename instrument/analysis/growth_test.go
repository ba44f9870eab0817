package analysis

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"entente/decision"
	"entente/instrument"
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
	write(t, "../../docs/reference/analysis.svg", plot(laws, leaks))
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

// plot draws both series on logarithmic axes, with the limits asked for.
func plot(laws, leaks []point) string {
	const width, height, left, bottom = 640, 400, 60, 40
	x := func(n float64) float64 { return left + (math.Log10(n)-1)/(4-1)*(width-left-20) }
	y := func(s float64) float64 { return height - bottom - (math.Log10(s)+3)/(2+3)*(height-bottom-20) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", width, height)
	fmt.Fprint(&b, `<rect width="100%" height="100%" fill="#ffffff"/>`+"\n")
	for e := 1; e <= 4; e++ {
		n := math.Pow10(e)
		fmt.Fprintf(&b, `<path d="M%.0f 20V%d" stroke="#dddddd"/><text x="%.0f" y="%d" text-anchor="middle">%.0f</text>`+"\n", x(n), height-bottom, x(n), height-bottom+16, n)
	}
	for e := -3; e <= 2; e++ {
		s := math.Pow10(e)
		fmt.Fprintf(&b, `<path d="M%d %.0fH%d" stroke="#dddddd"/><text x="%d" y="%.0f" text-anchor="end">%g s</text>`+"\n", left, y(s), width-20, left-6, y(s)+4, s)
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">clauses (blue), parties (orange)</text>`+"\n", (width+left)/2, height-8)
	for _, s := range []struct {
		colour string
		points []point
		target []point
	}{
		{"#1f5fa8", laws, []point{{1_000, 2 * time.Second}, {10_000, time.Minute}}},
		{"#b35900", leaks, []point{{100, time.Second}}},
	} {
		var path strings.Builder
		for i, p := range s.points {
			fmt.Fprintf(&path, "%c%.1f %.1f", "ML"[min(i, 1)], x(float64(p.n)), y(max(p.took.Seconds(), 0.001)))
			fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="3.5" fill="%s"/>`+"\n", x(float64(p.n)), y(max(p.took.Seconds(), 0.001)), s.colour)
		}
		fmt.Fprintf(&b, `<path d="%s" fill="none" stroke="%s" stroke-width="2"/>`+"\n", path.String(), s.colour)
		for _, p := range s.target {
			fmt.Fprintf(&b, `<path d="M%.1f %.1fh28" stroke="%s" stroke-width="3"/><text x="%.1f" y="%.1f" text-anchor="middle" fill="%s">at most %g s</text>`+"\n",
				x(float64(p.n))-14, y(p.took.Seconds()), s.colour, x(float64(p.n))-30, y(p.took.Seconds())-6, s.colour, p.took.Seconds())
		}
	}
	return b.String() + "</svg>\n"
}
