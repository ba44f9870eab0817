package envelope

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"strings"

	"entente/internal/fault"
)

// Statement is a signed text that is no message: it is addressed to nobody, is
// kept as it came, and counts wherever it turns up. The payload type says what
// it is, so that a signature made for one kind is worth nothing for another.
//
// A statement from [OpenStatement] has the form of one and is not verified yet:
// its payload says whose key [Statement.Verify] has to be given.
type Statement struct {
	Payload []byte
	KeyID   string
	kind    string
	sig     []byte
}

// SignStatement signs payload as a statement of a payload type, in the one
// encoding a DSSE envelope has here. It returns an invalid fault without a named
// Ed25519 key, or when the payload is too long.
func SignStatement(payloadType string, payload []byte, keyID string, key ed25519.PrivateKey) ([]byte, error) {
	if len(key) != ed25519.PrivateKeySize || keyID == "" {
		return nil, fault.New(fault.Invalid, "envelope.key", "A message is signed with a named Ed25519 key.")
	}
	sig := ed25519.Sign(key, pae(payloadType, payload))
	envelope, err := encode(dsse{
		Payload:     base64.StdEncoding.EncodeToString(payload),
		PayloadType: payloadType,
		Signatures:  []signature{{KeyID: keyID, Sig: base64.StdEncoding.EncodeToString(sig)}},
	})
	if err != nil {
		return nil, fmt.Errorf("encode envelope: %w", err)
	}
	if len(envelope) > MaxEnvelope {
		return nil, fault.New(fault.Invalid, "envelope.size", "A message is at most %d bytes without its objects.", MaxEnvelope).
			Try("Send fewer objects at once.")
	}
	return envelope, nil
}

// OpenStatement takes a statement of one payload type apart and believes nothing
// in it. Receipts, log entries and other statements name an envelope by its
// digest, so it must be in canonical form: with one encoding per statement, a
// carrier cannot make a second envelope of the same one.
//
// It returns an invalid fault for the form, and an unverified one
// ("envelope.unsigned", "envelope.signature") unless there is exactly one
// well-formed signature: a second one would be a part nobody vouches for.
func OpenStatement(envelope []byte, payloadType string) (Statement, error) {
	if len(envelope) > MaxEnvelope {
		return Statement{}, malformed("is larger than %d bytes", MaxEnvelope)
	}
	d, ok := plain(envelope, payloadType)
	if !ok {
		if err := decode(envelope, &d); err != nil {
			return Statement{}, malformed("is not a DSSE envelope in strict JSON").Because(err)
		}
		if again, err := encode(d); err != nil || !bytes.Equal(again, envelope) {
			return Statement{}, malformed("is not in canonical form (RFC 8785)").Because(err)
		}
	}
	if d.PayloadType != payloadType {
		return Statement{}, malformed("carries %.80q, not %q", d.PayloadType, payloadType)
	}
	switch len(d.Signatures) {
	case 0:
		return Statement{}, unverified("envelope.unsigned", "The message carries no signature.")
	case 1:
	default:
		return Statement{}, unverified("envelope.signature", "The message carries more than one signature.")
	}
	s := Statement{KeyID: d.Signatures[0].KeyID, kind: payloadType}
	var err error
	if s.Payload, err = canonicalBase64(d.Payload); err != nil {
		return Statement{}, malformed("has a payload that is not canonical base64").Because(err)
	}
	if s.sig, err = canonicalBase64(d.Signatures[0].Sig); err != nil || len(s.sig) != ed25519.SignatureSize {
		return Statement{}, unverified("envelope.signature", "The signature of the message is malformed.").Because(err)
	}
	return s, nil
}

// plain reads an envelope of the form that [SignStatement] writes, without a JSON
// parser: one signature, and no character anywhere that JSON would escape. That
// form is canonical by itself. It reports false for every other one, which says
// nothing about it. Verifying a million events would spend most of its time here.
func plain(envelope []byte, payloadType string) (dsse, bool) {
	rest, begun := strings.CutPrefix(string(envelope), `{"payload":"`)
	payload, rest, typed := strings.Cut(rest, `","payloadType":"`)
	rest, fits := strings.CutPrefix(rest, payloadType+`","signatures":[{"keyid":"`)
	keyID, rest, named := strings.Cut(rest, `","sig":"`)
	sig, ended := strings.CutSuffix(rest, `"}]}`)
	if !begun || !typed || !fits || !named || !ended || !usual(payload) || !usual(keyID) || !usual(sig) {
		return dsse{}, false
	}
	return dsse{Payload: payload, PayloadType: payloadType, Signatures: []signature{{KeyID: keyID, Sig: sig}}}, true
}

// usual reports whether a text has only what is in base64 or in the id of a key.
func usual(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '+', c == '/', c == '=', c == '-', c == '_', c == '.', c == ':':
		default:
			return false
		}
	}
	return true
}

// Verify returns an unverified fault ("envelope.signature") unless the statement
// was signed with the key over exactly the payload that travelled.
func (s Statement) Verify(key ed25519.PublicKey) error {
	if len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, pae(s.kind, s.Payload), s.sig) {
		return unverified("envelope.signature", "The signature of the message does not hold.")
	}
	return nil
}
