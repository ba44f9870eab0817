package exchange_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"os"
	"testing"
	"time"

	"entente/exchange"
	"entente/exchange/envelope"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
	"entente/transparency/verify"
)

// card is a party as n knows it.
func (n *testNode) card(t testing.TB, id party.ID) party.Party {
	t.Helper()
	p, err := n.Party(t.Context(), id)
	must(t, err)
	return p
}

// proves makes evidence and checks it as a stranger with two cards would.
func (n *testNode) proves(t testing.TB, ref string, trust verify.Trust) verify.Report {
	t.Helper()
	file, err := n.Prove(t.Context(), ref, 0)
	must(t, err)
	rep, err := verify.Check(file, trust)
	must(t, err)
	return rep
}

// TestP12EvidenceOutlivesKeysAndNodes: what was proven before a rotation of keys
// verifies after it by the newer card, with the sender's node gone.
func TestP12EvidenceOutlivesKeysAndNodes(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a, b := f.nodes[aurelia], f.nodes[borealis]
	a.imports(t, bundleOf(indicator("0001", tlpAmber)))
	release := f.send(aurelia, borealis, idOf("indicator", "0001"))
	file, err := a.Prove(t.Context(), release, 0)
	must(t, err)

	f.now = f.now.AddDate(0, 1, 0)
	must(t, a.ring.RotateSigning(f.now, time.Hour))
	must(t, b.ring.RotateSigning(f.now, time.Hour))
	newer := verify.Trust{Parties: []party.Party{a.cardNow(t), b.cardNow(t)}}
	must(t, os.RemoveAll(a.dir))

	rep, err := verify.Check(file, newer)
	must(t, err)
	if rep.Kind != verify.KindDelivery || rep.To != borealis || rep.Objects != 1 {
		t.Errorf("report %+v", rep)
	}
	// A card with only the newest key proves nothing about the past.
	forgetful := newer.Parties[0]
	forgetful.SigningKeys = forgetful.SigningKeys[1:]
	_, err = verify.Check(file, verify.Trust{Parties: []party.Party{forgetful, newer.Parties[1]}})
	wantCode(t, err, "evidence.message")
}

func (n *testNode) cardNow(t testing.TB) party.Party {
	t.Helper()
	p, err := party.ParseCard(n.newCard(t))
	must(t, err)
	return p
}

// TestF17RotationMidFlight: a release signed by the old key and still queued
// arrives after the rotation, and so does the next one by the new key.
func TestF17RotationMidFlight(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a, b := f.nodes[aurelia], f.nodes[borealis]
	a.imports(t, bundleOf(indicator("0001", tlpAmber), indicator("0002", tlpAmber)))
	f.down[borealis] = true
	_, err := a.Send(t.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{idOf("indicator", "0001")}}})
	must(t, err)
	_, err = a.DeliverDue(t.Context())
	must(t, err)
	f.now = f.now.Add(time.Minute)
	must(t, a.ring.RotateSigning(f.now, time.Hour))
	b.meet(t, a.newCard(t))
	f.now = f.now.Add(2 * time.Hour) // the old key has had its time
	f.restart(a, wire{f, a})
	f.down[borealis] = false
	f.deliver(f.nodes[aurelia])
	f.send(aurelia, borealis, idOf("indicator", "0002"))
	if got := b.state(t); got.objects != 2 || got.inbox != 2 {
		t.Errorf("recipient holds %+v", got)
	}
}

// TestF17TheRecipientLearnsTheKeyLate: what was signed by a new key waits until
// the recipient has added the card that shows it.
func TestF17TheRecipientLearnsTheKeyLate(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a, b := f.nodes[aurelia], f.nodes[borealis]
	a.imports(t, bundleOf(indicator("0001", tlpAmber)))
	must(t, a.ring.RotateSigning(f.now, time.Hour))
	f.now = f.now.Add(time.Minute)
	card := a.newCard(t)
	f.restart(a, wire{f, a})
	_, err := a.Send(t.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{idOf("indicator", "0001")}}})
	must(t, err)
	_, err = a.DeliverDue(t.Context())
	must(t, err)
	out, err := a.Outbox(t.Context())
	must(t, err)
	if len(out) != 1 || out[0].State != exchange.DeliveryRetrying || b.state(t).objects != 0 {
		t.Fatalf("outbox %+v", out)
	}
	b.meet(t, card)
	f.deliver(a)
	if b.state(t).objects != 1 {
		t.Error("it did not arrive after the card did")
	}
}

// restart gives a node a new service with its newest key, as a restart would.
func (f *federation) restart(n *testNode, transport exchange.Transport) {
	id, key := n.ring.Signing()
	n.Service = exchange.New(exchange.Config{
		Self: n.id, Publisher: "identity--00000000-0000-4000-8000-0000000000ff",
		Keys: exchange.SigningKey{ID: id, Private: key}, LogKey: n.ring.LogKey(), Secret: n.ring.Secret(),
		Store: n.store, Transport: transport, Now: func() time.Time { return f.now }, Rand: rand.Reader,
	})
}

