package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"entente/exchange"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
	"entente/store"
	"entente/store/storetest"
)

// second opens a connection that bypasses the store.
func second(t *testing.T, url string) *sql.DB {
	t.Helper()
	driver, dsn := driverOf(url)
	if driver == "sqlite" {
		dsn += "?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// TestP10DamageIsDetected changes what is stored behind the store's back, one
// table at a time, and expects the read and the scrub to say so.
func TestP10DamageIsDetected(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		table, column, what string
		read                func(t *testing.T, r exchange.Reader) error
	}{
		{"objects", "raw", "object", func(t *testing.T, r exchange.Reader) error {
			_, err := r.Object(t.Context(), storetest.Object(1).ID)
			return err
		}},
		{"objects", "sealed_meta", "provenance", func(t *testing.T, r exchange.Reader) error {
			_, err := r.ListObjects(t.Context(), exchange.ObjectFilter{})
			return err
		}},
		{"parties", "sealed_card", "party", func(t *testing.T, r exchange.Reader) error {
			_, err := r.Party(t.Context(), "p")
			return err
		}},
		{"facts", "sealed_fact", "fact", func(t *testing.T, r exchange.Reader) error {
			_, err := r.Facts(t.Context())
			return err
		}},
		{"instruments", "sealed_source", "instrument", func(t *testing.T, r exchange.Reader) error {
			_, err := r.Instruments(t.Context())
			return err
		}},
		{"decisions", "body", "decision", func(t *testing.T, r exchange.Reader) error {
			_, err := r.ListDecisions(t.Context(), 0, 1)
			return err
		}},
		{"questions", "body", "question", func(t *testing.T, r exchange.Reader) error {
			_, err := r.Questions(t.Context(), exchange.QuestionFilter{Upto: 9, To: storetest.Object(1).Provenance.At})
			return err
		}},
		{"releases", "sealed_envelope", "envelope of release", func(t *testing.T, r exchange.Reader) error {
			_, err := r.Release(t.Context(), "r")
			return err
		}},
		{"forms", "raw", "form", func(t *testing.T, r exchange.Reader) error {
			_, err := r.ReleaseItems(t.Context(), "r")
			return err
		}},
		{"received", "sealed_envelope", "received envelope", func(t *testing.T, r exchange.Reader) error {
			_, err := r.Received(t.Context(), "e")
			return err
		}},
		{"recalls", "sealed_envelope", "envelope of recall", func(t *testing.T, r exchange.Reader) error {
			_, err := r.Recalls(t.Context(), "")
			return err
		}},
		{"instrument_texts", "sealed_source", "text of instrument", func(t *testing.T, r exchange.Reader) error {
			_, err := r.Texts(t.Context())
			return err
		}},
		{"instrument_acts", "sealed_envelope", "act", func(t *testing.T, r exchange.Reader) error {
			_, err := r.Acts(t.Context())
			return err
		}},
		{"publications", "sealed_envelope", "publication", func(t *testing.T, r exchange.Reader) error {
			_, err := r.Publication(t.Context(), "p")
			return err
		}},
		{"quarantine", "sealed_raw", "quarantined", func(t *testing.T, r exchange.Reader) error {
			_, err := r.Quarantined(t.Context(), 0, 1)
			return err
		}},
		{"log_entries", "body", "log entry", func(t *testing.T, r exchange.Reader) error {
			_, err := r.LogEntry(t.Context(), 0)
			return err
		}},
		{"log_tiles", "hashes", "log", func(t *testing.T, r exchange.Reader) error {
			_, err := r.LogEntry(t.Context(), 0)
			return err
		}},
	} {
		t.Run(c.table+"."+c.column, func(t *testing.T) {
			t.Parallel()
			databases(t, func(t *testing.T, url string) {
				s := open(t, url, nil)
				fill(t, s)
				if bad, err := s.Scrub(t.Context(), nil); err != nil || len(bad) != 0 {
					t.Fatalf("before: %v, %v", bad, err)
				}
				flip(t, second(t, url), c.table, c.column)
				err := s.Read(t.Context(), func(r exchange.Reader) error { return c.read(t, r) })
				if fault.CodeOf(err) != "store.corrupt" || fault.KindOf(err) != fault.Unverified || !strings.Contains(err.Error(), c.what) {
					t.Errorf("read: %v", err)
				}
				bad, err := s.Scrub(t.Context(), nil)
				if err != nil || len(bad) == 0 || !strings.Contains(bad[0].String(), c.what) {
					t.Errorf("scrub: %v, %v", bad, err)
				}
			})
		})
	}
}

// TestADamagedEventHidesNoOther: of the events that a party added, one whose
// report or document is damaged is left out, and the scrub names it.
func TestADamagedEventHidesNoOther(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, url string) {
		s := open(t, url, nil)
		at := time.Unix(1_800_000_000, 0).UTC()
		err := s.Write(t.Context(), func(tx exchange.Tx) error {
			var errs []error
			for _, name := range []string{"report", "document", "whole"} {
				c := exchange.Contribution{ID: name, Party: "p", At: at, Event: name, Document: []byte("canary " + name)}
				errs = append(errs, tx.AddContribution(t.Context(), c, exchange.ContributionsKept{Events: 9, Bytes: 1 << 20}))
			}
			return errors.Join(errs...)
		})
		if err != nil {
			t.Fatal(err)
		}
		db := second(t, url)
		for _, q := range []string{
			`UPDATE contributions SET sealed_report = $1 WHERE id = 'report'`,
			`UPDATE contributions SET sealed_document = $1 WHERE id = 'document'`,
		} {
			if _, err := db.ExecContext(t.Context(), q, []byte("damaged")); err != nil {
				t.Fatal(err)
			}
		}
		for documents, want := range map[bool]string{false: "document whole", true: "whole"} {
			var got []string
			err := s.Read(t.Context(), func(r exchange.Reader) error {
				all, err := r.ContributedEvents(t.Context(), "p", "", at, documents)
				for _, c := range all {
					got = append(got, c.ID)
				}
				return err
			})
			if err != nil || strings.Join(got, " ") != want {
				t.Errorf("documents %v: %v %v, want %s", documents, got, err, want)
			}
		}
		if bad, err := s.Scrub(t.Context(), nil); err != nil || len(bad) != 2 {
			t.Errorf("scrub: %v, %v", bad, err)
		}
	})
}

