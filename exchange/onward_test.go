package exchange_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"entente/decision"
	"entente/exchange"
	"entente/party"
)

// relay is an agreement of some parties about sharing for training.
func relay(id, onward string, parties ...party.ID) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "entente: 1\nkind: Instrument\nid: %s\ntitle: %s\nnature: mou\nbinding: true\nregime: cooperation\ndefault: silent\n"+
		"version: 1.0.0\nin_force: {from: 2026-01-01}\nparties:\n", id, id)
	for _, p := range parties {
		fmt.Fprintf(&b, "  - {party: %s, events: [{in-force: 2026-01-01}]}\n", p)
	}
	fmt.Fprintf(&b, "clauses:\n  - {id: art1, cite: Art. 1, text: Indicators are shared for training., modality: permission, act: share,\n"+
		"     when: {type: [indicator], purpose: [training]}, onward: {%s}}\n", onward)
	return []byte(b.String())
}

// passes sends an object for training and delivers it.
func (f *federation) passes(from, to party.ID, object string) {
	f.t.Helper()
	a := f.nodes[from]
	_, err := a.Send(f.t.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{object}, To: []party.ID{to}, Purpose: "training"}})
	must(f.t, err)
	f.deliver(a)
}

// TestTermsTravelWithTheObject: whoever gets something at second hand is bound by
// the terms it came to the first with, and something may be passed on as often as
// they say.
func TestTermsTravelWithTheObject(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis, cordova, gridshare)
	all := []party.ID{aurelia, borealis, cordova, gridshare}
	for _, n := range f.nodes {
		for _, src := range [][]byte{
			relay("inner", "allowed: same-conditions, hops: 2", all...),
			relay("outer", "allowed: same-conditions", borealis, cordova, gridshare),
		} {
			_, err := n.AddInstrument(t.Context(), exchange.AddInstrumentRequest{File: "relay.yaml", Source: src, By: "test"})
			if err != nil && !strings.Contains(err.Error(), "vectors") {
				t.Fatal(err)
			}
		}
		_, err := n.RecordFact(t.Context(), exchange.Fact{Name: "originator_consent", Value: true, Issuer: "aurelia", Evidence: "letter"})
		must(t, err)
	}
	id := idOf("indicator", "0001")
	f.nodes[aurelia].imports(t, bundleOf(indicator("0001", tlpClear)))
	f.passes(aurelia, borealis, id)
	f.passes(borealis, cordova, id)
	got, err := f.nodes[cordova].Object(t.Context(), id)
	must(t, err)
	p := got.Provenance
	if p.From != borealis || p.Hops != 1 || !slices.Contains(p.Under, "inner") {
		t.Fatalf("at second hand: %+v", p)
	}
	f.passes(cordova, gridshare, id)
	got, err = f.nodes[gridshare].Object(t.Context(), id)
	must(t, err)
	if p := got.Provenance; p.Hops != 2 || !slices.Contains(p.Under, "inner") {
		t.Fatalf("at third hand: %+v", p)
	}
	d, err := f.nodes[gridshare].Why(t.Context(), exchange.WhyRequest{Object: id, Recipient: borealis, Purpose: "training"})
	must(t, err)
	if d.Outcome != decision.Deny || !strings.Contains(d.Text(), "allows passing it on 2 times, and it has been") {
		t.Errorf("a third time: %s", d.Text())
	}
}
