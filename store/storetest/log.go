package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"entente/exchange"
	"entente/internal/fault"
	"entente/transparency"
)

func empty(t *testing.T, s exchange.Store) {
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		head, _, err := r.LogHead(ctx)
		equal(t, head, transparency.EmptyHead())
		if _, e := r.LogEntry(ctx, 0); fault.KindOf(e) != fault.NotFound {
			t.Errorf("entry 0 of an empty log: %v", e)
		}
		n, _ := r.CountObjects(ctx)
		equal(t, n, int64(0))
		return err
	})
}

func epoch(t *testing.T, s exchange.Store) {
	for want := int64(1); want <= 3; want++ {
		write(t, s, func(ctx context.Context, tx exchange.Tx) error {
			got, err := tx.BumpEpoch(ctx)
			equal(t, got, want)
			return err
		})
	}
	err := s.Write(t.Context(), func(tx exchange.Tx) error {
		if _, err := tx.BumpEpoch(t.Context()); err != nil {
			return err
		}
		return errBoom
	})
	if !errors.Is(err, errBoom) {
		t.Errorf("Write returned %v, want boom", err)
	}
	equal(t, get(t, s, func(ctx context.Context, r exchange.Reader) (int64, error) { return r.Epoch(ctx) }), int64(3))
}

// leaves adapts a Reader for [transparency.Audit].
func leaves(ctx context.Context, r exchange.Reader) func(int64) (tlog.Hash, error) {
	return func(i int64) (tlog.Hash, error) {
		e, err := r.LogEntry(ctx, i)
		return e.Leaf(), err
	}
}

func logEntries(t *testing.T, s exchange.Store) {
	const n = 600 // more than two tiles
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		for i := range 300 {
			at, err := tx.Append(ctx, entry(i))
			if err != nil {
				return err
			}
			equal(t, at, int64(i))
		}
		e, err := tx.LogEntry(ctx, 299) // appended in this act
		equal(t, e, transparency.Logged{Index: 299, Entry: entry(299)})
		return err
	})
	for i := 300; i < n; i++ {
		write(t, s, func(ctx context.Context, tx exchange.Tx) error {
			_, err := tx.Append(ctx, entry(i))
			return err
		})
	}
	size, err := VerifyLog(t.Context(), s)
	must(t, err)
	equal(t, size, int64(n))
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		got, err := r.LogEntries(ctx, 250, 260)
		for i, e := range got {
			equal(t, e, transparency.Logged{Index: int64(250 + i), Entry: entry(250 + i)})
		}
		equal(t, len(got), 10)
		head, signed, err2 := r.LogHead(ctx)
		if len(signed) == 0 {
			t.Error("the head carries no checkpoint")
		}
		path, err3 := transparency.ProveInclusion(head, r.LogTiles(ctx), 77)
		must(t, transparency.CheckInclusion(head, 77, entry(77).Leaf(), path))
		return errors.Join(err, err2, err3)
	})
}

func failedAct(t *testing.T, s exchange.Store) {
	add(t, s, Object(1))
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		_, err := tx.Append(ctx, entry(1))
		return err
	})
	err := s.Write(t.Context(), func(tx exchange.Tx) error {
		ctx := t.Context()
		if _, err := tx.AddObject(ctx, Object(2), nil); err != nil {
			return err
		}
		if _, err := tx.Append(ctx, entry(2)); err != nil {
			return err
		}
		return errBoom
	})
	if !errors.Is(err, errBoom) {
		t.Errorf("Write returned %v, want boom", err)
	}
	equal(t, logSize(t, s), int64(1))
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		_, err := r.Object(ctx, Object(2).ID)
		wantKind(t, err, fault.NotFound)
		return nil
	})
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		at, err := tx.Append(ctx, entry(3))
		equal(t, at, int64(1))
		return err
	})
	_, err = VerifyLog(t.Context(), s)
	must(t, err)
}

func panickingAct(t *testing.T, s exchange.Store) {
	err := s.Write(t.Context(), func(tx exchange.Tx) error {
		if _, err := tx.AddObject(t.Context(), Object(1), nil); err != nil {
			return err
		}
		panic("boom")
	})
	if err == nil {
		t.Error("a panic was reported as success")
	}
	equal(t, get(t, s, func(ctx context.Context, r exchange.Reader) (int64, error) { return r.CountObjects(ctx) }), int64(0))
	add(t, s, Object(1))
}

