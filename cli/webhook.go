package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"entente/client"
	"entente/exchange"
	"entente/party"
)

func (a *app) webhookCommand() *cobra.Command {
	return group("webhook", "Tell the tools of a party by signed calls what was released to it and what was recalled", []string{"webhooks"},
		a.webhookAdd(), a.webhookList(), a.webhookShow(), a.webhookTest(),
		a.webhookSet("pause", "Stop telling a webhook for now", true), a.webhookSet("resume", "Go on telling a webhook, at once and from where it was", false),
		a.webhookRemove())
}

func (a *app) webhookAdd() *cobra.Command {
	var r exchange.WebhookRequest
	var ca string
	c := &cobra.Command{
		Use: "add PARTY URL", Short: "Tell a party's tool from now on what is released to the party and what is recalled",
		Long: "Each notice is a POST to URL, in the form of Standard Webhooks, signed with the key on this node's card, so that the receiver needs no secret. " +
			"It has no object in it: the tool fetches what is new through TAXII or MISP. A tool of this node's own party is told about duties. It begins with what happens next.",
		Example: "  entente webhook add isac-borealis https://soar.borealis.example/entente --label 'SOAR of the SOC'",
		Args:    args(2, 2), ValidArgsFunction: a.completeFirst(completeParties),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			r.Party, r.URL = party.ID(args[0]), args[1]
			if ca != "" {
				b, err := a.readFile(ca)
				if err != nil {
					return err
				}
				r.CA = string(b)
			}
			h, err := c.AddWebhook(ctx, r)
			if err != nil {
				return err
			}
			if a.opened {
				a.say("It is told while the node runs: entente serve")
			}
			return a.print(h, func(t *table) { drawWebhook(t, h) })
		}),
	}
	c.Flags().StringVar(&r.Label, "label", "", "what it is for, for the list")
	c.Flags().StringVar(&ca, "ca-file", "", "PEM `file` with the only authorities to trust for the receiver; default those of the system")
	return c
}

func (a *app) webhookList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the webhooks with how it goes", Args: args(0, 0),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, _ []string) error {
			all, err := c.Webhooks(ctx)
			if err != nil {
				return err
			}
			return list(a, all, "", "webhooks", []any{"ID", "PARTY", "LABEL", "URL", "STATE", "TOLD UP TO", "TOLD"}, func(h exchange.Webhook) []any {
				return []any{h.ID, h.Party, h.Label, h.URL, webhookState(h), when(h.State.Upto, ""), h.State.Told}
			})
		}),
	}
}

func webhookState(h exchange.Webhook) string {
	switch {
	case h.Paused && h.Failing():
		return "paused: " + h.State.Code
	case h.Paused:
		return "paused"
	case h.Failing():
		return fmt.Sprintf("failing (%d): %s", h.State.Failures, h.State.Code)
	}
	return "ok"
}

func drawWebhook(t *table, h exchange.Webhook) {
	t.row("webhook", h.ID)
	t.row("party", h.Party)
	t.row("url", h.URL)
	t.row("label", h.Label)
	t.row("state", webhookState(h))
	t.row("told up to", when(h.State.Upto, ""))
	t.row("told", fmt.Sprintf("%d notices", h.State.Told))
	t.row("last success", when(h.State.Succeeded, "never"))
	t.row("last call", when(h.State.Tried, "never"))
	if h.Failing() {
		t.row("failures", fmt.Sprintf("%d since %s", h.State.Failures, when(h.State.Since, "")))
		t.row("last fault", h.State.Fault)
		if !h.Paused {
			t.row("next call", when(h.State.Due, "at once"))
		}
	}
}

func (a *app) webhookShow() *cobra.Command {
	return &cobra.Command{
		Use: "show WEBHOOK", Short: "One webhook: up to when it was told, and the last fault", Args: args(1, 1), ValidArgsFunction: a.completeFirst(completeWebhooks),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			h, err := c.Webhook(ctx, args[0])
			if err != nil {
				return err
			}
			return a.print(h, func(t *table) { drawWebhook(t, h) })
		}),
	}
}

func completeWebhooks(ctx context.Context, c *client.Client) ([]string, error) {
	all, err := c.Webhooks(ctx)
	words := make([]string, len(all))
	for i, h := range all {
		words[i] = h.ID
	}
	return words, err
}

func (a *app) webhookTest() *cobra.Command {
	var dryRun bool
	c := &cobra.Command{
		Use: "test WEBHOOK", Short: "Tell a webhook that nothing happened, to try whether it works", Args: args(1, 1), ValidArgsFunction: a.completeFirst(completeWebhooks),
		Long: "Sends a signed notice of the kind \"test\" and prints it as it travelled. It works for a paused webhook too and changes no state. --dry-run prints such a notice and sends nothing.",
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			m, err := c.TestWebhook(ctx, args[0], dryRun)
			if err != nil {
				return err
			}
			if !dryRun {
				a.say("the receiver took it")
			}
			return a.print(m, func(t *table) {
				t.line("webhook-id: %s", m.ID)
				t.line("webhook-timestamp: %d", m.Timestamp)
				t.line("webhook-signature: %s", m.Signature)
				t.line("")
				t.line("%s", m.Body)
			})
		}),
	}
	c.Flags().BoolVar(&dryRun, "dry-run", false, "only look: print what would be sent")
	return c
}

func (a *app) webhookSet(verb, short string, paused bool) *cobra.Command {
	return &cobra.Command{
		Use: verb + " WEBHOOK", Short: short, Args: args(1, 1), ValidArgsFunction: a.completeFirst(completeWebhooks),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			h, err := c.PauseWebhook(ctx, args[0], paused)
			if err != nil {
				return err
			}
			return a.print(h, func(t *table) { drawWebhook(t, h) })
		}),
	}
}

func (a *app) webhookRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove WEBHOOK", Short: "End a webhook", Args: args(1, 1), ValidArgsFunction: a.completeFirst(completeWebhooks),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			if err := c.RemoveWebhook(ctx, args[0]); err != nil {
				return err
			}
			a.say("removed %s", clean(args[0]))
			return nil
		}),
	}
}
