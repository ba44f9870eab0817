// Package ident names things: content by its digest, acts by a time-ordered id.
//
// It knows nothing of what it names. Invariant: a [Digest] is SHA-256 over the
// exact bytes given, never over a re-encoded form.
package ident

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/google/uuid"

	"entente/internal/fault"
)

// Digest is the SHA-256 of some bytes. Its text form is "sha256:" and 64
// lower-case hexadecimal digits.
type Digest [sha256.Size]byte

const digestPrefix = "sha256:"

// Sum returns the digest of b.
func Sum(b []byte) Digest { return sha256.Sum256(b) }

// ParseDigest reads the text form and returns an invalid fault for anything else.
func ParseDigest(s string) (Digest, error) {
	var d Digest
	hexed, ok := strings.CutPrefix(s, digestPrefix)
	if !ok || len(hexed) != 2*len(d) || strings.ToLower(hexed) != hexed {
		return d, fault.New(fault.Invalid, "digest.malformed", "A digest is sha256: and 64 lower-case hexadecimal digits.")
	}
	if _, err := hex.Decode(d[:], []byte(hexed)); err != nil {
		return d, fault.New(fault.Invalid, "digest.malformed", "A digest is sha256: and 64 lower-case hexadecimal digits.").Because(err)
	}
	return d, nil
}

func (d Digest) String() string { return digestPrefix + hex.EncodeToString(d[:]) }

// Short is the first 12 hexadecimal digits, for people; never compare by it.
func (d Digest) Short() string { return hex.EncodeToString(d[:6]) }

// IsZero reports whether d was never set.
func (d Digest) IsZero() bool { return d == Digest{} }

// MarshalText implements [encoding.TextMarshaler].
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (d *Digest) UnmarshalText(b []byte) (err error) {
	*d, err = ParseDigest(string(b))
	return err
}

// New returns a fresh UUIDv7: unique, and ordered by the time it was made, so
// that database indexes grow at their right edge.
func New() string { return uuid.Must(uuid.NewV7()).String() }

// Random returns a fresh UUIDv4, for standards that ask for one.
func Random() string { return uuid.NewString() }
