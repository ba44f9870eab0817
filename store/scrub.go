package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"

	"entente/internal/fault"
	"entente/internal/ident"
	"entente/transparency"
)

// Bad is one stored thing that is not what was stored.
type Bad struct {
	Table   string
	Key     string
	Problem string
}

func (b Bad) String() string { return b.Table + " " + b.Key + ": " + b.Problem }

// Scrub reads everything that carries a digest and checks it, derives every log
// leaf again from its row, and checks the tiles against the tree head. It names
// what is bad and goes on; the error is for what could not be read at all.
// progress may be nil. It works in small snapshots, so it may run beside
// everything else.
func (s *Store) Scrub(ctx context.Context, progress func(done, total int64)) ([]Bad, error) {
	c := &scrubber{s: s, progress: progress}
	if err := c.measure(ctx); err != nil {
		return nil, err
	}
	for _, t := range scrubTables() {
		if err := c.table(ctx, t); err != nil {
			return nil, err
		}
	}
	if err := c.entries(ctx); err != nil {
		return nil, err
	}
	return c.bad, nil
}

type scrubber struct {
	s           *Store
	progress    func(done, total int64)
	done, total int64
	bad         []Bad
}

// scrubPage is how many rows are read in one snapshot.
const scrubPage = 256

// scrubTable is how one table is checked: check reads a row of page, whose keys
// grow from above $1, and returns the key with a corrupt fault, if any.
type scrubTable struct {
	name, count, page string
	check             func(scanner) (key int64, err error)
}

func scrubTables() []scrubTable {
	return append(caseTables(), []scrubTable{
		{
			"parties", `SELECT COUNT(*) FROM parties`,
			`SELECT seq, id, sealed_card, NULL FROM parties WHERE seq > $1 ORDER BY seq LIMIT $2`, sealedRow("party"),
		},
		{
			"instruments", `SELECT COUNT(*) FROM instruments`,
			`SELECT seq, id, sealed_source, NULL FROM instruments WHERE seq > $1 ORDER BY seq LIMIT $2`, sealedRow("instrument"),
		},
		{
			"facts", `SELECT COUNT(*) FROM facts`,
			`SELECT seq, id, sealed_fact, NULL FROM facts WHERE seq > $1 ORDER BY seq LIMIT $2`, sealedRow("fact"),
		},
		{
			"objects", `SELECT COUNT(*) FROM objects`,
			`SELECT ` + objectColumns + ` FROM objects WHERE seq > $1 ORDER BY seq LIMIT $2`, objectRow,
		},
		{
			"quarantine", `SELECT COUNT(*) FROM quarantine`,
			`SELECT seq, object_id, sealed_raw, NULL FROM quarantine WHERE seq > $1 ORDER BY seq LIMIT $2`, sealedRow("quarantined object"),
		},
		{
			"decisions", `SELECT COUNT(*) FROM decisions`,
			`SELECT ` + decisionColumns + ` FROM decisions WHERE seq > $1 ORDER BY seq LIMIT $2`, decisionRow,
		},
		{
			"questions", `SELECT COUNT(*) FROM questions`,
			`SELECT seq, digest, body FROM questions WHERE seq > $1 ORDER BY seq LIMIT $2`, questionRow,
		},
		{
			"releases", `SELECT COUNT(*) FROM releases`,
			`SELECT seq, id, sealed_envelope, sealed_receipt FROM releases WHERE seq > $1 ORDER BY seq LIMIT $2`, sealedRow("envelope of release"),
		},
		{
			"forms", `SELECT COUNT(*) FROM forms`,
			`SELECT seq, hash, raw FROM forms WHERE seq > $1 ORDER BY seq LIMIT $2`, formRow,
		},
		{
			"recalls", `SELECT COUNT(*) FROM recalls`,
			`SELECT seq, id, sealed_envelope, sealed_receipt FROM recalls WHERE seq > $1 ORDER BY seq LIMIT $2`, sealedRow("envelope of recall"),
		},
		{
			"instrument_texts", `SELECT COUNT(*) FROM instrument_texts`,
			`SELECT seq, id, sealed_source, NULL FROM instrument_texts WHERE seq > $1 ORDER BY seq LIMIT $2`, sealedRow("text of instrument"),
		},
		{
			"instrument_acts", `SELECT COUNT(*) FROM instrument_acts`,
			`SELECT seq, party, sealed_envelope, NULL FROM instrument_acts WHERE seq > $1 ORDER BY seq LIMIT $2`, sealedRow("act"),
		},
		{
			"publications", `SELECT COUNT(*) FROM publications`,
			`SELECT seq, id, sealed_envelope, sealed_receipt FROM publications WHERE seq > $1 ORDER BY seq LIMIT $2`, sealedRow("publication"),
		},
		{
			"warninglists", `SELECT COUNT(*) FROM warninglists`,
			`SELECT seq, id, sealed_source, NULL FROM warninglists WHERE seq > $1 ORDER BY seq LIMIT $2`, sealedRow("warninglist"),
		},
		{
			"contributions", `SELECT COUNT(*) FROM contributions`,
			`SELECT seq, id, sealed_report, sealed_document FROM contributions WHERE seq > $1 ORDER BY seq LIMIT $2`, sealedRow("report on objects added"),
		},
		{
			"sources", `SELECT COUNT(*) FROM sources`,
			`SELECT seq, id, sealed_source, sealed_secret FROM sources WHERE seq > $1 ORDER BY seq LIMIT $2`, sealedRow("source"),
		},
		{
			"webhooks", `SELECT COUNT(*) FROM webhooks`,
			`SELECT seq, id, sealed_webhook, NULL FROM webhooks WHERE seq > $1 ORDER BY seq LIMIT $2`, sealedRow("webhook"),
		},
		{
			"received", `SELECT COUNT(*) FROM received`,
			`SELECT seq, id, sealed_envelope, sealed_receipt FROM received WHERE seq > $1 ORDER BY seq LIMIT $2`, sealedRow("received envelope"),
		},
		{
			"duties", `SELECT COUNT(*) FROM duties`,
			`SELECT seq, id, sealed_duty, NULL FROM duties WHERE seq > $1 ORDER BY seq LIMIT $2`, sealedRow("duty"),
		},
	}...)
}

