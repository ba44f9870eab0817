package cli

import (
	"context"

	"github.com/spf13/cobra"

	"entente/client"
	"entente/exchange"
)

func (a *app) inboxCommand() *cobra.Command {
	var limit int
	c := &cobra.Command{
		Use: "list", Short: "List what partners sent, newest first", Args: args(0, 0),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, _ []string) error {
			rs, err := c.Inbox(ctx, limit)
			if err != nil {
				return err
			}
			return list(a, rs, "", "messages", []any{"MESSAGE", "AT", "FROM", "KIND", "TAKEN", "REFUSED"}, func(r exchange.Received) []any {
				return []any{r.ID, when(r.At, "-"), r.From, r.Kind, r.Accepted, r.Refused}
			})
		}),
	}
	c.Flags().IntVar(&limit, "limit", 100, "at most this `many`")
	return group("inbox", "What partners sent", nil, c, a.inboxImport())
}

func (a *app) inboxImport() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use: "import FILE", Short: "Take in a message that was brought as a file, and write the receipt to be carried back",
		Long: "As if its sender had delivered it: the sender is who signed it, whoever brought it. A file in which anything was changed or lost is refused whole " +
			"and leaves nothing behind. The same file again gives the same receipt.",
		Example: "  entente inbox import release.entente --out receipt.entente",
		Args:    args(1, 1),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			message, err := a.readFile(args[0])
			if err != nil {
				return err
			}
			r, err := c.TakeByHand(ctx, message)
			if err != nil {
				return err
			}
			if a.output != "table" {
				return a.print(r, nil)
			}
			a.say("%s %s of %s, signed %s: %s, %s.", r.Kind, clean(r.ID), r.From, when(r.At, "-"), r.Outcome, count(len(r.Items), "object"))
			for _, line := range answers(r.Items) {
				a.say("  %s", line)
			}
			return a.writeTo(out, r.Receipt)
		}),
	}
	c.Flags().StringVar(&out, "out", "", "write the receipt to this `file` instead of standard output")
	return c
}

// answers says what became of objects that were not simply taken.
func answers(items []exchange.ItemAnswer) []string {
	var lines []string
	for _, it := range items {
		if it.Code != "" {
			lines = append(lines, clean(it.ID+" "+it.Result+": "+it.Code))
		}
	}
	return lines
}

func (a *app) outboxCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "list", Short: "List messages to partners that are not finished", Args: args(0, 0),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, _ []string) error {
			ds, err := c.Outbox(ctx)
			if err != nil {
				return err
			}
			return list(a, ds, "", "messages on their way", []any{"KIND", "OF", "TO", "STATE", "ATTEMPTS", "NEXT ATTEMPT", "HANDED OUT", "LAST ERROR"}, func(d exchange.Delivery) []any {
				return []any{d.Kind, d.Ref, d.To, d.State, d.Attempts, when(d.NextAt, "-"), when(d.HandedOut, "-"), d.LastError}
			})
		}),
	}
	return group("outbox", "What is on its way to partners", nil, c, a.outboxExport(), a.outboxReceipt())
}

func (a *app) outboxExport() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use: "export REF", Short: "Write a message as a file, for a party that no connection reaches",
		Long: "REF is the id of a release, a recall, a publication or a message about a case, as outbox list shows it. The file is exactly what would be delivered: signed message, log proof and objects in the decided form. " +
			"It is decided again first. The node goes on trying to deliver it; whatever arrives first counts. Nothing in the file is encrypted.",
		Example: "  entente outbox export 0198f3a2-… --out release.entente",
		Args:    args(1, 1),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			m, err := c.HandOut(ctx, args[0])
			if err != nil {
				return err
			}
			if a.output != "table" {
				return a.print(m, nil)
			}
			a.say("%s %s, for %s only.", m.Kind, clean(m.Ref), m.To)
			return a.writeTo(out, m.Message)
		}),
	}
	c.Flags().StringVar(&out, "out", "", "write to this `file` instead of standard output")
	return c
}

func (a *app) outboxReceipt() *cobra.Command {
	return &cobra.Command{
		Use: "receipt FILE", Short: "Take in a receipt that was brought as a file, and close the delivery it answers",
		Args: args(1, 1),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			receipt, err := a.readFile(args[0])
			if err != nil {
				return err
			}
			r, err := c.TakeReceipt(ctx, receipt)
			if err != nil {
				return err
			}
			return a.print(r, func(t *table) {
				t.line("%s has acknowledged %s: %s, %s", string(r.From), r.Kind+" "+r.Ref, r.Outcome, count(len(r.Items), "object"))
				for _, line := range answers(r.Items) {
					t.line("  %s", line)
				}
			})
		}),
	}
}
