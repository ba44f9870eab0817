package envelope_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"entente/exchange/envelope"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
)

var at = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// actor is a party with one private key per key on its card.
type actor struct {
	card party.Party
	keys []ed25519.PrivateKey
}

func newActor(id party.ID, validity ...[2]time.Time) actor {
	a := actor{card: party.Party{ID: id}}
	for i, v := range validity {
		seed := sha256.Sum256(fmt.Appendf(nil, "%s key %d", id, i))
		key := ed25519.NewKeyFromSeed(seed[:])
		public, _ := key.Public().(ed25519.PublicKey)
		a.keys = append(a.keys, key)
		a.card.SigningKeys = append(a.card.SigningKeys, party.Key{ID: fmt.Sprintf("k%d", i), PublicKey: public, From: v[0], Until: v[1]})
	}
	return a
}

var (
	aurelia  = newActor("csirt-aurelia", [2]time.Time{at.Add(-time.Hour), at.Add(time.Hour)}, [2]time.Time{at.Add(30 * time.Minute)})
	borealis = newActor("isac-borealis", [2]time.Time{at.Add(-time.Hour)})
)

func keys(from party.ID, id string, when time.Time) (ed25519.PublicKey, bool) {
	for _, a := range []actor{aurelia, borealis} {
		if a.card.ID == from {
			return a.card.VerifyKey(id, when)
		}
	}
	return nil, false
}

func objects(n int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		out[i] = fmt.Appendf(nil, `{"n":%d}`, i)
	}
	return out
}

func release(objs [][]byte) envelope.Message {
	m := envelope.Message{
		Kind: envelope.KindRelease, ID: "release-1", From: "csirt-aurelia", To: "isac-borealis", At: at,
		Purpose: "incident-response", Under: []string{"lantern-mou"},
		Terms: []envelope.Term{{Instrument: "lantern-mou", Clause: "c1", Cite: "Art. 4(2)", Duty: "d1", What: "delete", Bearer: "recipient", Within: "P30D"}},
	}
	for i, o := range objs {
		m.Objects = append(m.Objects, envelope.Item{ID: fmt.Sprintf("indicator--%d", i), Hash: ident.Sum(o), TLP: "amber"})
	}
	return m
}

func receipt() envelope.Message {
	return envelope.Message{
		Kind: envelope.KindReceipt, ID: "receipt-1", From: "isac-borealis", To: "csirt-aurelia", At: at,
		Receipt: &envelope.Receipt{
			Message: "release-1", Envelope: ident.Sum([]byte("e")), Outcome: "accepted",
			Items: []envelope.ItemReceipt{{ID: "indicator--0", Hash: ident.Sum([]byte("o")), Result: "stored"}},
		},
	}
}

func recall() envelope.Message {
	return envelope.Message{
		Kind: envelope.KindRecall, ID: "recall-1", From: "csirt-aurelia", To: "isac-borealis", At: at,
		Recall: &envelope.Recall{Release: "release-1", Reason: "consent withdrawn", Due: at.Add(24 * time.Hour)},
	}
}

