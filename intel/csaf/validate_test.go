package csaf

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"entente/internal/strictjson"
)

// suite are the tests that OASIS publishes with the standard.
type suiteCase struct {
	test, name string
	valid      bool // the document as a whole, by the standard
	fails      bool // the document is an example that fails the test
	document   []byte
}

func suite(t *testing.T, file string) []suiteCase {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	var cases []suiteCase
	for line := range bytes.Lines(all) {
		v, err := strictjson.Parse(bytes.TrimSpace(line), strictjson.Default())
		if err != nil {
			t.Fatal(err)
		}
		cases = append(cases, suiteCase{
			test: v.GetText("test"), name: v.GetText("name"), valid: v.Get("valid").Bool, fails: v.GetText("kind") == "failures",
			document: strictjson.Append(nil, v.Get("document")),
		})
	}
	return cases
}

// notMade are tests that need the network or a dictionary; docs/guide/advisory.md
// says why.
var notMade = []string{"6.3.6", "6.3.7", "6.3.8"}

// strict are two examples that the suite calls valid although they give one file
// two hashes of one algorithm, which test 6.1.25 forbids in so many words.
var strict = []string{"optional/oasis_csaf_tc-csaf_2_0-2021-6-2-08-02.json", "optional/oasis_csaf_tc-csaf_2_0-2021-6-2-09-02.json"}

// agree holds every verdict of the suite against ours.
func agree(t *testing.T, file string) (agreed int, explained map[string]int) {
	t.Helper()
	explained = map[string]int{}
	for _, c := range suite(t, file) {
		found, err := Validate(c.document)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		failed := slices.ContainsFunc(found, func(f Finding) bool { return f.Test == c.test })
		valid := !slices.ContainsFunc(found, func(f Finding) bool { return f.Level == Error })
		if slices.Contains(notMade, c.test) && c.fails && !failed && valid == c.valid ||
			slices.Contains(strict, c.name) && failed == c.fails && slices.ContainsFunc(found, func(f Finding) bool { return f.Test == "6.1.25" }) {
			explained[c.test]++
			continue
		}
		if failed != c.fails || valid != c.valid {
			t.Errorf("%s %s: failed %v, want %v; valid %v, want %v: %+v", c.test, c.name, failed, c.fails, valid, c.valid, errorsOf(found))
			continue
		}
		agreed++
	}
	return agreed, explained
}

func errorsOf(found []Finding) []Finding {
	return slices.DeleteFunc(slices.Clone(found), func(f Finding) bool { return f.Level != Error })
}

// TestEveryTestOfSection6 runs all examples that OASIS publishes for the tests
// of CSAF 2.0, sections 6.1 to 6.3.
func TestEveryTestOfSection6(t *testing.T) {
	t.Parallel()
	const file = "testdata/tests-2.0.jsonl.gz"
	agreed, explained := agree(t, file)
	if agreed != 232 {
		t.Errorf("%d agree, %v are explained, of 239", agreed, explained)
	}
	guide := guide(t)
	for _, claim := range []string{"OASIS publishes 239 examples for the 74 tests", "232 agree", "The other seven:"} {
		if !strings.Contains(guide, claim) {
			t.Errorf("the guide does not say %q", claim)
		}
	}
	for row, examples := range map[string]int{"| 6.2.8, 6.2.9 | 2 |": explained["6.2.8"] + explained["6.2.9"], "| 6.3.6, 6.3.7 | 3 |": explained["6.3.6"] + explained["6.3.7"], "| 6.3.8 | 2 |": explained["6.3.8"]} {
		if !strings.Contains(guide, row) || !strings.HasSuffix(row, fmt.Sprintf("| %d |", examples)) {
			t.Errorf("%d examples are not explained in the guide by %q", examples, row)
		}
	}
	tests := map[string]bool{}
	for _, c := range suite(t, file) {
		tests[c.test] = true
	}
	if len(tests) != 74 || len(explained) != 5 { // 43 mandatory, 20 optional, 11 informative
		t.Errorf("%d tests, %v explained", len(tests), explained)
	}
}

func guide(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../../docs/guide/advisory.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestVerdictsCorpus is the same over the corpus.
func TestVerdictsCorpus(t *testing.T) {
	t.Parallel()
	shared := os.Getenv("ENTENTE_SHARED")
	if shared == "" {
		t.Skip("ENTENTE_SHARED is not set: the corpus of CSAF documents is not here")
	}
	agreed, explained := agree(t, shared+"/corpus/csaf/tests-2.0.jsonl.gz")
	t.Logf("%d verdicts agree, %v are explained in docs/guide/advisory.md", agreed, explained)
	const claim = "of 126 examples 124 agree; the other two, one of 6.2.8 and one of 6.3.6, are in the table"
	if agreed != 124 || explained["6.2.8"] != 1 || explained["6.3.6"] != 1 || len(explained) != 2 || !strings.Contains(guide(t), claim) {
		t.Errorf("%d agree and %v are explained, of 126", agreed, explained)
	}
}

// TestFindingsNameTheirPlace: a test, what it means, and a pointer to where.
func TestFindingsNameTheirPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to string
		want     Finding
	}{
		{`"known_affected": ["P-41"]`, `"known_affected": ["P-99"]`, Finding{"6.1.1", Error, "/vulnerabilities/0/product_status/known_affected/0", "names no product of the product tree"}},
		{`"group_ids": ["G-1"]`, `"group_ids": ["G-2"]`, Finding{"6.1.4", Error, "/vulnerabilities/0/remediations/1/group_ids/0", "names no product group"}},
		{`"baseScore": 9.8`, `"baseScore": 1.8`, Finding{"6.1.9", Error, "/vulnerabilities/0/scores/0/cvss_v3/baseScore", "is not what the vector comes to, 9.8"}},
		{`"baseScore": 9.8`, `"attackVector": "LOCAL", "baseScore": 9.8`, Finding{"6.1.10", Error, "/vulnerabilities/0/scores/0/cvss_v3/attackVector", "is not what the vector says, AV:N"}},
		{`"lang": "en"`, `"lang": "ez"`, Finding{"6.1.12", Error, "/document/lang", "is not a language of the BCP 47 registry"}},
		{`pkg:generic/helio/gateway@4.1`, `pkg:generic/helio/gate%way@4.1`, Finding{"6.1.13", Error, "/product_tree/branches/0/branches/0/branches/0/product/product_identification_helper/purl", "is not percent-encoded"}},
		{`"version": "2"`, `"version": "3"`, Finding{"6.1.16", Error, "/document/tracking/version", "is not the latest of the revision history, 2"}},
		{`"lang": "en",`, ``, Finding{"6.2.12", Warning, "/document/lang", "is missing"}},
		{`"lang": "en",`, `"lang": "en", "mood": "grim",`, Finding{"6.2.20", Warning, "/document/mood", "is not a property that CSAF 2.0 defines"}},
		{`"cve": "CVE-2026-31337",`, ``, Finding{"6.3.3", Note, "/vulnerabilities/0/cve", "is missing"}},
		{`"title": "Header overflow"`, `"title": ""`, Finding{"schema", Error, "/vulnerabilities/0/title", "minLength: got 0, want 1"}},
	} {
		found, err := Validate(example(t, c.from, c.to))
		if err != nil || !slices.Contains(found, c.want) {
			t.Errorf("%s: no %+v among %+v, %v", c.to, c.want, found, err)
		}
	}
	if found, err := Validate(example(t)); err != nil || len(errorsOf(found)) > 0 {
		t.Errorf("%+v, %v", found, err)
	}
}
