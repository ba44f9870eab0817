package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"entente/client"
	"entente/exchange"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
)

func (a *app) releaseCommand() *cobra.Command {
	return group("release", "Decide who gets what in which form, send it, take it back", []string{"releases"},
		a.releasePreview(), a.releaseSend(), a.releaseList(), a.releaseShow(), a.releaseExport(), a.releaseRecall())
}

func previewFlags(c *cobra.Command, r *exchange.PreviewRequest, to *[]string) {
	c.Flags().StringSliceVar(to, "to", nil, "recipient `party`, repeatable; default every known party")
	c.Flags().StringVar(&r.Purpose, "purpose", "", "what it is to be used `for`; default incident-response")
	c.Flags().BoolVar(&r.Alone, "alone", false, "do not follow references to other objects")
}

func ids(words []string) []party.ID {
	out := make([]party.ID, len(words))
	for i, w := range words {
		out[i] = party.ID(w)
	}
	return out
}

func (a *app) releasePreview() *cobra.Command {
	var r exchange.PreviewRequest
	var to []string
	c := &cobra.Command{
		Use: "preview OBJECT…", Short: "What would leave, to whom, in what form, on what basis",
		Long:    "Decides for every candidate and changes nothing. The preview is the decision: release send --preview with its digest delivers exactly this, or fails as stale. With -v every change to every object is shown.",
		Example: "  entente release preview report--6f0c… --to csirt-borealis --to ncsc-cordova",
		Args:    args(1, -1),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			r.Objects, r.To = args, ids(to)
			p, err := c.Preview(ctx, r)
			if err != nil {
				return err
			}
			return a.print(p, func(t *table) { a.drawPreview(t, p) })
		}),
	}
	previewFlags(c, &r, &to)
	return c
}

func (a *app) drawPreview(t *table, p exchange.Preview) {
	t.row("RECIPIENT", "VERDICT", "AS IS", "CHANGED", "DENIED", "REFERRED", "TRANSFORMS", "DECIDED BY")
	for _, r := range p.Recipients {
		lead := ""
		if len(r.Lead) > 0 {
			lead = reason(r.Lead[0])
		}
		t.row(r.Party, verdict(r.Outcome), r.Permitted, r.Transformed, r.Denied, r.Referred, joined(r.Transforms), lead)
	}
	if a.verbose {
		for _, r := range p.Recipients {
			t.line("\n%s", string(r.Party))
			for _, item := range r.Items {
				drawItem(t, item)
			}
		}
	}
	if names := relied(p); len(names) > 0 {
		t.line("\nillustrative, nobody answers for the encoding: %s", strings.Join(names, ", "))
	}
	drawRemarks(t, p.Remarks)
	t.line("\n%s, legal epoch %d", count(len(p.Objects), "object"), p.Epoch)
	t.line("preview %s", p.Digest.String())
}

