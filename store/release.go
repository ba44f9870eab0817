package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"entente/exchange"
	"entente/internal/fault"
	"entente/internal/ident"
)

const releaseColumns = `r.seq, r.id, r.recipient, r.purpose, r.at, r.epoch, r.preview, r.state, r.state_at, r.leaf, r.items, r.fetched_at, r.sealed_envelope, r.sealed_receipt`

func scanRelease(row scanner) (r exchange.Release, err error) {
	var seq int64
	var envelope, receipt []byte
	err = row.Scan(&seq, &r.ID, &r.Recipient, &r.Purpose, instant{&r.At}, &r.Epoch, digest{&r.Preview}, &r.State, instant{&r.StateAt},
		&r.Leaf, &r.Items, instant{&r.Fetched}, &envelope, &receipt)
	if err != nil {
		return r, err
	}
	if r.Envelope, err = unseal(envelope, "envelope of release", r.ID); err != nil {
		return r, err
	}
	r.Receipt, err = unseal(receipt, "receipt of release", r.ID)
	return r, err
}

func (r reader) Release(ctx context.Context, id string) (exchange.Release, error) {
	const q = `SELECT ` + releaseColumns + ` FROM releases r WHERE r.id = $1`
	all, err := collect(ctx, r.q, q, []any{id}, scanRelease)
	return one(all, err, "release.unknown", "There is no release %s.", id)
}

// ListReleases builds its text from the filters that are set, each of which has
// an index; the parts are constants.
func (r reader) ListReleases(ctx context.Context, f exchange.ReleaseFilter) ([]exchange.Release, error) {
	text := `SELECT ` + releaseColumns + ` FROM releases r WHERE r.seq <= $1`
	newest, err := r.releaseBefore(ctx, f.Before)
	if err != nil {
		return nil, err
	}
	args := []any{newest, limit(f.Limit)}
	add := func(cond string, arg any) {
		args = append(args, arg)
		text += ` AND ` + cond + placeholder(len(args))
	}
	if f.Recipient != "" {
		add(`r.recipient = `, string(f.Recipient))
	}
	if f.DecidedBefore > 0 {
		add(`r.state IN ('queued', 'delivered', 'refused') AND r.epoch < `, f.DecidedBefore)
	}
	if f.Object != "" {
		add(`r.seq IN (SELECT i.release FROM release_items i WHERE i.object_id = `, packID(f.Object))
		text += `)`
	}
	return collect(ctx, r.q, text+` ORDER BY r.seq DESC LIMIT $2`, args, scanRelease)
}

// releaseBefore returns the newest seq that may be listed.
func (r reader) releaseBefore(ctx context.Context, id string) (seq int64, err error) {
	if id == "" {
		const q = `SELECT COALESCE(MAX(seq), 0) FROM releases`
		err = r.q.row(ctx, q, nil, &seq)
		return seq, err
	}
	const q = `SELECT seq FROM releases WHERE id = $1`
	err = r.q.row(ctx, q, []any{id}, &seq)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fault.New(fault.NotFound, "release.unknown", "There is no release %s.", id)
	}
	return seq - 1, err
}

// ReleaseItems returns items whose bytes were erased with nil bytes.
func (r reader) ReleaseItems(ctx context.Context, release string) ([]exchange.ReleaseItem, error) {
	const q = `
		SELECT i.object_id, i.original, i.sent_id, i.sent_hash, i.decision, COALESCE(f.raw, o.raw)
		FROM releases r
		JOIN release_items i ON i.release = r.seq
		LEFT JOIN forms f ON f.hash = i.sent_hash
		LEFT JOIN objects o ON o.id = i.object_id AND o.hash = i.sent_hash
		WHERE r.id = $1 ORDER BY i.position`
	return collect(ctx, r.q, q, []any{release}, func(row scanner) (i exchange.ReleaseItem, err error) {
		err = row.Scan(objectID{&i.ObjectID}, digest{&i.Original}, objectID{&i.SentID}, digest{&i.SentHash}, digest{&i.Decision}, &i.Sent)
		if err != nil || i.Sent == nil {
			return i, err
		}
		return i, verify(i.Sent, i.SentHash, "sent form of object", i.ObjectID)
	})
}