func seal(t testing.TB, m envelope.Message, objs [][]byte) envelope.Body {
	t.Helper()
	signer := aurelia
	if m.From == borealis.card.ID {
		signer = borealis
	}
	b, err := envelope.Seal(m, objs, "k0", signer.keys[0])
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSealedMessagesOpen(t *testing.T) {
	t.Parallel()
	objs := objects(3)
	for _, m := range []envelope.Message{release(objs), receipt(), recall()} {
		var sent [][]byte
		if m.Kind == envelope.KindRelease {
			sent = objs
		}
		b := seal(t, m, sent)
		b.Proof = []byte("proof")
		wire, err := envelope.EncodeBody(b)
		if err != nil {
			t.Fatal(err)
		}
		back, err := envelope.DecodeBody(wire)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(b, back); diff != "" {
			t.Fatal(diff)
		}
		got, err := envelope.Open(back.Envelope, keys)
		if err != nil {
			t.Fatal(err)
		}
		if got.Entente != 1 || got.Root.IsZero() == (m.Kind == envelope.KindRelease) || back.Digest() != ident.Sum(b.Envelope) {
			t.Errorf("%+v", got)
		}
		got.Entente, got.Root = 0, ident.Digest{}
		if diff := cmp.Diff(m, got); diff != "" {
			t.Error(diff)
		}
		for i, err := range envelope.Match(got, back.Objects) {
			if err != nil {
				t.Errorf("object %d: %v", i, err)
			}
		}
	}
}

// forged signs any payload the way DSSE says, without the checks of Seal.
func forged(payload, payloadType, keyID string, key ed25519.PrivateKey) []byte {
	pae := fmt.Sprintf("DSSEv1 %d %s %d %s", len(payloadType), payloadType, len(payload), payload)
	return fmt.Appendf(nil, `{"payload":%q,"payloadType":%q,"signatures":[{"keyid":%q,"sig":%q}]}`,
		base64.StdEncoding.EncodeToString([]byte(payload)), payloadType, keyID,
		base64.StdEncoding.EncodeToString(ed25519.Sign(key, []byte(pae))))
}

func payloadOf(t testing.TB, env []byte) string {
	t.Helper()
	var d struct {
		Payload []byte `json:"payload"`
	}
	if err := json.Unmarshal(env, &d); err != nil {
		t.Fatal(err)
	}
	return string(d.Payload)
}

// forgery is an envelope that must be refused, with its code.
type forgery struct {
	name string
	env  []byte
	code string
}

// forgeries is the corpus of F13 (X-Road TM-06).
func forgeries(t *testing.T) []forgery {
	t.Helper()
	objs := objects(2)
	good := string(seal(t, release(objs), objs).Envelope)
	payload := payloadOf(t, []byte(good))
	sign := func(p string) []byte { return forged(p, envelope.PayloadType, "k0", aurelia.keys[0]) }
	if string(sign(payload)) != good {
		t.Fatal("the forger does not know the format")
	}
	edit := func(from, to string) []byte {
		if !strings.Contains(payload, from) {
			t.Fatalf("payload has no %s", from)
		}
		return sign(strings.Replace(payload, from, to, 1))
	}
	sigs := good[strings.Index(good, `"signatures":`):]
	return []forgery{
		{"unsigned", []byte(strings.Replace(good, sigs, `"signatures":[]}`, 1)), "envelope.unsigned"},
		{"no signatures member", []byte(strings.Replace(good, ","+sigs, `}`, 1)), "envelope.malformed"},
		{"two signatures", []byte(strings.Replace(good, `"signatures":[`, `"signatures":[{"keyid":"x","sig":"AAAA"},`, 1)), "envelope.signature"},
		{"the same signature twice", []byte(strings.Replace(good, "]}", ","+strings.TrimSuffix(strings.TrimPrefix(sigs, `"signatures":[`), "]}")+"]}", 1)), "envelope.signature"},
		{"wrong key", forged(payload, envelope.PayloadType, "k0", borealis.keys[0]), "envelope.signature"},
		{"right key under another party's name", forged(strings.Replace(payload, `"from":"csirt-aurelia"`, `"from":"isac-borealis-2"`, 1), envelope.PayloadType, "k0", aurelia.keys[0]), "envelope.key"},
		{"another party's key id", forged(payload, envelope.PayloadType, "k9", borealis.keys[0]), "envelope.key"},
		{"key after its revocation", edit(`"at":"2026-03-01T12:00:00Z"`, `"at":"2026-03-01T13:00:00Z"`), "envelope.key"},
		{"key before its time", forged(payload, envelope.PayloadType, "k1", aurelia.keys[1]), "envelope.key"},
		{"unknown party", edit(`"from":"csirt-aurelia"`, `"from":"csirt-nowhere"`), "envelope.key"},
		{"other payload type", forged(payload, "application/json", "k0", aurelia.keys[0]), "envelope.malformed"},
		{"type not covered by the signature", []byte(strings.Replace(string(forged(payload, "application/json", "k0", aurelia.keys[0])), "application/json", envelope.PayloadType, 1)), "envelope.signature"},
		{"recipient changed after signing", []byte(strings.Replace(good, base64.StdEncoding.EncodeToString([]byte(payload)), base64.StdEncoding.EncodeToString([]byte(strings.Replace(payload, "isac-borealis", "isac-b0realis", 1))), 1)), "envelope.signature"},
		{"extra unsigned part", []byte(strings.Replace(good, `{"payload":`, `{"note":"x","payload":`, 1)), "envelope.malformed"},
		{"space in the envelope", []byte(strings.Replace(good, `{"payload":`, `{ "payload":`, 1)), "envelope.malformed"},
		{"trailing data", []byte(good + "{}"), "envelope.malformed"},
		{"empty", nil, "envelope.malformed"},
		{"null", []byte("null"), "envelope.malformed"},
		{"null signature list", []byte(strings.Replace(good, sigs, `"signatures":null}`, 1)), "envelope.malformed"},
		{"duplicate member", []byte(strings.Replace(good, `{"payload":`, `{"payload":"e30=","payload":`, 1)), "envelope.malformed"},
		{"signature of another length", []byte(strings.Replace(good, sigs, `"signatures":[{"keyid":"k0","sig":"AAAA"}]}`, 1)), "envelope.signature"},
		{"payload is not base64", []byte(strings.Replace(good, `"payload":"`, `"payload":"!`, 1)), "envelope.malformed"},
		{"too large", make([]byte, envelope.MaxEnvelope+1), "envelope.malformed"},
		{"unknown member in the payload", edit(`{"entente":1`, `{"also":1,"entente":1`), "envelope.malformed"},
		{"case-folded member", edit(`"to":`, `"To":`), "envelope.malformed"},
		{"duplicate recipient", edit(`"to":`, `"to":"csirt-aurelia","to":`), "envelope.malformed"},
		{"null purpose", edit(`"purpose":"incident-response"`, `"purpose":null`), "envelope.malformed"},
		{"version 2", edit(`{"entente":1`, `{"entente":2`), "envelope.content"},
		{"unknown kind", edit(`"kind":"release"`, `"kind":"gift"`), "envelope.content"},
		{"release as recall", edit(`"kind":"release"`, `"kind":"recall"`), "envelope.content"},
		{"a recall inside a release", edit(`"objects":`, `"recall":{"release":"r","reason":"","due":"2026-03-01T12:00:00Z"},"objects":`), "envelope.content"},
		{"a receipt inside a release", edit(`"objects":`, `"receipt":{"message":"r","envelope":"`+ident.Sum(nil).String()+`","outcome":"accepted"},"objects":`), "envelope.content"},
		{"no id", edit(`"id":"release-1"`, `"id":""`), "envelope.content"},
		{"id with a direction mark", edit(`"id":"release-1"`, `"id":"release\u202e1"`), "envelope.content"},
		{"to itself", edit(`"to":"isac-borealis"`, `"to":"csirt-aurelia"`), "envelope.content"},
		{"another root", edit(`"root":"sha256:`, `"root":"sha256:00`), "envelope.malformed"},
		{"root of other objects", edit(`"root":"`+root(objs).String()+`"`, `"root":"`+ident.Sum(nil).String()+`"`), "envelope.content"},
		{"no root", edit(`,"root":"`+root(objs).String()+`"`, ``), "envelope.content"},
		{"one id twice", edit(`"id":"indicator--1"`, `"id":"indicator--0"`), "envelope.content"},
	}
}

// F13: forged messages are refused, each with its own code.
func TestF13ForgedMessagesAreRefused(t *testing.T) {
	t.Parallel()
	for _, test := range forgeries(t) {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m, err := envelope.Open(test.env, keys)
			if fault.CodeOf(err) != test.code {
				t.Errorf("Open = %+v, %v; want %s", m, err, test.code)
			}
			if k := fault.KindOf(err); k != fault.Unverified && k != fault.Invalid {
				t.Errorf("kind %v", k)
			}
		})
	}
}