// relied names the illustrative instruments that the preview relies on.
func relied(p exchange.Preview) []string {
	names := map[string]bool{}
	for _, r := range p.Recipients {
		for _, item := range r.Items {
			for _, law := range item.Decision.LawApplied {
				if law.Illustrative {
					names[law.Instrument] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// drawItem is one cell of the matrix with the difference between the object
// and the form of it that leaves.
func drawItem(t *table, i exchange.ItemPreview) {
	t.line("  %s", verdict(i.Decision.Outcome)+"  "+i.ObjectID)
	if i.SentID != "" && i.SentID != i.ObjectID {
		t.line("      sent as %s", i.SentID)
	}
	if i.Left != "" {
		t.line("      does not leave: %s", i.Left)
	}
	for _, because := range i.Decision.Because {
		t.line("      %s", reason(because))
	}
	for _, ch := range i.Changes {
		before, after := difference(ch.Before, ch.After)
		t.line("      - %s", ch.Path+": "+before)
		if after != "" {
			t.line("      + %s", ch.Path+": "+after)
		}
	}
}

func (a *app) releaseSend() *cobra.Command {
	var r exchange.SendRequest
	var to []string
	var digest string
	c := &cobra.Command{
		Use: "send OBJECT…", Short: "Release objects to the parties that may have them",
		Long: "With --preview it delivers exactly what was previewed, or fails as stale when law, facts or objects have changed since. " +
			"Without it, preview and release are one act. Exit code 8 says that some recipients got nothing, 3 that none did.",
		Example: "  entente release send report--6f0c… --preview sha256:1f3a…",
		Args:    args(1, -1),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			r.Objects, r.To = args, ids(to)
			if digest != "" {
				d, err := ident.ParseDigest(digest)
				if err != nil {
					return err
				}
				r.Preview = d
			}
			report, err := c.Send(ctx, r)
			if err != nil {
				return err
			}
			a.code = sendCode(report)
			return a.printSend(report, r.DryRun)
		}),
	}
	previewFlags(c, &r.PreviewRequest, &to)
	c.Flags().StringVar(&digest, "preview", "", "`digest` of the preview to send exactly")
	c.Flags().BoolVar(&r.DryRun, "dry-run", false, "say what would be sent and send nothing")
	return c
}

// sendCode is 3 when nothing leaves, 8 when something leaves to some only.
func sendCode(r exchange.SendReport) int {
	leave := 0
	for _, line := range r.Releases {
		if line.Items > 0 {
			leave++
		}
	}
	switch leave {
	case len(r.Releases):
		return exitOK
	case 0:
		return exitDenied
	}
	return exitPartial
}

func (a *app) printSend(r exchange.SendReport, dryRun bool) error {
	switch {
	case dryRun:
		a.say("Dry run: nothing was sent.")
	case a.opened:
		a.say("The node does not run; what is queued leaves when it does: entente serve")
	}
	return a.print(r, func(t *table) {
		t.row("RECIPIENT", "VERDICT", "SENT", "DENIED", "RELEASE", "BECAUSE")
		for _, l := range r.Releases {
			because := ""
			if len(l.Because) > 0 {
				because = reason(l.Because[0])
			}
			release := l.Release
			if release == "" {
				release = "-"
			}
			t.row(l.Recipient, verdict(l.Outcome), l.Items, l.Denied, release, because)
		}
	})
}

func (a *app) releaseList() *cobra.Command {
	var f exchange.ReleaseFilter
	var to string
	c := &cobra.Command{
		Use: "list", Short: "List releases, newest first", Args: args(0, 0),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, _ []string) error {
			f.Recipient = party.ID(to)
			l, err := c.Releases(ctx, f)
			if err != nil {
				return err
			}
			return list(a, l.Items, l.Next, "releases", []any{"RELEASE", "AT", "RECIPIENT", "OBJECTS", "STATE", "SINCE", "FETCHED"}, func(r exchange.Release) []any {
				return []any{r.ID, when(r.At, "-"), r.Recipient, r.Items, r.State, when(r.StateAt, "-"), when(r.Fetched, "-")}
			})
		}),
	}
	c.Flags().StringVar(&f.Object, "object", "", "only releases of this `object`")
	c.Flags().StringVar(&to, "to", "", "only releases to this `party`")
	c.Flags().StringVar(&f.Before, "after", "", "go on after this `cursor`")
	c.Flags().IntVar(&f.Limit, "limit", 100, "at most this `many`")
	return c
}

func (a *app) releaseShow() *cobra.Command {
	return &cobra.Command{
		Use: "show RELEASE", Short: "One release with its items, deliveries and recalls", Args: args(1, 1),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			r, err := c.Release(ctx, args[0])
			if err != nil {
				return err
			}
			return a.print(r, func(t *table) {
				t.row("release", r.ID)
				t.row("to", r.Recipient)
				t.row("purpose", r.Purpose)
				t.row("at", when(r.At, "-"))
				t.row("state", fmt.Sprintf("%s since %s", r.State, when(r.StateAt, "-")))
				t.row("fetched", when(r.Fetched, "-"))
				t.row("preview", r.Preview)
				t.row("log leaf", r.Leaf)
				t.line("\nObjects")
				for _, i := range r.ItemList {
					t.row("  "+i.ObjectID, "sent as "+i.SentID, i.SentHash, i.Answer)
				}
				for _, d := range r.Deliveries {
					t.line("\nDelivery %s", strings.TrimSuffix(d.State+" after "+count(d.Attempts, "attempt")+": "+d.LastError, ": "))
				}
				for _, rc := range r.Recalls {
					t.line("\nRecall %s", rc.ID+" "+rc.State+" since "+when(rc.StateAt, "-")+", due "+when(rc.Due, "-")+": "+rc.Reason)
				}
			})
		}),
	}
}

func (a *app) releaseRecall() *cobra.Command {
	var r exchange.RecallRequest
	c := &cobra.Command{
		Use: "recall [RELEASE] --reason TEXT", Short: "Ask recipients to purge what a release brought",
		Example: "  entente release recall 0198f3… --reason \"sent by mistake\"\n  entente release recall --object indicator--8e2e… --reason \"false positive\"",
		Args:    args(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				r.Release = args[0]
			}
			if (r.Release == "") == (r.Object == "") {
				return usageError(cmd, "Name one release, or an object with --object.")
			}
			if strings.TrimSpace(r.Reason) == "" {
				return fault.New(fault.Invalid, "recall.reason", "A recall needs a reason; its recipients will read it.").Try("Say why with --reason.")
			}
			return a.withNode(cmd.Context(), func(c *client.Client) error {
				recalls, err := c.Recall(cmd.Context(), r)
				if err != nil {
					return err
				}
				if r.DryRun {
					a.say("Dry run: nothing was recalled.")
				}
				return a.printRecalls(recalls)
			})
		},
	}
	c.Flags().StringVar(&r.Object, "object", "", "recall every release of this `object`")
	c.Flags().StringVar(&r.Reason, "reason", "", "`why`, for the recipients to read")
	c.Flags().BoolVar(&r.DryRun, "dry-run", false, "say what would be recalled and recall nothing")
	return c
}

func (a *app) printRecalls(recalls []exchange.Recall) error {
	return list(a, recalls, "", "recalls", []any{"RECALL", "RELEASE", "FROM", "STATE", "DUE", "REASON"}, func(r exchange.Recall) []any {
		return []any{r.ID, r.Release, r.To, r.State, when(r.Due, "-"), r.Reason}
	})
}
