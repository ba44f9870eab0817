package store

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"entente/exchange"
	"entente/internal/ident"
	"entente/party"
)

// Offered returns versions in the order of their digests: any order will do that
// follows from what the party sent and nothing else.
func (r reader) Offered(ctx context.Context, from party.ID, ids []string) (map[string][]exchange.Offered, error) {
	const q = `SELECT id, hash, version, revoked, state, content, source FROM offered WHERE party = $1 AND id IN ($2)`
	all, err := collectIn(ctx, r.q, q, []any{string(from)}, packIDs(distinct(ids)), scanOffered)
	slices.SortFunc(all, func(a, b exchange.Offered) int {
		return cmp.Or(strings.Compare(a.ID, b.ID), slices.Compare(a.Hash[:], b.Hash[:]))
	})
	rows := make(map[string][]exchange.Offered, len(ids))
	for _, o := range slices.CompactFunc(all, func(a, b exchange.Offered) bool { return a.ID == b.ID && a.Hash == b.Hash }) {
		rows[o.ID] = append(rows[o.ID], o)
	}
	return rows, err
}

func scanOffered(row scanner) (o exchange.Offered, err error) {
	var state string
	var content, source []byte
	if err = row.Scan(objectID{&o.ID}, digest{&o.Hash}, &o.Version, &o.Revoked, &state, &content, &source); err != nil {
		return o, err
	}
	o.State = exchange.ObjectState(state)
	copy(o.Content[:], content)
	copy(o.Source[:], source)
	return o, nil
}

func (t *tx) PutOffered(ctx context.Context, from party.ID, versions []exchange.Offered) error {
	rows := make([]any, 0, 8*len(versions))
	for i := range versions {
		o := &versions[i]
		rows = append(rows, string(from), packID(o.ID), o.Hash[:], o.Version, flag(o.Revoked), string(o.State), maybeDigest(&o.Content), maybeDigest(&o.Source))
	}
	const q = `
		INSERT INTO offered (party, id, hash, version, revoked, state, content, source)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (party, id, hash) DO UPDATE SET state = excluded.state, content = excluded.content, source = excluded.source`
	return insertRows(ctx, t.q, q, 8, rows)
}

// maybeDigest is NULL for the zero digest.
func maybeDigest(d *ident.Digest) any {
	if d.IsZero() {
		return nil
	}
	return d[:]
}
