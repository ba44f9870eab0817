package search_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"entente/intel"
	"entente/intel/atom"
	"entente/intel/search"
	"entente/internal/fault"
	"entente/internal/strictjson"
)

func object(t testing.TB, kind, members string) *intel.Object {
	t.Helper()
	raw := fmt.Appendf(nil, `{"type":%q,%s}`, kind, members)
	tree, err := strictjson.Parse(raw, strictjson.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return &intel.Object{ID: kind + "--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", Type: kind, Version: "2025-11-20T10:00:00Z", Raw: raw, Tree: &tree}
}

func entry(t testing.TB, o *intel.Object) search.Entry {
	t.Helper()
	e := search.EntryOf(o)
	e.TLP, e.From, e.Source, e.At = "amber", "csirt-aurelia", "Feed.json", time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	e.Words = search.WordsOf(o)
	return e
}

const lantern = `"name":"Operation Lantern","description":"The loader spoke to 198.51.100.7 from Zürich. 情報共有 is Japanese.","labels":["malicious-activity"],` +
	`"aliases":["Lamp"],"pattern_type":"stix","pattern":"[ipv4-addr:value ISSUBSET '198.51.100.0/24' OR domain-name:value = 'c2.evil.example']",` +
	`"external_references":[{"source_name":"cve","external_id":"CVE-2026-1000"},{"source_name":"mitre-attack","external_id":"T1059"}]`

func TestQueries(t *testing.T) {
	t.Parallel()
	e := entry(t, object(t, "indicator", lantern))
	for query, want := range map[string]bool{
		"":                       true,
		"lantern":                true,
		"LANTERN loader":         true,
		"lantern absent":         false,
		`"operation lantern"`:    true,
		`"lantern operation"`:    false,
		`"lantern c2"`:           false, // a phrase does not go from one text into another
		"zurich":                 true,
		"Zürich":                 true,
		"情報":                     true,
		"報情":                     false,
		"lamp":                   true,
		`"198.51.100.7"`:         true, // as text
		`"198.51.100.8"`:         false,
		"198.51.100.8":           true, // as an address in the range
		"198.51.101.8":           false,
		"198[.]51[.]100[.]8":     true,
		"198.51.100.0/25":        true, // lies in it
		"198.51.0.0/16":          false,
		"hxxp://c2.evil.example": false,
		"c2[.]evil.example":      true,
		"value:C2.EVIL.example":  true,
		"evil.example":           false, // another value
		"value:evil.example value:c2.evil.example": true, // either
		"type:indicator":                     true,
		"type:malware":                       false,
		"type:malware type:indicator":        true,
		"type:malware lantern":               false,
		"tlp:AMBER":                          true,
		"tlp:red":                            false,
		"from:csirt-aurelia":                 true,
		"from:csirt":                         false,
		"source:feed.json":                   true,
		"label:malicious-activity":           true,
		`label:"malicious activity"`:         false,
		"year:2025":                          true,
		"cve:cve-2026-1000":                  true,
		"CVE-2026-1000":                      true,
		"CVE-2026-1001":                      false,
		"attack:T1059":                       true,
		"attack:T1059.001":                   false,
		"after:2026-11-24 before:2026-11-25": true,
		"after:2026-11-24T12:00:00Z":         true,
		"before:2026-11-24T12:00:00Z":        false,
		"id:indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f": true,
		"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f":    true,
		"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd30":    false,
	} {
		q, err := search.Parse(query)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		if got := q.Matches(e); got != want {
			t.Errorf("%s: %v", query, got)
		}
		again, err := search.Parse(q.String())
		if err != nil || again.String() != q.String() || again.Matches(e) != want {
			t.Errorf("%s is understood as %s, which is understood as %s: %v", query, q, again, err)
		}
	}
}

func TestQueriesThatAreRefused(t *testing.T) {
	t.Parallel()
	for query, why := range map[string]string{
		`"open`:                             "is not closed",
		`"a"b`:                              "follows a quotation mark",
		`""`:                                "nothing between",
		`label:"x`:                          "is not closed",
		"type:":                             "nothing follows type:",
		"colour:red":                        "\"colour\" is no field",
		`loa"der`:                           "within",
		"…":                                 "no letter or digit",
		"tlp:white":                         "no TLP label",
		"cve:2021":                          "no CVE number",
		"attack:x":                          "no id of ATT&CK",
		"after:yesterday":                   "no date",
		"after:2026-01-01 after:2026-01-02": "twice",
		strings.Repeat("a ", 40):            "more than 32 parts",
		strings.Repeat("a", 1001):           "at most 1000 bytes",
		"\xff":                              "not text",
		strings.TrimSpace(strings.Repeat("value:2001:db8::1 value:2001:db8:1::/56 value:2001:db9::1 value:2001:dba::1 value:2001:dbb::1 ", 1)): "too many addresses",
	} {
		_, err := search.Parse(query)
		if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v, want %q", query, err, why)
		}
	}
}

func TestNarrowed(t *testing.T) {
	t.Parallel()
	q, err := search.Parse("loader")
	if err != nil {
		t.Fatal(err)
	}
	if got := q.Narrowed("type", "malware"); got != `loader type:malware` {
		t.Error(got)
	}
	if got := (search.Query{}).Narrowed("tlp", "amber+strict"); got != "tlp:amber+strict" {
		t.Error(got)
	}
}

