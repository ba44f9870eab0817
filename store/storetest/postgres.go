package storetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"strings"
	"testing"
)

// FreshSchema makes an empty schema, dropped when the test ends, and returns a
// URL that uses it.
func FreshSchema(t testing.TB, url string) string {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	name := "t_" + strings.ToLower(rand.Text())
	if _, err := db.ExecContext(t.Context(), "CREATE SCHEMA "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = db.ExecContext(context.WithoutCancel(t.Context()), "DROP SCHEMA "+name+" CASCADE")
		_ = db.Close()
	})
	if strings.Contains(url, "?") {
		return url + "&search_path=" + name
	}
	return url + "?search_path=" + name
}
