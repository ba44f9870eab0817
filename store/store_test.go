package store_test

import (
	"crypto/rand"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"entente/exchange"
	"entente/store"
	"entente/store/storetest"
	"entente/transparency"
)

func TestSQLite(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) exchange.Store { return open(t, sqliteURL(t), nil) })
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	url := postgresURL(t)
	storetest.Run(t, func(t *testing.T) exchange.Store { return open(t, storetest.FreshSchema(t, url), nil) })
}

// databases runs a test on each database there is.
func databases(t *testing.T, test func(t *testing.T, url string)) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, sqliteURL(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, storetest.FreshSchema(t, postgresURL(t)))
	})
}

func sqliteURL(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "no de?#%.db") }

// postgresURL skips the test without a server; in CI that is a failure.
func postgresURL(t testing.TB) string {
	t.Helper()
	url := os.Getenv("ENTENTE_TEST_POSTGRES")
	if url != "" {
		return url
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("ENTENTE_TEST_POSTGRES is not set, and CI skips nothing; make test starts a server")
	}
	t.Skip("ENTENTE_TEST_POSTGRES is not set; make test starts a server")
	return ""
}

func open(t testing.TB, url string, guard store.Guard) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url, options(t, guard))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func options(t testing.TB, guard store.Guard) store.Options {
	t.Helper()
	return store.Options{Log: newLog(t, rand.Reader), Guard: guard, Now: time.Now}
}

func newLog(t testing.TB, random io.Reader) *transparency.Log {
	t.Helper()
	private, _, err := note.GenerateKey(random, "log.example")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	return transparency.NewLog(signer)
}
