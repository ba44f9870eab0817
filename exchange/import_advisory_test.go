package exchange_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"entente/exchange"
	"entente/intel"
	"entente/party"
)

func testFile(t *testing.T, path string, edits ...string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	return strings.NewReplacer(edits...).Replace(string(b))
}

const (
	advisoryFile  = "../intel/csaf/testdata/advisory.json"
	catalogueFile = "../intel/kev/testdata/catalogue.json"
)

// reportOf is the report of an import.
func reportOf(rep exchange.ImportReport) string {
	for _, l := range rep.Objects {
		if strings.HasPrefix(l.ID, "report--") {
			return l.ID
		}
	}
	return ""
}

// TestAdvisoryComesIn: the same advisory again changes nothing, the next
// revision makes no object new that is not, and an older one does not come back.
func TestAdvisoryComesIn(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a := f.nodes[aurelia]
	first := a.imports(t, testFile(t, advisoryFile))
	if first.New != 17 || first.Quarantined != 0 {
		t.Fatalf("first: %+v", first)
	}
	if again := a.imports(t, testFile(t, advisoryFile)); again.Unchanged != 17 {
		t.Errorf("again: %+v", again)
	}
	next := a.imports(t, testFile(t, advisoryFile, `"current_release_date": "2026-11-02`, `"current_release_date": "2026-11-09`, "Exploited since October.", "Exploited widely."))
	if next.New != 0 || next.Quarantined != 0 || next.Updated != 12 { // all but the publisher, the terms and the products
		t.Errorf("next: %+v", next)
	}
	if old := a.imports(t, testFile(t, advisoryFile)); old.New+old.Updated != 0 || old.Quarantined != 0 {
		t.Errorf("the first again: %+v", old)
	}
	o, err := a.Object(t.Context(), reportOf(first))
	must(t, err)
	if o.Upgraded == nil || !strings.Contains(string(o.Upgraded.Raw), "Rosalind Quill") || o.Markings.TLP != intel.Amber {
		t.Errorf("report: %+v", o.Markings)
	}
}

// TestSameVersionWithAnotherLabelIsSetAside: nobody relabels an advisory in
// silence, neither up nor down.
func TestSameVersionWithAnotherLabelIsSetAside(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a := f.nodes[aurelia]
	a.imports(t, testFile(t, advisoryFile))
	rep := a.imports(t, testFile(t, advisoryFile, `"label": "AMBER"`, `"label": "WHITE"`))
	for _, l := range rep.Objects {
		typ, _, _ := strings.Cut(l.ID, "--")
		if versioned := typ != "software" && typ != "identity" && typ != "marking-definition"; versioned && l.Code != "object.equivocation" {
			t.Errorf("%+v", l)
		}
	}
}

// TestNothingOfTheDocumentIsSent: what leaves are the objects. The document, and
// with it the names in its acknowledgments, stays here.
func TestNothingOfTheDocumentIsSent(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a := f.nodes[aurelia]
	report := reportOf(a.imports(t, testFile(t, advisoryFile)))
	_, err := a.Send(t.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{report}, To: []party.ID{borealis}}})
	must(t, err)
	f.deliver(a)
	sent := ""
	for _, body := range f.sent {
		sent += legible(t, body)
	}
	if !strings.Contains(sent, "CVE-2026-31337") {
		t.Error("the vulnerability was not sent")
	}
	for _, private := range []string{"csaf_version", "Rosalind Quill", "psirt@helio.example", "revision_history"} {
		if strings.Contains(sent, private) {
			t.Errorf("%q was sent", private)
		}
	}
}

// TestPersonalDataInAnAdvisoryIsFound: an address in the text of a remediation is
// found as in any object.
func TestPersonalDataInAnAdvisoryIsFound(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a := f.nodes[aurelia]
	found := false
	for _, l := range a.imports(t, testFile(t, advisoryFile)).Objects {
		if !strings.HasPrefix(l.ID, "course-of-action--") {
			continue
		}
		o, err := a.Object(t.Context(), l.ID)
		must(t, err)
		if strings.Contains(string(o.Raw), "ada.marsh@") {
			found = len(o.Findings) > 0
		}
	}
	if !found {
		t.Error("the address of ada.marsh was not found")
	}
}

// TestNextCatalogueUpdatesOnlyWhatChanged: entries have no date of their own.
func TestNextCatalogueUpdatesOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	a := f.nodes[aurelia]
	const before, after, later = `"dateReleased": "2026-11-20T17:04:19.9796Z"`, `"dateReleased": "2026-11-21T17:00:00Z"`, `"dateReleased": "2026-11-22T17:00:00Z"`
	count := func(what string, rep exchange.ImportReport, fresh, updated, unchanged int) {
		t.Helper()
		if rep.New != fresh || rep.Updated != updated || rep.Unchanged != unchanged || rep.Quarantined != 1 {
			t.Errorf("%s: %d new, %d updated, %d unchanged, %d quarantined", what, rep.New, rep.Updated, rep.Unchanged, rep.Quarantined)
		}
	}
	count("first", a.imports(t, testFile(t, catalogueFile)), 3, 0, 0)
	count("the same", a.imports(t, testFile(t, catalogueFile)), 0, 0, 3)
	count("a later one without changes", a.imports(t, testFile(t, catalogueFile, before, after)), 0, 0, 3)
	count("ransomware is known", a.imports(t, testFile(t, catalogueFile, before, after, `"Unknown"`, `"Known"`)), 0, 1, 2)
	count("and again", a.imports(t, testFile(t, catalogueFile, before, after, `"Unknown"`, `"Known"`)), 0, 0, 3)
	count("taken back", a.imports(t, testFile(t, catalogueFile, before, later)), 0, 1, 2)
}

// TestCorpusAdvisoriesImport brings every published advisory and the catalogue
// into a node: nothing is set aside, and nothing changes when it comes again.
func TestCorpusAdvisoriesImport(t *testing.T) {
	t.Parallel()
	shared := os.Getenv("ENTENTE_SHARED")
	if shared == "" {
		t.Skip("ENTENTE_SHARED does not name the folder that holds corpus/; `make corpus` does")
	}
	f := newFederation(t, aurelia, borealis)
	files := 0
	for _, pattern := range []string{"csaf/2.0/csaf/*.json*", "csaf/2.0/csaf/csaf_vex/*", "vuln/kev-*"} {
		found, err := filepath.Glob(filepath.Join(shared, "corpus", pattern))
		must(t, err)
		files += len(found)
		for _, file := range found {
			req := exchange.ImportRequest{Data: unpacked(t, file), Source: filepath.Base(file)}
			first, err := f.nodes[aurelia].Import(t.Context(), req)
			must(t, err)
			for _, l := range first.Objects {
				if l.Result == exchange.ResultQuarantined {
					t.Errorf("%s: %+v", req.Source, l)
				}
			}
			second, err := f.nodes[aurelia].Import(t.Context(), req)
			must(t, err)
			if second.New+second.Updated != 0 {
				t.Errorf("%s again: %d new, %d updated", req.Source, second.New, second.Updated)
			}
		}
	}
	if files != 20 {
		t.Errorf("%d files", files)
	}
}
