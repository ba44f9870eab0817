package store

import (
	"context"

	"entente/exchange"
	"entente/party"
)

func (r reader) Usage(ctx context.Context, p party.ID) (exchange.Usage, error) {
	const q = `SELECT party, day, day_objects, day_bytes, objects, bytes FROM usage_of_parties WHERE party = $1`
	u := exchange.Usage{Party: p}
	all, err := collect(ctx, r.q, q, []any{string(p)}, func(row scanner) (u exchange.Usage, err error) {
		err = row.Scan(&u.Party, instant{&u.Day}, &u.DayObjects, &u.DayBytes, &u.Objects, &u.Bytes)
		return u, err
	})
	if len(all) > 0 {
		u = all[0]
	}
	return u, err
}

func (r reader) Quota(ctx context.Context, p party.ID) (*exchange.Quota, error) {
	const q = `SELECT day_objects, day_bytes, objects, bytes FROM quotas WHERE party = $1`
	all, err := collect(ctx, r.q, q, []any{string(p)}, func(row scanner) (q exchange.Quota, err error) {
		err = row.Scan(&q.DayObjects, &q.DayBytes, &q.Objects, &q.Bytes)
		return q, err
	})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[0], nil
}

func (t *tx) PutUsage(ctx context.Context, u exchange.Usage) error {
	const q = `
		INSERT INTO usage_of_parties (party, day, day_objects, day_bytes, objects, bytes) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (party) DO UPDATE SET day = excluded.day, day_objects = excluded.day_objects, day_bytes = excluded.day_bytes,
			objects = excluded.objects, bytes = excluded.bytes`
	_, err := t.q.exec(ctx, q, string(u.Party), micros(u.Day), u.DayObjects, u.DayBytes, u.Objects, u.Bytes)
	return err
}

func (t *tx) PutQuota(ctx context.Context, p party.ID, quota *exchange.Quota) error {
	if quota == nil {
		_, err := t.q.exec(ctx, `DELETE FROM quotas WHERE party = $1`, string(p))
		return err
	}
	const q = `
		INSERT INTO quotas (party, day_objects, day_bytes, objects, bytes) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (party) DO UPDATE SET day_objects = excluded.day_objects, day_bytes = excluded.day_bytes,
			objects = excluded.objects, bytes = excluded.bytes`
	_, err := t.q.exec(ctx, q, string(p), quota.DayObjects, quota.DayBytes, quota.Objects, quota.Bytes)
	return err
}
