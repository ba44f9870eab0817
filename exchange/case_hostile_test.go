package exchange_test

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"entente/casework"
	"entente/exchange"
	"entente/exchange/envelope"
	"entente/internal/ident"
	"entente/party"
)

var threeRoles = map[string][]party.ID{"asking": {aurelia}, "asked": {borealis, cordova}}

// TestCaseGoesOnWithoutALostParticipant: who is away blocks nobody, and catches
// up with one message, whatever was lost meanwhile.
func TestCaseGoesOnWithoutALostParticipant(t *testing.T) {
	t.Parallel()
	f := newCaseFederation(t, aurelia, borealis, cordova)
	a, b, c := f.nodes[aurelia], f.nodes[borealis], f.nodes[cordova]
	f.down[cordova] = true
	id := f.opens(a, "help", "", threeRoles)
	f.steps(a, id, "send", map[string]string{"what": "logs of the gateway"})
	f.steps(b, id, "accept", nil)
	f.sees(id, "accepted", 3, a, b)
	f.down[cordova] = false
	f.lost = 2 // and the answers to what it is told are lost at first
	f.deliver(a)
	f.sees(id, "accepted", 3, a, b, c)
	f.steps(a, id, "finish", nil)
	f.sees(id, "done", 4, a, b, c)
}

// TestCaseHeldBackByItsHome: an event that the home does not order reaches the
// others by its author, who sees that it waits.
func TestCaseHeldBackByItsHome(t *testing.T) {
	t.Parallel()
	f := newCaseFederation(t, aurelia, borealis, cordova)
	a, b, c := f.nodes[aurelia], f.nodes[borealis], f.nodes[cordova]
	id := f.opens(a, "help", "", threeRoles)
	f.steps(a, id, "send", map[string]string{"what": "logs of the gateway"})
	f.down[aurelia] = true
	done := f.steps(c, id, "accept", nil)
	if done.State != exchange.CaseSubmitted {
		t.Errorf("the step is %s", done.State)
	}
	_, err := c.ActInCase(t.Context(), id, exchange.CaseActRequest{Act: casework.Note, Text: "Hello?"})
	wantCode(t, err, "case.pending")
	to, err := c.SendCase(t.Context(), id)
	must(t, err)
	if !slices.Equal(to, []party.ID{aurelia, borealis}) {
		t.Errorf("sent to %v", to)
	}
	f.settles()
	v, err := b.Case(t.Context(), id)
	must(t, err)
	if len(v.Unordered) != 1 || v.Unordered[0].Digest != done.Event || v.Unordered[0].State != string(exchange.CaseWitnessed) || v.State != "sent" {
		t.Errorf("the other participant sees %+v in %s", v.Unordered, v.State)
	}
	f.down[aurelia] = false
	f.deliver(c)
	f.settles()
	f.sees(id, "accepted", 3, a, b, c)
	if v, err = b.Case(t.Context(), id); err != nil || len(v.Unordered) != 0 {
		t.Errorf("it is ordered by now, and still shown as not: %+v %v", v.Unordered, err)
	}
}

// hostileHome writes messages about a case as its home could that minds no rules.
type hostileHome struct {
	*testing.T
	f   *federation
	n   *testNode
	rec casework.Record
}

func newHostileHome(t *testing.T, f *federation, n *testNode, id string) *hostileHome {
	raw, err := n.ExportCase(t.Context(), id)
	must(t, err)
	b, err := casework.OpenBundle(raw, f.keys)
	must(t, err)
	return &hostileHome{T: t, f: f, n: n, rec: b.Record}
}

// event signs an event of a party as the next of the record.
func (h *hostileHome) event(by *testNode, e casework.Event) []byte {
	h.Helper()
	doc, err := by.Instrument(h.Context(), "pact")
	must(h, err)
	c := casework.Replay(h.rec, casework.Law{Procedure: casework.InText(doc.Doc), Keys: h.f.keys}, casework.EachSignature)
	e.By, e.Case, e.At, e.ID, e.BasedOn, e.Previous = by.id, h.rec.Case, h.f.now, ident.New(), c.Head, c.Last(by.id)
	id, key := by.ring.Signing()
	raw, err := e.Sign(id, key)
	must(h, err)
	return raw
}

