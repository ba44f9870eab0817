package node

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"entente/internal/fault"
	"entente/wire/webhook"
)

func (n *Node) poster() *webhook.Client {
	return webhook.NewClient(webhook.Config{Now: n.config.Now, AllowLoopback: n.config.AllowLoopback})
}

// tell calls the webhooks that have something to be told until ctx ends. Each is
// told on its own, so that a slow receiver holds up no other one.
func (n *Node) tell(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		due, err := n.exchange.WebhooksDue(ctx)
		if err != nil {
			n.report(ctx, "webhooks could not be read", err)
		}
		for _, id := range due {
			wg.Go(func() { n.tellOne(ctx, id) })
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(tick):
		}
	}
}

func (n *Node) tellOne(ctx context.Context, id string) {
	turn, err := n.exchange.TellWebhook(ctx, id)
	st := turn.Webhook.State
	switch {
	case ctx.Err() != nil:
	case err != nil:
		n.log.WarnContext(ctx, "webhook could not be told", slog.String("webhook", id), slog.String("code", fault.CodeOf(err)),
			slog.Int("failures", st.Failures), slog.Bool("paused", turn.Webhook.Paused), slog.Any("error", err))
	case turn.Told > 0:
		n.log.InfoContext(ctx, "webhook told", slog.String("webhook", id), slog.Int("notices", turn.Told))
	}
}
