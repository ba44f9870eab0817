package instrument_test

import (
	"strings"
	"testing"

	"entente/instrument"
)

func TestLint(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		edit   []string
		now    string
		clause string
		want   string
	}{
		{"illustrative", nil, "2025-06-01", "", "note: is illustrative"},
		{"review", nil, "2026-02-01", "", "warning: review was due on 2026-02-01"},
		{"lapses soon", nil, "2027-08-01", "", "warning: lapses on 2028-02-01"},
		{"no digest of the text", []string{`, sha256: "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"`, ""}, "2025-06-01", "", "note: names no source.sha256"},
		{"no text", []string{"    text: Unless the victim consents.\n", ""}, "2025-06-01", "art5-consent", "warning: has no text"},
		{"bearer that is nobody", []string{"bearer: recipient", "bearer: neighbour"}, "2025-06-01", "art3", `warning: duty retention falls on "neighbour"`},
		{"everything to everybody", []string{"    when: {type: [vulnerability]}\n", ""}, "2025-06-01", "art4", "warning: permits share of everything"},
		{"consent without a fact", []string{"when: {facts: {victim_consent: true}}", "when: {type: [incident]}"}, "2025-06-01", "art5-consent", "warning: speaks of consent"},
		{"duty without duties", []string{"modality: permission\n    act: share\n    in_force", "modality: obligation\n    act: report\n    in_force"}, "2025-06-01", "art4", "warning: has no effect: an obligation without duties"},
		{"permission where silence permits", []string{"default: prohibit", "default: permit"}, "2025-06-01", "art4", "warning: has no effect: the regime permits"},
		{"term without a counterpart", []string{"relation: exact", "relation: none"}, "2025-06-01", "", `note: term "incident" has no counterpart in AA`},
		{"term not mapped", []string{"  - party: csirt-xx\n", "  - party: csirt-xx\n    territory: [XX]\n"}, "2025-06-01", "", `warning: term "incident" is not mapped for XX`},
		{"withdrawal without notice", []string{", withdrawal_notice: P6M", "", "{signature: 2025-01-12}", "{signature: 2025-01-12}, {withdrawal: 2026-01-12}"}, "2025-06-01", "", "note: sets no withdrawal_notice: csirt-xx leaves after twelve months"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			i, err := edited(t, tc.edit...)
			if err != nil {
				t.Fatal(err)
			}
			var all []string
			for _, f := range instrument.Lint(i, date(t, tc.now)) {
				if f.Line == 0 || f.File != "pact.yaml" {
					t.Errorf("no place: %+v", f)
				}
				line := string(f.Level) + ": " + f.Message
				if f.Clause == tc.clause && strings.HasPrefix(line, tc.want) {
					return
				}
				all = append(all, f.Clause+" "+line)
			}
			t.Errorf("nothing says %q about %q:\n%s", tc.want, tc.clause, strings.Join(all, "\n"))
		})
	}
}

func TestLintOfWhatIsFine(t *testing.T) {
	t.Parallel()
	i, err := edited(t, "illustrative: true\n", "")
	if err != nil {
		t.Fatal(err)
	}
	if found := instrument.Lint(i, date(t, "2025-06-01")); len(found) != 0 {
		t.Errorf("%+v", found)
	}
}
