package exchange_test

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/exchange"
	"entente/exchange/envelope"
	"entente/instrument"
	"entente/internal/ident"
	"entente/internal/keyring"
	"entente/party"
)

// forged signs an act with any key.
func forged(t *testing.T, a instrument.Act, keyID string, key ed25519.PrivateKey) []byte {
	t.Helper()
	payload, err := a.Encode()
	must(t, err)
	raw, err := envelope.SignStatement(instrument.ActPayloadType, payload, keyID, key)
	must(t, err)
	return raw
}

// brings is what a partner that minds no rules would send: a text and acts.
func (n *testNode) brings(t *testing.T, to *testNode, at time.Time, id string, doc *instrument.Instrument, objects ...[]byte) []byte {
	t.Helper()
	m := envelope.Message{
		Entente: 1, Kind: envelope.KindInstrument, ID: id, From: n.id, To: to.id, At: at,
		Publication: &envelope.Publication{Instrument: doc.ID, Version: doc.Version, Hash: doc.Hash, File: "charter.yaml"},
	}
	for i, o := range objects {
		m.Objects = append(m.Objects, envelope.Item{ID: fmt.Sprintf("item/%d", i), Hash: ident.Sum(o)})
	}
	return n.signed(t, m, objects)
}

// TestF13ForgedActsAreRefused: what a partner brings counts by its own signature,
// whatever the message around it says. Each refusal leaves an entry in the log
// and changes no status.
func TestF13ForgedActsAreRefused(t *testing.T) {
	t.Parallel()
	f, a, c := f2(t)
	stranger, err := keyring.Create(t.TempDir(), cordova, f.now)
	must(t, err)
	strangerID, strangerKey := stranger.Signing()
	cID, cKey := c.ring.Signing()
	aID, _ := a.ring.Signing()
	view, err := a.Instrument(t.Context(), "charter")
	must(t, err)
	doc := view.Doc
	other, err := instrument.Load("charter.yaml", charter("rank: 3\n", aurelia, cordova))
	must(t, err)
	act := func(edit func(*instrument.Act)) instrument.Act {
		x := instrument.Act{Act: instrument.ActSuspension, Instrument: doc.ID, Version: doc.Version, Hash: doc.Hash, Party: cordova, At: f.now}
		edit(&x)
		return x
	}
	same := func(*instrument.Act) {}
	altered := bytes.Replace(forged(t, act(same), cID, cKey), []byte(`"payload":"ey`), []byte(`"payload":"eX`), 1)
	message, err := envelope.Seal(envelope.Message{Entente: 1, Kind: envelope.KindRecall, ID: "m", From: cordova, To: aurelia, At: f.now, Recall: &envelope.Recall{Release: "r", Reason: "x", Due: f.now}}, nil, cID, cKey)
	must(t, err)
	for n, x := range []struct {
		name, code string
		raw        []byte
	}{
		{"a stranger's key under the party's key id", "envelope.signature", forged(t, act(same), cID, strangerKey)},
		{"a stranger's key", "act.key", forged(t, act(same), strangerID, strangerKey)},
		{"another party's act with the carrier's key", "act.key", forged(t, act(func(x *instrument.Act) { x.Party = aurelia }), cID+"x", cKey)},
		{"another party's act under its key id", "envelope.signature", forged(t, act(func(x *instrument.Act) { x.Party = aurelia }), aID, cKey)},
		{"a party nobody knows", "act.party", forged(t, act(func(x *instrument.Act) { x.Party = "nobody" }), cID, cKey)},
		{"before the key was valid", "act.key", forged(t, act(func(x *instrument.Act) { x.At = f.now.AddDate(-2, 0, 0) }), cID, cKey)},
		{"the future", "act.future", forged(t, act(func(x *instrument.Act) { x.At = f.now.Add(time.Hour) }), cID, cKey)},
		{"an altered payload", "act.malformed", altered},
		{"another text", "act.text", forged(t, act(func(x *instrument.Act) { x.Hash = other.Hash }), cID, cKey)},
		{"another version", "act.text", forged(t, act(func(x *instrument.Act) { x.Version = "0.9.0" }), cID, cKey)},
		{"a message for an act", "envelope.malformed", message.Envelope},
		{"no act at all", "envelope.malformed", []byte("suspended!")},
	} {
		before := a.state(t)
		answer, err := a.Receive(t.Context(), cordova, c.brings(t, a, f.now, fmt.Sprintf("forged-%d", n), doc, view.Source, x.raw))
		must(t, err)
		items := receiptItems(t, answer)
		if len(items) != 2 || items[0].Result != "stored" || items[1].Result != "quarantined" || items[1].Code != x.code {
			t.Errorf("%s: %+v, want %s", x.name, items, x.code)
		}
		if after := a.state(t); after.quarantine != before.quarantine+1 {
			t.Errorf("%s: %d in quarantine, was %d", x.name, after.quarantine, before.quarantine)
		}
		f.agreeOn("charter", instrument.PhaseInForce, "in force", a, c)
	}
	// The text itself is held against what the message names, and against us.
	for name, x := range map[string]struct {
		doc  *instrument.Instrument
		src  []byte
		code string
	}{
		"another text than the one named": {doc, other.Source, "act.text"},
		"a text that is none":             {doc, []byte("{}"), "instrument.invalid"},
		"a text of others":                {load(t, charter("", cordova, borealis)), charter("", cordova, borealis), "act.not-concerned"},
	} {
		answer, err := a.Receive(t.Context(), cordova, c.brings(t, a, f.now, strings.ReplaceAll(name, " ", "-"), x.doc, x.src, forged(t, act(same), cID, cKey)))
		must(t, err)
		items := receiptItems(t, answer)
		if items[0].Code != x.code || items[1].Code != "" {
			t.Errorf("%s: %+v, want %s", name, items, x.code)
		}
	}
	f.agreeOn("charter", instrument.PhaseInForce, "in force", a, c)
}

