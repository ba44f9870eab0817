package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"entente/exchange"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
)

// Text is an instrument's text that keeps every field.
func Text(n int) exchange.InstrumentText {
	src := fmt.Appendf(nil, "id: mou-%d\n\x00\xff", n)
	return exchange.InstrumentText{
		Hash: ident.Sum(src[1:]), ID: fmt.Sprintf("mou-%d", n), Version: "1.0.0", File: "mou é.yaml", Source: src,
		From: "csirt-aurelia", At: instant, Leaf: int64(n),
	}
}

// Act is an act on a text that keeps every field.
func Act(n int, by party.ID) exchange.ActRecord {
	envelope := fmt.Appendf(nil, "{\"act\":%d,\"by\":%q}\xff", n, by)
	return exchange.ActRecord{
		Digest: ident.Sum(envelope), Text: Text(1).Hash, Party: by, From: "Csirt-aurelia", At: instant.Add(time.Microsecond), Leaf: int64(n), Envelope: envelope,
	}
}

func instrumentActs(t *testing.T, s exchange.Store) {
	texts := []exchange.InstrumentText{Text(2), Text(1)}
	acts := []exchange.ActRecord{Act(3, "b"), Act(1, "a"), Act(2, "B")}
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		for _, x := range texts {
			must(t, tx.AddText(ctx, x))
		}
		for _, a := range acts {
			must(t, tx.AddAct(ctx, a))
		}
		wantKind(t, tx.AddText(ctx, Text(1)), fault.Conflict)
		wantKind(t, tx.AddAct(ctx, Act(1, "a")), fault.Conflict)
		bad := Act(4, "a")
		bad.Envelope = append(bad.Envelope, ' ')
		wantKind(t, tx.AddAct(ctx, bad), fault.Unverified)
		return nil
	})
	equal(t, get(t, s, func(ctx context.Context, r exchange.Reader) ([]exchange.InstrumentText, error) { return r.Texts(ctx) }), texts)
	equal(t, get(t, s, func(ctx context.Context, r exchange.Reader) ([]exchange.ActRecord, error) { return r.Acts(ctx) }), acts)
}

func publications(t *testing.T, s exchange.Store) {
	p := func(n int, text ident.Digest) exchange.Publication {
		return exchange.Publication{
			ID: fmt.Sprintf("p%d", n), Text: text, To: "ncsc-cordova", At: instant, State: exchange.DeliveryQueued, StateAt: instant,
			Leaf: int64(n), Envelope: []byte("{}\xff"),
		}
	}
	first, second, other := p(2, Text(1).Hash), p(1, Text(1).Hash), p(3, Text(2).Hash)
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.PutPublication(ctx, first))
		must(t, tx.PutPublication(ctx, second))
		return tx.PutPublication(ctx, other)
	})
	first.State, first.StateAt, first.Receipt = exchange.DeliveryDone, instant.Add(time.Second), []byte("receipt\x00")
	write(t, s, func(ctx context.Context, tx exchange.Tx) error { return tx.PutPublication(ctx, first) })
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		got, err := r.Publication(ctx, "p2")
		equal(t, got, first)
		must(t, err)
		_, err = r.Publication(ctx, "P2")
		wantKind(t, err, fault.NotFound)
		all, err := r.Publications(ctx, Text(1).Hash)
		equal(t, all, []exchange.Publication{first, second})
		return err
	})
}
