package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"entente/exchange"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
)

// The order of a feed is kept as one column, so that a page is found by one seek
// however far into the feed it is. CROSS JOIN keeps SQLite from beginning at the
// releases. What was released under one instrument has an order of its own; f is
// the view that is asked in either.
const (
	feedHeads = `
		SELECT f.added, f.id, f.type, f.version, f.moment, f.hash, r.id, f.is_last, r.fetched_at IS NOT NULL, NULL
		FROM feed f CROSS JOIN releases r
		WHERE r.seq = f.release AND f.recipient = $1 AND f.added > $2`
	feedBytes = `
		SELECT f.added, f.id, f.type, f.version, f.moment, f.hash, r.id, f.is_last, r.fetched_at IS NOT NULL, COALESCE(o.raw, (SELECT raw FROM forms WHERE hash = f.hash))
		FROM feed f CROSS JOIN releases r
		LEFT JOIN objects o ON o.id = f.id AND o.hash = f.hash
		WHERE r.seq = f.release AND f.recipient = $1 AND f.added > $2`
	underHeads = `
		SELECT f.added, f.id, f.type, w.version, f.moment, w.hash, r.id, f.is_last, r.fetched_at IS NOT NULL, NULL
		FROM feed_under f CROSS JOIN feed w CROSS JOIN releases r
		WHERE w.recipient = f.recipient AND w.added = f.added AND r.seq = w.release AND f.recipient = $1 AND f.added > $2 AND f.instrument = $3`
	underBytes = `
		SELECT f.added, f.id, f.type, w.version, f.moment, w.hash, r.id, f.is_last, r.fetched_at IS NOT NULL, COALESCE(o.raw, (SELECT raw FROM forms WHERE hash = w.hash))
		FROM feed_under f CROSS JOIN feed w CROSS JOIN releases r
		LEFT JOIN objects o ON o.id = w.id AND o.hash = w.hash
		WHERE w.recipient = f.recipient AND w.added = f.added AND r.seq = w.release AND f.recipient = $1 AND f.added > $2 AND f.instrument = $3`
)

// feedSize is how large a page becomes before it ends early.
const feedSize = 8 << 20

// Feed asks for each object or each type in a query of its own, since the places
// of one of them are in order in an index, and merges what comes back.
func (r reader) Feed(ctx context.Context, f exchange.FeedFilter) (exchange.FeedPage, error) {
	text := map[bool]string{false: feedHeads, true: feedBytes}[f.Bytes]
	after, most := int64(0), int(limit(f.Limit))
	if !f.After.IsZero() {
		after = micros(f.After)
	}
	args := []any{string(f.Recipient), after}
	if f.Under != "" {
		text, args = map[bool]string{false: underHeads, true: underBytes}[f.Bytes], append(args, f.Under)
	}
	if f.Unreported {
		text += feedUnreported
	}
	if f.Release != "" {
		return r.feedMerged(ctx, text+feedRelease, [][]any{append(args, f.Release)}, most, f.Bytes)
	}
	text, args = feedVersions(text, args, f.Versions)
	column, keys := feedKeys(f)
	if column == "" {
		return r.feedMerged(ctx, text, [][]any{args}, most, f.Bytes)
	}
	lists := make([][]any, len(keys))
	for i, key := range keys {
		lists[i] = append(slices.Clip(args), key)
	}
	return r.feedMerged(ctx, text+column+placeholder(len(args)+1), lists, most, f.Bytes)
}

// The items of a release follow one another from its first place on, so that they
// are found without an index of their own.
const (
	feedRelease = ` AND r.id = $3
		AND f.added >= (SELECT fed FROM releases WHERE id = $3) AND f.added < (SELECT fed_upto FROM releases WHERE id = $3)`
	feedUnreported = ` AND NOT EXISTS (
		SELECT 1 FROM feed h CROSS JOIN releases q
		WHERE q.seq = h.release AND h.recipient = f.recipient AND h.id = f.id
		AND (h.added < f.added AND h.release <> f.release OR EXISTS (
			SELECT 1 FROM feed g WHERE g.recipient = h.recipient AND g.added >= q.fed AND g.added < q.fed_upto
			AND g.release = q.seq AND g.type IN ('report', 'grouping'))))`
)

