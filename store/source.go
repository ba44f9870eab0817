package store

import (
	"context"

	"entente/exchange"
	"entente/internal/fault"
)

func scanSource(row scanner) (src exchange.Source, err error) {
	var id string
	var sealed []byte
	if err := row.Scan(&id, &sealed); err != nil {
		return src, err
	}
	err = unsealJSON(sealed, &src, "source", id)
	return src, err
}

func (r reader) Sources(ctx context.Context) ([]exchange.Source, error) {
	const q = `SELECT id, sealed_source FROM sources ORDER BY seq`
	return collect(ctx, r.q, q, nil, scanSource)
}

func (r reader) Source(ctx context.Context, id string) (exchange.Source, error) {
	const q = `SELECT id, sealed_source FROM sources WHERE id = $1`
	all, err := collect(ctx, r.q, q, []any{id}, scanSource)
	return one(all, err, "source.unknown", "There is no source %s.", id)
}

func (r reader) SourceSecret(ctx context.Context, id string) ([]byte, error) {
	const q = `SELECT sealed_secret FROM sources WHERE id = $1`
	all, err := collect(ctx, r.q, q, []any{id}, func(row scanner) ([]byte, error) {
		var sealed []byte
		if err := row.Scan(&sealed); err != nil {
			return nil, err
		}
		return unseal(sealed, "credential of source", id)
	})
	return one(all, err, "source.unknown", "There is no source %s.", id)
}

func (t *tx) AddSource(ctx context.Context, src exchange.Source, secret []byte) error {
	sealed, err := sealJSON(src)
	if err != nil {
		return err
	}
	const q = `INSERT INTO sources (id, sealed_source, sealed_secret) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`
	n, err := t.q.exec(ctx, q, src.ID, sealed, seal(secret))
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "source.exists", "There is a source %s already.", src.ID)
	}
	return err
}

func (t *tx) PutSource(ctx context.Context, src exchange.Source) error {
	sealed, err := sealJSON(src)
	if err != nil {
		return err
	}
	const q = `UPDATE sources SET sealed_source = $1 WHERE id = $2`
	n, err := t.q.exec(ctx, q, sealed, src.ID)
	return knownSource(n, err, src.ID)
}

func (t *tx) RemoveSource(ctx context.Context, id string) error {
	const q = `DELETE FROM sources WHERE id = $1`
	n, err := t.q.exec(ctx, q, id)
	return knownSource(n, err, id)
}

func knownSource(n int64, err error, id string) error {
	if err == nil && n == 0 {
		return fault.New(fault.NotFound, "source.unknown", "There is no source %s.", id).Try("List them with entente source list.")
	}
	return err
}
