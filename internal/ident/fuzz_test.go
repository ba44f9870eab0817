package ident_test

import (
	"testing"

	"entente/internal/ident"
)

// FuzzParseDigest: there is one way to write a digest.
func FuzzParseDigest(f *testing.F) {
	for _, seed := range []string{ident.Sum(nil).String(), "sha256:", "sha256:zz", "SHA256:" + ident.Sum(nil).String()[7:], ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := ident.ParseDigest(s); err == nil && d.String() != s {
			t.Fatalf("%q is read as %s", s, d)
		}
	})
}
