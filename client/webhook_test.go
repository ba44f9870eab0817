package client_test

import (
	"context"
	"testing"

	"entente/client"
	"entente/exchange"
)

func (e echo) AddWebhook(_ context.Context, r exchange.WebhookRequest) (exchange.Webhook, error) {
	return exchange.Webhook{ID: "w", Party: r.Party, URL: r.URL, Label: r.Label, CA: r.CA, Added: at}, e.err
}

func (e echo) Webhooks(context.Context) ([]exchange.Webhook, error) {
	return []exchange.Webhook{{ID: "w", Added: at}}, e.err
}

func (e echo) Webhook(_ context.Context, id string) (exchange.Webhook, error) {
	return exchange.Webhook{ID: id, Added: at, State: exchange.WebhookState{Place: exchange.NoticePlace{Release: at, Recall: 7}, Upto: at}}, e.err
}

func (e echo) PauseWebhook(_ context.Context, id string, paused bool) (exchange.Webhook, error) {
	return exchange.Webhook{ID: id, Paused: paused}, e.err
}

func (e echo) RemoveWebhook(context.Context, string) error { return e.err }

func (e echo) TestWebhook(_ context.Context, id string, dryRun bool) (exchange.WebhookMessage, error) {
	m := exchange.WebhookMessage{ID: id, Timestamp: 1, Body: `{"kind":"test"}`}
	if dryRun {
		m.Timestamp = 2
	}
	return m, e.err
}

func TestWebhooksArriveAndComeBack(t *testing.T) {
	t.Parallel()
	const id = "a/b c?d"
	both(t, echo{}, func(t *testing.T, c *client.Client) {
		in := exchange.WebhookRequest{Party: "p", URL: "u", Label: "l", CA: "ca"}
		if h, err := c.AddWebhook(t.Context(), in); err != nil || h.Party != "p" || h.URL != "u" || h.Label != "l" || h.CA != "ca" || !h.Added.Equal(at) {
			t.Errorf("AddWebhook: %+v, %v", h, err)
		}
		if all, err := c.Webhooks(t.Context()); err != nil || len(all) != 1 || all[0].ID != "w" {
			t.Errorf("Webhooks: %+v, %v", all, err)
		}
		if h, err := c.Webhook(t.Context(), id); err != nil || h.ID != id || !h.State.Place.Release.Equal(at) || h.State.Place.Recall != 7 {
			t.Errorf("Webhook: %+v, %v", h, err)
		}
		for _, yes := range []bool{true, false} {
			if h, err := c.PauseWebhook(t.Context(), id, yes); err != nil || h.ID != id || h.Paused != yes {
				t.Errorf("PauseWebhook: %+v, %v", h, err)
			}
			if m, err := c.TestWebhook(t.Context(), id, yes); err != nil || m.ID != id || (m.Timestamp == 2) != yes || m.Body != `{"kind":"test"}` {
				t.Errorf("TestWebhook: %+v, %v", m, err)
			}
		}
		if err := c.RemoveWebhook(t.Context(), id); err != nil {
			t.Errorf("RemoveWebhook: %v", err)
		}
	})
}
