package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// statement is one to be run, with its arguments.
type statement struct {
	query string
	args  []any
}

// later runs a statement whose result nobody waits for: where statements travel
// (PostgreSQL) it goes along with the next one, which then reports its failure.
func (q *session) later(ctx context.Context, query string, args ...any) error {
	if q.pipelined {
		q.ahead = append(q.ahead, statement{query, args})
		return nil
	}
	_, err := q.exec(ctx, query, args...)
	return err
}

// flush runs what is ahead, without anything after it.
func (q *session) flush(ctx context.Context) error {
	if len(q.ahead) == 0 {
		return nil
	}
	last := q.ahead[len(q.ahead)-1]
	q.ahead = q.ahead[:len(q.ahead)-1]
	return q.send(ctx, last, func(r pgx.BatchResults) error {
		_, err := r.Exec()
		return err
	})
}

// send runs what is ahead and last in one round trip; result reads last's.
func (q *session) send(ctx context.Context, last statement, result func(pgx.BatchResults) error) error {
	b := &pgx.Batch{}
	for _, st := range append(q.ahead, last) {
		b.Queue(st.query, st.args...)
	}
	n := len(q.ahead)
	q.ahead = nil
	return q.conn.Raw(func(driverConn any) error {
		c, ok := driverConn.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("a pipeline needs a PostgreSQL connection, not %T", driverConn)
		}
		r := c.Conn().SendBatch(ctx, b)
		for range n {
			if _, err := r.Exec(); err != nil {
				return errors.Join(err, r.Close())
			}
		}
		return closing(result(r), r.Close)
	})
}
