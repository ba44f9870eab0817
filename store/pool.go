package store

import (
	"context"
	"database/sql"
	"fmt"
)

// pool lends out sessions that read. A session is opened when first needed and
// kept with its prepared statements.
type pool struct {
	dialect dialect
	db      *sql.DB
	free    chan *session // nil: one that may be opened
}

func newPool(d dialect, n int) (*pool, error) {
	db, err := sql.Open(d.driverName(), d.readDSN())
	if err != nil {
		return nil, err
	}
	p := &pool{dialect: d, db: db, free: make(chan *session, n)}
	for range n {
		p.free <- nil
	}
	return p, nil
}

// read runs f on one snapshot.
func (p *pool) read(ctx context.Context, f func(*session) error) (err error) {
	var q *session
	select {
	case q = <-p.free:
	case <-ctx.Done():
		return ctx.Err()
	}
	keep := false
	defer func() {
		if !keep && q != nil {
			_ = q.close() // its state is unknown; err says why
			q = nil
		}
		p.free <- q
	}()
	if q == nil {
		if q, err = newSession(ctx, p.dialect, p.db); err != nil {
			return fmt.Errorf("open a reading connection: %w", err)
		}
	}
	q.failed = nil
	if err := p.dialect.beginRead(ctx, q); err != nil {
		return fmt.Errorf("begin reading: %w", err)
	}
	err = f(q)
	if _, end := q.exec(context.WithoutCancel(ctx), "ROLLBACK"); end == nil {
		keep = q.failed == nil
	}
	return err
}

// close waits for the sessions lent out and closes them all.
func (p *pool) close() error {
	for range cap(p.free) {
		if q := <-p.free; q != nil {
			_ = q.close() // closing the pool reports what matters
		}
	}
	return p.db.Close()
}
