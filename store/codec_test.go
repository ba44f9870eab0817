package store

import (
	"bytes"
	"testing"
	"unicode/utf8"
)

// FuzzIDs: an id comes back from the database as it was, spelling and all, and no
// two share a row.
func FuzzIDs(f *testing.F) {
	const id = "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"
	f.Add(id, "indicator--8E2E2D2B-17d4-4cbf-938f-98ee46b3cd3f")
	f.Add("a--b", "--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f")
	f.Add("", "urn:uuid:8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f")
	f.Fuzz(func(t *testing.T, a, b string) {
		if !utf8.ValidString(a) || !utf8.ValidString(b) {
			t.Skip("no id is, see package strictjson")
		}
		packed := packID(a)
		if got := unpackID(packed); got != a {
			t.Fatalf("%q comes back as %q", a, got)
		}
		if a != b && bytes.Equal(packed, packID(b)) {
			t.Fatalf("%q and %q share a row", a, b)
		}
	})
}
