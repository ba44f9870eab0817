package foreign_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"entente/decision"
	"entente/instrument"
	"entente/instrument/foreign"
	"entente/internal/fault"
	"entente/privacy"
)

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// checker is a test, or one draw of a property.
type checker interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// holds checks what is promised of every draft: it loads, its vectors hold, and
// the linter warns of nothing but the terms themselves: a short term, two words that
// look alike.
func holds(t checker, d foreign.Draft) *instrument.Instrument {
	t.Helper()
	doc, err := instrument.Load(d.ID+".yaml", d.Source)
	if err != nil {
		t.Fatalf("the draft does not load: %v\n%s", err, d.Source)
	}
	if doc.ID != d.ID || !doc.Illustrative {
		t.Errorf("the draft is %s, illustrative %v", doc.ID, doc.Illustrative)
	}
	results, err := decision.TestInstrument(doc, privacy.Catalogue())
	if err != nil {
		t.Fatalf("%v", err)
	}
	for _, r := range results {
		if !r.OK() {
			t.Errorf("vector %s: %s\n%s", r.Name, r.Diff, d.Source)
		}
	}
	for _, f := range instrument.Lint(doc, doc.InForce.From) {
		if f.Level != instrument.Note && f.Code != "lapses-soon" && f.Code != "fact-near" {
			t.Errorf("%s: %s", f.Clause, f.Message)
		}
	}
	if len(doc.Vectors) == 0 {
		t.Errorf("the draft has no vectors")
	}
	return doc
}

// TestDraftsGolden shows a draft of each kind of terms in full.
func TestDraftsGolden(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file string
		from func([]byte, foreign.Options) (foreign.Draft, error)
	}{
		{"iep-amber", foreign.FromIEP},      // the JSON of the specification
		{"iep-red-stix", foreign.FromIEP},   // an OASIS common object in a bundle
		{"acs-privileges", foreign.FromACS}, // privileges, further sharing and determinations
		{"acs-secret", foreign.FromACS},     // classified, everything denied by default
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			d, err := c.from(read(t, c.file+".json"), foreign.Options{})
			if err != nil {
				t.Fatal(err)
			}
			holds(t, d)
			out := slices.Clone(d.Source)
			for _, l := range d.Lost {
				out = append(out, "# not carried: "+l.Pointer+": "+l.What+": "+l.Why+"\n"...)
			}
			golden := filepath.Join("testdata", c.file+".yaml")
			if os.Getenv("UPDATE") != "" {
				if err := os.WriteFile(golden, out, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(read(t, c.file+".yaml")), string(out)); diff != "" {
				t.Errorf("the draft changed; run with UPDATE=1 and look: %s", diff)
			}
			again, err := c.from(read(t, c.file+".json"), foreign.Options{})
			if err != nil || !bytes.Equal(again.Source, d.Source) {
				t.Error("the same terms gave another draft")
			}
		})
	}
}

// TestIEPStatements: each value of each statement of the policy has the clause
// that carries it, and a may has none (IEP 2.0 framework, sections 7 to 10).
func TestIEPStatements(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ statement, value, clause string }{
		{"encrypt_in_transit", "must", "encrypt-in-transit"},
		{"encrypt_in_transit", "may", ""},
		{"permitted_actions", "none", "actions"},
		{"permitted_actions", "contact-for-instruction", "actions actions-instructed"},
		{"permitted_actions", "internally-visible-actions", "actions"},
		{"permitted_actions", "externally-visible-indirect-actions", "actions"},
		{"permitted_actions", "externally-visible-direct-actions", ""},
		{"affected_party_notifications", "must-not", "notify notify-by-law"},
		{"affected_party_notifications", "may", ""},
		{"tlp", "red", "tlp tlp-wider"},
		{"tlp", "amber+strict", "tlp tlp-wider"},
		{"tlp", "amber", "tlp tlp-wider"},
		{"tlp", "green", "tlp"},
		{"tlp", "white", ""},
		{"tlp", "clear", ""},
		{"attribution", "must", "attribution"},
		{"attribution", "must-not", "attribution"},
		{"attribution", "may", ""},
		{"unmodified_resale", "must-not", "resale"},
		{"unmodified_resale", "may", ""},
	} {
		d, err := foreign.FromIEP([]byte(`{"id":"p1","name":"A policy","iep_version":2.0,"start_date":"2024-01-01T00:00:00Z","`+c.statement+`":"`+c.value+`"}`), foreign.Options{})
		if err != nil {
			t.Fatal(err)
		}
		want := c.clause
		if want == "" {
			want = "may" // the one clause of a policy that restricts nothing
		}
		if got := clauses(holds(t, d)); got != want {
			t.Errorf("%s: %s became the clauses %q, want %q", c.statement, c.value, got, want)
		}
	}
}