// TestP29EvidenceOfWhatDidNotArrive: a release that was refused, and one nobody
// answered, are proven as released and not as delivered.
func TestP29EvidenceOfWhatDidNotArrive(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a := f.nodes[aurelia]
	trust := verify.Trust{Parties: []party.Party{a.card(t, aurelia), a.card(t, borealis)}}
	a.imports(t, bundleOf(indicator("0001", tlpAmber), indicator("0002", tlpAmber)))

	f.down[borealis] = true
	rep, err := a.Send(t.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{idOf("indicator", "0001")}}})
	must(t, err)
	unanswered := rep.Releases[0].Release
	if got := a.proves(t, unanswered, trust); got.Kind != verify.KindRelease || got.Objects != 1 {
		t.Errorf("unanswered: %+v", got)
	}
	f.down[borealis] = false
	f.deliver(a)

	refused := f.refuseNext(idOf("indicator", "0002"))
	v, err := a.Release(t.Context(), refused)
	must(t, err)
	if v.State != exchange.Refused || len(v.Receipt) == 0 {
		t.Fatalf("release %+v", v.Release)
	}
	if got := a.proves(t, refused, trust); got.Kind != verify.KindRelease {
		t.Errorf("refused: %+v", got)
	}
	if got := a.proves(t, unanswered, trust); got.Kind != verify.KindDelivery {
		t.Errorf("delivered: %+v", got)
	}
	_, err = a.Prove(t.Context(), "no-such-release", 0)
	if fault.KindOf(err) != fault.NotFound {
		t.Errorf("evidence of nothing: %v", err)
	}
}

// refuseNext releases an object to a recipient that signs a refusal.
func (f *federation) refuseNext(object string) string {
	f.t.Helper()
	a, b := f.nodes[aurelia], f.nodes[borealis]
	f.restart(a, answerer(func(body []byte) []byte {
		in, err := envelope.DecodeBody(body)
		must(f.t, err)
		m, err := envelope.Open(in.Envelope, keysFor(a.card(f.t, aurelia)))
		must(f.t, err)
		return b.signedWith(f.t, envelope.Message{
			Kind: envelope.KindReceipt, ID: "refusal", From: borealis, To: aurelia, At: f.now,
			Receipt: &envelope.Receipt{Message: m.ID, Envelope: ident.Sum(in.Envelope), Outcome: "refused", Code: "policy.no", Detail: "we do not take this"},
		}, b.logs(f.t, in.Envelope))
	}))
	defer f.restart(a, wire{f, a})
	return f.send(aurelia, borealis, object)
}

func keysFor(p party.Party) envelope.Keys {
	return func(_ party.ID, id string, at time.Time) (ed25519.PublicKey, bool) { return p.VerifyKey(id, at) }
}

// answerer is a transport to a recipient that is a function.
type answerer func(body []byte) []byte

func (a answerer) Post(_ context.Context, _ party.Party, body []byte) ([]byte, error) {
	return a(body), nil
}

func (n *testNode) signedWith(t testing.TB, m envelope.Message, proof []byte) []byte {
	t.Helper()
	id, key := n.ring.Signing()
	b, err := envelope.Seal(m, nil, id, key)
	must(t, err)
	b.Proof = proof
	return encoded(t, b)
}

// TestABadAnswerLeavesTheReleaseOpen: the recipient has the objects whatever it
// answers, so the release can still be recalled and is tried again.
func TestABadAnswerLeavesTheReleaseOpen(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a := f.nodes[aurelia]
	a.imports(t, bundleOf(indicator("0001", tlpAmber)))
	f.restart(a, answerer(func([]byte) []byte { return []byte("thanks") }))
	rep, err := a.Send(t.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{idOf("indicator", "0001")}}})
	must(t, err)
	_, err = a.DeliverDue(t.Context())
	must(t, err)
	out, err := a.Outbox(t.Context())
	must(t, err)
	if len(out) != 1 || out[0].State != exchange.DeliveryRetrying || out[0].LastError == "" {
		t.Errorf("outbox %+v", out)
	}
	if _, err = a.Recall(t.Context(), exchange.RecallRequest{Release: rep.Releases[0].Release, Reason: "mistake"}); err != nil {
		t.Errorf("recall: %v", err)
	}
}

// TestP11EvidenceSinceASeenCheckpoint: a reader who keeps checkpoints takes
// evidence from a log that has grown only when it shows that it grew.
func TestP11EvidenceSinceASeenCheckpoint(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a := f.nodes[aurelia]
	seen, err := a.Checkpoint(t.Context())
	must(t, err)
	size := a.state(t).size
	a.imports(t, bundleOf(indicator("0001", tlpAmber), indicator("0002", tlpAmber)))
	release := f.send(aurelia, borealis, idOf("indicator", "0001"))
	trust := verify.Trust{Parties: []party.Party{a.card(t, aurelia), a.card(t, borealis)}, Seen: [][]byte{seen}}

	file, err := a.Prove(t.Context(), release, 0)
	must(t, err)
	_, err = verify.Check(file, trust)
	wantCode(t, err, "evidence.consistency")
	for _, ref := range []string{release, idOf("indicator", "0002")} {
		file, err = a.Prove(t.Context(), ref, size)
		must(t, err)
		if _, err = verify.Check(file, trust); err != nil {
			t.Errorf("%s: %v", ref, err)
		}
	}
	for _, wrong := range []int64{a.state(t).size + 1, -1} {
		if _, err = a.Prove(t.Context(), release, wrong); err == nil {
			t.Errorf("evidence since %d", wrong)
		}
	}
}
