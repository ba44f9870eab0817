package store

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"entente/exchange"
	"entente/intel/search"
)

// The words of an object are a column of one table; an index of the database
// over it answers the search. FTS5 finds the newest first by itself, without
// looking at the others.
const (
	searchAll = `SELECT s.seq, s.type, s.tlp, s.origin, s.year FROM search_objects s WHERE TRUE`
	searchFTS = `
		SELECT s.seq, s.type, s.tlp, s.origin, s.year FROM search_text t CROSS JOIN search_objects s
		WHERE s.seq = t.rowid AND t.search_text MATCH $1`
	searchLexemes = `
		SELECT s.seq, s.type, s.tlp, s.origin, s.year FROM search_words w JOIN search_objects s ON s.seq = w.seq
		WHERE w.words @@ CAST(CAST($1 AS text) AS tsquery)`
)

func (sqlite) searchText() (query, seq string)   { return searchFTS, "t.rowid" }
func (postgres) searchText() (query, seq string) { return searchLexemes, "w.seq" }

func (sqlite) document(words []string) string { return strings.Join(words, " ") }

// most a tsvector can hold: places of words, and places of one word.
const (
	mostPlaces       = 16_383
	mostPlacesOfWord = 255
)

func (postgres) document(words []string) string {
	places := map[string][]string{}
	var order []string
	for i, w := range words[:min(len(words), mostPlaces)] {
		if places[w] == nil {
			order = append(order, w)
		}
		if len(places[w]) < mostPlacesOfWord {
			places[w] = append(places[w], strconv.Itoa(i+1))
		}
	}
	var b strings.Builder
	for _, w := range order {
		b.WriteString("'" + w + "':" + strings.Join(places[w], ",") + " ")
	}
	return b.String()
}

// match needs no escaping: words consist of letters, digits and the gap's "=".
func (sqlite) match(q search.Query) string {
	return matching(q, " AND ", " OR ", func(phrase []string) string {
		all, begins := strings.CutSuffix(strings.Join(phrase, " "), search.Rest)
		if begins {
			return `"` + all + `"*`
		}
		return `"` + all + `"`
	})
}

func (postgres) match(q search.Query) string {
	return matching(q, " & ", " | ", func(phrase []string) string {
		all, begins := strings.CutSuffix(strings.Join(phrase, "' <-> '"), search.Rest)
		if begins {
			return "('" + all + "':*)"
		}
		return "('" + all + "')"
	})
}

func matching(q search.Query, and, or string, quote func(phrase []string) string) string {
	var all []string
	for _, p := range q.Phrases {
		all = append(all, quote(p))
	}
	for _, marks := range q.Marks {
		var any []string
		for _, m := range marks {
			any = append(any, quote([]string{m}))
		}
		all = append(all, "("+strings.Join(any, or)+")")
	}
	return strings.Join(all, and)
}

func (r reader) Search(ctx context.Context, f exchange.SearchFilter) ([]exchange.SearchRow, error) {
	q, text, seq := f.Query, searchAll, "s.seq"
	var args []any
	if len(q.Phrases)+len(q.Marks) > 0 {
		text, seq = r.q.dialect.searchText()
		args = append(args, r.q.dialect.match(q))
	}
	// A condition that narrows nothing still makes a database expect fewer rows,
	// and begin at the wrong end; so there are only those that were asked for.
	compare := func(asked bool, condition string, value int64) {
		if asked {
			args = append(args, value)
			text += ` AND ` + condition + placeholder(len(args))
		}
	}
	compare(f.After > 0, seq+` < `, f.After)
	compare(!q.After.IsZero(), `s.at >= `, micros(q.After))
	compare(!q.Before.IsZero(), `s.at < `, micros(q.Before))
	in := func(condition string, list []any) {
		n, size := len(args)+1, fit(len(list))
		text += widen(condition+"("+placeholder(n)+"))", n, size)
		for i := range size {
			args = append(args, list[min(i, len(list)-1)])
		}
	}
	for _, values := range q.Values {
		in(` AND s.seq IN (SELECT object FROM atoms WHERE value IN `, anys(values))
	}
	if len(q.IDs) > 0 {
		in(` AND s.seq IN (SELECT seq FROM objects WHERE state = 'live' AND id IN `, packIDs(q.IDs))
	}
	text += ` ORDER BY ` + seq + ` DESC LIMIT ` + placeholder(len(args)+1)
	return collect(ctx, r.q, text, append(args, limit(f.Most)), func(row scanner) (s exchange.SearchRow, err error) {
		err = row.Scan(&s.Seq, &s.Type, &s.TLP, &s.From, &s.Year)
		return s, err
	})
}

