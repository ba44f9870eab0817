package api

import (
	"net/http"
	"testing"
)

// FuzzAddresses: no path and no query makes the API fail.
func FuzzAddresses(f *testing.F) {
	h := newTest(f, &fake{}).handler()
	for _, path := range []string{"/v1/objects/indicator--1", "/v1/objects", "/v1/parties/x", "/v1/releases", "/v1/search", "/v1/why", "/v1/instruments/a/diff", "/v1/../x", "/v1/objects/\xff"} {
		f.Add(path, "limit=1&after=99999999999999999999&object=%ff&q=a:%22")
	}
	f.Fuzz(func(t *testing.T, path, query string) {
		r := request(http.MethodGet, "/", "")
		r.URL.Path, r.URL.RawQuery = "/"+path, query
		w := do(h, r)
		if w.Code >= http.StatusInternalServerError {
			t.Fatalf("%q %q: %d %s", path, query, w.Code, w.Body)
		}
	})
}

// FuzzBodies: no body makes the API fail, and what is refused says why.
func FuzzBodies(f *testing.F) {
	h := newTest(f, &fake{}).handler()
	paths := []string{"/v1/objects", "/v1/releases", "/v1/why"}
	for n := range paths {
		for _, seed := range []string{`{"objects":["x"],"to":["y"],"preview":"sha256:zz"}`, `{"object":"x","recipient":"y","purpose":"z"}`, `{"objects":[],"objects":[]}`, `[`, ``, "\xff", `{"at":"x"}`} {
			f.Add(n, []byte(seed), "application/json")
		}
	}
	f.Add(0, []byte("\x1f\x8b"), "application/stix+json; charset=utf-16")
	f.Fuzz(func(t *testing.T, n int, body []byte, media string) {
		target := paths[uint(n)%uint(len(paths))]
		w := do(h, request(http.MethodPost, target, string(body), "Content-Type", media))
		if w.Code >= http.StatusInternalServerError {
			t.Fatalf("%s: %d %s", target, w.Code, w.Body)
		}
		if w.Code >= http.StatusBadRequest && problemOf(t, w).Code == "" {
			t.Fatalf("%s: %d %s", target, w.Code, w.Body)
		}
	})
}
