package csaf

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"entente/intel"
	"entente/intel/stix"
	"entente/internal/fault"
	"entente/internal/strictjson"
)

func example(t *testing.T, edits ...string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/advisory.json")
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(edits); i += 2 {
		if !strings.Contains(string(b), edits[i]) {
			t.Fatalf("the example has no %s", edits[i])
		}
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

// lines says each object in a line: what a person would check first.
func lines(b stix.Bundle) []string {
	names := map[string]string{}
	for _, a := range b.Accepted {
		names[a.Object.ID] = a.Object.Type + " " + firstOf(a.Object.Tree.GetText("name"), a.Object.Tree.GetText("abstract"), a.Object.Tree.GetText("definition_type"))
	}
	var out []string
	for _, a := range b.Accepted {
		line := names[a.Object.ID]
		if a.Object.Type == "relationship" {
			line = names[a.Object.Tree.GetText("source_ref")] + " -" + a.Object.Tree.GetText("relationship_type") + "-> " + names[a.Object.Tree.GetText("target_ref")]
		}
		out = append(out, a.Pointer+" "+line)
	}
	return out
}

func firstOf(ss ...string) string {
	for _, s := range ss {
		if s != "" {
			return s
		}
	}
	return ""
}

// TestWhatBecomesWhat is the mapping of docs/guide/advisory.md on one advisory.
func TestWhatBecomesWhat(t *testing.T) {
	t.Parallel()
	src := example(t)
	b := parsed(t, src)
	want := []string{
		"/document/distribution marking-definition statement",
		"/document/publisher identity Helio PSIRT",
		"/product_tree/branches/0/branches/0/branches/0/product software Helio Gateway 4.1",
		"/product_tree/branches/0/branches/0/branches/1/product software Helio Gateway 4.2",
		"/product_tree/branches/0/branches/0/branches/2/product software Helio Gateway 3.9",
		"/vulnerabilities/0 vulnerability CVE-2026-31337",
		"/vulnerabilities/0/product_status/known_affected/0 software Helio Gateway 4.1 -has-> vulnerability CVE-2026-31337",
		"/vulnerabilities/0/product_status/known_not_affected/0 software Helio Gateway 3.9 -known-not-affected-> vulnerability CVE-2026-31337",
		"/vulnerabilities/0/product_status/fixed/0 software Helio Gateway 4.2 -fixed-> vulnerability CVE-2026-31337",
		"/vulnerabilities/0/remediations/0 course-of-action vendor fix for HSA-2026-001",
		"/vulnerabilities/0/remediations/0 course-of-action vendor fix for HSA-2026-001 -remediates-> vulnerability CVE-2026-31337",
		"/vulnerabilities/0/remediations/1 course-of-action workaround for HSA-2026-001",
		"/vulnerabilities/0/remediations/1 course-of-action workaround for HSA-2026-001 -mitigates-> vulnerability CVE-2026-31337",
		"/vulnerabilities/0/flags/0 note not affected: vulnerable_code_not_present",
		"/vulnerabilities/0/threats/0 note exploit_status",
		"/document/notes/1 note legal_disclaimer: Terms",
		" report Buffer overflow in Helio Gateway",
	}
	if got := lines(b); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(b.Rejected) > 0 || len(b.Accepted[len(b.Accepted)-1].Warnings) > 0 {
		t.Errorf("rejected %+v, warnings %+v", b.Rejected, b.Accepted[len(b.Accepted)-1].Warnings)
	}
	checkBundle(t, src, b)
	all := everything(b)
	for _, want := range []string{
		`"cpe":"cpe:2.3:a:helio:gateway:4.1:*:*:*:*:*:*:*"`, `"purl":"pkg:generic/helio/gateway@4.1"`, `"cpe":"cpe:/a:helio:gateway:4.2"`, `"vendor":"Helio","version":"4.2"`,
		`"vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H","base_score":9.8`, `"source_name":"cwe","description":"Out-of-bounds Write","external_id":"CWE-787"`,
		`"published":"2026-11-01T10:00:00.000Z"`, `"csaf:aggregate-severity=Critical"`, `"url":"https://psirt.helio.example/csaf/2026/hsa-2026-001.json","external_id":"HSA-2026-001"`,
		`restart required: service`, `"skus":["HG-39"],"files":[{"filename":"gateway-3.9.bin","hashes":{"sha256":"0f4c2b8a`,
	} {
		if !strings.Contains(all, want) {
			t.Errorf("no object says %s", want)
		}
	}
}

func everything(b stix.Bundle) string {
	var all strings.Builder
	for _, a := range b.Accepted {
		all.Write(a.Object.Raw)
	}
	return all.String()
}

// TestNamesOfPeopleStayInTheDocument: acknowledgments and contact details name
// people who need not be known to act on an advisory.
func TestNamesOfPeopleStayInTheDocument(t *testing.T) {
	t.Parallel()
	all := everything(parsed(t, example(t)))
	for _, private := range []string{"Quill", "Example Research", "psirt@helio.example"} {
		if strings.Contains(all, private) {
			t.Errorf("an object has %q", private)
		}
	}
}

// TestLabelsAreTheDocumentsOwn: every object is under the label of the document;
// without one none has a label (section 3.2.1.5).
func TestLabelsAreTheDocumentsOwn(t *testing.T) {
	t.Parallel()
	const label = `, "tlp": {"label": "AMBER"}`
	for _, c := range []struct {
		to       string
		tlp      intel.TLP
		labelled bool
	}{
		{label, intel.Amber, true},
		{`, "tlp": {"label": "WHITE"}`, intel.Clear, true},
		{`, "tlp": {"label": "GREEN"}`, intel.Green, true},
		{`, "tlp": {"label": "RED"}`, intel.Red, true},
		{``, intel.Red, false},
	} {
		b := parsed(t, example(t, label, c.to))
		objects := map[string]*intel.Object{}
		for _, a := range b.Accepted {
			objects[a.Object.ID] = a.Object
		}
		for _, o := range objects {
			if o.Type == "marking-definition" {
				continue
			}
			m := stix.Mark(o, func(id string) (*intel.Object, bool) { o, ok := objects[id]; return o, ok })
			if m.TLP != c.tlp || m.Labelled != c.labelled || m.Closed != "" || !slices.Contains(m.Statements, "For operators of the product.") {
				t.Errorf("%s: %s is %+v", c.to, o.ID, m)
			}
		}
	}
}

// TestM6LabelsInTheTextHoldForTheAdvisory: for all that is made of it.
func TestM6LabelsInTheTextHoldForTheAdvisory(t *testing.T) {
	t.Parallel()
	const amber = `"text": "For operators of the product.", "tlp": {"label": "AMBER"}`
	for to, want := range map[string]intel.TLP{
		`"text": "TLP:RED", "tlp": {"label": "WHITE"}`:        intel.Red,
		`"text": "Handle as TLP:RED"`:                         intel.Red,
		`"text": "TLP:GREEN"`:                                 intel.Green,
		`"tlp": {"label": "WHITE"}, "x_remark": "as TLP:RED"`: intel.Red,
		`"x_remark": "as TLP:RED"`:                            intel.Red,
		`"text": "x", "tlp": {"label": "WHITE"}`:              intel.Clear,
	} {
		b := parsed(t, example(t, amber, to))
		byID := map[string]*intel.Object{}
		for _, a := range b.Accepted {
			byID[a.Object.ID] = a.Object
		}
		for _, a := range b.Accepted {
			if m := stix.Mark(a.Object, func(id string) (*intel.Object, bool) { o, ok := byID[id]; return o, ok }); m.TLP != want || !m.Labelled {
				t.Errorf("%s: %+v of %s", to, m, a.Object.Raw)
			}
		}
	}
}

// TestNextRevisionIsTheSameObjectsNewer: ids stay, versions grow, and a product
// that is fixed meanwhile does not stay affected beside.
func TestNextRevisionIsTheSameObjectsNewer(t *testing.T) {
	t.Parallel()
	first := parsed(t, example(t))
	next := parsed(t, example(t,
		`"current_release_date": "2026-11-02T10:00:00.000Z"`, `"current_release_date": "2026-11-05T10:00:00.000Z"`,
		`"fixed": ["P-42"], "known_affected": ["P-41"]`, `"fixed": ["P-42", "P-41"]`,
		`Block port 8443`, `Block ports 8443 and 9443`))
	held := map[string]*intel.Object{}
	for _, a := range first.Accepted {
		held[a.Object.ID] = a.Object
	}
	for _, a := range next.Accepted {
		was := held[a.Object.ID]
		if was == nil {
			t.Errorf("%s %s is new", a.Pointer, a.Object.ID)
			continue
		}
		if a.Object.Hash != was.Hash && stix.CompareTimestamps(a.Object.Version, was.Version) <= 0 {
			t.Errorf("%s changed and is not newer", a.Object.ID)
		}
	}
	if all := everything(next); strings.Contains(all, `"has"`) || len(next.Accepted) != len(first.Accepted) {
		t.Errorf("%d and %d objects; something is still affected", len(first.Accepted), len(next.Accepted))
	}
}

// TestSameProductUnderAnotherLabelIsAnotherObject: what has no version must have
// another id when it says anything else, its marking included.
func TestSameProductUnderAnotherLabelIsAnotherObject(t *testing.T) {
	t.Parallel()
	amber, red := parsed(t, example(t)), parsed(t, example(t, `"label": "AMBER"`, `"label": "RED"`))
	held := map[string]string{}
	for _, a := range amber.Accepted {
		held[a.Object.ID] = string(a.Object.Raw)
	}
	for _, a := range red.Accepted {
		if typ := a.Object.Type; (typ == "software" || typ == "identity") && held[a.Object.ID] != "" {
			t.Errorf("%s is in both", a.Object.ID)
		}
	}
}

// TestInvalidAdvisoryIsTakenWithWarnings: a document that keeps the schema and
// fails mandatory tests gives what can be understood (6.1.1, 6.1.6, 6.1.8, 6.1.11).
func TestInvalidAdvisoryIsTakenWithWarnings(t *testing.T) {
	t.Parallel()
	b := parsed(t, example(t,
		`"fixed": ["P-42"]`, `"fixed": ["P-42", "P-41", "P-99"]`, `"CWE-787", "name": "Out-of-bounds Write"`, `"CWE-787", "name": "Sunshine"`,
		`"baseScore": 9.8, "baseSeverity": "CRITICAL"`, `"baseScore": 9.8, "baseSeverity": "WORST"`))
	if len(b.Rejected) > 0 {
		t.Fatalf("rejected: %+v", b.Rejected)
	}
	report := b.Accepted[len(b.Accepted)-1]
	var tests []string
	for _, w := range report.Warnings {
		tests = append(tests, strings.Fields(w.Detail)[3])
	}
	slices.Sort(tests)
	if got := slices.Compact(tests); !slices.Equal(got, []string{"6.1.1", "6.1.11", "6.1.6", "6.1.8"}) {
		t.Errorf("warnings of %v: %+v", got, report.Warnings)
	}
	all := everything(b)
	if strings.Contains(all, `"cvss"`) || strings.Count(all, `"relationship_type":"has"`) != 1 || strings.Count(all, `"relationship_type":"fixed"`) != 1 {
		t.Error("a broken score was carried, or of two contradicting statuses not the worse one alone")
	}
}

// TestBrokenSchemaIsRefusedWhole: nothing of a document that breaks the schema
// can be relied on, and its bytes are kept.
func TestBrokenSchemaIsRefusedWhole(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string][2]string{
		"no title":        {`"title": "Buffer overflow in Helio Gateway",`, ``},
		"another version": {`"csaf_version": "2.0"`, `"csaf_version": "2.1"`},
		"unknown label":   {`"label": "AMBER"`, `"label": "PURPLE"`},
		"no date":         {`"current_release_date": "2026-11-02T10:00:00.000Z"`, `"current_release_date": "yesterday"`},
		"not JSON":        {`"product_tree": {`, `"product_tree": {,`},
		"a name twice":    {`"csaf_version": "2.0"`, `"csaf_version": "2.0", "csaf_version": "2.0"`},
	} {
		src := example(t, edit[0], edit[1])
		b := parsed(t, src)
		if len(b.Accepted) != 0 || len(b.Rejected) != 1 || string(b.Rejected[0].Raw) != string(src) || b.Rejected[0].Next == "" {
			t.Errorf("%s: %d accepted, %d rejected", name, len(b.Accepted), len(b.Rejected))
		}
	}
}

// TestOtherDocumentsOfCSAFAreNamed: what lists advisories is no advisory
// (sections 7.1.8, 7.1.15 to 7.1.17, 7.1.21).
func TestOtherDocumentsOfCSAFAreNamed(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`{"canonical_url":"https://a.example/provider-metadata.json","metadata_version":"2.0","publisher":{},"role":"csaf_provider"}`: "provider metadata",
		`{"aggregator":{},"aggregator_version":"2.0","csaf_providers":[]}`:                                                            "the list of an aggregator",
		`{"feed":{"entry":[]}}`:        "a ROLIE feed",
		`{"service":{"workspace":[]}}`: "a ROLIE feed or service",
		`{"categories":{}}`:            "a ROLIE feed",
	} {
		_, err := Parse([]byte(src))
		if !Is([]byte(src)) || fault.CodeOf(err) != "csaf.not-advisory" || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", src, err)
		}
	}
	for _, src := range []string{`{}`, `[]`, `{"type":"bundle","document":1}`, `{"Event":{}}`, `x`} {
		if Is([]byte(src)) {
			t.Errorf("%s is taken for CSAF", src)
		}
	}
}

