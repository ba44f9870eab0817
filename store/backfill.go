package store

import (
	"context"
	"log/slog"
)

// backfills give rows that older versions wrote what they lack. Each runs until
// it finds none, before the writer starts, costs one look at an index when there
// is nothing to do, and goes on where it was when interrupted. The texts of
// objects are too much to wait for: they are indexed while the node runs.
var backfills = []struct {
	what string
	some func(ctx context.Context, t *tx) (int, error) // how many shared a commit
}{
	{"working out what earlier decisions were about", backfillQuestions},
	{"putting what was released into collections", backfillCollections}, // before new rows follow
	{"putting earlier releases into the feeds", backfillFeeds},
	{"sorting in earlier duties", backfillDuties},
}

// tellEvery is how many commits of a backfill pass before the log says so again.
const tellEvery = 100

func (s *Store) backfill(ctx context.Context, what string, some func(context.Context, *tx) (int, error)) (err error) {
	q, err := newSession(ctx, s.dialect, s.db)
	if err != nil {
		return err
	}
	defer func() { err = closing(err, q.close) }()
	if err := s.dialect.initWriter(ctx, q); err != nil {
		return err
	}
	total := 0
	for commits := 1; ; commits++ {
		n, err := s.committed(ctx, q, some)
		if err != nil || n == 0 {
			return err
		}
		if _, ok := s.dialect.(sqlite); ok {
			// Nobody else empties the WAL yet; without this it would hold every page touched.
			if err := q.raw(ctx, "PRAGMA wal_checkpoint(PASSIVE)"); err != nil {
				return err
			}
		}
		if total += n; commits%tellEvery == 0 {
			s.log.LogAttrs(ctx, slog.LevelInfo, "bringing the database up to date", slog.String("by", what), slog.Int("done", total))
		}
	}
}

// committed does some of a backfill in a transaction of its own.
func (s *Store) committed(ctx context.Context, q *session, some func(context.Context, *tx) (int, error)) (n int, err error) {
	if err := s.dialect.beginWrite(ctx, q); err != nil {
		return 0, err
	}
	defer func() {
		end := "COMMIT"
		if err != nil {
			end = "ROLLBACK"
		}
		_, cerr := q.exec(context.WithoutCancel(ctx), end)
		if err == nil {
			err = cerr
		}
	}()
	return some(ctx, &tx{reader: reader{q: q}})
}
