package exchange_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"entente/exchange"
	"entente/party"
)

// TestF12ReplayStorm replays a recorded exchange, every body ten times and in
// random order, into a recipient that has not seen it and into one that has. The
// end is the same as when each arrived once.
func TestF12ReplayStorm(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			f := newFederation(t, aurelia, borealis, gridshare)
			a, b := f.nodes[aurelia], f.nodes[borealis]
			f.record()
			want := b.content(t)
			inbox := len(b.inbox(t))

			bodies := f.bodiesTo(borealis)
			storm := slices.Repeat(bodies, 10)
			random := rand.New(rand.NewPCG(seed, 1))
			random.Shuffle(len(storm), func(i, j int) { storm[i], storm[j] = storm[j], storm[i] })
			answers := map[string][]byte{}
			for _, body := range storm {
				answer, err := b.Receive(t.Context(), aurelia, body)
				must(t, err)
				if before, ok := answers[string(body)]; ok && !bytes.Equal(before, answer) {
					t.Fatal("one message got two receipts")
				}
				answers[string(body)] = answer
			}
			if got := b.content(t); got != want || len(b.inbox(t)) != inbox {
				t.Errorf("after the storm\n%s\nwant\n%s", got, want)
			}

			// The same storm into a node that has seen nothing. A recall that comes
			// before its release keeps it out.
			fresh := f.another(borealis, a)
			refused := 0
			for _, body := range storm {
				if _, err := fresh.Receive(t.Context(), aurelia, body); err != nil {
					wantCode(t, err, "envelope.recalled")
					refused++
				}
			}
			if got := fresh.content(t); got != want {
				t.Errorf("into a fresh node (%d refused)\n%s\nwant\n%s", refused, got, want)
			}
		})
	}
}

// record lets Aurelia release, update, recall and release again.
func (f *federation) record() {
	f.t.Helper()
	a := f.nodes[aurelia]
	release := func(n, at, name string) string {
		a.imports(f.t, bundleOf(variant(n, at, tlpAmber, name, "")))
		return f.send(aurelia, borealis, idOf("indicator", n))
	}
	release("0001", jan, "one")
	release("0001", feb, "one newer")
	gone := release("0002", jan, "recalled")
	release("0003", jan, "three")
	_, err := a.Recall(f.t.Context(), exchange.RecallRequest{Release: gone, Reason: "mistake"})
	must(f.t, err)
	f.deliver(a)
	release("0004", jan, "four")
}

func (f *federation) bodiesTo(id party.ID) [][]byte {
	var bodies [][]byte
	for key, body := range f.sent {
		if strings.HasPrefix(key, string(id)+"/") {
			bodies = append(bodies, body)
		}
	}
	slices.SortFunc(bodies, bytes.Compare)
	return bodies
}

// another starts a second, empty node of the same party that knows one partner.
func (f *federation) another(id party.ID, knows *testNode) *testNode {
	f.t.Helper()
	kept := f.nodes[id]
	f.start(kept.card(f.t, id))
	n := f.nodes[id]
	f.nodes[id] = kept
	card, err := knows.Card(f.t.Context())
	must(f.t, err)
	n.meet(f.t, card)
	return n
}

// content is what a node holds, live and otherwise, in an order of its own.
func (n *testNode) content(t testing.TB) string {
	t.Helper()
	objects, err := n.Objects(t.Context(), exchange.ObjectFilter{Limit: 1000})
	must(t, err)
	var lines []string
	for _, o := range objects {
		lines = append(lines, fmt.Sprintf("%s %s %s %s from %s", o.ID, o.Version, o.Hash, o.State, o.Provenance.From))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// TestP8TheSameMessageAtOnce: a sender that gave up waiting and asks again while
// the first is still being taken in gets the same receipt.
func TestP8TheSameMessageAtOnce(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a, b := f.nodes[aurelia], f.nodes[borealis]
	for round := range 5 {
		m, raws := releaseOf(aurelia, borealis, f.now, fmt.Sprint("m", round), indicator(fmt.Sprintf("000%d", round), tlpAmber))
		body := a.signed(t, m, raws)
		answers := make([][]byte, 8)
		errs := make([]error, len(answers))
		var wg sync.WaitGroup
		for i := range answers {
			wg.Go(func() { answers[i], errs[i] = b.Receive(t.Context(), aurelia, body) })
		}
		wg.Wait()
		for i := range answers {
			if errs[i] != nil {
				t.Fatalf("round %d: %v", round, errs[i])
			}
			if !bytes.Equal(answers[i], answers[0]) {
				t.Fatalf("round %d: one message got two receipts", round)
			}
		}
	}
	if got := b.state(t); got.objects != 5 || got.inbox != 5 {
		t.Errorf("holds %+v", got)
	}
}
