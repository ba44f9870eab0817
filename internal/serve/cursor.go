package serve

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
)

// Cursors seals places in what a party may fetch into texts that say nothing to
// their holder. Nothing is kept: a cursor survives restarts, inserts and deletes,
// and can be used again. It opens only with the question it was given for.
type Cursors struct {
	aead  cipher.AEAD
	nonce []byte // key of the nonces
}

// NewCursors makes the cursors of one purpose from a secret that never changes.
func NewCursors(secret []byte, purpose string) (Cursors, error) {
	block, err := aes.NewCipher(Derive(secret, purpose+" seal"))
	if err != nil {
		return Cursors{}, err
	}
	aead, err := cipher.NewGCM(block)
	return Cursors{aead: aead, nonce: Derive(secret, purpose+" nonce")}, err
}

// Derive makes a key for one purpose.
func Derive(secret []byte, purpose string) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(purpose))
	return mac.Sum(nil)
}

// Seal derives the nonce from what is sealed, so that the same place in the same
// question is the same text, and different ones never share a nonce.
func (c Cursors) Seal(place, question []byte) string {
	mac := hmac.New(sha256.New, c.nonce)
	mac.Write(place)
	mac.Write(question)
	nonce := mac.Sum(nil)[:c.aead.NonceSize()]
	return base64.RawURLEncoding.EncodeToString(c.aead.Seal(nonce, nonce, place, question))
}

// Open returns false for anything but a cursor of this node for this question.
func (c Cursors) Open(sealed string, question []byte) (place []byte, ok bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	size := c.aead.NonceSize()
	if err != nil || len(b) <= size {
		return nil, false
	}
	place, err = c.aead.Open(nil, b[:size], b[size:], question)
	return place, err == nil
}