// fill puts something into every table.
func fill(t *testing.T, s *store.Store) {
	t.Helper()
	o := write(t, s, 1)
	b := []byte("canary bytes")
	ctx := t.Context()
	err := s.Write(ctx, func(tx exchange.Tx) error {
		item := exchange.ReleaseItem{ObjectID: o.ID, Original: o.Hash, SentID: o.ID, SentHash: ident.Sum(b), Sent: b}
		return errors.Join(
			tx.PutParty(ctx, party.Party{ID: "p"}, o.Provenance.At),
			tx.PutFact(ctx, exchange.Fact{ID: "f", Value: true}),
			tx.AddInstrument(ctx, exchange.InstrumentRecord{ID: "i", Source: b}),
			tx.AddDecision(ctx, exchange.DecisionRecord{Digest: ident.Sum(b), Body: b, Question: b}),
			tx.AddRelease(ctx, exchange.Release{ID: "r", Envelope: b}, []exchange.ReleaseItem{item}),
			tx.AddReceived(ctx, exchange.Received{ID: "e", Envelope: b}, nil),
			tx.PutRecall(ctx, exchange.Recall{ID: "c", Release: "r", Envelope: b}),
			tx.AddText(ctx, exchange.InstrumentText{Source: b}),
			tx.AddAct(ctx, exchange.ActRecord{Digest: ident.Sum(b), Envelope: b}),
			tx.PutPublication(ctx, exchange.Publication{ID: "p", Envelope: b}),
			tx.AddQuarantine(ctx, exchange.Quarantine{Raw: b}),
		)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// flip changes the last byte of a column in every row.
func flip(t *testing.T, db *sql.DB, table, column string) {
	t.Helper()
	var b []byte
	if err := db.QueryRowContext(t.Context(), fmt.Sprintf("SELECT %s FROM %s", column, table)).Scan(&b); err != nil {
		t.Fatal(err)
	}
	b[len(b)-1] ^= 0x20
	if _, err := db.ExecContext(t.Context(), fmt.Sprintf("UPDATE %s SET %s = $1", table, column), b); err != nil {
		t.Fatal(err)
	}
}

// TestP10ScrubFindsRewrittenHistory rewrites and removes log entries, which have
// no digest beside them that an insider could adapt: the tree knows.
func TestP10ScrubFindsRewrittenHistory(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, url string) {
		s := open(t, url, nil)
		for n := range 300 {
			write(t, s, n)
		}
		db := second(t, url)
		if _, err := db.ExecContext(t.Context(), `UPDATE log_entries SET body = $1 WHERE position = 258`, []byte(`{"n":7}`)); err != nil {
			t.Fatal(err)
		}
		bad, err := s.Scrub(t.Context(), nil)
		if err != nil || len(bad) != 1 || bad[0].Table != "log_entries" || bad[0].Key != "258" {
			t.Errorf("a rewritten entry: %v, %v", bad, err)
		}
		if _, err := db.ExecContext(t.Context(), `DELETE FROM log_entries WHERE position IN (258, 3)`); err != nil {
			t.Fatal(err)
		}
		bad, err = s.Scrub(t.Context(), nil)
		if err != nil || len(bad) != 2 || bad[0].Key != "3" {
			t.Errorf("two deleted entries: %v, %v", bad, err)
		}
	})
}

// TestP14ErasedBytesAreGone looks for what was erased in every file of the
// database.
func TestP14ErasedBytesAreGone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, "sqlite:"+filepath.Join(dir, "node.db"), nil)
	canary := []byte("canary " + strings.Repeat("0123456789", 2000)) // spills onto overflow pages
	o := storetest.Object(1)
	o.Raw = append(o.Raw, canary...)
	o.Hash = ident.Sum(o.Raw)
	for n := range 50 {
		write(t, s, 2+n)
	}
	ctx := t.Context()
	form := append([]byte("form of "), canary...)
	e := entry(1)
	e.Body = canary
	err := s.Write(ctx, func(tx exchange.Tx) (err error) {
		if o.Leaf, err = tx.Append(ctx, e); err != nil {
			return err
		}
		if o.Seq, err = tx.AddObject(ctx, o, nil); err != nil {
			return err
		}
		item := exchange.ReleaseItem{ObjectID: o.ID, Original: o.Hash, SentID: o.ID, SentHash: ident.Sum(form), Sent: form}
		if err := tx.AddQuarantine(ctx, exchange.Quarantine{Hash: o.Hash, Raw: o.Raw}); err != nil {
			return err
		}
		return tx.AddRelease(ctx, exchange.Release{ID: "r"}, []exchange.ReleaseItem{item})
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := count(t, dir, canary[:200]); n == 0 {
		t.Fatal("the canary was not found before it was erased")
	}
	err = s.Write(ctx, func(tx exchange.Tx) error { return tx.SetObjectState(ctx, o.Seq, exchange.Erased) })
	if err := errors.Join(err, s.EraseEntry(ctx, o.Leaf)); err != nil {
		t.Fatal(err)
	}
	for _, part := range [][]byte{canary[:200], canary[len(canary)-100:], []byte("canary 1\"")} {
		if n := count(t, dir, part); n != 0 {
			t.Errorf("%d copies of the erased bytes are left", n)
		}
	}
	if _, err := storetest.VerifyLog(ctx, s); err == nil {
		t.Error("an erased entry still hashes to its leaf")
	}
	if bad, err := s.Scrub(ctx, nil); err != nil || len(bad) != 0 {
		t.Errorf("scrub after erasure: %v, %v", bad, err)
	}
	if err := s.EraseEntry(ctx, 9999); fault.KindOf(err) != fault.NotFound {
		t.Errorf("erasing no entry: %v", err)
	}
}

func count(t *testing.T, dir string, part []byte) (n int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		n += bytes.Count(b, part)
	}
	return n
}

func TestDatabaseFileIsPrivate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, open(t, "sqlite:"+filepath.Join(dir, "node.db"), nil), 1)
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has mode %v", f.Name(), mode)
		}
	}
}
