package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"entente/decision"
	"entente/instrument/analysis"
)

func (a *app) instrumentDiff() *cobra.Command {
	var f analysisFlags
	var with []string
	c := &cobra.Command{
		Use: "diff OLD NEW [--with FILE|ID]…", Short: "Which cases two versions decide differently, exactly, with a witness each",
		Long: "Not which lines differ but what they change: every class of cases that comes out differently, and for each a case that the engine " +
			"decided under both. --with adds the rest of the law, the same on both sides; without it, a text that does not speak for cooperation is " +
			"looked at as if everything else were agreed.",
		Example: "  entente instrument diff mou-1.0.yaml mou-1.1.yaml --with eu-gdpr --with tlp-2",
		Args:    args(2, 2),
		RunE: func(_ *cobra.Command, names []string) error {
			o, err := a.analysisOptions(&f)
			if err != nil {
				return err
			}
			var laws [2]decision.Law
			for i, name := range names {
				if laws[i], err = a.law(append([]string{name}, with...)); err != nil {
					return err
				}
			}
			both := analysis.Opened(laws[0], laws[1])
			var d analysis.Difference
			err = a.patiently("Comparing", func() (err error) {
				d, err = analysis.Diff(both[0], both[1], o)
				return err
			})
			if err != nil {
				return err
			}
			return a.print(d, func(t *table) { drawDifference(t, &d) })
		},
	}
	f.add(c)
	c.Flags().StringSliceVar(&with, "with", nil, "`FILE` or ID of the library that is part of both laws; may be repeated")
	return c
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
