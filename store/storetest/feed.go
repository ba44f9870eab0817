package storetest

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"entente/exchange"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
)

// sighted is an indicator n in its version v, as the feed names it.
func sighted(n, v int) (exchange.Stored, exchange.FeedEntry) {
	modified := fmt.Sprintf("2026-01-02T03:04:%02d.500Z", v)
	o := version(Object(n).ID, "indicator", modified, n)
	return o, exchange.FeedEntry{ID: o.ID, Type: o.Type, Version: modified, Moment: exchange.Moment(modified), Hash: o.Hash}
}

// fed releases versions of indicators, given as pairs of number and version.
func fed(t *testing.T, s exchange.Store, n int, to party.ID, at time.Time, pairs ...[2]int) exchange.Release {
	t.Helper()
	return fedAs(t, s, n, to, at, func(int, *exchange.FeedEntry) {}, pairs...)
}

// fedAs is fed with more said of each entry.
func fedAs(t *testing.T, s exchange.Store, n int, to party.ID, at time.Time, edit func(i int, e *exchange.FeedEntry), pairs ...[2]int) exchange.Release {
	t.Helper()
	rel := release(n, to)
	var items []exchange.ReleaseItem
	var entries []exchange.FeedEntry
	for i, p := range pairs {
		o, e := sighted(p[0], p[1])
		edit(i, &e)
		items, entries = append(items, item(o, "")), append(entries, e)
	}
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		for _, p := range pairs {
			o, _ := sighted(p[0], p[1])
			if _, err := tx.AddObject(ctx, o, nil); err != nil && fault.KindOf(err) != fault.Conflict {
				return err
			}
		}
		must(t, tx.AddRelease(ctx, rel, items))
		must(t, tx.AddToFeed(ctx, rel.ID, at, entries))
		wantKind(t, tx.AddToFeed(ctx, rel.ID, at, entries), fault.Conflict)
		return nil
	})
	return rel
}

func fetch(t *testing.T, s exchange.Store, f exchange.FeedFilter) []exchange.FeedItem {
	t.Helper()
	return fetchPage(t, s, f).Items
}

func fetchPage(t *testing.T, s exchange.Store, f exchange.FeedFilter) exchange.FeedPage {
	t.Helper()
	return get(t, s, func(ctx context.Context, r exchange.Reader) (exchange.FeedPage, error) { return r.Feed(ctx, f) })
}

// pairsOf is which indicator in which version each item is.
func pairsOf(items []exchange.FeedItem) (pairs [][2]int) {
	for _, it := range items {
		var p [2]int
		_, _ = fmt.Sscanf(it.ID, "indicator--00000000-0000-4000-8000-%012x", &p[0])
		_, _ = fmt.Sscanf(it.Version, "2026-01-02T03:04:%02d", &p[1])
		pairs = append(pairs, p)
	}
	return pairs
}

// all is every version that party "a" was sent.
func all() exchange.FeedFilter {
	return exchange.FeedFilter{Recipient: "a", Versions: exchange.FeedVersions{All: true}}
}

