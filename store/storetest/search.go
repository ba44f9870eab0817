package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"entente/exchange"
	"entente/intel/atom"
	"entente/intel/search"
	"entente/party"
)

// searchable is one object with what it is found by.
type searchable struct {
	exchange.Stored
	entry search.Entry
}

// someSearchable makes an object from a small vocabulary, so that queries from
// the same vocabulary find some objects and not others.
func someSearchable(r *rand.Rand, n int) searchable {
	pick := func(from string) string { return strings.Fields(from)[r.IntN(len(strings.Fields(from)))] }
	o := Object(n)
	o.Type = pick("indicator malware report")
	o.Provenance.From = party.ID("party-" + pick("aa bb cc"))
	o.Provenance.At = instant.AddDate(0, 0, r.IntN(10))
	e := search.Entry{
		ID: o.ID, Type: o.Type, TLP: pick("clear green amber red"), From: string(o.Provenance.From), At: o.Provenance.At,
		Year: pick("2024 2025 2026"), Source: pick("one.json two.json"),
	}
	for range r.IntN(3) {
		e.Labels = append(e.Labels, pick("phishing ransomware exploit"))
		e.Atoms = append(e.Atoms, atom.Atom{Kind: atom.Address, Value: fmt.Sprintf("198.51.100.%d", r.IntN(6))})
	}
	if r.IntN(4) == 0 {
		e.Atoms = append(e.Atoms, atom.Atom{Kind: atom.Range, Value: "198.51.100.0/30"}, atom.Atom{Kind: atom.CVE, Value: "CVE-2026-1000"})
	}
	slices.SortFunc(e.Atoms, func(a, b atom.Atom) int { return strings.Compare(a.Value, b.Value) })
	e.Atoms = slices.Compact(e.Atoms)
	for range r.IntN(12) {
		e.Words = append(e.Words, pick("loader traffic and of seen 情 報 zurich 12e4 0x7 ="))
	}
	o.Entry = &e
	return searchable{o, e}
}

func someQuery(r *rand.Rand) string {
	terms := strings.Split(`loader|lo*|traff*|zür*|of-se*|traffic and|"loader traffic"|"of seen"|情報|Zürich|12e4|type:malware|type:indicator|tlp:amber|tlp:RED|from:party-aa|label:phishing|label:exploit|`+
		`year:2025|source:one.json|198.51.100.1|198[.]51.100[.]3|198.51.100.0/30|value:198.51.100.5|cve:CVE-2026-1000|after:2026-01-05|before:2026-01-08|`+
		Object(3).ID+`|`+Object(4).ID, "|")
	var all []string
	for range 1 + r.IntN(3) {
		all = append(all, terms[r.IntN(len(terms))])
	}
	return strings.Join(all, " ")
}

// searchAgrees compares the index with a look at every object.
func searchAgrees(t *testing.T, s exchange.Store) {
	r := rand.New(rand.NewPCG(11, 24)) //nolint:gosec // the same objects in every run
	var all []searchable
	for n := range 120 {
		o := someSearchable(r, n)
		write(t, s, func(ctx context.Context, tx exchange.Tx) (err error) {
			o.Seq, err = tx.AddObject(ctx, o.Stored, nil)
			return err
		})
		all = append(all, o)
	}
	index(t, s, all)
	// Whatever is not live any more is not found.
	for n, state := range map[int]exchange.ObjectState{7: exchange.Overtaken, 8: exchange.SetAside, 9: exchange.Erased} {
		write(t, s, func(ctx context.Context, tx exchange.Tx) error { return tx.SetObjectState(ctx, all[n].Seq, state) })
	}
	all = slices.Delete(all, 7, 10)
	found := 0
	for range 400 {
		text := someQuery(r)
		q, err := search.Parse(text)
		if err != nil {
			continue // two bounds
		}
		var want []exchange.SearchRow
		for _, o := range slices.Backward(all) {
			if q.Matches(o.entry) {
				want = append(want, exchange.SearchRow{Seq: o.Seq, Type: o.entry.Type, TLP: o.entry.TLP, From: o.entry.From, Year: o.entry.Year})
			}
		}
		got := get(t, s, func(ctx context.Context, r exchange.Reader) ([]exchange.SearchRow, error) {
			return r.Search(ctx, exchange.SearchFilter{Query: q, Most: 1000})
		})
		equal(t, got, want)
		found += min(len(want), 1)
		var paged []exchange.SearchRow
		for after, more := int64(0), true; more; {
			page := get(t, s, func(ctx context.Context, r exchange.Reader) ([]exchange.SearchRow, error) {
				return r.Search(ctx, exchange.SearchFilter{Query: q, After: after, Most: 7})
			})
			if paged, more = append(paged, page...), len(page) == 7; more {
				after = page[6].Seq
			}
		}
		equal(t, paged, want)
		if t.Failed() {
			t.Fatalf("after the query %s", text)
		}
	}
	if found < 100 {
		t.Errorf("only %d queries found anything", found)
	}
}

func index(t *testing.T, s exchange.Store, all []searchable) {
	t.Helper()
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		for _, o := range all {
			must(t, tx.Index(ctx, o.Seq, o.entry))
		}
		return nil
	})
}

