package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"entente/instrument"
)

func (a *app) instrumentExplain() *cobra.Command {
	return &cobra.Command{
		Use: "explain FILE|ID CLAUSE", Short: "One clause in plain language; needs no node",
		Long: "What a clause permits, forbids or demands, when exactly, its exceptions and what it is an exception to, the defined terms it uses with " +
			"their national counterparts, what settles its facts, the test cases that name it, whether it is in force, and how far it was checked. " +
			"An ID names an instrument of the library.",
		Example: "  entente instrument explain eu-nis2 art23-4a",
		Args:    args(2, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			doc, err := a.namedInstrument(args[0])
			if err != nil {
				return err
			}
			e, err := doc.Explain(args[1], a.now())
			if err != nil {
				return err
			}
			return a.print(e, func(t *table) { drawExplanation(t, e) })
		},
	}
}

func drawExplanation(t *table, e instrument.Explanation) {
	t.line("%s", e.Cite+" ["+e.Clause+"] of "+e.Title+" ("+e.Instrument+")")
	if e.Text != "" {
		t.line("  %s", e.Text)
	}
	t.line("\nIn one sentence")
	t.line("  %s", e.Sentence)
	words(t, "When all of this holds", e.When)
	words(t, "Provided that", e.Provided)
	links(t, "Exceptions to it", e.Unless)
	links(t, "It is an exception to", e.ExceptionTo)
	words(t, "What follows", e.Then)
	drawTerms(t, e.Terms)
	if len(e.Facts) > 0 {
		t.line("\nFacts it looks at")
		for _, f := range e.Facts {
			how := "recorded by a person, with evidence"
			if f.Threshold != "" {
				how = "decided by " + f.Cite + " [" + f.Threshold + "]: " + f.Test
			}
			t.row("  "+f.Fact, how)
		}
	}
	words(t, "Reservations", e.Reservations)
	t.line("\nStatus")
	t.line("  %s", e.Status)
	if e.InForce != "" {
		t.line("  this clause: %s", e.InForce)
	}
	if e.Survives {
		t.line("  it outlives the instrument")
	}
	t.line("  %s", e.Checked)
	if e.Illustrative {
		t.line("  illustrative: nobody answers for the encoding yet")
	}
	if e.Warns {
		t.line("  not binding: it warns and decides nothing")
	}
	t.line("\nTest cases that name it")
	if len(e.Vectors) == 0 {
		t.line("  none")
	}
	for _, v := range e.Vectors {
		t.row("  "+v.Outcome, v.Name)
	}
}

func links(t *table, title string, ls []instrument.Link) {
	if len(ls) == 0 {
		return
	}
	t.line("\n%s", title)
	for _, l := range ls {
		while := ""
		if l.While != "" {
			while = "while " + l.While + " is true"
		}
		t.row("  "+l.Cite+" ["+l.Clause+"]", while)
	}
}

// drawTerms lists definitions, and of each the national terms the clause takes in.
func drawTerms(t *table, terms []instrument.TermUse) {
	if len(terms) == 0 {
		return
	}
	t.line("\nDefined terms")
	for _, u := range terms {
		t.line("  %s", strings.TrimSpace(u.Term+" means "+u.Means+" "+u.Cite))
		if u.Text != "" {
			t.line("    %s", u.Text)
		}
		for _, n := range u.National {
			counts := "counts here"
			if !n.Counts {
				counts = "does not count here"
			}
			t.row("    "+n.Jurisdiction, n.Term, n.Relation, counts, n.Cite)
		}
	}
}
