package store

import (
	"context"
	"maps"
	"slices"

	"entente/exchange"
	"entente/internal/ident"
	"entente/party"
)

func (r reader) FeedInstruments(ctx context.Context, recipient party.ID) ([]string, error) {
	const q = `SELECT instrument FROM feed_collections WHERE recipient = $1 ORDER BY instrument`
	return collect(ctx, r.q, q, []any{string(recipient)}, func(row scanner) (id string, err error) {
		err = row.Scan(&id)
		return id, err
	})
}

// collectUnder puts rows of a feed, none of them before an instant, into the
// collections of the instruments that opened the way for them.
func (t *tx) collectUnder(ctx context.Context, recipient string, under map[string][]*place, from int64) error {
	const (
		open = `INSERT INTO feed_collections (recipient, instrument) VALUES ($1, $2) ON CONFLICT (recipient, instrument) DO NOTHING`
		add  = `
			INSERT INTO feed_under (recipient, instrument, added, id, type, moment, is_shown, is_first, is_last)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
	)
	for _, id := range slices.Sorted(maps.Keys(under)) {
		if _, err := t.q.exec(ctx, open, recipient, id); err != nil {
			return err
		}
		if err := t.arrange(ctx, view{recipient, id}, under[id], from); err != nil {
			return err
		}
		values := make([]any, 0, 9*len(under[id]))
		for _, p := range under[id] {
			values = append(values, recipient, id, p.added, packID(p.id), p.kind, p.moment, p.shown, p.first, p.last)
		}
		if err := insertRows(ctx, t.q, add, 9, values); err != nil {
			return err
		}
	}
	return nil
}

// uncollect takes rows at some places out of every collection of a party. The
// collections stay: a client that asks for one goes on.
func (t *tx) uncollect(ctx context.Context, recipient string, from, upto int64) error {
	instruments, err := t.FeedInstruments(ctx, party.ID(recipient))
	if err != nil {
		return err
	}
	const gone = `DELETE FROM feed_under WHERE recipient = $1 AND instrument = $2 AND added >= $3 AND added < $4 RETURNING id`
	for _, id := range instruments {
		ids, err := collect(ctx, t.q, gone, []any{recipient, id, from, upto}, scanID)
		if err != nil {
			return err
		}
		if err := t.rankAgain(ctx, view{recipient, id}, ids); err != nil {
			return err
		}
	}
	return nil
}

// backfillCollections puts what came into the feeds before there were
// collections into them.
func backfillCollections(ctx context.Context, t *tx) (int, error) {
	type release struct {
		seq, fed, items int64
		recipient       string
	}
	const waiting = `SELECT seq, fed, items, recipient FROM releases WHERE fed IS NOT NULL AND fed_upto IS NULL ORDER BY seq LIMIT $1`
	releases, err := collect(ctx, t.q, waiting, []any{releasesAtOnce}, func(row scanner) (r release, err error) {
		err = row.Scan(&r.seq, &r.fed, &r.items, &r.recipient)
		return r, err
	})
	if err != nil {
		return 0, err
	}
	for _, r := range releases {
		under, err := t.earlierUnder(ctx, r.seq, r.recipient, r.fed, r.fed+r.items)
		if err != nil {
			return 0, err
		}
		if err := t.collectUnder(ctx, r.recipient, under, r.fed); err != nil {
			return 0, err
		}
		const mark = `UPDATE releases SET fed_upto = $1 WHERE seq = $2`
		if _, err := t.q.exec(ctx, mark, r.fed+r.items, r.seq); err != nil {
			return 0, err
		}
	}
	return len(releases), nil
}

// earlierUnder works out from the decisions on a release what of it belongs into
// which collection.
func (t *tx) earlierUnder(ctx context.Context, release int64, recipient string, from, upto int64) (map[string][]*place, error) {
	type form struct {
		id   string
		hash ident.Digest
	}
	const rows = `SELECT id, type, added, moment, hash FROM feed WHERE recipient = $1 AND added >= $2 AND added < $3 AND release = $4`
	there := map[form]*place{}
	_, err := collect(ctx, t.q, rows, []any{recipient, from, upto, release}, func(row scanner) (struct{}, error) {
		p, h := new(place), ident.Digest{}
		err := row.Scan(objectID{&p.id}, &p.kind, &p.added, &p.moment, digest{&h})
		there[form{p.id, h}] = p
		return struct{}{}, err
	})
	if err != nil || len(there) == 0 {
		return nil, err
	}
	const items = `SELECT sent_id, sent_hash, decision FROM release_items WHERE release = $1 ORDER BY position`
	type item struct {
		form
		decision ident.Digest
	}
	all, err := collect(ctx, t.q, items, []any{release}, func(row scanner) (i item, err error) {
		err = row.Scan(objectID{&i.id}, digest{&i.hash}, digest{&i.decision})
		return i, err
	})
	if err != nil {
		return nil, err
	}
	under := map[string][]*place{}
	for _, i := range all {
		p, ok := there[i.form]
		if !ok {
			continue
		}
		instruments, err := t.reliedOn(ctx, i.decision)
		if err != nil {
			return nil, err
		}
		for _, id := range instruments {
			row := *p
			under[id] = append(under[id], &row)
		}
		delete(there, i.form) // once, though two objects may have been sent in one form
	}
	return under, nil
}

// reliedOn reads a decision that was kept. A damaged one, or one from a time that
// wrote it differently, does not stop the node: what it let out stays in the
// whole feed, and the scrub names it.
func (t *tx) reliedOn(ctx context.Context, decision ident.Digest) ([]string, error) {
	const q = `SELECT body FROM decisions WHERE digest = $1 ORDER BY seq DESC LIMIT 1`
	all, err := collect(ctx, t.q, q, []any{decision[:]}, func(row scanner) (body []byte, err error) {
		err = row.Scan(&body)
		return body, err
	})
	if err != nil || len(all) == 0 || verify(all[0], decision, "decision", decision) != nil {
		return nil, err
	}
	instruments, err := exchange.ReliedOn(all[0])
	if err != nil {
		return nil, nil //nolint:nilerr // as above
	}
	return instruments, nil
}
