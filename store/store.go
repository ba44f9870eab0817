// Package store keeps everything the node remembers, in SQLite or PostgreSQL.
//
// One file per noun holds all SQL for it, and one SQL text serves both
// databases: $n placeholders, RETURNING, ON CONFLICT, times as integer
// microseconds, JSON as bytes. The few differences are methods of dialect;
// migrations are the one thing written twice. It knows no rule: what may be
// stored together is the caller's business. Invariant: an act is acknowledged
// only after the commit that holds its rows, its log leaves, the tiles and the
// signed tree head is on disk, and what is read back is checked against its
// digest first.
package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // PostgreSQL driver, registered as "pgx"
	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // SQLite driver, registered as "sqlite"

	"entente/exchange"
	"entente/internal/fault"
)

//go:embed migrations
var migrations embed.FS

var _ exchange.Store = (*Store)(nil)

// Options says how a store works. Only Log is required.
type Options struct {
	// Log integrates new leaves and signs the tree head of every batch.
	Log Sequencer
	// Guard remembers the last signed head outside the database. With it, a
	// database restored from a backup, or cloned, refuses to open (ASSURANCE F8).
	Guard Guard
	// Now is used to bound how long one batch may grow; without it only MaxBatch does.
	Now func() time.Time
	// Logger receives what an operator must know; nil discards it.
	Logger *slog.Logger
	// MaxBatch is how many acts may share a commit; 0 is 1 000.
	MaxBatch int
	// Readers is how many snapshots may be read at once; 0 is 4.
	Readers int
}

// How one batch is bounded: by count, and by the time callers wait for it.
const (
	defaultMaxBatch = 1000
	defaultReaders  = 4
	maxBatchTime    = 50 * time.Millisecond
	queueLength     = 1024
)

// Store is an open database with its writer.
type Store struct {
	dialect dialect
	db      *sql.DB
	log     *slog.Logger
	guard   Guard
	readers *pool
	acts    chan *act
	closing chan struct{} // closed by Close
	dead    chan struct{} // closed when the writer will answer nobody any more
	why     error         // why it is dead; written before dead is closed
	stop    sync.Once
}

// Open connects to a database URL ("sqlite:path" or "postgres://…"), brings its
// schema up to date, compares its log with what the guard remembers, and starts
// the writer.
func Open(ctx context.Context, url string, opts Options) (*Store, error) {
	d, err := dialectOf(url)
	if err != nil {
		return nil, err
	}
	if opts.Log == nil {
		return nil, fault.New(fault.Invalid, "store.log", "A store needs a log to append to.")
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.MaxBatch <= 0 {
		opts.MaxBatch = defaultMaxBatch
	}
	if opts.Readers <= 0 {
		opts.Readers = defaultReaders
	}
	if err := d.prepare(); err != nil {
		return nil, err
	}
	db, err := sql.Open(d.driverName(), d.writeDSN())
	if err != nil {
		return nil, fmt.Errorf("open %s database: %w", d.name(), err)
	}
	s := &Store{
		dialect: d,
		db:      db,
		log:     opts.Logger,
		guard:   opts.Guard,
		acts:    make(chan *act, queueLength),
		closing: make(chan struct{}),
		dead:    make(chan struct{}),
	}
	if err := s.start(ctx, opts); err != nil {
		return nil, fmt.Errorf("open %s database: %w", d.name(), closing(err, db.Close))
	}
	return s, nil
}

func (s *Store) start(ctx context.Context, opts Options) error {
	if err := migrate(ctx, s.db, s.dialect); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	for _, b := range backfills {
		if err := s.backfill(ctx, b.what, b.some); err != nil {
			return fmt.Errorf("%s: %w", b.what, err)
		}
	}
	readers, err := newPool(s.dialect, opts.Readers)
	if err != nil {
		return err
	}
	s.readers = readers
	if err := s.checkGuard(ctx); err != nil {
		return closing(err, readers.close)
	}
	w, err := newWriter(ctx, s, opts)
	if err != nil {
		return closing(err, readers.close)
	}
	go w.run()
	return nil
}

// Write implements [exchange.Store].
func (s *Store) Write(ctx context.Context, f func(exchange.Tx) error) error {
	a := &act{ctx: ctx, f: f, done: make(chan error, 1)}
	select {
	case <-s.dead:
		return s.why
	default:
	}
	select {
	case s.acts <- a:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.dead:
		return s.why
	}
	// From here the writer answers: returning earlier would leave the caller
	// not knowing whether the act happened.
	select {
	case err := <-a.done:
		return err
	case <-s.dead:
	}
	select {
	case err := <-a.done:
		return err
	default:
		return s.why
	}
}

// Read implements [exchange.Store].
func (s *Store) Read(ctx context.Context, f func(exchange.Reader) error) error {
	return s.readers.read(ctx, func(q *session) error {
		return f(reader{q: q})
	})
}

// Close lets the batch under way finish, refuses everything after it and
// releases the database. Closing again does nothing.
func (s *Store) Close() (err error) {
	s.stop.Do(func() {
		close(s.closing)
		<-s.dead
		err = closing(s.readers.close(), s.db.Close)
	})
	return err
}

func migrate(ctx context.Context, db *sql.DB, d dialect) error {
	files, err := fs.Sub(migrations, "migrations/"+d.name())
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(d.migrations(), db, files)
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// closing runs c and reports the first of the two errors: what went wrong
// before matters more than that tidying up failed too.
func closing(err error, c func() error) error {
	if cerr := c(); err == nil {
		return cerr
	}
	return err
}
