package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"entente/exchange"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
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

func (r reader) HeldUnder(ctx context.Context, from party.ID, but string, digests []ident.Digest) ([]ident.Digest, error) {
	const q = `
		SELECT DISTINCT i.hash FROM received_items i JOIN received r ON r.seq = i.received
		WHERE r.origin = $1 AND r.id <> $2 AND r.recalled_at IS NULL AND i.hash IN ($3)`
	list := make([]any, len(digests))
	for i := range digests {
		list[i] = digests[i][:]
	}
	return collectIn(ctx, r.q, q, []any{string(from), but}, list, func(row scanner) (d ident.Digest, err error) {
		err = row.Scan(digest{&d})
		return d, err
	})
}

func (t *tx) AddReceived(ctx context.Context, r exchange.Received, digests []ident.Digest) error {
	const q = `
		INSERT INTO received (id, kind, origin, at, hash, leaf, accepted, refused, sealed_envelope, sealed_receipt)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING RETURNING seq`
	var seq int64
	err := t.q.row(ctx, q, []any{
		r.ID, r.Kind, string(r.From), micros(r.At), r.Hash[:], r.Leaf, int64(r.Accepted), int64(r.Refused),
		seal(r.Envelope), seal(r.Receipt),
	}, &seq)
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.Conflict, "received.exists", "Envelope %s was received before.", r.ID)
	}
	if err != nil {
		return err
	}
	return t.addReceivedItems(ctx, seq, digests)
}

func (t *tx) addReceivedItems(ctx context.Context, received int64, digests []ident.Digest) error {
	var args []any
	seen := map[ident.Digest]bool{}
	for i := range digests {
		if !seen[digests[i]] {
			seen[digests[i]] = true
			args = append(args, digests[i][:], received)
		}
	}
	const q = `INSERT INTO received_items (hash, received) VALUES ($1, $2)`
	return insertRows(ctx, t.q, q, 2, args)
}

func (t *tx) RecallReceived(ctx context.Context, id string, at time.Time) error {
	const q = `UPDATE received SET recalled_at = $1 WHERE id = $2`
	n, err := t.q.exec(ctx, q, micros(at), id)
	return changed(n, err, "received.unknown", "No envelope %s was received.", id)
}

func (t *tx) SetReceipt(ctx context.Context, id string, receipt []byte) error {
	const q = `UPDATE received SET sealed_receipt = $1 WHERE id = $2`
	n, err := t.q.exec(ctx, q, seal(receipt), id)
	return changed(n, err, "received.unknown", "No envelope %s was received.", id)
}
