package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"entente/exchange"
	"entente/intel"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
)

// objectMeta is what is kept of an object and never searched for.
type objectMeta struct {
	SpecVersion  string              `json:"spec,omitempty"`
	CreatedBy    string              `json:"by,omitempty"`
	UpgradedFrom ident.Digest        `json:"upgraded,omitzero"`
	Provenance   exchange.Provenance `json:"prov"`
}

const objectColumns = `seq, id, hash, type, state, version, revoked, leaf, sealed_meta, sealed_upgraded, raw`

func scanObject(row scanner) (o exchange.Stored, err error) {
	var state string
	var meta, upgraded []byte
	err = row.Scan(&o.Seq, objectID{&o.ID}, digest{&o.Hash}, &o.Type, &state, &o.Version, &o.Revoked, &o.Leaf, &meta, &upgraded, &o.Raw)
	if err != nil {
		return o, err
	}
	o.State = exchange.ObjectState(state)
	if !o.State.Gone() {
		if err := verify(o.Raw, o.Hash, "object", o.ID); err != nil {
			return o, err
		}
	}
	var m objectMeta
	if err := unsealJSON(meta, &m, "provenance of object", o.ID); err != nil {
		return o, err
	}
	o.SpecVersion, o.CreatedBy, o.Provenance = m.SpecVersion, m.CreatedBy, m.Provenance
	raw, err := unseal(upgraded, "original of object", o.ID)
	if err != nil {
		return o, err
	}
	if raw != nil {
		o.Upgraded = &intel.Upgrade{Raw: raw, Hash: m.UpgradedFrom}
		err = verify(raw, m.UpgradedFrom, "original of object", o.ID)
	}
	return o, err
}

func (r reader) Object(ctx context.Context, id string) (exchange.Stored, error) {
	all, err := r.Objects(ctx, []string{id})
	return one(all, err, "object.unknown", "There is no live object %s.", id)
}

func (r reader) Objects(ctx context.Context, ids []string) ([]exchange.Stored, error) {
	const q = `SELECT ` + objectColumns + ` FROM objects WHERE state = 'live' AND id IN ($1)`
	all, err := collectIn(ctx, r.q, q, nil, packIDs(ids), scanObject)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b exchange.Stored) int {
		return cmp.Or(strings.Compare(a.ID, b.ID), cmp.Compare(b.Seq, a.Seq))
	})
	all = slices.CompactFunc(all, func(a, b exchange.Stored) bool { return a.ID == b.ID })
	return all, r.releasedTo(ctx, all)
}

func (r reader) Version(ctx context.Context, seq int64) (exchange.Stored, error) {
	const q = `SELECT ` + objectColumns + ` FROM objects WHERE seq = $1`
	all, err := collect(ctx, r.q, q, []any{seq}, scanObject)
	if err == nil {
		err = r.releasedTo(ctx, all)
	}
	return one(all, err, "object.unknown", "There is no object version %d.", seq)
}

// releasedTo fills in who has each version. A refused or withheld release left
// nothing with its recipient; a queued one may arrive at any moment.
func (r reader) releasedTo(ctx context.Context, all []exchange.Stored) error {
	type key struct {
		id   string
		hash ident.Digest
	}
	type holder struct {
		key
		party party.ID
	}
	ids := make([]any, len(all))
	for i := range all {
		ids[i] = packID(all[i].ID)
	}
	const q = `
		SELECT DISTINCT i.object_id, i.original, r.recipient
		FROM release_items i JOIN releases r ON r.seq = i.release
		WHERE r.state IN ('queued', 'delivered') AND i.object_id IN ($1)`
	holders, err := collectIn(ctx, r.q, q, nil, ids, func(row scanner) (h holder, err error) {
		err = row.Scan(objectID{&h.id}, digest{&h.hash}, &h.party)
		return h, err
	})
	if err != nil || len(holders) == 0 {
		return err
	}
	by := map[key][]party.ID{}
	for _, h := range holders {
		by[h.key] = append(by[h.key], h.party)
	}
	for i := range all {
		to := by[key{all[i].ID, all[i].Hash}]
		slices.Sort(to)
		all[i].ReleasedTo = slices.Compact(to)
	}
	return nil
}