func feedOrder(t *testing.T, s exchange.Store) {
	fed(t, s, 1, "a", instant, [2]int{1, 1}, [2]int{2, 1})
	fed(t, s, 2, "b", instant, [2]int{3, 1})
	rel := fed(t, s, 3, "a", instant.Add(-time.Hour), [2]int{4, 1}) // a clock that went back
	fed(t, s, 4, "A", instant, [2]int{5, 1})
	got := fetch(t, s, exchange.FeedFilter{Recipient: "a", Bytes: true})
	equal(t, pairsOf(got), [][2]int{{1, 1}, {2, 1}, {4, 1}})
	o, e := sighted(4, 1)
	equal(t, got[2], exchange.FeedItem{FeedEntry: e, Added: instant.Add(2 * time.Microsecond), Release: rel.ID, Newest: true, Raw: o.Raw})
	equal(t, got[0].Added, instant)
	equal(t, got[1].Added, instant.Add(time.Microsecond))
	equal(t, fetch(t, s, exchange.FeedFilter{Recipient: "a"})[0].Raw, []byte(nil))
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		for _, want := range []bool{true, false} {
			first, err := tx.MarkFetched(ctx, rel.ID, instant.Add(time.Hour))
			must(t, err)
			equal(t, first, want)
		}
		return nil
	})
	marked := get(t, s, func(ctx context.Context, r exchange.Reader) (exchange.Release, error) { return r.Release(ctx, rel.ID) })
	equal(t, marked.Fetched, instant.Add(time.Hour))
	equal(t, fetch(t, s, exchange.FeedFilter{Recipient: "a"})[2].Fetched, true)

	page := fetch(t, s, exchange.FeedFilter{Recipient: "a", Limit: 2})
	equal(t, pairsOf(page), [][2]int{{1, 1}, {2, 1}})
	equal(t, pairsOf(fetch(t, s, exchange.FeedFilter{Recipient: "a", After: page[1].Added})), [][2]int{{4, 1}})
	equal(t, fetch(t, s, exchange.FeedFilter{Recipient: "c"}), []exchange.FeedItem(nil))
}

func feedFilters(t *testing.T, s exchange.Store) {
	fed(t, s, 1, "a", instant, [2]int{1, 2}, [2]int{2, 1}, [2]int{1, 1})
	fed(t, s, 2, "a", instant, [2]int{1, 3}, [2]int{2, 1}) // the second again
	fed(t, s, 3, "b", instant, [2]int{1, 9})               // must not hide version 3 of another party
	for _, c := range []struct {
		name string
		f    exchange.FeedFilter
		want [][2]int
	}{
		{"newest", exchange.FeedFilter{}, [][2]int{{2, 1}, {1, 3}}},
		{"oldest", exchange.FeedFilter{Versions: exchange.FeedVersions{First: true}}, [][2]int{{2, 1}, {1, 1}}},
		{"all", exchange.FeedFilter{Versions: exchange.FeedVersions{All: true}}, [][2]int{{1, 2}, {2, 1}, {1, 1}, {1, 3}}},
		{"oldest, newest and one between", exchange.FeedFilter{Versions: exchange.FeedVersions{First: true, Last: true, Exact: []string{"2026-01-02T03:04:02.5"}}}, [][2]int{{1, 2}, {2, 1}, {1, 1}, {1, 3}}},
		{"one", exchange.FeedFilter{Versions: exchange.FeedVersions{Exact: []string{"2026-01-02T03:04:02.5", "2030-01-01T00:00:00"}}}, [][2]int{{1, 2}}},
		{"an id", exchange.FeedFilter{IDs: []string{Object(2).ID, Object(7).ID, Object(2).ID}}, [][2]int{{2, 1}}},
		{"ids, merged and cut", exchange.FeedFilter{IDs: []string{Object(1).ID, Object(2).ID}, Limit: 1}, [][2]int{{2, 1}}},
		{"id and another type", exchange.FeedFilter{IDs: []string{Object(2).ID}, Types: []string{"malware"}}, nil},
		{"types", exchange.FeedFilter{Types: []string{"malware", "indicator"}}, [][2]int{{2, 1}, {1, 3}}},
		{"another type", exchange.FeedFilter{Types: []string{"malware"}}, nil},
	} {
		c.f.Recipient = "a"
		if got := pairsOf(fetch(t, s, c.f)); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		for id, want := range map[string]bool{Object(1).ID: true, Object(7).ID: false} {
			found, err := r.InFeed(ctx, "a", "", id)
			must(t, err)
			equal(t, found, want)
		}
		return nil
	})
}

