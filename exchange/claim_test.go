package exchange_test

import (
	"strings"
	"testing"
	"time"

	"entente/decision"
	"entente/exchange"
	"entente/exchange/envelope"
	"entente/party"
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
	wantItems(t, "its sender's definition, the same", f.takes(borealis, aurelia, "0003", markingDef("0301", jan, "anybody may have this")), "stored")
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
	f.setAside("in another's name again", cordova, aurelia, "0003", "object.not-creator", made(mar, "forged again"))
	wantItems(t, "its creator goes on", f.takes(borealis, aurelia, "0004", made(mar, "genuine, newer")), "stored")
	if got := a.held(t, id); !strings.Contains(got, "genuine, newer") {
		t.Errorf("the node holds %s", got)
	}
}

// cordovaTakesBack has Cordova recall a message of its own.
func (f *federation) cordovaTakesBack(to party.ID, release string) {
	f.t.Helper()
	m := envelope.Message{
		Entente: 1, Kind: envelope.KindRecall, ID: "recall-" + release, From: cordova, To: to, At: f.now,
		Recall: &envelope.Recall{Release: release, Reason: "x", Due: f.now.Add(time.Hour)},
	}
	_, err := f.nodes[to].Receive(f.t.Context(), cordova, f.nodes[cordova].signed(f.t, m, nil))
	must(f.t, err)
}

// TestARecallShutsNobodyElseOut: what a partner sent in another's name and takes
// back leaves no trace in the id, whether it was set aside or came first; and it
// takes nothing back that this node released of the object itself.
func TestARecallShutsNobodyElseOut(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis, cordova)
	a := f.nodes[aurelia]
	creator, err := a.Party(t.Context(), borealis)
	must(t, err)
	made := func(n, modified, name, more string) string {
		return variant(n, modified, tlpAmber, name, `,"created_by_ref":"`+creator.Identity+`"`+more)
	}
	wantItems(t, "genuine", f.takes(borealis, aurelia, "0001", made("0400", jan, "genuine", "")), "stored")
	f.setAside("forged", cordova, aurelia, "0002", "object.not-creator", made("0400", feb, "forged", ""))
	f.cordovaTakesBack(aurelia, "0002")
	wantItems(t, "the next version", f.takes(borealis, aurelia, "0003", made("0400", mar, "genuine 2", "")), "stored")

	wantItems(t, "forged first", f.takes(cordova, aurelia, "0004", made("0401", feb, "forged", "")), "stored")
	f.cordovaTakesBack(aurelia, "0004")
	wantItems(t, "its creator", f.takes(borealis, aurelia, "0005", made("0401", jan, "genuine", "")), "stored")
	wantItems(t, "and its next version", f.takes(borealis, aurelia, "0006", made("0401", mar, "genuine 2", "")), "stored")
	f.setAside("the forger again", cordova, aurelia, "0007", "object.not-creator", made("0401", mar, "forged 2", ""))

	a.imports(t, bundleOf(variant("0402", jan, tlpAmber, "ours", "")))
	release := f.send(aurelia, borealis, idOf("indicator", "0402"))
	f.setAside("forged, of ours", cordova, aurelia, "0008", "object.ours", variant("0402", feb, tlpAmber, "forged", ""))
	f.cordovaTakesBack(aurelia, "0008")
	if v, err := a.Release(t.Context(), release); err != nil || v.State != exchange.Delivered {
		t.Errorf("our release is %s (%v)", v.State, err)
	}
	if rep := a.imports(t, bundleOf(variant("0402", mar, tlpAmber, "ours 2", ""))); rep.Updated != 1 {
		t.Errorf("our own next version: %+v", rep.Objects)
	}
}

// TestWhatWasForgedIsRecalled: when an id goes back to its creator, what was
// released of the other's version is taken back.
func TestWhatWasForgedIsRecalled(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis, cordova, gridshare)
	a := f.nodes[aurelia]
	creator, err := a.Party(t.Context(), borealis)
	must(t, err)
	made := func(modified, name string) string {
		return variant("0400", modified, tlpClear, name, `,"created_by_ref":"`+creator.Identity+`"`)
	}
	wantItems(t, "forged", f.takes(gridshare, aurelia, "0001", made(feb, "forged")), "stored")
	release := f.send(aurelia, cordova, idOf("indicator", "0400"))
	wantItems(t, "genuine", f.takes(borealis, aurelia, "0002", made(jan, "genuine")), "stored")
	if v, err := a.Release(t.Context(), release); err != nil || v.State != exchange.Recalled {
		t.Errorf("the release of the forged version is %s (%v)", v.State, err)
	}
}

// TestTheSameBytesAreTheirCreators: another party sent an object first, byte for
// byte, with a definition of its marking that suits it. When its creator sends
// the same, the object is the creator's, and so is the say over its marking.
func TestTheSameBytesAreTheirCreators(t *testing.T) {
	t.Parallel()
	const mark = "marking-definition--00000000-0000-4000-8000-000000000301"
	f := newFederation(t, aurelia, borealis, cordova, gridshare)
	a := f.nodes[aurelia]
	creator, err := a.Party(t.Context(), borealis)
	must(t, err)
	object := sdo("indicator", "0300", jan, "", `"created_by_ref":"`+creator.Identity+`","object_marking_refs":["`+tlpClear+`","`+mark+`"],"pattern":"[file:name = 'x']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z"`)
	id := idOf("indicator", "0300")
	f.takes(gridshare, aurelia, "0001", object, markingDef("0301", jan, "anybody may have this"))
	if got := a.outcomeForCordova(t, id); got == decision.Deny {
		t.Error("the first sender's definition does not count for what it sent, so this shows nothing")
	}
	f.takes(borealis, aurelia, "0002", object, markingDef("0301", jan, "TLP:RED"))
	o, err := a.Object(t.Context(), id)
	must(t, err)
	if o.Provenance.From != borealis {
		t.Errorf("the object is of %s", o.Provenance.From)
	}
	if got := a.outcomeForCordova(t, id); got != decision.Deny {
		t.Errorf("another's definition still opens it: %s", got)
	}
	found, err := a.Search(t.Context(), exchange.SearchRequest{Query: "id:" + id})
	must(t, err)
	if len(found.Hits) != 1 || found.Hits[0].Provenance.From != borealis {
		t.Errorf("the search has it as %+v", found.Hits)
	}
}

// TestARecallEndsNoDutiesOfOthers: the sender of a message chooses its id, so
// another's message with the same one, recalled, ends nothing.
func TestARecallEndsNoDutiesOfOthers(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis, cordova)
	b := f.nodes[borealis]
	f.nodes[aurelia].imports(t, bundleOf(indicator("0001", tlpAmber)))
	release := f.send(aurelia, borealis, idOf("indicator", "0001"))
	open := func() int {
		duties, err := b.Duties(t.Context(), exchange.DutyFilter{Open: true})
		must(t, err)
		return len(duties)
	}
	before := open()
	f.takes(cordova, borealis, release, indicator("0009", tlpAmber))
	more := open()
	f.cordovaTakesBack(borealis, release)
	if before == 0 || open() > more || open() < before {
		t.Errorf("%d duties were open, %d with another's message, %d after its recall", before, more, open())
	}
	_, err := f.nodes[aurelia].Recall(t.Context(), exchange.RecallRequest{Release: release, Reason: "x"})
	must(t, err)
	f.deliver(f.nodes[aurelia])
	if open() != 0 {
		t.Errorf("%d duties are open after the recall of what brought them", open())
	}
}
