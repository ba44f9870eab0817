package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"entente/decision"
	"entente/exchange"
	"entente/intel"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
)

func objectFields(t *testing.T, s exchange.Store) {
	old := []byte(`{"type":"indicator","from":"2.0"}`)
	o := Object(1)
	o.CreatedBy = "identity--00000000-0000-4000-8000-00000000000A" // upper case: kept as written
	o.Revoked = true
	o.Upgraded = &intel.Upgrade{Raw: old, Hash: ident.Sum(old)}
	o.Leaf = 1 << 40
	o.Provenance = exchange.Provenance{
		From: "csirt-aurelia", At: instant, Source: "feed.json", Release: "r9", Under: []string{"mou-1", "act-2"}, Assigned: "amber+strict",
		Terms: []exchange.Term{{
			ClauseRef: decision.ClauseRef{Instrument: "mou-1", Clause: "3", Cite: "§ 3"},
			Duty:      decision.DutyRef{ID: "x", What: "delete", Bearer: "recipient", Within: "P30D"},
		}},
	}
	write(t, s, func(ctx context.Context, tx exchange.Tx) (err error) {
		o.Seq, err = tx.AddObject(ctx, o, nil)
		must(t, err)
		got, err := tx.Object(ctx, o.ID) // its own writes are seen
		equal(t, got, o)
		return err
	})
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		got, err := r.Object(ctx, o.ID)
		equal(t, got, o)
		byHead, err2 := r.Heads(ctx, []string{o.ID, o.ID, "indicator--none"})
		must(t, err2)
		equal(t, byHead, map[string][]exchange.Head{o.ID: {{
			Seq: o.Seq, Version: o.Version, Hash: o.Hash, From: "csirt-aurelia", Type: "indicator", Revoked: true, State: exchange.Live,
		}}})
		return err
	})
	err := s.Write(t.Context(), func(tx exchange.Tx) error {
		bad := Object(2)
		bad.Hash = o.Hash
		_, err := tx.AddObject(t.Context(), bad, nil)
		return err
	})
	wantKind(t, err, fault.Unverified)
}

func objectIDs(t *testing.T, s exchange.Store) {
	ids := []string{
		"indicator--0000000a-0000-4000-8000-000000000001",
		"indicator--0000000A-0000-4000-8000-000000000001",
		"Indicator--0000000a-0000-4000-8000-000000000001",
		"indicator--0000000a00004000800000000000000001",
		"malware--0000000a-0000-4000-8000-000000000001",
		"x--y", "x", "16-byte-long-id!", "",
	}
	for n, id := range ids {
		add(t, s, version(id, "indicator", "", n))
	}
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		for n, id := range ids {
			o, err := r.Object(ctx, id)
			must(t, err)
			if o.ID != id || !strings.Contains(string(o.Raw), fmt.Sprintf("canary %d", n)) {
				t.Errorf("%q returned %q: %s", id, o.ID, o.Raw)
			}
		}
		_, err := r.Object(ctx, "INDICATOR--0000000a-0000-4000-8000-000000000001")
		wantKind(t, err, fault.NotFound)
		return nil
	})
}

func objectVersions(t *testing.T, s exchange.Store) {
	id := Object(1).ID
	v1 := add(t, s, version(id, "indicator", "2026-01-01T00:00:00Z", 1))
	v2 := add(t, s, version(id, "indicator", "2026-01-02T00:00:00Z", 2))
	b := add(t, s, Object(0))
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		got, err := r.Objects(ctx, []string{id, b.ID, "x--none", id})
		equal(t, got, []exchange.Stored{b, v2})
		return err
	})
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		_, err := tx.AddObject(ctx, v1, nil)
		wantKind(t, err, fault.Conflict)
		must(t, tx.SetObjectState(ctx, v1.Seq, exchange.Overtaken))
		wantKind(t, tx.SetObjectState(ctx, 9999, exchange.Live), fault.NotFound)
		return tx.SetObjectState(ctx, v2.Seq, exchange.SetAside)
	})
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		_, err := r.Object(ctx, id)
		wantKind(t, err, fault.NotFound) // nothing of it is live
		heads, err := r.Heads(ctx, []string{id})
		must(t, err)
		equal(t, []exchange.ObjectState{heads[id][0].State, heads[id][1].State}, []exchange.ObjectState{exchange.Overtaken, exchange.SetAside})
		v1.State = exchange.Overtaken
		got, err := r.Version(ctx, v1.Seq)
		equal(t, got, v1)
		_, none := r.Version(ctx, 9999)
		wantKind(t, none, fault.NotFound)
		n, err2 := r.CountObjects(ctx)
		must(t, err2)
		equal(t, n, int64(1))
		return err
	})
}

