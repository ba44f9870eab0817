package storetest

import (
	"context"
	"testing"
	"time"

	"entente/exchange"
	"entente/internal/fault"
)

func webhooks(t *testing.T, s exchange.Store) {
	a := exchange.Webhook{
		ID: "w1", Party: "a", URL: "https://a.example/hook", Label: "SOAR, \u00e9t\u00e9", CA: "pem", Added: instant,
		State: exchange.WebhookState{
			Place: exchange.NoticePlace{Release: instant, Recall: 7}, Upto: instant, Told: 3, Tried: instant, Succeeded: instant,
			Due: instant.Add(time.Microsecond), Failures: 3, Since: instant, Code: "c", Fault: "f",
		},
	}
	b := exchange.Webhook{ID: "W1", Party: "a", URL: a.URL, Added: instant}
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.AddWebhook(ctx, a))
		must(t, tx.AddWebhook(ctx, b))
		wantKind(t, tx.AddWebhook(ctx, a), fault.Conflict)
		return nil
	})
	a.Paused, a.State.Place.Recall = true, 8
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.PutWebhook(ctx, a))
		wantKind(t, tx.PutWebhook(ctx, exchange.Webhook{ID: "none"}), fault.NotFound)
		wantKind(t, tx.RemoveWebhook(ctx, "none"), fault.NotFound)
		return nil
	})
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		got, err := r.Webhook(ctx, "w1")
		must(t, err)
		equal(t, got, a)
		list, err := r.Webhooks(ctx)
		must(t, err)
		equal(t, list, []exchange.Webhook{a, b})
		_, err = r.Webhook(ctx, "none")
		wantKind(t, err, fault.NotFound)
		return nil
	})
	write(t, s, func(ctx context.Context, tx exchange.Tx) error { return tx.RemoveWebhook(ctx, "w1") })
	equal(t, get(t, s, func(ctx context.Context, r exchange.Reader) ([]exchange.Webhook, error) { return r.Webhooks(ctx) }), []exchange.Webhook{b})
}
