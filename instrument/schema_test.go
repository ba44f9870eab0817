package instrument

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"entente/internal/fault"
	"entente/internal/strictjson"
)

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("instrument.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("instrument.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// validate gives the schema the data of a document that the reader of YAML
// accepts, whether or not [Load] does.
func validate(t *testing.T, s *jsonschema.Schema, src []byte) error {
	t.Helper()
	r := &reader{file: "test.yaml", places: map[string]*node{}}
	root, err := r.readYAML(src)
	if err != nil {
		return err
	}
	data := root.data()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(strictjson.AppendCanonical(nil, &data)))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(v)
}

func base(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("testdata/base.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// change replaces one part of the base document, which must be there once.
func change(t *testing.T, from, to string) []byte {
	t.Helper()
	src := base(t)
	if strings.Count(src, from) != 1 {
		t.Fatalf("%q is in the base document %d times", from, strings.Count(src, from))
	}
	return []byte(strings.Replace(src, from, to, 1))
}

func TestEveryExampleIsValid(t *testing.T) {
	t.Parallel()
	s := compiledSchema(t)
	seen := 0
	for _, root := range []string{"testdata", "../examples"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".yaml" || filepath.Base(path) == "scenario.yaml" {
				return err
			}
			src, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			seen++
			if _, err := Load(path, src); err != nil {
				t.Errorf("Load: %v", err)
			}
			if err := validate(t, s, src); err != nil {
				t.Errorf("%s: schema: %v", path, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen < 5 {
		t.Errorf("only %d instruments found", seen)
	}
}

// broken are documents with one thing wrong. Those marked both are refused by
// the schema too; the others need more than one place of the document.
var broken = []struct {
	name, from, to, want string
	both                 bool
}{
	{"unknown key", "nature: mou", "nature: mou\nnatrue: x", `1: unknown key "natrue"; did you mean "nature"?`, true},
	{"unknown key in a matcher", "tlp: {max: amber}", "tlp: {maximum: amber}", `clause art3: unknown key "maximum"`, true},
	{"an expression (T3)", "type: [incident]\n", "type: [incident]\n      expr: \"true\"\n", `clause art3: unknown key "expr"`, true},
	{"missing key", "regime: cooperation\n", "", "regime is missing", true},
	{"binding left out", "binding: true\n", "", "binding is missing", true},
	{"version of two numbers", "version: 1.0.0", "version: 1.0", "must be written like 1.2.0", true},
	{"unknown nature", "nature: mou", "nature: mous", `"mous" is not one of the words allowed here; did you mean "mou"?`, true},
	{"unknown act", "act: share\n    when:\n      type", "act: shere\n    when:\n      type", `did you mean "share"?`, true},
	{"unknown modality", "modality: prohibition", "modality: forbidden", "is not one of permission, prohibition, obligation", true},
	{"unknown category", "any: [victim-identity]", "any: [victim]", `"victim" is not one of`, true},
	{"unknown event", "{signature: 2025-01-10}", "{signed: 2025-01-10}", `"signed" is not one of`, true},
	{"two events in one", "{signature: 2025-01-10}", "{signature: 2025-01-10, ratification: 2025-01-11}", "must be one event with its date", true},
	{"unknown relation", "relation: exact", "relation: exactly", `did you mean "exact"?`, true},
	{"label in capitals", "{max: amber}", "{max: AMBER}", "write it in lower case", true},
	{"date of another style", "{signature: 2025-01-10}", "{signature: 10.01.2025}", "is not a date", true},
	{"date that is no day", "{signature: 2025-01-10}", "{signature: 2025-02-30}", "is not a date", false},
	{"instant without zone", "at: 2026-03-02\n", "at: 2026-03-02T10:00:00\n", "is not a date", true},
	{"duration of nothing", "within: P180D", "within: P0D", "says nothing", true},
	{"duration in words", "within: P180D", "within: 180 days", "is not a duration", true},
	{"number for text", "title: Pact of the two shores", "title: 42", "must be text, is a whole number; put it in quotes", true},
	{"text for true", "binding: true", "binding: yes", "must be true or false, is text", true},
	{"nothing for text", "title: Pact of the two shores", "title:", "must be text, is nothing", true},
	{"blank text", "title: Pact of the two shores", `title: " "`, "is empty", true},
	{"list for one", "nature: mou", "nature: [mou]", "must be text, is a list", true},
	{"entente 2", "entente: 1", "entente: 2", "whole number from 1 to 1", true},
	{"empty list (T4)", "purpose: [incident-response]", "purpose: []", "is an empty list", true},
	{"empty matcher", "when: {type: [vulnerability]}", "when: {}", "is empty", true},
	{"empty recipients (T4)", "when: {type: [vulnerability]}", "when: {recipient: []}", "clause art4: is an empty list", true},
	{"word twice", "purpose: [incident-response]", "purpose: [incident-response, incident-response]", "is listed twice", true},
	{"wildcard recipient (T4)", "when: {type: [vulnerability]}", `when: {recipient: ["*"]}`, "is a wildcard", true},
	{"everybody as recipient (T4)", "when: {type: [vulnerability]}", "when: {recipient: [all]}", "is a wildcard", true},
	{"wildcard party (T4)", "party: csirt-xx", `party: "*"`, "is a wildcard", true},
	{"any on a permission", "within: [technical, personal-pseudonymous]", "any: [technical]", "a permission uses within", true},
	{"within on a prohibition", "any: [victim-identity]", "within: [victim-identity]", "a prohibition uses any", true},
	{"negation of unknown (T4)", "facts: {victim_consent: true}", "facts: {victim_refusal: {not: true}}", "a fact nobody knows", true},
	{"negation over an open set (T4)", "when: {type: [vulnerability]}", "when: {recipient_jurisdiction: {not_in: [XX]}}", "not_in alone", true},
	{"fact that is neither", "facts: {victim_consent: true}", "facts: {victim_consent: maybe}", "must be true, false or {not: true}", true},
	{"scope by within", "clauses:\n", "applies_when: {categories: {within: [technical]}}\nclauses:\n", "scope uses any", true},
	{"range upside down", "{max: amber}", "{min: red, max: amber}", "it matches nothing", false},
	{"exception to nothing", "exception_to: [art5]", "exception_to: [art55]", `there is no clause "art55"; did you mean "art5"?`, false},
	{"exception of the same effect", "exception_to: [art5]", "exception_to: [art4]", "opposite effect", false},
	{"exception to itself", "exception_to: [art5]", "exception_to: [art5-consent]", "is an exception to itself", false},
	{"exception about another act", "modality: prohibition\n    act: share", "modality: prohibition\n    act: onward-share", "is about onward-share", false},
	{"clause id twice", "id: art4\n", "id: art3\n", `clause id "art3" is already used on line`, false},
	{"grants on a permission", "onward: {allowed: originator-consent}", "grants: cooperation", "only an obligation grants", true},
	{"requires on a prohibition", "when: {categories: {any: [victim-identity]}}", "requires: [{safeguard: sign}]", "a prohibition requires nothing", true},
	{"at_least without without", "{without: personal-identifier, at_least: pseudonymise}", "{at_least: pseudonymise}", "belong together", true},
	{"requires nothing", "{without: personal-identifier, at_least: pseudonymise}", "{cite: Art. 9}", "requires nothing", true},
	{"listed without a list", "{allowed: originator-consent}", "{allowed: listed}", "belong together", true},
	{"relief without an hour", "after: receipt}", "after: receipt, non_working_day: {weekend: [sunday]}}", "until", true},
	{"relief at no hour", "after: receipt}", `after: receipt, non_working_day: {until: "25:00", weekend: [sunday]}}`, "12:00", true},
	{"relief on a day that is none", "after: receipt}", `after: receipt, non_working_day: {until: "12:00", weekend: [caturday]}}`, "is not one of the words", true},
	{"relief in a week of rest", "after: receipt}", `after: receipt, non_working_day: {until: "12:00", weekend: [monday, tuesday, wednesday, thursday, friday, saturday, sunday]}}`, "leaves no working day", true},
	{"extension without an end", "after: receipt}", "after: receipt, extension: {cite: Art. 1}}", "at_most", true},
	{"clock without a start", "within: P180D, after: receipt", "within: P180D", "within needs after", true},
	{"duty that waits for itself", "after: receipt", "after: retention", `duty "retention" waits for itself`, false},
	{"retention of nothing", "retention: {at_most: P180D}", "retention: {at_least: P1Y, at_most: P180D}", "keeps for at least P1Y and at most P180D", false},
	{"sunset before the start (T4)", "sunset: 2028-02-01", "sunset: 2024-02-01", "must be after in_force.from", false},
	{"end before the start (T4)", "in_force: {from: 2025-02-01}", "in_force: {from: 2025-02-01, until: 2025-02-01}", "must be after in_force.from", false},
	{"renewal of nothing", "sunset: 2028-02-01, renewal: express", "renewal: express", "renewal needs a sunset", false},
	{"party in force before the text (T4)", "events: [{signature: 2025-01-10}, {in-force: 2025-02-01}]", "events: [{signature: 2025-01-10}, {in-force: 2025-01-20}]", "before the text itself", false},
	{"retroactive party (T4)", "events: [{signature: 2025-01-10}, {in-force: 2025-02-01}]", "events: [{signature: 2025-03-10}, {in-force: 2025-02-01}]", "in-force on 2025-02-01 is retroactive: consent was only on 2025-03-10", false},
	{"ratified before signed (T4)", "{signature: 2025-01-10}", "{signature: 2025-01-10}, {ratification: 2025-01-09}", "comes before the signature", false},
	{"suspended before bound (T4)", "{signature: 2025-01-10}", "{signature: 2025-01-10}, {suspension: 2025-01-09}", "was not bound before that", false},
	{"resumed without suspension (T4)", "{signature: 2025-01-10}", "{signature: 2025-01-10}, {resumption: 2026-01-09}", "without a suspension before it", false},
	{"retroactive clause (T4)", "in_force: {from: 2026-01-01}", "in_force: {from: 2024-01-01}", "retroactive: the clause starts", false},
	{"clause ends before it starts (T4)", "in_force: {from: 2026-01-01}", "in_force: {from: 2026-01-01, until: 2025-06-01}", "must be after", false},
	{"subject to itself (T4)", "subject_to: [charter]", "subject_to: [pact]", "circular", false},
	{"subject to what it prevails over (T4)", "subject_to: [charter]", "subject_to: [charter], prevails_over: [charter]", "circular", false},
	{"self-amending (T4)", "{rule: consensus}", "{rule: tacit}", "tacit_after", true},
	{"binds in two ways", "in_force: {from: 2025-02-01}", "in_force: {from: 2025-02-01}\nuniversal: true", "more than once whom it binds", true},
	{"binding norm", "nature: mou", "nature: norm", "a norm is not binding", true},
	{"party twice", "party: csirt-xx", "party: csirt-aa", "is listed twice", false},
	{"reservation from no clause", "excludes: [art4]", "excludes: [art44]", `there is no clause "art44"`, false},
	{"objection to oneself", "{by: csirt-aa, at: 2025-03-01}", "{by: csirt-xx, at: 2025-03-01}", "cannot object to its own", false},
	{"survival of no clause", "survival: [art5]", "survival: [art6]", `there is no clause "art6"`, false},
	{"vector about no clause", "because: [art3]", "because: [art33]", `there is no clause "art33"`, false},
	{"vector with no such duty", "duties: [retention]", "duties: [erasure]", `there is no duty "erasure"`, false},
	{"vector with another outcome", "{outcome: permit,", "{outcome: allow,", `"allow" is not one of`, true},
	{"permit with transforms", "{outcome: permit,", "{outcome: permit, transforms: [redact-victim],", "only the outcome transform", true},
	{"bidi override (T2)", "title: Pact of the two shores", "title: \"Pact \u202eof the two shores\"", "invisible character U+202E", false},
	{"zero width (T2)", "title: Pact of the two shores", "title: \"Pa\\u200bct\"", "invisible character U+200B", false},
	{"digest in capitals", "sha256:e3b0", "sha256:E3B0", "64 lower-case hexadecimal digits", true},
}

func TestLoadAndSchemaAgreeOnBrokenDocuments(t *testing.T) {
	t.Parallel()
	s := compiledSchema(t)
	for _, tc := range broken {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			src := change(t, tc.from, tc.to)
			_, err := Load("pact.yaml", src)
			f, ok := errors.AsType[*fault.Error](err)
			if !ok {
				t.Fatalf("Load accepts it: %v", err)
			}
			if f.Code != "instrument.invalid" || f.Kind != fault.Invalid || f.Next == "" {
				t.Errorf("fault %s, kind %v, next %q", f.Code, f.Kind, f.Next)
			}
			found := false
			for _, field := range f.Fields {
				found = found || strings.Contains(field.Detail, tc.want)
				if !strings.HasPrefix(field.Detail, "pact.yaml:") {
					t.Errorf("no position in %q", field.Detail)
				}
			}
			if !found {
				t.Errorf("no problem says %q: %v", tc.want, f.Fields)
			}
			if err := validate(t, s, src); (err != nil) != tc.both {
				t.Errorf("schema: refused is %v, want %v: %v", err != nil, tc.both, err)
			}
		})
	}
}

func TestATextThatBindsNobodyIsRefused(t *testing.T) {
	t.Parallel()
	head, rest, _ := strings.Cut(base(t), "parties:\n")
	_, tail, _ := strings.Cut(rest, "definitions:\n")
	src := []byte(head + "definitions:\n" + tail)
	_, err := Load("pact.yaml", src)
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || len(f.Fields) != 1 || !strings.Contains(f.Fields[0].Detail, "binds nobody") {
		t.Errorf("Load: %v", err)
	}
	if validate(t, compiledSchema(t), src) == nil {
		t.Error("the schema accepts it")
	}
}
