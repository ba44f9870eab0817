package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"maps"
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
// releases.
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
)

// feedSize is how large a page becomes before it ends early.
const feedSize = 8 << 20

// Feed asks for each object or each type in a query of its own, since the places
// of one of them are in order in an index, and merges what comes back.
func (r reader) Feed(ctx context.Context, f exchange.FeedFilter) (exchange.FeedPage, error) {
	text := feedHeads
	if f.Bytes {
		text = feedBytes
	}
	after, most := int64(0), int(limit(f.Limit))
	if !f.After.IsZero() {
		after = micros(f.After)
	}
	args := []any{string(f.Recipient), after, most + 1}
	if f.Unreported {
		text += feedUnreported
	}
	if f.Release != "" {
		return r.feedMerged(ctx, text+feedRelease+feedOrder, [][]any{append(args, f.Release)}, most, f.Bytes)
	}
	text, args = feedVersions(text, args, f.Versions)
	column, keys := feedKeys(f)
	if column == "" {
		return r.feedMerged(ctx, text+feedOrder, [][]any{args}, most, f.Bytes)
	}
	lists := make([][]any, len(keys))
	for i, key := range keys {
		lists[i] = append(slices.Clip(args), key)
	}
	return r.feedMerged(ctx, text+column+placeholder(len(args)+1)+feedOrder, lists, most, f.Bytes)
}

// The items of a release follow one another from its first place on, so that they
// are found without an index of their own.
const (
	feedRelease = ` AND r.id = $4
		AND f.added >= (SELECT fed FROM releases WHERE id = $4) AND f.added < (SELECT fed + items FROM releases WHERE id = $4)`
	feedUnreported = ` AND NOT EXISTS (
		SELECT 1 FROM feed h CROSS JOIN releases q
		WHERE q.seq = h.release AND h.recipient = f.recipient AND h.id = f.id
		AND (h.added < f.added AND h.release <> f.release OR EXISTS (
			SELECT 1 FROM feed g WHERE g.recipient = h.recipient AND g.added >= q.fed AND g.added < q.fed + q.items
			AND g.release = q.seq AND g.type IN ('report', 'grouping'))))`
)

const feedOrder = ` ORDER BY f.added LIMIT $3`

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
		items, broken, err := r.feedStream(ctx, query, args, bytes)
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
			WHERE r.id = $2 AND f.recipient = $1 AND f.added >= r.fed AND f.added < r.fed + r.items AND f.release = r.seq
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

func (r reader) InFeed(ctx context.Context, recipient party.ID, id string) (bool, error) {
	const q = `SELECT COUNT(*) FROM (SELECT 1 AS one FROM feed WHERE recipient = $1 AND id = $2 AND is_shown = 1 LIMIT 1) f`
	var n int64
	err := r.q.row(ctx, q, []any{string(recipient), packID(id)}, &n)
	return n > 0, err
}

// place is one row of a feed as far as the order of versions goes.
type place struct {
	id                 string
	added              int64
	moment             string
	shown, first, last int64
}

// AddToFeed gives the items of a release the instants that follow all before
// them. Deleted rows count too: a cursor may stand on one.
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
	const newest = `SELECT fed + items FROM releases WHERE recipient = $1 AND fed IS NOT NULL ORDER BY seq DESC LIMIT 1`
	var next int64
	if err := t.q.row(ctx, newest, []any{recipient}, &next); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	next = max(next, micros(at))
	const mark = `UPDATE releases SET fed = $1 WHERE seq = $2`
	if _, err := t.q.exec(ctx, mark, next, seq); err != nil {
		return err
	}
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = e.ID
	}
	groups, err := t.places(ctx, recipient, ids)
	if err != nil {
		return err
	}
	fresh := make([]*place, len(entries))
	for i, e := range entries {
		fresh[i] = &place{id: e.ID, added: next + int64(i), moment: e.Moment}
		groups[e.ID] = append(groups[e.ID], fresh[i])
	}
	if err := t.rank(ctx, recipient, groups, next); err != nil {
		return err
	}
	rows := make([]any, 0, 11*len(entries))
	for i, e := range entries {
		p := fresh[i]
		rows = append(rows, recipient, p.added, packID(e.ID), e.Type, e.Version, e.Moment, e.Hash[:], seq, p.shown, p.first, p.last)
	}
	const q = `
		INSERT INTO feed (recipient, added, id, type, version, moment, hash, release, is_shown, is_first, is_last)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`
	return insertRows(ctx, t.q, q, 11, rows)
}