func (t *tx) AddRelease(ctx context.Context, r exchange.Release, items []exchange.ReleaseItem) error {
	const q = `
		INSERT INTO releases (id, recipient, purpose, at, epoch, preview, state, state_at, leaf, items, sealed_envelope, sealed_receipt)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (id) DO NOTHING RETURNING seq`
	if r.State == "" {
		r.State = exchange.Queued
	}
	var seq int64
	err := t.q.row(ctx, q, []any{
		r.ID, string(r.Recipient), r.Purpose, micros(r.At), r.Epoch, r.Preview[:], string(r.State), micros(r.StateAt),
		r.Leaf, int64(len(items)), seal(r.Envelope), seal(r.Receipt),
	}, &seq)
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.Conflict, "release.exists", "Release %s exists already.", r.ID)
	}
	if err != nil {
		return err
	}
	var rows, forms []any
	kept := map[ident.Digest]bool{}
	for n, i := range items {
		if err := verify(i.Sent, i.SentHash, "sent form of object", i.ObjectID); err != nil {
			return err
		}
		rows = append(rows, seq, int64(n), packID(i.ObjectID), i.Original[:], packID(i.SentID), i.SentHash[:], i.Decision[:])
		if i.SentHash != i.Original && !kept[i.SentHash] {
			kept[i.SentHash] = true
			forms = append(forms, i.SentHash[:], i.Sent)
		}
	}
	const form = `INSERT INTO forms (hash, raw) VALUES ($1, $2) 
		ON CONFLICT (hash) DO UPDATE SET raw = excluded.raw WHERE forms.raw IS NULL`
	if err := insertRows(ctx, t.q, form, 2, forms); err != nil {
		return err
	}
	const item = `
		INSERT INTO release_items (release, position, object_id, original, sent_id, sent_hash, decision)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`
	if err := insertRows(ctx, t.q, item, 7, rows); err != nil {
		return err
	}
	return t.addDerived(ctx, r.Recipient, items)
}

// SetReleaseState keeps the receipt there is when it is given none. What was
// recalled or withheld leaves the feed of its recipient.
func (t *tx) SetReleaseState(ctx context.Context, id string, state exchange.ReleaseState, receipt []byte, at time.Time) error {
	const q = `
		UPDATE releases SET state = $1, state_at = $2, sealed_receipt = COALESCE($3, sealed_receipt)
		WHERE id = $4`
	n, err := t.q.exec(ctx, q, string(state), micros(at), seal(receipt), id)
	if err == nil && n > 0 && !state.MayBeThere() {
		return t.unfeed(ctx, id)
	}
	return changed(n, err, "release.unknown", "There is no release %s.", id)
}

func (t *tx) SetReleaseEpoch(ctx context.Context, id string, epoch int64) error {
	const q = `UPDATE releases SET epoch = $1 WHERE id = $2`
	n, err := t.q.exec(ctx, q, epoch, id)
	return changed(n, err, "release.unknown", "There is no release %s.", id)
}

// MarkFetched reports false when the release was fetched before.
func (t *tx) MarkFetched(ctx context.Context, id string, at time.Time) (first bool, err error) {
	const q = `UPDATE releases SET fetched_at = $1 WHERE id = $2 AND fetched_at IS NULL`
	n, err := t.q.exec(ctx, q, micros(at), id)
	return n > 0, err
}

// changed turns an update that found no row into a not-found fault.
func changed(n int64, err error, code, format string, key any) error {
	if err == nil && n == 0 {
		return fault.New(fault.NotFound, code, format, key)
	}
	return err
}
