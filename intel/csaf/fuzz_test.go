package csaf

import (
	"os"
	"testing"

	"entente/intel/stix"
)

// FuzzParse reads anything as CSAF. Whatever comes out keeps the rules of STIX,
// is the same each time, and every test of the standard survives it.
func FuzzParse(f *testing.F) {
	b, err := os.ReadFile("testdata/advisory.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	for _, seed := range []string{
		`{"document":{}}`,
		`{"aggregator":{}}`,
		`{"document":{"category":"csaf_vex","csaf_version":"2.0","publisher":{"category":"other","name":"cve","namespace":"x:y"},"title":"t","tracking":{"current_release_date":"2021-07-21T10:00:00Z","id":"CVE-2021-44228","initial_release_date":"2022-07-21T10:00:00+02:00","revision_history":[{"date":"2021-07-21T10:00:00Z","number":"99999999999999999999","summary":"s"}],"status":"draft","version":"1.0.0-a+b"}},"vulnerabilities":[{"ids":[{"system_name":"capec","text":"CAPEC-1"}],"scores":[{"cvss_v2":{"version":"2.0","vectorString":"AV:L/AC:L/Au:M/C:C/I:C/A:C","baseScore":1},"products":["x"]}]}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		_, _ = Validate(src)
		b, err := Parse(src)
		if err != nil {
			return
		}
		for _, a := range b.Accepted {
			if _, _, err := stix.ParseObject(a.Object.Raw); err != nil {
				t.Fatalf("not STIX: %v: %s", err, a.Object.Raw)
			}
		}
		again, _ := Parse(src)
		if len(again.Accepted) != len(b.Accepted) || len(again.Rejected) != len(b.Rejected) {
			t.Fatal("not the same twice")
		}
	})
}
