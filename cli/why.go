package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"entente/client"
	"entente/decision"
	"entente/party"
)

func (a *app) whyCommand() *cobra.Command {
	var purpose string
	c := &cobra.Command{
		Use: "why OBJECT PARTY", Short: "May this object go to this party now, in what form, and why",
		Long: "Decides anew, as a release would, and changes nothing. The answer names every clause it rests on, what was not used and why, " +
			"what is unknown, and what would change it. The exit code is 0 whatever the answer.",
		Example: "  entente why indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f ncsc-cordova",
		Args:    args(2, 2),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			d, err := c.Why(ctx, args[0], party.ID(args[1]), purpose)
			if err != nil {
				return err
			}
			return a.print(d, func(t *table) { drawDecision(t, d) })
		}),
		ValidArgsFunction: a.completeSecond(completeParties),
	}
	c.Flags().StringVar(&purpose, "purpose", "", "what it would be used `for`; default incident-response")
	return c
}

// sentence is the decision in one line.
func sentence(d decision.Decision) string {
	object, recipient := d.Request.Subject.ID, string(d.Request.Recipient.ID)
	switch d.Outcome {
	case decision.Permit:
		return object + " may go to " + recipient + " as it is."
	case decision.Transform:
		return object + " may go to " + recipient + " after " + strings.Join(d.Transforms, ", ") + "."
	case decision.Refer:
		return object + " may not go to " + recipient + " before a person has settled what is listed below."
	default: // deny, and anything a newer node may say
		return object + " may not go to " + recipient + "."
	}
}

func drawDecision(t *table, d decision.Decision) {
	t.line("%s", verdict(d.Outcome)+"  "+sentence(d))
	reasons(t, "Because", d.Because)
	if len(d.Needs) > 0 {
		t.line("\nWhat must change, and why")
		for _, n := range d.Needs {
			t.row("  "+n.Transform, reason(n.Reason))
		}
	}
	if len(d.Basis) > 0 {
		t.line("\nClauses that matched")
		for _, b := range d.Basis {
			effect := b.Effect
			if b.DefeatedBy != "" {
				effect += " (defeated by " + b.DefeatedBy + ")"
			}
			t.row("  "+cite(b.ClauseRef), effect, b.Text)
		}
	}
	drawFollowUps(t, d)
	drawLaw(t, d)
}

func reasons(t *table, title string, rs []decision.Reason) {
	if len(rs) == 0 {
		return
	}
	t.line("\n%s", title)
	for _, r := range rs {
		t.row("  " + reason(r))
	}
}

// reason is the clause and what it says, or only the sentence when there is no
// clause: "no clause … permits this" needs no citation.
func reason(r decision.Reason) string {
	if r.Instrument == "" {
		return r.Text
	}
	return cite(r.ClauseRef) + ": " + r.Text
}

// drawFollowUps is what has to be done, or could be.
func drawFollowUps(t *table, d decision.Decision) {
	if len(d.Preconditions) > 0 {
		t.line("\nTo be met first")
		for _, p := range d.Preconditions {
			t.row("  "+p.Safeguard, cite(p.ClauseRef), strings.TrimSuffix("approved by "+p.ApprovalBy, "approved by "))
		}
	}
	if len(d.Duties) > 0 {
		t.line("\nDuties that come with it")
		for _, u := range d.Duties {
			t.row("  "+u.Bearer, u.What, deadline(u), cite(u.ClauseRef))
		}
	}
	if d.Dilemma != nil {
		t.line("\nDilemma: %s", d.Dilemma.Text)
		for _, u := range d.Dilemma.Duties {
			t.row("  "+u.Bearer, u.What, deadline(u), cite(u.ClauseRef))
		}
	}
	if len(d.Warnings) > 0 {
		t.line("\nWarnings")
		for _, w := range d.Warnings {
			if w.Instrument == "" {
				t.line("  %s", w.Text)
			} else {
				t.line("  %s: %s", cite(w.ClauseRef), w.Text)
			}
		}
	}
	words(t, "Unknown facts", d.Unknowns)
	if len(d.WhatIf) > 0 {
		t.line("\nWhat would make this possible")
		for _, w := range d.WhatIf {
			t.row("  "+w.Change, verdict(w.Outcome), strings.Join(w.Transforms, ", "))
		}
	}
}

// drawLaw is which law was applied, exactly, and what was not used.
func drawLaw(t *table, d decision.Decision) {
	if len(d.Conflicts) > 0 {
		t.line("\nConflicts and what resolved them")
		for _, s := range d.Conflicts {
			t.line("  %s", s.Text())
		}
	}
	if len(d.NotUsed) > 0 {
		t.line("\nNot used")
		for _, n := range d.NotUsed {
			t.row("  "+n.Instrument, n.Why)
		}
	}
	if len(d.LawApplied) > 0 {
		t.line("\nInstruments applied")
		for _, l := range d.LawApplied {
			t.row("  "+l.Instrument, l.Version, l.Hash, illustrative(l.Illustrative))
		}
	}
	t.line("\nDecided at %s by engine %s", when(d.Request.At, "-"), d.Engine)
}

// illustrative marks an encoding that no named legal owner answers for.
func illustrative(is bool) string {
	if is {
		return "illustrative"
	}
	return ""
}

func words(t *table, title string, ws []string) {
	if len(ws) == 0 {
		return
	}
	t.line("\n%s", title)
	for _, w := range ws {
		t.row("  " + w)
	}
}

// cite names a clause as people do, with the instrument it is in.
func cite(c decision.ClauseRef) string {
	if c.Instrument == "" {
		return "(no clause)"
	}
	name := c.Cite
	if name == "" {
		name = c.Clause
	}
	return name + " [" + strings.TrimSuffix(c.Instrument+"/"+c.Clause, "/") + "]"
}

func deadline(u decision.DutyRef) string {
	if u.Clock != "" {
		return "at " + u.Clock
	}
	if u.Within == "" {
		return ""
	}
	if u.After == "" {
		return "within " + u.Within
	}
	return "within " + u.Within + " of " + u.After
}
