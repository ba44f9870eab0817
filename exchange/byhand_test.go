package exchange_test

import (
	"bytes"
	"testing"
	"time"

	"entente/exchange"
	"entente/exchange/envelope"
	"entente/party"
)

// unreached is Aurelia with a release for Borealis, which no connection reaches.
func unreached(t *testing.T) (f *federation, release string) {
	t.Helper()
	f = newFederation(t, aurelia, borealis, cordova)
	f.down[borealis] = true
	a := f.nodes[aurelia]
	a.imports(t, bundleOf(indicator("0001", tlpAmber)))
	rep, err := a.Send(t.Context(), exchange.SendRequest{
		PreviewRequest: exchange.PreviewRequest{Objects: []string{idOf("indicator", "0001")}, To: []party.ID{borealis}},
	})
	must(t, err)
	return f, rep.Releases[0].Release
}

// carries brings the message of Aurelia under an id to a party, and its receipt
// back.
func (f *federation) carries(to party.ID, ref string) (exchange.TakenByHand, exchange.Acknowledged) {
	f.t.Helper()
	file, err := f.nodes[aurelia].HandOut(f.t.Context(), ref)
	must(f.t, err)
	taken, err := f.nodes[to].TakeByHand(f.t.Context(), file.Message)
	must(f.t, err)
	ack, err := f.nodes[aurelia].TakeReceipt(f.t.Context(), taken.Receipt)
	must(f.t, err)
	return taken, ack
}

func (n *testNode) releaseState(t *testing.T, id string) exchange.ReleaseState {
	t.Helper()
	v, err := n.Release(t.Context(), id)
	must(t, err)
	return v.State
}

// TestByHandIsADelivery: what is carried is what would have been posted, it is
// taken in as if it had been, and the receipt that is carried back closes the
// delivery. Each step done again changes nothing (P8), and the evidence verifies.
func TestByHandIsADelivery(t *testing.T) {
	t.Parallel()
	f, release := unreached(t)
	a, b := f.nodes[aurelia], f.nodes[borealis]
	_, err := a.DeliverDue(t.Context())
	must(t, err)
	file, err := a.HandOut(t.Context(), release)
	must(t, err)
	posted := f.bodiesTo(borealis)
	if len(posted) != 1 || !bytes.Equal(posted[0], file.Message) {
		t.Error("the file is not what was posted")
	}
	taken, ack := f.carries(borealis, release)
	if taken.Kind != "release" || taken.ID != release || taken.From != aurelia || taken.Outcome != "accepted" || len(taken.Items) != 1 {
		t.Errorf("taken %+v", taken)
	}
	if ack.Ref != release || ack.From != borealis || ack.Outcome != "accepted" || ack.Items[0] != taken.Items[0] {
		t.Errorf("acknowledged %+v", ack)
	}
	if got := a.releaseState(t, release); got != exchange.Delivered {
		t.Errorf("the release is %s", got)
	}
	if got := b.held(t, idOf("indicator", "0001")); got != indicator("0001", tlpAmber) {
		t.Errorf("Borealis has %s", got)
	}
	before, after := a.state(t), b.state(t)
	again, err := b.TakeByHand(t.Context(), file.Message)
	must(t, err)
	if !bytes.Equal(again.Receipt, taken.Receipt) {
		t.Error("the same file got another receipt")
	}
	_, err = a.TakeReceipt(t.Context(), again.Receipt)
	must(t, err)
	if a.state(t) != before || b.state(t) != after {
		t.Error("a repetition left something behind")
	}
	_, err = a.HandOut(t.Context(), release)
	wantCode(t, err, "delivery.finished")
	open, err := a.Outbox(t.Context())
	must(t, err)
	if len(open) != 0 {
		t.Errorf("on its way: %+v", open)
	}
	evidence, err := a.Prove(t.Context(), release, 0)
	must(t, err)
	if !bytes.Contains(evidence, []byte(`"kind":"delivery"`)) {
		t.Error("the evidence does not show a delivery")
	}
}

