package exchange

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"

	"entente/internal/fault"
)

// secretPurpose separates the key of source secrets from what else is derived
// from the node's secret.
const secretPurpose = "entente source credential 1" //nolint:gosec // G101: the label of a key, not a key

// sealSecret encrypts the secret of a source with a key that is not in the
// database. It is bound to the source's id and address: who can write to the
// database cannot have it shown to another server. Nothing to keep is nil.
func (s *Service) sealSecret(src Source, secret SourceSecret) ([]byte, error) {
	if secret == (SourceSecret{}) {
		return nil, nil
	}
	box, err := s.secretBox()
	if err != nil {
		return nil, err
	}
	plain, err := json.Marshal(secret)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, box.NonceSize())
	if _, err := io.ReadFull(s.rand, nonce); err != nil {
		return nil, fmt.Errorf("make a nonce: %w", err)
	}
	return box.Seal(nonce, nonce, plain, boundTo(src)), nil
}

// openSecret returns an unverified fault "source.secret" when the secret was not
// sealed by this node for this source at this address.
func (s *Service) openSecret(src Source, sealed []byte) (secret SourceSecret, err error) {
	if sealed == nil {
		return secret, nil
	}
	box, err := s.secretBox()
	if err != nil {
		return secret, err
	}
	refused := fault.New(fault.Unverified, "source.secret", "The stored credential of the source cannot be opened.").
		Try("Remove the source and add it again with its credential.")
	if len(sealed) < box.NonceSize() {
		return secret, refused
	}
	plain, err := box.Open(nil, sealed[:box.NonceSize()], sealed[box.NonceSize():], boundTo(src))
	if err != nil {
		return secret, refused.Because(err)
	}
	if err := json.Unmarshal(plain, &secret); err != nil {
		return secret, refused // the cause could quote the secret
	}
	return secret, nil
}

func (s *Service) secretBox() (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, s.secret, nil, secretPurpose, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func boundTo(src Source) []byte {
	return []byte(src.ID + "\x00" + src.Kind + "\x00" + src.URL + "\x00" + src.Auth + "\x00" + src.CA)
}
