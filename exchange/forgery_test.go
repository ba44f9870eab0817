package exchange_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"slices"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"entente/exchange"
	"entente/exchange/envelope"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/internal/keyring"
	"entente/party"
	"entente/transparency"
)

// release writes a release of objects as a sender that minds no rules would.
func releaseOf(from, to party.ID, at time.Time, id string, objects ...string) (envelope.Message, [][]byte) {
	m := envelope.Message{Entente: 1, Kind: envelope.KindRelease, ID: id, From: from, To: to, At: at, Purpose: "incident-response"}
	raws := make([][]byte, len(objects))
	for i, o := range objects {
		raws[i] = []byte(o)
		m.Objects = append(m.Objects, envelope.Item{ID: idIn(raws[i]), Hash: ident.Sum(raws[i]), TLP: "amber"})
	}
	return m, raws
}

func idIn(raw []byte) string {
	var o struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(raw, &o); err != nil || o.ID == "" {
		return "unreadable--" + ident.Sum(raw).Short()
	}
	return o.ID
}

// sealed signs m with a key and shows it in n's log, whoever the key belongs to.
func (n *testNode) sealed(t testing.TB, m envelope.Message, objects [][]byte, keyID string, key ed25519.PrivateKey) envelope.Body {
	t.Helper()
	b, err := envelope.Seal(m, objects, keyID, key)
	must(t, err)
	b.Proof = n.logs(t, b.Envelope)
	return b
}

// signed is sealed with the node's own key.
func (n *testNode) signed(t testing.TB, m envelope.Message, objects [][]byte) []byte {
	t.Helper()
	id, key := n.ring.Signing()
	return encoded(t, n.sealed(t, m, objects, id, key))
}

// logs commits to an envelope in n's log and returns the proof.
func (n *testNode) logs(t testing.TB, env []byte) []byte {
	t.Helper()
	ctx := t.Context()
	body, err := json.Marshal(struct {
		Envelope ident.Digest `json:"envelope"`
	}{ident.Sum(env)})
	must(t, err)
	var index int64
	must(t, n.store.Write(ctx, func(tx exchange.Tx) error {
		e, err := transparency.NewEntry(transparency.EventRelease, body, rand.Reader)
		if err != nil {
			return err
		}
		index, err = tx.Append(ctx, e)
		return err
	}))
	var proof []byte
	must(t, n.store.Read(ctx, func(r exchange.Reader) error {
		head, checkpoint, err := r.LogHead(ctx)
		if err != nil {
			return err
		}
		entry, err := r.LogEntry(ctx, index)
		if err != nil {
			return err
		}
		path, err := transparency.ProveInclusion(head, r.LogTiles(ctx), index)
		proof = transparency.Disclose(entry, path, checkpoint).Encode()
		return err
	}))
	return proof
}

func encoded(t testing.TB, b envelope.Body) []byte {
	t.Helper()
	raw, err := envelope.EncodeBody(b)
	must(t, err)
	return raw
}

// state is what a node remembers apart from its log.
type state struct {
	objects, inbox, quarantine int
	size                       int64
	last                       string // type of the last log entry
}

func (n *testNode) state(t testing.TB) state {
	t.Helper()
	ctx := t.Context()
	var s state
	objects, err := n.Objects(ctx, exchange.ObjectFilter{Limit: 1000})
	must(t, err)
	inbox, err := n.Inbox(ctx, 1000)
	must(t, err)
	aside, err := n.Quarantined(ctx, 0, 1000)
	must(t, err)
	s.objects, s.inbox, s.quarantine = len(objects), len(inbox), len(aside)
	must(t, n.store.Read(ctx, func(r exchange.Reader) error {
		head, _, err := r.LogHead(ctx)
		if err != nil {
			return err
		}
		s.size = head.Size
		e, err := r.LogEntry(ctx, head.Size-1)
		s.last = e.Type
		return err
	}))
	return s
}