func objectErased(t *testing.T, s exchange.Store) {
	o := add(t, s, Object(1))
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.SetObjectState(ctx, o.Seq, exchange.Erased))
		return tx.SetObjectState(ctx, o.Seq, exchange.Erased) // again: nothing left to do
	})
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		wantKind(t, tx.SetObjectState(ctx, o.Seq, exchange.Live), fault.Conflict)
		return nil
	})
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		got, err := r.Version(ctx, o.Seq)
		if got.Raw != nil || got.State != exchange.Erased || got.Hash != o.Hash {
			t.Errorf("an erased version reads as %+v", got)
		}
		return err
	})
	again := Object(1)
	again.Provenance.Release = "a later release"
	again.Seq = o.Seq
	write(t, s, func(ctx context.Context, tx exchange.Tx) error { // its bytes come again: it is there again
		seq, err := tx.AddObject(ctx, again, nil)
		equal(t, seq, o.Seq)
		return err
	})
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		got, err := r.Object(ctx, o.ID)
		equal(t, got, again)
		return err
	})
}

func attached(t *testing.T, s exchange.Store) {
	target, other := Object(1), Object(2)
	link := func(kind, path, to string, n int) exchange.Stored {
		o := version(fmt.Sprintf("%s--00000000-0000-4000-8000-%012x", kind, 100+n), kind, "", n)
		write(t, s, func(ctx context.Context, tx exchange.Tx) (err error) {
			o.Seq, err = tx.AddObject(ctx, o, []intel.Ref{{Path: path, ID: to}, {Path: "object_marking_refs.[0]", ID: other.ID}, {Path: path, ID: to}})
			return err
		})
		return o
	}
	rel := link("relationship", "source_ref", target.ID, 1)
	note := link("note", "object_refs.[0]", target.ID, 2)
	link("note", "created_by_ref", target.ID, 3)
	link("report", "object_refs.[0]", target.ID, 4)
	gone := link("opinion", "object_refs.[0]", target.ID, 5)
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		return tx.SetObjectState(ctx, gone.Seq, exchange.Overtaken)
	})
	got := get(t, s, func(ctx context.Context, r exchange.Reader) ([]string, error) {
		return r.Attached(ctx, []string{target.ID, other.ID})
	})
	equal(t, got, []string{note.ID, rel.ID})
}

