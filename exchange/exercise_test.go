package exchange_test

import (
	"bytes"
	"strings"
	"testing"

	"entente/exchange"
	"entente/internal/fault"
	"entente/party"
)

// apart are nodes that can reach each other, each of an exercise or in earnest.
func apart(t *testing.T, exercises map[party.ID]string) (f *federation, cards map[party.ID][]byte) {
	t.Helper()
	f, cards = newFederation(t), map[party.ID][]byte{}
	for id, exercise := range exercises {
		cards[id] = f.start(party.Party{ID: id, Name: string(id), Kind: "csirt", Jurisdiction: "AA", Exercise: exercise})
		f.nodes[id].agree(t)
	}
	return f, cards
}

// TestP30AnExerciseKnowsNobodyInEarnest: no card crosses, in neither direction
// and not between exercises, so there is nobody to send to.
func TestP30AnExerciseKnowsNobodyInEarnest(t *testing.T) {
	t.Parallel()
	f, cards := apart(t, map[party.ID]string{aurelia: "", borealis: "lantern-26", cordova: "lantern-27"})
	for id, n := range f.nodes {
		for other, card := range cards {
			if id == other {
				continue
			}
			p, err := party.ParseCard(card)
			must(t, err)
			_, err = n.AddParty(t.Context(), exchange.AddPartyRequest{Card: card, Fingerprint: p.Fingerprint().String(), Identity: p.Identity, Contested: true})
			wantCode(t, err, "party.exercise")
		}
		known, err := n.Parties(t.Context())
		must(t, err)
		if len(known) != 1 {
			t.Errorf("%s knows %d parties", id, len(known))
		}
	}
	if len(f.sent) != 0 {
		t.Errorf("%d messages went out", len(f.sent))
	}
}

// TestP30NothingOfAnExerciseIsTakenIn: even where the registers of two nodes were
// wrong, a release, its duties and its receipt stay on their side.
func TestP30NothingOfAnExerciseIsTakenIn(t *testing.T) {
	t.Parallel()
	for name, of := range map[string][2]string{ // the sender's exercise and the recipient's
		"played to earnest":       {"lantern-26", ""},
		"earnest to played":       {"", "lantern-26"},
		"one exercise to another": {"lantern-26", "lantern-27"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, cards := apart(t, map[party.ID]string{aurelia: of[0], borealis: of[1]})
			from, to := f.nodes[aurelia], f.nodes[borealis]
			from.believes(t, cards[to.id])
			to.believes(t, cards[from.id])
			from.imports(t, bundleOf(indicator("0001", tlpClear)))
			rep, err := from.Send(t.Context(), exchange.SendRequest{
				PreviewRequest: exchange.PreviewRequest{Objects: []string{idOf("indicator", "0001")}, To: []party.ID{to.id}},
			})
			must(t, err)
			before := to.content(t)
			_, err = from.DeliverDue(t.Context())
			must(t, err)
			sent, err := from.Release(t.Context(), rep.Releases[0].Release)
			must(t, err)
			if sent.State == exchange.Delivered || len(f.sent) != 1 {
				t.Errorf("the release is %s after %d messages", sent.State, len(f.sent))
			}
			duties, err := to.Duties(t.Context(), exchange.DutyFilter{Open: true})
			must(t, err)
			inbox, err := to.Inbox(t.Context(), 10)
			must(t, err)
			if to.content(t) != before || len(duties) != 0 || len(inbox) != 0 {
				t.Errorf("%s took it in: %d duties, %d messages", to.id, len(duties), len(inbox))
			}
			for _, body := range f.sent {
				_, err := to.Receive(t.Context(), from.id, body)
				wantCode(t, err, "envelope.exercise")
				if fault.KindOf(err) != fault.Unverified {
					t.Errorf("%v is not about trust", err)
				}
			}
		})
	}
}

// TestP30EveryMessageOfAnExerciseSaysSo: whoever sees it on the wire can tell.
func TestP30EveryMessageOfAnExerciseSaysSo(t *testing.T) {
	t.Parallel()
	known := []party.Party{
		{ID: aurelia, Name: "Aurelia", Kind: "csirt", Jurisdiction: "AA", Exercise: "lantern-26"},
		{ID: borealis, Name: "Borealis", Kind: "csirt", Jurisdiction: "BB", Exercise: "lantern-26"},
	}
	f := newFederation(t)
	cards := map[party.ID][]byte{}
	for _, p := range known {
		cards[p.ID] = f.start(p)
	}
	a, b := f.nodes[aurelia], f.nodes[borealis]
	a.meet(t, cards[borealis])
	b.meet(t, cards[aurelia])
	a.agree(t)
	b.agree(t)
	a.imports(t, bundleOf(indicator("0001", tlpClear)))
	release := f.send(aurelia, borealis, idOf("indicator", "0001"))
	_, err := a.Recall(t.Context(), exchange.RecallRequest{Release: release, Reason: "the exercise is over"})
	must(t, err)
	f.deliver(a)
	if len(f.sent) < 2 {
		t.Fatalf("%d messages went out", len(f.sent))
	}
	for _, body := range f.sent {
		_, err := b.Receive(t.Context(), aurelia, body)
		must(t, err)
		if !strings.Contains(legible(t, body), `"exercise":"lantern-26"`) {
			t.Errorf("a message does not name its exercise: %s", legible(t, body))
		}
	}
	told, _, err := a.Notices(t.Context(), borealis, exchange.NoticePlace{}, 10)
	must(t, err)
	for _, n := range told {
		if n.Exercise != "lantern-26" {
			t.Errorf("notice %+v", n)
		}
	}
	if !bytes.Contains(cards[aurelia], []byte(`"exercise":"lantern-26"`)) {
		t.Errorf("card %s", cards[aurelia])
	}
}

// believes puts a card into the register that the door would have refused.
func (n *testNode) believes(t *testing.T, card []byte) {
	t.Helper()
	p, err := party.ParseCard(card)
	must(t, err)
	must(t, n.store.Write(t.Context(), func(tx exchange.Tx) error { return tx.PutParty(t.Context(), p, p.SigningKeys[0].From) }))
}