func anys(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

func (r reader) Holders(ctx context.Context, values []string, most int) ([]exchange.Holder, error) {
	const q = `
		SELECT a.object, a.kind, a.value, o.id, s.type, s.tlp, s.origin
		FROM atoms a JOIN search_objects s ON s.seq = a.object JOIN objects o ON o.seq = a.object
		WHERE a.value IN ($2) ORDER BY a.object DESC, a.value, a.kind LIMIT $1`
	all, err := collectIn(ctx, r.q, q, []any{limit(most)}, anys(values), func(row scanner) (h exchange.Holder, err error) {
		err = row.Scan(&h.Seq, &h.Kind, &h.Value, objectID{&h.ID}, &h.Type, &h.TLP, &h.From)
		return h, err
	})
	slices.SortStableFunc(all, func(a, b exchange.Holder) int { return int(b.Seq - a.Seq) })
	return all[:min(len(all), int(limit(most)))], err
}

func (r reader) Duplicates(ctx context.Context, f exchange.DuplicateFilter) ([]exchange.Duplicate, error) {
	const q = `
		SELECT a.kind, a.value, COUNT(*), COUNT(DISTINCT o.origin)
		FROM atoms a JOIN search_objects o ON o.seq = a.object
		WHERE ($1 = '' OR a.kind = $1) AND a.kind <> 'attack'
		GROUP BY a.value, a.kind HAVING COUNT(*) > 1 AND COUNT(DISTINCT o.origin) > $2
		ORDER BY COUNT(*) DESC, a.value, a.kind LIMIT $3`
	return collect(ctx, r.q, q, []any{f.Kind, flag(f.Parties), limit(f.Limit)}, func(row scanner) (d exchange.Duplicate, err error) {
		err = row.Scan(&d.Kind, &d.Value, &d.Objects, &d.Parties)
		return d, err
	})
}

func (r reader) Versions(ctx context.Context, seqs []int64) ([]exchange.Stored, error) {
	const q = `SELECT ` + objectColumns + ` FROM objects WHERE seq IN ($1)`
	list := make([]any, len(seqs))
	for i, seq := range seqs {
		list[i] = seq
	}
	all, err := collectIn(ctx, r.q, q, nil, list, scanObject)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b exchange.Stored) int { return int(a.Seq - b.Seq) })
	all = slices.CompactFunc(all, func(a, b exchange.Stored) bool { return a.Seq == b.Seq })
	return all, r.releasedTo(ctx, all)
}

func (r reader) CountWaiting(ctx context.Context) (n int64, err error) {
	const q = `SELECT COUNT(*) FROM search_objects WHERE waiting > 0`
	err = r.q.row(ctx, q, nil, &n)
	return n, err
}

func (r reader) Waiting(ctx context.Context, most int) ([]exchange.Waiting, error) {
	const (
		some = `SELECT seq, waiting FROM search_objects WHERE waiting > 0 ORDER BY seq DESC LIMIT $1`
		one  = `SELECT ` + objectColumns + ` FROM objects WHERE seq = $1`
	)
	all, err := collect(ctx, r.q, some, []any{limit(most)}, func(row scanner) (w exchange.Waiting, err error) {
		var waiting int64
		err = row.Scan(&w.Seq, &waiting)
		w.Whole = waiting > 1
		return w, err
	})
	for i := range all {
		// One by one, so that a damaged one takes no other with it.
		found, err := collect(ctx, r.q, one, []any{all[i].Seq}, scanObject)
		if err == nil && len(found) == 1 {
			all[i].Stored = found[0]
		} else if r.q.failed != nil {
			return nil, err
		}
	}
	return all, err
}

// What of an object waits to be indexed.
const (
	waitsForWords = 1
	waitsForAll   = 2
)

// describe keeps what a new version is found by. Its words follow: an index of
// words costs more than the object, so somebody who waits for the object does
// not wait for them.
func (t *tx) describe(ctx context.Context, seq int64, o exchange.Stored) error {
	if o.State != exchange.Live {
		return nil
	}
	const q = `INSERT INTO search_objects (seq, type, tlp, origin, year, at, waiting) VALUES ($1, $2, $3, $4, $5, $6, $7)`
	var e search.Entry
	waiting := waitsForAll
	if o.Entry != nil {
		e, waiting = *o.Entry, waitsForWords
	}
	err := t.q.later(ctx, q, seq, o.Type, e.TLP, string(o.Provenance.From), printable(e.Year), micros(o.Provenance.At), int64(waiting))
	if err != nil {
		return err
	}
	return t.addAtoms(ctx, seq, e)
}

func (t *tx) addAtoms(ctx context.Context, seq int64, e search.Entry) error {
	const q = `INSERT INTO atoms (object, kind, value) VALUES ($1, $2, $3)`
	args := make([]any, 0, 3*len(e.Atoms))
	for _, a := range e.Atoms {
		args = append(args, seq, string(a.Kind), a.Value)
	}
	return eachRun(q, 3, args, func(query string, args []any) error { return t.q.later(ctx, query, args...) })
}

// redescribe follows a change of state: only what is live is found.
func (t *tx) redescribe(ctx context.Context, seq int64, state exchange.ObjectState) error {
	if state == exchange.Live {
		const q = `
			INSERT INTO search_objects (seq, type, tlp, origin, year, at, waiting)
			SELECT seq, type, '', origin, '', 0, 2 FROM objects WHERE seq = $1 ON CONFLICT (seq) DO NOTHING`
		_, err := t.q.exec(ctx, q, seq)
		return err
	}
	const (
		words  = `DELETE FROM search_words WHERE seq = $1`
		atoms  = `DELETE FROM atoms WHERE object = $1`
		object = `DELETE FROM search_objects WHERE seq = $1`
	)
	for _, q := range []string{words, atoms, object} {
		if _, err := t.q.exec(ctx, q, seq); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) Index(ctx context.Context, seq int64, e search.Entry) error {
	const whole = `UPDATE search_objects SET tlp = $1, year = $2, at = $3, waiting = 1 WHERE seq = $4 AND waiting = 2`
	n, err := t.q.exec(ctx, whole, e.TLP, printable(e.Year), micros(e.At), seq)
	if err != nil {
		return err
	}
	if n > 0 {
		if err := t.addAtoms(ctx, seq, e); err != nil {
			return err
		}
	}
	const done = `UPDATE search_objects SET waiting = 0 WHERE seq = $1 AND waiting = 1`
	if n, err = t.q.exec(ctx, done, seq); err != nil || n == 0 {
		return err
	}
	const q = `INSERT INTO search_words (seq, words) VALUES ($1, $2)`
	return t.q.later(ctx, q, seq, t.q.dialect.document(e.Document()))
}