func root(objs [][]byte) ident.Digest {
	hashes := make([]tlog.Hash, 0, len(objs))
	r := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			out[i] = hashes[x]
		}
		return out, nil
	})
	for i, o := range objs {
		d := ident.Sum(o)
		h, err := tlog.StoredHashes(int64(i), d[:], r)
		if err != nil {
			panic(err)
		}
		hashes = append(hashes, h...)
	}
	h, err := tlog.TreeHash(int64(len(objs)), r)
	if err != nil {
		panic(err)
	}
	return ident.Digest(h)
}

// F13, confused deputy: a genuine message carried by, or to, someone else.
func TestF13GenuineMessagesInWrongHands(t *testing.T) {
	t.Parallel()
	objs := objects(1)
	m, err := envelope.Open(seal(t, release(objs), objs).Envelope, keys)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		peer, self party.ID
		code       string
	}{
		{"csirt-aurelia", "isac-borealis", ""},
		{"isac-borealis", "isac-borealis", "envelope.sender"},
		{"csirt-aurelia", "csirt-aurelia", "envelope.recipient"},
		{"", "isac-borealis", "envelope.sender"},
	} {
		err := m.Check(test.peer, test.self)
		if err == nil && test.code != "" || err != nil && fault.CodeOf(err) != test.code {
			t.Errorf("%s to %s: %v", test.peer, test.self, err)
		}
	}
}

