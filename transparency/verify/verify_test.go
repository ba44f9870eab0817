package verify_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"entente/exchange/envelope"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/internal/strictjson"
	"entente/party"
	"entente/transparency"
	"entente/transparency/verify"
)

var at = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// seeded is a deterministic source of bytes, so that golden files stay the same.
type seeded struct{ state [32]byte }

func (s *seeded) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		s.state = sha256.Sum256(s.state[:])
		n += copy(p[n:], s.state[:])
	}
	return n, nil
}

// node is one party with its log, as small as it can be.
type node struct {
	card    party.Party
	key     ed25519.PrivateKey
	log     *transparency.Log
	rand    *seeded
	tiles   transparency.MemTiles
	edge    transparency.Edge
	signed  []byte
	entries []transparency.Logged
}

func newNode(t testing.TB, id party.ID) *node {
	t.Helper()
	n := &node{rand: &seeded{sha256.Sum256([]byte(id))}, tiles: transparency.MemTiles{}}
	skey, vkey, err := note.GenerateKey(n.rand, string(id)+"/log")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	seed := sha256.Sum256([]byte("signing key of " + id))
	n.key = ed25519.NewKeyFromSeed(seed[:])
	public, _ := n.key.Public().(ed25519.PublicKey)
	n.log = transparency.NewLog(signer)
	n.card = party.Party{ID: id, LogKey: vkey, SigningKeys: []party.Key{{ID: "k1", PublicKey: public, From: at.Add(-time.Hour)}}}
	return n
}