// feedReleases: a release in a feed is all that it brought, whatever else the
// party has, and one without a report can be told from one with.
func feedReleases(t *testing.T, s exchange.Store) {
	fed(t, s, 1, "a", instant, [2]int{1, 1}, [2]int{2, 1})
	second := fed(t, s, 2, "a", instant, [2]int{1, 2}, [2]int{2, 1})
	report := version("report--00000000-0000-4000-8000-00000000000a", "report", "2026-01-02T03:04:05.000Z", 1)
	rel := release(3, "a")
	o, e := sighted(3, 1)
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		for _, o := range []exchange.Stored{report, o} {
			_, err := tx.AddObject(ctx, o, nil)
			must(t, err)
		}
		must(t, tx.AddRelease(ctx, rel, []exchange.ReleaseItem{item(o, ""), item(report, "")}))
		return tx.AddToFeed(ctx, rel.ID, instant, []exchange.FeedEntry{e, {ID: report.ID, Type: "report", Version: report.Version, Moment: exchange.Moment(report.Version), Hash: report.Hash}})
	})
	got := fetch(t, s, exchange.FeedFilter{Recipient: "a", Release: second.ID, Bytes: true})
	equal(t, pairsOf(got), [][2]int{{1, 2}, {2, 1}})
	equal(t, []bool{got[0].Newest, got[1].Newest}, []bool{true, false}) // the first release shows the second's second
	first := fetch(t, s, exchange.FeedFilter{Recipient: "a", Release: release(1, "").ID})
	equal(t, []bool{first[0].Newest, first[1].Newest}, []bool{false, true})
	equal(t, len(fetch(t, s, exchange.FeedFilter{Recipient: "a", Release: rel.ID})), 2)
	equal(t, fetch(t, s, exchange.FeedFilter{Recipient: "b", Release: rel.ID}), []exchange.FeedItem(nil))
	equal(t, fetch(t, s, exchange.FeedFilter{Recipient: "a", Release: "no-such"}), []exchange.FeedItem(nil))
	// The first release has both indicators before the second.
	equal(t, pairsOf(fetch(t, s, exchange.FeedFilter{Recipient: "a", Unreported: true, Versions: exchange.FeedVersions{All: true}})), [][2]int{{1, 1}, {2, 1}})
	equal(t, fetch(t, s, exchange.FeedFilter{Recipient: "a", Unreported: true, Release: second.ID}), []exchange.FeedItem(nil))
	changes := get(t, s, func(ctx context.Context, r exchange.Reader) (map[string]time.Time, error) {
		return r.FeedChanges(ctx, "a", "")
	})
	last := got[0].Added // of version 2 of the first indicator
	equal(t, changes, map[string]time.Time{first[0].Release: last, second.ID: last, rel.ID: last.Add(3 * time.Microsecond)})

	fed(t, s, 4, "a", instant, [2]int{3, 2}) // newer than what came with the report
	equal(t, len(fetch(t, s, exchange.FeedFilter{Recipient: "a", Unreported: true, Versions: exchange.FeedVersions{All: true}})), 2)
	changes = get(t, s, func(ctx context.Context, r exchange.Reader) (map[string]time.Time, error) {
		return r.FeedChanges(ctx, "a", "")
	})
	equal(t, changes[rel.ID], last.Add(4*time.Microsecond))
	for to, want := range map[party.ID]map[string]time.Time{"a": {rel.ID: changes[rel.ID]}, "b": {}} {
		equal(t, get(t, s, func(ctx context.Context, r exchange.Reader) (map[string]time.Time, error) {
			return r.FeedChanges(ctx, to, rel.ID)
		}), want)
	}
}