func TestSealRefuses(t *testing.T) {
	t.Parallel()
	objs := objects(2)
	many := make([]envelope.Item, envelope.MaxObjects+1)
	with := func(f func(m *envelope.Message)) envelope.Message { m := release(objs); f(&m); return m }
	for name, test := range map[string]struct {
		m    envelope.Message
		objs [][]byte
		id   string
		code string
	}{
		"no objects":             {release(nil), nil, "k0", "envelope.content"},
		"missing object":         {release(objs), objs[:1], "k0", "envelope.object-missing"},
		"unlisted object":        {release(objs), objects(3), "k0", "envelope.object-unsigned"},
		"swapped objects":        {release(objs), [][]byte{objs[1], objs[0]}, "k0", "envelope.object-digest"},
		"no key id":              {release(objs), objs, "", "envelope.key"},
		"no time":                {with(func(m *envelope.Message) { m.At = time.Time{} }), objs, "k0", "envelope.content"},
		"no recipient":           {with(func(m *envelope.Message) { m.To = "" }), objs, "k0", "envelope.content"},
		"too many objects":       {with(func(m *envelope.Message) { m.Objects = many }), nil, "k0", "envelope.content"},
		"object without hash":    {with(func(m *envelope.Message) { m.Objects[0].Hash = ident.Digest{} }), objs, "k0", "envelope.content"},
		"object without id":      {with(func(m *envelope.Message) { m.Objects[0].ID = "" }), objs, "k0", "envelope.content"},
		"terms without a hop":    {with(func(m *envelope.Message) { m.Objects[0].Through = []string{"mou"} }), objs, "k0", "envelope.content"},
		"unsorted terms":         {with(func(m *envelope.Message) { m.Objects[0].Through, m.Objects[0].Hops = []string{"b", "a"}, 1 }), objs, "k0", "envelope.content"},
		"hops back":              {with(func(m *envelope.Message) { m.Objects[0].Hops = -1 }), objs, "k0", "envelope.content"},
		"terms on a recall":      {func() envelope.Message { m := recall(); m.Terms = release(objs).Terms; return m }(), nil, "k0", "envelope.content"},
		"recall of nothing":      {func() envelope.Message { m := recall(); m.Recall.Release = ""; return m }(), nil, "k0", "envelope.content"},
		"receipt of no message":  {func() envelope.Message { m := receipt(); m.Receipt.Message = ""; return m }(), nil, "k0", "envelope.content"},
		"receipt bound to none":  {func() envelope.Message { m := receipt(); m.Receipt.Envelope = ident.Digest{}; return m }(), nil, "k0", "envelope.content"},
		"receipt with no answer": {func() envelope.Message { m := receipt(); m.Receipt.Outcome = "maybe"; return m }(), nil, "k0", "envelope.content"},
		"invalid UTF-8":          {with(func(m *envelope.Message) { m.ID = "\xff" }), objs, "k0", "envelope.content"},
	} {
		if _, err := envelope.Seal(test.m, test.objs, test.id, aurelia.keys[0]); fault.CodeOf(err) != test.code {
			t.Errorf("%s: %v, want %s", name, err, test.code)
		}
	}
	if _, err := envelope.Seal(release(objs), objs, "k0", nil); fault.CodeOf(err) != "envelope.key" {
		t.Error(err)
	}
	big := release(objs)
	big.Purpose = strings.Repeat("x", envelope.MaxEnvelope)
	if _, err := envelope.Seal(big, objs, "k0", aurelia.keys[0]); fault.CodeOf(err) != "envelope.size" {
		t.Error(err)
	}
}

// P6: what the recipient got is exactly what was signed, object by object.
func TestP6OneBadObjectDoesNotBlockOthers(t *testing.T) {
	t.Parallel()
	objs := objects(4)
	m := release(objs)
	got := [][]byte{objs[0], []byte(`{"n": 1}`), objs[2]}
	var codes []string
	for _, err := range envelope.Match(m, got) {
		code := ""
		if err != nil {
			code = fault.CodeOf(err)
		}
		codes = append(codes, code)
	}
	want := []string{"", "envelope.object-digest", "", "envelope.object-missing"}
	if diff := cmp.Diff(want, codes); diff != "" {
		t.Error(diff)
	}
	if errs := envelope.Match(m, append(objs, []byte("x"))); fault.CodeOf(errs[4]) != "envelope.object-unsigned" {
		t.Error(errs)
	}
}

