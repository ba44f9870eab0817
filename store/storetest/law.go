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

func parties(t *testing.T, s exchange.Store) {
	a := party.Party{
		ID: "csirt-aurelia", Name: "CSIRT Aurelia ⟦é⟧", Kind: "csirt", Jurisdiction: "XA", Roles: []string{"national", "single-contact"},
		Endpoint: "https://csirt.example:8443/", LogKey: "log.example+1234+AAAA", TrustBundle: "-----BEGIN…", Contact: "+000",
		SigningKeys: []party.Key{
			{ID: "k1", PublicKey: []byte{0, 1, 2, 255}, From: instant, Until: instant.Add(time.Hour)},
			{ID: "k2", PublicKey: []byte{9}, From: instant.Add(time.Microsecond)},
		},
	}
	b := party.Party{ID: "Csirt-aurelia", Name: "another one"}
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.PutParty(ctx, party.Party{ID: a.ID, Name: "before"}, instant))
		must(t, tx.PutParty(ctx, a, instant))
		return tx.PutParty(ctx, b, instant)
	})
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		all, err := r.Parties(ctx)
		equal(t, all, []party.Party{b, a}) // upper case first: order of bytes on both databases
		got, err2 := r.Party(ctx, a.ID)
		must(t, err2)
		equal(t, got, a)
		_, err2 = r.Party(ctx, "CSIRT-AURELIA")
		wantKind(t, err2, fault.NotFound)
		return err
	})
}

func instruments(t *testing.T, s exchange.Store) {
	v := func(version string) exchange.InstrumentRecord {
		src := []byte("id: mou-1\nversion: " + version + "\n\x00\xff")
		return exchange.InstrumentRecord{ID: "mou-1", Version: version, Hash: ident.Sum(src[1:]), Source: src, Activated: instant, By: "Dr. A"}
	}
	other := exchange.InstrumentRecord{ID: "act-1", Version: "1", Source: []byte{}, Activated: instant, By: "B"}
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.AddInstrument(ctx, v("1")))
		must(t, tx.AddInstrument(ctx, v("2")))
		wantKind(t, tx.AddInstrument(ctx, v("1")), fault.Conflict)
		return tx.AddInstrument(ctx, other)
	})
	equal(t, get(t, s, func(ctx context.Context, r exchange.Reader) ([]exchange.InstrumentRecord, error) {
		return r.Instruments(ctx)
	}),
		[]exchange.InstrumentRecord{other, v("1"), v("2")})
}

func facts(t *testing.T, s exchange.Store) {
	f := func(id string) exchange.Fact {
		return exchange.Fact{
			ID: id, Name: "victim_consent", Value: true, About: Object(1).ID, Recipient: "csirt-aurelia",
			Issuer: "hospital", Evidence: "letter 12", From: instant, Expires: instant.Add(time.Hour),
		}
	}
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.PutFact(ctx, f("z")))
		must(t, tx.PutFact(ctx, f("a")))
		wantKind(t, tx.PutFact(ctx, f("a")), fault.Conflict)
		return tx.PutFact(ctx, f("m"))
	})
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.WithdrawFact(ctx, "m", instant))
		wantKind(t, tx.WithdrawFact(ctx, "m", instant), fault.Conflict)
		wantKind(t, tx.WithdrawFact(ctx, "M", instant), fault.NotFound)
		return nil
	})
	equal(t, get(t, s, func(ctx context.Context, r exchange.Reader) ([]exchange.Fact, error) { return r.Facts(ctx) }),
		[]exchange.Fact{f("z"), f("a")})
}