// noticesInOrder: a party is told of each release and recall of its own once, from
// the place it was told last.
func noticesInOrder(t *testing.T, s exchange.Store) {
	notices := func(to party.ID, after exchange.NoticePlace, limit int) (told []exchange.Notice, upto exchange.NoticePlace) {
		read(t, s, func(ctx context.Context, r exchange.Reader) (err error) {
			told, upto, err = r.Notices(ctx, to, after, limit)
			return err
		})
		return told, upto
	}
	end := func(to party.ID) exchange.NoticePlace {
		return get(t, s, func(ctx context.Context, r exchange.Reader) (exchange.NoticePlace, error) {
			return r.NoticesEnd(ctx, to)
		})
	}
	equal(t, end("a"), exchange.NoticePlace{})
	one, two := fed(t, s, 1, "a", instant, [2]int{1, 1}, [2]int{2, 1}), fed(t, s, 2, "a", instant, [2]int{3, 1})
	fed(t, s, 3, "b", instant, [2]int{4, 1})
	told, upto := notices("a", exchange.NoticePlace{}, 1)
	equal(t, told, []exchange.Notice{{Kind: exchange.NoticeRelease, Release: one.ID, At: instant, Objects: 2}})
	told, upto = notices("a", upto, 9)
	equal(t, told, []exchange.Notice{{Kind: exchange.NoticeRelease, Release: two.ID, At: instant.Add(2 * time.Microsecond), Objects: 1}})
	equal(t, upto, end("a"))
	recall := exchange.Recall{ID: "c1", Release: two.ID, To: "a", Reason: "a mistake", State: "requested", At: instant, Due: instant.Add(time.Hour), StateAt: instant}
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.PutRecall(ctx, recall))
		return tx.SetReleaseState(ctx, one.ID, exchange.Recalled, nil, instant)
	})
	told, last := notices("a", upto, 9)
	equal(t, told, []exchange.Notice{{Kind: exchange.NoticeRecall, Release: two.ID, At: instant, Reason: "a mistake", Due: instant.Add(time.Hour)}})
	told, again := notices("a", last, 9)
	equal(t, told, []exchange.Notice(nil))
	equal(t, again, last)
	told, _ = notices("a", exchange.NoticePlace{}, 9)
	equal(t, len(told), 2) // the recalled release is not announced any more
	told, _ = notices("b", exchange.NoticePlace{}, 9)
	equal(t, len(told), 1)
}

func feedForgets(t *testing.T, s exchange.Store) {
	one := fed(t, s, 1, "a", instant, [2]int{1, 1}, [2]int{2, 1})
	two := fed(t, s, 2, "a", instant, [2]int{1, 2}, [2]int{2, 1})
	state := func(rel exchange.Release, to exchange.ReleaseState) {
		write(t, s, func(ctx context.Context, tx exchange.Tx) error {
			return tx.SetReleaseState(ctx, rel.ID, to, nil, instant)
		})
	}
	state(two, exchange.Refused) // it may have kept what it refused
	equal(t, pairsOf(fetch(t, s, all())), [][2]int{{1, 1}, {2, 1}, {1, 2}})
	state(one, exchange.Recalled)
	equal(t, pairsOf(fetch(t, s, all())), [][2]int{{1, 2}, {2, 1}}) // what another release brought stays
	equal(t, pairsOf(fetch(t, s, exchange.FeedFilter{Recipient: "a", Versions: exchange.FeedVersions{First: true}})), [][2]int{{1, 2}, {2, 1}})
	state(two, exchange.Withheld)
	equal(t, fetch(t, s, all()), []exchange.FeedItem(nil))
	// A place is never given twice, though its row is gone.
	fed(t, s, 3, "a", instant, [2]int{1, 1}, [2]int{1, 3})
	equal(t, fetch(t, s, all())[0].Added, instant.Add(4*time.Microsecond))

	var seq int64
	_, e := sighted(1, 3)
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		heads, err := r.Heads(ctx, []string{e.ID})
		for _, h := range heads[e.ID] {
			if h.Hash == e.Hash {
				seq = h.Seq
			}
		}
		return err
	})
	write(t, s, func(ctx context.Context, tx exchange.Tx) error { return tx.SetObjectState(ctx, seq, exchange.Erased) })
	equal(t, pairsOf(fetch(t, s, exchange.FeedFilter{Recipient: "a"})), [][2]int{{1, 1}}) // and that is the newest now
}

