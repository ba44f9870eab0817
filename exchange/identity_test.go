package exchange_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"entente/exchange"
	"entente/internal/fault"
	"entente/party"
)

const certX = "identity--00000000-0000-4000-8000-00000000beef"

// ofX is an indicator of that identity.
func ofX(n, at, name string) string {
	return variant(n, at, tlpAmber, name, `,"created_by_ref":"`+certX+`"`)
}

// claims adds a party's card again, with another identity on it.
func (f *federation) claims(p party.ID, identity string, in exchange.AddPartyRequest) (exchange.AddedParty, error) {
	f.t.Helper()
	a := f.nodes[aurelia]
	card := a.card(f.t, p)
	card.Identity = identity
	in.Fingerprint = card.Fingerprint().String()
	raw, err := json.Marshal(card)
	must(f.t, err)
	in.Card = raw
	return a.AddParty(f.t.Context(), in)
}

func (n *testNode) claim(t *testing.T, p party.ID) exchange.Claim {
	t.Helper()
	all, err := n.Claims(t.Context())
	must(t, err)
	for _, c := range all {
		if c.Party == p {
			return c
		}
	}
	return exchange.Claim{}
}

// TestAClaimedIdentityDoesNotCount: who writes an identity on its card gets
// nothing by that. Once somebody here has confirmed it, the id is its.
func TestAClaimedIdentityDoesNotCount(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis, cordova)
	a := f.nodes[aurelia]
	added, err := f.claims(cordova, certX, exchange.AddPartyRequest{})
	must(t, err)
	if c := added.Claim; c == nil || c.Counts || len(c.Others) > 0 {
		t.Errorf("added with %+v", c)
	}
	wantItems(t, "passed on", f.takes(borealis, aurelia, "0001", ofX("0001", jan, "genuine")), "stored")
	f.setAside("by who claims it", cordova, aurelia, "0002", "object.not-creator", ofX("0001", feb, "taken"))
	if got := a.held(t, idOf("indicator", "0001")); !strings.Contains(got, "genuine") {
		t.Errorf("the node holds %s", got)
	}
	c := a.claim(t, cordova)
	if c.Counts || len(c.Others) != 1 || c.Others[0] != (exchange.Maker{Party: borealis, Objects: 1}) {
		t.Errorf("claim %+v", c)
	}
	_, err = f.claims(cordova, certX, exchange.AddPartyRequest{Identity: certX, Contested: true})
	must(t, err)
	wantItems(t, "by who it is of", f.takes(cordova, aurelia, "0003", ofX("0001", mar, "its own")), "stored")
	if got := a.held(t, idOf("indicator", "0001")); !strings.Contains(got, "its own") {
		t.Errorf("the node holds %s", got)
	}
}

// TestAContestedIdentityIsConfirmedKnowingly: when others, or the operator, brought
// objects of it, that is said, and the operator has to say that it is known.
func TestAContestedIdentityIsConfirmedKnowingly(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis, cordova)
	a := f.nodes[aurelia]
	f.takes(borealis, aurelia, "0001", ofX("0001", jan, "one"), ofX("0002", jan, "two"))
	f.takes(borealis, aurelia, "0002", ofX("0001", jan, "one")) // again
	a.imports(t, bundleOf(`{"type":"identity","spec_version":"2.1","id":"`+certX+`","created":"`+jan+`","modified":"`+jan+`","name":"CERT X"}`))
	f.takes(cordova, aurelia, "0003", ofX("0003", jan, "three")) // its own are no contest
	dry, err := f.claims(cordova, certX, exchange.AddPartyRequest{DryRun: true})
	must(t, err)
	want := []exchange.Maker{{Party: borealis, Objects: 2}, {Party: aurelia}}
	if c := dry.Claim; c == nil || c.Counts || len(c.Others) != 2 || c.Others[0] != want[0] || c.Others[1] != want[1] {
		t.Errorf("the dry run says %+v", c)
	}
	_, err = f.claims(cordova, certX, exchange.AddPartyRequest{Identity: certX})
	wantCode(t, err, "party.identity-contested")
	if c, ok := errors.AsType[*fault.Error](err); !ok || len(c.Fields) != 2 || !strings.Contains(c.Fields[0].Detail, "csirt-borealis sent 2") {
		t.Errorf("it says %+v", c)
	}
	if a.card(t, cordova).Identity == certX {
		t.Error("a refused card was added")
	}
	_, err = f.claims(cordova, certX, exchange.AddPartyRequest{Identity: "identity--00000000-0000-4000-8000-00000000dead", Contested: true})
	wantCode(t, err, "party.identity-other")
	added, err := f.claims(cordova, certX, exchange.AddPartyRequest{Identity: certX, Contested: true})
	must(t, err)
	if !added.Claim.Counts || !a.claim(t, cordova).Counts {
		t.Errorf("confirmed: %+v", added.Claim)
	}
}

// TestAClaimShutsNobodyOut: the party whose identity it is can be added after one
// that only claims it, and not beside one that somebody confirmed.
func TestAClaimShutsNobodyOut(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis, cordova)
	_, err := f.claims(borealis, certX, exchange.AddPartyRequest{})
	must(t, err)
	_, err = f.claims(cordova, certX, exchange.AddPartyRequest{Identity: certX})
	must(t, err)
	_, err = f.claims(borealis, certX, exchange.AddPartyRequest{Identity: certX, Contested: true})
	wantCode(t, err, "party.identity")
}

// TestAConfirmedIdentityStays: over a new card with the same identity, and not over
// one with another.
func TestAConfirmedIdentityStays(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a := f.nodes[aurelia]
	own := a.card(t, borealis).Identity
	for _, step := range []struct {
		claims string
		counts bool
	}{{own, true}, {certX, false}, {own, false}, {"", false}} {
		_, err := f.claims(borealis, step.claims, exchange.AddPartyRequest{})
		must(t, err)
		if c := a.claim(t, borealis); c.Counts != step.counts || c.Identity != step.claims {
			t.Errorf("with %q: %+v", step.claims, c)
		}
	}
}