// ignoredFailure breaks a constraint and does not look at the error.
func ignoredFailure(t *testing.T, s exchange.Store) {
	err := s.Write(t.Context(), func(tx exchange.Tx) error {
		ctx := t.Context()
		if _, err := tx.AddObject(ctx, Object(1), nil); err != nil {
			return err
		}
		_ = tx.AddInstrument(ctx, exchange.InstrumentRecord{ID: "x"}) // no source: not accepted
		return nil
	})
	if err == nil {
		t.Error("an act whose statement failed was reported as success")
	}
	equal(t, get(t, s, func(ctx context.Context, r exchange.Reader) (int64, error) { return r.CountObjects(ctx) }), int64(0))
}

func cancelledAct(t *testing.T, s exchange.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := s.Write(ctx, func(exchange.Tx) error {
		t.Error("a cancelled act was run")
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Write returned %v, want context.Canceled", err)
	}
	// Cancelled while it runs: it fails, and only it.
	ctx, cancel = context.WithCancel(t.Context())
	err = s.Write(ctx, func(tx exchange.Tx) error {
		if _, err := tx.AddObject(ctx, Object(1), nil); err != nil {
			return err
		}
		cancel()
		_, err := tx.AddObject(ctx, Object(2), nil)
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Write returned %v, want context.Canceled", err)
	}
	equal(t, get(t, s, func(ctx context.Context, r exchange.Reader) (int64, error) { return r.CountObjects(ctx) }), int64(0))
}

func concurrentActs(t *testing.T, s exchange.Store) {
	const writers, each = 16, 10
	at := make([][]int64, writers)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				err := s.Write(t.Context(), func(tx exchange.Tx) error {
					if _, err := tx.AddObject(t.Context(), Object(w*each+i), nil); err != nil {
						return err
					}
					n, err := tx.Append(t.Context(), entry(w*each+i))
					at[w] = append(at[w], n)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	equal(t, logSize(t, s), int64(writers*each))
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		for w := range writers {
			for i := range each {
				e, err := r.LogEntry(ctx, at[w][i])
				if err != nil {
					return err
				}
				equal(t, e.Entry, entry(w*each+i))
			}
		}
		return nil
	})
	_, err := VerifyLog(t.Context(), s)
	must(t, err)
}

// mixedActs lets every third act fail after it has written and appended.
func mixedActs(t *testing.T, s exchange.Store) {
	const acts = 120
	var wg sync.WaitGroup
	var mu sync.Mutex
	kept := map[int]int64{}
	for n := range acts {
		wg.Go(func() {
			var at int64
			err := s.Write(t.Context(), func(tx exchange.Tx) (err error) {
				if _, err := tx.AddObject(t.Context(), Object(n), nil); err != nil {
					return err
				}
				if at, err = tx.Append(t.Context(), entry(n)); err != nil {
					return err
				}
				switch n % 3 {
				case 1:
					return fmt.Errorf("act %d: %w", n, errBoom)
				case 2:
					_, err := tx.AddObject(t.Context(), Object(n), nil) // conflicts, and is not passed on
					wantKind(t, err, fault.Conflict)
				}
				return nil
			})
			if (n%3 == 1) != errors.Is(err, errBoom) {
				t.Errorf("act %d: %v", n, err)
			}
			if err == nil {
				mu.Lock()
				defer mu.Unlock()
				kept[n] = at
			}
		})
	}
	wg.Wait()
	equal(t, logSize(t, s), int64(len(kept)))
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		for n := range acts {
			_, err := r.Object(ctx, Object(n).ID)
			if n%3 == 1 {
				wantKind(t, err, fault.NotFound)
				continue
			}
			must(t, err)
			e, err := r.LogEntry(ctx, kept[n])
			must(t, err)
			equal(t, e.Entry, entry(n))
		}
		return nil
	})
	_, err := VerifyLog(t.Context(), s)
	must(t, err)
}

func snapshot(t *testing.T, s exchange.Store) {
	add(t, s, Object(1))
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		before, err := r.CountObjects(ctx)
		must(t, err)
		add(t, s, Object(2))
		after, err := r.CountObjects(ctx)
		equal(t, after, before)
		return err
	})
}