// feedLarge: pages of large objects end early, and nothing is lost between them
// whichever way they are asked for.
func feedLarge(t *testing.T, s exchange.Store) {
	const large, n = 3 << 20, 8
	var ids []string
	rel := release(1, "a")
	var items []exchange.ReleaseItem
	var entries []exchange.FeedEntry
	for i := range n {
		o, e := sighted(i, 1)
		o.Raw = append(o.Raw, make([]byte, large)...)
		o.Hash = ident.Sum(o.Raw)
		e.Hash, e.Type = o.Hash, []string{"indicator", "malware"}[i%2]
		add(t, s, o)
		ids, items, entries = append(ids, o.ID), append(items, item(o, "")), append(entries, e)
	}
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.AddRelease(ctx, rel, items))
		return tx.AddToFeed(ctx, rel.ID, instant, entries)
	})
	for name, f := range map[string]exchange.FeedFilter{"all": {}, "by id": {IDs: ids}, "by type": {Types: []string{"malware", "indicator"}}} {
		f.Recipient, f.Bytes = "a", true
		var got []string
		pages := 0
		for more := true; more; pages++ {
			page := fetchPage(t, s, f)
			for _, it := range page.Items {
				got = append(got, it.ID)
				f.After = it.Added
			}
			more = page.More
		}
		if !slices.Equal(got, ids) || name != "by id" && pages < 2 {
			t.Errorf("%s: %d objects in %d pages", name, len(got), pages)
		}
	}
}

// naive is a feed as one would write it down.
type naive struct {
	release exchange.Release
	pairs   [][2]int
	under   [][]string // of each pair
}

// shown lists the versions that are in no earlier standing release, of all or of
// those that relied on an instrument.
func shown(standing []naive, to party.ID, under string) [][2]int {
	var out [][2]int
	for _, n := range standing {
		for i, p := range n.pairs {
			if under != "" && !slices.Contains(n.under[i], under) {
				continue
			}
			if n.release.Recipient == to && !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out
}

func newest(pairs [][2]int) [][2]int {
	return slices.DeleteFunc(slices.Clone(pairs), func(p [2]int) bool {
		return slices.ContainsFunc(pairs, func(q [2]int) bool { return q[0] == p[0] && q[1] > p[1] })
	})
}

// feedAgrees releases, dated or not and under instruments, and recalls at random,
// and compares with the naive feed and its collections, read in pages of random
// size. What comes is always after all that was there (section 3.5 of TAXII 2.1).
func feedAgrees(t *testing.T, s exchange.Store) {
	random := rand.New(rand.NewPCG(7, 7)) //nolint:gosec // a test that can be repeated
	var standing []naive
	last := map[party.ID]time.Time{}
	for n := range 60 {
		if len(standing) > 3 && random.IntN(3) == 0 {
			i := random.IntN(len(standing))
			write(t, s, func(ctx context.Context, tx exchange.Tx) error {
				return tx.SetReleaseState(ctx, standing[i].release.ID, exchange.Recalled, nil, instant)
			})
			standing = slices.Delete(standing, i, i+1)
		}
		var pairs [][2]int
		for range 1 + random.IntN(4) {
			p := [2]int{random.IntN(5), random.IntN(6)}
			if !slices.Contains(pairs, p) {
				pairs = append(pairs, p)
			}
		}
		to := party.ID([]string{"a", "b"}[random.IntN(2)])
		under := make([][]string, len(pairs))
		rel := fedAs(t, s, n, to, instant, func(i int, e *exchange.FeedEntry) {
			under[i] = [][]string{nil, {"x"}, {"y"}, {"x", "y"}}[random.IntN(4)]
			if e.Under = under[i]; random.IntN(2) == 0 {
				e.Dated = instant.Add(time.Duration(random.IntN(100)-80) * time.Microsecond)
			}
		}, pairs...)
		standing = append(standing, naive{rel, pairs, under})
		last[to] = after(t, s, rel, last[to], len(pairs))
		for _, f := range []exchange.FeedFilter{
			{Recipient: "a"}, {Recipient: "b"}, {Recipient: "a", Under: "x"}, {Recipient: "b", Under: "y"},
		} {
			want := shown(standing, f.Recipient, f.Under)
			compare(t, s, f, newest(want), 1+random.IntN(5))
			f.Versions.All = true
			compare(t, s, f, want, 1+random.IntN(5))
		}
	}
}

// after makes sure that what a release brought is later than a place, and returns
// the last place it has.
func after(t *testing.T, s exchange.Store, rel exchange.Release, last time.Time, n int) time.Time {
	t.Helper()
	items := fetch(t, s, exchange.FeedFilter{Recipient: rel.Recipient, Release: rel.ID})
	if len(items) != n {
		t.Fatalf("a release of %d objects has %d in the feed", n, len(items))
	}
	for _, it := range items {
		if !it.Added.After(last) {
			t.Fatalf("%s came in at %s, after %s had been given out", it.ID, it.Added, last)
		}
		last = it.Added
	}
	return last
}

func compare(t *testing.T, s exchange.Store, f exchange.FeedFilter, want [][2]int, size int) {
	t.Helper()
	var got [][2]int
	f.Limit = size
	for {
		page := fetchPage(t, s, f)
		got = append(got, pairsOf(page.Items)...)
		if !page.More {
			break
		}
		if len(page.Items) != size {
			t.Fatalf("%d of %d items, and more", len(page.Items), size)
		}
		f.After = page.Items[size-1].Added
	}
	// The order of rows that took over from recalled ones is that of their own release.
	order := func(a, b [2]int) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) }
	slices.SortFunc(got, order)
	want = slices.Clone(want)
	slices.SortFunc(want, order)
	if !slices.Equal(got, want) {
		t.Fatalf("%s: got %v, want %v", f.Recipient, got, want)
	}
}

