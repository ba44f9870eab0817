package casework

import (
	"crypto/ed25519"
	"fmt"
	"slices"
	"time"

	"entente/exchange/envelope"
	"entente/instrument"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
)

// BundlePayloadType is the DSSE payload type of the list of what is in a bundle.
const BundlePayloadType = "application/vnd.entente.case-bundle+json;version=1"

// Bundle is a whole case for somebody who trusts no node and may be offline: the
// text with the procedure, the orders, the head and the events, signed as a whole
// by whoever exported it. Its file has the frame of messages between nodes.
type Bundle struct {
	Record
	Text []byte // file of the instrument, byte for byte
	File string // base name; its ending says whether the text is YAML or JSON
	By   party.ID
	At   time.Time
}

// manifest is the signed list.
type manifest struct {
	At      time.Time      `json:"at"`
	By      party.ID       `json:"by"`
	Case    string         `json:"case"`
	Entente int            `json:"entente"` // 1
	File    string         `json:"file"`
	Kind    string         `json:"kind"`  // CaseBundle
	Parts   []ident.Digest `json:"parts"` // text, orders, head, then the events in order
}

const maxManifest = 4 << 20

// Encode writes and signs the file.
func (b Bundle) Encode(keyID string, key ed25519.PrivateKey) ([]byte, error) {
	m := manifest{At: b.At.UTC(), By: b.By, Case: b.Case, Entente: 1, File: b.File, Kind: "CaseBundle"}
	parts := [][]byte{b.Text, EncodeOrders(b.Case, b.Orders), b.Head}
	for _, o := range b.Orders {
		parts = append(parts, b.Events[o.Event])
	}
	for _, p := range parts {
		m.Parts = append(m.Parts, ident.Sum(p))
	}
	payload, err := encode(m)
	if err != nil {
		return nil, err
	}
	list, err := envelope.SignStatement(BundlePayloadType, payload, keyID, key)
	if err != nil {
		return nil, err
	}
	return envelope.EncodeBody(envelope.Body{Envelope: list, Objects: parts})
}

// IsBundle reports whether a file has the frame of a bundle.
func IsBundle(data []byte) bool {
	_, err := envelope.DecodeBody(data)
	return err == nil
}

// OpenBundle verifies who signed a file and that its parts are the ones listed.
// It says nothing about the case: [Bundle.Verify] does.
func OpenBundle(data []byte, keys envelope.Keys) (Bundle, error) {
	body, err := envelope.DecodeBody(data)
	if err != nil {
		return Bundle{}, err
	}
	st, err := envelope.OpenStatement(body.Envelope, BundlePayloadType)
	if err != nil {
		return Bundle{}, err
	}
	var m manifest
	if err := decode(st.Payload, maxManifest, &m); err != nil {
		return Bundle{}, err
	}
	if m.Entente != 1 || m.Kind != "CaseBundle" || !utc(m.At) || len(m.Parts) < 3 || len(body.Proof) > 0 {
		return Bundle{}, badBundle("is not a case")
	}
	key, err := keyOf(keys, m.By, st.KeyID, m.At)
	if err == nil {
		err = st.Verify(key)
	}
	if err != nil {
		return Bundle{}, err
	}
	same := func(raw []byte, d ident.Digest) bool { return ident.Sum(raw) == d }
	if !slices.EqualFunc(body.Objects, m.Parts, same) {
		return Bundle{}, badBundle("does not have the parts its list names")
	}
	return m.bundle(body.Objects)
}

func (m manifest) bundle(parts [][]byte) (Bundle, error) {
	b := Bundle{Text: parts[0], File: m.File, By: m.By, At: m.At}
	var err error
	if b.Case, b.Orders, err = ParseOrders(parts[1]); err != nil {
		return b, err
	}
	if b.Case != m.Case || len(b.Orders) != len(parts)-3 {
		return b, badBundle("has orders of another case, or other events than orders")
	}
	b.Head, b.Events = parts[2], map[ident.Digest][]byte{}
	for _, raw := range parts[3:] {
		b.Events[ident.Sum(raw)] = raw
	}
	return b, nil
}

// Verify replays the case from the parts of the bundle alone, every signature
// included. It returns an unverified fault "case.findings" when there is a
// finding; the case says which.
func (b Bundle) Verify(keys envelope.Keys) (*Case, error) {
	doc, err := instrument.Load(b.File, b.Text)
	if err != nil {
		return nil, err
	}
	c := Replay(b.Record, Law{Procedure: InText(doc), Keys: keys}, EachSignature)
	return c, c.Sound()
}

// Sound returns an unverified fault "case.findings" unless nothing is wrong with
// the record of the case.
func (c *Case) Sound() error {
	if len(c.Findings) == 0 {
		return nil
	}
	f := fault.New(fault.Unverified, "case.findings", "The record of case %s is not sound: %d findings.", c.ID, len(c.Findings))
	for _, x := range c.Findings {
		f = f.At(fmt.Sprintf("/orders/%d", x.Seq), x.Code+": "+x.Detail)
	}
	return f
}

// InText finds procedures in one text, for [Law].
func InText(doc *instrument.Instrument) func(Opening) (*instrument.Procedure, error) {
	return func(o Opening) (*instrument.Procedure, error) {
		if doc == nil || doc.Hash != o.Hash || doc.ID != o.Instrument || doc.Version != o.Version {
			return nil, fault.New(fault.Unverified, "case.text", "The case runs by %.60s %.20s, and that text is not here.", o.Instrument, o.Version).
				Try("Have the text published by the party that opened the case, or add it.")
		}
		for n := range doc.Procedures {
			if doc.Procedures[n].ID == o.Procedure {
				return &doc.Procedures[n], nil
			}
		}
		return nil, fault.New(fault.NotFound, "case.procedure", "%s has no procedure %.60q.", doc.Ref(), o.Procedure).
			Try("List the procedures with entente case procedures.")
	}
}

func badBundle(format string, args ...any) *fault.Error {
	return fault.New(fault.Unverified, "case.bundle", "The file %s.", fmt.Sprintf(format, args...)).
		Try("Use the file as the node wrote it.")
}