// orders adds events to the orders in any case, and signs the head.
func (h *hostileHome) orders(events ...[]byte) casework.Record {
	h.Helper()
	r := h.rec
	r.Orders, r.Events = slices.Clone(r.Orders), map[ident.Digest][]byte{}
	maps.Copy(r.Events, h.rec.Events)
	for _, raw := range events {
		o := casework.Order{Seq: len(r.Orders) + 1, Event: ident.Sum(raw), At: h.f.now}
		if o.Seq > 1 {
			o.Prev = r.Orders[o.Seq-2].Digest(r.Case)
		}
		r.Orders, r.Events[o.Event] = append(r.Orders, o), raw
	}
	last := r.Orders[len(r.Orders)-1]
	id, key := h.n.ring.Signing()
	var err error
	r.Head, err = casework.Head{At: h.f.now, By: h.n.id, Case: r.Case, Order: last.Digest(r.Case), Seq: last.Seq}.Sign(id, key)
	must(h, err)
	return r
}

// shows sends a record to a node and returns the code for the orders, if refused.
func (h *hostileHome) shows(to *testNode, r casework.Record, from int) string {
	h.Helper()
	m := envelope.Message{Entente: 1, Kind: envelope.KindCase, ID: ident.New(), From: h.n.id, To: to.id, At: h.f.now, Case: r.Case}
	objects := [][]byte{r.Head, casework.EncodeOrders(r.Case, r.Orders[from-1:])}
	m.Objects = []envelope.Item{{ID: "head", Hash: ident.Sum(objects[0])}, {ID: "orders", Hash: ident.Sum(objects[1])}}
	for _, o := range r.Orders[from-1:] {
		if raw, ok := r.Events[o.Event]; ok {
			objects = append(objects, raw)
			m.Objects = append(m.Objects, envelope.Item{ID: "event/" + o.Event.String(), Hash: o.Event})
		}
	}
	answer, err := to.Receive(h.Context(), h.n.id, h.n.signed(h, m, objects))
	must(h, err)
	body, err := envelope.DecodeBody(answer)
	must(h, err)
	receipt, err := envelope.Open(body.Envelope, h.f.keys)
	must(h, err)
	for _, it := range receipt.Receipt.Items {
		if it.Code != "" {
			return it.Code
		}
	}
	return ""
}

// TestHostileHomeOfACase: whatever a home shows that it may not, the node refuses
// or records as a finding, with the evidence kept, and the case stands where it
// stood at the last sound event. What is honest goes on being taken.
func TestHostileHomeOfACase(t *testing.T) {
	t.Parallel()
	step := func(id string) casework.Event { return casework.Event{Act: casework.Step, Step: id} }
	note := func(text string) casework.Event { return casework.Event{Act: casework.Note, Text: text} }
	for name, c := range map[string]struct {
		play    func(h *hostileHome, a, b, c *testNode) string
		code    string // in the receipt
		finding string // of the case afterwards
		seq     int
	}{
		"an event the procedure does not permit": {func(h *hostileHome, a, b, c *testNode) string {
			return h.shows(c, h.orders(h.event(a, step("finish"))), 3)
		}, "case.state", "case.state", 2},
		"an event in the name of another": {func(h *hostileHome, a, b, c *testNode) string {
			e := casework.Event{Act: casework.Step, Step: "accept"}
			raw := h.event(b, e)
			st, err := casework.OpenEvent(raw)
			must(h, err)
			id, key := a.ring.Signing()
			forged, err := st.Sign(id, key)
			must(h, err)
			return h.shows(c, h.orders(forged), 3)
		}, "case.key", "case.key", 2},
		"two orders in one place": {func(h *hostileHome, a, b, c *testNode) string {
			first, second := h.orders(h.event(a, note("one"))), h.orders(h.event(a, note("two")))
			if code := h.shows(c, first, 3); code != "" {
				h.Errorf("the first is refused: %s", code)
			}
			return h.shows(c, second, 3)
		}, "case.equivocation", "case.equivocation", 3},
		"a place is skipped": {func(h *hostileHome, a, b, c *testNode) string {
			r := h.orders(h.event(a, note("one")))
			h.rec = r
			return h.shows(c, h.orders(h.event(a, note("two"))), 4)
		}, "case.gap", "", 2},
		"an event is left out": {func(h *hostileHome, a, b, c *testNode) string {
			r := h.orders(h.event(a, note("one")))
			delete(r.Events, r.Orders[2].Event)
			return h.shows(c, r, 3)
		}, "case.missing", "", 2},
		"orders nobody signed": {func(h *hostileHome, a, b, c *testNode) string {
			r := h.orders(h.event(a, note("one")))
			r.Head = h.rec.Head
			return h.shows(c, r, 3)
		}, "case.head", "", 2},
		"orders from the future": {func(h *hostileHome, a, b, c *testNode) string {
			h.f.now = h.f.now.Add(time.Hour)
			r := h.orders(h.event(a, note("one")))
			h.f.now = h.f.now.Add(-time.Hour)
			return h.shows(c, r, 3)
		}, "case.future", "", 2},
		"nothing wrong": {func(h *hostileHome, a, b, c *testNode) string {
			return h.shows(c, h.orders(h.event(a, note("one"))), 2)
		}, "", "", 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newCaseFederation(t, aurelia, borealis, cordova)
			nodes := []*testNode{f.nodes[aurelia], f.nodes[borealis], f.nodes[cordova]}
			id := f.opens(nodes[0], "help", "", threeRoles)
			f.steps(nodes[0], id, "send", map[string]string{"what": "logs of the gateway"})
			h := newHostileHome(t, f, nodes[0], id)
			if got := c.play(h, nodes[0], nodes[1], nodes[2]); got != c.code {
				t.Errorf("the receipt says %q, want %q", got, c.code)
			}
			v, err := nodes[2].Case(t.Context(), id)
			must(t, err)
			got := ""
			if len(v.Findings) > 0 {
				got = v.Findings[0].Code
			}
			if got != c.finding || v.Seq != c.seq {
				t.Errorf("finding %q at %d, want %q at %d: %+v", got, v.Seq, c.finding, c.seq, v.Findings)
			}
			if c.finding != "" {
				if _, err := nodes[2].ExportCase(t.Context(), id); err != nil {
					t.Errorf("the evidence cannot be exported: %v", err)
				}
			}
			rep, err := nodes[2].VerifyLog(t.Context())
			must(t, err)
			if rep.FirstBad >= 0 {
				t.Error(rep.Problem)
			}
		})
	}
}

