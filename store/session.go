package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"entente/internal/fault"
)

// session is one connection with its prepared statements. It is used by one
// goroutine at a time.
type session struct {
	dialect dialect
	conn    *sql.Conn
	stmts   map[string]*sql.Stmt
	// failed is the first statement that failed since it was last cleared. On
	// PostgreSQL nothing after it counts, so whoever runs an act looks here too.
	failed error
	// steady keeps a caller's cancellation from interrupting a statement: one
	// act must not be able to undo the batch it shares.
	steady bool
	// pipelined says that statements travel, so that it pays to send several at
	// once; ahead are those that wait for the next one.
	pipelined bool
	ahead     []statement
}

func newSession(ctx context.Context, d dialect, db *sql.DB) (*session, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &session{dialect: d, conn: conn, stmts: map[string]*sql.Stmt{}}, nil
}

// close gives the connection up. It is never returned to database/sql's own
// pool, where a transaction left open would surprise the next user.
func (q *session) close() error {
	for _, st := range q.stmts {
		_ = st.Close() // the connection goes next
	}
	err := q.conn.Raw(func(any) error { return driver.ErrBadConn })
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) {
		return nil
	}
	return err
}

func (q *session) context(ctx context.Context) (context.Context, error) {
	if !q.steady {
		return ctx, nil
	}
	// Counts as a failed statement: f may not notice that it was not run.
	return context.WithoutCancel(ctx), q.fail(ctx.Err())
}

func (q *session) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if st, ok := q.stmts[query]; ok {
		return st, nil
	}
	st, err := q.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	q.stmts[query] = st
	return st, nil
}

// fail records err, unless it says that there is no row, or that what is in the
// row is damaged: the statement itself went well then.
func (q *session) fail(err error) error {
	if err == nil || q.failed != nil || errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if _, ours := errors.AsType[*fault.Error](err); !ours {
		q.failed = err
	}
	return err
}

// exec runs a statement and returns how many rows it changed.
func (q *session) exec(ctx context.Context, query string, args ...any) (n int64, err error) {
	ctx, err = q.context(ctx)
	if err != nil {
		return 0, err
	}
	if len(q.ahead) > 0 {
		err := q.send(ctx, statement{query, args}, func(r pgx.BatchResults) error {
			tag, err := r.Exec()
			n = tag.RowsAffected()
			return err
		})
		return n, q.fail(err)
	}
	st, err := q.prepared(ctx, query) //nolint:sqlclosecheck // kept for the next time; close closes it
	if err != nil {
		return 0, q.fail(err)
	}
	res, err := st.ExecContext(ctx, args...)
	if err != nil {
		return 0, q.fail(err)
	}
	n, err = res.RowsAffected()
	return n, q.fail(err)
}

// raw runs statements without preparing them.
func (q *session) raw(ctx context.Context, statements string, args ...any) error {
	ctx, err := q.context(ctx)
	if err != nil {
		return err
	}
	if err := q.flush(ctx); err != nil {
		return q.fail(err)
	}
	_, err = q.conn.ExecContext(ctx, statements, args...)
	return q.fail(err)
}

// row scans the first row into dest and returns [sql.ErrNoRows] when there is none.
func (q *session) row(ctx context.Context, query string, args []any, dest ...any) error {
	ctx, err := q.context(ctx)
	if err != nil {
		return err
	}
	if len(q.ahead) > 0 {
		return q.fail(q.send(ctx, statement{query, args}, func(r pgx.BatchResults) error {
			return r.QueryRow().Scan(dest...)
		}))
	}
	st, err := q.prepared(ctx, query) //nolint:sqlclosecheck // kept for the next time; close closes it
	if err != nil {
		return q.fail(err)
	}
	return q.fail(st.QueryRowContext(ctx, args...).Scan(dest...))
}

// scanner is the part of [sql.Rows] that fills in one row.
type scanner interface{ Scan(dest ...any) error }

// collect reads all rows of a query. It finishes before anything else uses the
// session, because PostgreSQL has one result at a time per connection.
func collect[T any](ctx context.Context, q *session, query string, args []any, scan func(scanner) (T, error)) (all []T, err error) {
	ctx, err = q.context(ctx)
	if err != nil {
		return nil, err
	}
	if err := q.flush(ctx); err != nil {
		return nil, q.fail(err)
	}
	st, err := q.prepared(ctx, query) //nolint:sqlclosecheck // kept for the next time; close closes it
	if err != nil {
		return nil, q.fail(err)
	}
	rows, err := st.QueryContext(ctx, args...)
	if err != nil {
		return nil, q.fail(err)
	}
	defer func() {
		if cerr := rows.Close(); err == nil {
			err = q.fail(cerr)
		}
	}()
	for rows.Next() {
		t, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, q.fail(rows.Err())
}

// The sizes a list of values in a query may have. Few, so that few statements
// are prepared; a shorter list repeats its last value.
var listSizes = [...]int{1, 8, 64, 512}

// collectIn runs a query that ends in or contains "IN ($n)", n being the number
// of args plus one, for the values in list, in as many runs as it takes.
func collectIn[T any](ctx context.Context, q *session, query string, args, list []any, scan func(scanner) (T, error)) ([]T, error) {
	var all []T
	for len(list) > 0 {
		n := min(len(list), listSizes[len(listSizes)-1])
		size := fit(n)
		full := slices.Concat(args, list[:n])
		for range size - n {
			full = append(full, list[n-1])
		}
		some, err := collect(ctx, q, widen(query, len(args)+1, size), full, scan)
		if err != nil {
			return nil, err
		}
		all, list = append(all, some...), list[n:]
	}
	return all, nil
}

func fit(n int) int {
	for _, size := range listSizes {
		if n <= size {
			return size
		}
	}
	return listSizes[len(listSizes)-1]
}

// widen turns "($from)" into "($from, $from+1, …)" with size placeholders.
func widen(query string, from, size int) string {
	if size == 1 {
		return query
	}
	var b strings.Builder
	for i := range size {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(placeholder(from + i))
	}
	return strings.Replace(query, "("+placeholder(from)+")", "("+b.String()+")", 1)
}

// repeat turns the "($1, …, $width)" of an INSERT into n such rows.
func repeat(query string, width, n int) string {
	var b strings.Builder
	for row := range n {
		if row > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		for col := range width {
			if col > 0 {
				b.WriteString(", ")
			}
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(row*width + col + 1))
		}
		b.WriteByte(')')
	}
	var one strings.Builder
	one.WriteString("($1")
	for col := range width - 1 {
		fmt.Fprintf(&one, ", $%d", col+2)
	}
	one.WriteByte(')')
	return strings.Replace(query, one.String(), b.String(), 1)
}

// insertRows runs an INSERT of width columns for all rows in args, in runs of
// the sizes above that fit exactly: padding would insert a row twice.
func insertRows(ctx context.Context, q *session, query string, width int, args []any) error {
	return eachRun(query, width, args, func(query string, args []any) error {
		_, err := q.exec(ctx, query, args...)
		return err
	})
}

// eachRun cuts the rows of an INSERT into runs and passes each on.
func eachRun(query string, width int, args []any, run func(query string, args []any) error) error {
	for len(args) > 0 {
		n := 1
		for _, size := range insertSizes {
			if size*width <= len(args) {
				n = size
			}
		}
		if err := run(repeat(query, width, n), args[:n*width]); err != nil {
			return err
		}
		args = args[n*width:]
	}
	return nil
}

var insertSizes = [...]int{1, 4, 16, 64}

func placeholder(n int) string { return "$" + strconv.Itoa(n) }