// searchWaits follows one object from its arrival to the index, both when it
// brings what it is found by and when it was there before there was an index.
func searchWaits(t *testing.T, s exchange.Store) {
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same objects in every run
	brings, old := someSearchable(r, 1), someSearchable(r, 2)
	brings.entry.Words, old.entry.Words = []string{"needle"}, []string{"needle"}
	brings.entry.Atoms, old.entry.Atoms = []atom.Atom{{Kind: atom.Mutex, Value: "m"}}, []atom.Atom{{Kind: atom.Mutex, Value: "m"}}
	brings.Entry, old.Entry = &brings.entry, nil
	brings.Stored, old.Stored = add(t, s, brings.Stored), add(t, s, old.Stored)
	find := func(text string) (seqs []int64) {
		q, err := search.Parse(text)
		must(t, err)
		for _, row := range get(t, s, func(ctx context.Context, r exchange.Reader) ([]exchange.SearchRow, error) {
			return r.Search(ctx, exchange.SearchFilter{Query: q})
		}) {
			seqs = append(seqs, row.Seq)
		}
		return seqs
	}
	waiting := func() (seqs []int64) {
		for _, w := range get(t, s, func(ctx context.Context, r exchange.Reader) ([]exchange.Waiting, error) { return r.Waiting(ctx, 10) }) {
			if w.Whole != (w.Seq == old.Seq) || w.Raw == nil {
				t.Errorf("waiting: %+v", w)
			}
			seqs = append(seqs, w.Seq)
		}
		equal(t, get(t, s, func(ctx context.Context, r exchange.Reader) (int64, error) { return r.CountWaiting(ctx) }), int64(len(seqs)))
		return seqs
	}
	equal(t, waiting(), []int64{old.Seq, brings.Seq})
	equal(t, find("needle"), []int64(nil))
	equal(t, find("value:m"), []int64{brings.Seq}) // a value is found at once
	index(t, s, []searchable{brings, old})
	index(t, s, []searchable{brings, old}) // again: nothing waits
	equal(t, waiting(), []int64(nil))
	equal(t, find("needle"), []int64{old.Seq, brings.Seq})
	equal(t, find("value:m"), []int64{old.Seq, brings.Seq})

	// Set aside and back, erased and back: it waits again, and is found again.
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.SetObjectState(ctx, brings.Seq, exchange.SetAside))
		return tx.SetObjectState(ctx, old.Seq, exchange.Erased)
	})
	equal(t, find("needle"), []int64(nil))
	equal(t, find("value:m"), []int64(nil))
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.SetObjectState(ctx, brings.Seq, exchange.Live))
		must(t, tx.SetObjectState(ctx, brings.Seq, exchange.Live))
		_, err := tx.AddObject(ctx, old.Stored, nil)
		must(t, err)
		must(t, tx.Index(ctx, brings.Seq, brings.entry))
		return tx.Index(ctx, old.Seq, old.entry)
	})
	equal(t, find("needle"), []int64{old.Seq, brings.Seq})
	equal(t, find("value:m"), []int64{old.Seq, brings.Seq})
}

// duplicates counts objects and parties by value.
func duplicates(t *testing.T, s exchange.Store) {
	a, b, c := atom.Atom{Kind: atom.Address, Value: "192.0.2.1"}, atom.Atom{Kind: atom.Domain, Value: "evil.example"}, atom.Atom{Kind: atom.Attack, Value: "T1059"}
	for n, has := range [][]atom.Atom{{a, b, c}, {a, c}, {a, b, c}, {c}} {
		o := Object(n)
		o.Provenance.From = party.ID("party-" + string(rune('a'+n/2))) // two objects of each
		o.Entry = &search.Entry{TLP: "amber", Atoms: has}
		add(t, s, o)
	}
	list := func(f exchange.DuplicateFilter) []exchange.Duplicate {
		return get(t, s, func(ctx context.Context, r exchange.Reader) ([]exchange.Duplicate, error) {
			return r.Duplicates(ctx, f)
		})
	}
	both := []exchange.Duplicate{{Kind: "ip", Value: "192.0.2.1", Objects: 3, Parties: 2}, {Kind: "domain", Value: "evil.example", Objects: 2, Parties: 2}}
	equal(t, list(exchange.DuplicateFilter{}), both)
	equal(t, list(exchange.DuplicateFilter{Parties: true}), both)
	equal(t, list(exchange.DuplicateFilter{Kind: "domain"}), both[1:])
	equal(t, list(exchange.DuplicateFilter{Limit: 1}), both[:1])
	write(t, s, func(ctx context.Context, tx exchange.Tx) error { // the last of the other party goes
		heads, err := tx.Heads(ctx, []string{Object(2).ID})
		must(t, err)
		return tx.SetObjectState(ctx, heads[Object(2).ID][0].Seq, exchange.Overtaken)
	})
	equal(t, list(exchange.DuplicateFilter{}), []exchange.Duplicate{{Kind: "ip", Value: "192.0.2.1", Objects: 2, Parties: 1}})
	equal(t, list(exchange.DuplicateFilter{Parties: true}), []exchange.Duplicate(nil))

	got := get(t, s, func(ctx context.Context, r exchange.Reader) ([]exchange.Holder, error) {
		return r.Holders(ctx, []string{"192.0.2.1", "evil.example", "none.example"}, 10)
	})
	for i := range got {
		got[i].Seq = 0
	}
	equal(t, got, []exchange.Holder{
		{Kind: "ip", Value: "192.0.2.1", ID: Object(1).ID, Type: "indicator", TLP: "amber", From: "party-a"},
		{Kind: "ip", Value: "192.0.2.1", ID: Object(0).ID, Type: "indicator", TLP: "amber", From: "party-a"},
		{Kind: "domain", Value: "evil.example", ID: Object(0).ID, Type: "indicator", TLP: "amber", From: "party-a"},
	})
}
