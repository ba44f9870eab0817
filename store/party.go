package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"entente/internal/fault"
	"entente/party"
)

func (r reader) Parties(ctx context.Context) ([]party.Party, error) {
	const q = `SELECT id, sealed_card FROM parties ORDER BY id`
	return collect(ctx, r.q, q, nil, scanParty)
}

func (r reader) Party(ctx context.Context, id party.ID) (party.Party, error) {
	const q = `SELECT id, sealed_card FROM parties WHERE id = $1`
	all, err := collect(ctx, r.q, q, []any{string(id)}, scanParty)
	return one(all, err, "party.unknown", "There is no party %s.", id)
}

func scanParty(row scanner) (p party.Party, err error) {
	var id string
	var card []byte
	if err := row.Scan(&id, &card); err != nil {
		return p, err
	}
	err = unsealJSON(card, &p, "party", id)
	return p, err
}

func (t *tx) PutParty(ctx context.Context, p party.Party, at time.Time) error {
	card, err := sealJSON(p)
	if err != nil {
		return err
	}
	const q = `
		INSERT INTO parties (id, changed_at, sealed_card) VALUES ($1, $2, $3)
		ON CONFLICT (id) DO UPDATE SET changed_at = excluded.changed_at, sealed_card = excluded.sealed_card`
	_, err = t.q.exec(ctx, q, string(p.ID), micros(at), card)
	return err
}

// one is the only row of a look-up, or a not-found fault.
func one[T any](all []T, err error, code, format string, key any) (T, error) {
	var none T
	switch {
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return none, err
	case len(all) == 0:
		return none, fault.New(fault.NotFound, code, format, key)
	}
	return all[0], nil
}
