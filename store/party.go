package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"time"

	"entente/exchange"
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

func (r reader) ConfirmedIdentities(ctx context.Context) ([]party.ID, error) {
	const q = `SELECT id FROM parties WHERE identity_confirmed = 1 ORDER BY id`
	return collect(ctx, r.q, q, nil, func(row scanner) (id party.ID, err error) {
		err = row.Scan(&id)
		return id, err
	})
}

func (t *tx) ConfirmIdentity(ctx context.Context, p party.ID, counts bool) error {
	n, err := t.q.exec(ctx, `UPDATE parties SET identity_confirmed = $1 WHERE id = $2`, flag(counts), string(p))
	return changed(n, err, "party.unknown", "There is no party %s.", p)
}

func (r reader) Makers(ctx context.Context, identity string) ([]exchange.Maker, error) {
	const q = `SELECT party, objects FROM makers WHERE identity = $1 ORDER BY party`
	return collect(ctx, r.q, q, []any{packID(identity)}, func(row scanner) (m exchange.Maker, err error) {
		err = row.Scan(&m.Party, &m.Objects)
		return m, err
	})
}

func (t *tx) CountMade(ctx context.Context, from party.ID, objects map[string]int64) error {
	rows := make([]any, 0, 3*len(objects))
	for _, identity := range slices.Sorted(maps.Keys(objects)) {
		rows = append(rows, packID(identity), string(from), objects[identity])
	}
	const q = `
		INSERT INTO makers (identity, party, objects) VALUES ($1, $2, $3)
		ON CONFLICT (identity, party) DO UPDATE SET objects = makers.objects + excluded.objects`
	return insertRows(ctx, t.q, q, 3, rows)
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
