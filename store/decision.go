package store

import (
	"context"
	"math"

	"entente/exchange"
	"entente/internal/ident"
)

const decisionColumns = `seq, digest, object_id, object, recipient, outcome, epoch, at, release, leaf, body`

func scanDecision(row scanner) (d exchange.DecisionRecord, err error) {
	err = row.Scan(&d.Seq, digest{&d.Digest}, objectID{&d.ObjectID}, digest{&d.Object}, &d.Recipient, &d.Outcome,
		&d.Epoch, instant{&d.At}, &d.Release, &d.Leaf, &d.Body)
	if err != nil {
		return d, err
	}
	return d, verify(d.Body, d.Digest, "decision", d.Digest)
}

// DecisionByDigest returns the newest record: the same question asked twice in
// the same microsecond has the same answer.
func (r reader) DecisionByDigest(ctx context.Context, d ident.Digest) (exchange.DecisionRecord, error) {
	const q = `SELECT ` + decisionColumns + ` FROM decisions WHERE digest = $1 ORDER BY seq DESC LIMIT 1`
	all, err := collect(ctx, r.q, q, []any{d[:]}, scanDecision)
	return one(all, err, "decision.unknown", "There is no decision %s.", d)
}

func (r reader) LatestDecisions(ctx context.Context, objectID string) ([]exchange.DecisionRecord, error) {
	const q = `SELECT ` + decisionColumns + ` FROM decisions WHERE seq IN (
			SELECT MAX(seq) FROM decisions WHERE object_id = $1 GROUP BY recipient)
		ORDER BY recipient`
	return collect(ctx, r.q, q, []any{packID(objectID)}, scanDecision)
}

func (r reader) ListDecisions(ctx context.Context, before int64, n int) ([]exchange.DecisionRecord, error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	const q = `SELECT ` + decisionColumns + ` FROM decisions WHERE seq < $1 ORDER BY seq DESC LIMIT $2`
	return collect(ctx, r.q, q, []any{before, limit(n)}, scanDecision)
}

func (t *tx) AddDecision(ctx context.Context, d exchange.DecisionRecord) error {
	if err := verify(d.Body, d.Digest, "decision", d.Digest); err != nil {
		return err
	}
	var question any // NULL until it is worked out
	if d.Question != nil {
		key, err := keepQuestion(ctx, t.q, d.Question)
		if err != nil {
			return err
		}
		question = key[:]
	}
	const q = `
		INSERT INTO decisions (digest, object_id, object, recipient, outcome, epoch, at, release, leaf, body, question)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, (SELECT seq FROM questions WHERE digest = $11))`
	_, err := t.q.exec(ctx, q, d.Digest[:], packID(d.ObjectID), d.Object[:], string(d.Recipient), string(d.Outcome),
		d.Epoch, micros(d.At), d.Release, d.Leaf, d.Body, question)
	return err
}
