package instrument_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"entente/instrument"
)

// clause7 is one more clause for the base document.
const clause7 = "  - id: art7\n    cite: Art. 7\n    text: More.\n"

func TestLG1LintNamesEveryFindingWithItsPlace(t *testing.T) {
	t.Parallel()
	const summer = "2025-06-01"
	for _, tc := range []struct {
		name   string
		edit   []string
		now    string
		clause string
		want   string // level code: beginning of the message
		at     string // text on the line it points at
	}{
		{"illustrative", nil, summer, "", "note illustrative: is illustrative", "illustrative: true"},
		{"illustrative and not marked", nil, summer, "", "warning title-unmarked: is illustrative and its title", "title: Pact"},
		{"review", nil, "2026-02-01", "", "warning review-passed: review was due on 2026-02-01", "review_every"},
		{"review calendar", []string{"amendment:", "review: [{id: r1, what: look again, at: 2025-05-01}]\namendment:"}, summer, "", "warning review-passed: review r1 was due on 2025-05-01: look again", "review: [{id: r1"},
		{"lapses soon", nil, "2027-08-01", "", "warning lapses-soon: lapses on 2028-02-01", "sunset"},
		{"lapsed", nil, "2028-02-01", "", "warning lapsed: lapsed on 2028-02-01", "sunset"},
		{"status old", []string{"version: 1.0.0", "version: 1.0.0\nas_of: 2024-01-01"}, summer, "", "note status-old: its status was last checked on 2024-01-01", "as_of"},
		{"no digest of the text", []string{`, sha256: "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"`, ""}, summer, "", "note source-unbound: names no source.sha256", "source:"},
		{"no text", []string{"    text: Unless the victim consents.\n", ""}, summer, "art5-consent", "warning text-missing: has no text", "id: art5-consent"},
		{"bearer that is nobody", []string{"bearer: recipient", "bearer: neighbour"}, summer, "art3", `warning bearer-unknown: duty retention falls on "neighbour"`, "neighbour"},
		{"everything to everybody", []string{"    when: {type: [vulnerability]}\n", ""}, summer, "art4", "warning permits-everything: permits share of everything", "id: art4"},
		{"consent without a fact", []string{"amendment:", "amendment:", "clauses:\n", "clauses:\n" + clause7 + "    modality: obligation\n    act: share\n    consent: {of: victim}\n"}, summer, "art7", "warning consent-unasked: speaks of consent", "consent: {of: victim}"},
		{"clause without effect (LG-1)", []string{"modality: permission\n    act: share\n    in_force", "modality: obligation\n    act: report\n    in_force"}, summer, "art4", "warning effect-missing: has no effect: an obligation without duties", "id: art4"},
		{"permission where silence permits", []string{"default: prohibit", "default: permit"}, summer, "art4", "warning effect-missing: has no effect: the regime permits", "id: art4"},
		{"clock nobody starts (LG-1)", []string{"after: receipt", "after: recipt"}, summer, "art3", `warning clock-unknown: duty retention waits for "recipt", which nothing here brings about; is "receipt" meant?`, "recipt"},
		{"clock from outside", []string{"after: receipt", "after: court-order"}, summer, "art3", `note clock-outside: duty retention waits for "court-order"`, "court-order"},
		{"clause no case expects", nil, summer, "art4", "warning vector-missing: is named by no vector", "id: art4"},
		{"fact no clause looks at (LG-1)", nil, summer, "", `warning fact-unused: vector "an incident without names may go" gives the fact emergency`, "emergency"},
		{"misspelt fact in a case", []string{"emergency: false", "victim_consnt: false"}, summer, "", `warning fact-unused: vector "an incident without names may go" gives the fact victim_consnt, at which nothing looks; is victim_consent meant?`, "victim_consnt"},
		{"misspelt fact in a clause", []string{"{victim_consent: true}", "{victim_consents: true}"}, summer, "art5-consent", "warning fact-near: the fact victim_consents is spelt almost like victim_consent", "victim_consents"},
		{"type nothing explains", []string{"{type: [vulnerability]}", "{type: [vulnerabilita]}"}, summer, "art4", `warning term-unknown: type "vulnerabilita" is explained by no definition and no common vocabulary; is "vulnerability" meant?`, "vulnerabilita"},
		{"purpose nothing explains", []string{"purpose: [incident-response]", "purpose: [housekeeping]"}, summer, "art3", `warning term-unknown: purpose "housekeeping"`, "housekeeping"},
		{"contradiction", []string{"clauses:\n", "clauses:\n" + clause7 + "    modality: prohibition\n    act: share\n    when: {type: [vulnerability]}\n"}, summer, "art4", "error contradiction: matches exactly what Art. 7 [art7] matches and says the opposite", "id: art4"},
		{"permission nobody checked", []string{"when: {type: [vulnerability]}", "verified: unverified\n    when: {type: [vulnerability]}"}, summer, "art4", "warning unverified-basis: permits on text that nobody has checked", "id: art4"},
		{"definition nobody uses", []string{"term: incident\n    means: incident\n", "term: dragon\n    means: dragon\n"}, summer, "", `warning definition-unused: term "dragon" is defined and no clause uses it`, "dragon"},
		{"area nobody uses", []string{"amendment:", "areas: {EU: [AT, BE]}\namendment:"}, summer, "", `warning area-unused: area "EU" is listed and nothing uses it`, "areas"},
		{"article without a clause (LG-1)", []string{"cite: Art. 4\n", "cite: Art. 3(2)\n"}, summer, "", "note article-gap: nothing cites article 4: does it permit, forbid or demand anything?", "  - id: art3"},
		{"term without a counterpart", []string{"relation: exact", "relation: none"}, summer, "", `note term-without-counterpart: term "incident" has no counterpart in AA`, "relation: none"},
		{"term not mapped", []string{"  - party: csirt-xx\n", "  - party: csirt-xx\n    territory: [XX]\n"}, summer, "", `warning term-unmapped: term "incident" is not mapped for XX`, "term: incident"},
		{"threshold no clause uses", []string{"amendment:", "thresholds: [{id: big, cite: Art. 9, fact: significant, quantity: users, above: 5}]\namendment:"}, summer, "", "note threshold-unused: threshold big (Art. 9) decides the fact significant", "thresholds"},
		{"withdrawal without notice", []string{", withdrawal_notice: P6M", "", "{signature: 2025-01-12}", "{signature: 2025-01-12}, {withdrawal: 2026-01-12}"}, summer, "", "note notice-missing: sets no withdrawal_notice: csirt-xx leaves after twelve months", "party: csirt-xx"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			i, err := edited(t, tc.edit...)
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(string(i.Source), "\n")
			var all []string
			for _, f := range instrument.Lint(i, date(t, tc.now)) {
				if f.Line == 0 || f.Column == 0 || f.File != "pact.yaml" || f.Clause != "" && f.Cite == "" {
					t.Errorf("no place or citation: %+v", f)
				}
				line := fmt.Sprintf("%s %s: %s", f.Level, f.Code, f.Message)
				if f.Clause == tc.clause && strings.HasPrefix(line, tc.want) {
					if !strings.Contains(lines[f.Line-1], tc.at) {
						t.Errorf("points at line %d: %s", f.Line, lines[f.Line-1])
					}
					return
				}
				all = append(all, f.Clause+" "+line)
			}
			t.Errorf("nothing says %q about %q:\n%s", tc.want, tc.clause, strings.Join(all, "\n"))
		})
	}
}

