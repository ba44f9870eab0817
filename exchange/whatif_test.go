package exchange_test

import (
	"bytes"
	"testing"
)

// draftOf is the memorandum with Cordova with something in it replaced, without
// its vectors, which are about the text before.
func draftOf(t testing.TB, n *testNode, old, text string) []byte {
	t.Helper()
	v, err := n.Instrument(t.Context(), "mou-aurelia-cordova")
	must(t, err)
	src, _, _ := bytes.Cut(v.Source, []byte("\nvectors:"))
	if !bytes.Contains(src, []byte(old)) {
		t.Fatalf("the memorandum has no %q", old)
	}
	return append(bytes.Replace(src, []byte(old), []byte(text), 1), '\n')
}
