package store

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"time"

	"entente/exchange"
	"entente/internal/fault"
	"entente/transparency"
)

// act is one call of Write.
type act struct {
	ctx  context.Context //nolint:containedctx // it is the caller's, carried to the goroutine that runs f
	f    func(exchange.Tx) error
	done chan error // buffered: the writer never waits for a caller
}

// writer runs all acts, one after the other, many to a commit. While one batch
// waits for the disk the next one queues up, so there is no timer.
type writer struct {
	s      *Store
	opts   Options
	q      *session // nil after the connection was lost
	edge   transparency.Edge
	tender *tender // nil where the database looks after its own log
}

func newWriter(ctx context.Context, s *Store, opts Options) (*writer, error) {
	w := &writer{s: s, opts: opts}
	if err := w.connect(ctx); err != nil {
		return nil, err
	}
	err := s.readers.read(ctx, func(q *session) (err error) {
		r := reader{q: q}
		head, _, err := r.LogHead(ctx)
		if err != nil {
			return err
		}
		w.edge, err = transparency.LoadEdge(head, r.LogTiles(ctx))
		return err
	})
	if err != nil {
		return nil, closing(err, w.q.close)
	}
	if d, ok := s.dialect.(sqlite); ok {
		w.tender = newTender(d, s)
	}
	return w, nil
}

func (w *writer) connect(ctx context.Context) error {
	q, err := newSession(ctx, w.s.dialect, w.s.db)
	if err != nil {
		return err
	}
	q.steady = true
	if err := w.s.dialect.initWriter(ctx, q); err != nil {
		return closing(err, q.close)
	}
	w.q = q
	return nil
}

// run serves acts until the store is closed or must stop.
func (w *writer) run() {
	// Stands when an act ends this goroutine (runtime.Goexit).
	w.s.why = stopped(errors.New("the writer ended"))
	defer func() {
		if w.tender != nil {
			w.tender.close()
		}
		if w.q != nil {
			_ = w.q.close() // the last batch is committed or lost; nothing hangs on it
		}
		close(w.s.dead)
	}()
	for {
		select {
		case <-w.s.closing:
			w.s.why = fault.New(fault.Unavailable, "store.closed", "The store is closed.")
			return
		case a := <-w.s.acts:
			if err := w.batch(a); err != nil {
				w.s.why = stopped(err)
				w.s.log.LogAttrs(a.ctx, slog.LevelError, "the store stopped accepting", slog.Any("problem", err))
				return
			}
		}
	}
}

func stopped(err error) error {
	return fault.New(fault.Unavailable, "store.stopped", "The store stopped accepting because what it last wrote may not be on disk.").
		Try("Check the disk and restart the node; it continues from what is on disk.").Because(err)
}

// batch runs first and what has queued up behind it in one transaction. A
// non-nil error means that the store must not go on.
func (w *writer) batch(first *act) error {
	b := &batch{w: w}
	started := w.now()
	a := first
	for n := 1; a != nil; n++ {
		b.run(a)
		// Only an act that will be run may be taken: nobody else answers it.
		if b.lost != nil || n == w.opts.MaxBatch || w.now().Sub(started) > maxBatchTime {
			break
		}
		a = w.next()
	}
	return b.finish(context.WithoutCancel(first.ctx))
}

func (w *writer) now() time.Time {
	if w.opts.Now == nil {
		return time.Time{}
	}
	return w.opts.Now()
}

// next returns an act that is waiting, or nil when the batch is to be committed.
func (w *writer) next() *act {
	for range 2 {
		select {
		case a := <-w.s.acts:
			return a
		default:
			// Let callers that were just answered come back with their next act.
			runtime.Gosched()
		}
	}
	return nil
}
