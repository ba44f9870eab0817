package store

import (
	"context"

	"entente/exchange"
	"entente/internal/fault"
)

func scanWebhook(row scanner) (h exchange.Webhook, err error) {
	var id string
	var sealed []byte
	if err := row.Scan(&id, &sealed); err != nil {
		return h, err
	}
	err = unsealJSON(sealed, &h, "webhook", id)
	return h, err
}

func (r reader) Webhooks(ctx context.Context) ([]exchange.Webhook, error) {
	const q = `SELECT id, sealed_webhook FROM webhooks ORDER BY seq`
	return collect(ctx, r.q, q, nil, scanWebhook)
}

func (r reader) Webhook(ctx context.Context, id string) (exchange.Webhook, error) {
	const q = `SELECT id, sealed_webhook FROM webhooks WHERE id = $1`
	all, err := collect(ctx, r.q, q, []any{id}, scanWebhook)
	return one(all, err, "webhook.unknown", "There is no webhook %s.", id)
}

func (t *tx) AddWebhook(ctx context.Context, h exchange.Webhook) error {
	sealed, err := sealJSON(h)
	if err != nil {
		return err
	}
	const q = `INSERT INTO webhooks (id, sealed_webhook) VALUES ($1, $2) ON CONFLICT DO NOTHING`
	n, err := t.q.exec(ctx, q, h.ID, sealed)
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "webhook.exists", "There is a webhook %s already.", h.ID)
	}
	return err
}

func (t *tx) PutWebhook(ctx context.Context, h exchange.Webhook) error {
	sealed, err := sealJSON(h)
	if err != nil {
		return err
	}
	const q = `UPDATE webhooks SET sealed_webhook = $1 WHERE id = $2`
	n, err := t.q.exec(ctx, q, sealed, h.ID)
	return knownWebhook(n, err, h.ID)
}

func (t *tx) RemoveWebhook(ctx context.Context, id string) error {
	const q = `DELETE FROM webhooks WHERE id = $1`
	n, err := t.q.exec(ctx, q, id)
	return knownWebhook(n, err, id)
}

func knownWebhook(n int64, err error, id string) error {
	if err == nil && n == 0 {
		return fault.New(fault.NotFound, "webhook.unknown", "There is no webhook %s.", id).Try("List them with entente webhook list.")
	}
	return err
}
