package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"golang.org/x/mod/sumdb/tlog"

	"entente/exchange"
	"entente/internal/fault"
	"entente/transparency"
)

// batch is one transaction and the acts in it.
//
// An act that fails is undone alone: by rolling back to the savepoint before
// it, or, while no act stands that must be kept, by rolling everything back.
type batch struct {
	w       *writer
	open    bool  // a transaction is open
	saved   bool  // a savepoint is open
	clean   bool  // nothing has happened since the savepoint
	lost    error // the transaction is gone, and with it every act that stood
	stop    bool  // lost in a way that the store must not survive
	stands  []*act
	entries []transparency.Entry // appended by the acts that stand
	erased  bool                 // bytes were destroyed: the WAL must not keep them
}

// run runs one act. It answers acts that fail; finish answers those that stand.
func (b *batch) run(a *act) {
	if err := a.ctx.Err(); err != nil {
		a.done <- err
		return
	}
	ctx := context.WithoutCancel(a.ctx)
	if err := b.begin(ctx); err != nil {
		b.lose(ctx, err)
		a.done <- b.unavailable()
		return
	}
	q, mark, erased := b.w.q, len(b.entries), b.erased
	q.failed = nil
	err := guarded(a.f, &tx{reader: reader{q: q, pending: b}, b: b})
	if q.failed != nil && b.w.s.dialect.fatal(q.failed) {
		b.lose(ctx, q.failed)
		a.done <- b.unavailable()
		return
	}
	if err == nil && q.failed != nil {
		// f went on after a statement failed, so its work may be half done.
		err = fmt.Errorf("a statement of the act failed: %w", q.failed)
	}
	if err == nil {
		b.stands = append(b.stands, a)
		return
	}
	b.entries, b.erased = b.entries[:mark], erased
	b.undo(ctx)
	if b.lost != nil {
		err = b.unavailable()
	}
	a.done <- err
}

// guarded turns a panic of f into an error, so that one act cannot end the writer.
func guarded(f func(exchange.Tx) error, tx exchange.Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the act panicked: %v\n%s", p, debug.Stack())
		}
	}()
	return f(tx)
}

// begin makes sure that the act to come can be undone alone.
func (b *batch) begin(ctx context.Context) error {
	switch {
	case !b.open:
		return b.beginTransaction(ctx)
	case len(b.stands) == 0, b.clean:
		b.clean = false
		return nil
	}
	if b.saved {
		if err := b.w.q.later(ctx, "RELEASE SAVEPOINT act"); err != nil {
			return err
		}
	}
	b.saved = true
	return b.w.q.later(ctx, "SAVEPOINT act")
}

func (b *batch) beginTransaction(ctx context.Context) error {
	w := b.w
	if w.q == nil {
		if err := w.connect(ctx); err != nil {
			return err
		}
	}
	if err := w.s.dialect.beginWrite(ctx, w.q); err != nil {
		return err
	}
	b.open = true
	r := reader{q: w.q}
	head, _, err := r.LogHead(ctx)
	if err != nil {
		return err
	}
	last := w.edge.Head()
	if head == last {
		return nil
	}
	// Another node on this database has written, which is well if it continued
	// the tree, and the end if it did not: one of the two shows another history.
	if err := transparency.Extends(head, r.LogTiles(ctx), last); err != nil {
		b.stop = true
		return rolledBack(last, head).Because(err)
	}
	w.edge, err = transparency.LoadEdge(head, r.LogTiles(ctx))
	return err
}

// undo takes back what the act that just ran has done.
func (b *batch) undo(ctx context.Context) {
	statement := "ROLLBACK TO SAVEPOINT act"
	if len(b.stands) == 0 {
		statement = "ROLLBACK"
		b.open = false
	} else {
		b.clean = true
	}
	if _, err := b.w.q.exec(ctx, statement); err != nil {
		b.lose(ctx, err)
	}
}

// lose gives up the transaction and the connection it was on.
func (b *batch) lose(ctx context.Context, err error) {
	b.lost = err
	if b.w.q == nil {
		return
	}
	if b.open {
		_, _ = b.w.q.exec(ctx, "ROLLBACK") // it may be gone already; closing the connection ends it in any case
	}
	_ = b.w.q.close()
	b.w.q, b.open = nil, false
	b.w.s.log.LogAttrs(ctx, slog.LevelError, "a batch was lost", slog.Any("problem", err), slog.Int("acts", len(b.stands)))
}

// unavailable is what the acts of a lost batch are answered.
func (b *batch) unavailable() error {
	if f, ok := errors.AsType[*fault.Error](b.lost); ok {
		return f
	}
	if b.w.s.dialect.full(b.lost) {
		return fault.New(fault.Unavailable, "store.full", "There is no space left for the database.").
			Try("Make room on its disk and try again; nothing was stored.").Because(b.lost)
	}
	return fault.New(fault.Unavailable, "store.unavailable", "The database did not take the change; nothing was stored.").
		Try("Try again.").Because(b.lost)
}

// finish commits what stands and answers its callers. A non-nil error means
// that the store must not go on.
func (b *batch) finish(ctx context.Context) error {
	var u transparency.Update
	if b.lost == nil && len(b.stands) > 0 {
		var err error
		if u, err = b.commit(ctx); err != nil {
			b.lose(ctx, err)
		}
	}
	if b.lost == nil && b.open && len(b.stands) == 0 {
		b.undo(ctx) // a savepoint-free remainder of acts that failed
	}
	if b.lost != nil {
		err := b.unavailable()
		if b.stop {
			err = stopped(b.lost)
		}
		b.answer(err)
		if b.stop {
			return b.lost
		}
		return nil
	}
	if len(b.entries) > 0 {
		b.w.edge = u.Edge
		b.remember(ctx, u.Head)
	}
	if b.w.tender != nil {
		b.w.tender.after(ctx, len(b.stands), b.erased)
	}
	b.answer(nil)
	return nil
}

func (b *batch) answer(err error) {
	for _, a := range b.stands {
		a.done <- err
	}
}

// commit integrates the leaves and commits. Whatever fails before the COMMIT
// has not happened. When the COMMIT itself fails nobody knows, and trying again
// on a disk that lost writes would acknowledge what is not there (ASSURANCE F5).
func (b *batch) commit(ctx context.Context) (transparency.Update, error) {
	var u transparency.Update
	if len(b.entries) > 0 {
		leaves := make([]tlog.Hash, len(b.entries))
		for i, e := range b.entries {
			leaves[i] = e.Leaf()
		}
		last := b.w.edge.Head()
		var err error
		if u, err = b.w.opts.Log.Integrate(last, b.w.edge, leaves); err != nil {
			return u, err
		}
		if err := writeLog(ctx, b.w.q, last, u, b.entries); err != nil {
			return u, err
		}
	}
	if _, err := b.w.q.exec(ctx, "COMMIT"); err != nil {
		b.stop = !b.w.s.dialect.full(err)
		return u, err
	}
	b.open = false
	return u, nil
}

func (b *batch) remember(ctx context.Context, head transparency.Head) {
	if b.w.s.guard == nil {
		return
	}
	if err := b.w.s.guard.Set(head); err != nil {
		// The guard may lag; an older database is then noticed a little later.
		b.w.s.log.LogAttrs(ctx, slog.LevelWarn, "the log guard was not written", slog.Any("problem", err))
	}
}
