package odrl_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"entente/decision"
	"entente/instrument"
	"entente/instrument/library"
	"entente/instrument/odrl"
	"entente/intel"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/internal/strictjson"
	"entente/privacy"
)

// corpus is every instrument of the examples and of the library that loads.
func corpus(t *testing.T) []*instrument.Instrument {
	t.Helper()
	var out []*instrument.Instrument
	for _, pattern := range []string{"lantern", "instruments"} {
		files, err := filepath.Glob(filepath.Join("..", "..", "examples", pattern, "*.yaml"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no examples: %v", err)
		}
		for _, file := range files {
			if filepath.Base(file) == "scenario.yaml" {
				continue
			}
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, load(t, file, src))
		}
	}
	names, err := fs.Glob(library.Files(), "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		src, err := fs.ReadFile(library.Files(), name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, load(t, name, src))
	}
	return out
}

func load(t *testing.T, file string, src []byte) *instrument.Instrument {
	t.Helper()
	doc, err := instrument.Load(file, src)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func parse(t *testing.T, b []byte) *strictjson.Value {
	t.Helper()
	v, err := strictjson.Parse(b, strictjson.Default())
	if err != nil {
		t.Fatal(err)
	}
	return &v
}

// TestPoliciesKeepTheInformationModel: every instrument of the corpus that binds
// becomes a policy that keeps the rules of the ODRL Information Model 2.2, twice
// with the same bytes.
func TestPoliciesKeepTheInformationModel(t *testing.T) {
	t.Parallel()
	for _, doc := range corpus(t) {
		t.Run(doc.ID, func(t *testing.T) {
			t.Parallel()
			p, err := odrl.FromInstrument(doc)
			if !doc.Binding {
				if fault.CodeOf(err) != "odrl.norm" {
					t.Fatalf("a norm became a policy: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			again, err := odrl.FromInstrument(doc)
			if err != nil || !bytes.Equal(p.JSON, again.JSON) {
				t.Error("the same instrument gave other bytes")
			}
			checkModel(t, parse(t, p.JSON))
		})
	}
}

func checkModel(t *testing.T, p *strictjson.Value) {
	t.Helper()
	for _, r := range modelRules {
		if wrong := r.broken(p); wrong != "" {
			t.Errorf("section %s, %s: %s", r.section, r.says, wrong)
		}
	}
}

// TestEveryTermOfTheProfileIsExplained: the guide explains every term that ODRL
// does not have and a policy uses.
func TestEveryTermOfTheProfileIsExplained(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile(filepath.Join("..", "..", "docs", "guide", "interchange.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`"entente:([a-zA-Z0-9_-]+)`)
	for _, doc := range corpus(t) {
		p, err := odrl.FromInstrument(doc)
		if err != nil {
			continue // a norm
		}
		for _, m := range named.FindAllSubmatch(p.JSON, -1) {
			term := string(m[1])
			if strings.HasPrefix(term, "fact-") || strings.HasPrefix(term, "event-") {
				continue
			}
			if !bytes.Contains(guide, []byte("`entente:"+term+"`")) {
				t.Errorf("%s: the guide does not explain entente:%s", doc.ID, term)
			}
		}
	}
	for _, term := range named.FindAllSubmatch(goldenFile(t, "decision.json"), -1) {
		if w := string(term[1]); !strings.HasPrefix(w, "event-") && !bytes.Contains(guide, []byte("`entente:"+w+"`")) {
			t.Errorf("the guide does not explain entente:%s", w)
		}
	}
}

func goldenFile(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestP2PolicyNeverPermitsMore: whatever question the vectors of the corpus ask, a
// policy permits nothing that the instrument denies or sends to a person.
func TestP2PolicyNeverPermitsMore(t *testing.T) {
	t.Parallel()
	permitted := 0
	for _, doc := range corpus(t) {
		if !doc.Binding || len(doc.Vectors) == 0 {
			continue
		}
		p, err := odrl.FromInstrument(doc)
		if err != nil {
			t.Fatal(err)
		}
		policy := parse(t, p.JSON)
		for _, v := range doc.Vectors {
			answer := evaluate(policy, doc, v)
			if v.Expect.Outcome == "deny" && v.Expect.NotUsed == "" && answer {
				t.Errorf("%s, %s: denied by the instrument and permitted by the policy", doc.ID, v.Name)
			}
			if answer {
				permitted++
			}
		}
	}
	if permitted == 0 {
		t.Error("no policy permits anything: the evaluator of this test is broken")
	}
}

// TestP2PolicyNeverPermitsMoreProperty asks what no vector asks: the questions of
// the vectors with other labels, data, facts and purposes.
func TestP2PolicyNeverPermitsMoreProperty(t *testing.T) {
	t.Parallel()
	type pair struct {
		doc    *instrument.Instrument
		engine *decision.Engine
		policy *strictjson.Value
	}
	var pairs []pair
	for _, doc := range corpus(t) {
		opens := doc.Regime == "cooperation" || slices.ContainsFunc(doc.Clauses, func(c instrument.Clause) bool { return c.Grants == "cooperation" })
		if !doc.Binding || !opens || len(doc.Vectors) == 0 {
			continue // alone, the engine denies whatever others do not open
		}
		p, err := odrl.FromInstrument(doc)
		if err != nil {
			t.Fatal(err)
		}
		pairs = append(pairs, pair{doc, compile(t, doc), parse(t, p.JSON)})
	}
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(pairs).Draw(t, "instrument")
		v := rapid.SampledFrom(c.doc.Vectors).Draw(t, "vector")
		other := rapid.SampledFrom(c.doc.Vectors).Draw(t, "other").Given
		g := &v.Given
		g.Object.TLP = rapid.SampledFrom([]intel.TLP{g.Object.TLP, intel.Clear, intel.Amber, intel.Red}).Draw(t, "tlp")
		g.Object.Categories = rapid.SliceOfDistinct(rapid.SampledFrom(slices.Concat(g.Object.Categories, other.Object.Categories, []privacy.Category{privacy.Technical})),
			func(c privacy.Category) privacy.Category { return c }).Draw(t, "categories")
		if rapid.Bool().Draw(t, "swap") {
			g.Recipient, g.Purpose, g.Object.Type = other.Recipient, other.Purpose, other.Object.Type
		}
		facts := map[string]bool{}
		for f, is := range v.Given.Facts {
			if rapid.Bool().Draw(t, "known "+f) {
				facts[f] = is != rapid.Bool().Draw(t, "flip "+f)
			}
		}
		g.Facts = facts
		if d := c.engine.Decide(question(v)); d.Outcome == decision.Deny && evaluate(c.policy, c.doc, v) {
			t.Fatalf("%s denies and its policy permits: %v", c.doc.ID, d.Because)
		}
	})
}

// TestFromInstrumentGolden shows one policy in full: the example agreement, with
// a publication in Akoma Ntoso and as ELI.
func TestFromInstrumentGolden(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile(filepath.Join("testdata", "agreement.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := odrl.FromInstrument(load(t, "agreement.yaml", src))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "agreement.json", p.JSON)
	var lost strings.Builder
	for _, l := range p.Lost {
		lost.WriteString(l.Clause + " | " + l.What + " | " + l.Why + "\n")
	}
	golden(t, "agreement.lost", []byte(lost.String()))
}

// TestDecisionsKeepTheInformationModel: whatever comes out, it becomes a policy
// that keeps the model, and only a deny becomes a prohibition.
func TestDecisionsKeepTheInformationModel(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile(filepath.Join("testdata", "agreement.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	doc := load(t, "agreement.yaml", src)
	e := compile(t, doc)
	outcomes := map[decision.Outcome]bool{}
	for _, v := range doc.Vectors {
		d := e.Decide(question(v))
		if string(d.Outcome) != v.Expect.Outcome {
			t.Errorf("%s: %s, agreed is %s", v.Name, d.Outcome, v.Expect.Outcome)
		}
		outcomes[d.Outcome] = true
		p, err := odrl.FromDecision(d, []*instrument.Instrument{doc})
		if err != nil {
			t.Fatal(err)
		}
		policy := parse(t, p.JSON)
		checkModel(t, policy)
		if deny := policy.Get("prohibition") != nil; deny != (d.Outcome == decision.Deny) {
			t.Errorf("%s: %s became a policy with a prohibition: %v", v.Name, d.Outcome, deny)
		}
		if first := policy.Get("permission"); d.Outcome == decision.Refer && first.Items[0].Get("duty") == nil {
			t.Errorf("%s: what waits for a person became a permission without duties", v.Name)
		}
	}
	for _, o := range []decision.Outcome{decision.Permit, decision.Transform, decision.Deny, decision.Refer} {
		if !outcomes[o] {
			t.Errorf("no vector of the agreement comes out as %s", o)
		}
	}
}

func compile(t *testing.T, doc *instrument.Instrument) *decision.Engine {
	t.Helper()
	e, err := decision.Compile(decision.Law{Instruments: []*instrument.Instrument{doc}, Transforms: privacy.Catalogue()})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestFromDecisionGolden shows one decision in full, and what is lost of one.
func TestFromDecisionGolden(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	art3 := decision.ClauseRef{Instrument: "northern-mou", Clause: "art3", Cite: "Art. 3(1)"}
	art5 := decision.ClauseRef{Instrument: "northern-mou", Clause: "art3", Cite: "Art. 5(2)"}
	d := decision.Decision{
		Request: decision.Request{
			Subject: decision.Subject{ID: "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", Type: "indicator", Hash: ident.Sum(nil)},
			Sender:  decision.Actor{ID: "csirt-aurelia"}, Recipient: decision.Actor{ID: "ncsc-cordova"}, Purpose: "incident-response", At: at,
		},
		Outcome:       decision.Refer,
		Transforms:    []string{"pseudonymise"},
		Needs:         []decision.Need{{Transform: "pseudonymise", Reason: decision.Reason{ClauseRef: art5, Text: "requires at least pseudonymise of personal-identifier"}}},
		Because:       []decision.Reason{{ClauseRef: art3, Text: "requires dual-control"}},
		Basis:         []decision.Basis{{ClauseRef: art3, Effect: "permits", Text: "Incidents and indicators."}, {ClauseRef: art5, Effect: "defeated", DefeatedBy: "Art. 7"}},
		Preconditions: []decision.Precondition{{ClauseRef: art3, Safeguard: "dual-control", ApprovalBy: "duty-officer"}},
		Duties:        []decision.DutyRef{{ClauseRef: art3, ID: "say-what-helped", What: "tell the sender whether it helped", Bearer: "recipient", To: "sender", Within: "P14D", After: "receipt"}},
		LawApplied:    []decision.LawRef{{Instrument: "northern-mou", Version: "2.0.0", Hash: ident.Sum(nil)}},
		Unknowns:      []string{"emergency"},
		WhatIf:        []decision.WhatIf{{Change: "emergency were true", Outcome: decision.Permit}},
		Warnings:      []decision.Reason{{Text: "a norm"}},
		NotUsed:       []decision.NotUsed{{Instrument: "other", Why: "not in force"}},
		Engine:        "1",
	}
	origin := &instrument.Origin{AKN: "/akn/aa/mou/2025-05-04/7", URI: "http://law.example/mou"}
	p, err := odrl.FromDecision(d, []*instrument.Instrument{{ID: "northern-mou", Origin: origin}})
	if err != nil {
		t.Fatal(err)
	}
	checkModel(t, parse(t, p.JSON))
	golden(t, "decision.json", p.JSON)
	var lost []string
	for _, l := range p.Lost {
		lost = append(lost, l.What)
	}
	if diff := cmp.Diff([]string{"what-if", "unknown facts", "warnings of norms", "instruments not used"}, lost); diff != "" {
		t.Error(diff)
	}
}

// TestPortionsOfAkomaNtoso: the article of a citation is named, and nothing else
// is guessed.
func TestPortionsOfAkomaNtoso(t *testing.T) {
	t.Parallel()
	for cite, want := range map[string]string{
		"Art. 23(4)(a)": "/akn/eu/act/2022/2555/~art_23", "Art. 2a": "/akn/eu/act/2022/2555/~art_2a", "Article 5": "/akn/eu/act/2022/2555/~art_5",
		"Recital 120": "/akn/eu/act/2022/2555", "para 13(c)": "/akn/eu/act/2022/2555", "TLP:RED": "/akn/eu/act/2022/2555",
	} {
		doc := load(t, "a.yaml", fmt.Appendf(nil, `
entente: 1
kind: Instrument
id: an-act
title: An act
nature: directive
binding: true
regime: reporting
default: silent
universal: true
source: {akn: /akn/eu/act/2022/2555}
in_force: {from: 2025-01-01}
version: 1.0.0
clauses:
  - {id: a, cite: %q, text: Report., modality: obligation, act: report, duties: [{id: d, what: report, bearer: sender}]}
`, cite))
		p, err := odrl.FromInstrument(doc)
		if err != nil {
			t.Fatal(err)
		}
		if got := parse(t, p.JSON).Get("obligation").Items[0].Get("dct:source").Items[0].Get("@id").Text; got != want {
			t.Errorf("%s: %s, want %s", cite, got, want)
		}
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	wanted, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, wanted) {
		t.Errorf("%s changed; run with UPDATE=1 and look at the difference. Now:\n%s", name, got)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	guidance := load(t, "g.yaml", []byte(`
entente: 1
kind: Instrument
id: only-guidance
title: Advice
nature: mou
binding: true
regime: cooperation
default: silent
universal: true
in_force: {from: 2025-01-01}
version: 1.0.0
clauses:
  - {id: a, cite: "1", text: Take care., modality: prohibition, act: share, strength: guidance}
`))
	if _, err := odrl.FromInstrument(guidance); fault.CodeOf(err) != "odrl.empty" {
		t.Errorf("got %v, want odrl.empty", err)
	}
}
