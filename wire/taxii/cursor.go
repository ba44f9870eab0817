package taxii

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"
)

// cursors seals places in a feed into the opaque next of section 3.5. Nothing is
// kept: a cursor survives restarts, inserts and deletes, and can be used again.
// It says nothing to its holder and opens only with the question it was given
// for, of the party it was given to.
type cursors struct {
	aead  cipher.AEAD
	nonce []byte // key of the nonces
}

func newCursors(key []byte) (cursors, error) {
	block, err := aes.NewCipher(derive(key, "entente-taxii-cursor-v1 seal"))
	if err != nil {
		return cursors{}, err
	}
	aead, err := cipher.NewGCM(block)
	return cursors{aead: aead, nonce: derive(key, "entente-taxii-cursor-v1 nonce")}, err
}

// seal derives the nonce from what is sealed, so that the same place in the same
// question is the same text, and different ones never share a nonce.
func (c cursors) seal(at time.Time, question []byte) string {
	var place [8]byte
	binary.BigEndian.PutUint64(place[:], uint64(at.UnixMicro()))
	mac := hmac.New(sha256.New, c.nonce)
	mac.Write(place[:])
	mac.Write(question)
	nonce := mac.Sum(nil)[:c.aead.NonceSize()]
	return base64.RawURLEncoding.EncodeToString(c.aead.Seal(nonce, nonce, place[:], question))
}

// open returns false for anything but a cursor of this node for this question.
func (c cursors) open(next string, question []byte) (time.Time, bool) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(next)
	size := c.aead.NonceSize()
	if err != nil || len(sealed) <= size {
		return time.Time{}, false
	}
	place, err := c.aead.Open(nil, sealed[:size], sealed[size:], question)
	if err != nil || len(place) != 8 {
		return time.Time{}, false
	}
	return time.UnixMicro(int64(binary.BigEndian.Uint64(place))).UTC(), true //nolint:gosec // G115: as it was sealed
}
