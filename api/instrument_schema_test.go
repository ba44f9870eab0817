package api

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"

	"entente/instrument"
)

// TestTheSchemaIsPublicAndCached: an editor without a token gets the schema, and
// asks again for nothing.
func TestTheSchemaIsPublicAndCached(t *testing.T) {
	t.Parallel()
	h := newTest(t, &fake{}).handler()
	get := func(tag string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, schemaPath, nil)
		if tag != "" {
			r.Header.Set("If-None-Match", tag)
		}
		return do(h, r)
	}
	first := get("")
	tag := first.Header().Get("ETag")
	if first.Code != http.StatusOK || !bytes.Equal(first.Body.Bytes(), instrument.Schema()) || tag == "" {
		t.Fatalf("%d, ETag %q, %d bytes", first.Code, tag, first.Body.Len())
	}
	for name, want := range map[string]string{
		"Content-Type": "application/schema+json", "Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff",
	} {
		if got := first.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for header, code := range map[string]int{
		tag: http.StatusNotModified, "W/" + tag: http.StatusNotModified, `"other", ` + tag: http.StatusNotModified, "*": http.StatusNotModified,
		`"other"`: http.StatusOK,
	} {
		again := get(header)
		if again.Code != code || code == http.StatusNotModified && again.Body.Len() > 0 || again.Header().Get("ETag") != tag {
			t.Errorf("If-None-Match %s: %d with %d bytes", header, again.Code, again.Body.Len())
		}
	}
}
