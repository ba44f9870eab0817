package exchange

import (
	"errors"
	"testing"

	"entente/internal/fault"
)

// FuzzInspect reads anything as an import would: it is of some format with every
// object accounted for once, or refused whole with a reason.
func FuzzInspect(f *testing.F) {
	for _, seed := range []string{
		`{"type":"bundle","objects":[{"type":"indicator"}]}`, `{"Event":{"info":"x"}}`, `{"document":{"category":"csaf_base","csaf_version":"2.0"}}`,
		`{"catalogVersion":"1","vulnerabilities":[]}`, "value\n198.51.100.7\n", "type,value\nipv4,198.51.100.7\n", `{"type":"playbook","spec_version":"cacao-2.0"}`,
		`{"schema_version":"1.3.7","incident_id":"x"}`, `{"schema":"attack_flow_v2"}`, "\x1f\x8b", "PK\x03\x04", `<?xml version="1.0"?><a/>`, "\xef\xbb\xbf{}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Inspect(b)
		if err != nil {
			if got, ok := errors.AsType[*fault.Error](err); !ok || got.Kind != fault.Invalid {
				t.Fatalf("%v", err)
			}
			return
		}
		if r.Format == "" {
			t.Fatal("it is of no format")
		}
		for _, l := range r.Refused {
			if l.Code == "" {
				t.Fatalf("%+v has no reason", l)
			}
		}
	})
}
