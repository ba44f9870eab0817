package exchange_test

import (
	"strings"
	"testing"

	"entente/decision"
	"entente/exchange"
)

// outcomeForCordova is what it could have of an object.
func (n *testNode) outcomeForCordova(t *testing.T, id string) decision.Outcome {
	t.Helper()
	d, err := n.Why(t.Context(), exchange.WhyRequest{Object: id, Recipient: cordova})
	must(t, err)
	return d.Outcome
}

// TestAPartnerCannotDefineAnothersMarking: an object is marked with something
// whose definition nobody here has. Another partner sends one; the object stays
// closed. It opens when the sender's own definition comes, or the operator's.
func TestAPartnerCannotDefineAnothersMarking(t *testing.T) {
	t.Parallel()
	const mark = "marking-definition--00000000-0000-4000-8000-000000000301"
	object := sdo("indicator", "0300", jan, "", `"object_marking_refs":["`+tlpClear+`","`+mark+`"],"pattern":"[file:name = 'x']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z"`)
	f := newFederation(t, aurelia, borealis, cordova)
	a := f.nodes[aurelia]
	id := idOf("indicator", "0300")
	wantItems(t, "the object", f.takes(borealis, aurelia, "0001", object), "stored")
	if got := a.outcomeForCordova(t, id); got != decision.Deny {
		t.Errorf("with a marking nobody knows: %s", got)
	}
	wantItems(t, "another's definition", f.takes(cordova, aurelia, "0002", markingDef("0301", jan, "anybody may have this")), "stored")
	if got := a.outcomeForCordova(t, id); got != decision.Deny {
		t.Errorf("a partner opened another's object by defining its marking: %s", got)
	}
	a.imports(t, bundleOf(indicator("0310", tlpClear)))
	open := a.outcomeForCordova(t, idOf("indicator", "0310"))
	wantItems(t, "its sender's definition, the same", f.takes(borealis, aurelia, "0003", markingDef("0301", jan, "anybody may have this")), "unchanged")
	if got := a.outcomeForCordova(t, id); got != open {
		t.Errorf("with the definition of its sender: %s, want %s", got, open)
	}
}

// TestTheOperatorsDefinitionStands: what the operator defines counts for all, and
// a partner's that came first is evidence.
func TestTheOperatorsDefinitionStands(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a := f.nodes[aurelia]
	f.takes(borealis, aurelia, "0001", markingDef("0301", jan, "weak"))
	rep := a.imports(t, bundleOf(markingDef("0301", jan, "as its publisher wrote it")))
	if l := rep.Objects[0]; l.Result != exchange.ResultUpdated {
		t.Errorf("%+v", l)
	}
	if got := a.held(t, "marking-definition--00000000-0000-4000-8000-000000000301"); !strings.Contains(got, "as its publisher wrote it") {
		t.Errorf("the node holds %s", got)
	}
	rows, err := a.Quarantined(t.Context(), 0, 10)
	must(t, err)
	if len(rows) != 1 || rows[0].Code != "object.returned" || rows[0].From != borealis {
		t.Errorf("people are told %+v", rows)
	}
}

// TestAnIDGoesBackToItsCreator: a partner sends an object in another's name
// before the other does. The one whose identity it names gets the id back, and
// what the first made of it is evidence; the first cannot take it again.
func TestAnIDGoesBackToItsCreator(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis, cordova)
	a := f.nodes[aurelia]
	creator, err := a.Party(t.Context(), borealis)
	must(t, err)
	made := func(modified, name string) string {
		return variant("0400", modified, tlpAmber, name, `,"created_by_ref":"`+creator.Identity+`"`)
	}
	id := idOf("indicator", "0400")
	wantItems(t, "in another's name", f.takes(cordova, aurelia, "0001", made(feb, "forged")), "stored")
	wantItems(t, "by its creator", f.takes(borealis, aurelia, "0002", made(jan, "genuine")), "stored")
	if got := a.held(t, id); !strings.Contains(got, "genuine") {
		t.Errorf("the node holds %s", got)
	}
	wantItems(t, "in another's name again", f.takes(cordova, aurelia, "0003", made(mar, "forged again")), "quarantined object.not-creator")
	wantItems(t, "its creator goes on", f.takes(borealis, aurelia, "0004", made(mar, "genuine, newer")), "stored")
	if got := a.held(t, id); !strings.Contains(got, "genuine, newer") {
		t.Errorf("the node holds %s", got)
	}
}