// TestF17ARevokedKeyDoesNotCount: acts are verified by the card of today, so an act
// dated after the key was revoked stops counting as soon as that is known, and one
// from before goes on.
func TestF17ARevokedKeyDoesNotCount(t *testing.T) {
	t.Parallel()
	f, a, c := f2(t)
	f.does(c, exchange.ActRequest{Instrument: "charter", Act: instrument.ActSuspension})
	revoked := f.now
	f.now = f.now.Add(time.Hour)
	f.does(c, exchange.ActRequest{Instrument: "charter", Act: instrument.ActResumption})
	f.publishes(c, "charter")
	f.agreeOn("charter", instrument.PhaseInForce, "in force", a, c)
	card, err := a.Party(t.Context(), cordova)
	must(t, err)
	card.SigningKeys = slices.Clone(card.SigningKeys)
	card.SigningKeys[0].Until = revoked
	must(t, a.store.Write(t.Context(), func(tx exchange.Tx) error {
		if _, err := tx.BumpEpoch(t.Context()); err != nil {
			return err
		}
		return tx.PutParty(t.Context(), card, f.now)
	}))
	f.agreeOn("charter", instrument.PhaseSuspended, "suspended", a)
}

// TestLG2OnlyASoundTextIsSigned, and only what would count.
func TestLG2OnlyASoundTextIsSigned(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, cordova)
	a := f.nodes[aurelia]
	good := charter("", aurelia, cordova)
	failing := append(slices.Clone(good), []byte("vectors:\n  - name: reports are for everybody\n    given: {object: {type: report, tlp: red, categories: [technical]}, "+
		"sender: {id: csirt-aurelia, kind: csirt, jurisdiction: XA}, recipient: {id: ncsc-cordova, kind: csirt, jurisdiction: XC}, purpose: incident-response, at: 2026-03-01}\n    expect: {outcome: permit}\n")...)
	for name, x := range map[string]struct {
		in   exchange.ActRequest
		code string
	}{
		"failing vectors":               {exchange.ActRequest{Source: failing, Act: instrument.ActSignature}, "instrument.vectors"},
		"a text with errors":            {exchange.ActRequest{Source: bytes.Replace(good, []byte("act: share"), []byte("act: shout"), 1), Act: instrument.ActSignature}, "instrument.invalid"},
		"a text nobody has":             {exchange.ActRequest{Instrument: "none", Act: instrument.ActSignature}, "instrument.unknown"},
		"a text that names us not":      {exchange.ActRequest{Source: charter("", cordova, borealis), Act: instrument.ActSignature}, "act.refused"},
		"no signature to ratify":        {exchange.ActRequest{Source: good, Act: instrument.ActRatification}, "act.refused"},
		"suspending what binds nobody":  {exchange.ActRequest{Source: good, Act: instrument.ActSuspension}, "act.refused"},
		"resuming what is not":          {exchange.ActRequest{Source: good, Act: instrument.ActResumption}, "act.refused"},
		"amending nothing":              {exchange.ActRequest{Source: good, Act: instrument.ActAmendmentAcceptance}, "act.refused"},
		"a reservation of nothing":      {exchange.ActRequest{Source: good, Act: instrument.ActReservation}, "act.reservation"},
		"a reservation to no clause":    {exchange.ActRequest{Source: good, Act: instrument.ActReservation, Excludes: []string{"art9"}}, "act.refused"},
		"a reservation with suspension": {exchange.ActRequest{Source: good, Act: instrument.ActAdoption, Excludes: []string{"art4"}}, "act.reservation"},
		"a reservation that is no file": {exchange.ActRequest{Source: good, Act: instrument.ActReservation, Modifies: []byte("x: 1")}, "act.reservation"},
		"a word that is no act":         {exchange.ActRequest{Source: good, Act: "blessing"}, "act.malformed"},
	} {
		x.in.By = "Head of Legal"
		_, err := a.SignAct(t.Context(), x.in)
		if err == nil {
			t.Errorf("%s: signed", name)
			continue
		}
		wantCode(t, err, x.code)
	}
	_, err := a.SignAct(t.Context(), exchange.ActRequest{Source: good, Act: instrument.ActSignature})
	wantCode(t, err, "act.by")
	// A dry run shows what would be and keeps nothing.
	v, err := a.SignAct(t.Context(), exchange.ActRequest{Source: good, Act: instrument.ActSignature, By: "Head of Legal", DryRun: true})
	must(t, err)
	if v.Phase != instrument.PhaseSigned || len(v.Acts) != 1 {
		t.Errorf("%+v", v)
	}
	if texts, err := a.InstrumentTexts(t.Context()); err != nil || slices.ContainsFunc(texts, func(v exchange.TextView) bool { return v.ID == "charter" }) {
		t.Errorf("a dry run kept the text: %v", err)
	}
	f.does(a, exchange.ActRequest{Source: good, Act: instrument.ActSignature})
	_, err = a.SignAct(t.Context(), exchange.ActRequest{Instrument: "charter", Act: instrument.ActSignature, By: "Head of Legal"})
	wantCode(t, err, "act.done")
	f.now = f.now.Add(-time.Hour)
	_, err = a.SignAct(t.Context(), exchange.ActRequest{Instrument: "charter", Act: instrument.ActRatification, By: "Head of Legal"})
	wantCode(t, err, "act.clock")
	_, err = a.PublishInstrument(t.Context(), exchange.PublishRequest{Instrument: "charter", To: []party.ID{"nobody"}})
	wantCode(t, err, "party.unknown")
}

