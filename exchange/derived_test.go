package exchange_test

import (
	"fmt"
	"strings"
	"testing"

	"entente/exchange"
	"entente/party"
)

// lends is an agreement of two parties about training, with what has to be done
// to an object first.
func lends(id, requires string, a, b party.ID) []byte {
	return []byte(fmt.Sprintf("entente: 1\nkind: Instrument\nid: %s\ntitle: %s\nnature: mou\nbinding: true\nregime: cooperation\ndefault: silent\n"+
		"version: 1.0.0\nin_force: {from: 2026-01-01}\nparties:\n"+
		"  - {party: %s, events: [{in-force: 2026-01-01}]}\n  - {party: %s, events: [{in-force: 2026-01-01}]}\n"+
		"clauses:\n  - {id: art1, cite: Art. 1, text: Indicators are shared for training., modality: permission, act: share,\n"+
		"     when: {type: [indicator, sighting, opinion], purpose: [training]}%s}\n", id, id, a, b, requires))
}

// lending is Borealis, whose indicator Aurelia has and passed on to Cordova
// without the mailbox in it, under an id of its own.
func lending(t *testing.T) (f *federation, original, derived string) {
	t.Helper()
	f = newFederation(t, aurelia, borealis, cordova, gridshare)
	a := f.nodes[aurelia]
	for _, src := range [][]byte{
		lends("back", "", aurelia, borealis),
		lends("out", ", requires: [{without: personal-identifier, at_least: pseudonymise}, {without: personal-contact, at_least: pseudonymise}]", aurelia, cordova),
		lends("besides", ", requires: [{without: personal-identifier, at_least: pseudonymise}, {without: personal-contact, at_least: pseudonymise}]", aurelia, gridshare),
	} {
		_, err := a.AddInstrument(t.Context(), exchange.AddInstrumentRequest{File: "lends.yaml", Source: src, By: "test"})
		must(t, err)
	}
	_, err := a.RecordFact(t.Context(), exchange.Fact{Name: "originator_consent", Value: true, Issuer: "borealis", Evidence: "letter"})
	must(t, err)
	original = idOf("indicator", "0001")
	object := sdo("indicator", "0001", jan, tlpClear, `"description":"told by jan.kowalski@example.org","pattern":"[file:name = 'x']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z"`)
	wantItems(t, "the original", f.takes(borealis, aurelia, "m1", object), "stored")
	f.passes(aurelia, cordova, original)
	f.passes(aurelia, gridshare, original)
	derived = f.sentID(cordova, original)
	if derived == original || derived == f.sentID(gridshare, original) {
		t.Fatalf("Cordova has %s", derived)
	}
	return f, original, derived
}

// sentID is the id under which Aurelia last released an object to a party.
func (f *federation) sentID(to party.ID, object string) string {
	f.t.Helper()
	releases, err := f.nodes[aurelia].Releases(f.t.Context(), exchange.ReleaseFilter{Object: object, Recipient: to})
	must(f.t, err)
	v, err := f.nodes[aurelia].Release(f.t.Context(), releases[0].ID)
	must(f.t, err)
	for _, it := range v.ItemList {
		if it.ObjectID == object {
			return it.SentID
		}
	}
	f.t.Fatalf("%s did not leave", object)
	return ""
}

func sightingOf(of, more string) string {
	return sdo("sighting", "0010", feb, tlpClear, `"sighting_of_ref":"`+of+`","last_seen":"2026-02-01T00:00:00Z"`+more)
}

// TestASightingOfAFormIsOneOfTheOriginal: who has a form sights it under the id it
// has; the people here see it with the original, byte for byte as it came.
func TestASightingOfAFormIsOneOfTheOriginal(t *testing.T) {
	t.Parallel()
	f, original, derived := lending(t)
	a := f.nodes[aurelia]
	before, err := a.Confidence(t.Context(), original, f.now)
	must(t, err)
	seen := sightingOf(derived, `,"description":"again"`)
	wantItems(t, "the sighting", f.takes(cordova, aurelia, "m2", seen), "stored")
	v, err := a.Object(t.Context(), original)
	must(t, err)
	want := exchange.Report{ID: idOf("sighting", "0010"), Type: "sighting", From: cordova, At: "2026-02-01T00:00:00Z", Text: "again", Under: derived}
	if len(v.Reports) != 1 || v.Reports[0] != want {
		t.Errorf("reports %+v, want %+v", v.Reports, want)
	}
	if got := a.held(t, idOf("sighting", "0010")); got != seen {
		t.Errorf("the node holds %s", got)
	}
	after, err := a.Confidence(t.Context(), original, f.now)
	must(t, err)
	if after.Score <= before.Score {
		t.Errorf("the sighting does not count: %d before, %d after", before.Score, after.Score)
	}
}

