package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
	modernc "modernc.org/sqlite"

	"entente/intel/search"
	"entente/internal/fault"
)

// dialect is everything in which the two databases differ.
type dialect interface {
	name() string
	driverName() string
	migrations() goose.Dialect
	writeDSN() string
	readDSN() string
	prepare() error // before the first connection

	// initWriter makes sure that a commit on this session is durable.
	initWriter(ctx context.Context, q *session) error
	beginWrite(ctx context.Context, q *session) error
	beginRead(ctx context.Context, q *session) error

	// searchText is the query for what has certain words, with their condition as
	// $1, and the column of the version that finds the newest first.
	searchText() (query, seq string)
	// document writes words in the order in which they stand, match a condition
	// on them, for searchText.
	document(words []string) string
	match(q search.Query) string

	// full reports that a statement or commit failed for want of space and
	// left the database as it was.
	full(err error) bool
	// fatal reports that the whole transaction is gone, not only the statement.
	fatal(err error) bool
}

func dialectOf(dsn string) (dialect, error) {
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok && path != "" {
		return sqlite{path: path}, nil
	}
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		return postgres{url: dsn}, nil
	}
	return nil, fault.New(fault.Invalid, "store.url", "A database is sqlite:path or postgres://….").
		Try("Set the database to sqlite: and a file path.")
}

type sqlite struct{ path string }

func (sqlite) name() string              { return "sqlite" }
func (sqlite) driverName() string        { return "sqlite" }
func (sqlite) migrations() goose.Dialect { return goose.DialectSQLite3 }

// file is the path as a URI, so that ?, # and % in it stay part of it.
func (d sqlite) file() string { return "file:" + (&url.URL{Path: d.path}).EscapedPath() }

// writeDSN: FULL because with WAL and NORMAL a power cut loses acknowledged
// rows; secure_delete because erasure must reach the file; no automatic
// checkpoint because the writer schedules them.
func (d sqlite) writeDSN() string {
	return d.file() + "?_txlock=immediate&_defensive=1&_dqs=0" +
		"&_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)&_pragma=synchronous(full)" +
		"&_pragma=foreign_keys(1)&_pragma=secure_delete(on)&_pragma=wal_autocheckpoint(0)" +
		"&_pragma=temp_store(memory)&_pragma=cache_size(-65536)"
}

func (d sqlite) readDSN() string {
	return d.file() + "?_defensive=1&_dqs=0&_pragma=busy_timeout(10000)&_pragma=cache_size(-16384)&_query_only=1"
}

// prepare creates the file readable by its owner only; SQLite gives the WAL the
// same permissions.
func (d sqlite) prepare() error {
	f, err := os.OpenFile(d.path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("create database file: %w", err)
	}
	return f.Close()
}

func (sqlite) initWriter(context.Context, *session) error { return nil }

func (sqlite) beginWrite(ctx context.Context, q *session) error {
	_, err := q.exec(ctx, "BEGIN IMMEDIATE")
	return err
}

func (sqlite) beginRead(ctx context.Context, q *session) error {
	_, err := q.exec(ctx, "BEGIN")
	return err
}

// The primary result codes after which SQLite may have rolled back by itself.
const (
	sqliteNoMemory  = 7
	sqliteInterrupt = 9
	sqliteIO        = 10
	sqliteCorrupt   = 11
	sqliteFull      = 13
)

func sqliteCode(err error) int {
	if e, ok := errors.AsType[*modernc.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}

func (sqlite) full(err error) bool { return sqliteCode(err) == sqliteFull }

func (sqlite) fatal(err error) bool {
	switch sqliteCode(err) {
	case sqliteNoMemory, sqliteInterrupt, sqliteIO, sqliteCorrupt, sqliteFull:
		return true
	}
	return errors.Is(err, driver.ErrBadConn)
}

type postgres struct{ url string }

func (postgres) name() string              { return "postgres" }
func (postgres) driverName() string        { return "pgx" }
func (postgres) migrations() goose.Dialect { return goose.DialectPostgres }
func (d postgres) writeDSN() string        { return d.url }
func (d postgres) readDSN() string         { return d.url }
func (postgres) prepare() error            { return nil }

// initWriter leaves a stronger setting than on (remote_apply) alone and refuses
// a server that would acknowledge what is not on disk.
func (postgres) initWriter(ctx context.Context, q *session) error {
	q.pipelined = true
	var commit, fsync string
	err := q.row(ctx, `SELECT current_setting('synchronous_commit'), current_setting('fsync')`, nil, &commit, &fsync)
	if err != nil {
		return err
	}
	if fsync != "on" {
		return fault.New(fault.Unavailable, "store.fsync", "This PostgreSQL server runs with fsync off and cannot keep what it acknowledges.").
			Try("Set fsync = on in postgresql.conf and restart it.")
	}
	if commit == "off" || commit == "local" {
		_, err = q.exec(ctx, "SET synchronous_commit = on")
	}
	return err
}

// beginWrite takes the one lock all nodes on this database and schema share, so
// that there is one sequencer at a time.
func (postgres) beginWrite(ctx context.Context, q *session) error {
	if err := q.later(ctx, "BEGIN"); err != nil {
		return err
	}
	return q.later(ctx, `SELECT pg_advisory_xact_lock(hashtext('entente'), hashtext(current_schema()))`)
}

func (postgres) beginRead(ctx context.Context, q *session) error {
	return q.raw(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
}

func (postgres) full(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == "53100" && e.Severity == "ERROR"
}

func (postgres) fatal(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Severity != "ERROR"
	}
	return errors.Is(err, driver.ErrBadConn) || pgconn.Timeout(err)
}