func objectPages(t *testing.T, s exchange.Store) {
	const n = 25
	for i := range n {
		o := Object(i)
		if i%5 == 0 {
			o = version(fmt.Sprintf("malware--00000000-0000-4000-8000-%012x", i), "malware", "", i)
		}
		add(t, s, o)
	}
	count := func(f exchange.ObjectFilter) (pages, objects int) {
		for last := int64(-1); ; {
			f.After = max(last, 0)
			page := get(t, s, func(ctx context.Context, r exchange.Reader) ([]exchange.Stored, error) { return r.ListObjects(ctx, f) })
			if len(page) == 0 {
				return pages, objects
			}
			pages++
			for _, o := range page {
				if o.Seq <= last || f.Type != "" && o.Type != f.Type {
					t.Fatalf("page out of order or of the wrong type at %d", o.Seq)
				}
				last = o.Seq
				objects++
			}
		}
	}
	for _, c := range []struct {
		f              exchange.ObjectFilter
		pages, objects int
	}{
		{exchange.ObjectFilter{Limit: 10}, 3, n},
		{exchange.ObjectFilter{}, 1, n},
		{exchange.ObjectFilter{Type: "malware", Limit: 2}, 3, 5},
		{exchange.ObjectFilter{Type: "malware", Unreleased: true, Limit: 2}, 3, 5},
		{exchange.ObjectFilter{Unreleased: true}, 1, n},
		{exchange.ObjectFilter{Type: "Malware"}, 0, 0},
	} {
		pages, objects := count(c.f)
		equal(t, []int{pages, objects}, []int{c.pages, c.objects})
	}
}

// pagesUnderWrites follows the list while others add to it: whatever was there
// when a page was read is in it, and nothing is passed over.
func pagesUnderWrites(t *testing.T, s exchange.Store) {
	const writers, each = 4, 40
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				err := s.Write(t.Context(), func(tx exchange.Tx) error {
					_, err := tx.AddObject(t.Context(), Object(w*each+i), nil)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	seen := map[string]bool{}
	last := int64(0)
	for finished := false; ; {
		page := get(t, s, func(ctx context.Context, r exchange.Reader) ([]exchange.Stored, error) {
			return r.ListObjects(ctx, exchange.ObjectFilter{After: last, Limit: 7})
		})
		for _, o := range page {
			seen[o.ID], last = true, o.Seq
		}
		if len(page) > 0 {
			continue
		}
		if finished {
			break
		}
		select {
		case <-done:
			finished = true
		default:
		}
	}
	equal(t, len(seen), writers*each)
}

func quarantine(t *testing.T, s exchange.Store) {
	raw := []byte("{\"id\":\"\xff\x00\"}")
	q := exchange.Quarantine{
		At: instant, From: "csirt-aurelia", Source: "feed.json", ObjectID: "indicator--1", Pointer: "/objects/3",
		Code: "json.utf8", Detail: "bad", Next: "ask the sender", Hash: ident.Sum(raw), Raw: raw,
	}
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.AddQuarantine(ctx, q))
		bytesOnly := q
		bytesOnly.ObjectID, bytesOnly.Raw = "bad \xff\x00 id", nil
		return tx.AddQuarantine(ctx, bytesOnly)
	})
	list := func(after int64, n int) []exchange.Quarantine {
		return get(t, s, func(ctx context.Context, r exchange.Reader) ([]exchange.Quarantine, error) {
			return r.Quarantined(ctx, after, n)
		})
	}
	all := list(0, 0)
	if len(all) != 2 {
		t.Fatalf("%d set aside, want 2", len(all))
	}
	q.Seq = all[0].Seq
	equal(t, all[0], q)
	equal(t, all[1].ObjectID, "bad \uFFFD\uFFFD id")
	equal(t, list(0, 1), all[:1])
	equal(t, list(q.Seq, 5), all[1:])
}

func anyText(t *testing.T, s exchange.Store) {
	for n, text := range []string{"été ⟦𝔘⟧", "'; DROP TABLE objects; --", "a\tb\nc", strings.Repeat("long ", 2000), `\x00 % _`} {
		o := Object(n)
		o.Type, o.Version, o.Provenance.Source = text, text, text
		o.Provenance.From = "p"
		o = add(t, s, o)
		got := get(t, s, func(ctx context.Context, r exchange.Reader) (exchange.Stored, error) { return r.Object(ctx, o.ID) })
		equal(t, got, o)
	}
}

