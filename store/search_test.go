package store_test

import (
	"bytes"
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
