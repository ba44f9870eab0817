package store_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"entente/exchange"
	"entente/intel/atom"
	"entente/intel/search"
	"entente/internal/ident"
	"entente/store/storetest"
)

// TestPR11ErasedWordsLeaveTheFile erases one object among many that share its
// words, and looks for what only it had in the files of the database.
func TestPR11ErasedWordsLeaveTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "node.db")
	s := open(t, "sqlite:"+path, nil)
	const gone = 700
	canary := func(n int) string { return fmt.Sprintf("canary%dword", n) }
	var seqs []int64
	for from := 0; from < 1000; from += 100 {
		err := s.Write(t.Context(), func(tx exchange.Tx) error {
			for n := from; n < from+100; n++ {
				o := storetest.Object(n)
				o.Raw = fmt.Appendf(nil, `{"id":%q,"description":%q}`, o.ID, strings.Repeat(canary(n)+" ", 5))
				o.Hash = ident.Sum(o.Raw)
				e := search.Entry{
					Words: []string{"seen", "in", canary(n), "traffic", "canary", strconv.Itoa(n % 10)},
					Atoms: []atom.Atom{{Kind: atom.Domain, Value: canary(n) + ".example"}},
				}
				o.Entry = &e
				seq, err := tx.AddObject(t.Context(), o, nil)
				if err != nil {
					return err
				}
				seqs = append(seqs, seq)
				if err := tx.Index(t.Context(), seq, e); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if !inFiles(t, path, canary(gone)) || !inFiles(t, path, canary(gone+1)) {
		t.Fatal("the files do not hold what the test looks for")
	}
	err := s.Write(t.Context(), func(tx exchange.Tx) error { return tx.SetObjectState(t.Context(), seqs[gone], exchange.Erased) })
	if err != nil {
		t.Fatal(err)
	}
	if inFiles(t, path, canary(gone)) {
		t.Error("the word is still in a file of the running database")
	}
	if !inFiles(t, path, canary(gone+1)) {
		t.Error("the word of another object is gone too")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if inFiles(t, path, canary(gone)) {
		t.Error("the word is still in a file of the closed database")
	}
}

// inFiles looks for a word in the database and its WAL. Words in an index of
// words are cut at what the one before begins with, so the end alone counts too.
func inFiles(t *testing.T, path, word string) bool {
	t.Helper()
	for _, name := range []string{path, path + "-wal"} {
		b, err := os.ReadFile(name)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte(word)) || bytes.Contains(b, []byte(strings.TrimPrefix(word, "canary"))) {
			return true
		}
	}
	return false
}

// TestSearchIsSought: SQLite finds values and words by a seek and reads the
// newest first, without sorting what it found.
func TestSearchIsSought(t *testing.T) {
	t.Parallel()
	url := sqliteURL(t)
	open(t, url, nil)
	driver, dsn := driverOf(url)
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const value = ` AND s.seq IN (SELECT object FROM atoms WHERE value IN ('a', 'b'))`
	sought := map[string]bool{}
	for _, query := range queriesIn(t) {
		var order string
		switch {
		case strings.Contains(query, "FROM search_objects s WHERE TRUE"):
			order = " ORDER BY s.seq DESC LIMIT 9"
		case strings.Contains(query, "search_text MATCH"):
			order = " ORDER BY t.rowid DESC LIMIT 9"
		default:
			continue
		}
		plan := planOf(t, db, strings.ReplaceAll(query, "$1", "'a'")+value+order)
		if !strings.Contains(plan, "atoms_value (value=?)") || strings.Contains(plan, "TEMP B-TREE") || strings.Contains(plan, "SCAN s") {
			t.Errorf("%s\n%s", query, plan)
		}
		sought[query] = true
	}
	if len(sought) != 2 {
		t.Errorf("%d queries were looked at", len(sought))
	}
}

// TestObjectsFromBeforeTheIndexWait: a database of the first version is brought
// up to date, and its live objects wait for the running node.
func TestObjectsFromBeforeTheIndexWait(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, url string) {
		db := openFirst(t, url)
		const q = `
			INSERT INTO objects (id, hash, type, state, version, revoked, origin, leaf, sealed_meta, raw)
			VALUES ($1, $2, 'indicator', $3, '', 0, 'csirt-aurelia', 1, $4, $5)`
		for n, state := range []string{"live", "superseded"} {
			o := storetest.Object(n)
			meta := []byte(`{"prov":{"from":"csirt-aurelia","at":"2026-01-02T03:04:05Z"}}`)
			digest := ident.Sum(meta)
			if _, err := db.ExecContext(t.Context(), q, append([]byte(o.ID), 0xff), o.Hash[:], state, append(digest[:], meta...), o.Raw); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		s := open(t, url, nil)
		err := s.Read(t.Context(), func(r exchange.Reader) error {
			waiting, err := r.Waiting(t.Context(), 10)
			if len(waiting) != 1 || !waiting[0].Whole || waiting[0].ID != storetest.Object(0).ID || waiting[0].Provenance.From != "csirt-aurelia" {
				t.Errorf("waiting: %+v", waiting)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
