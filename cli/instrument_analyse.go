package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"

	"entente/client"
	"entente/decision"
	"entente/exchange"
	"entente/instrument"
	"entente/instrument/analysis"
	"entente/internal/fault"
	"entente/privacy"
)

// analysisFlags are what every analysis of a law can be told.
type analysisFlags struct {
	at, parties string
	cells       int
}

func (f *analysisFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.at, "at", "", "`time` whose law is looked at; default now")
	c.Flags().StringVar(&f.parties, "parties", "", "`FILE` with the parties one knows, as entente party list -o json prints them")
	c.Flags().IntVar(&f.cells, "cells", 0, "look at no more than `so many` classes of cases; default 200000")
}

func (a *app) analysisOptions(f *analysisFlags) (analysis.Options, error) {
	o := analysis.Options{At: a.now(), Cells: f.cells}
	if f.at != "" {
		at, ok := parseTime(f.at)
		if !ok {
			return o, badTime("at")
		}
		o.At = at
	}
	if f.parties == "" {
		return o, nil
	}
	src, err := a.readFile(f.parties)
	if err != nil {
		return o, err
	}
	if err := json.Unmarshal(src, &o.Parties); err != nil {
		return o, fault.New(fault.Invalid, "file.unreadable", "%s is no list of parties.", clean(f.parties)).
			Try("Write it with entente party list -o json.").Because(err)
	}
	return o, nil
}

// law loads instruments into a law with the transformations of this program.
func (a *app) law(names []string) (decision.Law, error) {
	l := decision.Law{Transforms: privacy.Catalogue()}
	for _, name := range names {
		src, err := a.readInstrument(name)
		if err != nil {
			return l, err
		}
		doc, err := instrument.Load(name, src)
		if err != nil {
			return l, err
		}
		// A text that nobody has signed is in force between nobody, and no two drafts would differ.
		l.Instruments = append(l.Instruments, doc.Supposing())
	}
	return l, nil
}

func (a *app) instrumentAnalyse() *cobra.Command {
	var f analysisFlags
	c := &cobra.Command{
		Use: "analyse [FILE|ID…]", Short: "What a law means as a whole: contradictions, clauses without effect, leaks, gaps",
		Long: "Looks at every class of cases the law tells apart, and reports clauses that contradict each other and what settles it, clauses that do " +
			"nothing, periods and duties that cannot be kept, what reaches somebody by being passed on who would not be sent it, and pairs of " +
			"parties without any basis. Whatever it says about an outcome was decided by the engine, and what it did not look at it says. " +
			"Without files it looks at the law active on this node, with the acts of its parties, between the parties it knows.",
		Example: "  entente instrument analyse mou-a.yaml mou-b.yaml eu-gdpr --at 2026-11-24",
		RunE: func(cmd *cobra.Command, files []string) error {
			o, err := a.analysisOptions(&f)
			if err != nil {
				return err
			}
			if len(files) > 0 {
				l, err := a.law(files)
				if err != nil {
					return err
				}
				return a.report(func() (analysis.Report, error) { return analysis.Analyse(analysis.Opened(l)[0], o) })
			}
			if f.parties != "" {
				return usageError(cmd, "A node analyses with the parties it knows; --parties goes with files.")
			}
			return a.withNode(cmd.Context(), func(c *client.Client) error {
				return a.report(func() (analysis.Report, error) {
					return c.Analyse(cmd.Context(), exchange.AnalysisRequest{At: o.At, Cells: o.Cells})
				})
			})
		},
	}
	f.add(c)
	return c
}

func (a *app) report(analyse func() (analysis.Report, error)) error {
	var r analysis.Report
	err := a.patiently("Analysing", func() (err error) {
		r, err = analyse()
		return err
	})
	if err != nil {
		return err
	}
	return a.print(r, func(t *table) { drawReport(t, &r) })
}

func drawReport(t *table, r *analysis.Report) {
	t.line("%s in %s, on %s", count(r.Clauses, "clause"), count(r.Instruments, "instrument"), r.At.Format(time.DateOnly))
	heading := func(n int, of string) bool {
		if n > 0 {
			t.line("\n%s: %d", of, n)
		}
		return n > 0
	}
	if heading(r.Totals.Contradictions, "Contradictions") {
		t.line("  settled by caution alone: %d", r.Totals.Unresolved)
		drawContradictions(t, r.Contradictions)
	}
	if heading(r.Totals.Idle, "Clauses without effect") {
		for _, i := range r.Idle {
			t.row("  "+i.Kind, i.String(), i.Why+because(i.By), i.At)
		}
	}
	if heading(r.Totals.Retention, "Retention periods that cannot both be kept") {
		for _, c := range r.Retention {
			t.row("  "+c.Keep.String(), "at least "+c.AtLeast, c.Erase.String(), "at most "+c.AtMost)
		}
	}
	if heading(r.Totals.Duties, "Duties that cannot be met") {
		for _, d := range r.Duties {
			t.row("  "+d.Kind, d.String()+" "+d.Duty, d.Why+because(d.By), d.At)
		}
	}
	if heading(r.Totals.Leaks, "Leaks by passing on") {
		for _, l := range r.Leaks {
			t.line("  %s", l.Text)
		}
	}
	if heading(r.Totals.Gaps, "Pairs of parties with nothing agreed about something") {
		for _, g := range r.Gaps {
			t.row("  "+string(g.From), "to "+joined(g.To), missing(g.Missing))
		}
	}
	for _, l := range r.Limits {
		t.line("\nNot looked at: %s", l)
	}
}

func because(p *analysis.Place) string {
	if p == nil {
		return ""
	}
	return ", because of " + p.String()
}

func missing(ms []analysis.Missing) string {
	if len(ms) == 0 {
		return "nothing at all"
	}
	parts := make([]string, len(ms))
	for i, m := range ms {
		parts[i] = m.Type + " for " + strings.Join(m.Purposes, ", ")
	}
	return strings.Join(parts, "; ")
}

// drawContradictions shows each prohibition once with what it stands against:
// many clauses of one text meet the same few of another.
func drawContradictions(t *table, all []analysis.Contradiction) {
	type key struct{ by, text, at string }
	against := map[key][]string{}
	var order []key
	for i := range all {
		k := key{all[i].By, all[i].B.String(), all[i].B.At}
		if against[k] == nil {
			order = append(order, k)
		}
		against[k] = append(against[k], all[i].A.String())
	}
	for _, k := range order {
		names := slices.Compact(against[k])
		if len(names) > shownPerClause {
			names = append(names[:shownPerClause:shownPerClause], fmt.Sprintf("%d more", len(names)-shownPerClause))
		}
		t.row("  "+k.by, k.text, "against "+strings.Join(names, ", "), k.at)
	}
}

// shownPerClause is how many clauses a person is shown beside one; programs get
// all.
const shownPerClause = 4
