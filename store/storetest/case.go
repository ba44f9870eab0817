package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"entente/casework"
	"entente/exchange"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
)

func aCase(id string, opener party.ID) exchange.CaseRecord {
	return exchange.CaseRecord{
		ID: id, Opener: opener, Opened: instant, Updated: instant.Add(time.Microsecond), State: "sent", Seq: 3, Turn: []string{"answer"}, Due: instant,
		Opening: casework.Opening{
			Hash: ident.Sum([]byte(id)), Home: "home", Instrument: "pact", Procedure: "ask", Purpose: "p", Title: "Été", TLP: "amber", Version: "1",
			Roles: map[string][]party.ID{"asker": {"A", "a"}},
		},
		Findings: []casework.Finding{{Code: "case.gap", Seq: 2, About: "home", Detail: "d", Evidence: []ident.Digest{ident.Sum(nil)}}},
		Head:     []byte("{}\xff"), Others: [][]byte{[]byte("\x00")}, Acked: map[party.ID]int{"b": 2},
	}
}

func cases(t *testing.T, s exchange.Store) {
	first, second, third := aCase("c1", "a"), aCase("C1", "a"), aCase("c3", "A")
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.PutCase(ctx, first))
		must(t, tx.PutCase(ctx, second))
		return tx.PutCase(ctx, third)
	})
	second.State, second.Final = "answered", true
	write(t, s, func(ctx context.Context, tx exchange.Tx) error { return tx.PutCase(ctx, second) })
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		got, err := r.Case(ctx, "C1")
		must(t, err)
		equal(t, got, second)
		_, err = r.Case(ctx, "none")
		wantKind(t, err, fault.NotFound)
		for _, c := range []struct {
			filter exchange.CaseFilter
			want   []exchange.CaseRecord
		}{
			{exchange.CaseFilter{}, []exchange.CaseRecord{third, second, first}},
			{exchange.CaseFilter{Open: true}, []exchange.CaseRecord{third, first}},
			{exchange.CaseFilter{Limit: 1}, []exchange.CaseRecord{third}},
			{exchange.CaseFilter{Before: "c3", Limit: 1}, []exchange.CaseRecord{second}},
			{exchange.CaseFilter{Before: "none"}, nil},
		} {
			list, err := r.Cases(ctx, c.filter)
			must(t, err)
			equal(t, list, c.want)
		}
		n, err := r.CountCases(ctx, "a")
		equal(t, n, 1)
		return err
	})
}

func caseEvents(t *testing.T, s exchange.Store) {
	event := func(id string, place int) exchange.CaseEvent {
		raw := fmt.Appendf(nil, "%s %d\xff", id, place)
		e := exchange.CaseEvent{Case: id, Digest: ident.Sum(raw), By: "a", From: "B", At: instant, State: exchange.CaseSubmitted, Leaf: 7, Envelope: raw}
		if place > 0 {
			e.State, e.Order = exchange.CaseOrdered, casework.Order{Seq: place, Prev: ident.Sum(nil), Event: e.Digest, At: instant}
		}
		return e
	}
	one, two, loose, other := event("c1", 1), event("c1", 2), event("c1", 0), event("C1", 1)
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		for _, e := range []exchange.CaseEvent{loose, two, other, one} {
			must(t, tx.PutCaseEvent(ctx, e))
		}
		bad := event("c1", 3)
		bad.Envelope = append(bad.Envelope, ' ')
		wantKind(t, tx.PutCaseEvent(ctx, bad), fault.Unverified)
		return nil
	})
	list := func(ctx context.Context, r exchange.Reader) ([]exchange.CaseEvent, error) {
		return r.CaseEvents(ctx, "c1")
	}
	equal(t, get(t, s, list), []exchange.CaseEvent{one, two, loose})
	loose.State, loose.Order = exchange.CaseOrdered, casework.Order{Seq: 3, Prev: two.Digest, Event: loose.Digest, At: instant}
	write(t, s, func(ctx context.Context, tx exchange.Tx) error { return tx.PutCaseEvent(ctx, loose) })
	equal(t, get(t, s, list), []exchange.CaseEvent{one, two, loose})
}

func caseMessages(t *testing.T, s exchange.Store) {
	message := func(id, of string) exchange.CaseMessage {
		return exchange.CaseMessage{
			ID: id, Case: of, To: "b", First: 1, Upto: 4, At: instant, State: exchange.DeliveryQueued, StateAt: instant, Leaf: 3,
			Head: []byte("head\xff"), Envelope: []byte("{}\xff"),
		}
	}
	first, second, other := message("m2", "c1"), message("m1", "c1"), message("m3", "C1")
	second.Head = nil
	write(t, s, func(ctx context.Context, tx exchange.Tx) error {
		must(t, tx.PutCaseMessage(ctx, first))
		must(t, tx.PutCaseMessage(ctx, second))
		return tx.PutCaseMessage(ctx, other)
	})
	first.State, first.Refused, first.Receipt = exchange.DeliveryDone, "case.gap", []byte("receipt\x00")
	write(t, s, func(ctx context.Context, tx exchange.Tx) error { return tx.PutCaseMessage(ctx, first) })
	read(t, s, func(ctx context.Context, r exchange.Reader) error {
		got, err := r.CaseMessage(ctx, "m2")
		must(t, err)
		equal(t, got, first)
		_, err = r.CaseMessage(ctx, "M2")
		wantKind(t, err, fault.NotFound)
		all, err := r.CaseMessages(ctx, "c1")
		equal(t, all, []exchange.CaseMessage{first, second})
		return err
	})
}