func credentials(t *testing.T, s exchange.Store) {
	a := exchange.Credential{ID: "c1", Party: "a", Label: "poller", Granted: instant}
	b := exchange.Credential{ID: "C1", Party: "b", Granted: instant}
	one, two := ident.Sum([]byte("one")), ident.Sum([]byte("two"))
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.AddCredential(ctx, a, one))
		must(t, tx.AddCredential(ctx, b, two))
		wantKind(t, tx.AddCredential(ctx, a, ident.Sum(nil)), fault.Conflict)
		wantKind(t, tx.AddCredential(ctx, exchange.Credential{ID: "c2", Granted: instant}, one), fault.Conflict)
		must(t, tx.RevokeCredential(ctx, "c1", instant.Add(time.Hour)))
		wantKind(t, tx.RevokeCredential(ctx, "c1", instant), fault.Conflict)
		wantKind(t, tx.RevokeCredential(ctx, "none", instant), fault.NotFound)
		return nil
	})
	a.Revoked = instant.Add(time.Hour)
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		got, err := r.Credential(ctx, one)
		must(t, err)
		equal(t, got, a)
		_, err = r.Credential(ctx, ident.Sum(nil))
		wantKind(t, err, fault.NotFound)
		list, err := r.Credentials(ctx)
		equal(t, list, []exchange.Credential{a, b})
		return err
	})
}

// kept is more than any test here keeps.
var kept = exchange.ContributionsKept{Since: instant.Add(-time.Hour), Events: 100, Bytes: 1 << 20}

// contribute keeps reports of a party, as they are.
func contribute(t *testing.T, s exchange.Store, keep exchange.ContributionsKept, all ...exchange.Contribution) {
	t.Helper()
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		for _, c := range all {
			must(t, tx.AddContribution(ctx, c, keep))
		}
		return nil
	})
}

// contributed returns what a party may read back of an event, or of all.
func contributed(t *testing.T, s exchange.Store, from party.ID, event string, since time.Time, documents bool) []exchange.Contribution {
	t.Helper()
	return get(t, s, func(ctx context.Context, r exchange.Reader) ([]exchange.Contribution, error) {
		return r.ContributedEvents(ctx, from, event, since, documents)
	})
}

// event is event n as a party added it.
func event(n int, from party.ID) exchange.Contribution {
	return exchange.Contribution{
		ID: fmt.Sprintf("%s-%d", from, n), Party: from, At: instant.Add(time.Duration(n) * time.Second), Event: fmt.Sprintf("%08x-0000-4000-8000-0000000000ee", n),
		Changed: instant, Brief: []byte("{}"), Document: fmt.Appendf(nil, "canary event %d", n),
	}
}

