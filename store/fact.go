package store

import (
	"context"
	"time"

	"entente/exchange"
	"entente/internal/fault"
)

func (r reader) Facts(ctx context.Context) ([]exchange.Fact, error) {
	const q = `SELECT id, sealed_fact FROM facts WHERE withdrawn_at IS NULL ORDER BY seq`
	return collect(ctx, r.q, q, nil, func(row scanner) (f exchange.Fact, err error) {
		var id string
		var sealed []byte
		if err := row.Scan(&id, &sealed); err != nil {
			return f, err
		}
		err = unsealJSON(sealed, &f, "fact", id)
		return f, err
	})
}

func (t *tx) PutFact(ctx context.Context, f exchange.Fact) error {
	sealed, err := sealJSON(f)
	if err != nil {
		return err
	}
	const q = `INSERT INTO facts (id, sealed_fact) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING`
	n, err := t.q.exec(ctx, q, f.ID, sealed)
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "fact.exists", "A fact %s is recorded already.", f.ID).
			Try("Withdraw it first, or use another id.")
	}
	return err
}

func (t *tx) WithdrawFact(ctx context.Context, id string, at time.Time) error {
	const q = `UPDATE facts SET withdrawn_at = $1 WHERE id = $2 AND withdrawn_at IS NULL`
	n, err := t.q.exec(ctx, q, micros(at), id)
	if err != nil || n > 0 {
		return err
	}
	const known = `SELECT COUNT(*) FROM facts WHERE id = $1`
	if err := t.q.row(ctx, known, []any{id}, &n); err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.NotFound, "fact.unknown", "There is no fact %s.", id)
	}
	return fault.New(fault.Conflict, "fact.withdrawn", "The fact %s was withdrawn before.", id)
}