func (r reader) Heads(ctx context.Context, ids []string) (map[string][]exchange.Head, error) {
	type versioned struct {
		id string
		exchange.Head
	}
	const q = `
		SELECT seq, id, hash, type, state, version, revoked, origin
		FROM objects WHERE id IN ($1)`
	all, err := collectIn(ctx, r.q, q, nil, packIDs(ids), func(row scanner) (v versioned, err error) {
		var state string
		err = row.Scan(&v.Seq, objectID{&v.id}, digest{&v.Hash}, &v.Type, &state, &v.Version, &v.Revoked, &v.From)
		v.State = exchange.ObjectState(state)
		return v, err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b versioned) int { return cmp.Compare(a.Seq, b.Seq) })
	heads := make(map[string][]exchange.Head, len(ids))
	for i, v := range all {
		if i > 0 && all[i-1].Seq == v.Seq {
			continue // asked for twice
		}
		heads[v.id] = append(heads[v.id], v.Head)
	}
	return heads, nil
}

func (r reader) Attached(ctx context.Context, ids []string) ([]string, error) {
	const q = `
		SELECT o.id FROM refs r JOIN objects o ON o.seq = r.source
		WHERE o.state = 'live' AND r.target IN ($1)`
	all, err := collectIn(ctx, r.q, q, nil, packIDs(ids), func(row scanner) (id string, err error) {
		err = row.Scan(objectID{&id})
		return id, err
	})
	slices.Sort(all)
	return slices.Compact(all), err
}

// ListObjects has one text per filter, so that each uses its index.
func (r reader) ListObjects(ctx context.Context, f exchange.ObjectFilter) ([]exchange.Stored, error) {
	const (
		live   = `SELECT ` + objectColumns + ` FROM objects WHERE state = 'live' AND seq > $1`
		ofType = ` AND type = $3`
		unsent = ` AND NOT EXISTS (
			SELECT 1 FROM release_items i JOIN releases r ON r.seq = i.release
			WHERE i.object_id = objects.id AND i.original = objects.hash AND r.state IN ('queued', 'delivered'))`
		page = ` ORDER BY seq LIMIT $2`
	)
	args := []any{f.After, limit(f.Limit)}
	if f.Type != "" {
		args = append(args, f.Type)
	}
	q := live + page
	switch {
	case f.Type != "" && f.Unreleased:
		q = live + ofType + unsent + page
	case f.Type != "":
		q = live + ofType + page
	case f.Unreleased:
		q = live + unsent + page
	}
	objects, err := collect(ctx, r.q, q, args, scanObject)
	if err != nil {
		return nil, err
	}
	return objects, r.releasedTo(ctx, objects)
}

const defaultLimit = 100

func limit(n int) int64 {
	if n <= 0 {
		return defaultLimit
	}
	return int64(n)
}

func (r reader) CountObjects(ctx context.Context) (n int64, err error) {
	const q = `SELECT COUNT(*) FROM objects WHERE state = 'live'`
	err = r.q.row(ctx, q, nil, &n)
	return n, err
}

func (t *tx) AddObject(ctx context.Context, o exchange.Stored, refs []intel.Ref) (int64, error) {
	if err := verify(o.Raw, o.Hash, "object", o.ID); err != nil {
		return 0, err
	}
	if o.State == "" {
		o.State = exchange.Live
	}
	m := objectMeta{SpecVersion: o.SpecVersion, CreatedBy: o.CreatedBy, Provenance: o.Provenance}
	var upgraded any
	if o.Upgraded != nil {
		upgraded, m.UpgradedFrom = seal(o.Upgraded.Raw), o.Upgraded.Hash
	}
	meta, err := sealJSON(m)
	if err != nil {
		return 0, err
	}
	// The id is part of the bytes, so a digest is there already exactly when it
	// is there under this id.
	const q = `
		INSERT INTO objects (id, hash, type, state, version, revoked, origin, leaf, sealed_meta, sealed_upgraded, raw)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (id, hash) DO UPDATE SET
			state = excluded.state, origin = excluded.origin, leaf = excluded.leaf, sealed_meta = excluded.sealed_meta,
			sealed_upgraded = excluded.sealed_upgraded, raw = excluded.raw
		WHERE objects.state IN ('erased', 'withdrawn') RETURNING seq`
	var seq int64
	err = t.q.row(ctx, q, []any{
		packID(o.ID), o.Hash[:], o.Type, string(o.State), o.Version, flag(o.Revoked),
		string(o.Provenance.From), o.Leaf, meta, upgraded, o.Raw,
	}, &seq)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fault.New(fault.Conflict, "object.exists", "This version of %s is stored already.", o.ID)
	}
	if err != nil {
		return 0, err
	}
	if err := t.describe(ctx, seq, o); err != nil {
		return 0, err
	}
	return seq, t.addRefs(ctx, seq, o.Type, refs)
}