// brought: the event that brought an object is found, the last one, by its party,
// as long as it may be read back, and whatever became of the object.
func brought(t *testing.T, s exchange.Store) {
	t.Helper()
	with := func(n, object int) exchange.Contribution {
		c := event(n, "w")
		c.Versions = []exchange.ContributedVersion{{ID: Object(object).ID, Hash: ident.Sum([]byte(c.ID))}}
		return c
	}
	contribute(t, s, kept, with(1, 7), with(2, 7), with(3, 8))
	for _, c := range []struct {
		from    party.ID
		objects []int
		since   time.Time
		want    string
	}{
		{"w", []int{7}, instant, event(2, "w").Event},
		{"w", []int{8, 7, 9}, instant, event(3, "w").Event},
		{"w", []int{9}, instant, ""},
		{"w", nil, instant, ""},
		{"b", []int{7}, instant, ""},
		{"w", []int{7}, instant.Add(2*time.Second + 1e3), ""},
	} {
		var ids []string
		for _, n := range c.objects {
			ids = append(ids, Object(n).ID)
		}
		equal(t, get(t, s, func(ctx context.Context, r exchange.Reader) (string, error) {
			return r.ContributedWith(ctx, c.from, ids, c.since)
		}), c.want)
	}
}

func contributions(t *testing.T, s exchange.Store) {
	c := exchange.Contribution{ID: "r1", Party: "a", At: instant, Lines: []exchange.ContributionLine{{ID: Object(1).ID, Version: "v", Code: "c", Detail: "d"}}}
	one := event(1, "a")
	edited := one
	edited.ID, edited.At, edited.Document = "e2", one.At.Add(time.Second), []byte("canary event, edited")
	contribute(t, s, kept, c, one, edited)
	equal(t, contributed(t, s, "a", edited.Event, instant, true), []exchange.Contribution{edited})
	equal(t, contributed(t, s, "b", "", instant, true), []exchange.Contribution(nil))
	brief := edited
	brief.Document = nil
	equal(t, contributed(t, s, "a", "", edited.At, false), []exchange.Contribution{brief})
	equal(t, contributed(t, s, "a", "", edited.At.Add(1e3), false), []exchange.Contribution(nil))
	report := func(from party.ID, since time.Time) (got exchange.Contribution, err error) {
		read(t, s, func(ctx context.Context, r exchange.Reader) error {
			got, err = r.Contribution(ctx, from, "r1", since)
			return nil
		})
		return got, err
	}
	brought(t, s)
	got, err := report("a", instant)
	must(t, err)
	equal(t, got, c)
	_, err = report("b", instant)
	wantKind(t, err, fault.NotFound)
	_, err = report("a", instant.Add(1e3))
	wantKind(t, err, fault.NotFound)
	forget := func(before time.Time) {
		t.Helper()
		write(t, s, func(ctx context.Context, tx exchange.Tx) error { return tx.ForgetContributions(ctx, before) })
	}
	forget(instant)
	_, err = report("a", instant)
	must(t, err)
	forget(instant.Add(1e3))
	_, err = report("a", time.Time{})
	wantKind(t, err, fault.NotFound)
	late := kept
	late.Since = edited.At.Add(time.Second)
	contribute(t, s, late, event(9, "b"))
	equal(t, contributed(t, s, "a", "", time.Time{}, false), []exchange.Contribution(nil))
}