// places reads all rows of some objects in a party's feed.
func (t *tx) places(ctx context.Context, recipient string, ids []string) (map[string][]*place, error) {
	const q = `SELECT id, added, moment, is_shown, is_first, is_last FROM feed WHERE recipient = $1 AND id IN ($2)`
	all, err := collectIn(ctx, t.q, q, []any{recipient}, packIDs(distinct(ids)), func(row scanner) (*place, error) {
		p := new(place)
		return p, row.Scan(objectID{&p.id}, &p.added, &p.moment, &p.shown, &p.first, &p.last)
	})
	groups := map[string][]*place{}
	for _, p := range all {
		groups[p.id] = append(groups[p.id], p)
	}
	return groups, err
}

// rank works out which rows of each object show a version, and which the oldest
// and the newest, and stores what changes in rows before an instant. Of two
// rows with one version the one that came first shows it: what a party has
// fetched under an id and a version stays what it is.
func (t *tx) rank(ctx context.Context, recipient string, groups map[string][]*place, before int64) error {
	const q = `UPDATE feed SET is_shown = $1, is_first = $2, is_last = $3 WHERE recipient = $4 AND added = $5`
	for _, id := range slices.Sorted(maps.Keys(groups)) {
		group := groups[id]
		slices.SortFunc(group, func(a, b *place) int {
			return cmp.Or(strings.Compare(a.moment, b.moment), cmp.Compare(a.added, b.added))
		})
		newest := group[len(group)-1].moment
		for i, p := range group {
			was := *p
			p.shown = flag(i == 0 || group[i-1].moment != p.moment)
			p.first, p.last = flag(i == 0), p.shown*flag(p.moment == newest)
			if *p == was || p.added >= before {
				continue
			}
			if _, err := t.q.exec(ctx, q, p.shown, p.first, p.last, recipient, p.added); err != nil {
				return err
			}
		}
	}
	return nil
}

// forever is after every instant of a feed.
const forever = int64(1) << 62

// unfeed takes the items of a release out of the feed of its recipient.
func (t *tx) unfeed(ctx context.Context, release string) error {
	const find = `SELECT seq, recipient, fed, items FROM releases WHERE id = $1 AND fed IS NOT NULL`
	var seq, from, items int64
	var recipient string
	err := t.q.row(ctx, find, []any{release}, &seq, &recipient, &from, &items)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	const gone = `DELETE FROM feed WHERE recipient = $1 AND added >= $2 AND added < $3 AND release = $4 RETURNING id`
	ids, err := collect(ctx, t.q, gone, []any{recipient, from, from + items, seq}, scanID)
	if err != nil {
		return err
	}
	return t.rankAgain(ctx, recipient, ids)
}

func (t *tx) rankAgain(ctx context.Context, recipient string, ids []string) error {
	groups, err := t.places(ctx, recipient, ids)
	if err != nil {
		return err
	}
	return t.rank(ctx, recipient, groups, forever)
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
	const gone = `DELETE FROM feed WHERE recipient = $1 AND id = $2 AND hash = $3`
	for _, s := range all {
		n, err := t.q.exec(ctx, gone, s.recipient, packID(s.id), s.hash[:])
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		if err := t.rankAgain(ctx, s.recipient, []string{s.id}); err != nil {
			return err
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
		if err := t.AddToFeed(ctx, r.ID, r.At, exchange.EntriesOf(items)); err != nil {
			return 0, err
		}
	}
	return len(releases), nil
}
