package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"entente/client"
	"entente/decision"
	"entente/exchange"
	"entente/instrument/analysis"
)

func (a *app) instrumentDiff() *cobra.Command {
	var f analysisFlags
	var with []string
	c := &cobra.Command{
		Use: "diff [OLD] NEW [--with FILE|ID]…", Short: "Which cases two versions decide differently, exactly, with a witness each",
		Long: "Not which lines differ but what they change: every class of cases that comes out differently, and for each a case that the engine " +
			"decided under both. --with adds the rest of the law, the same on both sides; without it, a text that does not speak for cooperation is " +
			"looked at as if everything else were agreed. With NEW alone, the law active on the node is compared with what it would be with the draft.",
		Example: "  entente instrument diff mou-1.0.yaml mou-1.1.yaml --with eu-gdpr --with tlp-2",
		Args:    args(1, 2),
		RunE: func(cmd *cobra.Command, names []string) error {
			o, err := a.analysisOptions(&f)
			if err != nil {
				return err
			}
			if len(names) == 1 {
				if f.parties != "" || len(with) > 0 {
					return usageError(cmd, "A node compares with its own law and parties; --with and --parties go with two files.")
				}
				return a.diffOnNode(cmd.Context(), names[0], o)
			}
			var laws [2]decision.Law
			for i, name := range names {
				if laws[i], err = a.law(append([]string{name}, with...)); err != nil {
					return err
				}
			}
			both := analysis.Opened(laws[0], laws[1])
			return a.difference(func() (analysis.Difference, error) { return analysis.Diff(both[0], both[1], o) })
		},
	}
	f.add(c)
	c.Flags().StringSliceVar(&with, "with", nil, "`FILE` or ID of the library that is part of both laws; may be repeated")
	return c
}

// diffOnNode compares the law active on the node with itself and a draft.
func (a *app) diffOnNode(ctx context.Context, name string, o analysis.Options) error {
	src, err := a.readInstrument(name)
	if err != nil {
		return err
	}
	return a.withNode(ctx, func(c *client.Client) error {
		return a.difference(func() (analysis.Difference, error) {
			return c.CompareLaw(ctx, exchange.ComparisonRequest{
				AnalysisRequest: exchange.AnalysisRequest{At: o.At, Cells: o.Cells}, File: name, Source: src,
			})
		})
	})
}

func (a *app) difference(compare func() (analysis.Difference, error)) error {
	var d analysis.Difference
	err := a.patiently("Comparing", func() (err error) {
		d, err = compare()
		return err
	})
	if err != nil {
		return err
	}
	return a.print(d, func(t *table) { drawDifference(t, &d) })
}

func drawDifference(t *table, d *analysis.Difference) {
	if len(d.Clauses) == 0 {
		t.line("No clause differs in what decides.")
	}
	for _, c := range d.Clauses {
		effect := ""
		if !c.Decides {
			effect = "decides no outcome"
		}
		t.row(c.Change, c.String(), c.At, effect)
	}
	t.line("\nClasses of cases decided differently: %d", len(d.Classes))
	for _, c := range d.Classes {
		t.line("\n%s", c.Text)
		t.line("  for example %s: %s before, %s after", example(&c.Witness), said(c.From), said(c.To))
	}
	if !d.Search.Exhaustive {
		t.line("\nNot exhaustive: %s.", d.Search.Left)
	}
}

// example is a witness in words.
func example(r *decision.Request) string {
	what := r.Subject.Type
	if what == analysis.Other {
		what = "an object of another type"
	}
	purpose := "for " + r.Purpose
	if r.Purpose == analysis.Other {
		purpose = "for another purpose"
	}
	return what + ", TLP:" + strings.ToUpper(r.Subject.TLP.String()) + ", " + joined(r.Subject.Categories) + ", " + purpose +
		", from " + string(r.Sender.ID) + " to " + string(r.Recipient.ID)
}

// said is an answer in words.
func said(a decision.Answer) string {
	if len(a.Transforms) == 0 {
		return string(a.Outcome)
	}
	return string(a.Outcome) + " after " + joined(a.Transforms)
}
