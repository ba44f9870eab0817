package store_test

import (
	"database/sql"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"entente/decision"
	"entente/exchange"
	"entente/internal/ident"
	"entente/party"
	"entente/store"
)

// decided is a decision as a node keeps it, on an object that says n.
func decided(t *testing.T, n int, to party.ID) exchange.DecisionRecord {
	t.Helper()
	at := time.Date(2026, 3, 1, 0, 0, n, 0, time.UTC)
	d := decision.Decision{
		Request: decision.Request{
			Subject: decision.Subject{ID: "indicator--" + string(rune('a'+n)), Type: "indicator", Hash: ident.Sum([]byte{byte(n)})},
			Sender:  decision.Actor{ID: "csirt-aa"}, Recipient: decision.Actor{ID: to}, Act: "share", At: at,
		},
		Outcome: decision.Deny, Engine: decision.EngineVersion,
	}
	body, err := d.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	return exchange.DecisionRecord{
		Digest: ident.Sum(body), ObjectID: d.Request.Subject.ID, Object: d.Request.Subject.Hash, Recipient: to,
		Outcome: d.Outcome, Body: body, Epoch: 1, At: at,
	}
}

// TestEarlierDecisionsGetTheirQuestions opens a database made before questions
// were kept, with more decisions than share a commit and one that is damaged.
func TestEarlierDecisionsGetTheirQuestions(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, url string) {
		old := openFirst(t, url)
		const insert = `
			INSERT INTO decisions (digest, object_id, object, recipient, outcome, epoch, at, release, leaf, body)
			VALUES ($1, $2, $3, $4, $5, $6, $7, '', 0, $8)`
		for n := range 1003 {
			d := decided(t, n, []party.ID{"csirt-bb", "csirt-cc"}[n%2])
			if n == 500 {
				d.Body[20] ^= 1
			}
			if _, err := old.ExecContext(t.Context(), insert, d.Digest[:], []byte(d.ObjectID), d.Object[:], string(d.Recipient),
				string(d.Outcome), d.Epoch, d.At.UnixMicro(), d.Body); err != nil {
				t.Fatal(err)
			}
		}
		if err := old.Close(); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time there is nothing left to do
			s := open(t, url, nil)
			counts := questionsIn(t, s)
			if diff := cmp.Diff(map[party.ID]int64{"csirt-bb": 501, "csirt-cc": 501}, counts); diff != "" {
				t.Errorf("got +, want -\n%s", diff)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// questionsIn counts decisions by the recipient of their question, and expects
// one that has none.
func questionsIn(t *testing.T, s *store.Store) map[party.ID]int64 {
	t.Helper()
	counts := map[party.ID]int64{}
	err := s.Read(t.Context(), func(r exchange.Reader) error {
		from, to := time.Unix(0, 0), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
		qs, err := r.Questions(t.Context(), exchange.QuestionFilter{Upto: 9, From: from, To: to})
		if err != nil {
			return err
		}
		for _, q := range qs {
			for _, id := range []party.ID{"csirt-bb", "csirt-cc"} {
				if strings.Contains(string(q.Body), `"id":"`+string(id)+`"`) {
					counts[id] += q.Count
				}
			}
		}
		n, err := r.CountUnasked(t.Context(), from, to)
		if n != 1 {
			t.Errorf("%d decisions without a question, want the damaged one", n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return counts
}

// openFirst makes a database with the first migration only.
func openFirst(t *testing.T, url string) *sql.DB {
	t.Helper()
	driver, dsn := driverOf(url)
	dialect, dir := goose.DialectSQLite3, "migrations/sqlite"
	if driver == "pgx" {
		dialect, dir = goose.DialectPostgres, "migrations/postgres"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(dir + "/0001_foundation.sql")
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(dialect, db, fstest.MapFS{"0001_foundation.sql": {Data: file}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}
