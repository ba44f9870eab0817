package storetest

import (
	"context"
	"testing"
	"time"

	"entente/exchange"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
)

func feedCollections(t *testing.T, s exchange.Store) {
	under := func(each ...[]string) func(int, *exchange.FeedEntry) {
		return func(i int, e *exchange.FeedEntry) { e.Under = each[i] }
	}
	fedAs(t, s, 1, "a", instant, under([]string{"mou"}, []string{"mou", "law"}, nil), [2]int{1, 1}, [2]int{2, 1}, [2]int{3, 1})
	newer := fedAs(t, s, 2, "a", instant, under([]string{"law"}, []string{"law"}), [2]int{1, 2}, [2]int{2, 1})
	fedAs(t, s, 3, "b", instant, under([]string{"other"}), [2]int{1, 9})
	in := func(under string, f exchange.FeedFilter) [][2]int {
		f.Recipient, f.Under = "a", under
		return pairsOf(fetch(t, s, f))
	}
	equal(t, in("mou", exchange.FeedFilter{}), [][2]int{{1, 1}, {2, 1}}) // no newer version came under it
	equal(t, in("law", exchange.FeedFilter{}), [][2]int{{2, 1}, {1, 2}})
	equal(t, in("other", exchange.FeedFilter{}), [][2]int(nil))
	equal(t, in("", exchange.FeedFilter{}), [][2]int{{2, 1}, {3, 1}, {1, 2}})
	equal(t, in("law", exchange.FeedFilter{IDs: []string{Object(2).ID}, Versions: exchange.FeedVersions{First: true}}), [][2]int{{2, 1}})
	equal(t, in("mou", exchange.FeedFilter{Types: []string{"malware"}}), [][2]int(nil))
	equal(t, in("law", exchange.FeedFilter{Versions: exchange.FeedVersions{Exact: []string{"2026-01-02T03:04:02.5"}}}), [][2]int{{1, 2}})
	_, e := sighted(2, 1)
	got := fetch(t, s, exchange.FeedFilter{Recipient: "a", Under: "law", Limit: 1, Bytes: true})
	equal(t, got[0].FeedEntry, e)
	equal(t, ident.Sum(got[0].Raw), e.Hash)
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		for under, want := range map[string]bool{"": true, "law": false, "mou": false, "other": false} {
			found, err := r.InFeed(ctx, "a", under, Object(3).ID)
			must(t, err)
			equal(t, found, want)
		}
		found, err := r.InFeed(ctx, "a", "law", Object(1).ID)
		equal(t, found, true)
		return err
	})
	instruments := func(of party.ID) []string {
		return get(t, s, func(ctx context.Context, r exchange.Reader) ([]string, error) { return r.FeedInstruments(ctx, of) })
	}
	equal(t, instruments("a"), []string{"law", "mou"})
	equal(t, instruments("b"), []string{"other"})
	equal(t, instruments("A"), []string(nil))
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		return tx.SetReleaseState(ctx, newer.ID, exchange.Recalled, nil, instant)
	})
	equal(t, in("law", exchange.FeedFilter{}), [][2]int{{2, 1}})
	erase(t, s, 2, 1)
	equal(t, in("law", exchange.FeedFilter{}), [][2]int(nil))
	equal(t, in("mou", exchange.FeedFilter{}), [][2]int{{1, 1}})
	equal(t, instruments("a"), []string{"law", "mou"})
}

// erase destroys the bytes of a version of an indicator.
func erase(t *testing.T, s exchange.Store, n, v int) {
	t.Helper()
	_, e := sighted(n, v)
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		heads, err := tx.Heads(ctx, []string{e.ID})
		for _, h := range heads[e.ID] {
			if h.Hash == e.Hash {
				must(t, tx.SetObjectState(ctx, h.Seq, exchange.Erased))
			}
		}
		return err
	})
}

