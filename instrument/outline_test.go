package instrument_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"entente/instrument"
	"entente/internal/fault"
)

// golden compares text with a file, or writes it with UPDATE=1.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is not current; look at the difference and run with UPDATE=1:\n%s", file, diff)
	}
}

// everything is an instrument that uses every construct of the format once.
func everything(t testing.TB) *instrument.Instrument {
	t.Helper()
	i, err := instrument.Load("everything.yaml", source(t, "testdata/everything.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestOutlineSaysEveryPartOfAClause(t *testing.T) {
	t.Parallel()
	i := everything(t)
	var b strings.Builder
	for _, o := range i.Outline() {
		fmt.Fprintf(&b, "%s [%s] %s\n%s\n\n", o.Cite, o.Clause, o.At, o.Sentence)
	}
	golden(t, "everything.outline.txt", b.String())
}

// TestOutlineChangesWithTheClause: whatever is changed in a clause, the sentence
// changes too; nothing that has an effect is left out of it.
func TestOutlineChangesWithTheClause(t *testing.T) {
	t.Parallel()
	src := string(source(t, "testdata/everything.yaml"))
	before := sentences(t, src)
	for _, edit := range [][2]string{
		{"type: [incident, report]", "type: [incident]"},
		{"tlp: {min: green, max: amber}", "tlp: {max: amber}"},
		{"pap: {min: green}", "pap: {min: amber}"},
		{"purpose: [incident-response]", "purpose: [cyber-defence]"},
		{"within: [technical, personal-pseudonymous]", "within: [technical]"},
		{"none: [credentials]", "none: [commercial]"},
		{"any: [victim-identity]", "any: [source-identity]"},
		{"sender_kind: [csirt]", "sender_kind: [isac]"},
		{"sender_role: [lead]", "sender_role: [member]"},
		{"sender_sector: [energy]", "sender_sector: [banking]"},
		{"sender_jurisdiction: {in: [UNION]}", "sender_jurisdiction: {in: [AA]}"},
		{"recipient: [csirt-bb]", "recipient: [csirt-cc]"},
		{"recipient_kind: [csirt, regulator]", "recipient_kind: [csirt]"},
		{"recipient_role: [member]", "recipient_role: [lead]"},
		{"recipient_sector: [energy]", "recipient_sector: [banking]"},
		{"recipient_jurisdiction: {in: [UNION], not_in: [BB]}", "recipient_jurisdiction: {in: [UNION]}"},
		{"origin: {in: [csirt-aa]}", "origin: {in: [csirt-bb]}"},
		{"received_under: [other-text]", "received_under: [third-text]"},
		{"urgent: true", "urgent: false"},
		{"significant: false", "significant: true"},
		{"originator_consent: {not: true}", "originator_consent: false"},
		{"at_least: pseudonymise", "at_least: redact-contact"},
		{"safeguard: human-approval", "safeguard: dual-control"},
		{"approval_by: legal", "approval_by: head"},
		{"form: written", "form: explicit"},
		{"on_withdrawal: recall", "on_withdrawal: delete"},
		{"allowed: listed, to: [csirt-cc], hops: 2", "allowed: never"},
		{"at_least: P30D", "at_least: P31D"},
		{"at_most: P180D", "at_most: P181D"},
		{"grants: cooperation", "grants: criminal-justice"},
		{"within: PT24H", "within: PT25H"},
		{"after: share", "after: receipt"},
		{"every: P1M", "every: P2M"},
		{"soft: true", "soft: false"},
		{"calendar: working-days", "calendar: days"},
		{"fields: [cause, impact]", "fields: [cause]"},
		{"to: csirt-bb}", "to: csirt-cc}"},
		{"earliest_of:", "latest_of:"},
		{"max_duration: P30D", "max_duration: P60D"},
		{"notify: [csirt-bb]", "notify: [csirt-cc]"},
		{"fact: emergency_declared", "fact: crisis_declared"},
		{"closed: true", "closed: false"},
		{"code: sovereignty", "code: security"},
		{"strength: guidance", "strength: strict"},
		{"bearer: recipient", "bearer: sender"},
		{"until: 2027-01-01", "until: 2028-01-01"},
		{"exception_to: [c2]", "exception_to: [c2b]"},
		{`until: "12:00"`, `until: "13:00"`},
		{"weekend: [saturday, sunday]", "weekend: [friday, saturday]"},
		{"not_for: [bank]", "not_for: [exchange]"},
		{"cite: Art. 3(3)", "cite: Art. 9(3)"},
		{"at_most: P2M", "at_most: P3M"},
		{"cite: Art. 3(4)", "cite: Art. 9(4)"},
		{"verified: secondary", "verified: unverified"},
	} {
		if !strings.Contains(src, edit[0]) {
			t.Fatalf("the document has no %q", edit[0])
		}
		if after := sentences(t, strings.Replace(src, edit[0], edit[1], 1)); slices.Equal(before, after) {
			t.Errorf("%s: the sentences do not say it", edit[0])
		}
	}
}

func sentences(t *testing.T, src string) []string {
	t.Helper()
	i, err := instrument.Load("everything.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, o := range i.Outline() {
		out = append(out, o.Sentence)
	}
	return out
}

func TestExplainOneClause(t *testing.T) {
	t.Parallel()
	i := everything(t)
	var b strings.Builder
	for _, clause := range []string{"c1", "c2", "c4"} {
		e, err := i.Explain(clause, date(t, "2026-06-01"))
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.MarshalIndent(e, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(text, '\n'))
	}
	golden(t, "everything.explain.json", b.String())
	_, err := i.Explain("c22", date(t, "2026-06-01"))
	if f, ok := errors.AsType[*fault.Error](err); !ok || f.Code != "instrument.clause" || f.Kind != fault.NotFound || f.Next == "" {
		t.Errorf("Explain an absent clause: %v", err)
	}
}

func TestExplainReadsTermsAsTheEngineDoes(t *testing.T) {
	t.Parallel()
	i := everything(t)
	counts := func(clause string) map[string]bool {
		e, err := i.Explain(clause, date(t, "2026-06-01"))
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]bool{}
		for _, u := range e.Terms {
			for _, n := range u.National {
				out[n.Term] = n.Counts
			}
		}
		return out
	}
	for clause, want := range map[string]map[string]bool{
		"c1": {"Vorfall": true, "Hændelse": false, "brèche": false, "grave": true}, // a permission: exact and narrower
		"c3": {"Vorfall": true, "Hændelse": true, "brèche": false, "grave": true},  // a duty: broader ones too
	} {
		if diff := cmp.Diff(want, counts(clause)); diff != "" {
			t.Errorf("%s: %s", clause, diff)
		}
	}
}

func TestGraphIsTheSameInAnyOrder(t *testing.T) {
	t.Parallel()
	docs := []*instrument.Instrument{everything(t)}
	for name, src := range exampleFiles(t) {
		i, err := instrument.Load(name, src)
		if err == nil && len(i.Clauses) < 10 && !slices.ContainsFunc(docs, func(d *instrument.Instrument) bool { return d.Ref() == i.Ref() }) {
			docs = append(docs, i)
		}
	}
	dot, mermaid := instrument.DOT(docs), instrument.Mermaid(docs)
	rapid.Check(t, func(t *rapid.T) {
		shuffled := rapid.Permutation(docs).Draw(t, "order")
		if instrument.DOT(shuffled) != dot || instrument.Mermaid(shuffled) != mermaid {
			t.Fatal("the order of the instruments changes the picture")
		}
	})
}

func TestGraphOfEverything(t *testing.T) {
	t.Parallel()
	one := []*instrument.Instrument{everything(t)}
	golden(t, "everything.dot", instrument.DOT(one))
	golden(t, "everything.mermaid", instrument.Mermaid(one))
}
