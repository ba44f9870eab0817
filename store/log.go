package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"entente/exchange"
	"entente/internal/fault"
	"entente/transparency"
)

// Sequencer appends leaves to a tree and signs the result; *transparency.Log is one.
type Sequencer interface {
	Integrate(last transparency.Head, edge transparency.Edge, leaves []tlog.Hash) (transparency.Update, error)
}

// reader implements [exchange.Reader] on one session; the comments are on the
// interface.
type reader struct {
	q       *session
	pending *batch // the batch of a Tx, whose entries are not in the tables yet
}

// tx implements [exchange.Tx]; the comments are on the interface.
type tx struct {
	reader
	b *batch
}

var _ exchange.Tx = (*tx)(nil)

func (t *tx) Append(ctx context.Context, e transparency.Entry) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if len(e.Body) == 0 {
		return 0, fault.New(fault.Invalid, "log.event-body", "A log entry has a body; one without is an erased one.")
	}
	t.b.entries = append(t.b.entries, e)
	return t.b.w.edge.Head().Size + int64(len(t.b.entries)) - 1, nil
}

// writeLog puts a batch's entries, tiles and head beside its rows.
func writeLog(ctx context.Context, q *session, last transparency.Head, u transparency.Update, entries []transparency.Entry) error {
	args := make([]any, 0, 4*len(entries))
	for i := range entries {
		e := &entries[i]
		args = append(args, last.Size+int64(i), e.Type, e.Salt[:], e.Body)
	}
	const entry = `INSERT INTO log_entries (position, type, salt, body) VALUES ($1, $2, $3, $4)`
	later := func(query string, args []any) error { return q.later(ctx, query, args...) }
	if err := eachRun(entry, 4, args, later); err != nil {
		return err
	}
	const tile = `
		INSERT INTO log_tiles (level, n, hashes) VALUES ($1, $2, $3)
		ON CONFLICT (level, n) DO UPDATE SET hashes = excluded.hashes`
	for _, t := range u.Tiles {
		if err := q.later(ctx, tile, int64(t.Level), t.Index, t.Data); err != nil {
			return err
		}
	}
	const head = `
		UPDATE log_head SET size = $1, root = $2, checkpoint = $3
		WHERE id = 1 AND size = $4 AND root = $5`
	n, err := q.exec(ctx, head, u.Head.Size, u.Head.Root[:], u.Checkpoint, last.Size, last.Root[:])
	if err == nil && n != 1 {
		return fmt.Errorf("the log head moved under the writer at size %d", last.Size)
	}
	return err
}

func (r reader) LogHead(ctx context.Context) (transparency.Head, []byte, error) {
	const q = `SELECT size, root, checkpoint FROM log_head WHERE id = 1`
	var head transparency.Head
	var checkpoint []byte
	err := r.q.row(ctx, q, nil, &head.Size, digest{&head.Root}, &checkpoint)
	return head, checkpoint, err
}

func (r reader) LogEntry(ctx context.Context, index int64) (transparency.Logged, error) {
	all, err := r.LogEntries(ctx, index, index+1)
	if err != nil {
		return transparency.Logged{}, err
	}
	if len(all) != 1 {
		return transparency.Logged{}, fault.New(fault.NotFound, "log.index", "The log has no entry %d.", index)
	}
	return all[0], nil
}

// maxEntries is how many entries one call of LogEntries returns at most.
const maxEntries = 1024

// LogEntries returns an erased entry with a nil body. The others are checked
// against the leaf hash in the tiles.
func (r reader) LogEntries(ctx context.Context, from, to int64) ([]transparency.Logged, error) {
	to = min(to, from+maxEntries)
	all, err := r.entries(ctx, from, to)
	if err != nil {
		return nil, err
	}
	if err := r.checkLeaves(ctx, all); err != nil {
		return nil, err
	}
	return append(all, r.appended(from, to)...), nil
}