// addRefs remembers what an object is attached to. Only the types that Attached
// returns are indexed, and only the references that say what they are about:
// every object has a creator and a marking, and an index entry for those would
// cost more than the object.
func (t *tx) addRefs(ctx context.Context, seq int64, kind string, refs []intel.Ref) error {
	switch kind {
	case "relationship", "sighting", "note", "opinion", "language-content":
	default:
		return nil
	}
	var args []any
	seen := map[string]bool{}
	for _, ref := range refs {
		if seen[ref.ID] || !isSubject(ref.Path) {
			continue
		}
		seen[ref.ID] = true
		args = append(args, packID(ref.ID), seq)
	}
	const q = `INSERT INTO refs (target, source) VALUES ($1, $2) ON CONFLICT (target, source) DO NOTHING`
	return insertRows(ctx, t.q, q, 2, args)
}

func isSubject(path string) bool {
	name, _, _ := strings.Cut(path, ".")
	return name != "created_by_ref" && name != "object_marking_refs" && name != "granular_markings"
}

func (t *tx) SetObjectState(ctx context.Context, seq int64, state exchange.ObjectState) error {
	// What is destroyed stays so; that it never counted may be seen only later.
	const q = `UPDATE objects SET state = $1 WHERE seq = $2 AND (state NOT IN ('erased', 'withdrawn') OR state = 'erased' AND $3 = 1)`
	n, err := t.q.exec(ctx, q, string(state), seq, flag(state == exchange.Withdrawn))
	if err != nil {
		return err
	}
	if n == 0 {
		return t.noSuchVersion(ctx, seq, state)
	}
	if err := t.redescribe(ctx, seq, state); err != nil || !state.Gone() {
		return err
	}
	return t.eraseObject(ctx, seq)
}

func (t *tx) TakeOver(ctx context.Context, seq int64, by exchange.Provenance, leaf int64) error {
	const find = `SELECT sealed_meta FROM objects WHERE seq = $1`
	var sealed []byte
	if err := t.q.row(ctx, find, []any{seq}, &sealed); err != nil {
		return err
	}
	var m objectMeta
	if err := unsealJSON(sealed, &m, "provenance of object", seq); err != nil {
		return err
	}
	m.Provenance = by
	meta, err := sealJSON(m)
	if err != nil {
		return err
	}
	const q = `UPDATE objects SET origin = $1, sealed_meta = $2, leaf = $3 WHERE seq = $4`
	if _, err := t.q.exec(ctx, q, string(by.From), meta, leaf, seq); err != nil {
		return err
	}
	return t.redescribe(ctx, seq, exchange.Overtaken) // it is described anew, with whose it is, when its state is set
}

func (t *tx) noSuchVersion(ctx context.Context, seq int64, state exchange.ObjectState) error {
	const q = `SELECT COUNT(*) FROM objects WHERE seq = $1`
	var n int64
	if err := t.q.row(ctx, q, []any{seq}, &n); err != nil {
		return err
	}
	switch {
	case n == 0:
		return fault.New(fault.NotFound, "object.unknown", "There is no object version %d.", seq)
	case state.Gone():
		return nil
	}
	return fault.New(fault.Conflict, "object.erased", "Object version %d was erased; its bytes cannot come back.", seq)
}

// eraseObject destroys the bytes of a version everywhere they are kept: itself,
// the 2.0 form it was made from, the forms in which it left, and a copy that was
// set aside.
func (t *tx) eraseObject(ctx context.Context, seq int64) error {
	const (
		object = `UPDATE objects SET raw = NULL, sealed_upgraded = NULL WHERE seq = $1`
		forms  = `
			UPDATE forms SET raw = NULL WHERE hash IN (
				SELECT i.sent_hash FROM release_items i JOIN objects o ON o.id = i.object_id AND o.hash = i.original
				WHERE o.seq = $1)`
		copies = `UPDATE quarantine SET sealed_raw = NULL WHERE hash = (SELECT hash FROM objects WHERE seq = $1)`
	)
	for _, q := range []string{object, forms, copies} {
		if _, err := t.q.exec(ctx, q, seq); err != nil {
			return err
		}
	}
	t.b.erased = true
	if err := t.forgetContributed(ctx, seq); err != nil {
		return err
	}
	return t.unfeedErased(ctx, seq)
}
