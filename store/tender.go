package store

import (
	"context"
	"database/sql"
	"log/slog"
	"os"
	"sync"
)

// How the WAL of SQLite is kept small.
const (
	walTendEvery = 2000      // acts between two passive checkpoints
	walTruncate  = 64 << 20  // bytes beyond which the writer truncates
	walAlarm     = 512 << 20 // bytes beyond which an operator is told
)

// tender looks after the WAL. Passive checkpoints move the bulk beside the
// writer; because they never finish under a continuous writer, the writer itself
// truncates between two batches when the file has grown (measured without that:
// 20 GB in 70 s).
type tender struct {
	db      *sql.DB
	wal     string
	log     *slog.Logger
	mu      sync.Mutex // one checkpoint at a time
	wake    chan struct{}
	done    chan struct{}
	acts    int  // since the last passive checkpoint
	erase   bool // a truncation is owed to an erasure
	alarmed bool
}

// newTender opens a connection of its own whose waits are short: a reader that
// holds a snapshot must not hold up the writer.
func newTender(d sqlite, s *Store) *tender {
	db, err := sql.Open(d.driverName(), d.file()+"?_pragma=busy_timeout(100)&_pragma=synchronous(full)&_pragma=wal_autocheckpoint(0)")
	if err != nil {
		s.log.LogAttrs(context.Background(), slog.LevelError, "the WAL cannot be tended", slog.Any("problem", err))
		return nil
	}
	db.SetMaxOpenConns(1)
	t := &tender{db: db, wal: d.path + "-wal", log: s.log, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go t.run()
	return t
}

func (t *tender) run() {
	defer close(t.done)
	for range t.wake {
		t.checkpoint("PRAGMA wal_checkpoint(PASSIVE)")
	}
}

// checkpoint reports whether all of the WAL is in the database file.
func (t *tender) checkpoint(pragma string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	var busy, frames, moved int64
	err := t.db.QueryRow(pragma).Scan(&busy, &frames, &moved) //nolint:noctx // it belongs to no caller
	if err != nil {
		t.log.LogAttrs(context.Background(), slog.LevelWarn, "a checkpoint failed", slog.Any("problem", err))
	}
	return err == nil && busy == 0
}

// after is called by the writer between two batches.
func (t *tender) after(ctx context.Context, acts int, erased bool) {
	t.erase = t.erase || erased
	t.acts += acts
	size := t.size()
	if t.erase || size > walTruncate {
		if t.checkpoint("PRAGMA wal_checkpoint(TRUNCATE)") {
			t.erase, t.acts, t.alarmed = false, 0, false
			return
		}
	}
	if size > walAlarm && !t.alarmed {
		t.alarmed = true
		t.log.LogAttrs(ctx, slog.LevelWarn, "the WAL is not shrinking: a reader holds an old snapshot", slog.Int64("bytes", size))
	}
	if t.acts < walTendEvery {
		return
	}
	t.acts = 0
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

func (t *tender) size() int64 {
	info, err := os.Stat(t.wal)
	if err != nil {
		return 0 // not there yet
	}
	return info.Size()
}

// close moves the WAL into the database file, so that what was erased is gone
// and the next start has nothing to recover.
func (t *tender) close() {
	close(t.wake)
	<-t.done
	t.checkpoint("PRAGMA wal_checkpoint(TRUNCATE)")
	if err := t.db.Close(); err != nil {
		t.log.LogAttrs(context.Background(), slog.LevelWarn, "the checkpoint connection did not close", slog.Any("problem", err))
	}
}
