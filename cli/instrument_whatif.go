package cli

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"entente/client"
	"entente/decision"
	"entente/exchange"
	"entente/internal/fault"
)

func (a *app) instrumentWhatIf() *cobra.Command {
	var r exchange.WhatIfRequest
	var at string
	c := &cobra.Command{
		Use: "what-if [DRAFT] [--withdraw INSTRUMENT]", Short: "Try a draft on the decisions of the last days; changes nothing",
		Long: "Decides everything this node decided in the last days again, under the draft or without an instrument, and lists what would come out " +
			"differently, for whom and by which clause. The facts are those known at the time, and the objects may be gone.\n\n" +
			"The draft takes the place of the newest version of the same instrument, and counts as in force between the parties it names for the " +
			"whole time; --as-dated takes its own dates. A draft with errors, or whose test vectors fail, is refused.",
		Example: "  entente instrument what-if mou-draft.yaml --days 30\n" +
			"  entente instrument what-if --withdraw northern-convention --at now\n" +
			"  entente instrument what-if nis2.yaml --replaces nis1",
		Args: args(0, 1),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			if r.Now = at == "now"; !r.Now && at != "then" {
				return fault.New(fault.Invalid, "usage", "--at is neither then nor now.").
					Try("Leave it out to decide as of the moment of each decision.")
			}
			if len(args) > 0 {
				var err error
				r.File = args[0]
				if r.Source, err = a.readInstrument(r.File); err != nil {
					return err
				}
			}
			var w exchange.WhatIf
			err := a.patiently("Replaying", func() (err error) {
				w, err = c.WhatIf(ctx, r)
				return err
			})
			if err != nil {
				return err
			}
			return a.print(w, func(t *table) { drawWhatIf(t, w) })
		}),
	}
	f := c.Flags()
	f.StringVar(&r.Replaces, "replaces", "", "`INSTRUMENT` or INSTRUMENT@VERSION that the draft takes the place of; default the newest of its own id")
	f.StringSliceVar(&r.Withdraw, "withdraw", nil, "`INSTRUMENT` that ends; may be repeated")
	f.IntVar(&r.Days, "days", 90, "how many `days` to look back")
	f.StringVar(&at, "at", "then", "decide as of the `moment` of each decision (then), or as of today (now)")
	f.BoolVar(&r.AsDated, "as-dated", false, "take the draft's own dates")
	f.IntVar(&r.Examples, "examples", 20, "at most `so many` decisions as examples")
	return c
}

// patiently runs f and says on standard error, every two seconds, that it is
// still at it.
func (a *app) patiently(doing string, f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	started := time.Now()
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-tick.C:
			a.say("%s… %s", doing, time.Since(started).Round(time.Second))
		}
	}
}

// causesShown is how many clauses a person is shown; programs get all.
const causesShown = 12

func drawWhatIf(t *table, w exchange.WhatIf) {
	if w.Draft != "" {
		t.row("draft", w.Draft+" "+w.Hash.Short())
		t.row("in place of", orAll(w.Replaces, "nothing, it is new"))
		t.row("in force", map[bool]string{true: "assumed for the whole time", false: "as dated"}[w.Assumed])
	}
	if len(w.Withdraws) > 0 {
		t.row("withdrawn", joined(w.Withdraws))
	}
	t.row("decided", when(w.From, "-")+" to "+when(w.To, "-"))
	t.row("decisions", w.Decisions)
	t.row("unchanged", w.Unchanged)
	t.row("would change", w.Changed)
	if w.Overtaken > 0 {
		t.row("overtaken", w.Overtaken, "would come out differently today without the draft as well")
	}
	if w.Unreadable > 0 {
		t.row("not replayed", w.Unreadable, "do not say what they were about")
	}
	if w.Changed == 0 {
		t.line("\nNothing would change.")
		return
	}
	t.line("\nWhat would change")
	for _, c := range w.Changes {
		t.row("  "+change(c.Old, c.New), c.Count)
	}
	t.line("\nFor whom")
	for _, r := range w.ByRecipient {
		t.row("  "+string(r.Party), r.Changed, "of "+count(int(r.Decisions), "decision"), changes(r.Changes))
	}
	t.line("\nBecause of")
	for _, c := range w.Clauses[:min(len(w.Clauses), causesShown)] {
		side := "would decide"
		if c.Law == exchange.CauseRecorded {
			side = "would no more"
		}
		t.row("  "+side, c.Count, reason(c.Reason))
	}
	drawReplayed(t, w)
}

func drawReplayed(t *table, w exchange.WhatIf) {
	t.line("\nExamples")
	for _, e := range w.Examples {
		t.line("  %s", when(e.At, "-")+"  "+e.Object+" to "+string(e.Recipient)+": "+change(e.Old.Outcome, e.New.Outcome))
		drawAnswer(t, "was", e.Old)
		drawAnswer(t, "would be", e.New)
	}
	if int64(len(w.Examples)) < w.Changed {
		t.line("  %s", "of "+count(int(w.Changed), "decision")+"; more with --examples")
	}
}

func drawAnswer(t *table, label string, a exchange.Answer) {
	words := make([]string, 0, len(a.Lead)+1)
	if len(a.Transforms) > 0 {
		words = append(words, "after "+strings.Join(a.Transforms, ", "))
	}
	for _, r := range a.Lead {
		words = append(words, reason(r))
	}
	t.row("    "+label, verdict(a.Outcome), strings.Join(words, "; "))
}

// change is one kind of difference. The same outcome twice is another form.
func change(old, then decision.Outcome) string {
	if old == then {
		return verdict(old) + " → another form"
	}
	return verdict(old) + " → " + verdict(then)
}

func changes(cs []exchange.Change) string {
	words := make([]string, len(cs))
	for i, c := range cs {
		words[i] = change(c.Old, c.New)
	}
	return strings.Join(words, ", ")
}