func caseTables() []scrubTable {
	return []scrubTable{
		{
			"cases", `SELECT COUNT(*) FROM cases`,
			`SELECT seq, id, sealed_case, NULL FROM cases WHERE seq > $1 ORDER BY seq LIMIT $2`, sealedRow("case"),
		},
		{
			"case_events", `SELECT COUNT(*) FROM case_events`,
			`SELECT seq, case_id, sealed_envelope, sealed_event FROM case_events WHERE seq > $1 ORDER BY seq LIMIT $2`, sealedRow("event of case"),
		},
		{
			"case_messages", `SELECT COUNT(*) FROM case_messages`,
			`SELECT seq, id, sealed_envelope, sealed_receipt FROM case_messages WHERE seq > $1 ORDER BY seq LIMIT $2`, sealedRow("message about a case"),
		},
	}
}

func objectRow(row scanner) (int64, error) {
	o, err := scanObject(row)
	return o.Seq, err
}

func questionRow(row scanner) (seq int64, err error) {
	var d ident.Digest
	var body []byte
	if err := row.Scan(&seq, digest{&d}, &body); err != nil {
		return seq, err
	}
	return seq, verify(body, d, "question", d)
}

func decisionRow(row scanner) (int64, error) {
	d, err := scanDecision(row)
	return d.Seq, err
}

func formRow(row scanner) (seq int64, err error) {
	var hash ident.Digest
	var raw []byte
	if err := row.Scan(&seq, digest{&hash}, &raw); err != nil || raw == nil {
		return seq, err
	}
	return seq, verify(raw, hash, "sent form", hash)
}

func sealedRow(what string) func(scanner) (int64, error) {
	return func(row scanner) (seq int64, err error) {
		var id string
		var first, second []byte
		if err := row.Scan(&seq, &id, &first, &second); err != nil {
			return seq, err
		}
		if _, err := unseal(first, what, id); err != nil {
			return seq, err
		}
		_, err = unseal(second, "receipt beside "+what, id)
		return seq, err
	}
}

