package exchange_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"entente/exchange"
	"entente/intel/atom"
	"entente/intel/stix"
)

func (n *testNode) finds(t testing.TB, query string) []string {
	t.Helper()
	found, err := n.Search(t.Context(), exchange.SearchRequest{Query: query})
	must(t, err)
	ids := []string{}
	for _, h := range found.Hits {
		ids = append(ids, h.ID)
	}
	return ids
}

func address(n, marking string, version, value string) string {
	return sdo("indicator", n, version, marking, fmt.Sprintf(`"name":"canary%s","pattern":"[ipv4-addr:value = '%s']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z"`, n, value))
}

// TestPR11SearchForgets follows an object through its versions, to a partner,
// and to the end: what is not held any more is not found any more.
func TestPR11SearchForgets(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a, b := f.nodes[aurelia], f.nodes[borealis]
	const old, renewed = "2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z"
	a.imports(t, bundleOf(address("0001", tlpAmber, old, "203.0.113.1"), address("0002", tlpRed, old, "203.0.113.1")))
	one, two := idOf("indicator", "0001"), idOf("indicator", "0002")
	for query, want := range map[string][]string{
		"203.0.113.1": {two, one}, "canary0001": {one}, "tlp:amber": {one}, "year:2026 type:indicator": {two, one},
		"from:" + string(aurelia) + " type:indicator": {two, one}, "from:" + string(borealis): {}, "source:test.json canary0002": {two},
	} {
		if got := a.finds(t, query); !slices.Equal(got, want) {
			t.Errorf("%s finds %v, want %v", query, got, want)
		}
	}
	v, err := a.Object(t.Context(), one)
	must(t, err)
	if len(v.Same) != 1 || v.Same[0].ID != two || v.Same[0].Value != "203.0.113.1" || v.Same[0].TLP != "red" {
		t.Errorf("also known: %+v", v.Same)
	}

	a.imports(t, bundleOf(address("0001", tlpAmber, renewed, "203.0.113.2")))
	if got := a.finds(t, "203.0.113.1"); !slices.Equal(got, []string{two}) {
		t.Errorf("an overtaken version is found: %v", got)
	}
	if got := a.finds(t, "203.0.113.2 canary0001"); !slices.Equal(got, []string{one}) {
		t.Errorf("the new version is not found: %v", got)
	}

	release := f.send(aurelia, borealis, one)
	if got := b.finds(t, "canary0001 from:"+string(aurelia)); !slices.Equal(got, []string{one}) {
		t.Errorf("the partner does not find what it received: %v", got)
	}
	_, err = a.Recall(t.Context(), exchange.RecallRequest{Release: release, Reason: "wrong address"})
	must(t, err)
	f.deliver(a)
	for _, query := range []string{"canary0001", "203.0.113.2", one} {
		if got := b.finds(t, query); len(got) != 0 {
			t.Errorf("%s still finds %v after the recall", query, got)
		}
	}
}

// TestValuesFindExactlyTheirObjects compares the search by value with a look at
// every object, over the published intelligence of the examples.
func TestValuesFindExactlyTheirObjects(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia)
	a := f.nodes[aurelia]
	a.imports(t, valuesBundle())
	objects, err := a.Objects(t.Context(), exchange.ObjectFilter{Limit: 1000})
	must(t, err)
	holders := map[string][]string{}
	for _, o := range slices.Backward(objects) {
		parsed, _, err := stix.ParseObject(o.Raw)
		must(t, err)
		for _, v := range atom.Of(parsed) {
			if ids := holders[v.Value]; !slices.Contains(ids, o.ID) {
				holders[v.Value] = append(ids, o.ID)
			}
		}
	}
	if len(holders) < 20 {
		t.Fatalf("only %d values", len(holders))
	}
	for value, want := range holders {
		if got := a.finds(t, "value:"+value); !slices.Equal(got, want) {
			t.Errorf("%s finds %v, want %v", value, got, want)
		}
	}
}

// valuesBundle is observables and indicators that share some of their values.
func valuesBundle() string {
	var all []string
	for i := range 60 {
		n := fmt.Sprintf("%04x", i)
		switch i % 4 {
		case 0:
			all = append(all, address(n, tlpRed, "2026-01-01T00:00:00.000Z", fmt.Sprintf("203.0.113.%d", i%12)))
		case 1:
			all = append(all, fmt.Sprintf(`{"type":"ipv4-addr","spec_version":"2.1","id":%q,"value":"203.0.113.%d"}`, idOf("ipv4-addr", n), i%12-1))
		case 2:
			all = append(all, fmt.Sprintf(`{"type":"file","spec_version":"2.1","id":%q,"name":"f%d.EXE","hashes":{"MD5":"%032X"}}`, idOf("file", n), i%5, i%7))
		default:
			all = append(all, fmt.Sprintf(`{"type":"domain-name","spec_version":"2.1","id":%q,"value":"H%d.Example"}`, idOf("domain-name", n), i%9))
		}
	}
	return bundleOf(all...)
}

