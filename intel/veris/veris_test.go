package veris

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"entente/intel"
	"entente/intel/stix"
	"entente/internal/fault"
	"entente/internal/strictjson"
)

func parse(t *testing.T, src []byte) []*intel.Object {
	t.Helper()
	b, err := Parse(src)
	if err != nil || len(b.Rejected) > 0 {
		t.Fatal(err, b.Rejected)
	}
	return objects(b)
}

func objects(b stix.Bundle) []*intel.Object {
	var out []*intel.Object
	for _, a := range b.Accepted {
		out = append(out, a.Object)
	}
	return out
}

func canonical(t *testing.T, src []byte) string {
	t.Helper()
	b, err := strictjson.Canonical(src)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func full(t *testing.T) []byte {
	t.Helper()
	src, err := os.ReadFile("testdata/full.json")
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// TestIs tells incidents from other JSON by the names VERIS has (schema 1.3,
// incident_id with action, actor or victim).
func TestIs(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]bool{
		`{"incident_id":"1","action":{}}`:                                      true,
		`[{"incident_id":"1","victim":{}},{"x":1}]`:                            true,
		"{\"incident_id\":\"1\",\"actor\":{}}\n{\"incident_id\":\"2\"}\n":      true,
		`{"incident_id":"1"}`:                                                  false,
		`{"type":"incident","id":"incident--1","incident_id":"1","action":{}}`: false,
		`{"action":{}}`: false,
		`[]`:            false,
		`{`:             false,
		`evil.example`:  false,
		``:              false,
		"{\"type\":\"bundle\"}\n{\"incident_id\":\"1\",\"action\":{}}": false,
	} {
		if got := Is([]byte(in)); got != want {
			t.Errorf("%s: %v", in, got)
		}
	}
}

// TestIncidentBecomes says what is made of an incident that has one of
// everything.
func TestIncidentBecomes(t *testing.T) {
	t.Parallel()
	made := map[string]string{}
	byID := map[string]*intel.Object{}
	for _, o := range parse(t, full(t)) {
		byID[o.ID] = o
		made[o.Type] += o.Tree.GetText("name") + o.Tree.GetText("country") + ";"
		if o.Type == "relationship" {
			made[o.Type] += typeOf(o, "source_ref") + " " + o.Tree.GetText("relationship_type") + " " + typeOf(o, "target_ref") + ";"
		}
	}
	want := map[string]string{
		"incident": "VERIS incident 7F8A4C20-52E1-4B7E-9D0A-1C6E3B5A9F42;", "identity": "Example University;", "location": "US;",
		"threat-actor": "Nightjar;", "attack-pattern": "Use of stolen creds;Phishing;",
		"relationship": ";incident targets identity;;identity located-at location;;incident attributed-to threat-actor;;incident related-to attack-pattern;;threat-actor uses attack-pattern;" +
			";incident related-to attack-pattern;;threat-actor uses attack-pattern;",
	}
	if diff := cmp.Diff(want, made); diff != "" {
		t.Error(diff)
	}
	in := byID["incident--7f8a4c20-52e1-4b7e-9d0a-1c6e3b5a9f42"]
	if in == nil || in.Version != "2025-12-02T10:30:00.000Z" || !strings.Contains(in.Tree.GetText("description"), "false invoice") {
		t.Fatalf("the incident is %+v", in)
	}
	if string(in.Upgraded.Raw) != strings.TrimSpace(string(full(t))) {
		t.Error("the record is not beside the incident as it was")
	}
	for _, name := range []string{"Example University", "Nightjar", "news.example/a\",\"", "anna.treasurer@example.org\""} {
		if strings.Contains(string(strictjson.Append(nil, in.Tree.Get("extensions"))), name) {
			t.Errorf("%s is in the incident as well as in an object of its own", name)
		}
	}
}

func typeOf(o *intel.Object, name string) string {
	typ, _, _ := strings.Cut(o.Tree.GetText(name), "--")
	return typ
}

// TestThereAndBack is exact up to the order of members (docs/guide/formats.md).
func TestThereAndBack(t *testing.T) {
	t.Parallel()
	for name, src := range map[string]string{
		"one of everything":          string(full(t)),
		"the least":                  `{"incident_id":"x","action":{"unknown":{}}}`,
		"an error makes no actor":    `{"incident_id":"x","action":{"error":{"variety":["Loss"]}},"actor":{"external":{"name":["Ann"]}}}`,
		"references that are none":   `{"incident_id":"x","reference":"see the file; https://a.example","victim":{}}`,
		"a name that is no list":     `{"incident_id":"x","action":{"hacking":{}},"actor":{"external":{"name":"Nightjar"}}}`,
		"a name twice":               `{"incident_id":"x","action":{"hacking":{}},"actor":{"external":{"name":["A","A"]}}}`,
		"names STIX does not allow":  `{"incident_id":"x","action":{"a b":{"c d":[{"":1}]},"veris-name-1":null}}`,
		"empty summary":              `{"incident_id":"x","summary":"","victim":{"victim_id":""}}`,
		"numbers as they were":       `{"incident_id":"x","victim":{"a":1.50,"b":1e3}}`,
		"a victim named like nobody": `{"incident_id":"x","victim":{"victim_id":"Victim of VERIS incident y"}}`,
	} {
		w := Write(parse(t, []byte(src)))
		if got, want := canonical(t, w.Document), "["+canonical(t, []byte(src))+"]"; got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, want)
		}
		if len(w.Left) > 0 {
			t.Errorf("%s: left %v", name, w.Left)
		}
	}
}

