package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"entente/decision"
	"entente/exchange"
	"entente/internal/ident"
)

// questions: what was asked is kept once, counted within a window, and paged by
// number.
func questions(t *testing.T, s exchange.Store) {
	at := func(hour int) time.Time { return instant.Add(time.Duration(hour) * time.Hour) }
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		for hour, question := range []string{"a", "b", "a", "", "c", "a"} {
			d := exchange.DecisionRecord{ObjectID: Object(hour).ID, Recipient: "b", Outcome: decision.Deny, Epoch: 1, At: at(hour)}
			if question != "" {
				d.Question = []byte(question)
			}
			d.Body = fmt.Appendf(nil, "decision %d", hour)
			d.Digest = ident.Sum(d.Body)
			must(t, tx.AddDecision(ctx, d))
		}
		return nil
	})
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		last, err := r.LastQuestion(ctx)
		must(t, err)
		equal(t, last, int64(3))
		all, err := r.Questions(ctx, exchange.QuestionFilter{Upto: last, From: at(0), To: at(6)})
		must(t, err)
		equal(t, all, []exchange.QuestionRecord{
			{Seq: 1, Body: []byte("a"), Count: 3, Newest: 6},
			{Seq: 2, Body: []byte("b"), Count: 1, Newest: 2},
			{Seq: 3, Body: []byte("c"), Count: 1, Newest: 5},
		})
		some, err := r.Questions(ctx, exchange.QuestionFilter{Upto: last, From: at(1), To: at(5)})
		must(t, err)
		equal(t, some[0], exchange.QuestionRecord{Seq: 1, Body: []byte("a"), Count: 1, Newest: 3})
		page, err := r.Questions(ctx, exchange.QuestionFilter{After: 1, Upto: 2, From: at(0), To: at(6)})
		must(t, err)
		equal(t, page, all[1:2])
		unasked, err := r.CountUnasked(ctx, at(0), at(6))
		must(t, err)
		equal(t, unasked, int64(1))
		unasked, err = r.CountUnasked(ctx, at(0), at(3))
		must(t, err)
		equal(t, unasked, int64(0))
		return nil
	})
	found := get(t, s, func(ctx context.Context, r exchange.Reader) ([]exchange.DecisionRecord, error) {
		return r.DecisionsBySeq(ctx, []int64{5, 6, 99})
	})
	seen := map[string]bool{}
	for _, d := range found {
		seen[d.ObjectID] = true
	}
	equal(t, seen, map[string]bool{Object(4).ID: true, Object(5).ID: true})
	none := get(t, s, func(ctx context.Context, r exchange.Reader) ([]exchange.DecisionRecord, error) {
		return r.DecisionsBySeq(ctx, nil)
	})
	equal(t, len(none), 0)
}