// TestCaseShownDifferentlyIsFoundByTheParticipants: two histories for two
// participants, each sound in itself, are found as soon as one sends its head.
func TestCaseShownDifferentlyIsFoundByTheParticipants(t *testing.T) {
	t.Parallel()
	f := newCaseFederation(t, aurelia, borealis, cordova)
	a, b, c := f.nodes[aurelia], f.nodes[borealis], f.nodes[cordova]
	id := f.opens(a, "help", "", threeRoles)
	h := newHostileHome(t, f, a, id)
	toB := h.orders(h.event(a, casework.Event{Act: casework.Note, Text: "for Borealis"}))
	toC := h.orders(h.event(a, casework.Event{Act: casework.Note, Text: "for Cordova"}))
	if one, two := h.shows(b, toB, 2), h.shows(c, toC, 2); one != "" || two != "" {
		t.Fatalf("refused: %q %q", one, two)
	}
	_, err := b.SendCase(t.Context(), id)
	must(t, err)
	f.settles()
	v, err := c.Case(t.Context(), id)
	must(t, err)
	if len(v.Findings) != 1 || v.Findings[0].Code != "case.equivocation" || v.Findings[0].About != aurelia || len(v.Findings[0].Evidence) != 4 {
		t.Errorf("findings: %+v", v.Findings)
	}
}

// TestCaseComesBackFromTheOthers: a home that was restored from an older copy, and
// a participant that the home tells nothing, have the case from another one; and
// until it has, the home does not sign a second history.
func TestCaseComesBackFromTheOthers(t *testing.T) {
	t.Parallel()
	f := newCaseFederation(t, aurelia, borealis, cordova)
	a, b, c := f.nodes[aurelia], f.nodes[borealis], f.nodes[cordova]
	id := f.opens(a, "help", "", threeRoles)
	h := newHostileHome(t, f, a, id)
	lost := h.orders(h.event(a, casework.Event{Act: casework.Note, Text: "Ordered before the restore."}))
	if code := h.shows(c, lost, 2); code != "" {
		t.Fatal(code)
	}
	h.n = c // only the head comes first
	m := envelope.Message{Entente: 1, Kind: envelope.KindCase, ID: ident.New(), From: cordova, To: aurelia, At: f.now, Case: id}
	m.Objects = []envelope.Item{{ID: "head", Hash: ident.Sum(lost.Head)}}
	_, err := a.Receive(t.Context(), cordova, c.signed(t, m, [][]byte{lost.Head}))
	must(t, err)
	_, err = a.ActInCase(t.Context(), id, exchange.CaseActRequest{Act: casework.Note, Text: "Another history."})
	wantCode(t, err, "case.behind")
	_, err = c.SendCase(t.Context(), id)
	must(t, err)
	f.settles()
	f.sees(id, "draft", 2, a, b, c)
	f.steps(a, id, "send", map[string]string{"what": "logs of the gateway"})
	f.sees(id, "sent", 3, a, b, c)
}