// TestByHandAChangedByteLeavesNothing: a file that was changed anywhere is refused
// whole, without a word in the log against the sender, and the intact one is
// still taken. So is a receipt (P10).
func TestByHandAChangedByteLeavesNothing(t *testing.T) {
	t.Parallel()
	f, release := unreached(t)
	a, b := f.nodes[aurelia], f.nodes[borealis]
	file, err := a.HandOut(t.Context(), release)
	must(t, err)
	empty := b.state(t)
	for at := range file.Message {
		changed := bytes.Clone(file.Message)
		changed[at] ^= 1
		if _, err := b.TakeByHand(t.Context(), changed); err == nil {
			t.Fatalf("byte %d was changed and the file taken in", at)
		}
	}
	for _, cut := range []int{0, 1, len(file.Message) / 2, len(file.Message) - 1} {
		_, err := b.TakeByHand(t.Context(), file.Message[:cut])
		wantCode(t, err, "envelope.frame")
	}
	_, err = b.TakeByHand(t.Context(), append(bytes.Clone(file.Message), 0))
	wantCode(t, err, "envelope.frame")
	_, err = b.TakeByHand(t.Context(), zipped(t, file.Message, "release", "../release")) // Z1: no archive is opened
	wantCode(t, err, "envelope.frame")
	if got := b.state(t); got != empty {
		t.Errorf("what was refused left %+v, before %+v", got, empty)
	}
	taken, err := b.TakeByHand(t.Context(), file.Message)
	must(t, err)
	waiting := a.state(t)
	for at := range taken.Receipt {
		changed := bytes.Clone(taken.Receipt)
		changed[at] ^= 1
		if _, err := a.TakeReceipt(t.Context(), changed); err == nil {
			t.Fatalf("byte %d of the receipt was changed and it was taken in", at)
		}
	}
	if got := a.state(t); got != waiting {
		t.Errorf("what was refused left %+v, before %+v", got, waiting)
	}
	_, err = a.TakeReceipt(t.Context(), taken.Receipt)
	must(t, err)
}

// TestByHandGoesToItsRecipientOnly: nobody else takes it in, it comes from nobody
// unknown, and neither file passes for the other.
func TestByHandGoesToItsRecipientOnly(t *testing.T) {
	t.Parallel()
	f, release := unreached(t)
	a, b, c := f.nodes[aurelia], f.nodes[borealis], f.nodes[cordova]
	file, err := a.HandOut(t.Context(), release)
	must(t, err)
	_, err = c.TakeByHand(t.Context(), file.Message)
	wantCode(t, err, "envelope.recipient")
	stranger := f.another(borealis, c)
	_, err = stranger.TakeByHand(t.Context(), file.Message)
	wantCode(t, err, "party.unknown")
	_, err = a.TakeReceipt(t.Context(), file.Message)
	wantCode(t, err, "receipt.none")
	taken, err := b.TakeByHand(t.Context(), file.Message)
	must(t, err)
	_, err = a.TakeByHand(t.Context(), taken.Receipt)
	wantCode(t, err, "envelope.kind")
	_, err = c.TakeReceipt(t.Context(), taken.Receipt)
	wantCode(t, err, "delivery.unknown")
	_, err = a.HandOut(t.Context(), "no-such")
	wantCode(t, err, "delivery.unknown")
}

// TestByHandAnotherReceiptIsNamed: who acknowledges one message in two ways, as a
// node does that was set up again, is noticed.
func TestByHandAnotherReceiptIsNamed(t *testing.T) {
	t.Parallel()
	f, release := unreached(t)
	a, b := f.nodes[aurelia], f.nodes[borealis]
	file, err := a.HandOut(t.Context(), release)
	must(t, err)
	taken, err := b.TakeByHand(t.Context(), file.Message)
	must(t, err)
	_, err = a.TakeReceipt(t.Context(), taken.Receipt)
	must(t, err)
	body, err := envelope.DecodeBody(taken.Receipt)
	must(t, err)
	m, err := envelope.Kept(body.Envelope)
	must(t, err)
	m.ID = "another"
	keyID, key := b.ring.Signing()
	other, err := envelope.Seal(m, nil, keyID, key)
	must(t, err)
	other.Proof = body.Proof
	raw, err := envelope.EncodeBody(other)
	must(t, err)
	_, err = a.TakeReceipt(t.Context(), raw)
	wantCode(t, err, "receipt.other")
}

