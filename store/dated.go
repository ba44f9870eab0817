package store

import (
	"context"
	"time"

	"entente/internal/ident"
)

func (t *tx) GiveDate(ctx context.Context, seq int64, added time.Time) error {
	const q = `UPDATE objects SET dated = $1 WHERE seq = $2`
	n, err := t.q.exec(ctx, q, micros(added), seq)
	return changed(n, err, "object.unknown", "There is no version %d.", seq)
}

func (r reader) DatesGiven(ctx context.Context, ids []string) (map[ident.Digest]time.Time, error) {
	const q = `SELECT hash, dated FROM objects WHERE id IN ($1) AND dated IS NOT NULL`
	given := map[ident.Digest]time.Time{}
	_, err := collectIn(ctx, r.q, q, nil, packIDs(ids), func(row scanner) (struct{}, error) {
		var h ident.Digest
		var at time.Time
		err := row.Scan(digest{&h}, instant{&at})
		given[h] = at
		return struct{}{}, err
	})
	return given, err
}
