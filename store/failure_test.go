package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"entente/exchange"
	"entente/internal/fault"
	"entente/store"
	"entente/store/storetest"
)

// bomb makes every commit that added an object fail, and nothing before it.
func bomb(url string) []string {
	table := `CREATE TABLE bomb (x BIGINT REFERENCES epochs (id) DEFERRABLE INITIALLY DEFERRED)`
	if strings.HasPrefix(url, "sqlite:") {
		return []string{
			strings.Replace(table, "BIGINT", "INTEGER", 1),
			`CREATE TRIGGER bomb AFTER INSERT ON objects BEGIN INSERT INTO bomb (x) VALUES (99); END`,
		}
	}
	return []string{
		table,
		`CREATE FUNCTION bomb() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO bomb (x) VALUES (99); RETURN NEW; END'`,
		`CREATE TRIGGER bomb AFTER INSERT ON objects FOR EACH ROW EXECUTE FUNCTION bomb()`,
	}
}

// TestF5FailedCommitStopsTheStore: when a commit fails nobody is acknowledged
// and nothing more is accepted until the store is opened again from the disk.
func TestF5FailedCommitStopsTheStore(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, url string) {
		s := open(t, url, nil)
		write(t, s, 1)
		for _, statement := range bomb(url) {
			if _, err := second(t, url).ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		act := func(n int) error {
			return s.Write(t.Context(), func(tx exchange.Tx) error {
				if _, err := tx.Append(t.Context(), entry(n)); err != nil {
					return err
				}
				_, err := tx.AddObject(t.Context(), storetest.Object(n), nil)
				return err
			})
		}
		for n := range 3 {
			if err := act(2 + n); fault.CodeOf(err) != "store.stopped" || fault.KindOf(err) != fault.Unavailable {
				t.Errorf("act %d: %v", n, err)
			}
		}
		if err := s.Read(t.Context(), func(r exchange.Reader) error {
			_, err := r.Object(t.Context(), storetest.Object(1).ID)
			return err
		}); err != nil {
			t.Errorf("what was acknowledged cannot be read: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = open(t, url, nil)
		if size, err := storetest.VerifyLog(t.Context(), s); err != nil || size != 1 {
			t.Errorf("after opening again the log has %d entries: %v", size, err)
		}
	})
}

// TestF3FullDiskIsSurvived: a database that may not grow refuses the act, keeps
// reading, and goes on without a restart once there is room.
func TestF3FullDiskIsSurvived(t *testing.T) {
	t.Parallel()
	s := open(t, sqliteURL(t), nil)
	write(t, s, 1)
	ctx := t.Context()
	err := s.Write(ctx, func(tx exchange.Tx) error {
		if err := store.Raw(ctx, tx, "PRAGMA max_page_count = 1"); err != nil { // no more than there are
			return err
		}
		for n := range 500 {
			if _, err := tx.AddObject(ctx, storetest.Object(10+n), nil); err != nil {
				return err
			}
		}
		return nil
	})
	if fault.CodeOf(err) != "store.full" || fault.KindOf(err) != fault.Unavailable {
		t.Errorf("Write returned %v", err)
	}
	// The connection was given up with its limit, as if space had come back.
	if o := write(t, s, 2); o.Leaf != 1 {
		t.Errorf("the leaf after a full disk is %d", o.Leaf)
	}
	if _, err := storetest.VerifyLog(ctx, s); err != nil {
		t.Error(err)
	}
}

// TestLostConnectionLosesOnlyItsBatch ends the writer's connection to PostgreSQL
// in the middle of an act.
func TestLostConnectionLosesOnlyItsBatch(t *testing.T) {
	t.Parallel()
	s := open(t, storetest.FreshSchema(t, postgresURL(t)), nil)
	write(t, s, 1)
	ctx := t.Context()
	err := s.Write(ctx, func(tx exchange.Tx) error {
		if _, err := tx.AddObject(ctx, storetest.Object(2), nil); err != nil {
			return err
		}
		_ = store.Raw(ctx, tx, "SELECT pg_terminate_backend(pg_backend_pid())")
		_, err := tx.AddObject(ctx, storetest.Object(3), nil)
		return err
	})
	if fault.KindOf(err) != fault.Unavailable {
		t.Errorf("Write returned %v", err)
	}
	if o := write(t, s, 2); o.Leaf != 1 {
		t.Errorf("the leaf after a lost connection is %d", o.Leaf)
	}
}

// TestTwoNodesOneDatabase lets two stores share PostgreSQL: one sequencer at a
// time, each continuing what the other wrote.
func TestTwoNodesOneDatabase(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, url string) {
		a, b := open(t, url, nil), open(t, url, nil)
		done := make(chan error)
		for i, s := range []*store.Store{a, b} {
			go func() {
				var errs []error
				for n := range 50 {
					errs = append(errs, s.Write(context.WithoutCancel(t.Context()), func(tx exchange.Tx) error {
						_, err := tx.Append(t.Context(), entry(100*i+n))
						return err
					}))
				}
				done <- errors.Join(errs...)
			}()
		}
		if err := errors.Join(<-done, <-done); err != nil {
			t.Fatal(err)
		}
		if size, err := storetest.VerifyLog(t.Context(), a); err != nil || size != 100 {
			t.Errorf("the log has %d entries: %v", size, err)
		}
	})
}
