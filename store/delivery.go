package store

import (
	"context"
	"time"

	"entente/exchange"
	"entente/internal/fault"
)

const deliveryColumns = `id, kind, ref, recipient, state, attempts, next_at, last_error, handed_out`

func scanDelivery(row scanner) (d exchange.Delivery, err error) {
	err = row.Scan(&d.ID, &d.Kind, &d.Ref, &d.To, &d.State, &d.Attempts, instant{&d.NextAt}, &d.LastError, instant{&d.HandedOut})
	return d, err
}

func (r reader) DueDeliveries(ctx context.Context, now time.Time, n int) ([]exchange.Delivery, error) {
	const q = `SELECT ` + deliveryColumns + ` FROM deliveries
		WHERE state IN ('queued', 'retrying') AND next_at <= $1 ORDER BY next_at, seq LIMIT $2`
	return collect(ctx, r.q, q, []any{micros(now), limit(n)}, scanDelivery)
}

func (r reader) Deliveries(ctx context.Context, release string) ([]exchange.Delivery, error) {
	if release == "" {
		const q = `SELECT ` + deliveryColumns + ` FROM deliveries WHERE state IN ('queued', 'retrying') ORDER BY seq`
		return collect(ctx, r.q, q, nil, scanDelivery)
	}
	const q = `SELECT ` + deliveryColumns + ` FROM deliveries WHERE ref = $1 ORDER BY seq`
	return collect(ctx, r.q, q, []any{release}, scanDelivery)
}

func (t *tx) Enqueue(ctx context.Context, d exchange.Delivery) error {
	if d.State == "" {
		d.State = "queued"
	}
	const q = `
		INSERT INTO deliveries (id, kind, ref, recipient, state, attempts, next_at, last_error)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING`
	n, err := t.q.exec(ctx, q, d.ID, d.Kind, d.Ref, string(d.To), d.State, int64(d.Attempts), micros(d.NextAt), printable(d.LastError))
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "delivery.exists", "Delivery %s is queued already.", d.ID)
	}
	return err
}

func (t *tx) UpdateDelivery(ctx context.Context, d exchange.Delivery) error {
	const q = `UPDATE deliveries SET state = $1, attempts = $2, next_at = $3, last_error = $4 WHERE id = $5`
	n, err := t.q.exec(ctx, q, d.State, int64(d.Attempts), micros(d.NextAt), printable(d.LastError), d.ID)
	return changed(n, err, "delivery.unknown", "There is no delivery %s.", d.ID)
}

func (t *tx) MarkHandedOut(ctx context.Context, id string, at time.Time) error {
	const q = `UPDATE deliveries SET handed_out = COALESCE(handed_out, $1) WHERE id = $2`
	n, err := t.q.exec(ctx, q, micros(at), id)
	return changed(n, err, "delivery.unknown", "There is no delivery %s.", id)
}
