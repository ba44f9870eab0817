package serve_test

import (
	"bytes"
	"testing"

	"entente/internal/serve"
)

// FuzzCursor: what was sealed opens as it was, with its question only; nothing
// else opens at all.
func FuzzCursor(f *testing.F) {
	c, err := serve.NewCursors(make([]byte, 32), "test")
	if err != nil {
		f.Fatal(err)
	}
	f.Add("", []byte("place"), []byte("question"))
	f.Add("AAAA", []byte{}, []byte{})
	f.Add(c.Seal([]byte("place"), []byte("other")), []byte("place"), []byte("question"))
	f.Fuzz(func(t *testing.T, given string, place, question []byte) {
		sealed := c.Seal(place, question)
		got, ok := c.Open(sealed, question)
		if !ok || !bytes.Equal(got, place) {
			t.Fatalf("%q opens as %q %v", place, got, ok)
		}
		if _, ok := c.Open(sealed, append(bytes.Clone(question), 0)); ok {
			t.Fatal("it opens with another question")
		}
		if got, ok := c.Open(given, question); ok && c.Seal(got, question) != given {
			t.Fatalf("%q opens, and was never sealed", given)
		}
	})
}

// FuzzCredential: a header names a secret or none, and a user only with one.
func FuzzCredential(f *testing.F) {
	for _, seed := range []string{"Bearer x", "Basic dTpw", "basic  dTpw", "Basic", "Bearer ", "Digest x", "Basic !"} {
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, header string, twice bool) {
		headers := []string{header}
		if twice {
			headers = append(headers, header)
		}
		user, secret, ok := serve.Credential(headers)
		if ok && (twice || secret == "" && user == "") {
			t.Fatalf("%q, twice: %v, is %q %q", header, twice, user, secret)
		}
	})
}
