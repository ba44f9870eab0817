package kev

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"strings"
	"testing"

	"entente/intel/stix"
	"entente/internal/fault"
)

func example(t testing.TB, edits ...string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/catalogue.json")
	if err != nil {
		t.Fatal(err)
	}
	return []byte(strings.NewReplacer(edits...).Replace(string(b)))
}

func parsed(t *testing.T, src []byte) stix.Bundle {
	t.Helper()
	b, err := Parse(src)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestAnEntryBecomesAVulnerability, every fact of it kept.
func TestAnEntryBecomesAVulnerability(t *testing.T) {
	t.Parallel()
	b := parsed(t, example(t))
	if len(b.Accepted) != 3 || len(b.Rejected) != 1 {
		t.Fatalf("%d accepted, %+v", len(b.Accepted), b.Rejected)
	}
	const want = `"created":"2026-11-04T00:00:00.000Z","modified":"2026-11-20T17:04:19.979Z","name":"CVE-2026-31337",` +
		`"description":"Helio Gateway Out-of-Bounds Write Vulnerability\n\nHelio Gateway contains an out-of-bounds write.","labels":["known-exploited"],` +
		`"external_references":[{"source_name":"cve","external_id":"CVE-2026-31337"},{"source_name":"cisa-kev","url":"https://www.cisa.gov/known-exploited-vulnerabilities-catalog"},` +
		`{"source_name":"cwe","external_id":"CWE-787"}],"extensions":{"extension-definition--b1f60e52-93d7-4a48-8c25-6e0f7d1a9c84":{"extension_type":"property-extension",` +
		`"vendor_project":"Helio","product":"Gateway","vulnerability_name":"Helio Gateway Out-of-Bounds Write Vulnerability ","date_added":"2026-11-04","due_date":"2026-11-25",` +
		`"required_action":"Apply mitigations per vendor instructions.","known_ransomware_campaign_use":"Unknown","notes":"https://helio.example/cve-2026-31337"}}}`
	a := b.Accepted[1]
	if !strings.HasSuffix(string(a.Object.Raw), want) {
		t.Errorf("got  %s\nwant %s", a.Object.Raw, want)
	}
	if a.Pointer != "/vulnerabilities/0" || !a.Undated || a.Object.Upgraded == nil || !strings.HasPrefix(string(a.Object.Upgraded.Raw), `{"cveID": "CVE-2026-31337"`) {
		t.Errorf("%+v", a)
	}
	if m := stix.Mark(a.Object, nil); m.Labelled {
		t.Errorf("got a label from nowhere: %+v", m)
	}
}

// TestABadEntryCostsItself, by the published schema.
func TestABadEntryCostsItself(t *testing.T) {
	t.Parallel()
	for want, edits := range map[string][]string{
		"/cveID: is not a CVE id":                             {`"CVE-2025-20001"`, `"CVE-25-1"`},
		"/cveID: is in the catalogue twice":                   {`"CVE-2025-20001"`, `"CVE-2026-31337"`},
		"/product: is missing or not text":                    {`"product": "Mail"`, `"product": 5`},
		"/requiredAction: is missing or not text":             {`"requiredAction": "Apply updates.", `, ``},
		"/shortDescription: is missing or not text":           {`"shortDescription": "Nimbus Mail contains a path traversal.", `, ``},
		"/dueDate: is not a date":                             {`"dueDate": "2025-12-22"},`, `"dueDate": "soon"},`},
		"/cwes/0: is not a CWE id":                            {`"dueDate": "2025-12-22"},`, `"dueDate": "2025-12-22", "cwes": ["787"]},`},
		"/dateAdded: is missing or not text":                  {`"dateAdded": "2025-12-01",` + "\n" + `     "shortDescription": "Nimbus`, `"shortDescription": "Nimbus`},
		"/knownRansomwareCampaignUse: is missing or not text": {`"dueDate": "2025-12-22"},`, `"dueDate": "2025-12-22", "knownRansomwareCampaignUse": true},`},
	} {
		b := parsed(t, example(t, edits...))
		if len(b.Accepted) != 2 || len(b.Rejected) != 2 || b.Rejected[0].Detail != want || b.Rejected[0].Code != "kev.entry" || b.Rejected[0].Pointer != "/vulnerabilities/1" {
			t.Errorf("%s: %d accepted, %+v", want, len(b.Accepted), b.Rejected)
		}
	}
}

func TestWhatIsNoCatalogue(t *testing.T) {
	t.Parallel()
	for src, code := range map[string]string{
		`{"catalogVersion":"x","vulnerabilities":[]}`:                                                                       "kev.not-catalogue",
		`{"catalogVersion":"x","dateReleased":"today","vulnerabilities":[]}`:                                                "kev.not-catalogue",
		`{"catalogVersion":"x","dateReleased":"2026-11-20T17:04:19Z","vulnerabilities":{}}`:                                 "json.syntax",
		`{"catalogVersion":"x","dateReleased":"2026-11-20T17:04:19Z","vulnerabilities":[],"vulnerabilities":[{"cveID":1}]}`: "json.duplicate",
	} {
		if _, err := Parse([]byte(src)); !Is([]byte(src)) || fault.CodeOf(err) != code {
			t.Errorf("%s: %v", src, err)
		}
	}
	for _, src := range []string{`{"vulnerabilities":[]}`, `{"type":"bundle","catalogVersion":1,"vulnerabilities":[]}`, `[]`} {
		if Is([]byte(src)) {
			t.Errorf("%s is taken for the catalogue", src)
		}
	}
}

// TestCatalogueCorpus reads the published catalogue until the end of 2024.
func TestCatalogueCorpus(t *testing.T) {
	t.Parallel()
	shared := os.Getenv("ENTENTE_SHARED")
	if shared == "" {
		t.Skip("ENTENTE_SHARED is not set: the catalogue is not here")
	}
	b, err := os.ReadFile(shared + "/corpus/vuln/kev-until-2024-12-31.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	src, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	out := parsed(t, src)
	if len(out.Accepted) != 1240 || len(out.Rejected) != 0 { // 1 239 entries and the publisher
		t.Errorf("%d accepted, %d rejected", len(out.Accepted), len(out.Rejected))
	}
}

// FuzzParse reads anything as the catalogue. Every entry is accounted for.
func FuzzParse(f *testing.F) {
	f.Add(example(f))
	f.Add([]byte(`{"catalogVersion":"x","dateReleased":"2026-11-20T17:04:19Z","vulnerabilities":[{"cveID":"CVE-2026-0001"},[],{]}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		Is(src)
		b, err := Parse(src)
		if err != nil {
			return
		}
		for _, a := range b.Accepted {
			if _, _, err := stix.ParseObject(a.Object.Raw); err != nil {
				t.Fatalf("not STIX: %v: %s", err, a.Object.Raw)
			}
		}
		for _, r := range b.Rejected {
			if r.Code == "" || len(r.Raw) == 0 {
				t.Fatalf("rejected without a reason: %+v", r)
			}
		}
	})
}