// TestCaseOfStrangers: who takes no part brings nothing to a case, and nobody
// makes a node take a case that does not concern it.
func TestCaseOfStrangers(t *testing.T) {
	t.Parallel()
	f := newCaseFederation(t, aurelia, borealis, cordova)
	a, b, c := f.nodes[aurelia], f.nodes[borealis], f.nodes[cordova]
	id := f.opens(a, "help", "", helpRoles)
	h := newHostileHome(t, f, a, id)
	if code := h.shows(b, h.rec, 1); code != "case.not-concerned" {
		t.Errorf("a case of others is answered with %q", code)
	}
	_, err := b.Case(t.Context(), id)
	wantCode(t, err, "case.unknown")
	h.n = b // passes on what it was shown
	if code := h.shows(c, h.rec, 1); code != "case.participant" {
		t.Errorf("a stranger is answered with %q", code)
	}
	if code := (&hostileHome{T: t, f: f, n: b}).shows(c, casework.Record{Case: "none", Orders: h.rec.Orders, Head: h.rec.Head}, 1); code != "case.unknown" {
		t.Errorf("a case that nobody opened is answered with %q", code)
	}
}

// TestSilenceIsProvedByReceipts_SS4: a proposal is adopted when nobody objected,
// everybody was told, and the time has passed for each of them.
func TestSilenceIsProvedByReceipts_SS4(t *testing.T) {
	t.Parallel()
	f := newCaseFederation(t, aurelia, borealis, cordova)
	a, b, c := f.nodes[aurelia], f.nodes[borealis], f.nodes[cordova]
	id := f.opens(a, "silent", "", map[string][]party.ID{"chair": {aurelia}, "member": {borealis, cordova}})
	f.down[cordova] = true
	f.steps(a, id, "table", nil)
	adopt := exchange.CaseActRequest{Act: casework.Step, Step: "adopt"}
	f.now = f.now.Add(73 * time.Hour)
	_, err := a.ActInCase(t.Context(), id, adopt)
	wantCode(t, err, "case.notice")
	f.down[cordova] = false
	f.settles()
	_, err = a.ActInCase(t.Context(), id, adopt)
	wantCode(t, err, "case.notice") // it was told, and has its time like everybody
	f.now = f.now.Add(73 * time.Hour)
	_, err = c.ActInCase(t.Context(), id, exchange.CaseActRequest{Act: casework.Step, Step: "object"})
	wantCode(t, err, "case.too-late")
	done, err := a.ActInCase(t.Context(), id, adopt)
	must(t, err)
	f.settles()
	f.sees(id, "adopted", 3, a, b, c)
	raw, err := b.ExportCase(t.Context(), id)
	must(t, err)
	bundle, err := casework.OpenBundle(raw, f.keys)
	must(t, err)
	if !bytes.Contains(bundle.Events[done.Event], []byte("payload")) {
		t.Error("the closing event is not in the file")
	}
}

// TestCaseIsDecidedForEachParticipant: what one of them may not have is not
// signed at all, since all of them see it.
func TestCaseIsDecidedForEachParticipant(t *testing.T) {
	t.Parallel()
	f := newCaseFederation(t, aurelia, borealis, cordova)
	a := f.nodes[aurelia]
	_, err := a.OpenCase(t.Context(), exchange.OpenCaseRequest{Instrument: "pact", Procedure: "help", Title: "Case for tests", TLP: "red", Roles: threeRoles})
	wantCode(t, err, "case.denied")
	_, err = a.OpenCase(t.Context(), exchange.OpenCaseRequest{Instrument: "pact", Procedure: "help", Title: "Case for tests", Roles: map[string][]party.ID{"asking": {aurelia}, "asked": {"nobody"}}})
	wantCode(t, err, "party.unknown")
	id := f.opens(a, "help", "", threeRoles)
	_, err = a.ActInCase(t.Context(), id, exchange.CaseActRequest{Act: casework.Evidence, Objects: []string{idOf("indicator", "0001")}})
	wantCode(t, err, "object.unknown")
	a.imports(t, bundleOf(indicator("0001", tlpRed)))
	done, err := a.ActInCase(t.Context(), id, exchange.CaseActRequest{Act: casework.Evidence, Objects: []string{idOf("indicator", "0001")}})
	must(t, err)
	if last := done.Case.Events[len(done.Case.Events)-1]; len(last.Objects) != 1 || last.Objects[0].Hash.IsZero() {
		t.Errorf("the evidence names %+v", last.Objects)
	}
}

