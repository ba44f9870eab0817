package veris

import (
	"os"
	"testing"

	"entente/intel/stix"
	"entente/internal/strictjson"
)

// FuzzParse reads anything as VERIS. Whatever comes out keeps the rules of
// STIX, is the same each time, and is JSON when it is written back.
func FuzzParse(f *testing.F) {
	src, err := os.ReadFile("testdata/full.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(src)
	for _, seed := range []string{
		`{"incident_id":"x","action":{"a b":{"c":[{"":1}]},"veris-name-1":null}}`, "{\"incident_id\":\"1\",\"actor\":{}}\n[]\n", `[{"incident_id":"1","victim":{"country":"USA","industry":"52"}}]`,
		`{"incident_id":"1","reference":"https://a.example; http://","action":{"social":{"variety":"Phishing"}},"actor":{"external":{"name":["x"]}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		Is(src)
		b, err := Parse(src)
		if err != nil {
			return
		}
		for _, o := range objects(b) {
			if _, _, err := stix.ParseObject(o.Raw); err != nil {
				t.Fatalf("not STIX: %v: %s", err, o.Raw)
			}
		}
		again, _ := Parse(src)
		if len(again.Accepted) != len(b.Accepted) || len(again.Rejected) != len(b.Rejected) {
			t.Fatal("not the same twice")
		}
		if _, err := strictjson.Parse(Write(objects(b)).Document, strictjson.Limits{Bytes: 64 << 20, Tokens: 1 << 24}); err != nil {
			t.Fatalf("not JSON: %v", err)
		}
	})
}

// FuzzWrite writes any STIX as VERIS.
func FuzzWrite(f *testing.F) {
	f.Add([]byte(`[{"type":"incident","spec_version":"2.1","id":"incident--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","created":"2026-11-20T10:00:00.000Z","modified":"2026-11-20T10:00:00.000Z","name":"x",` +
		`"extensions":{"` + Extension + `":{"extension_type":"property-extension","incident":{"actor":[],"victim":1,"a":{"b":2,"c":3}},"names":{"b":"c"}}}}]`))
	f.Fuzz(func(t *testing.T, src []byte) {
		b, err := stix.Parse(src)
		if err != nil {
			return
		}
		if _, err := strictjson.Parse(Write(objects(b)).Document, strictjson.Limits{Bytes: 64 << 20, Tokens: 1 << 24}); err != nil {
			t.Fatalf("not JSON: %v", err)
		}
	})
}