// RFC 6962, sections 2.1 and 2.1.1, against x/mod/sumdb/tlog.
func TestEachObjectVerifiesAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 70).Draw(rt, "n")
		objs := objects(n)
		m, err := envelope.Open(seal(t, release(objs), objs).Envelope, keys)
		if err != nil {
			rt.Fatal(err)
		}
		if m.Root != root(objs) {
			rt.Fatal("root differs")
		}
		i := rapid.IntRange(0, n-1).Draw(rt, "i")
		path, err := envelope.PathOf(m, i)
		if err != nil {
			rt.Fatal(err)
		}
		if err := envelope.VerifyObject(m.Root, n, i, objs[i], path); err != nil {
			rt.Fatal(err)
		}
		j := rapid.IntRange(-1, n).Draw(rt, "j")
		if err := envelope.VerifyObject(m.Root, n, j, objs[i], path); (err == nil) != (i == j) {
			rt.Fatalf("object %d as %d: %v", i, j, err)
		}
		if err := envelope.VerifyObject(m.Root, n, i, append(objs[i], ' '), path); fault.KindOf(err) != fault.Unverified {
			rt.Fatal(err)
		}
	})
	if _, err := envelope.PathOf(release(objects(1)), 1); fault.CodeOf(err) != "envelope.object" {
		t.Error(err)
	}
}

func TestDecodeBodyRefuses(t *testing.T) {
	t.Parallel()
	b := envelope.Body{Envelope: []byte("envelope"), Proof: []byte("proof"), Objects: [][]byte{[]byte("a"), {}}}
	wire, err := envelope.EncodeBody(b)
	if err != nil {
		t.Fatal(err)
	}
	for i := range wire {
		if _, err := envelope.DecodeBody(wire[:i]); fault.CodeOf(err) != "envelope.frame" {
			t.Errorf("cut at %d: %v", i, err)
		}
	}
	count := len(wire) - 4 - 5 - 4 // before the objects "a" and ""
	lie := func(at int) []byte {
		w := []byte(string(wire))
		w[at], w[at+1] = 0xff, 0xff
		return w
	}
	for name, w := range map[string][]byte{
		"trailing": append([]byte(string(wire)), 0), "json": []byte(`{"envelope":""}`), "huge envelope": lie(16),
		"huge count": lie(count), "too large": make([]byte, envelope.MaxBody+1),
	} {
		if _, err := envelope.DecodeBody(w); fault.CodeOf(err) != "envelope.frame" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, b := range map[string]envelope.Body{
		"envelope": {Envelope: make([]byte, envelope.MaxEnvelope+1)}, "proof": {Proof: make([]byte, envelope.MaxProof+1)},
		"count": {Objects: make([][]byte, envelope.MaxObjects+1)}, "body": {Objects: [][]byte{make([]byte, envelope.MaxBody)}},
	} {
		if _, err := envelope.EncodeBody(b); fault.CodeOf(err) != "envelope.size" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	objs := objects(2)
	f.Add(seal(f, release(objs), objs).Envelope)
	f.Add(seal(f, receipt(), nil).Envelope)
	f.Add([]byte(`{"payload":"e30=","payloadType":"` + envelope.PayloadType + `","signatures":[{"keyid":"k0","sig":"AAAA"}]}`))
	known := map[string]bool{}
	for _, m := range []envelope.Message{release(objs), receipt()} {
		var o [][]byte
		if m.Kind == envelope.KindRelease {
			o = objs
		}
		known[string(seal(f, m, o).Envelope)] = true
	}
	f.Fuzz(func(t *testing.T, env []byte) {
		if _, err := envelope.Open(env, keys); err == nil && !known[string(env)] {
			t.Errorf("a message nobody sealed opens: %q", env)
		}
	})
}

func FuzzDecodeBody(f *testing.F) {
	wire, err := envelope.EncodeBody(envelope.Body{Envelope: []byte("e"), Proof: []byte("p"), Objects: [][]byte{[]byte("a"), {}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(wire)
	f.Add([]byte("entente-body-v1\n\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := envelope.DecodeBody(data)
		if err != nil {
			return
		}
		again, err := envelope.EncodeBody(b)
		if err != nil || string(again) != string(data) {
			t.Errorf("not the inverse: %v", err)
		}
	})
}

func BenchmarkSealAndOpen(b *testing.B) {
	objs := objects(100)
	m := release(objs)
	b.Run("seal", func(b *testing.B) {
		for b.Loop() {
			seal(b, m, objs)
		}
	})
	env := seal(b, m, objs).Envelope
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			if _, err := envelope.Open(env, keys); err != nil {
				b.Fatal(err)
			}
		}
	})
}
