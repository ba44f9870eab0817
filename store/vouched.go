package store

import (
	"context"

	"entente/internal/ident"
	"entente/party"
)

func (r reader) Vouchers(ctx context.Context, definition ident.Digest) ([]party.ID, error) {
	const q = `SELECT party FROM vouched WHERE hash = $1 ORDER BY party`
	return collect(ctx, r.q, q, []any{definition[:]}, func(row scanner) (p party.ID, err error) {
		err = row.Scan(&p)
		return p, err
	})
}

func (t *tx) Vouch(ctx context.Context, definition ident.Digest, by party.ID) error {
	const q = `INSERT INTO vouched (hash, party) VALUES ($1, $2) ON CONFLICT DO NOTHING`
	_, err := t.q.exec(ctx, q, definition[:], string(by))
	return err
}
