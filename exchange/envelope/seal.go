package envelope

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"entente/internal/fault"
	"entente/internal/ident"
	"entente/internal/strictjson"
	"entente/party"
)

// The kinds of message.
const (
	KindRelease    = "release"
	KindRecall     = "recall"
	KindInstrument = "instrument"
	KindCase       = "case"
	KindReceipt    = "receipt"
)

var (
	errNull   = errors.New("has a null")
	errBase64 = errors.New("is not canonical base64")
)

// Keys finds the key of a party that signatures made at a time count by; see
// [party.Party.VerifyKey].
type Keys func(from party.ID, keyID string, at time.Time) (ed25519.PublicKey, bool)

// dsse is the DSSE envelope in JSON (DSSE envelope.md).
type dsse struct {
	Payload     string      `json:"payload"`
	PayloadType string      `json:"payloadType"`
	Signatures  []signature `json:"signatures"`
}

type signature struct {
	KeyID string `json:"keyid"`
	Sig   string `json:"sig"`
}

// Seal signs m together with the objects it lists. It fills in the version and
// the Merkle root, and returns an invalid fault when the message is malformed or
// an object is not the one its item names.
func Seal(m Message, objects [][]byte, keyID string, key ed25519.PrivateKey) (Body, error) {
	m.Entente = version
	m.At = m.At.UTC()
	m.Root = rootOf(m.Objects)
	if err := m.check(); err != nil {
		return Body{}, err
	}
	for i, err := range Match(m, objects) {
		if err != nil {
			return Body{}, fmt.Errorf("object %d: %w", i, err)
		}
	}
	payload, err := json.Marshal(m, json.Deterministic(true))
	if err != nil {
		return Body{}, fmt.Errorf("encode message: %w", err)
	}
	envelope, err := SignStatement(PayloadType, payload, keyID, key)
	if err != nil {
		return Body{}, err
	}
	return Body{Envelope: envelope, Objects: objects}, nil
}

// pae is the DSSE pre-authentication encoding: what is signed. The length
// prefixes keep type and payload apart (DSSE protocol.md, "Signature
// Definition").
func pae(payloadType string, payload []byte) []byte {
	head := fmt.Sprintf("DSSEv1 %d %s %d ", len(payloadType), payloadType, len(payload))
	return append([]byte(head), payload...)
}

// Open verifies a message and returns it. The envelope must be strict JSON with
// exactly one signature, and that one must be by a key of the sender that counted
// at the time of the message. Nothing in the payload is believed before: its
// sender and time only choose the key that must then fit.
//
// Failures are unverified faults ("envelope.signature", "envelope.key",
// "envelope.unsigned") or invalid ones for the form. Open does not know who the
// peer is or who we are: see [Message.Check].
func Open(envelope []byte, keys Keys) (Message, error) {
	p, err := unpack(envelope)
	if err != nil {
		return Message{}, err
	}
	key, ok := keys(p.message.From, p.KeyID, p.message.At)
	if !ok || len(key) != ed25519.PublicKeySize {
		return Message{}, unverified("envelope.key", "The message is signed with a key that %.64q did not have at that time.", p.message.From).
			Try("Ask the sender for its current party card.")
	}
	if err := p.Verify(key); err != nil {
		return Message{}, err
	}
	if err := p.message.check(); err != nil {
		return Message{}, err
	}
	return p.message, nil
}

// Kept reads a message that Open accepted when it came and that was kept sealed
// since. It verifies no signature: by now the sender may have lost the key, and
// what it sent then must still be found when it takes it back.
func Kept(envelope []byte) (Message, error) {
	p, err := unpack(envelope)
	return p.message, err
}

// parts is an envelope taken apart, of which nothing is believed yet.
type parts struct {
	Statement
	message Message
}

func unpack(envelope []byte) (parts, error) {
	st, err := OpenStatement(envelope, PayloadType)
	if err != nil {
		return parts{}, err
	}
	p := parts{Statement: st}
	if err := decode(p.Payload, &p.message); err != nil {
		return parts{}, malformed("has a payload that is not a message").Because(err)
	}
	return p, nil
}

// decode reads strict JSON into the exact shape of v. A null would leave a field
// as if it were absent, which another reader need not do.
func decode(b []byte, v any) error {
	tree, err := strictjson.Parse(b, strictjson.Limits{Bytes: MaxEnvelope, Depth: maxDepth, Tokens: maxTokens})
	if err != nil {
		return err
	}
	if hasNull(tree) {
		return errNull
	}
	return json.Unmarshal(b, v, json.RejectUnknownMembers(true))
}

// encode writes an envelope; the members of both structs are in canonical order.
func encode(d dsse) ([]byte, error) { return json.Marshal(d) }

func hasNull(v strictjson.Value) bool {
	if v.Kind == strictjson.Null {
		return true
	}
	return slices.ContainsFunc(v.Items, hasNull) ||
		slices.ContainsFunc(v.Members, func(m strictjson.Member) bool { return hasNull(m.Value) })
}

func canonicalBase64(s string) ([]byte, error) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nil, err
	}
	// The decoder skips line breaks and stray bits in the last digit.
	if base64.StdEncoding.EncodeToString(b) != s {
		return nil, errBase64
	}
	return b, nil
}

func malformed(format string, args ...any) *fault.Error {
	return fault.New(fault.Invalid, "envelope.malformed", "The message %s.", fmt.Sprintf(format, args...))
}

func unverified(code, format string, args ...any) *fault.Error {
	return fault.New(fault.Unverified, code, format, args...)
}

// Digest is the digest of the envelope as it travels, which a receipt answers to.
func (b Body) Digest() ident.Digest { return ident.Sum(b.Envelope) }
