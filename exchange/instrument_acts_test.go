package exchange_test

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"entente/decision"
	"entente/exchange"
	"entente/exchange/envelope"
	"entente/instrument"
	"entente/internal/ident"
	"entente/internal/keyring"
	"entente/party"
)

// charter is a memorandum between parties without a single date of theirs: only
// what they sign counts.
func charter(more string, parties ...party.ID) []byte {
	var b strings.Builder
	if !strings.Contains(more, "version:") {
		more += "version: 1.0.0\n"
	}
	b.WriteString("entente: 1\nkind: Instrument\nid: charter\ntitle: Charter\nnature: mou\nbinding: true\nregime: cooperation\ndefault: prohibit\n" +
		"in_force: {from: 2026-01-01}\nterm: {withdrawal_notice: P1D}\n" + more + "parties:\n")
	for _, p := range parties {
		fmt.Fprintf(&b, "  - {party: %s}\n", p)
	}
	b.WriteString("clauses:\n" +
		"  - {id: art3, cite: Art. 3, text: Indicators are shared., modality: permission, act: share, when: {type: [indicator], tlp: {max: amber}}}\n" +
		"  - {id: art4, cite: Art. 4, text: Reports are shared., modality: permission, act: share, when: {type: [report], tlp: {max: amber}}}\n")
	return []byte(b.String())
}

// does signs an act and lets a day pass, so that acts have an order in time.
func (f *federation) does(n *testNode, in exchange.ActRequest) exchange.TextView {
	f.t.Helper()
	f.now = f.now.Add(time.Minute)
	in.By = "Head of Legal"
	v, err := n.SignAct(f.t.Context(), in)
	must(f.t, err)
	f.now = f.now.Add(time.Minute)
	return v
}

// publishes sends a text with its acts to everybody it concerns.
func (f *federation) publishes(n *testNode, name string) {
	f.t.Helper()
	_, err := n.PublishInstrument(f.t.Context(), exchange.PublishRequest{Instrument: name})
	must(f.t, err)
	f.deliver(n)
}

func (n *testNode) activates(t testing.TB, src []byte) {
	t.Helper()
	_, err := n.AddInstrument(t.Context(), exchange.AddInstrumentRequest{File: "charter.yaml", Source: src, By: "Legal Owner"})
	must(t, err)
}

// agreeOn holds the phase and the status on every node against what is wanted.
func (f *federation) agreeOn(name string, phase instrument.Phase, status string, nodes ...*testNode) {
	f.t.Helper()
	for _, n := range nodes {
		v, err := n.InstrumentText(f.t.Context(), name)
		must(f.t, err)
		if v.Phase != phase {
			f.t.Errorf("%s: %s is %s (%s), want %s", n.id, name, v.Phase, v.Why, phase)
		}
		if status == "" {
			continue
		}
		s, err := n.InstrumentStatus(f.t.Context(), "charter", aurelia, cordova, time.Time{})
		must(f.t, err)
		got := s.Why
		if s.InForce {
			got = "in force"
			if s.Excluded["art4"] != "" {
				got = "in force without art4"
			}
		}
		if !strings.Contains(got, status) {
			f.t.Errorf("%s: %s, want %s", n.id, got, status)
		}
	}
}

// TestT5TwoNodesFollowOneTextBySignaturesAlone: from draft to termination, with a
// reservation, a suspension and an amendment, both nodes derive the same.
func TestT5TwoNodesFollowOneTextBySignaturesAlone(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, cordova)
	a, c := f.nodes[aurelia], f.nodes[cordova]
	src := charter("amendment: {rule: consensus}\n", aurelia, cordova)
	f.does(a, exchange.ActRequest{File: "dir/charter.yaml", Source: src, Act: instrument.ActSignature})
	f.publishes(a, "charter")
	f.agreeOn("charter", instrument.PhaseSigned, "", a, c)
	// The partner's proposal binds nobody here until a named person activates it.
	if _, err := c.Instrument(t.Context(), "charter"); err == nil {
		t.Error("a proposed text is active")
	}
	f.does(c, exchange.ActRequest{Instrument: "charter", Act: instrument.ActSignature})
	f.does(c, exchange.ActRequest{Instrument: "charter", Act: instrument.ActRatification, Reservation: "no-reports", Excludes: []string{"art4"}})
	f.publishes(c, "charter")
	f.does(a, exchange.ActRequest{Instrument: "charter", Act: instrument.ActRatification})
	f.publishes(a, "charter")
	a.activates(t, src)
	c.activates(t, src)
	f.agreeOn("charter", instrument.PhaseInForce, "in force without art4", a, c)

	f.does(c, exchange.ActRequest{Instrument: "charter", Act: instrument.ActSuspension})
	f.publishes(c, "charter")
	f.agreeOn("charter", instrument.PhaseSuspended, "suspended since", a, c)
	f.does(c, exchange.ActRequest{Instrument: "charter", Act: instrument.ActResumption})
	f.publishes(c, "charter")
	f.agreeOn("charter", instrument.PhaseInForce, "in force without art4", a, c)

	old, err := a.Instrument(t.Context(), "charter")
	must(t, err)
	next := charter(fmt.Sprintf("version: 2.0.0\nsupersedes: %s\n", old.Hash), aurelia, cordova)
	f.does(a, exchange.ActRequest{Source: next, File: "charter.yaml", Act: instrument.ActAmendmentAcceptance})
	f.publishes(a, "charter@2.0.0")
	a.activates(t, next)
	c.activates(t, next)
	f.agreeOn("charter@1.0.0", instrument.PhaseInForce, "", a, c)
	f.does(c, exchange.ActRequest{Instrument: "charter", Act: instrument.ActAmendmentAcceptance})
	f.publishes(c, "charter")
	f.agreeOn("charter@1.0.0", instrument.PhaseSuperseded, "", a, c)
	f.agreeOn("charter@2.0.0", instrument.PhaseInForce, "in force without art4", a, c)

	f.does(a, exchange.ActRequest{Instrument: "charter", Act: instrument.ActWithdrawal})
	f.publishes(a, "charter")
	f.now = f.now.Add(48 * time.Hour)
	f.agreeOn("charter", instrument.PhaseTerminated, "no longer in force", a, c)
	for _, n := range []*testNode{a, c} {
		for _, name := range []string{"charter@1.0.0", "charter@2.0.0"} {
			v, err := n.InstrumentText(t.Context(), name)
			must(t, err)
			for _, act := range v.Acts {
				if !act.Verified || !act.Counts || act.Leaf == 0 {
					t.Errorf("%s: %s %s: %+v", n.id, name, act.Act, act)
				}
			}
		}
		rep, err := n.VerifyLog(t.Context())
		must(t, err)
		if rep.FirstBad >= 0 {
			t.Errorf("%s: %s", n.id, rep.Problem)
		}
	}
	sameActs(t, a, c)
}

