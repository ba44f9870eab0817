package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"entente/exchange"
)

// place is one row of a feed as far as the order of versions goes.
type place struct {
	id, kind           string // kind is read nowhere: rows are written with it
	added              int64
	moment             string
	shown, first, last int64
}

// view is the feed of a party, or the part of it that was released under one
// instrument. Which version is the oldest and the newest is worked out in each.
type view struct {
	recipient, under string // under is "" for the whole
}

// lineUp gives entries places one after the other, none before free: that of
// their own date where they have one, else at. The places are from first on and
// before end.
func lineUp(free, at int64, entries []exchange.FeedEntry) (rows []*place, first, end int64) {
	rows = make([]*place, len(entries))
	order, wish := make([]int, len(entries)), make([]int64, len(entries))
	for i, e := range entries {
		if order[i], wish[i] = i, at; !e.Dated.IsZero() {
			wish[i] = min(micros(e.Dated), at)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(wish[a], wish[b]) })
	if len(order) == 0 {
		return nil, max(free, at), max(free, at)
	}
	first = max(free, wish[order[0]])
	for _, i := range order {
		free = max(free, wish[i])
		rows[i] = &place{id: entries[i].ID, added: free, moment: entries[i].Moment}
		free++
	}
	return rows, first, free
}

// places reads all rows of some objects in a view.
func (t *tx) places(ctx context.Context, v view, ids []string) (map[string][]*place, error) {
	const (
		whole = `SELECT id, added, moment, is_shown, is_first, is_last FROM feed WHERE recipient = $1 AND id IN ($2)`
		part  = `SELECT id, added, moment, is_shown, is_first, is_last FROM feed_under WHERE recipient = $1 AND instrument = $2 AND id IN ($3)`
	)
	q, args := whole, []any{v.recipient}
	if v.under != "" {
		q, args = part, append(args, v.under)
	}
	all, err := collectIn(ctx, t.q, q, args, packIDs(distinct(ids)), func(row scanner) (*place, error) {
		p := new(place)
		return p, row.Scan(objectID{&p.id}, &p.added, &p.moment, &p.shown, &p.first, &p.last)
	})
	groups := map[string][]*place{}
	for _, p := range all {
		groups[p.id] = append(groups[p.id], p)
	}
	return groups, err
}

// arrange works out the versions of a view to which fresh rows, all of them at or
// after an instant, are about to be added.
func (t *tx) arrange(ctx context.Context, v view, fresh []*place, from int64) error {
	ids := make([]string, len(fresh))
	for i, p := range fresh {
		ids[i] = p.id
	}
	groups, err := t.places(ctx, v, ids)
	if err != nil {
		return err
	}
	for _, p := range fresh {
		groups[p.id] = append(groups[p.id], p)
	}
	return t.rank(ctx, v, groups, from)
}

// rank works out which rows of each object show a version, and which the oldest
// and the newest, and stores what changes in rows before an instant. Of two
// rows with one version the one that came first shows it: what a party has
// fetched under an id and a version stays what it is.
func (t *tx) rank(ctx context.Context, v view, groups map[string][]*place, before int64) error {
	const (
		whole = `UPDATE feed SET is_shown = $1, is_first = $2, is_last = $3 WHERE recipient = $4 AND added = $5`
		part  = `UPDATE feed_under SET is_shown = $1, is_first = $2, is_last = $3 WHERE recipient = $4 AND added = $5 AND instrument = $6`
	)
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
			q, args := whole, []any{p.shown, p.first, p.last, v.recipient, p.added}
			if v.under != "" {
				q, args = part, append(args, v.under)
			}
			if _, err := t.q.exec(ctx, q, args...); err != nil {
				return err
			}
		}
	}
	return nil
}

// forever is after every instant of a feed.
const forever = int64(1) << 62

// rankAgain works out the versions of objects some rows of which are gone.
func (t *tx) rankAgain(ctx context.Context, v view, ids []string) error {
	groups, err := t.places(ctx, v, ids)
	if err != nil {
		return err
	}
	return t.rank(ctx, v, groups, forever)
}