// TestF13ForgedMessages brings a recipient every kind of message that is not
// what it claims to be. Each leaves an entry in the recipient's log, so that its
// carrier cannot deny it, and nothing else.
func TestF13ForgedMessages(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis, cordova)
	a, b, c := f.nodes[aurelia], f.nodes[borealis], f.nodes[cordova]
	stranger, err := keyring.Create(t.TempDir(), aurelia, f.now)
	must(t, err)
	strangerID, strangerKey := stranger.Signing()
	ownID, ownKey := a.ring.Signing()
	otherID, otherKey := c.ring.Signing()
	m, objects := releaseOf(aurelia, borealis, f.now, "forged", indicator("0001", tlpAmber))
	good := a.sealed(t, m, objects, ownID, ownKey)
	with := func(change func(*envelope.Message)) []byte {
		x := m
		change(&x)
		return a.signed(t, x, objects)
	}
	for _, forged := range []struct {
		name, code string
		body       []byte
	}{
		{"no body", "envelope.frame", []byte("hello")},
		{"empty", "envelope.frame", nil},
		{"unsigned", "envelope.unsigned", encoded(t, envelope.Body{
			Envelope: []byte(`{"payload":"e30=","payloadType":"` + envelope.PayloadType + `","signatures":[]}`), Proof: good.Proof,
		})},
		{"unknown key", "envelope.key", encoded(t, a.sealed(t, m, objects, strangerID, strangerKey))},
		{"wrong key under the right id", "envelope.signature", encoded(t, a.sealed(t, m, objects, ownID, strangerKey))},
		{"key of another party", "envelope.key", encoded(t, a.sealed(t, m, objects, otherID, otherKey))},
		{"another recipient", "envelope.recipient", with(func(x *envelope.Message) { x.To = cordova })},
		{"no proof", "", encoded(t, envelope.Body{Envelope: good.Envelope, Objects: objects})},
		{"proof of another message", "proof.other", encoded(t, envelope.Body{Envelope: good.Envelope, Objects: objects, Proof: a.logs(t, []byte("x"))})},
		{"proof from another log", "", encoded(t, envelope.Body{Envelope: good.Envelope, Objects: objects, Proof: c.logs(t, good.Envelope)})},
		{"bit flipped in the envelope", "", encoded(t, envelope.Body{Envelope: flipped(good.Envelope, len(good.Envelope)/3), Objects: objects, Proof: good.Proof})},
		{"dated a month and a day ago", "envelope.key", with(func(x *envelope.Message) { x.At = f.now.AddDate(0, 0, -31) })},
		{"dated tomorrow", "envelope.stale", with(func(x *envelope.Message) { x.At = f.now.AddDate(0, 0, 1) })},
		{"a receipt nobody asked for", "", receiptFrom(t, a, f.now)},
		{"an object nobody signed", "envelope.object-unsigned", encoded(t, envelope.Body{
			Envelope: good.Envelope, Proof: good.Proof, Objects: append(slices.Clone(objects), []byte(indicator("0002", tlpClear))),
		})},
	} {
		before := b.state(t)
		answer, err := b.Receive(t.Context(), aurelia, forged.body)
		if err == nil || answer != nil {
			t.Errorf("%s: accepted", forged.name)
			continue
		}
		if forged.code != "" {
			wantCode(t, err, forged.code)
		}
		after := b.state(t)
		if after.size != before.size+1 || after.last != transparency.EventQuarantine {
			t.Errorf("%s: the log grew by %d, its last entry is %s", forged.name, after.size-before.size, after.last)
		}
		after.size, after.last = before.size, before.last
		if after != before {
			t.Errorf("%s: left %+v, before %+v", forged.name, after, before)
		}
	}
	// Brought by another than its sender, and by nobody known.
	_, err = b.Receive(t.Context(), cordova, encoded(t, good))
	if fault.KindOf(err) != fault.Unverified {
		t.Errorf("brought by another: %v", err)
	}
	_, err = b.Receive(t.Context(), "nobody", encoded(t, good))
	wantCode(t, err, "party.unknown")
	// The genuine one is still welcome.
	_, err = b.Receive(t.Context(), aurelia, encoded(t, good))
	must(t, err)
}

func flipped(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 1
	return b
}

func receiptFrom(t *testing.T, n *testNode, at time.Time) []byte {
	t.Helper()
	return n.signed(t, envelope.Message{
		Kind: envelope.KindReceipt, ID: "answer", From: aurelia, To: borealis, At: at,
		Receipt: &envelope.Receipt{Message: "m", Envelope: ident.Sum([]byte("m")), Outcome: "accepted"},
	}, nil)
}

