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
	return group("inbox", "What partners sent", nil, c)
}

func (a *app) outboxCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "list", Short: "List messages to partners that are not finished", Args: args(0, 0),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, _ []string) error {
			ds, err := c.Outbox(ctx)
			if err != nil {
				return err
			}
			return list(a, ds, "", "messages on their way", []any{"KIND", "OF", "TO", "STATE", "ATTEMPTS", "NEXT ATTEMPT", "LAST ERROR"}, func(d exchange.Delivery) []any {
				return []any{d.Kind, d.Ref, d.To, d.State, d.Attempts, when(d.NextAt, "-"), d.LastError}
			})
		}),
	}
	return group("outbox", "What is on its way to partners", nil, c)
}