func TestSearchPagesAndCounts(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia)
	a := f.nodes[aurelia]
	a.imports(t, valuesBundle())
	var ids []string
	for after, more := int64(0), true; more; {
		page, err := a.Search(t.Context(), exchange.SearchRequest{Query: "type:file type:indicator", After: after, Limit: 7})
		must(t, err)
		if page.Total != 30 || page.More || page.Facets[0].Values[0].Count != 15 || page.Facets[0].Values[0].Query != "type:file type:indicator type:file" {
			t.Fatalf("%d, %+v", page.Total, page.Facets)
		}
		for _, h := range page.Hits {
			ids = append(ids, h.ID)
		}
		after, more = page.Next, page.Next > 0
	}
	if all := a.finds(t, "type:file type:indicator"); len(ids) != 30 || !slices.Equal(ids, all) {
		t.Errorf("the pages hold %v, want %v", ids, all)
	}
	_, err := a.Search(t.Context(), exchange.SearchRequest{Query: "colour:red"})
	wantCode(t, err, "search.query")
}

// TestADamagedObjectHoldsUpNoSearch breaks the bytes of one object before it is
// indexed.
func TestADamagedObjectHoldsUpNoSearch(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia)
	a := f.nodes[aurelia]
	a.imports(t, bundleOf(indicator("0001", tlpRed), indicator("0002", tlpRed)))
	db, err := sql.Open("sqlite", "file:"+filepath.Join(a.dir, "node.db")+"?_pragma=busy_timeout(10000)")
	must(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), `UPDATE objects SET raw = CAST('{}' AS BLOB) WHERE seq = 1`)
	must(t, err)
	if got := a.finds(t, "tlp:red"); !slices.Equal(got, []string{idOf("indicator", "0002")}) {
		t.Errorf("found %v", got)
	}
	found, err := a.Search(t.Context(), exchange.SearchRequest{Query: "tlp:red"})
	must(t, err)
	if found.Waiting != 0 {
		t.Errorf("%d objects wait for ever", found.Waiting)
	}
	a.imports(t, bundleOf(indicator("0003", tlpRed), indicator("0004", tlpRed)))
	if got := a.finds(t, "tlp:red"); len(got) != 3 {
		t.Fatalf("found %v", got)
	}
	_, err = db.ExecContext(t.Context(), `UPDATE objects SET raw = CAST('{}' AS BLOB) WHERE seq = 3`) // after it was indexed
	must(t, err)
	if got := a.finds(t, "tlp:red"); !slices.Equal(got, []string{idOf("indicator", "0004"), idOf("indicator", "0002")}) {
		t.Errorf("found %v", got)
	}
}

// TestWhatWasThereBeforeIsIndexed takes the index away, as in a database of an
// earlier version, and lets the background work build it.
func TestWhatWasThereBeforeIsIndexed(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia)
	a := f.nodes[aurelia]
	a.imports(t, valuesBundle())
	queries := strings.Fields("203.0.113.4 canary0004 tlp:red type:file source:test.json h3.example")
	var want [][]string
	for _, q := range queries {
		want = append(want, a.finds(t, q))
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(a.dir, "node.db")+"?_pragma=busy_timeout(10000)")
	must(t, err)
	defer db.Close()
	for _, q := range []string{
		`DELETE FROM search_words`, `DELETE FROM atoms`, `DELETE FROM search_objects`,
		`INSERT INTO search_objects (seq, type, tlp, origin, year, at, waiting) SELECT seq, type, '', origin, '', 0, 2 FROM objects WHERE state = 'live'`,
	} {
		_, err = db.ExecContext(t.Context(), q)
		must(t, err)
	}
	done, err := a.IndexWaiting(t.Context(), 1000)
	must(t, err)
	if done < 60 {
		t.Errorf("only %d objects were indexed", done)
	}
	for i, q := range queries {
		if got := a.finds(t, q); !slices.Equal(got, want[i]) || len(got) == 0 {
			t.Errorf("%s finds %v, want %v", q, got, want[i])
		}
	}
}
