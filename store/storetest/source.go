package storetest

import (
	"context"
	"testing"
	"time"

	"entente/exchange"
	"entente/internal/fault"
)

func sources(t *testing.T, s exchange.Store) {
	a := exchange.Source{
		ID: "s1", Kind: "taxii", Name: "Feed, \u00e9t\u00e9", URL: "https://a.example/taxii2/", Collection: "c", From: "a",
		Under: []string{"mou", "tlp"}, Licence: "CC BY 4.0", Assign: "green", Every: 60, Auth: exchange.AuthBasic, CA: "pem", Added: instant,
		State: exchange.SourceState{Cursor: "\u2028", Due: instant, Failures: 3, Code: "c", Fault: "f", New: 1, Updated: 2, Unchanged: 3, Quarantined: 4},
	}
	b := exchange.Source{ID: "S1", Kind: "taxii", Added: instant}
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.AddSource(ctx, a, []byte("sealed")))
		must(t, tx.AddSource(ctx, b, nil))
		wantKind(t, tx.AddSource(ctx, a, nil), fault.Conflict)
		return nil
	})
	a.Paused, a.State.Succeeded, a.State.Polled = true, instant.Add(time.Microsecond), instant
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.PutSource(ctx, a))
		wantKind(t, tx.PutSource(ctx, exchange.Source{ID: "none"}), fault.NotFound)
		wantKind(t, tx.RemoveSource(ctx, "none"), fault.NotFound)
		return nil
	})
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		got, err := r.Source(ctx, "s1")
		must(t, err)
		equal(t, got, a)
		list, err := r.Sources(ctx)
		must(t, err)
		equal(t, list, []exchange.Source{a, b})
		secret, err := r.SourceSecret(ctx, "s1") // not touched by a change of the rest
		must(t, err)
		equal(t, secret, []byte("sealed"))
		secret, err = r.SourceSecret(ctx, "S1")
		must(t, err)
		equal(t, secret, []byte(nil))
		_, err = r.SourceSecret(ctx, "none")
		wantKind(t, err, fault.NotFound)
		_, err = r.Source(ctx, "none")
		wantKind(t, err, fault.NotFound)
		return nil
	})
	write(t, s, func(ctx context.Context, tx exchange.Tx) error { return tx.RemoveSource(ctx, "s1") })
	equal(t, get(t, s, func(ctx context.Context, r exchange.Reader) ([]exchange.Source, error) { return r.Sources(ctx) }), []exchange.Source{b})
}