func load(t *testing.T, src []byte) *instrument.Instrument {
	t.Helper()
	doc, err := instrument.Load("charter.yaml", src)
	must(t, err)
	return doc
}

func receiptItems(t *testing.T, answer []byte) []envelope.ItemReceipt {
	t.Helper()
	b, err := envelope.DecodeBody(answer)
	must(t, err)
	m, err := envelope.Kept(b.Envelope)
	must(t, err)
	return m.Receipt.Items
}

// TestT2AProposalNeverStandsInForAnActiveText: a partner that proposes a higher
// version of a text does not get it signed by somebody who means the one in force.
func TestT2AProposalNeverStandsInForAnActiveText(t *testing.T) {
	t.Parallel()
	f, a, c := f2(t)
	f.does(c, exchange.ActRequest{File: "charter.yaml", Source: charter("version: 99.0.0\n", aurelia, cordova), Act: instrument.ActSignature})
	f.publishes(c, "charter@99.0.0")
	v := f.does(a, exchange.ActRequest{Instrument: "charter", Act: instrument.ActDeclaration, Text: "We mean the first."})
	if v.Version != "1.0.0" {
		t.Errorf("signed %s", v.Version)
	}
	// Of several that are only proposed, one has to be named.
	for _, rank := range []string{"rank: 1\n", "rank: 2\n"} {
		src := bytes.Replace(charter(rank, aurelia, cordova), []byte("id: charter"), []byte("id: second"), 1)
		f.does(c, exchange.ActRequest{File: "second.yaml", Source: src, Act: instrument.ActSignature})
		f.publishes(c, load(t, src).Hash.String())
	}
	_, err := a.SignAct(t.Context(), exchange.ActRequest{Instrument: "second", Act: instrument.ActSignature, By: "Head of Legal"})
	wantCode(t, err, "act.ambiguous")
	_, err = a.SignAct(t.Context(), exchange.ActRequest{Instrument: "second@1.0.0", Act: instrument.ActSignature, By: "Head of Legal"})
	wantCode(t, err, "act.ambiguous")
}