// sameActs compares what two nodes hold, apart from who brought it when.
func sameActs(t *testing.T, a, b *testNode) {
	t.Helper()
	view := func(n *testNode) []exchange.ActView {
		v, err := n.InstrumentText(t.Context(), "charter")
		must(t, err)
		for i := range v.Acts {
			v.Acts[i].From, v.Acts[i].Received, v.Acts[i].Leaf = "", time.Time{}, 0
		}
		return v.Acts
	}
	if diff := cmp.Diff(view(a), view(b)); diff != "" {
		t.Error(diff)
	}
}

// TestP15ASuspensionTakesEffectEverywhere: a partner's suspension opens a new
// legal epoch here; what was sent is decided again and recalled.
func TestP15ASuspensionTakesEffectEverywhere(t *testing.T) {
	t.Parallel()
	f, a, c := f2(t)
	a.imports(t, bundleOf(indicator("0001", tlpAmber)))
	rep, err := a.Send(t.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{idOf("indicator", "0001")}, To: []party.ID{cordova}, Purpose: "training"}})
	must(t, err)
	f.deliver(a)
	f.does(c, exchange.ActRequest{Instrument: "charter", Act: instrument.ActSuspension, Note: "breach"})
	f.publishes(c, "charter")
	d, err := a.Why(t.Context(), exchange.WhyRequest{Object: idOf("indicator", "0001"), Recipient: cordova, Purpose: "training"})
	must(t, err)
	if d.Outcome != decision.Deny {
		t.Errorf("%s after the suspension", d.Outcome)
	}
	w, err := a.Reconsider(t.Context())
	must(t, err)
	if len(w.Recalls) != 1 || w.Recalls[0].Release != rep.Releases[0].Release {
		t.Errorf("recalls: %+v", w.Recalls)
	}
}

// f2 is a federation of two in which only the charter permits sharing for training.
func f2(t *testing.T) (*federation, *testNode, *testNode) {
	t.Helper()
	f := newFederation(t, aurelia, cordova)
	a, c := f.nodes[aurelia], f.nodes[cordova]
	src := charter("", aurelia, cordova)
	for _, n := range []*testNode{a, c} {
		for _, k := range []instrument.ActKind{instrument.ActSignature, instrument.ActRatification} {
			f.does(n, exchange.ActRequest{File: "charter.yaml", Source: src, Act: k})
		}
		n.activates(t, src)
	}
	f.publishes(a, "charter")
	f.publishes(c, "charter")
	return f, a, c
}

