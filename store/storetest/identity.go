package storetest

import (
	"context"
	"testing"

	"entente/exchange"
	"entente/internal/fault"
	"entente/party"
)

// identities: whose identity counts is said of each party and outlives a new card,
// and who sent how many objects of one adds up.
func identities(t *testing.T, s exchange.Store) {
	const one, two = "identity--00000000-0000-4000-8000-000000000001", "identity--00000000-0000-4000-8000-000000000002"
	confirmed := func() []party.ID {
		return get(t, s, func(ctx context.Context, r exchange.Reader) ([]party.ID, error) { return r.ConfirmedIdentities(ctx) })
	}
	makers := func(identity string) []exchange.Maker {
		return get(t, s, func(ctx context.Context, r exchange.Reader) ([]exchange.Maker, error) { return r.Makers(ctx, identity) })
	}
	a := party.Party{ID: "csirt-a", Name: "A", Identity: one}
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.PutParty(ctx, a, instant))
		must(t, tx.ConfirmIdentity(ctx, a.ID, true))
		must(t, tx.PutParty(ctx, party.Party{ID: "csirt-b", Name: "B", Identity: one}, instant))
		must(t, tx.ConfirmIdentity(ctx, "csirt-b", false))
		wantKind(t, tx.ConfirmIdentity(ctx, "csirt-c", true), fault.NotFound)
		must(t, tx.CountMade(ctx, "csirt-b", map[string]int64{one: 2, two: 1}))
		must(t, tx.CountMade(ctx, "csirt-b", map[string]int64{one: 3}))
		must(t, tx.CountMade(ctx, "csirt-a", map[string]int64{one: 1}))
		return tx.CountMade(ctx, "csirt-a", nil)
	})
	equal(t, confirmed(), []party.ID{"csirt-a"})
	equal(t, makers(one), []exchange.Maker{{Party: "csirt-a", Objects: 1}, {Party: "csirt-b", Objects: 5}})
	equal(t, makers(two), []exchange.Maker{{Party: "csirt-b", Objects: 1}})
	a.Name = "A again"
	write(t, s, func(ctx context.Context, tx exchange.Tx) error { return tx.PutParty(ctx, a, instant) })
	equal(t, confirmed(), []party.ID{"csirt-a"})
}