// TestASightingOfAnothersFormIsNone: the id says nothing in the mouth of a party
// that was never given it.
func TestASightingOfAnothersFormIsNone(t *testing.T) {
	t.Parallel()
	f, original, derived := lending(t)
	a := f.nodes[aurelia]
	wantItems(t, "a guess", f.takes(gridshare, aurelia, "m2", sightingOf(derived, "")), "stored")
	v, err := a.Object(t.Context(), original)
	must(t, err)
	if len(v.Reports) != 0 {
		t.Errorf("%+v", v.Reports)
	}
	p, err := a.Preview(t.Context(), exchange.PreviewRequest{Objects: []string{idOf("sighting", "0010")}, To: []party.ID{borealis}, Purpose: "training"})
	must(t, err)
	if len(p.Objects) != 1 {
		t.Errorf("it pulls in %v", p.Objects)
	}
}

// TestASightingGoesOnUnderTheIDItsReaderKnows: passing it on is an ordinary
// release. The creator reads the id of its own object, another recipient the id of
// its own form, and neither finds the id that the first one has.
func TestASightingGoesOnUnderTheIDItsReaderKnows(t *testing.T) {
	t.Parallel()
	f, original, derived := lending(t)
	a := f.nodes[aurelia]
	id := idOf("sighting", "0010")
	f.takes(cordova, aurelia, "m2", sightingOf(derived, `,"description":"about `+derived+` again"`))
	_, err := a.RecordFact(t.Context(), exchange.Fact{Name: "originator_consent", Value: true, Issuer: "cordova", Evidence: "letter"})
	must(t, err)
	for to, knows := range map[party.ID]string{borealis: original, gridshare: f.sentID(gridshare, original), cordova: derived} {
		p, err := a.Preview(t.Context(), exchange.PreviewRequest{Objects: []string{id}, To: []party.ID{to}, Purpose: "training"})
		must(t, err)
		sent := ""
		for _, it := range p.Recipients[0].Items {
			if it.ObjectID == id {
				sent = it.SentID
			}
		}
		if to == cordova { // it is read as it was written
			if sent != id {
				t.Errorf("to its own sender as %q", sent)
			}
			continue
		}
		if sent == id || sent == "" {
			t.Fatalf("to %s as %q: %+v", to, sent, p.Recipients[0].Items)
		}
		f.passes(aurelia, to, id)
		got := f.nodes[to].held(t, sent)
		if !strings.Contains(got, `"sighting_of_ref":"`+knows+`"`) || !strings.Contains(got, "about "+knows+" again") || strings.Contains(got, derived) {
			t.Errorf("%s gets %s, want it to be of %s", to, got, knows)
		}
		if !strings.Contains(got, `"created_by_ref":`) {
			t.Errorf("nobody answers for what was changed: %s", got)
		}
	}
}

// TestASightingDoesNotGoWithoutWhatItIsOf: who may not have the object does not
// learn that somebody saw it.
func TestASightingDoesNotGoWithoutWhatItIsOf(t *testing.T) {
	t.Parallel()
	f, original, derived := lending(t)
	a := f.nodes[aurelia]
	f.takes(cordova, aurelia, "m2", sightingOf(derived, ""))
	_, err := a.Recall(t.Context(), exchange.RecallRequest{Object: original, Reason: "x"})
	must(t, err)
	must(t, a.store.Write(t.Context(), func(tx exchange.Tx) error {
		h, err := tx.Heads(t.Context(), []string{original})
		if err != nil {
			return err
		}
		return tx.SetObjectState(t.Context(), h[original][0].Seq, exchange.Erased)
	}))
	p, err := a.Preview(t.Context(), exchange.PreviewRequest{Objects: []string{idOf("sighting", "0010")}, To: []party.ID{borealis}, Purpose: "training"})
	must(t, err)
	if it := p.Recipients[0].Items[0]; it.SentID != "" {
		t.Errorf("%+v", it)
	}
}