// TestF13TwoMessagesUnderOneID: whoever signs two has shown it to everybody.
func TestF13TwoMessagesUnderOneID(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a, b := f.nodes[aurelia], f.nodes[borealis]
	m, objects := releaseOf(aurelia, borealis, f.now, "twice", indicator("0001", tlpAmber))
	_, err := b.Receive(t.Context(), aurelia, a.signed(t, m, objects))
	must(t, err)
	before := b.state(t)
	m, objects = releaseOf(aurelia, borealis, f.now, "twice", indicator("0002", tlpAmber))
	_, err = b.Receive(t.Context(), aurelia, a.signed(t, m, objects))
	wantCode(t, err, "envelope.equivocation")
	if after := b.state(t); after.size != before.size+1 || after.objects != before.objects || after.inbox != before.inbox {
		t.Errorf("left %+v, before %+v", after, before)
	}
}

// TestF13KeysCountInTheirTime: after a rotation the old key still verifies what
// it signed in its time and was late; with an old date it does not.
func TestF13KeysCountInTheirTime(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a, b := f.nodes[aurelia], f.nodes[borealis]
	start := f.now
	oldID, oldKey := a.ring.Signing()
	must(t, a.ring.RotateSigning(start, time.Hour))
	card := a.newCard(t)
	b.meet(t, card)
	at := func(id string, signed, arrives time.Time) error {
		f.now = arrives
		m, objects := releaseOf(aurelia, borealis, signed, id, indicator("0001", tlpAmber))
		_, err := b.Receive(t.Context(), aurelia, encoded(t, a.sealed(t, m, objects, oldID, oldKey)))
		return err
	}
	day := 24 * time.Hour
	must(t, at("in-time", start.Add(30*time.Minute), start.Add(time.Hour)))
	must(t, at("signed-in-time-late-by-an-outage", start.Add(30*time.Minute), start.Add(20*day)))
	wantCode(t, at("signed-by-the-old-key-after-its-time", start.Add(2*time.Hour), start.Add(2*time.Hour)), "envelope.key")
	wantCode(t, at("old-key-old-date-when-it-should-long-be-forgotten", start.Add(30*time.Minute), start.Add(31*day)), "envelope.stale")
	// What was taken in before is answered for ever.
	must(t, at("in-time", start.Add(30*time.Minute), start.Add(90*day)))
	if n := len(b.inbox(t)); n != 2 {
		t.Errorf("%d messages taken in, want 2", n)
	}
}

func (n *testNode) inbox(t testing.TB) []exchange.Received {
	t.Helper()
	in, err := n.Inbox(t.Context(), 1000)
	must(t, err)
	return in
}

// newCard records and returns the node's card with the keys it has now.
func (n *testNode) newCard(t testing.TB) []byte {
	t.Helper()
	p, err := n.Party(t.Context(), n.id)
	must(t, err)
	p.SigningKeys = n.ring.SigningKeys()
	must(t, n.KeepSelf(t.Context(), p))
	card, err := n.Card(t.Context())
	must(t, err)
	return card
}

// TestF17APartnerThatLostItsKeys: its new card has none of the old keys. What it
// sent can still be recalled, and what was sent to it can still be looked at.
func TestF17APartnerThatLostItsKeys(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a, b := f.nodes[aurelia], f.nodes[borealis]
	a.imports(t, bundleOf(indicator("0001", tlpAmber)))
	release := f.send(aurelia, borealis, idOf("indicator", "0001"))
	for _, n := range []*testNode{a, b} {
		must(t, n.ring.RotateSigning(f.now, 0))
		f.now = f.now.Add(time.Minute)
		p := n.cardNow(t)
		p.SigningKeys = p.SigningKeys[1:]
		must(t, n.KeepSelf(t.Context(), p))
		card, err := n.Card(t.Context())
		must(t, err)
		f.nodes[map[party.ID]party.ID{aurelia: borealis, borealis: aurelia}[n.id]].meet(t, card)
		f.restart(n, wire{f, n})
	}
	a, b = f.nodes[aurelia], f.nodes[borealis]
	v, err := a.Release(t.Context(), release)
	must(t, err)
	if v.ItemList[0].Answer != "stored" {
		t.Errorf("answer %q", v.ItemList[0].Answer)
	}
	_, err = a.Recall(t.Context(), exchange.RecallRequest{Release: release, Reason: "keys lost"})
	must(t, err)
	f.deliver(a)
	if got := b.state(t); got.objects != 0 {
		t.Errorf("Borealis still holds %+v", got)
	}
}
