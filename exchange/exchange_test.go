package exchange_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/examples"
	"entente/exchange"
	"entente/internal/fault"
	"entente/internal/keyring"
	"entente/party"
	"entente/store"
	"entente/transparency"
)

// federation is several nodes that reach each other without a network.
type federation struct {
	t     testing.TB
	now   time.Time
	nodes map[party.ID]*testNode

	mu   sync.Mutex
	lost int               // answers still to be lost on the way back
	sent map[string][]byte // bodies by recipient and order, as they travelled
	down map[party.ID]bool
}

// testNode is one party with its own database and keys.
type testNode struct {
	*exchange.Service
	id    party.ID
	ring  *keyring.Ring
	store *store.Store
	dir   string
}

// newFederation starts a node for every id, introduces them to each other and
// puts the law of Operation Lantern in force everywhere.
func newFederation(t testing.TB, ids ...party.ID) *federation {
	t.Helper()
	f := &federation{
		t: t, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), nodes: map[party.ID]*testNode{},
		sent: map[string][]byte{}, down: map[party.ID]bool{},
	}
	known, err := examples.LanternParties()
	must(t, err)
	cards := map[party.ID][]byte{}
	for _, p := range known {
		for _, id := range ids {
			if p.ID == id {
				cards[id] = f.start(p)
			}
		}
	}
	for _, n := range f.nodes {
		for id, card := range cards {
			if id != n.id {
				n.meet(t, card)
			}
		}
		n.agree(t)
	}
	return f
}

func (f *federation) start(p party.Party) []byte {
	f.t.Helper()
	ctx := f.t.Context()
	dir := f.t.TempDir()
	ring, err := keyring.Create(filepath.Join(dir, "keys"), p.ID, f.now)
	must(f.t, err)
	db, err := store.Open(ctx, "sqlite:"+filepath.Join(dir, "node.db"), store.Options{Log: transparency.NewLog(ring.LogSigner())})
	must(f.t, err)
	f.t.Cleanup(func() { must(f.t, db.Close()) })
	keyID, key := ring.Signing()
	n := &testNode{id: p.ID, ring: ring, store: db, dir: dir}
	p.Identity = "identity--00000000-0000-4000-8000-0000000000" + fmt.Sprintf("%02x", len(f.nodes))
	n.Service = exchange.New(exchange.Config{
		Self: p.ID, Exercise: p.Exercise, Publisher: p.Identity,
		Keys: exchange.SigningKey{ID: keyID, Private: key}, LogKey: ring.LogKey(), Secret: ring.Secret(),
		Store: db, Transport: wire{f, n}, Now: func() time.Time { return f.now }, Rand: rand.Reader,
	})
	p.Endpoint = "https://" + string(p.ID) + ".example"
	p.SigningKeys, p.LogKey, p.TrustBundle = ring.SigningKeys(), ring.LogKey(), ring.TrustBundle()
	must(f.t, n.KeepSelf(ctx, p))
	f.nodes[p.ID] = n
	card, err := n.Card(ctx)
	must(f.t, err)
	return card
}

func (n *testNode) meet(t testing.TB, card []byte) {
	t.Helper()
	p, err := party.ParseCard(card)
	must(t, err)
	_, err = n.AddParty(t.Context(), exchange.AddPartyRequest{Card: card, Fingerprint: p.Fingerprint().String(), Identity: p.Identity, Contested: true})
	must(t, err)
}

func (n *testNode) agree(t testing.TB) {
	t.Helper()
	laws, err := examples.LanternInstruments()
	must(t, err)
	for _, l := range laws {
		_, err := n.AddInstrument(t.Context(), exchange.AddInstrumentRequest{File: l.Name, Source: l.Data, By: "test"})
		must(t, err)
	}
}

func (n *testNode) imports(t testing.TB, bundle string) exchange.ImportReport {
	t.Helper()
	rep, err := n.Import(t.Context(), exchange.ImportRequest{Data: []byte(bundle), Source: "test.json"})
	must(t, err)
	return rep
}

// wire carries bodies between the nodes of a federation.
type wire struct {
	f    *federation
	from *testNode
}

func (w wire) Post(ctx context.Context, to party.Party, body []byte) ([]byte, error) {
	w.f.mu.Lock()
	key := fmt.Sprintf("%s/%d", to.ID, len(w.f.sent))
	w.f.sent[key] = body
	down := w.f.down[to.ID]
	w.f.mu.Unlock()
	n := w.f.nodes[to.ID]
	if n == nil || down {
		return nil, fault.New(fault.Unavailable, "peer.unreachable", "%s does not answer.", to.ID)
	}
	answer, err := n.Receive(ctx, w.from.id, body)
	w.f.mu.Lock()
	defer w.f.mu.Unlock()
	if w.f.lost > 0 {
		w.f.lost--
		return nil, fault.New(fault.Unavailable, "peer.unreachable", "The answer was lost.")
	}
	return answer, err
}

// deliver lets a node try what is due until nothing is, skipping the waits.
func (f *federation) deliver(n *testNode) {
	f.t.Helper()
	for range 50 {
		tried, err := n.DeliverDue(f.t.Context())
		must(f.t, err)
		if tried == 0 {
			open, err := n.Outbox(f.t.Context())
			must(f.t, err)
			if len(open) == 0 {
				return
			}
		}
		f.now = f.now.Add(time.Hour)
	}
	f.t.Fatal("deliveries did not settle")
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	if got := fault.CodeOf(err); err == nil || got != code {
		t.Errorf("error %v has code %q, want %q", err, got, code)
	}
}

// The TLP 2.0 marking definitions by name.
const (
	tlpClear = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"
	tlpAmber = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"
	tlpRed   = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
)

// sdo writes one STIX object with what matters for a test; more is JSON members.
func sdo(typ, n, modified, marking, more string) string {
	o := fmt.Sprintf(`{"type":%q,"spec_version":"2.1","id":"%s--00000000-0000-4000-8000-00000000%s","created":"2026-01-01T00:00:00.000Z","modified":%q`, typ, typ, n, modified)
	if marking != "" {
		o += fmt.Sprintf(`,"object_marking_refs":[%q]`, marking)
	}
	if more != "" {
		o += "," + more
	}
	return o + "}"
}

func indicator(n, marking string) string {
	return sdo("indicator", n, "2026-01-01T00:00:00.000Z", marking,
		`"name":"bad file","pattern":"[file:hashes.'SHA-256' = 'aec070645fe53ee3b3763059376134f058cc337247c978add178b6ccdfb0019f']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z"`)
}

func idOf(typ, n string) string { return typ + "--00000000-0000-4000-8000-00000000" + n }

func bundleOf(objects ...string) string {
	return `{"type":"bundle","id":"bundle--00000000-0000-4000-8000-000000000001","objects":[` + strings.Join(objects, ",") + `]}`
}