// feedKeys returns the column that is compared, and with what; "" for none.
func feedKeys(f exchange.FeedFilter) (column string, keys []any) {
	switch {
	case len(f.IDs) > 0:
		for _, id := range distinct(f.IDs) {
			kind, _, _ := strings.Cut(id, "--")
			if len(f.Types) == 0 || slices.Contains(f.Types, kind) {
				keys = append(keys, packID(id))
			}
		}
		return ` AND f.id = `, keys
	case len(f.Types) > 0:
		for _, t := range distinct(f.Types) {
			keys = append(keys, t)
		}
		return ` AND f.type = `, keys
	}
	return "", nil
}

// feedMerged runs a query for each list of arguments and merges the rows up to
// the first place at which one of them was broken off.
func (r reader) feedMerged(ctx context.Context, query string, lists [][]any, most int, bytes bool) (page exchange.FeedPage, err error) {
	var upto time.Time
	for _, args := range lists {
		items, broken, err := r.feedStream(ctx, query+` ORDER BY f.added LIMIT `+placeholder(len(args)+1), append(args, most+1), bytes)
		if err != nil {
			return page, err
		}
		if last := len(items) - 1; broken && (upto.IsZero() || items[last].Added.Before(upto)) {
			upto = items[last].Added
		}
		page.Items = append(page.Items, items...)
	}
	if len(lists) > 1 {
		slices.SortFunc(page.Items, func(a, b exchange.FeedItem) int { return a.Added.Compare(b.Added) })
	}
	if !upto.IsZero() {
		page.More = true
		page.Items = slices.DeleteFunc(page.Items, func(i exchange.FeedItem) bool { return i.Added.After(upto) })
	}
	if len(page.Items) > most {
		page.Items, page.More = page.Items[:most], true
	}
	return page, nil
}

// errEnough breaks off a query whose rows have become large.
var errEnough = errors.New("enough bytes")

func (r reader) feedStream(ctx context.Context, query string, args []any, bytes bool) (items []exchange.FeedItem, broken bool, err error) {
	size := 0
	_, err = collect(ctx, r.q, query, args, func(row scanner) (struct{}, error) {
		if size >= feedSize {
			return struct{}{}, errEnough
		}
		it, err := scanFeed(row, bytes)
		items, size = append(items, it), size+len(it.Raw)
		return struct{}{}, err
	})
	if errors.Is(err, errEnough) {
		return items, true, nil
	}
	return items, false, err
}

func distinct(list []string) []string { return slices.Compact(slices.Sorted(slices.Values(list))) }

// feedVersions adds the condition on versions. A list of exact ones is padded to
// a few sizes, so that few statements are prepared.
func feedVersions(text string, args []any, v exchange.FeedVersions) (string, []any) {
	switch {
	case v.All:
		return text + ` AND f.is_shown = 1`, args
	case !v.First && len(v.Exact) == 0:
		return text + ` AND f.is_last = 1`, args
	}
	var any []string
	if v.First {
		any = append(any, `f.is_first = 1`)
	}
	if v.Last {
		any = append(any, `f.is_last = 1`)
	}
	for exact := v.Exact; len(exact) > 0; {
		n := min(len(exact), listSizes[len(listSizes)-1])
		size := fit(n)
		any = append(any, widen(`f.moment IN (`+placeholder(len(args)+1)+`)`, len(args)+1, size))
		for i := range size {
			args = append(args, exact[min(i, n-1)])
		}
		exact = exact[n:]
	}
	return text + ` AND f.is_shown = 1 AND (` + strings.Join(any, ` OR `) + `)`, args
}