// contributionsAreBounded: of one party the events that came last are kept, up to
// a number and up to their bytes; those of another do not count.
func contributionsAreBounded(t *testing.T, s exchange.Store) {
	few := kept
	few.Events = 3
	for n := range 5 {
		contribute(t, s, few, event(n, "a"), event(n, "b"))
	}
	left := func(from party.ID) (names []string) {
		for _, c := range contributed(t, s, from, "", instant, false) {
			names = append(names, c.ID)
		}
		return names
	}
	equal(t, left("a"), []string{"a-2", "a-3", "a-4"})
	equal(t, left("b"), []string{"b-2", "b-3", "b-4"})
	small := kept
	small.Bytes = 25_000
	for n := range 3 {
		large := event(5+n, "a")
		large.Document = make([]byte, 10_000)
		contribute(t, s, small, large)
	}
	equal(t, left("a"), []string{"a-6", "a-7"})
	equal(t, left("b"), []string{"b-2", "b-3", "b-4"})
}

// contributionsFollowErasure: an event goes with the bytes of any version it
// brought, also when they went first; another party's event of the same name that
// brought something else stays.
func contributionsFollowErasure(t *testing.T, s exchange.Store) {
	first := add(t, s, version(Object(1).ID, "indicator", "2026-01-02T03:04:05.000Z", 1))
	second := add(t, s, version(Object(1).ID, "indicator", "2026-01-03T03:04:05.000Z", 2))
	erase := func(seq int64) {
		t.Helper()
		write(t, s, func(ctx context.Context, tx exchange.Tx) error { return tx.SetObjectState(ctx, seq, exchange.Erased) })
	}
	brought := func(c exchange.Contribution, of exchange.Stored) exchange.Contribution {
		c.Versions = []exchange.ContributedVersion{{ID: Object(7).ID, Hash: ident.Sum([]byte("of something else"))}, {ID: of.ID, Hash: of.Hash}}
		return c
	}
	contribute(t, s, kept, brought(event(1, "a"), first), brought(event(1, "b"), second), event(1, "c"))
	erase(first.Seq)
	equal(t, len(contributed(t, s, "a", "", instant, true)), 0)
	equal(t, len(contributed(t, s, "b", "", instant, true)), 1)
	equal(t, len(contributed(t, s, "c", "", instant, true)), 1)
	contribute(t, s, kept, brought(event(2, "a"), first))
	equal(t, len(contributed(t, s, "a", "", instant, true)), 0)
	erase(second.Seq)
	equal(t, len(contributed(t, s, "b", "", instant, true)), 0)
}

// Unfed makes releases as they were made before there were feeds, two of them
// standing, and returns the digests their recipient should see, in order.
func Unfed(t *testing.T, s exchange.Store) []ident.Digest {
	t.Helper()
	var want []ident.Digest
	for n := range 3 {
		raw := fmt.Appendf(nil, `{"type":"indicator","spec_version":"2.1","id":%q,"created":"2026-01-02T03:04:05.000Z","modified":"2026-01-02T03:04:05.000Z",`+
			`"pattern":"[ipv4-addr:value = '198.51.100.1']","pattern_type":"stix","valid_from":"2026-01-02T03:04:05Z"}`, Object(n).ID)
		o := exchange.Stored{ID: Object(n).ID, Type: "indicator", Hash: ident.Sum(raw), Raw: raw, State: exchange.Live, Provenance: exchange.Provenance{From: "a", At: instant}}
		add(t, s, o)
		rel := release(n, "b")
		if rel.State = exchange.Delivered; n == 1 {
			rel.State = exchange.Recalled
		} else {
			want = append(want, o.Hash)
		}
		write(t, s, func(ctx context.Context, tx exchange.Tx) error {
			return tx.AddRelease(ctx, rel, []exchange.ReleaseItem{item(o, "")})
		})
	}
	return want
}

// Fed compares the feed with what [Unfed] returned.
func Fed(ctx context.Context, r exchange.Reader, want []ident.Digest) error {
	got, err := r.Feed(ctx, exchange.FeedFilter{Recipient: "b"})
	if err != nil {
		return err
	}
	var hashes []ident.Digest
	for _, it := range got.Items {
		hashes = append(hashes, it.Hash)
	}
	if !slices.Equal(hashes, want) || len(got.Items) > 0 && got.Items[0].Version != "2026-01-02T03:04:05.000Z" {
		return fmt.Errorf("the feed is %+v, want %v", got, want)
	}
	return nil
}
