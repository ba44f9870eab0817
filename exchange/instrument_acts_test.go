package exchange_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"entente/decision"
	"entente/exchange"
	"entente/instrument"
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
	view := func(n *testNode) exchange.TextView {
		v, err := n.InstrumentText(t.Context(), "charter")
		must(t, err)
		for i := range v.Acts {
			v.Acts[i].From, v.Acts[i].Received, v.Acts[i].Leaf = "", time.Time{}, 0
		}
		v.From, v.By, v.Sent = "", "", nil
		return v
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

// TestPublishingWhatIsActive sends a text that came from a file and has no acts;
// the recipient that has it already changes nothing.
func TestPublishingWhatIsActive(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, cordova)
	a, c := f.nodes[aurelia], f.nodes[cordova]
	rep, err := a.PublishInstrument(t.Context(), exchange.PublishRequest{Instrument: "mou-aurelia-cordova", DryRun: true})
	must(t, err)
	if !slices.Equal(rep.To, []party.ID{cordova}) || rep.Acts != 0 {
		t.Errorf("%+v", rep)
	}
	if open, err := a.Outbox(t.Context()); err != nil || len(open) > 0 {
		t.Errorf("a dry run fills the outbox: %v, %v", open, err)
	}
	before := c.state(t)
	f.publishes(a, "mou-aurelia-cordova")
	if after := c.state(t); after.inbox != before.inbox+1 || after.quarantine != before.quarantine {
		t.Errorf("%+v, was %+v", after, before)
	}
	_, source, err := a.InstrumentSource(t.Context(), "mou-aurelia-cordova")
	must(t, err)
	active, err := a.Instrument(t.Context(), "mou-aurelia-cordova")
	must(t, err)
	if !bytes.Equal(source, active.Source) {
		t.Error("another source than the active one")
	}
	v, err := a.InstrumentText(t.Context(), "mou-aurelia-cordova")
	must(t, err)
	for _, p := range v.Parties {
		if p.Basis != "asserted" || !p.Bound {
			t.Errorf("%+v", p)
		}
	}
	// A text of which this node knows no other party goes to nobody.
	_, err = a.PublishInstrument(t.Context(), exchange.PublishRequest{Instrument: "tlp-2.0"})
	wantCode(t, err, "act.nobody")
}

// TestF10APartnerThatDoesNotAnswerGetsItLater, and one that refuses the message
// is shown as having refused it.
func TestF10APartnerThatDoesNotAnswerGetsItLater(t *testing.T) {
	t.Parallel()
	f, a, c := f2(t)
	f.down[cordova] = true
	f.does(a, exchange.ActRequest{Instrument: "charter", Act: instrument.ActSuspension})
	_, err := a.PublishInstrument(t.Context(), exchange.PublishRequest{Instrument: "charter"})
	must(t, err)
	for range 3 {
		_, err := a.DeliverDue(t.Context())
		must(t, err)
		f.now = f.now.Add(time.Hour)
	}
	f.agreeOn("charter", instrument.PhaseInForce, "in force", c)
	f.down[cordova] = false
	f.deliver(a)
	f.agreeOn("charter", instrument.PhaseSuspended, "suspended", a, c)

	f.down[cordova] = true
	_, err = a.PublishInstrument(t.Context(), exchange.PublishRequest{Instrument: "charter"})
	must(t, err)
	f.down[cordova] = false
	f.now = f.now.AddDate(0, 0, 40) // too old to be taken
	f.deliver(a)
	v, err := a.InstrumentText(t.Context(), "charter")
	must(t, err)
	if s := v.Sent[len(v.Sent)-1]; s.State != exchange.DeliveryRefused {
		t.Errorf("%+v", s)
	}
}
