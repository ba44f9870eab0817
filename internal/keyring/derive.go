package keyring

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// keyID names a key by what it is, so that an id never means two keys.
func keyID(private ed25519.PrivateKey) string {
	sum := sha256.Sum256(private[ed25519.SeedSize:])
	return "ed25519-" + hex.EncodeToString(sum[:8])
}

var errLogKey = errors.New("the log key is not an Ed25519 signer key")

// verifierKey derives the verifier key from a signer key of the form
// "PRIVATE+KEY+name+hash+key", so that the two cannot disagree in the file.
func verifierKey(signerKey string) (string, error) {
	parts := strings.SplitN(signerKey, "+", 5)
	if len(parts) != 5 {
		return "", errLogKey
	}
	raw, err := base64.StdEncoding.DecodeString(parts[4])
	if err != nil || len(raw) != 1+ed25519.SeedSize {
		return "", errLogKey
	}
	public, ok := ed25519.NewKeyFromSeed(raw[1:]).Public().(ed25519.PublicKey)
	if !ok {
		return "", errLogKey
	}
	return note.NewEd25519VerifierKey(parts[2], public)
}
