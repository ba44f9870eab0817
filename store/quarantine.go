package store

import (
	"context"

	"entente/exchange"
)

func (r reader) Quarantined(ctx context.Context, after int64, n int) ([]exchange.Quarantine, error) {
	const q = `
		SELECT seq, at, origin, source, object_id, pointer, code, detail, next, hash, sealed_raw
		FROM quarantine WHERE seq > $1 ORDER BY seq LIMIT $2`
	return collect(ctx, r.q, q, []any{after, limit(n)}, scanQuarantine)
}

func scanQuarantine(row scanner) (v exchange.Quarantine, err error) {
	var raw []byte
	err = row.Scan(&v.Seq, instant{&v.At}, &v.From, &v.Source, &v.ObjectID, &v.Pointer, &v.Code, &v.Detail, &v.Next, digest{&v.Hash}, &raw)
	if err != nil {
		return v, err
	}
	v.Raw, err = unseal(raw, "quarantined object", v.Seq)
	return v, err
}

// AddQuarantine keeps texts that may hold foreign bytes printable: PostgreSQL
// refuses NUL and bad UTF-8 in text, and the bytes themselves are in Raw.
func (t *tx) AddQuarantine(ctx context.Context, v exchange.Quarantine) error {
	const q = `
		INSERT INTO quarantine (at, origin, source, object_id, pointer, code, detail, next, hash, sealed_raw)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
	_, err := t.q.exec(ctx, q, micros(v.At), string(v.From), printable(v.Source), printable(v.ObjectID), printable(v.Pointer),
		v.Code, printable(v.Detail), printable(v.Next), v.Hash[:], seal(v.Raw))
	return err
}
