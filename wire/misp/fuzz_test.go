package misp_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"entente/exchange"
	"entente/internal/fault"
)

// FuzzBodies: no body makes the door fail, wherever it is sent.
func FuzzBodies(f *testing.F) {
	w := newWorld(f)
	w.imports(bundle(indicator(1, 0), report(10, 1)))
	w.release(borealis, false, id("report", 10))
	paths := []string{
		"/events/add", "/events/edit/" + uuidOf(10), "/events/restSearch", "/events/filterEventIdsForPush", "/sightings/add", "/sightings/add/" + uuidOf(1),
		"/sightings/bulkSaveSightings/" + uuidOf(10), "/sightings/filterSightingUuidsForPush/" + uuidOf(10), "/servers/postTest",
	}
	for n := range paths {
		f.Add(n, []byte(`{"Event":{"info":"x","Attribute":[{"type":"domain","value":"a.example"}]}}`))
		f.Add(n, []byte(`{"request":{"value":["a%"],"limit":"2"},"values":["198.51.100.7"],"id":7}`))
		f.Add(n, []byte(`[{"Sighting":{"type":"0"}},7,null]`))
		f.Add(n, []byte("\xff"))
	}
	f.Fuzz(func(t *testing.T, n int, body []byte) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, paths[uint(n)%uint(len(paths))], bytes.NewReader(body))
		r.Header.Set("Authorization", w.secrets[borealis])
		r.Header.Set("Content-Type", "application/json")
		rec := httptest.NewRecorder()
		w.door.ServeHTTP(rec, r)
		if rec.Code >= 500 {
			t.Fatalf("%s: %d %s", r.URL.Path, rec.Code, rec.Body)
		}
	})
}

// FuzzPaths: no path, which may hold a search, and no query makes the door fail.
func FuzzPaths(f *testing.F) {
	w := newWorld(f)
	w.imports(bundle(indicator(1, 0), report(10, 1)))
	w.release(borealis, false, id("report", 10))
	for _, seed := range []string{
		"/events/view/" + uuidOf(10), "/events/index/searchpublished:1/limit:2.json", "/events/view/" + uuidOf(10) + "/deleted[]:0/deleted[]:1", "/events/%2e%2e/x",
		"/attributes/restSearch/json/value:a%", "/sightings/listSightings/" + uuidOf(1) + "/attribute", "/events/index/a:b:c", "//", "/\x00",
	} {
		f.Add(seed, "limit=-1&page=99999999999999999999")
	}
	f.Fuzz(func(t *testing.T, path, query string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
		r.URL.Path, r.URL.RawQuery = "/"+path, query
		r.Header.Set("Authorization", w.secrets[borealis])
		rec := httptest.NewRecorder()
		w.door.ServeHTTP(rec, r)
		if rec.Code >= 500 {
			t.Fatalf("%q %q: %d %s", path, query, rec.Code, rec.Body)
		}
	})
}

// FuzzForeignAnswer lets a server answer anything to everything: the client ends,
// with a fault or with documents.
func FuzzForeignAnswer(f *testing.F) {
	for _, seed := range []string{
		`[]`, `{"version":"2.4.198"}`, `[{"uuid":"5f6b1e1a-52a4-4b6c-9d21-000000000001","timestamp":"1700000000"}]`, `{"response":[{"Event":{"uuid":"x","timestamp":1}}]}`,
		`[{"Event":{"uuid":"../../x","timestamp":"-1"}},7]`, `{"Event":{"uuid":"5f6b1e1a-52a4-4b6c-9d21-000000000001"},"Event":{}}`, `[`, "\xff",
	} {
		f.Add([]byte(seed))
	}
	var body []byte
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) }))
	f.Cleanup(srv.Close)
	c := (&world{}).client()
	f.Fuzz(func(t *testing.T, b []byte) {
		body = b
		src, cursor := exchange.Source{Name: "foreign", URL: srv.URL, Auth: exchange.AuthBearer}, ""
		for range 3 {
			page, err := c.Collect(t.Context(), src, exchange.SourceSecret{Token: "x"}, cursor)
			if err != nil {
				if _, ok := errors.AsType[*fault.Error](err); !ok {
					t.Fatalf("no fault: %v", err)
				}
				return
			}
			cursor = page.Cursor
		}
	})
}
