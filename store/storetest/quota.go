package storetest

import (
	"context"
	"testing"
	"time"

	"entente/exchange"
	"entente/internal/fault"
)

// quotas: counters and bounds are kept for each party, and go with the
// transaction that writes them.
func quotas(t *testing.T, s exchange.Store) {
	usage := func(of exchange.Usage) exchange.Usage {
		return get(t, s, func(ctx context.Context, r exchange.Reader) (exchange.Usage, error) { return r.Usage(ctx, of.Party) })
	}
	quota := func(of exchange.Usage) *exchange.Quota {
		return get(t, s, func(ctx context.Context, r exchange.Reader) (*exchange.Quota, error) { return r.Quota(ctx, of.Party) })
	}
	day := instant.Truncate(24 * time.Hour)
	a := exchange.Usage{Party: "a", Day: day, DayObjects: 1, DayBytes: 2, Objects: 3, Bytes: 1 << 40}
	b := exchange.Usage{Party: "b", Day: day, DayObjects: 5, DayBytes: 6, Objects: 7, Bytes: 8}
	q := exchange.Quota{DayObjects: 1, DayBytes: 2, Objects: 3, Bytes: 1 << 40}
	equal(t, usage(a), exchange.Usage{Party: "a"})
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.PutUsage(ctx, a))
		must(t, tx.PutUsage(ctx, b))
		must(t, tx.PutQuota(ctx, "a", &exchange.Quota{}))
		must(t, tx.PutQuota(ctx, "a", &q))
		return tx.PutQuota(ctx, "b", nil) // there is none
	})
	equal(t, usage(a), a)
	equal(t, usage(b), b)
	equal(t, quota(a), &q)
	equal(t, quota(b), (*exchange.Quota)(nil))
	a.Day, a.Objects = day.Add(24*time.Hour), 4
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.PutUsage(ctx, a))
		return tx.PutQuota(ctx, "a", nil)
	})
	err := s.Write(t.Context(), func(tx exchange.Tx) error {
		must(t, tx.PutUsage(t.Context(), exchange.Usage{Party: "b"}))
		return fault.New(fault.Conflict, "test", "undone")
	})
	wantKind(t, err, fault.Conflict)
	equal(t, usage(a), a)
	equal(t, usage(b), b)
	equal(t, quota(a), (*exchange.Quota)(nil))
}
