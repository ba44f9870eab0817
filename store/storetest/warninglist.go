package storetest

import (
	"context"
	"testing"
	"time"

	"entente/exchange"
	"entente/internal/fault"
	"entente/internal/ident"
)

func warninglists(t *testing.T, s exchange.Store) {
	put := func(id, source string, at time.Time) exchange.WarninglistRecord {
		r := exchange.WarninglistRecord{ID: id, Hash: ident.Sum([]byte(source)), Added: at}
		write(t, s, func(ctx context.Context, tx exchange.Tx) error { return tx.PutWarninglist(ctx, r, []byte(source)) })
		return r
	}
	put("b", "first", instant)
	a, b := put("a", "other", instant), put("b", "second", instant.Add(time.Microsecond))
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		all, err := r.Warninglists(ctx)
		must(t, err)
		equal(t, all, []exchange.WarninglistRecord{a, b})
		source, err := r.WarninglistSource(ctx, "b")
		must(t, err)
		equal(t, string(source), "second")
		_, err = r.WarninglistSource(ctx, "B")
		wantKind(t, err, fault.NotFound)
		return nil
	})
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.RemoveWarninglist(ctx, "b"))
		wantKind(t, tx.RemoveWarninglist(ctx, "b"), fault.NotFound)
		return nil
	})
	all := get(t, s, func(ctx context.Context, r exchange.Reader) ([]exchange.WarninglistRecord, error) {
		return r.Warninglists(ctx)
	})
	equal(t, all, []exchange.WarninglistRecord{a})
}