func TestExceptionsAreNoContradictions(t *testing.T) {
	t.Parallel()
	for name, clause := range map[string]string{
		"an exception": "    modality: prohibition\n    act: share\n    exception_to: [art4]\n    when: {type: [vulnerability]}\n",
		"another act":  "    modality: prohibition\n    act: onward-share\n    when: {type: [vulnerability]}\n",
		"another time": "    modality: prohibition\n    act: share\n    in_force: {until: 2026-01-01}\n    when: {type: [vulnerability]}\n",
		"guidance":     "    modality: prohibition\n    act: share\n    strength: guidance\n    when: {type: [vulnerability]}\n",
	} {
		i, err := edited(t, "clauses:\n", "clauses:\n"+clause7+clause)
		if err != nil {
			t.Fatal(err)
		}
		if found := instrument.Lint(i, date(t, "2025-06-01")); slices.ContainsFunc(found, func(f instrument.Finding) bool { return f.Code == "contradiction" }) {
			t.Errorf("%s is called a contradiction", name)
		}
	}
}

// TestLintIsDeterministic keeps the order of findings from depending on maps.
func TestLintIsDeterministic(t *testing.T) {
	t.Parallel()
	for name, src := range exampleFiles(t) {
		i, err := instrument.Load(name, src)
		if err != nil {
			continue // somebody else's test says so
		}
		first := fmt.Sprint(instrument.Lint(i, date(t, "2026-11-24")))
		for range 2 {
			if again := fmt.Sprint(instrument.Lint(i, date(t, "2026-11-24"))); again != first {
				t.Errorf("%s: findings differ from run to run", name)
			}
		}
	}
}

// TestEveryLintCodeIsExplained compares the codes and levels in the source with
// the reference, both ways.
func TestEveryLintCodeIsExplained(t *testing.T) {
	t.Parallel()
	said, explained := map[string]string{}, map[string]string{}
	files, err := filepath.Glob("lint*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		for _, m := range regexp.MustCompile(`l\.say\("([a-z-]+)", (Error|Warning|Note),`).FindAllStringSubmatch(string(source(t, file)), -1) {
			said[m[1]] = strings.ToLower(m[2])
		}
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| ([a-z]+) \\|").FindAllStringSubmatch(string(source(t, "../docs/reference/lint.md")), -1) {
		explained[m[1]] = m[2]
	}
	if diff := cmp.Diff(said, explained); diff != "" {
		t.Errorf("docs/reference/lint.md differs (-source +reference):\n%s", diff)
	}
}
