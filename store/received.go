package store

import (
	"context"

	"entente/exchange"
	"entente/internal/fault"
)

const receivedColumns = `id, kind, origin, at, hash, leaf, accepted, refused, sealed_envelope, sealed_receipt`

func scanReceived(row scanner) (r exchange.Received, err error) {
	var envelope, receipt []byte
	err = row.Scan(&r.ID, &r.Kind, &r.From, instant{&r.At}, digest{&r.Hash}, &r.Leaf, &r.Accepted, &r.Refused, &envelope, &receipt)
	if err != nil {
		return r, err
	}
	if r.Envelope, err = unseal(envelope, "received envelope", r.ID); err != nil {
		return r, err
	}
	r.Receipt, err = unseal(receipt, "receipt of envelope", r.ID)
	return r, err
}

func (r reader) Received(ctx context.Context, id string) (exchange.Received, error) {
	const q = `SELECT ` + receivedColumns + ` FROM received WHERE id = $1`
	all, err := collect(ctx, r.q, q, []any{id}, scanReceived)
	return one(all, err, "received.unknown", "No envelope %s was received.", id)
}

func (r reader) ListReceived(ctx context.Context, n int) ([]exchange.Received, error) {
	const q = `SELECT ` + receivedColumns + ` FROM received ORDER BY seq DESC LIMIT $1`
	return collect(ctx, r.q, q, []any{limit(n)}, scanReceived)
}

func (t *tx) AddReceived(ctx context.Context, r exchange.Received) error {
	const q = `
		INSERT INTO received (id, kind, origin, at, hash, leaf, accepted, refused, sealed_envelope, sealed_receipt)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING`
	n, err := t.q.exec(ctx, q, r.ID, r.Kind, string(r.From), micros(r.At), r.Hash[:], r.Leaf, int64(r.Accepted), int64(r.Refused),
		seal(r.Envelope), seal(r.Receipt))
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "received.exists", "Envelope %s was received before.", r.ID)
	}
	return err
}

func (t *tx) SetReceipt(ctx context.Context, id string, receipt []byte) error {
	const q = `UPDATE received SET sealed_receipt = $1 WHERE id = $2`
	n, err := t.q.exec(ctx, q, seal(receipt), id)
	return changed(n, err, "received.unknown", "No envelope %s was received.", id)
}