// TestRedactedNamesStayRedacted: the record says nothing that an object had.
func TestRedactedNamesStayRedacted(t *testing.T) {
	t.Parallel()
	var kept []*intel.Object
	for _, o := range parse(t, full(t)) {
		if o.Type == "identity" {
			o.Tree.SetText("name", "withheld")
		}
		if o.Type != "threat-actor" {
			kept = append(kept, o)
		}
	}
	doc := string(Write(kept).Document)
	if strings.Contains(doc, "Example University") || strings.Contains(doc, "Nightjar") || !strings.Contains(doc, `"victim_id":"withheld"`) {
		t.Error(doc)
	}
}

// TestForeignIncidentsComeOutAsFarAsVERISHasThem writes STIX that was never
// VERIS.
func TestForeignIncidentsComeOutAsFarAsVERISHasThem(t *testing.T) {
	t.Parallel()
	const head = `"spec_version":"2.1","created":"2026-11-20T10:00:00.000Z","modified":"2026-11-20T10:00:00.000Z"`
	id := func(typ string) string { return typ + "--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f" }
	rel := func(n, kind, from, to string) string {
		return `{"type":"relationship","id":"relationship--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3` + n + `",` + head + `,"relationship_type":"` + kind + `","source_ref":"` + id(from) + `","target_ref":"` + id(to) + `"}`
	}
	var in []*intel.Object
	for _, raw := range []string{
		`{"type":"incident","id":"` + id("incident") + `",` + head + `,"name":"Break-in at the ministry","external_references":[{"source_name":"press","url":"https://a.example/1"}]}`,
		`{"type":"identity","id":"` + id("identity") + `",` + head + `,"name":"Ministry","identity_class":"organization","sectors":["government"]}`,
		`{"type":"location","id":"` + id("location") + `",` + head + `,"country":"NL"}`,
		`{"type":"threat-actor","id":"` + id("threat-actor") + `",` + head + `,"name":"Nightjar","aliases":["TA-9"]}`,
		`{"type":"malware","id":"` + id("malware") + `",` + head + `,"name":"Moth","is_family":true}`,
		rel("1", "targets", "incident", "identity"), rel("2", "located-at", "identity", "location"), rel("3", "attributed-to", "incident", "threat-actor"),
	} {
		o, _, err := stix.ParseObject([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		in = append(in, o)
	}
	w := Write(in)
	want := `[{"incident_id":"8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","summary":"Break-in at the ministry","reference":"https://a.example/1",` +
		`"victim":{"victim_id":"Ministry","industry":"92","country":["NL"]},"actor":{"external":{"name":["Nightjar","TA-9"]}},"action":{"unknown":{}},"attribute":{"unknown":{}}}]`
	if diff := cmp.Diff(want, strings.TrimSpace(string(w.Document))); diff != "" {
		t.Error(diff)
	}
	if !slices.Equal(w.Left, []string{id("malware")}) {
		t.Errorf("left %v", w.Left)
	}
}

// TestABadIncidentCostsItself in a list and in lines.
func TestABadIncidentCostsItself(t *testing.T) {
	t.Parallel()
	good, bad := `{"incident_id":"1","action":{}}`, `{"action":{"hacking":{}}}`
	twice := `{"incident_id":"1","action":{"hacking":{}}}`
	for _, c := range []struct{ in, pointer, code string }{
		{"[" + good + "," + bad + "]", "/1", "veris.incident"},
		{good + "\n\n" + bad + "\n", "/2", "veris.incident"},
		{good + "\n{\"incident_id\":\n", "/1", "json.syntax"},
		{"[" + good + "," + twice + "]", "/1", "veris.duplicate"},
		{"[" + good + `,{"incident_id":"2","incident_id":"3"}]`, "/1", "json.duplicate"},
	} {
		b, err := Parse([]byte(c.in))
		if err != nil || len(b.Accepted) == 0 || len(b.Rejected) != 1 || b.Rejected[0].Code != c.code || b.Rejected[0].Pointer != c.pointer {
			t.Errorf("%s: %v %+v", c.in, err, b.Rejected)
		}
	}
	if _, err := Parse([]byte("[1")); fault.CodeOf(err) != "json.syntax" {
		t.Error(err)
	}
}
