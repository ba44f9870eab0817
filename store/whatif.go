package store

import (
	"context"
	"time"

	"entente/exchange"
	"entente/internal/ident"
)

// unanswerable stands in place of a question where a decision does not say what
// it was about: its body is damaged, or from a time that wrote it differently.
const unanswerable = 0

func (r reader) LastQuestion(ctx context.Context) (seq int64, err error) {
	const q = `SELECT COALESCE(MAX(seq), 0) FROM questions`
	err = r.q.row(ctx, q, nil, &seq)
	return seq, err
}

// Questions seeks each question of the range in the index on decisions, so that
// what lies outside the window costs nothing: SQLite takes a CROSS JOIN in the
// order written. The range is said of both tables for PostgreSQL, which would
// read all decisions while it has no statistics yet.
func (r reader) Questions(ctx context.Context, f exchange.QuestionFilter) ([]exchange.QuestionRecord, error) {
	const q = `
		SELECT q.seq, q.digest, q.body, COUNT(*), MAX(d.seq)
		FROM questions q CROSS JOIN decisions d
		WHERE q.seq > $3 AND q.seq <= $4 AND d.question > $3 AND d.question <= $4
			AND d.question = q.seq AND d.at >= $1 AND d.at < $2
		GROUP BY q.seq ORDER BY q.seq`
	return collect(ctx, r.q, q, []any{micros(f.From), micros(f.To), f.After, f.Upto}, func(row scanner) (a exchange.QuestionRecord, err error) {
		var d ident.Digest
		if err := row.Scan(&a.Seq, digest{&d}, &a.Body, &a.Count, &a.Newest); err != nil {
			return a, err
		}
		return a, verify(a.Body, d, "question", d)
	})
}

func (r reader) CountUnasked(ctx context.Context, from, to time.Time) (n int64, err error) {
	const q = `SELECT COUNT(*) FROM decisions WHERE (question IS NULL OR question = 0) AND at >= $1 AND at < $2`
	err = r.q.row(ctx, q, []any{micros(from), micros(to)}, &n)
	return n, err
}

func (r reader) DecisionsBySeq(ctx context.Context, seqs []int64) ([]exchange.DecisionRecord, error) {
	const q = `SELECT ` + decisionColumns + ` FROM decisions WHERE seq IN ($1)`
	list := make([]any, len(seqs))
	for i, seq := range seqs {
		list[i] = seq
	}
	return collectIn(ctx, r.q, q, nil, list, scanDecision)
}

// keepQuestion keeps a question unless it is there. There is one writer, so that
// nobody can come between the look and the insert; ON CONFLICT would use up a
// number each time on PostgreSQL, and the numbers are what questions are paged by.
func keepQuestion(ctx context.Context, q *session, body []byte) (ident.Digest, error) {
	d := ident.Sum(body)
	const insert = `
		INSERT INTO questions (digest, body) SELECT $1, $2
		WHERE NOT EXISTS (SELECT 1 FROM questions WHERE digest = $1)`
	return d, q.later(ctx, insert, d[:], body)
}

// questionsAtOnce is how many decisions share a commit in a backfill.
const questionsAtOnce = 500

// backfillQuestions gives decisions that were kept without their question one,
// from what they say themselves.
func backfillQuestions(ctx context.Context, t *tx) (int, error) {
	const waiting = `SELECT seq, digest, body FROM decisions WHERE question IS NULL ORDER BY at LIMIT $1`
	rows, err := collect(ctx, t.q, waiting, []any{questionsAtOnce}, func(row scanner) (d exchange.DecisionRecord, err error) {
		err = row.Scan(&d.Seq, digest{&d.Digest}, &d.Body)
		return d, err
	})
	if err != nil {
		return 0, err
	}
	for _, d := range rows {
		if err := fillIn(ctx, t.q, d); err != nil {
			return 0, err
		}
	}
	return len(rows), nil
}

// fillIn does not stop at a damaged decision: whoever checks the log or scrubs
// the store is told of it.
func fillIn(ctx context.Context, q *session, d exchange.DecisionRecord) error {
	body, err := exchange.QuestionOf(d.Body)
	if err != nil || verify(d.Body, d.Digest, "decision", d.Digest) != nil {
		const give = `UPDATE decisions SET question = $1 WHERE seq = $2`
		_, err := q.exec(ctx, give, unanswerable, d.Seq)
		return err
	}
	key, err := keepQuestion(ctx, q, body)
	if err != nil {
		return err
	}
	const give = `UPDATE decisions SET question = (SELECT seq FROM questions WHERE digest = $1) WHERE seq = $2`
	_, err = q.exec(ctx, give, key[:], d.Seq)
	return err
}