// TestManyReferencesAreBounded: groups name many products with few bytes.
func TestManyReferencesAreBounded(t *testing.T) {
	t.Parallel()
	var products, ids, vulnerabilities []string
	for i := range 3000 {
		id := "P" + strconv.Itoa(i)
		products = append(products, `{"name":"`+id+`","product_id":"`+id+`"}`)
		ids = append(ids, `"`+id+`"`)
	}
	for range 300 {
		vulnerabilities = append(vulnerabilities, `{"title":"x","threats":[{"category":"impact","details":"x","group_ids":["g"]}]}`)
	}
	src := example(t)
	tree, err := strictjson.Parse(src, limits)
	if err != nil {
		t.Fatal(err)
	}
	head := string(strictjson.Append(nil, tree.Get("document")))
	b, err := Parse([]byte(`{"document":` + head + `,"product_tree":{"full_product_names":[` + strings.Join(products, ",") + `],"product_groups":[{"group_id":"g","product_ids":[` +
		strings.Join(ids, ",") + `]}]},"vulnerabilities":[` + strings.Join(vulnerabilities, ",") + `]}`))
	if err != nil || len(b.Rejected) != 1 || b.Rejected[0].Code != "csaf.size" {
		t.Errorf("%d accepted, %+v, %v", len(b.Accepted), len(b.Rejected), err)
	}
}