func feedDates(t *testing.T, s exchange.Store) {
	dated := func(each ...time.Duration) func(int, *exchange.FeedEntry) {
		return func(i int, e *exchange.FeedEntry) {
			if each[i] != 0 {
				e.Dated = instant.Add(each[i])
			}
		}
	}
	added := func(from int) (all []time.Duration) {
		for _, it := range fetch(t, s, exchange.FeedFilter{Recipient: "a", Versions: exchange.FeedVersions{All: true}})[from:] {
			all = append(all, it.Added.Sub(instant))
		}
		return all
	}
	const h = time.Hour
	one := fedAs(t, s, 1, "a", instant, dated(-2*h, -3*h, -2*h), [2]int{1, 1}, [2]int{2, 1}, [2]int{3, 1})
	equal(t, pairsOf(fetch(t, s, all())), [][2]int{{2, 1}, {1, 1}, {3, 1}})
	equal(t, added(0), []time.Duration{-3 * h, -2 * h, -2*h + 1e3}) // one instant each
	// Later than the last, before it, and none: the second follows what was given out.
	fedAs(t, s, 2, "a", instant, dated(-h, -5*h, 0), [2]int{4, 1}, [2]int{5, 1}, [2]int{6, 1})
	equal(t, pairsOf(fetch(t, s, all()))[3:], [][2]int{{5, 1}, {4, 1}, {6, 1}})
	equal(t, added(3), []time.Duration{-2*h + 2e3, -h, 0})
	fedAs(t, s, 3, "a", instant, dated(h), [2]int{7, 1}) // nothing comes from the future
	equal(t, added(6), []time.Duration{1e3})
	equal(t, pairsOf(fetch(t, s, exchange.FeedFilter{Recipient: "a", Release: one.ID})), [][2]int{{2, 1}, {1, 1}, {3, 1}})
	told := get(t, s, func(ctx context.Context, r exchange.Reader) ([]exchange.Notice, error) {
		told, _, err := r.Notices(ctx, "a", exchange.NoticePlace{}, 9)
		return told, err
	})
	equal(t, []time.Time{told[0].At, told[1].At}, []time.Time{instant, instant}) // not when it was new elsewhere

	o := add(t, s, Object(9))
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.GiveDate(ctx, o.Seq, instant.Add(-h)))
		must(t, tx.GiveDate(ctx, o.Seq, instant.Add(-2*h)))
		wantKind(t, tx.GiveDate(ctx, o.Seq+1000, instant), fault.NotFound)
		given, err := tx.DatesGiven(ctx, []string{o.ID, Object(1).ID})
		equal(t, given, map[ident.Digest]time.Time{o.Hash: instant.Add(-2 * h)})
		return err
	})
}

// Collected releases an indicator to "b" three times over, in versions 1 to 3: under
// two instruments, under one of them, and by a decision that nobody can read.
func Collected(t *testing.T, s exchange.Store) {
	t.Helper()
	for n, body := range []string{
		`{"basis":[{"instrument":"mou","effect":"permits"},{"instrument":"law","effect":"obliges"},{"instrument":"tlp","effect":"defeated"}]}`,
		`{"basis":[{"instrument":"mou","effect":"permits"}]}`,
		`damaged`,
	} {
		o, e := sighted(1, n+1)
		add(t, s, o)
		rel, it := release(n, "b"), item(o, "")
		it.Decision = ident.Sum([]byte(body))
		if n < 2 {
			e.Under, _ = exchange.ReliedOn([]byte(body)) // the third is in no collection
		}
		write(t, s, func(ctx context.Context, tx exchange.Tx) error {
			must(t, tx.AddDecision(ctx, exchange.DecisionRecord{
				Digest: it.Decision, ObjectID: o.ID, Object: o.Hash, Recipient: "b", Outcome: "permit", Release: rel.ID, Body: []byte(body), At: instant,
			}))
			must(t, tx.AddRelease(ctx, rel, []exchange.ReleaseItem{it}))
			return tx.AddToFeed(ctx, rel.ID, instant, []exchange.FeedEntry{e})
		})
	}
}

// WantCollected holds what was collected, or collected again, against that.
func WantCollected(t *testing.T, s exchange.Store) {
	t.Helper()
	for under, want := range map[string][][2]int{"mou": {{1, 2}}, "law": {{1, 1}}, "tlp": nil, "": {{1, 3}}} {
		equal(t, pairsOf(fetch(t, s, exchange.FeedFilter{Recipient: "b", Under: under})), want)
	}
	equal(t, pairsOf(fetch(t, s, exchange.FeedFilter{Recipient: "b", Under: "mou", Versions: exchange.FeedVersions{All: true}})), [][2]int{{1, 1}, {1, 2}})
	rel := fed(t, s, 9, "b", instant, [2]int{2, 1})
	equal(t, fetch(t, s, exchange.FeedFilter{Recipient: "b", Release: rel.ID})[0].Added, instant.Add(3*time.Microsecond)) // places go on where they were
}
