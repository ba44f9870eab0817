package store

import (
	"context"

	"entente/exchange"
	"entente/internal/fault"
)

func (r reader) Warninglists(ctx context.Context) ([]exchange.WarninglistRecord, error) {
	const q = `SELECT id, hash, added_at FROM warninglists ORDER BY id`
	return collect(ctx, r.q, q, nil, func(row scanner) (l exchange.WarninglistRecord, err error) {
		err = row.Scan(&l.ID, digest{&l.Hash}, instant{&l.Added})
		return l, err
	})
}

func (r reader) WarninglistSource(ctx context.Context, id string) ([]byte, error) {
	const q = `SELECT sealed_source FROM warninglists WHERE id = $1`
	all, err := collect(ctx, r.q, q, []any{id}, func(row scanner) (source []byte, err error) {
		var sealed []byte
		if err := row.Scan(&sealed); err != nil {
			return nil, err
		}
		return unseal(sealed, "warninglist", id)
	})
	return one(all, err, "warninglist.unknown", "There is no warninglist %s.", id)
}

func (t *tx) PutWarninglist(ctx context.Context, l exchange.WarninglistRecord, source []byte) error {
	const q = `
		INSERT INTO warninglists (id, added_at, hash, sealed_source) VALUES ($1, $2, $3, $4)
		ON CONFLICT (id) DO UPDATE SET added_at = excluded.added_at, hash = excluded.hash, sealed_source = excluded.sealed_source`
	_, err := t.q.exec(ctx, q, l.ID, micros(l.Added), l.Hash[:], seal(source))
	return err
}

func (t *tx) RemoveWarninglist(ctx context.Context, id string) error {
	const q = `DELETE FROM warninglists WHERE id = $1`
	n, err := t.q.exec(ctx, q, id)
	if err == nil && n == 0 {
		return fault.New(fault.NotFound, "warninglist.unknown", "There is no warninglist %s.", id)
	}
	return err
}
