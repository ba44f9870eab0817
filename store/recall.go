package store

import (
	"context"

	"entente/exchange"
)

const recallColumns = `id, release, recipient, reason, state, at, due, state_at, leaf, sealed_envelope, sealed_receipt`

func scanRecall(row scanner) (r exchange.Recall, err error) {
	var envelope, receipt []byte
	err = row.Scan(&r.ID, &r.Release, &r.To, &r.Reason, &r.State, instant{&r.At}, instant{&r.Due}, instant{&r.StateAt}, &r.Leaf, &envelope, &receipt)
	if err != nil {
		return r, err
	}
	if r.Envelope, err = unseal(envelope, "envelope of recall", r.ID); err != nil {
		return r, err
	}
	r.Receipt, err = unseal(receipt, "receipt of recall", r.ID)
	return r, err
}

// Recalls are in the order in which they were made.
func (r reader) Recalls(ctx context.Context, release string) ([]exchange.Recall, error) {
	if release == "" {
		const q = `SELECT ` + recallColumns + ` FROM recalls ORDER BY seq`
		return collect(ctx, r.q, q, nil, scanRecall)
	}
	const q = `SELECT ` + recallColumns + ` FROM recalls WHERE release = $1 ORDER BY seq`
	return collect(ctx, r.q, q, []any{release}, scanRecall)
}

func (t *tx) PutRecall(ctx context.Context, r exchange.Recall) error {
	const q = `
		INSERT INTO recalls (id, release, recipient, reason, state, at, due, state_at, leaf, sealed_envelope, sealed_receipt)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (id) DO UPDATE SET
			release = excluded.release, recipient = excluded.recipient, reason = excluded.reason, state = excluded.state,
			at = excluded.at, due = excluded.due, state_at = excluded.state_at, leaf = excluded.leaf,
			sealed_envelope = excluded.sealed_envelope, sealed_receipt = excluded.sealed_receipt`
	_, err := t.q.exec(ctx, q, r.ID, r.Release, string(r.To), printable(r.Reason), r.State, micros(r.At), maybeMicros(r.Due), micros(r.StateAt),
		r.Leaf, seal(r.Envelope), seal(r.Receipt))
	return err
}
