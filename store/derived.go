package store

import (
	"context"

	"entente/exchange"
	"entente/party"
)

func (r reader) Derivations(ctx context.Context, ids []string) ([]exchange.Derivation, error) {
	const q = `SELECT sent_id, party, object_id FROM derived WHERE sent_id IN ($1)`
	return collectIn(ctx, r.q, q, nil, packIDs(distinct(ids)), func(row scanner) (d exchange.Derivation, err error) {
		err = row.Scan(objectID{&d.ID}, &d.To, objectID{&d.Original})
		return d, err
	})
}

// addDerived remembers under which other ids a party gets objects.
func (t *tx) addDerived(ctx context.Context, to party.ID, items []exchange.ReleaseItem) error {
	var rows []any
	for _, i := range items {
		if i.SentID != i.ObjectID {
			rows = append(rows, packID(i.SentID), string(to), packID(i.ObjectID))
		}
	}
	const q = `INSERT INTO derived (sent_id, party, object_id) VALUES ($1, $2, $3) ON CONFLICT (sent_id, party, object_id) DO NOTHING`
	return insertRows(ctx, t.q, q, 3, rows)
}
