// Package storetest holds the tests that every store must pass, whatever the
// database behind it.
//
// It tests behaviour that callers rely on, not how a database is used (package
// store tests that). Invariant: both databases run exactly these tests.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"entente/exchange"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/transparency"
)

// Run tests an [exchange.Store]. fresh returns an empty store.
func Run(t *testing.T, fresh func(t *testing.T) exchange.Store) {
	for _, c := range []struct {
		name string
		test func(*testing.T, exchange.Store)
	}{
		{"an empty store is empty", empty},
		{"the legal epoch only grows", epoch},
		{"parties", parties},
		{"instruments", instruments},
		{"texts and acts on them", instrumentActs},
		{"publications", publications},
		{"facts", facts},
		{"an object keeps every field", objectFields},
		{"object ids are case-sensitive", objectIDs},
		{"versions of an object", objectVersions},
		{"a version can become another party's", takenOver},
		{"who sent a definition is kept", vouchedDefinitions},
		{"what a party sent is kept for it alone", offered},
		{"erased bytes are gone until they are sent again", objectErased},
		{"what is attached", attached},
		{"objects page by page", objectPages},
		{"pages are complete under concurrent writes", pagesUnderWrites},
		{"quarantine", quarantine},
		{"decisions", decisions},
		{"questions", questions},
		{"a release keeps every field", releaseFields},
		{"releases are listed newest first", releaseLists},
		{"who has an object", releasedTo},
		{"under which other id it was released", derivations},
		{"a feed has what releases brought, in order", feedOrder},
		{"a feed filters before it pages", feedFilters},
		{"a feed can be read release by release", feedReleases},
		{"a party is told of its releases and recalls", noticesInOrder},
		{"a feed forgets what was recalled or erased", feedForgets},
		{"a feed agrees with a naive one", feedAgrees},
		{"a feed has a collection for each instrument", feedCollections},
		{"dates of another server are kept where nothing later was given out", feedDates},
		{"a page of large objects ends early", feedLarge},
		{"a search agrees with a look at every object", searchAgrees},
		{"what waits to be indexed is found when it is", searchWaits},
		{"values that several objects have", duplicates},
		{"warninglists", warninglists},
		{"credentials", credentials},
		{"contributions", contributions},
		{"contributions are bounded", contributionsAreBounded},
		{"contributions follow erasure", contributionsFollowErasure},
		{"sources", sources},
		{"webhooks", webhooks},
		{"cases", cases},
		{"events of a case keep their order", caseEvents},
		{"messages about a case", caseMessages},
		{"deliveries", deliveries},
		{"who sent objects of an identity, and whose it is", identities},
		{"quotas and what counts against them", quotas},
		{"recalls", recalls},
		{"received envelopes", received},
		{"what is held under another release", heldUnder},
		{"duties", duties},
		{"duties in the order in which they are due", dutyOrder},
		{"duties that have to be looked at", wakingDuties},
		{"a notice of a duty goes out once", dutyNotices},
		{"what is on record about a matter", matterEvents},
		{"the log", logEntries},
		{"a failed act leaves nothing", failedAct},
		{"an act that panics leaves nothing", panickingAct},
		{"an act that ignores a failed statement fails", ignoredFailure},
		{"a cancelled act is not run", cancelledAct},
		{"concurrent acts share a commit and keep their leaves", concurrentActs},
		{"acts succeed and fail alone", mixedActs},
		{"a snapshot does not move", snapshot},
		{"text of any language and kind", anyText},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, fresh(t))
		})
	}
}

// instant is a time that only survives when microseconds do.
var instant = time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC)

func write(t *testing.T, s exchange.Store, f func(ctx context.Context, tx exchange.Tx) error) {
	t.Helper()
	must(t, s.Write(t.Context(), func(tx exchange.Tx) error { return f(t.Context(), tx) }))
}

func read(t *testing.T, s exchange.Store, f func(ctx context.Context, r exchange.Reader) error) {
	t.Helper()
	must(t, s.Read(t.Context(), func(r exchange.Reader) error { return f(t.Context(), r) }))
}

// get reads one thing outside a transaction.
func get[T any](t *testing.T, s exchange.Store, f func(ctx context.Context, r exchange.Reader) (T, error)) T {
	t.Helper()
	var v T
	read(t, s, func(ctx context.Context, r exchange.Reader) (err error) {
		v, err = f(ctx, r)
		return err
	})
	return v
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("got +, want -\n%s", diff)
	}
}

func wantKind(t *testing.T, err error, want fault.Kind) {
	t.Helper()
	if got := fault.KindOf(err); err == nil || got != want {
		t.Errorf("error %v has kind %v, want %v", err, got, want)
	}
}

// entry is a log entry that says n.
func entry(n int) transparency.Entry {
	e := transparency.Entry{Type: transparency.EventObject, Body: fmt.Appendf(nil, `{"n":%d}`, n)}
	d := ident.Sum(e.Body)
	copy(e.Salt[:], d[:])
	return e
}

// Object is an indicator that says n, in a form that a store can keep.
func Object(n int) exchange.Stored {
	id := fmt.Sprintf("indicator--00000000-0000-4000-8000-%012x", n)
	return version(id, "indicator", "2026-01-02T03:04:05.678Z", n)
}

func version(id, kind, modified string, n int) exchange.Stored {
	raw := fmt.Appendf(nil, `{"type":%q,"id":%q,"modified":%q,"name":"canary %d"}`, kind, id, modified, n)
	return exchange.Stored{
		ID: id, Type: kind, SpecVersion: "2.1", Version: modified,
		Hash: ident.Sum(raw), Raw: raw, State: exchange.Live,
		Provenance: exchange.Provenance{From: "csirt-aurelia", At: instant},
	}
}

func add(t *testing.T, s exchange.Store, o exchange.Stored) exchange.Stored {
	t.Helper()
	write(t, s, func(ctx context.Context, tx exchange.Tx) (err error) {
		o.Seq, err = tx.AddObject(ctx, o, nil)
		return err
	})
	return o
}

func logSize(t *testing.T, s exchange.Store) int64 {
	t.Helper()
	var size int64
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		head, _, err := r.LogHead(ctx)
		size = head.Size
		return err
	})
	return size
}

// VerifyLog checks every entry of a store's log against its signed tree.
func VerifyLog(ctx context.Context, s exchange.Store) (size int64, err error) {
	err = s.Read(ctx, func(r exchange.Reader) error {
		head, _, err := r.LogHead(ctx)
		if err != nil {
			return err
		}
		size = head.Size
		_, err = transparency.Audit(head, r.LogTiles(ctx), leaves(ctx, r))
		return err
	})
	return size, err
}

var errBoom = errors.New("boom")
