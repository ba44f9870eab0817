package store_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"entente/exchange"
	"entente/store/storetest"
)

// TestFeedIsSought: SQLite finds a page, an object and a type by a seek. Without
// the statistics in the migration it would read the feed from its beginning.
func TestFeedIsSought(t *testing.T) {
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
		indexes := map[string]string{
			"": "PRIMARY KEY (recipient=? AND added>?)", " AND f.id = $5": "feed_id (recipient=? AND id=? AND added>?)",
			" AND f.type = $5": "feed_type (recipient=? AND type=? AND added>?)",
		}
		switch {
		case strings.Contains(query, "FROM feed_under f CROSS JOIN feed w"):
			indexes = map[string]string{
				"": "PRIMARY KEY (recipient=? AND instrument=? AND added>?)", " AND f.id = $5": "feed_under_id (recipient=? AND instrument=? AND id=? AND added>?)",
				" AND f.type = $5": "feed_under_type (recipient=? AND instrument=? AND type=? AND added>?)",
			}
		case !strings.Contains(query, "FROM feed f CROSS JOIN releases"):
			continue
		}
		for more, index := range indexes {
			plan := planOf(t, db, strings.NewReplacer("$1", "'a'", "$2", "1", "$3", "9", "$4", "'i'", "$5", "X'00'").Replace(query+" AND f.is_last = 1"+more+" ORDER BY f.added LIMIT $3"))
			if !strings.Contains(plan, index) || strings.Contains(plan, "SCAN") || strings.Contains(plan, "TEMP B-TREE") {
				t.Errorf("%s%s\n%s", query, more, plan)
			}
			sought++
		}
	}
	if sought < 12 {
		t.Errorf("%d queries on the feed", sought)
	}
}

func planOf(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan strings.Builder
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan.WriteString(detail + "\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan.String()
}

// TestEarlierReleasesComeIntoTheFeeds: releases made before there were feeds are
// there after the next start, the recalled ones are not, and starting again
// changes nothing.
func TestEarlierReleasesComeIntoTheFeeds(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, url string) {
		s := open(t, url, nil)
		want := storetest.Unfed(t, s)
		for range 2 {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = open(t, url, nil)
			err := s.Read(t.Context(), func(r exchange.Reader) error { return storetest.Fed(context.WithoutCancel(t.Context()), r, want) })
			if err != nil {
				t.Error(err)
			}
		}
	})
}

// TestEarlierReleasesComeIntoCollections: what was released before there were
// collections is in them after the next start, by what its decisions relied on.
func TestEarlierReleasesComeIntoCollections(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, url string) {
		s := open(t, url, nil)
		storetest.Collected(t, s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		driver, dsn := driverOf(url)
		db, err := sql.Open(driver, dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		for _, undo := range []string{"UPDATE releases SET fed_upto = NULL", "DELETE FROM feed_under", "DELETE FROM feed_collections"} {
			if _, err := db.ExecContext(t.Context(), undo); err != nil {
				t.Fatal(err)
			}
		}
		storetest.WantCollected(t, open(t, url, nil))
	})
}