// entries reads rows and checks nothing.
func (r reader) entries(ctx context.Context, from, to int64) ([]transparency.Logged, error) {
	const q = `
		SELECT position, type, salt, body FROM log_entries
		WHERE position >= $1 AND position < $2 ORDER BY position`
	return collect(ctx, r.q, q, []any{from, to}, func(row scanner) (l transparency.Logged, err error) {
		var salt []byte
		if err := row.Scan(&l.Index, &l.Type, &salt, &l.Body); err != nil {
			return l, err
		}
		copy(l.Salt[:], salt)
		return l, nil
	})
}

// appended returns what this batch adds in a range; it is in memory until the
// batch is finished.
func (r reader) appended(from, to int64) (all []transparency.Logged) {
	if r.pending == nil {
		return nil
	}
	size := r.pending.w.edge.Head().Size
	for i, e := range r.pending.entries {
		if at := size + int64(i); at >= from && at < to {
			all = append(all, transparency.Logged{Index: at, Entry: e})
		}
	}
	return all
}

func (r reader) checkLeaves(ctx context.Context, all []transparency.Logged) error {
	tiles := tileReader{ctx: ctx, q: r.q}
	const width = 1 << transparency.TileHeight
	var tile []byte
	have := int64(-1)
	for _, l := range all {
		if n := l.Index / width; n != have {
			var err error
			if tile, err = tiles.tile(0, n); err != nil {
				return err
			}
			have = n
		}
		at := l.Index % width * tlog.HashSize
		if at+tlog.HashSize > int64(len(tile)) {
			return corrupt("log tile of entry", l.Index)
		}
		if l.Body != nil && l.Leaf() != tlog.Hash(tile[at:at+tlog.HashSize]) {
			return corrupt("log entry", l.Index)
		}
	}
	return nil
}

func (r reader) LogTiles(ctx context.Context) transparency.TileReader {
	return tileReader{ctx: ctx, q: r.q}
}

type tileReader struct {
	ctx context.Context //nolint:containedctx // tlog's interface has none
	q   *session
}

func (tileReader) Height() int                     { return transparency.TileHeight }
func (tileReader) SaveTiles([]tlog.Tile, [][]byte) {}

func (t tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		b, err := t.tile(int64(tile.L), tile.N)
		if err != nil {
			return nil, err
		}
		if len(b) < tile.W*tlog.HashSize {
			return nil, corrupt("log tile", tile.Path())
		}
		data[i] = b[:tile.W*tlog.HashSize]
	}
	return data, nil
}

func (t tileReader) tile(level, n int64) (b []byte, err error) {
	const q = `SELECT hashes FROM log_tiles WHERE level = $1 AND n = $2`
	err = t.q.row(t.ctx, q, []any{level, n}, &b)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, corrupt("log tile", fmt.Sprintf("%d/%d (missing)", level, n))
	}
	return b, err
}

// EraseEntry destroys salt and body of a log entry. Its hash stays in the tree,
// so every proof still holds, and nobody can say any more what it was.
func (s *Store) EraseEntry(ctx context.Context, index int64) error {
	return s.Write(ctx, func(t exchange.Tx) error {
		return t.(*tx).eraseEntry(ctx, index) //nolint:errcheck,forcetypeassert // Write passes nothing else
	})
}

func (t *tx) eraseEntry(ctx context.Context, index int64) error {
	const q = `UPDATE log_entries SET salt = NULL, body = NULL WHERE position = $1`
	n, err := t.q.exec(ctx, q, index)
	if err == nil && n == 0 {
		return fault.New(fault.NotFound, "log.index", "The log has no entry %d.", index)
	}
	t.b.erased = true
	return err
}

func (r reader) Epoch(ctx context.Context) (epoch int64, err error) {
	const q = `SELECT value FROM epochs WHERE id = 1`
	err = r.q.row(ctx, q, nil, &epoch)
	return epoch, err
}

func (t *tx) BumpEpoch(ctx context.Context) (epoch int64, err error) {
	const q = `UPDATE epochs SET value = value + 1 WHERE id = 1 RETURNING value`
	err = t.q.row(ctx, q, nil, &epoch)
	return epoch, err
}