// scanFeed leaves out bytes that are damaged; the scrub names them.
func scanFeed(row scanner, bytes bool) (i exchange.FeedItem, err error) {
	var raw []byte
	if err := row.Scan(instant{&i.Added}, objectID{&i.ID}, &i.Type, &i.Version, &i.Moment, digest{&i.Hash}, &i.Release, &i.Newest, &i.Fetched, &raw); err != nil {
		return i, err
	}
	if bytes && verify(raw, i.Hash, "sent form of object", i.ID) == nil {
		i.Raw = raw
	}
	return i, nil
}

func (r reader) FeedChanges(ctx context.Context, recipient party.ID, release string) (map[string]time.Time, error) {
	const (
		each = `
			SELECT r.id, MAX(n.added)
			FROM feed f CROSS JOIN feed n CROSS JOIN releases r
			WHERE f.recipient = $1 AND n.recipient = f.recipient AND n.id = f.id AND n.is_last = 1 AND r.seq = f.release
			GROUP BY r.id`
		one = `
			SELECT r.id, MAX(n.added)
			FROM releases r CROSS JOIN feed f CROSS JOIN feed n
			WHERE r.id = $2 AND f.recipient = $1 AND f.added >= r.fed AND f.added < r.fed_upto AND f.release = r.seq
			AND n.recipient = f.recipient AND n.id = f.id AND n.is_last = 1
			GROUP BY r.id`
	)
	q, args := each, []any{string(recipient)}
	if release != "" {
		q, args = one, append(args, release)
	}
	changes := map[string]time.Time{}
	_, err := collect(ctx, r.q, q, args, func(row scanner) (struct{}, error) {
		var id string
		var at time.Time
		err := row.Scan(&id, instant{&at})
		changes[id] = at
		return struct{}{}, err
	})
	return changes, err
}

func (r reader) InFeed(ctx context.Context, recipient party.ID, under, id string) (bool, error) {
	const (
		whole = `SELECT COUNT(*) FROM (SELECT 1 AS one FROM feed WHERE recipient = $1 AND id = $2 AND is_shown = 1 LIMIT 1) f`
		part  = `SELECT COUNT(*) FROM (SELECT 1 AS one FROM feed_under WHERE recipient = $1 AND id = $2 AND instrument = $3 AND is_shown = 1 LIMIT 1) f`
	)
	q, args := whole, []any{string(recipient), packID(id)}
	if under != "" {
		q, args = part, append(args, under)
	}
	var n int64
	err := r.q.row(ctx, q, args, &n)
	return n > 0, err
}

// AddToFeed gives the items of a release instants that follow all before them.
// Deleted rows count too: a cursor may stand on one.
func (t *tx) AddToFeed(ctx context.Context, release string, at time.Time, entries []exchange.FeedEntry) error {
	const find = `SELECT seq, recipient FROM releases WHERE id = $1 AND fed IS NULL`
	var seq int64
	var recipient string
	err := t.q.row(ctx, find, []any{release}, &seq, &recipient)
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.Conflict, "feed.exists", "Release %s is not there, or is in the feed of its recipient already.", release)
	}
	if err != nil {
		return err
	}
	const newest = `SELECT fed_upto FROM releases WHERE recipient = $1 AND fed IS NOT NULL ORDER BY seq DESC LIMIT 1`
	var free int64
	if err := t.q.row(ctx, newest, []any{recipient}, &free); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	rows, fed, end := lineUp(free, micros(at), entries)
	const mark = `UPDATE releases SET fed = $1, fed_upto = $2 WHERE seq = $3`
	if _, err := t.q.exec(ctx, mark, fed, end, seq); err != nil {
		return err
	}
	if err := t.arrange(ctx, view{recipient: recipient}, rows, fed); err != nil {
		return err
	}
	values := make([]any, 0, 11*len(entries))
	for i, e := range entries {
		p := rows[i]
		values = append(values, recipient, p.added, packID(e.ID), e.Type, e.Version, e.Moment, e.Hash[:], seq, p.shown, p.first, p.last)
	}
	const q = `
		INSERT INTO feed (recipient, added, id, type, version, moment, hash, release, is_shown, is_first, is_last)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`
	if err := insertRows(ctx, t.q, q, 11, values); err != nil {
		return err
	}
	under := map[string][]*place{}
	for i, e := range entries {
		for _, id := range e.Under {
			under[id] = append(under[id], &place{id: e.ID, kind: e.Type, added: rows[i].added, moment: e.Moment})
		}
	}
	return t.collectUnder(ctx, recipient, under, fed)
}