// TestCaseIsDecidedAgainAtTheDoor: what became unlawful while it waited does not
// leave, and the case says so.
func TestCaseIsDecidedAgainAtTheDoor(t *testing.T) {
	t.Parallel()
	f := newCaseFederation(t, aurelia, borealis, cordova)
	a, b, c := f.nodes[aurelia], f.nodes[borealis], f.nodes[cordova]
	f.down[cordova] = true
	id := f.opens(a, "help", "", threeRoles)
	_, err := a.AddInstrument(t.Context(), exchange.AddInstrumentRequest{File: "embargo.yaml", By: "test", Source: []byte(`entente: 1
kind: Instrument
id: embargo
title: Nothing goes to Cordova
version: 1.0.0
nature: statute
binding: true
rank: 90
regime: sanctions
default: silent
universal: true
in_force: {from: 2026-01-01}
clauses:
  - {id: s1, cite: Sec. 1, text: Nothing goes to Cordova., modality: prohibition, act: share, when: {recipient: [ncsc-cordova]}}
`)})
	must(t, err)
	f.down[cordova] = false
	f.deliver(a)
	f.sees(id, "draft", 1, a, b)
	_, err = c.Case(t.Context(), id)
	wantCode(t, err, "case.unknown")
	v, err := a.Case(t.Context(), id)
	must(t, err)
	for _, d := range v.Deliveries {
		if want := map[party.ID]string{borealis: exchange.DeliveryDone, cordova: exchange.DeliveryWithheld}[d.To]; d.State != want {
			t.Errorf("to %s: %s, want %s", d.To, d.State, want)
		}
	}
	_, err = a.ActInCase(t.Context(), id, exchange.CaseActRequest{Act: casework.Step, Step: "send", Fields: map[string]string{"what": "logs"}})
	wantCode(t, err, "case.denied")
}

// TestCaseConvergesWhateverTheNetworkDoes: nodes go away, answers are lost, old
// messages come again, and everybody acts as it likes. In the end all have the
// same orders and no finding.
func TestCaseConvergesWhateverTheNetworkDoes(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 1))
			f := newCaseFederation(t, aurelia, borealis, cordova)
			ids := []party.ID{aurelia, borealis, cordova}
			id := f.opens(f.nodes[aurelia], "help", ids[random.IntN(3)], threeRoles)
			steps := []string{"send", "accept", "finish", "refuse"}
			for range 40 {
				n := f.nodes[ids[random.IntN(3)]]
				f.now = f.now.Add(time.Duration(1+random.IntN(300)) * time.Second)
				switch random.IntN(8) {
				case 0, 1: // mostly refused: the wrong role, the wrong state, or something on its way
					_, _ = n.ActInCase(t.Context(), id, exchange.CaseActRequest{Act: casework.Step, Step: steps[random.IntN(4)], Fields: map[string]string{"what": "logs"}})
				case 2, 3:
					_, _ = n.ActInCase(t.Context(), id, exchange.CaseActRequest{Act: casework.Note, Text: "We looked into it."})
				case 4:
					f.down[n.id] = !f.down[n.id]
				case 5:
					f.lost = random.IntN(3)
				case 6:
					f.repeats(random)
				default:
					_, _ = n.SendCase(t.Context(), id)
				}
				if random.IntN(3) > 0 {
					f.settles()
				}
			}
			f.lost = 0
			clear(f.down)
			for range 3 { // what is submitted goes to the home, comes back, and is acknowledged
				for _, n := range f.nodes {
					f.deliver(n)
				}
			}
			want, err := f.nodes[aurelia].Case(t.Context(), id)
			must(t, err)
			t.Logf("%d events, %s", want.Seq, want.State)
			f.sees(id, want.State, want.Seq, f.nodes[aurelia], f.nodes[borealis], f.nodes[cordova])
		})
	}
}

// repeats brings a message again that travelled before.
func (f *federation) repeats(random *rand.Rand) {
	f.t.Helper()
	f.mu.Lock()
	keys := slices.Sorted(maps.Keys(f.sent))
	key := keys[random.IntN(len(keys))]
	body := f.sent[key]
	f.mu.Unlock()
	to, _, _ := strings.Cut(key, "/")
	b, err := envelope.DecodeBody(body)
	must(f.t, err)
	m, err := envelope.Kept(b.Envelope)
	must(f.t, err)
	_, err = f.nodes[party.ID(to)].Receive(f.t.Context(), m.From, body)
	must(f.t, err)
}