// TestByHandIsTakenBack: what was handed out may be with its recipient. When it is
// no longer lawful it is recalled and not just withheld, and the recall can be
// carried as well (F18).
func TestByHandIsTakenBack(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, cordova)
	f.down[cordova] = true
	f.now = time.Date(2028, 5, 28, 0, 0, 0, 0, time.UTC)
	a, c := f.nodes[aurelia], f.nodes[cordova]
	a.imports(t, bundleOf(indicator("0001", tlpAmber), indicator("0002", tlpAmber)))
	var releases []string
	for _, n := range []string{"0001", "0002"} {
		rep, err := a.Send(t.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{idOf("indicator", n)}}})
		must(t, err)
		releases = append(releases, rep.Releases[0].Release)
	}
	file, err := a.HandOut(t.Context(), releases[0])
	must(t, err)
	_, err = c.TakeByHand(t.Context(), file.Message)
	must(t, err)
	f.now = f.now.AddDate(0, 0, 7) // the memorandum lapsed on 2028-06-01
	_, err = a.DeliverDue(t.Context())
	must(t, err)
	_, err = a.HandOut(t.Context(), releases[0])
	wantCode(t, err, "release.gone")
	for i, want := range []exchange.ReleaseState{exchange.Recalled, exchange.Withheld} {
		if got := a.releaseState(t, releases[i]); got != want {
			t.Errorf("the release is %s, want %s", got, want)
		}
	}
	taken, ack := f.carries(cordova, "recall-"+releases[0])
	if taken.Outcome != "purged" || ack.Kind != "recall" || c.state(t).objects != 0 {
		t.Errorf("%+v, %+v, and Cordova holds %d", taken, ack, c.state(t).objects)
	}
	recalls, err := a.Recalls(t.Context(), releases[0])
	must(t, err)
	if len(recalls) != 1 || recalls[0].State != "purged" {
		t.Errorf("recalls %+v", recalls)
	}
}

// TestByHandIsDecidedAgain: nothing is given out that the law of this moment does
// not let go (F18).
func TestByHandIsDecidedAgain(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, cordova)
	a := f.nodes[aurelia]
	a.imports(t, bundleOf(indicator("0001", tlpAmber)))
	rep, err := a.Send(t.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{idOf("indicator", "0001")}}})
	must(t, err)
	f.now = f.now.AddDate(3, 0, 0)
	_, err = a.HandOut(t.Context(), rep.Releases[0].Release)
	wantCode(t, err, "release.withheld")
	if got := a.releaseState(t, rep.Releases[0].Release); got != exchange.Withheld {
		t.Errorf("the release is %s", got)
	}
}

// TestByHandARecallMayComeFirst: what it takes back is then never taken in.
func TestByHandARecallMayComeFirst(t *testing.T) {
	t.Parallel()
	f, release := unreached(t)
	a, b := f.nodes[aurelia], f.nodes[borealis]
	file, err := a.HandOut(t.Context(), release)
	must(t, err)
	_, err = a.Recall(t.Context(), exchange.RecallRequest{Release: release, Reason: "mistake"})
	must(t, err)
	if taken, _ := f.carries(borealis, "recall-"+release); taken.Outcome != "purged" {
		t.Errorf("%+v", taken)
	}
	_, err = b.TakeByHand(t.Context(), file.Message)
	wantCode(t, err, "envelope.recalled")
	if got := b.state(t); got.objects != 0 {
		t.Errorf("Borealis holds %d objects", got.objects)
	}
}

// TestByHandAndByWire: when both ways work, one of them counts.
func TestByHandAndByWire(t *testing.T) {
	t.Parallel()
	f, release := unreached(t)
	a := f.nodes[aurelia]
	f.down[borealis], f.lost = false, 1
	_, err := a.DeliverDue(t.Context()) // arrives, and its answer is lost
	must(t, err)
	f.carries(borealis, release)
	settled := a.state(t)
	f.now = f.now.Add(1e12)
	f.deliver(a)
	if got := a.releaseState(t, release); got != exchange.Delivered || a.state(t) != settled {
		t.Errorf("the release is %s, and the log grew: %+v, before %+v", got, a.state(t), settled)
	}
}

// TestByHandACase: what happens in a case reaches a participant that no connection
// does.
func TestByHandACase(t *testing.T) {
	t.Parallel()
	f := newCaseFederation(t, aurelia, borealis)
	a, b := f.nodes[aurelia], f.nodes[borealis]
	f.down[borealis] = true
	id := f.opens(a, "help", aurelia, map[string][]party.ID{"asking": {aurelia}, "asked": {borealis}})
	out, err := a.Outbox(t.Context())
	must(t, err)
	if len(out) != 1 || out[0].Kind != "case" {
		t.Fatalf("outbox %+v", out)
	}
	taken, ack := f.carries(borealis, out[0].Ref)
	if taken.Outcome != "accepted" || ack.Kind != "case" {
		t.Errorf("%+v, %+v", taken, ack)
	}
	_, err = b.Case(t.Context(), id)
	must(t, err)
	if out, err = a.Outbox(t.Context()); err != nil || len(out) != 0 {
		t.Errorf("outbox %+v, %v", out, err)
	}
}
