package store_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"entente/exchange"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/obligation"
	"entente/store"
)

// TestEarlierDutiesAreSortedIn opens a database made before duties were kept by
// when they are due, with more of them than share a commit and one that is damaged.
func TestEarlierDutiesAreSortedIn(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	databases(t, func(t *testing.T, url string) {
		old := openFirst(t, url)
		const insert = `INSERT INTO duties (id, done_at, sealed_duty) VALUES ($1, NULL, $2)`
		for n := range 1003 {
			d := obligation.Duty{ID: fmt.Sprintf("d%04d", n), Object: "o", Release: "r", Started: start, Due: start.Add(time.Duration(2000-n) * time.Hour)}
			body, err := json.Marshal(d)
			if err != nil {
				t.Fatal(err)
			}
			sum := ident.Sum(body)
			sealed := append(sum[:], body...)
			if n == 500 {
				sealed[40] ^= 1
			}
			if _, err := old.ExecContext(t.Context(), insert, d.ID, sealed); err != nil {
				t.Fatal(err)
			}
		}
		if err := old.Close(); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time there is nothing left to do
			s := open(t, url, nil)
			sortedIn(t, s, start)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func sortedIn(t *testing.T, s *store.Store, start time.Time) {
	t.Helper()
	err := s.Read(t.Context(), func(r exchange.Reader) error {
		for _, f := range []exchange.DutyFilter{{Open: true, Limit: 2}, {About: "o", Limit: 2}, {Release: "r", Limit: 2}} {
			ds, err := r.Duties(t.Context(), f)
			if err != nil {
				return err
			}
			if len(ds) != 2 || ds[0].ID != "d1002" || ds[1].ID != "d1001" {
				t.Errorf("%+v: %v", f, ds)
			}
		}
		waking, err := r.WakingDuties(t.Context(), start, 10)
		if diff := cmp.Diff([]string{"d0500"}, waking); diff != "" {
			t.Errorf("to be looked at, got +, want -\n%s", diff)
		}
		if _, derr := r.Duty(t.Context(), "d0500"); fault.CodeOf(derr) != "store.corrupt" {
			t.Errorf("the damaged one: %v", derr)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestDutiesAreFoundByAnIndex: a list of duties and a look at the clocks cost what
// they find, however many duties there are.
func TestDutiesAreFoundByAnIndex(t *testing.T) {
	t.Parallel()
	url := sqliteURL(t)
	open(t, url, nil)
	driver, dsn := driverOf(url)
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	sought := 0
	for _, query := range queriesIn(t) {
		if !strings.Contains(query, " FROM duties WHERE ") || !strings.Contains(query, "LIMIT") {
			continue
		}
		sought++
		for n := range 9 {
			query = strings.ReplaceAll(query, fmt.Sprintf("$%d", n+1), "1")
		}
		if plan := planOf(t, db, query); !strings.Contains(plan, "USING") || strings.Contains(plan, "SCAN") || strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("%s\n%s", query, plan)
		}
	}
	if sought < 3 {
		t.Errorf("%d queries on duties", sought)
	}
}