// TestACSStatements: each restriction of the marking becomes a clause (ACS 3.0a,
// STIX extension of the OASIS common objects).
func TestACSStatements(t *testing.T) {
	t.Parallel()
	const permitAll = `"policy_reference":"urn:isa:policy:acs:ns:v3.0?privdefault=permit&sharedefault=permit"`
	for _, c := range []struct{ name, marking, want string }{
		{"nothing", permitAll + `,"control_set":{"classification":"U"}`, "marked"},
		{"classified", permitAll + `,"control_set":{"classification":"C"}`, "classified classified-agreement"},
		{"sensitivity", permitAll + `,"control_set":{"classification":"U","sensitivity":["LES","PCII"]}`, "sensitivity-les sensitivity-pcii"},
		{"two words of one id", permitAll + `,"control_set":{"classification":"U","sensitivity":["A.B","A-B"]}`, "sensitivity-a-b sensitivity-a-b-2"},
		{"caveat", permitAll + `,"control_set":{"classification":"U","caveat":["FISA"]}`, "caveat-fisa"},
		{"organisations", permitAll + `,"control_set":{"classification":"U","permitted_organizations":["USA.USG"]}`, "permitted-organizations"},
		{"nationalities", permitAll + `,"control_set":{"classification":"U","permitted_nationalities":["USA","GBR"]}`, "permitted-nationalities"},
		{"everybody", permitAll + `,"control_set":{"classification":"U","permitted_nationalities":["ALL"],"entity":["ALL"]}`, "marked"},
		{"determinations", permitAll + `,"control_set":{"classification":"U","formal_determination":["NF","FOUO","AIS"]}`, "no-foreign official-use"},
		{"sharing", `"policy_reference":"urn:isa:policy:acs:ns:v3.0?privdefault=permit&sharedefault=deny","control_set":{"classification":"U"},
			"further_sharing":[{"sharing_scope":["USA.USG","FOREIGNGOV"],"rule_effect":"permit"}]`, "further-sharing scope-usa-usg scope-foreigngov"},
		{"denied scope", permitAll + `,"control_set":{"classification":"U"},"further_sharing":[{"sharing_scope":["SECTOR"],"rule_effect":"deny"}]`, "scope-sector"},
		{"privilege denied", permitAll + `,"control_set":{"classification":"U"},"access_privilege":[{"privilege_action":"NETDEF","privilege_scope":{"entity":["ALL"]},"rule_effect":"deny"}]`, "privilege-netdef"},
		{"privilege for some", permitAll + `,"control_set":{"classification":"U"},"access_privilege":[{"privilege_action":"LEGAL","privilege_scope":{"permitted_organizations":["USA.DOJ"]},"rule_effect":"permit"}]`, "privilege-legal"},
		{
			"everything denied but one", `"policy_reference":"urn:isa:policy:acs:ns:v3.0?privdefault=deny&sharedefault=permit","control_set":{"classification":"U"},
			"access_privilege":[{"privilege_action":"CISAUSES","privilege_scope":{"entity":["ALL"]},"rule_effect":"permit"}]`,
			"privilege-idsrc privilege-tenot privilege-netdef privilege-legal privilege-intel privilege-opaction",
		},
	} {
		src := `{"type":"marking-definition","id":"marking-definition--1","extensions":{"extension-definition--3a65884d-005a-4290-8335-cb2d778a83ce":{
			"extension_type":"property-extension","identifier":"isa:guide.19001.ACS3-x","create_date_time":"2021-08-14T01:08:08.432065Z","responsible_entity_custodian":"USA.DHS",` + c.marking + `}}}`
		d, err := foreign.FromACS([]byte(src), foreign.Options{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := clauses(holds(t, d)); got != c.want {
			t.Errorf("%s: became the clauses %q, want %q", c.name, got, c.want)
		}
	}
}

func clauses(doc *instrument.Instrument) string {
	var ids []string
	for _, c := range doc.Clauses {
		ids = append(ids, c.ID)
	}
	return strings.Join(ids, " ")
}

func TestRefused(t *testing.T) {
	t.Parallel()
	two := `{"type":"bundle","objects":[` + marking("1") + `,` + marking("2") + `]}`
	for _, c := range []struct{ name, src, pick, code string }{
		{"no JSON", `{`, "", "json.syntax"},
		{"an invisible character (T2)", `{"id":"a","name":"Gr\u202eid","iep_version":2.0}`, "", "foreign.invalid"},
		{"a statement twice (T1)", `{"id":"a","id":"b"}`, "", "json.duplicate"},
		{"an unknown statement (T1)", `{"id":"a","iep_version":2.0,"tpl":"red"}`, "", "foreign.invalid"},
		{"an unknown value", `{"id":"a","iep_version":2.0,"tlp":"orange"}`, "", "foreign.invalid"},
		{"another version", `{"id":"a","iep_version":1.0}`, "", "foreign.invalid"},
		{"no id", `{"iep_version":2.0}`, "", "foreign.invalid"},
		{"an end before the start", `{"id":"a","iep_version":2.0,"start_date":"2024-01-02T00:00:00Z","end_date":"2024-01-01T00:00:00Z"}`, "", "foreign.invalid"},
		{"a reference", `{"id_ref":"a","url":"https://iep.example/p.iepj","iep_version":2.0}`, "", "foreign.reference"},
		{"a list", `[]`, "", "foreign.absent"},
		{"a bundle without terms", `{"type":"bundle","objects":[]}`, "", "foreign.absent"},
		{"two markings", two, "", "foreign.several"},
		{"a pick that is not there", two, "marking-definition--3", "foreign.absent"},
	} {
		if _, err := foreign.FromIEP([]byte(c.src), foreign.Options{Pick: c.pick}); fault.CodeOf(err) != c.code {
			t.Errorf("%s: got %v, want %s", c.name, err, c.code)
		}
	}
	if d, err := foreign.FromIEP([]byte(two), foreign.Options{Pick: "marking-definition--2"}); err != nil || d.ID != "iep-2" {
		t.Errorf("picking one of two: %s, %v", d.ID, err)
	}
}

// TestUnderAnAgreement: the terms a partner puts on what it gives under an
// agreement bind whoever received it under that agreement.
func TestUnderAnAgreement(t *testing.T) {
	t.Parallel()
	d, err := foreign.FromIEP(read(t, "iep-amber.json"), foreign.Options{Under: "mou-aa-xx"})
	if err != nil {
		t.Fatal(err)
	}
	doc := holds(t, d)
	e, err := decision.Compile(decision.Law{Instruments: []*instrument.Instrument{doc}, Transforms: privacy.Catalogue()})
	if err != nil {
		t.Fatal(err)
	}
	r := decision.Request{
		Subject: decision.Subject{Type: "indicator", Categories: []privacy.Category{privacy.Technical}, Origin: "csirt-xx", ReceivedUnder: []string{"mou-aa-xx"}},
		Sender:  decision.Actor{ID: "csirt-aa"}, Recipient: decision.Actor{ID: "somebody"}, Purpose: "cyber-defence", At: doc.InForce.From,
		Facts: map[string]bool{"own_object": false, "originator_consent": false},
	}
	if got := e.Decide(r); !slices.ContainsFunc(got.Because, func(b decision.Reason) bool { return b.Clause == "tlp" }) {
		t.Errorf("the label of the policy is not among the reasons: %v", got.Because)
	}
	if _, err := foreign.FromIEP(read(t, "iep-amber.json"), foreign.Options{Under: "No id"}); fault.CodeOf(err) != "instrument.invalid" {
		t.Errorf("an agreement that is no id: got %v", err)
	}
}

func marking(n string) string {
	return `{"type":"marking-definition","id":"marking-definition--` + n + `","extensions":{"extension-definition--762e2e97-ee51-43e5-a9ea-165fbb862c4a":{
		"extension_type":"property-extension","iep_id":"` + n + `","iep_version":2.0,"tlp":"green"}}}`
}

// TestDraftsOfAnyTermsHold draws terms from the vocabularies and from any text:
// what is promised of a draft is true of each.
func TestDraftsOfAnyTermsHold(t *testing.T) {
	t.Parallel()
	word := func(t *rapid.T, name string, words ...string) string {
		return rapid.OneOf(rapid.SampledFrom(words), rapid.StringN(0, 40, 160)).Draw(t, name)
	}
	words := func(t *rapid.T, name string, ws ...string) []string {
		return rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(ws), rapid.StringN(1, 12, 40)), 1, 4).Draw(t, name)
	}
	effects := []string{"permit", "deny"}
	made := 0
	rapid.Check(t, func(t *rapid.T) {
		policy := map[string]any{
			"id": word(t, "id", "p1", "P.2"), "name": word(t, "name", "A policy"), "iep_version": 2.0,
			"tlp": word(t, "tlp", "red", "amber", "green"), "attribution": word(t, "attribution", "must", "must-not"),
			"permitted_actions": word(t, "actions", "none", "contact-for-instruction", "internally-visible-actions"),
		}
		control := map[string]any{"classification": word(t, "classification", "U", "S"), "sensitivity": words(t, "sensitivity", "LES", "PII"), "entity": words(t, "entity", "ALL", "GOV")}
		marking := map[string]any{
			"extension_type": "property-extension", "identifier": word(t, "identifier", "isa:guide.1"), "create_date_time": "2021-08-14T01:08:08Z",
			"responsible_entity_custodian": word(t, "custodian", "USA.DHS"),
			"policy_reference":             "urn:isa:policy:acs:ns:v3.0?privdefault=" + rapid.SampledFrom(effects).Draw(t, "priv") + "&sharedefault=" + rapid.SampledFrom(effects).Draw(t, "share"),
			"control_set":                  control,
			"further_sharing":              []any{map[string]any{"sharing_scope": words(t, "scope", "SECTOR", "USA.USG"), "rule_effect": rapid.SampledFrom(effects).Draw(t, "effect")}},
			"access_privilege": []any{map[string]any{
				"privilege_action": word(t, "action", "ALL", "NETDEF", "IDSRC", "DSPLY"), "privilege_scope": map[string]any{"entity": words(t, "privileged", "ALL", "GOV")},
				"rule_effect": rapid.SampledFrom(effects).Draw(t, "privilege"),
			}},
		}
		stix := map[string]any{"type": "marking-definition", "extensions": map[string]any{"extension-definition--3a65884d-005a-4290-8335-cb2d778a83ce": marking}}
		for _, c := range []struct {
			terms any
			from  func([]byte, foreign.Options) (foreign.Draft, error)
		}{{policy, foreign.FromIEP}, {stix, foreign.FromACS}} {
			src, err := json.Marshal(c.terms)
			if err != nil {
				t.Skip() // a text that is no Unicode
			}
			d, err := c.from(src, foreign.Options{})
			if err == nil {
				made++
				holds(t, d)
				continue
			}
			if code := fault.CodeOf(err); !strings.HasPrefix(code, "json.") && !strings.HasPrefix(code, "foreign.") {
				t.Fatalf("the fault is %v: the draft is wrong, not the terms", err)
			}
		}
	})
	if made == 0 {
		t.Error("no terms became a draft")
	}
}

// FuzzTerms: whatever the bytes, there is either a fault or a draft of which
// everything promised is true.
func FuzzTerms(f *testing.F) {
	for _, name := range []string{"iep-amber", "iep-red-stix", "acs-privileges", "acs-secret"} {
		f.Add(read(f, name+".json"))
	}
	f.Add([]byte(marking("1")))
	f.Fuzz(func(t *testing.T, src []byte) {
		for _, from := range []func([]byte, foreign.Options) (foreign.Draft, error){foreign.FromIEP, foreign.FromACS} {
			d, err := from(src, foreign.Options{})
			if err == nil {
				holds(t, d)
				continue
			}
			if code := fault.CodeOf(err); !strings.HasPrefix(code, "json.") && !strings.HasPrefix(code, "foreign.") {
				t.Errorf("the fault is %v: the draft is wrong, not the terms", err)
			}
		}
	})
}