func (n *node) append(t testing.TB, typ string, event any) transparency.Logged {
	t.Helper()
	raw, err := json.Marshal(event, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	body, err := strictjson.Canonical(raw)
	if err != nil {
		t.Fatal(err)
	}
	e, err := transparency.NewEntry(typ, body, n.rand)
	if err != nil {
		t.Fatal(err)
	}
	l := transparency.Logged{Index: n.edge.Head().Size, Entry: e}
	u, err := n.log.Integrate(n.edge.Head(), n.edge, []tlog.Hash{e.Leaf()})
	if err != nil {
		t.Fatal(err)
	}
	n.tiles.Put(u.Tiles)
	n.edge, n.signed = u.Edge, u.Checkpoint
	n.entries = append(n.entries, l)
	return l
}

func (n *node) state() verify.Log {
	return verify.Log{Party: n.card.ID, Head: n.edge.Head(), Checkpoint: n.signed, Tiles: n.tiles}
}

func (n *node) prove(t testing.TB, l transparency.Logged) string {
	t.Helper()
	path, err := transparency.ProveInclusion(n.edge.Head(), n.tiles, l.Index)
	if err != nil {
		t.Fatal(err)
	}
	return string(transparency.Disclose(l, path, n.signed).Encode())
}

func (n *node) seal(t testing.TB, m envelope.Message, objects [][]byte) []byte {
	t.Helper()
	m.From, m.At = n.card.ID, at
	b, err := envelope.Seal(m, objects, "k1", n.key)
	if err != nil {
		t.Fatal(err)
	}
	return b.Envelope
}

type fields = map[string]any

// world is one release from Aurelia to Borealis, with all that follows.
type world struct {
	aurelia, borealis *node
	objects           [][]byte
	documents         []string
	sent              []byte
	story             []transparency.Logged // decisions, then the release
	answer            []byte
	answerProof       string
	receipt           transparency.Logged
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{aurelia: newNode(t, "csirt-aurelia"), borealis: newNode(t, "isac-borealis")}
	for i := range 5 {
		w.aurelia.append(t, transparency.EventObject, fields{"object": strconv.Itoa(i)})
		w.borealis.append(t, transparency.EventLaw, fields{"epoch": i})
	}
	m := envelope.Message{Kind: envelope.KindRelease, ID: "release-1", To: "isac-borealis", Purpose: "incident-response"}
	var items []fields
	for i := range 2 {
		raw := fmt.Appendf(nil, `{"id":"indicator--%d"}`, i)
		original := ident.Sum(fmt.Appendf(nil, "original %d", i))
		document := fmt.Sprintf(`{"outcome":"transform","n":%d}`, i)
		decision := ident.Sum([]byte(document))
		w.objects, w.documents = append(w.objects, raw), append(w.documents, document)
		m.Objects = append(m.Objects, envelope.Item{ID: fmt.Sprintf("indicator--%d", i), Hash: ident.Sum(raw), TLP: "amber"})
		items = append(items, fields{"object_id": "x", "original": original, "sent_id": fmt.Sprintf("indicator--%d", i), "sent_hash": ident.Sum(raw), "decision": decision})
		w.story = append(w.story, w.aurelia.append(t, transparency.EventDecision, fields{"decision": decision, "object": original, "to": "isac-borealis", "outcome": "transform", "release": "release-1"}))
	}
	w.sent = w.aurelia.seal(t, m, w.objects)
	w.story = append(w.story, w.aurelia.append(t, transparency.EventRelease, fields{"release": "release-1", "to": "isac-borealis", "envelope": ident.Sum(w.sent), "items": items}))
	took := w.borealis.append(t, transparency.EventReceive, fields{"message": "release-1", "kind": "release", "from": "csirt-aurelia", "envelope": ident.Sum(w.sent)})
	w.answerProof = w.borealis.prove(t, took)
	w.answer = w.borealis.seal(t, envelope.Message{Kind: envelope.KindReceipt, ID: "receipt-1", To: "csirt-aurelia", Receipt: &envelope.Receipt{Message: "release-1", Envelope: ident.Sum(w.sent), Outcome: "accepted"}}, nil)
	w.receipt = w.aurelia.append(t, transparency.EventReceipt, fields{"message": "release-1", "from": "isac-borealis", "outcome": "accepted", "receipt": ident.Sum(w.answer), "proof": ident.Sum([]byte(w.answerProof))})
	for i := range 3 {
		w.aurelia.append(t, transparency.EventDuty, fields{"duty": strconv.Itoa(i)})
	}
	return w
}

func (w *world) delivery(t testing.TB) verify.Evidence {
	t.Helper()
	ev, err := verify.Build(verify.KindDelivery, "release-1", w.aurelia.state(), append(w.story[:3:3], w.receipt), nil)
	if err != nil {
		t.Fatal(err)
	}
	ev.Decisions, ev.Message = slices.Clone(w.documents), string(w.sent)
	for _, raw := range w.objects {
		ev.Objects = append(ev.Objects, verify.Object{Hash: ident.Sum(raw), Raw: raw})
	}
	ev.Receipt = &verify.Receipt{Message: string(w.answer), Proof: w.answerProof}
	return ev
}

func (w *world) trust() verify.Trust {
	return verify.Trust{Parties: []party.Party{w.aurelia.card, w.borealis.card}}
}

func encode(t testing.TB, ev verify.Evidence) []byte {
	t.Helper()
	data, err := ev.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestDeliveryIsProven(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rep, err := verify.Check(encode(t, w.delivery(t)), w.trust())
	if err != nil {
		t.Fatal(err)
	}
	if rep.From != "csirt-aurelia" || rep.To != "isac-borealis" || rep.Objects != 2 || rep.Decisions != 2 || rep.Entries != 4 || rep.Size != 12 || rep.Origin != "csirt-aurelia/log" {
		t.Errorf("%+v", rep)
	}
	want := []string{"signed at 12 entries", "4 entries", "signed release release-1", "commits to exactly this message", "2 objects left under", "logged and unchanged: 2 transform", "2 of 2 objects", "log of isac-borealis holds", "isac-borealis signed that it accepted"}
	if len(rep.Lines) != len(want) {
		t.Fatalf("%q", rep.Lines)
	}
	for i, s := range want {
		if !strings.Contains(rep.Lines[i], s) {
			t.Errorf("line %d is %q", i, rep.Lines[i])
		}
	}
}

// P29, P10: a file with any byte changed is refused, whatever the change.
func TestP29EveryChangedByteIsNoticed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	since, err := transparency.RootAt(w.aurelia.edge.Head(), w.aurelia.tiles, 7)
	if err != nil {
		t.Fatal(err)
	}
	base := w.delivery(t)
	tied, err := verify.Build(verify.KindDelivery, "release-1", w.aurelia.state(), nil, &since)
	if err != nil {
		t.Fatal(err)
	}
	base.Since = tied.Since
	data := encode(t, base)
	trust := w.trust()
	if _, err := verify.Check(data, trust); err != nil {
		t.Fatal(err)
	}
	flips := []byte{0x01, 0x02, 0x20, 0x80}
	if testing.Short() {
		flips = flips[:1]
	}
	for i := range data {
		for _, bit := range flips {
			changed := bytes.Clone(data)
			changed[i] ^= bit
			if _, err := verify.Check(changed, trust); fault.KindOf(err) != fault.Unverified || !strings.HasPrefix(fault.CodeOf(err), "evidence.") {
				t.Fatalf("byte %d (%q to %q) near %q: %v", i, data[i], changed[i], data[max(0, i-20):min(len(data), i+20)], err)
			}
		}
		if i%97 == 0 {
			if _, err := verify.Check(data[:i], trust); fault.KindOf(err) != fault.Unverified || err == nil {
				t.Fatalf("cut at %d: %v", i, err)
			}
		}
	}
	for _, tail := range []string{"\n", " ", "{}", "\x00"} {
		if _, err := verify.Check(append(bytes.Clone(data), tail...), trust); err == nil {
			t.Errorf("with %q at its end the file passes", tail)
		}
	}
}

// P29: broken evidence fails with a code that says what is wrong; nothing empty
// or missing counts as proof.
func TestP29BrokenEvidenceNeverPasses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := newNode(t, "csirt-other")
	tests := []struct {
		name string
		edit func(ev *verify.Evidence)
		code string
	}{
		{"no entries", func(ev *verify.Evidence) { ev.Entries = nil }, "evidence.empty"},
		{"version 2", func(ev *verify.Evidence) { ev.Entente = 2 }, "evidence.kind"},
		{"unknown kind", func(ev *verify.Evidence) { ev.Kind = "gift" }, "evidence.kind"},
		{"no kind", func(ev *verify.Evidence) { ev.Kind = "" }, "evidence.kind"},
		{"no checkpoint", func(ev *verify.Evidence) { ev.Checkpoint = "" }, "evidence.checkpoint"},
		{"unsigned checkpoint", func(ev *verify.Evidence) { ev.Checkpoint = ev.Checkpoint[:strings.Index(ev.Checkpoint, "—")] }, "evidence.checkpoint"},
		{"checkpoint of another log", func(ev *verify.Evidence) { ev.Checkpoint = string(w.borealis.signed) }, "evidence.checkpoint"},
		{"checkpoint with a stray signature", func(ev *verify.Evidence) { ev.Checkpoint += "— witness AAAAAAAA\n" }, "evidence.checkpoint"},
		{"signature twice", func(ev *verify.Evidence) { ev.Checkpoint += ev.Checkpoint[strings.Index(ev.Checkpoint, "—"):] }, "evidence.checkpoint"},
		{"log of a stranger", func(ev *verify.Evidence) { ev.Log = "csirt-stranger" }, "evidence.log-key"},
		{"log of the recipient", func(ev *verify.Evidence) { ev.Log = "isac-borealis" }, "evidence.checkpoint"},
		{"entry out of order", func(ev *verify.Evidence) { ev.Entries[0], ev.Entries[1] = ev.Entries[1], ev.Entries[0] }, "evidence.entry"},
		{"entry twice", func(ev *verify.Evidence) { ev.Entries[1] = ev.Entries[0] }, "evidence.entry"},
		{"entry outside", func(ev *verify.Evidence) { ev.Entries[3].Index = 99 }, "evidence.entry"},
		{"negative index", func(ev *verify.Evidence) { ev.Entries[0].Index = -1 }, "evidence.entry"},
		{"no proof", func(ev *verify.Evidence) { ev.Entries[0].Proof = nil }, "evidence.entry"},
		{"short hash", func(ev *verify.Evidence) { ev.Entries[0].Proof[0] = []byte{1} }, "evidence.entry"},
		{"proof of 64 hashes", func(ev *verify.Evidence) {
			for range 64 {
				ev.Entries[0].Proof = append(ev.Entries[0].Proof, make([]byte, 32))
			}
		}, "evidence.entry"},
		{"no salt", func(ev *verify.Evidence) { ev.Entries[0].Salt = nil }, "evidence.entry"},
		{"long salt", func(ev *verify.Evidence) { ev.Entries[0].Salt = append(ev.Entries[0].Salt, 0) }, "evidence.entry"},
		{"other outcome", func(ev *verify.Evidence) {
			ev.Entries[0].Body = strings.Replace(ev.Entries[0].Body, "transform", "permit", 1)
		}, "evidence.entry"},
		{"other type", func(ev *verify.Evidence) { ev.Entries[2].Type = transparency.EventRecall }, "evidence.entry"},
		{"no release entry", func(ev *verify.Evidence) { ev.Entries = append(ev.Entries[:2:2], ev.Entries[3]) }, "evidence.release"},
		{"decision missing", func(ev *verify.Evidence) { ev.Entries = ev.Entries[1:]; ev.Decisions = ev.Decisions[1:] }, "evidence.decision"},
		{"changed decision document", func(ev *verify.Evidence) { ev.Decisions[0] += " " }, "evidence.decision"},
		{"decision document twice", func(ev *verify.Evidence) { ev.Decisions = append(ev.Decisions, ev.Decisions[0]) }, "evidence.decision"},
		{"no message", func(ev *verify.Evidence) { ev.Message = "" }, "evidence.message"},
		{"other subject", func(ev *verify.Evidence) { ev.Subject = "release-2" }, "evidence.message"},
		{"message is the receipt", func(ev *verify.Evidence) { ev.Message = ev.Receipt.Message }, "evidence.message"},
		{"a second message", func(ev *verify.Evidence) {
			m := envelope.Message{Kind: envelope.KindRelease, ID: "release-1", To: "isac-borealis", Objects: []envelope.Item{{ID: "x", Hash: ident.Sum([]byte("x"))}}}
			ev.Message = string(w.aurelia.seal(t, m, [][]byte{[]byte("x")}))
		}, "evidence.release"},
		{"other bytes", func(ev *verify.Evidence) { ev.Objects[0].Raw = []byte("x") }, "evidence.object"},
		{"other object", func(ev *verify.Evidence) {
			ev.Objects[0] = verify.Object{Hash: ident.Sum([]byte("x")), Raw: []byte("x")}
		}, "evidence.object"},
		{"objects out of order", func(ev *verify.Evidence) { ev.Objects[0], ev.Objects[1] = ev.Objects[1], ev.Objects[0] }, "evidence.object"},
		{"object twice", func(ev *verify.Evidence) { ev.Objects[1] = ev.Objects[0] }, "evidence.object"},
		{"no receipt", func(ev *verify.Evidence) { ev.Receipt = nil }, "evidence.unrelated"},
		{"no receipt at all", func(ev *verify.Evidence) { ev.Receipt = nil; ev.Entries = ev.Entries[:3] }, "evidence.receipt"},
		{"empty receipt", func(ev *verify.Evidence) { ev.Receipt = &verify.Receipt{} }, "evidence.receipt"},
		{"receipt signed by another", func(ev *verify.Evidence) {
			ev.Receipt.Message = string(other.seal(t, envelope.Message{Kind: envelope.KindReceipt, ID: "r", To: "csirt-aurelia", Receipt: &envelope.Receipt{Message: "release-1", Envelope: ident.Sum(w.sent), Outcome: "accepted"}}, nil))
		}, "evidence.receipt"},
		{"receipt for another message", func(ev *verify.Evidence) {
			ev.Receipt.Message = string(w.borealis.seal(t, envelope.Message{Kind: envelope.KindReceipt, ID: "r", To: "csirt-aurelia", Receipt: &envelope.Receipt{Message: "release-1", Envelope: ident.Sum([]byte("x")), Outcome: "accepted"}}, nil))
		}, "evidence.receipt"},
		{"receipt that refuses", func(ev *verify.Evidence) {
			ev.Receipt.Message = string(w.borealis.seal(t, envelope.Message{Kind: envelope.KindReceipt, ID: "r", To: "csirt-aurelia", Receipt: &envelope.Receipt{Message: "release-1", Envelope: ident.Sum(w.sent), Outcome: "refused"}}, nil))
		}, "evidence.receipt"},
		{"no proof from the recipient", func(ev *verify.Evidence) { ev.Receipt.Proof = "" }, "evidence.receipt"},
		{"proof from the sender's log", func(ev *verify.Evidence) { ev.Receipt.Proof = w.aurelia.prove(t, w.story[2]) }, "evidence.receipt"},
		{"proof of something else", func(ev *verify.Evidence) { ev.Receipt.Proof = w.borealis.prove(t, w.borealis.entries[0]) }, "evidence.receipt"},
		{"release with a receipt", func(ev *verify.Evidence) { ev.Kind = verify.KindRelease }, "evidence.receipt"},
		{"recall", func(ev *verify.Evidence) { ev.Kind = verify.KindRecall }, "evidence.message"},
		{"entries with a message", func(ev *verify.Evidence) { ev.Kind = verify.KindEntries }, "evidence.unrelated"},
		{"older tree", func(ev *verify.Evidence) { ev.Since = &verify.Since{Size: 3, Root: ident.Sum(nil)} }, "evidence.consistency"},
		{"tree of nothing", func(ev *verify.Evidence) { ev.Since = &verify.Since{} }, "evidence.consistency"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ev := w.delivery(t)
			test.edit(&ev)
			rep, err := verify.Check(encode(t, ev), w.trust())
			if fault.CodeOf(err) != test.code || fault.KindOf(err) != fault.Unverified || len(rep.Lines) != 0 {
				t.Errorf("Check = %+v, %v; want %s", rep, err, test.code)
			}
		})
	}
	for name, raw := range map[string]string{
		"nothing": "", "space": " \n", "null": "null", "list": "[]", "object": "{}", "text": "hello", "unknown member": `{"entente":1,"x":1}`,
		"binary": "\x00\xff", "deep": strings.Repeat("[", 100), "minimal": `{"checkpoint":"","entente":1,"entries":[],"kind":"entries","log":""}`,
	} {
		if _, err := verify.Check([]byte(raw), w.trust()); fault.KindOf(err) != fault.Unverified || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := verify.Check(encode(t, w.delivery(t)), verify.Trust{}); fault.CodeOf(err) != "evidence.log-key" {
		t.Errorf("without any trust: %v", err)
	}
}

func TestTheFirstBadEntryIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ev := w.delivery(t)
	ev.Entries[1].Body = strings.Replace(ev.Entries[1].Body, "transform", "permit", 1)
	ev.Entries[2].Body = strings.Replace(ev.Entries[2].Body, "release-1", "release-2", 1)
	_, err := verify.Check(encode(t, ev), w.trust())
	if err == nil || !strings.Contains(err.Error(), "Entry 6 (\"decision\")") {
		t.Error(err)
	}
}

// A denial, or a form that was not decided, does not become a release.
func TestObjectsLeftUnderADecisionThatAllowedIt(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(decision fields){
		"deny":            func(d fields) { d["outcome"] = "deny" },
		"refer":           func(d fields) { d["outcome"] = "refer" },
		"other recipient": func(d fields) { d["to"] = "csirt-other" },
		"other object":    func(d fields) { d["object"] = ident.Sum([]byte("other")) },
	} {
		n := newNode(t, "csirt-aurelia")
		decision := fields{"decision": ident.Sum([]byte("d")), "object": ident.Sum([]byte("o")), "to": "isac-borealis", "outcome": "permit"}
		edit(decision)
		raw := []byte("raw")
		sent := n.seal(t, envelope.Message{Kind: envelope.KindRelease, ID: "r", To: "isac-borealis", Objects: []envelope.Item{{ID: "x", Hash: ident.Sum(raw)}}}, [][]byte{raw})
		story := []transparency.Logged{
			n.append(t, transparency.EventDecision, decision),
			n.append(t, transparency.EventRelease, fields{"release": "r", "to": "isac-borealis", "envelope": ident.Sum(sent), "items": []fields{
				{"original": ident.Sum([]byte("o")), "sent_id": "x", "sent_hash": ident.Sum(raw), "decision": ident.Sum([]byte("d"))},
			}}),
		}
		ev, err := verify.Build(verify.KindRelease, "r", n.state(), story, nil)
		if err != nil {
			t.Fatal(err)
		}
		ev.Message = string(sent)
		if _, err := verify.Check(encode(t, ev), verify.Trust{Parties: []party.Party{n.card}}); fault.CodeOf(err) != "evidence.decision" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOtherKinds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	build := func(kind, subject string, entries ...transparency.Logged) verify.Evidence {
		ev, err := verify.Build(kind, subject, w.aurelia.state(), entries, nil)
		if err != nil {
			t.Fatal(err)
		}
		return ev
	}
	asked := w.aurelia.seal(t, envelope.Message{Kind: envelope.KindRecall, ID: "recall-1", To: "isac-borealis", Recall: &envelope.Recall{Release: "release-1", Due: at}}, nil)
	recall := w.aurelia.append(t, transparency.EventRecall, fields{"recall": "recall-1", "release": "release-1", "to": "isac-borealis", "envelope": ident.Sum(asked)})
	took := w.borealis.append(t, transparency.EventReceive, fields{"message": "recall-1", "from": "csirt-aurelia", "envelope": ident.Sum(asked)})
	purged := w.borealis.seal(t, envelope.Message{Kind: envelope.KindReceipt, ID: "receipt-2", To: "csirt-aurelia", Receipt: &envelope.Receipt{Message: "recall-1", Envelope: ident.Sum(asked), Outcome: "purged"}}, nil)

	entries := build(verify.KindEntries, "", w.aurelia.entries[0], w.story[0])
	entries.Decisions = w.documents[:1]
	released := build(verify.KindRelease, "release-1", w.story...)
	released.Message = string(w.sent)
	recalled := build(verify.KindRecall, "recall-1", recall)
	recalled.Message = string(asked)
	purge := recalled
	purge.Kind, purge.Receipt = verify.KindPurge, &verify.Receipt{Message: string(purged), Proof: w.borealis.prove(t, took)}
	for _, ev := range []verify.Evidence{entries, released, recalled, purge} {
		rep, err := verify.Check(encode(t, ev), w.trust())
		if err != nil || rep.Kind != ev.Kind || len(rep.Lines) < 3 {
			t.Errorf("%s: %+v, %v", ev.Kind, rep, err)
		}
	}
	if _, err := verify.Build(verify.KindEntries, "", w.aurelia.state(), []transparency.Logged{{Index: 1000}}, nil); fault.CodeOf(err) != "log.index" {
		t.Error(err)
	}
	if _, err := verify.Build(verify.KindEntries, "", w.aurelia.state(), nil, &transparency.Head{Size: 1000}); fault.CodeOf(err) != "log.range" {
		t.Error(err)
	}
	mixed := build(verify.KindRelease, "release-1", w.aurelia.entries[0], w.story[0], w.story[1], w.story[2])
	mixed.Message = string(w.sent)
	if _, err := verify.Check(encode(t, mixed), w.trust()); fault.CodeOf(err) != "evidence.unrelated" {
		t.Errorf("an unrelated entry: %v", err)
	}
}

// F14, P11: stale, rolled-back and equivocating logs, seen by one who kept a
// checkpoint.
func TestF14CheckpointsSeenBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	earlier := w.aurelia.signed
	head := w.aurelia.edge.Head()
	base := w.delivery(t)
	w.aurelia.append(t, transparency.EventDuty, fields{"duty": "later"})
	later := w.aurelia.signed

	tie := func(since transparency.Head) []byte {
		ev, err := verify.Build(verify.KindDelivery, "release-1", w.aurelia.state(), append(w.story[:3:3], w.receipt), &since)
		if err != nil {
			t.Fatal(err)
		}
		ev.Message, ev.Receipt = base.Message, base.Receipt
		return encode(t, ev)
	}
	fork := newNode(t, "csirt-aurelia") // same keys, another history of the same size
	for i := range int(head.Size) {
		fork.append(t, transparency.EventDuty, fields{"fork": i})
	}
	empty, err := w.aurelia.log.Integrate(transparency.EmptyHead(), transparency.Edge{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	old := encode(t, base)
	for name, test := range map[string]struct {
		data []byte
		seen []byte
		code string
	}{
		"the same":              {old, earlier, ""},
		"of another log":        {old, w.borealis.signed, ""},
		"an empty one":          {old, empty.Checkpoint, ""},
		"extended, shown":       {tie(head), earlier, ""},
		"extended, not shown":   {tie(transparency.Head{Size: 5}), earlier, "evidence.consistency"},
		"rolled back":           {old, later, "evidence.rolled-back"},
		"split view":            {old, fork.signed, "evidence.split-view"},
		"split view in history": {tie(head), fork.signed, "evidence.split-view"},
		"forged":                {old, append([]byte("csirt-aurelia/log\n"), "x"...), "evidence.seen"},
	} {
		data := test.data
		if name == "extended, not shown" {
			since, err := transparency.RootAt(w.aurelia.edge.Head(), w.aurelia.tiles, 5)
			if err != nil {
				t.Fatal(err)
			}
			data = tie(since)
		}
		trust := w.trust()
		trust.Seen = [][]byte{test.seen}
		if _, err := verify.Check(data, trust); err == nil != (test.code == "") || err != nil && fault.CodeOf(err) != test.code {
			t.Errorf("%s: %v, want %q", name, err, test.code)
		}
	}
}

// P12: golden evidence stays verifiable when nothing of the nodes is left but the
// cards, after signing and log keys were replaced.
func TestP12GoldenEvidenceOutlivesKeysAndNodes(t *testing.T) {
	t.Parallel()
	file := filepath.Join("testdata", "delivery-v1.json")
	cards := filepath.Join("testdata", "cards-v1.json")
	if os.Getenv("UPDATE") == "1" {
		w := newWorld(t)
		raw, err := json.Marshal(w.trust().Parties, json.Deterministic(true))
		if err != nil {
			t.Fatal(err)
		}
		for name, data := range map[string][]byte{file: encode(t, w.delivery(t)), cards: raw} {
			if err := os.WriteFile(name, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(cards)
	if err != nil {
		t.Fatal(err)
	}
	var parties []party.Party
	if err := json.Unmarshal(raw, &parties, json.RejectUnknownMembers(true)); err != nil {
		t.Fatal(err)
	}
	if _, err := verify.Check(data, verify.Trust{Parties: parties}); err != nil {
		t.Fatalf("with the cards of then: %v", err)
	}
	// Years later: both parties have new keys, the old signing keys are retired.
	trust := verify.Trust{}
	for _, p := range parties {
		successor := newNode(t, "successor-of-"+p.ID).card
		trust.LogKeys = append(trust.LogKeys, p.LogKey)
		skey, vkey, err := note.GenerateKey(&seeded{sha256.Sum256([]byte("new log key"))}, string(p.ID)+"/log")
		if err != nil || skey == "" {
			t.Fatal(err)
		}
		p.LogKey = vkey
		p.SigningKeys[0].Until = at.Add(time.Minute)
		p.SigningKeys = append(p.SigningKeys, successor.SigningKeys...)
		trust.Parties = append(trust.Parties, p)
	}
	if _, err := verify.Check(data, trust); err != nil {
		t.Errorf("after rotation: %v", err)
	}
	// A key that was revoked before the message was made does not count.
	trust.Parties[0].SigningKeys[0].Until = at
	if _, err := verify.Check(data, trust); fault.CodeOf(err) != "evidence.message" {
		t.Errorf("with a key revoked before: %v", err)
	}
	// Nor does a log key the reader was not given.
	trust.LogKeys = nil
	if _, err := verify.Check(data, trust); fault.CodeOf(err) != "evidence.checkpoint" {
		t.Errorf("without the old log keys: %v", err)
	}
}

func FuzzCheck(f *testing.F) {
	w := newWorld(f)
	data := encode(f, w.delivery(f))
	f.Add(data)
	f.Add([]byte(`{"checkpoint":"","entente":1,"entries":[],"kind":"entries","log":""}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		_, err := verify.Check(in, w.trust())
		if err == nil && !bytes.Equal(in, data) {
			t.Errorf("a file nobody made passes: %q", in)
		}
		if err != nil && fault.KindOf(err) != fault.Unverified {
			t.Errorf("kind %v: %v", fault.KindOf(err), err)
		}
	})
}
