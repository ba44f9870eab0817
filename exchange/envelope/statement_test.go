package envelope_test

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"testing"

	"entente/exchange/envelope"
	"entente/internal/fault"
	"entente/internal/ident"
)

const actType = "application/vnd.example.act+json;version=1"

func publication(objs [][]byte) envelope.Message {
	m := envelope.Message{
		Kind: envelope.KindInstrument, ID: "p1", From: "csirt-aurelia", To: "isac-borealis", At: at,
		Publication: &envelope.Publication{Instrument: "mou", Version: "1.0.0", Hash: ident.Sum(nil), File: "mou.yaml"},
	}
	for i, o := range objs {
		m.Objects = append(m.Objects, envelope.Item{ID: "item-" + string(rune('a'+i)), Hash: ident.Sum(o)})
	}
	return m
}

// TestAStatementIsOneThing: it verifies by the key it was signed with, over the
// payload and the type it was signed with, in one encoding only.
func TestAStatementIsOneThing(t *testing.T) {
	t.Parallel()
	payload := []byte(`{"act":"signature"}`)
	public := ed25519.PublicKey(aurelia.card.SigningKeys[0].PublicKey)
	raw, err := envelope.SignStatement(actType, payload, "k0", aurelia.keys[0])
	if err != nil {
		t.Fatal(err)
	}
	s, err := envelope.OpenStatement(raw, actType)
	if err != nil || !bytes.Equal(s.Payload, payload) || s.KeyID != "k0" || s.Verify(public) != nil {
		t.Fatalf("%+v, %v", s, err)
	}
	if err := s.Verify(ed25519.PublicKey(borealis.card.SigningKeys[0].PublicKey)); fault.CodeOf(err) != "envelope.signature" {
		t.Errorf("another key: %v", err)
	}
	if err := s.Verify(nil); fault.CodeOf(err) != "envelope.signature" {
		t.Errorf("no key: %v", err)
	}
	retyped := strings.Replace(string(raw), actType, envelope.PayloadType, 1)
	if s, err = envelope.OpenStatement([]byte(retyped), envelope.PayloadType); err != nil || fault.CodeOf(s.Verify(public)) != "envelope.signature" {
		t.Errorf("a signature under one type counts under another: %v", err)
	}
	if _, err := envelope.Open(raw, keys); fault.CodeOf(err) != "envelope.malformed" {
		t.Errorf("a statement passes for a message: %v", err)
	}
	objs := objects(1)
	message := seal(t, release(objs), objs).Envelope
	for name, c := range map[string]struct {
		raw  []byte
		code string
	}{
		"a message":         {message, "envelope.malformed"},
		"another encoding":  {append([]byte(" "), raw...), "envelope.malformed"},
		"no signature":      {[]byte(strings.Split(string(raw), `"signatures":`)[0] + `"signatures":[]}`), "envelope.unsigned"},
		"two signatures":    {[]byte(strings.Replace(string(raw), `"signatures":[`, `"signatures":[{"keyid":"x","sig":"AAAA"},`, 1)), "envelope.signature"},
		"nothing":           {nil, "envelope.malformed"},
		"larger than a lot": {make([]byte, envelope.MaxEnvelope+1), "envelope.malformed"},
	} {
		if _, err := envelope.OpenStatement(c.raw, actType); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	if _, err := envelope.SignStatement(actType, payload, "", aurelia.keys[0]); fault.CodeOf(err) != "envelope.key" {
		t.Errorf("a key without a name: %v", err)
	}
	if _, err := envelope.SignStatement(actType, make([]byte, envelope.MaxEnvelope), "k0", aurelia.keys[0]); fault.CodeOf(err) != "envelope.size" {
		t.Errorf("a payload without end: %v", err)
	}
}

// TestInstrumentMessages carry a text and acts, and nothing of other kinds.
func TestInstrumentMessages(t *testing.T) {
	t.Parallel()
	objs := objects(2)
	b := seal(t, publication(objs), objs)
	if m, err := envelope.Open(b.Envelope, keys); err != nil || m.Publication == nil || len(m.Objects) != 2 {
		t.Fatalf("%+v, %v", m, err)
	}
	for name, edit := range map[string]func(*envelope.Message){
		"no text at all":              func(m *envelope.Message) { m.Objects = nil },
		"no name of the text":         func(m *envelope.Message) { m.Publication = nil },
		"no hash of the text":         func(m *envelope.Message) { m.Publication.Hash = ident.Digest{} },
		"no version":                  func(m *envelope.Message) { m.Publication.Version = "" },
		"a path for a file name":      func(m *envelope.Message) { m.Publication.File = "../mou.yaml" },
		"a path of another system":    func(m *envelope.Message) { m.Publication.File = `c:\mou.yaml` },
		"terms of a release":          func(m *envelope.Message) { m.Terms = []envelope.Term{{}} },
		"a recall":                    func(m *envelope.Message) { m.Recall = &envelope.Recall{Release: "r"} },
		"a publication in a release":  func(m *envelope.Message) { m.Kind = envelope.KindRelease },
		"a publication in no kind":    func(m *envelope.Message) { m.Kind = "gift" },
		"a publication as a receipt":  func(m *envelope.Message) { m.Kind = envelope.KindReceipt },
		"the same item two times":     func(m *envelope.Message) { m.Objects[1].ID = m.Objects[0].ID },
		"an item without its digest":  func(m *envelope.Message) { m.Objects[1].Hash = ident.Digest{} },
		"an instrument without an id": func(m *envelope.Message) { m.Publication.Instrument = "" },
	} {
		m := publication(objs)
		edit(&m)
		if _, err := envelope.Seal(m, objs, "k0", aurelia.keys[0]); fault.CodeOf(err) != "envelope.content" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