// measure counts what there is to do.
func (c *scrubber) measure(ctx context.Context) error {
	return c.s.readers.read(ctx, func(q *session) error {
		head, _, err := reader{q: q}.LogHead(ctx)
		if err != nil {
			return err
		}
		c.total = head.Size
		for _, t := range scrubTables() {
			var n int64
			if err := q.row(ctx, t.count, nil, &n); err != nil {
				return err
			}
			c.total += n
		}
		return nil
	})
}

// step reports progress; rows added meanwhile count as well.
func (c *scrubber) step(n int) {
	c.done += int64(n)
	c.total = max(c.total, c.done)
	if c.progress != nil && n > 0 {
		c.progress(c.done, c.total)
	}
}

// note files err if it is about something stored, and returns it if it is not.
func (c *scrubber) note(table string, key int64, err error) error {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Kind != fault.Unverified {
		return err
	}
	c.bad = append(c.bad, Bad{Table: table, Key: strconv.FormatInt(key, 10), Problem: f.Message})
	return nil
}

func (c *scrubber) table(ctx context.Context, t scrubTable) error {
	for last, more := int64(0), true; more; {
		err := c.s.readers.read(ctx, func(q *session) error {
			rows, err := collect(ctx, q, t.page, []any{last, int64(scrubPage)}, func(row scanner) (struct{}, error) {
				key, err := t.check(row)
				last = max(last, key)
				if err != nil {
					err = c.note(t.name, key, err)
				}
				return struct{}{}, err
			})
			more = len(rows) == scrubPage
			c.step(len(rows))
			return err
		})
		if err != nil {
			return fmt.Errorf("scrub %s: %w", t.name, err)
		}
	}
	return nil
}

// entries derives every leaf again and compares it with the tiles, which the
// tree head vouches for. The head is taken once: the log only grows.
func (c *scrubber) entries(ctx context.Context) error {
	var head transparency.Head
	err := c.s.readers.read(ctx, func(q *session) (err error) {
		head, _, err = reader{q: q}.LogHead(ctx)
		return err
	})
	for from := int64(0); from < head.Size && err == nil; from += scrubPage {
		to := min(from+scrubPage, head.Size)
		err = c.s.readers.read(ctx, func(q *session) error {
			return c.leaves(ctx, reader{q: q}, head, from, to)
		})
		c.step(int(to - from))
	}
	if err != nil {
		return fmt.Errorf("scrub the log: %w", err)
	}
	return nil
}

func (c *scrubber) leaves(ctx context.Context, r reader, head transparency.Head, from, to int64) error {
	indexes := make([]int64, 0, scrubPage)
	for i := from; i < to; i++ {
		indexes = append(indexes, tlog.StoredHashIndex(0, i))
	}
	tree := tlog.Tree{N: head.Size, Hash: tlog.Hash(head.Root)}
	logged, err := tlog.TileHashReader(tree, r.LogTiles(ctx)).ReadHashes(indexes)
	if err != nil {
		if ctx.Err() != nil || r.q.failed != nil {
			return err
		}
		c.bad = append(c.bad, Bad{Table: "log_tiles", Key: strconv.FormatInt(from, 10), Problem: "The log tiles do not belong to the signed tree: " + err.Error()})
		return nil
	}
	entries, err := r.entries(ctx, from, to)
	if err != nil {
		return err
	}
	for i := from; i < to; i++ {
		at := slices.IndexFunc(entries, func(e transparency.Logged) bool { return e.Index == i })
		switch {
		case at < 0:
			err = corrupt("log entry", strconv.FormatInt(i, 10)+" (missing)")
		case entries[at].Body != nil && entries[at].Leaf() != logged[i-from]:
			err = corrupt("log entry", i)
		default:
			continue
		}
		if err := c.note("log_entries", i, err); err != nil {
			return err
		}
	}
	return nil
}