// unfeed takes the items of a release out of the feed of its recipient, and out
// of every collection of it.
func (t *tx) unfeed(ctx context.Context, release string) error {
	const find = `SELECT seq, recipient, fed, fed_upto FROM releases WHERE id = $1 AND fed IS NOT NULL`
	var seq, from, upto int64
	var recipient string
	err := t.q.row(ctx, find, []any{release}, &seq, &recipient, &from, &upto)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	const gone = `DELETE FROM feed WHERE recipient = $1 AND added >= $2 AND added < $3 AND release = $4 RETURNING id`
	ids, err := collect(ctx, t.q, gone, []any{recipient, from, upto, seq}, scanID)
	if err != nil {
		return err
	}
	if err := t.rankAgain(ctx, view{recipient: recipient}, ids); err != nil {
		return err
	}
	return t.uncollect(ctx, recipient, from, upto)
}

func scanID(row scanner) (id string, err error) {
	err = row.Scan(objectID{&id})
	return id, err
}

// unfeedErased takes out what was made of a version whose bytes are destroyed.
func (t *tx) unfeedErased(ctx context.Context, seq int64) error {
	type sent struct {
		recipient, id string
		hash          ident.Digest
	}
	const find = `
		SELECT DISTINCT r.recipient, i.sent_id, i.sent_hash
		FROM objects o JOIN release_items i ON i.object_id = o.id AND i.original = o.hash JOIN releases r ON r.seq = i.release
		WHERE o.seq = $1 AND r.fed IS NOT NULL`
	all, err := collect(ctx, t.q, find, []any{seq}, func(row scanner) (s sent, err error) {
		err = row.Scan(&s.recipient, objectID{&s.id}, digest{&s.hash})
		return s, err
	})
	if err != nil {
		return err
	}
	const gone = `DELETE FROM feed WHERE recipient = $1 AND id = $2 AND hash = $3 RETURNING added`
	for _, s := range all {
		places, err := collect(ctx, t.q, gone, []any{s.recipient, packID(s.id), s.hash[:]}, func(row scanner) (added int64, err error) {
			err = row.Scan(&added)
			return added, err
		})
		if err != nil {
			return err
		}
		if len(places) == 0 {
			continue
		}
		if err := t.rankAgain(ctx, view{recipient: s.recipient}, []string{s.id}); err != nil {
			return err
		}
		for _, at := range places {
			if err := t.uncollect(ctx, s.recipient, at, at+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// releasesAtOnce is how many releases share a commit in a backfill.
const releasesAtOnce = 100

// backfillFeeds puts releases that were made before there were feeds into them.
func backfillFeeds(ctx context.Context, t *tx) (int, error) {
	const waiting = `
		SELECT ` + releaseColumns + ` FROM releases r
		WHERE r.fed IS NULL AND r.state IN ('queued', 'delivered', 'refused') ORDER BY r.seq LIMIT $1`
	releases, err := collect(ctx, t.q, waiting, []any{releasesAtOnce}, scanRelease)
	if err != nil {
		return 0, err
	}
	for _, r := range releases {
		items, err := t.ReleaseItems(ctx, r.ID)
		if err != nil {
			return 0, err
		}
		entries, err := exchange.EntriesOf(items, func(d ident.Digest) ([]string, error) { return t.reliedOn(ctx, d) })
		if err != nil {
			return 0, err
		}
		if err := t.AddToFeed(ctx, r.ID, r.At, entries); err != nil {
			return 0, err
		}
	}
	return len(releases), nil
}