// TestF12PublishingAgainChangesNothing: the same acts again, a lost answer and the
// reverse order leave the same acts, the same epoch and the same status.
func TestF12PublishingAgainChangesNothing(t *testing.T) {
	t.Parallel()
	f, a, c := f2(t)
	epoch := func() (e int64) {
		must(t, c.store.Read(t.Context(), func(r exchange.Reader) (err error) {
			e, err = r.Epoch(t.Context())
			return err
		}))
		return e
	}
	before := epoch()
	f.lost = 1
	f.publishes(a, "charter")
	f.publishes(a, "charter")
	if got := epoch(); got != before {
		t.Errorf("epoch %d, was %d", got, before)
	}
	f.agreeOn("charter", instrument.PhaseInForce, "in force", a, c)
	sameActs(t, a, c)
	v, err := a.InstrumentText(t.Context(), "charter")
	must(t, err)
	for _, s := range v.Sent {
		if s.State != exchange.DeliveryDone || len(s.Refused) > 0 {
			t.Errorf("%+v", s)
		}
	}
}

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
		if len(items) != 2 || items[0].Result != "unchanged" || items[1].Result != "quarantined" || items[1].Code != x.code {
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
		if items[0].Code != x.code || items[1].Code == "" {
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

// TestT5ThreeNodesConverge: each signs what it happens to know; whatever the order
// in which they publish, all come to hold the same acts and the same status.
func TestT5ThreeNodesConverge(t *testing.T) {
	t.Parallel()
	for _, order := range [][]party.ID{{aurelia, borealis, cordova}, {cordova, borealis, aurelia}, {borealis, aurelia, cordova, aurelia}} {
		f := newFederation(t, aurelia, borealis, cordova)
		src := charter("", aurelia, borealis, cordova)
		for _, n := range f.nodes {
			f.does(n, exchange.ActRequest{File: "charter.yaml", Source: src, Act: instrument.ActSignature})
		}
		for _, id := range order {
			f.publishes(f.nodes[id], "charter")
		}
		f.does(f.nodes[borealis], exchange.ActRequest{Instrument: "charter", Act: instrument.ActReservation, Excludes: []string{"art4"}})
		for _, n := range f.nodes {
			f.does(n, exchange.ActRequest{Instrument: "charter", Act: instrument.ActRatification})
			n.activates(t, src)
		}
		f.does(f.nodes[cordova], exchange.ActRequest{Instrument: "charter", Act: instrument.ActSuspension})
		for _, id := range order {
			f.publishes(f.nodes[id], "charter")
		}
		a, b, c := f.nodes[aurelia], f.nodes[borealis], f.nodes[cordova]
		f.agreeOn("charter", instrument.PhaseInForce, "suspended", a, b, c)
		sameActs(t, a, b)
		sameActs(t, b, c)
	}
}

// TestTheDepositaryCirculatesAndSignsForNobody (Vienna Convention Arts. 76 to 78):
// the parties send their acts to the depositary alone, which hands them on and
// certifies what it received.
func TestTheDepositaryCirculatesAndSignsForNobody(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis, cordova)
	a, dep, c := f.nodes[aurelia], f.nodes[borealis], f.nodes[cordova]
	src := charter("depositary: "+string(borealis)+"\n", aurelia, cordova)
	for _, n := range []*testNode{a, c} {
		f.does(n, exchange.ActRequest{File: "charter.yaml", Source: src, Act: instrument.ActSignature})
		f.does(n, exchange.ActRequest{Instrument: "charter", Act: instrument.ActRatification})
		_, err := n.PublishInstrument(t.Context(), exchange.PublishRequest{Instrument: "charter", To: []party.ID{borealis}})
		must(t, err)
		f.deliver(n)
		n.activates(t, src)
	}
	f.agreeOn("charter", instrument.PhaseSigned, "", a, c)
	_, err := dep.SignAct(t.Context(), exchange.ActRequest{Instrument: "charter", Act: instrument.ActSignature, By: "Secretariat"})
	wantCode(t, err, "act.refused")
	v, err := dep.InstrumentText(t.Context(), "charter")
	must(t, err)
	for _, act := range v.Acts {
		f.does(dep, exchange.ActRequest{Instrument: "charter", Act: instrument.ActNotification, Notified: act.Digest})
	}
	f.publishes(dep, "charter")
	f.agreeOn("charter", instrument.PhaseInForce, "in force", a, c)
	v, err = a.InstrumentText(t.Context(), "charter")
	must(t, err)
	for _, p := range v.Parties {
		if p.Basis != "signed" || !p.Bound || len(p.Signed) != 2 {
			t.Errorf("%+v", p)
		}
	}
	if n := len(v.Acts); n != 8 {
		t.Errorf("%d acts", n)
	}
}

// TestP15StaleTrustEndsAtTheDoor: a node cut off from its partner has not heard
// that the partner suspended the charter. What it sends when it is back is not
// taken in, and it is told why.
func TestP15StaleTrustEndsAtTheDoor(t *testing.T) {
	t.Parallel()
	f, a, c := f2(t)
	a.imports(t, bundleOf(indicator("0001", tlpAmber)))
	request := exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{idOf("indicator", "0001")}, To: []party.ID{cordova}, Purpose: "training"}}
	f.does(c, exchange.ActRequest{Instrument: "charter", Act: instrument.ActSuspension, Note: "breach"}) // and the line is down
	rep, err := a.Send(t.Context(), request)
	must(t, err)
	f.deliver(a)
	rel, err := a.Release(t.Context(), rep.Releases[0].Release)
	must(t, err)
	if rel.State != exchange.Refused {
		t.Errorf("the release is %s", rel.State)
	}
	got, err := c.Objects(t.Context(), exchange.ObjectFilter{Limit: 10})
	must(t, err)
	if len(got) > 0 {
		t.Errorf("taken in: %+v", got)
	}
}
