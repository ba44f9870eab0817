package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"entente/bench"
	"entente/bench/engines"
)

// The engines the others are compared with.
const (
	ours     = "entente"
	lookedUp = "entente-looked-up"
)

// preface says what the figures are; README.md says how they are made.
const preface = `# Entente and other policy engines

Written by ` + "`run.sh`" + `; do not edit. %s, %s, one thread, %s.

Every engine decides the same generated clauses for the same 1 000 cases of one day, in turn, and names every clause that matches as far as it can. All agree with a
reference evaluator (` + "`TestAgree`" + `: 1 000 cases over a year, 100 of them with 10 000 clauses). Figures are processor time, garbage collection included, the median of
several rounds.

What is inside the timed part:

- **Prepared** is the decision alone, on input converted beforehand to what the engine takes: a Cedar request with its entities, a CEL activation, a parsed OPA
  value, casbin arguments, an Entente request. **From the case** adds that conversion.
- **entente** does everything with the request that the others do with theirs: which agreement binds, which clauses are in force, which are about this recipient,
  and what they come to under regimes, exceptions and precedence. The first three are the law between two parties on a day, which the engine works out once and
  remembers (up to 4 096 pairs); here it has been asked about each pair before, as in a running node.
- **entente-looked-up** has that law and the words of the request looked up beforehand, as they are for the objects of a feed: judging alone. It leaves out work that
  the others do in the timed part (agreement, validity, recipient); the ratios to it say what looking up once gains, not what the engines are worth side by side.
- **entente-new-pair** never remembers: the price of the first question about two parties on a day.
- **entente-explained** is the decision as it is logged: cited reasons, instruments not used and why, duties, and for a refusal every single change that would make it
  lawful, each decided again. No other engine here does this.
- **reference-loop** is a dozen lines of Go without an engine. **-sliced** engines are given only the clauses of the agreement and the general law, selected in
  Go (a map) or, for opa-data-sliced, by a key in the data: the best we know how to do for them. casbin leaves obligations out and names no clauses.

`

func report(out io.Writer, rows []bench.Row, machine string) error {
	r := reporter{rows: rows, costs: map[string]bench.Row{}}
	for _, row := range rows {
		r.costs[key(row.Engine, row.Clauses)] = row
	}
	if machine == "" {
		machine = fmt.Sprintf("%d processors", runtime.NumCPU())
	}
	fmt.Fprintf(&r.b, preface, machine, strings.Replace(runtime.Version(), "go", "Go ", 1), modules())
	prepared := func(row bench.Row) float64 { return row.Prepared.Nanoseconds }
	raw := func(row bench.Row) float64 { return row.Raw.Nanoseconds }
	r.table("Prepared: processor time of one decision", func(row bench.Row) string { return duration(prepared(row)) })
	r.table("Prepared: times as long as entente", r.ratio(ours, prepared))
	r.table("Prepared: times as long as entente-looked-up", r.ratio(lookedUp, prepared))
	r.table("From the case: processor time of one decision", func(row bench.Row) string { return duration(raw(row)) })
	r.table("From the case: times as long as entente", r.ratio(ours, raw))
	r.table("Prepared: allocations of one decision", func(row bench.Row) string {
		return fmt.Sprintf("%.0f (%.0f B)", row.Prepared.Allocations, row.Prepared.Bytes)
	})
	r.table("Loading: processor time and heap", func(row bench.Row) string {
		return fmt.Sprintf("%s, %.1f MiB", duration(row.LoadMS*1e6), max(row.HeapMiB, 0))
	})
	r.b.WriteString("Entente loads one JSON file for each agreement and statute, checks it, hashes its canonical form and compiles all of them. " +
		"Every agreement names its 201 parties and when each became bound, which the other engines are not told; most of the time and of the heap goes there.\n")
	if _, err := io.WriteString(out, r.b.String()); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

type reporter struct {
	b     strings.Builder
	rows  []bench.Row
	costs map[string]bench.Row
}

func key(engine string, clauses int) string { return fmt.Sprint(engine, " ", clauses) }

// table has a line for each engine and a column for each number of clauses.
func (r *reporter) table(title string, cell func(bench.Row) string) {
	fmt.Fprintf(&r.b, "## %s\n\n| clauses |", title)
	for _, n := range bench.Sizes() {
		fmt.Fprintf(&r.b, " %s |", grouped(n))
	}
	r.b.WriteString("\n|---|" + strings.Repeat("--:|", len(bench.Sizes())) + "\n")
	for _, e := range engines.All() {
		fmt.Fprintf(&r.b, "| %s |", e.Name())
		for _, n := range bench.Sizes() {
			text := "-"
			if row, ok := r.costs[key(e.Name(), n)]; ok {
				text = cell(row)
			}
			fmt.Fprintf(&r.b, " %s |", text)
		}
		r.b.WriteString("\n")
	}
	r.b.WriteString("\n")
}

// ratio compares with one engine at the same size.
func (r *reporter) ratio(with string, of func(bench.Row) float64) func(bench.Row) string {
	return func(row bench.Row) string {
		base, ok := r.costs[key(with, row.Clauses)]
		if !ok {
			return "-"
		}
		q := of(row) / of(base)
		if q < 10 {
			return fmt.Sprintf("%.1f", q)
		}
		return grouped(int(q + 0.5))
	}
}

func duration(ns float64) string {
	switch {
	case ns < 1e3:
		return fmt.Sprintf("%.0f ns", ns)
	case ns < 1e6:
		return fmt.Sprintf("%.3g µs", ns/1e3)
	case ns < 1e9:
		return fmt.Sprintf("%.3g ms", ns/1e6)
	default:
		return fmt.Sprintf("%.3g s", ns/1e9)
	}
}

// grouped writes 10000 as people read it.
func grouped(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%s %03d", grouped(n/1000), n%1000)
}

// modules names the versions of the engines compared with.
func modules() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "engines of unknown versions"
	}
	of := []string{"cel-go", "casbin", "cedar-go", "opa"}
	var out []string
	for _, m := range info.Deps {
		path := strings.TrimSuffix(m.Path, "/v3")
		if name := path[strings.LastIndex(path, "/")+1:]; slices.Contains(of, name) {
			out = append(out, name+" "+m.Version)
		}
	}
	return strings.Join(out, ", ")
}