// vouchedDefinitions: who sent a definition that is held is kept once, by its
// bytes.
func vouchedDefinitions(t *testing.T, s exchange.Store) {
	one, other := ident.Sum([]byte("one")), ident.Sum([]byte("other"))
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		for _, by := range []party.ID{"b", "a", "b"} {
			must(t, tx.Vouch(ctx, one, by))
		}
		return nil
	})
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		for hash, want := range map[ident.Digest][]party.ID{one: {"a", "b"}, other: nil} {
			got, err := r.Vouchers(ctx, hash)
			must(t, err)
			equal(t, got, want)
		}
		return nil
	})
}

// takenOver: a version becomes another party's with its bytes, and what was
// destroyed can be seen to have never counted.
func takenOver(t *testing.T, s exchange.Store) {
	o := add(t, s, Object(1))
	by := exchange.Provenance{From: "its-creator", At: instant, Source: "message", Under: []string{"mou"}}
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.TakeOver(ctx, o.Seq, by, 77))
		return tx.SetObjectState(ctx, o.Seq, exchange.Live)
	})
	got := get(t, s, func(ctx context.Context, r exchange.Reader) (exchange.Stored, error) { return r.Object(ctx, o.ID) })
	o.Provenance, o.Leaf = by, 77
	equal(t, got, o)
	heads := func() exchange.Head {
		return get(t, s, func(ctx context.Context, r exchange.Reader) (map[string][]exchange.Head, error) {
			return r.Heads(ctx, []string{o.ID})
		})[o.ID][0]
	}
	equal(t, heads().From, by.From)
	for _, state := range []exchange.ObjectState{exchange.Erased, exchange.Withdrawn, exchange.Withdrawn} {
		write(t, s, func(ctx context.Context, tx exchange.Tx) error { return tx.SetObjectState(ctx, o.Seq, state) })
		equal(t, heads().State, state)
	}
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		wantKind(t, tx.SetObjectState(ctx, o.Seq, exchange.Live), fault.Conflict)
		return nil
	})
	gone := get(t, s, func(ctx context.Context, r exchange.Reader) (exchange.Stored, error) { return r.Version(ctx, o.Seq) })
	if gone.Raw != nil || gone.State != exchange.Withdrawn {
		t.Errorf("after it was withdrawn: %s %q", gone.State, gone.Raw)
	}
	again := add(t, s, Object(1))
	equal(t, again.Raw, Object(1).Raw)
}

// offered: every field round-trips, a party sees its own versions only, in one
// order, and what is stored again is replaced.
func offered(t *testing.T, s exchange.Store) {
	id, other := Object(1).ID, Object(2).ID
	one := exchange.Offered{ID: id, Hash: ident.Sum([]byte("1")), Version: "2026-01-01T00:00:00.000Z", Revoked: true, State: exchange.SetAside, Content: ident.Sum([]byte("c")), Source: ident.Sum([]byte("s"))}
	two := exchange.Offered{ID: id, Hash: ident.Sum([]byte("2")), State: exchange.Live}
	three := exchange.Offered{ID: other, Hash: ident.Sum([]byte("1")), State: exchange.Live}
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.PutOffered(ctx, "a", []exchange.Offered{two, three, one}))
		return tx.PutOffered(ctx, "A", []exchange.Offered{two})
	})
	two.State = exchange.Erased
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		return tx.PutOffered(ctx, "a", []exchange.Offered{two})
	})
	of := func(from party.ID, ids ...string) map[string][]exchange.Offered {
		return get(t, s, func(ctx context.Context, r exchange.Reader) (map[string][]exchange.Offered, error) {
			return r.Offered(ctx, from, ids)
		})
	}
	all := of("a", id, other, id)
	if len(all[id]) != 2 || len(all[other]) != 1 {
		t.Fatalf("%+v", all)
	}
	if all[id][0].Hash != one.Hash {
		slices.Reverse(all[id])
	}
	equal(t, all, map[string][]exchange.Offered{id: {one, two}, other: {three}})
	if got := of("A", id); len(got[id]) != 1 || got[id][0].State != exchange.Live {
		t.Errorf("another party's are %+v", got)
	}
	equal(t, len(of("b", id)), 0)
}