func TestExcerpt(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é quite long text ", 20)
	for _, c := range []struct{ members, query, want string }{
		{lantern, "lantern", "Operation [Lantern]"},
		{lantern, `"loader spoke" zurich`, "The [loader spoke] to 198.51.100.7 from [Zürich]. 情報共有 is Japanese."},
		{lantern, "情報", "The loader spoke to 198.51.100.7 from Zürich. [情報]共有 is Japanese."},
		{lantern, "type:indicator", "Operation Lantern"},
		{`"name":"n","description":"` + long + `needle ` + long + `"`, "needle", "…" + long[len(long)-80:] + "[needle] " + long[:79] + "…"},
		{`"name":"<b>needle</b>"`, "needle", "<b>[needle]</b>"},
		{`"modified":"x"`, "needle", ""},
	} {
		q, err := search.Parse(c.query)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, search.Text(q.Excerpt(object(t, "indicator", c.members).Tree), "[", "]")); diff != "" {
			t.Errorf("%s: got +, want -\n%s", c.query, diff)
		}
	}
}

func TestTextsAreBounded(t *testing.T) {
	t.Parallel()
	words := search.WordsOf(object(t, "report", `"name":"`+strings.Repeat("word ", 30_000)+`","description":"`+strings.Repeat("x", 5000)+`"`))
	if len(words) > 10_000 {
		t.Errorf("%d words", len(words))
	}
	words = search.WordsOf(object(t, "report", `"description":"`+strings.Repeat("x", 5000)+`"`))
	if len(words) != 1 || len(words[0]) > 64 {
		t.Errorf("%q", words)
	}
}

// FuzzParse: what is understood is understood again in the same way, and finds
// itself where its words are.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"loader", `"a b" type:x`, "tlp:red 198.51.100.7", "cve:CVE-2021-44228", `label:"a b"`, "after:2026-01-01", "İ ß ﷺ ㌃ ヿ", "情報 x", "value:a:b", "a--b", "helio*", "a.b*", "x*", "*"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := search.Parse(s)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Errorf("%q: %v", s, err)
			}
			return
		}
		again, err := search.Parse(q.String())
		if err != nil || cmp.Diff(q.Phrases, again.Phrases)+cmp.Diff(q.Marks, again.Marks)+cmp.Diff(q.Values, again.Values) != "" {
			t.Errorf("%q is understood as %q, which is understood as %q: %v", s, q, again, err)
		}
		for _, p := range q.Phrases {
			p[len(p)-1] = strings.TrimSuffix(p[len(p)-1], search.Rest)
			if again := search.WordsOf(named(strings.Join(p, " "))); cmp.Diff(p, again) != "" {
				t.Errorf("%q is %q, which is %q", s, p, again)
			}
			for _, w := range p {
				if strings.ContainsAny(w, "'\"\\ =*:&|!<>()\x00") || w == "" {
					t.Errorf("%q has the word %q", s, w)
				}
			}
		}
		if got := search.Text(q.Excerpt(named(s).Tree), "", ""); len(s) < 80 && strings.Trim(got, "…") != strings.Trim(s, "…") && s != "" {
			t.Errorf("%q is shown as %q", s, got)
		}
	})
}

// named is an object with a name, which need not be one that a parser allows.
func named(name string) *intel.Object {
	value := strictjson.Value{Kind: strictjson.String, Text: name}
	return &intel.Object{Type: "report", Tree: &strictjson.Value{Kind: strictjson.Object, Members: []strictjson.Member{{Name: "name", Value: value}}}}
}

// BenchmarkWordsOf is what the index of words costs before it costs the database.
func BenchmarkWordsOf(b *testing.B) {
	o := object(b, "indicator", lantern)
	for b.Loop() {
		search.WordsOf(o)
	}
}

// BenchmarkAtoms is what an import pays for values.
func BenchmarkAtoms(b *testing.B) {
	o := object(b, "indicator", lantern)
	for b.Loop() {
		atom.Of(o)
	}
}

// TestPastedSpellings: a value is looked up as the same one, however whoever
// pasted it made it harmless.
func TestPastedSpellings(t *testing.T) {
	t.Parallel()
	for plain, spellings := range map[string][]string{
		"evil.example":          {"evil[.]example", "evil(.)example", "evil{dot}example", "evil[DOT]example", `evil\.example`, "value:evil{dot}example"},
		"http://evil.example/a": {"hxxp://evil.example/a", "hXXp[:]//evil[.]example/a", "hxxp[://]evil(dot)example/a", "value:hxxp://evil[.]example/a"},
		"eve@evil.example":      {"eve[at]evil[.]example", "eve(@)evil.example", "value:eve{at}evil{dot}example"},
		"198.51.100.7":          {"198[.]51[.]100[.]7", "198.51.100(.)7"},
	} {
		want, err := search.Parse(plain)
		if err != nil || len(want.Values) == 0 {
			t.Fatalf("%s: %v %v", plain, want, err)
		}
		for _, s := range spellings {
			got, err := search.Parse(s)
			if err != nil || len(got.Values) != 1 || !slices.Contains(got.Values[0], want.Values[0][0]) {
				t.Errorf("%s: %v, %v, want %v", s, got.Values, err, want.Values)
			}
		}
	}
}
