package instrument

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"entente/internal/fault"
)

func treaty(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("testdata/treaty.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func loaded(t testing.TB) *Instrument {
	t.Helper()
	i, err := Load("treaty.yaml", []byte(treaty(t)))
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// TestLoadAndSchemaAgreeOnBrokenTreaties: as the table of broken documents, for
// the parts only treaties and regulations have.
func TestLoadAndSchemaAgreeOnBrokenTreaties(t *testing.T) {
	t.Parallel()
	s := compiledSchema(t)
	for _, tc := range []struct {
		name, from, to, want string
		both                 bool
	}{
		{"verification in other words", "verified: unverified\n    derogation", "verified: perhaps\n    derogation", `"perhaps" is not one of`, true},
		{"area in small letters", "FAR: [XX]", "far: [XX]", "a country code in capitals", true},
		{"area of nothing (T4)", "FAR: [XX]", "FAR: []", "is an empty list", true},
		{"reservation where none is allowed (VCLT 19)", "{clause: art4, text: Only", "{clause: art7, text: Only", `reserves clause "art7", to which Art. 42 allows no reservation`, false},
		{"reservation that changes nothing", "text: Only towards authorities., when: {type: [incident], recipient_kind: [authority]}", "text: Only towards authorities.", "changes nothing", true},
		{"reservation of no clause", "{clause: art4, text: Only", "{clause: art44, text: Only", `there is no clause "art44"`, false},
		{"modification that fails open (T4)", "recipient_kind: [authority]}", "facts: {refused: {not: true}}}", "a fact nobody knows", false},
		{"authority that ends before it starts", "from: 2025-01-01, until: 2026-01-01", "from: 2025-01-01, until: 2024-01-01", "must be after from", false},
		{"unverified basis", "verified: unverified\n    derogation", "verified: unverified\n    grants: cooperation\n    derogation", "only an obligation grants", true},
		{"derogation of a duty", "modality: obligation", "modality: obligation\n    derogation: {of: [art5], declared_by: aa}", "only a permission sets clauses aside", true},
		{"derogation nobody can declare", "verified: unverified\n    derogation", "verified: unverified\n    when: {facts: {emergency_declared: false}}\n    derogation", "can never be declared", false},
		{"derogation from itself", "of: [art5], declared_by", "of: [art6], declared_by", "is an exception to itself", false},
		{"ground twice", "grounds: [{code: essential-interests", "grounds: [{code: essential-interests, cite: Art. 1}, {code: essential-interests", "is listed twice", false},
		{"two clocks", "soft: true", "soft: true, after: aware", "more than one clock", true},
		{"one clock of several", "{within: PT4H, after: classified}, ", "", "is one clock", true},
		{"duties that wait for each other", "{after: answer}", "{after: report}", `duty "report" waits for itself`, false},
		{"field with a space", "fields: [outcome, reason_code]", "fields: [the outcome]", "must be written like initial_cause", true},
		{"threshold of nothing", "any:\n      - {quantity", "none:\n      - {quantity", "tests one thing", true},
		{"threshold without a number", "{quantity: direct_loss_eur, above: 500000,", "{quantity: direct_loss_eur,", "compares a quantity", true},
		{"threshold with two numbers", "above: 500000,", "above: 500000, below: 900000,", "compares a quantity", true},
		{"number without a quantity", "{fact: malicious}", "{fact: malicious, above: 3}", "compares a quantity", true},
		{"fraction", "above: 500000,", "above: 0.5,", "must be a whole number", true},
		{"threshold id twice", "id: art3-2", "id: art3-1", `threshold id "art3-1" is used twice`, false},
		{"state nothing leads to", "to: refused, by", "to: held, by", `no transition leads to state "refused"`, false},
		{"state nothing leaves", "{id: held, final: true}", "{id: held}", `nothing leaves state "held"`, false},
		{"transition to no state", "to: asked, by", "to: asking, by", `there is no state "asking"; did you mean "asked"?`, false},
		{"transition from a final state", "from: [asked], to: refused", "from: [held], to: refused", `state "held" is final`, false},
		{"step of nobody", "by: requesting, requires", "by: requester, requires", `there is no role "requester"`, false},
		{"refusal for no ground", "refusal: [political-offence]", "refusal: [fiscal-offence]", `there is no ground "fiscal-offence"`, false},
		{"quorum in words", "quorum: two-thirds", "quorum: most", "is not one of", true},
		{"clock without a step", "within: PT24H, after: ask", "within: PT24H", "within needs after", true},
		{"review at two times", "every: P6M, cite", "every: P6M, at: 2026-01-01, cite", "either at a date or every so often", true},
		{"threshold that is not there", "{art3-1: met, art3-2", "{art3-9: met, art3-2", `there is no threshold "art3-9"`, false},
		{"assessment in other words", "{art3-1: met,", "{art3-1: yes,", `"yes" is not one of`, true},
		{"ranks in a treaty", "depositary: secretariat", "ranks: {gdpr: 100}", "only the policy of a node", true},
		{"rank of nothing", "depositary: secretariat", "ranks: {gdpr: 0}", "whole number from 1 to 1000", true},
		{"transposition by a treaty", "depositary: secretariat", "transposes: {instrument: directive, replaces: [art1]}", "national law transposes", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if n := strings.Count(treaty(t), tc.from); n != 1 {
				t.Fatalf("%q is in the treaty %d times", tc.from, n)
			}
			src := []byte(strings.Replace(treaty(t), tc.from, tc.to, 1))
			_, err := Load("treaty.yaml", src)
			f, ok := errors.AsType[*fault.Error](err)
			if !ok {
				t.Fatalf("Load accepts it: %v", err)
			}
			if !slices.ContainsFunc(f.Fields, func(p fault.Field) bool { return strings.Contains(p.Detail, tc.want) }) {
				t.Errorf("no problem says %q: %v", tc.want, f.Fields)
			}
			if err := validate(t, s, src); (err != nil) != tc.both {
				t.Errorf("schema: refused is %v, want %v: %v", err != nil, tc.both, err)
			}
		})
	}
}

func TestAnAreaStandsForItsJurisdictions(t *testing.T) {
	t.Parallel()
	i := loaded(t)
	if diff := cmp.Diff([]string{"XX", "CW"}, i.Parties[1].Territory); diff != "" {
		t.Errorf("territory (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"AA", "BB", "XX"}, i.Clauses[0].When.SenderJurisdiction.In); diff != "" {
		t.Errorf("sender_jurisdiction (-want +got):\n%s", diff)
	}
}

// TestTerritoryBindsWhoeverIsEstablishedThere: Vienna Convention Art. 29. A
// treaty between States does not govern two nodes of one State, and a memorandum
// binds those who signed it.
func TestTerritoryBindsWhoeverIsEstablishedThere(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name, nature string
		a, b         Seat
		want         string
	}{
		{"two States", "treaty", Seat{"csirt-aa", "AA"}, Seat{"csirt-xx", "XX"}, ""},
		{"an overseas territory", "treaty", Seat{"csirt-aa", "AA"}, Seat{"csirt-cw", "CW"}, ""},
		{"the States themselves", "treaty", Seat{Party: "aa"}, Seat{Party: "xx"}, ""},
		{"inside one State", "treaty", Seat{"csirt-aa", "AA"}, Seat{"bank-aa", "AA"}, "both are of aa"},
		{"a State that is no party", "treaty", Seat{"csirt-aa", "AA"}, Seat{"csirt-zz", "ZZ"}, "not in force between csirt-aa and csirt-zz"},
		{"a record without acts", "treaty", Seat{"csirt-aa", "AA"}, Seat{Party: "bb"}, "not in force for bb"},
		{"a memorandum", "mou", Seat{"csirt-aa", "AA"}, Seat{"csirt-xx", "XX"}, "not in force between"},
	} {
		i := loaded(t)
		i.Nature = tc.nature
		s := i.Status(tc.a, tc.b, at)
		if s.InForce != (tc.want == "") || !strings.Contains(s.Why, tc.want) {
			t.Errorf("%s: %+v", tc.name, s)
		}
	}
}

// TestT3AModificationWorksBothWays: Vienna Convention Art. 21(1): between its
// maker and every other party, for both, and nowhere else; an objection leaves
// the clause out (Art. 21(3)).
func TestT3AModificationWorksBothWays(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	aa, xx := Seat{Party: "aa"}, Seat{Party: "xx"}
	for _, pair := range [][2]Seat{{aa, xx}, {xx, aa}} {
		s := loaded(t).Status(pair[0], pair[1], at)
		if diff := cmp.Diff(map[string]string{"art4": "art4+xx+R1"}, s.Modified); diff != "" || len(s.Excluded) > 0 {
			t.Errorf("excluded %v, modified (-want +got):\n%s", s.Excluded, diff)
		}
	}
	i := loaded(t)
	i.Parties[1].Reservations[0].Objections = []Objection{{By: "aa", At: at.AddDate(-1, 0, 0)}}
	if s := i.Status(aa, xx, at); len(s.Modified) > 0 || s.Excluded["art4"] != "reservation R1 of xx, to which aa objected" {
		t.Errorf("after an objection: %+v", s)
	}
	i = loaded(t)
	i.Parties[0].Reservations = []Reservation{{ID: "S1", Modifies: []Modification{{Clause: "art4", When: &When{Type: []string{"incident"}}}}}}
	if s := i.Status(aa, xx, at); len(s.Modified) > 0 || !strings.Contains(s.Excluded["art4"], "changes it otherwise") {
		t.Errorf("two modifications: %+v", s)
	}
	if v := loaded(t).Variants(); len(v) != 1 || v[0].Of != "art4" || v[0].Cite != "Art. 4, reservation R1 of xx" || v[0].When.RecipientKind[0] != "authority" {
		t.Errorf("variants: %+v", v)
	}
}

func TestAnAuthorityActsInItsTime(t *testing.T) {
	t.Parallel()
	p := loaded(t).Parties[0]
	for day, want := range map[string]string{"2024-12-31": "", "2025-01-01": "Duty desk of AA", "2026-01-01": "New duty desk of AA"} {
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		if a, _ := p.Authority("contact-point-24-7", at); a.Name != want {
			t.Errorf("on %s: %q, want %q", day, a.Name, want)
		}
	}
}

func TestAModelledTextIsInForceBetweenAllItsParties(t *testing.T) {
	t.Parallel()
	i := loaded(t)
	i.InForce.Condition = &EntryConditions{Ratifications: 9}
	at := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	aa, bb, zz := Seat{Party: "aa"}, Seat{Party: "bb"}, Seat{Party: "zz"}
	if s := i.Status(aa, bb, at); s.InForce {
		t.Errorf("as it is: %+v", s)
	}
	if s := i.Modelled().Status(aa, bb, at); !s.InForce {
		t.Errorf("modelled: %+v", s)
	}
	if s := i.Modelled().Status(aa, zz, at); s.InForce {
		t.Errorf("modelled, towards a stranger: %+v", s)
	}
}

// TestAReviewWithoutADateIsNeverDue: it is a thing to watch.
func TestAReviewWithoutADateIsNeverDue(t *testing.T) {
	t.Parallel()
	i := loaded(t)
	i.Review = []Review{{ID: "proposal", What: "a proposal may change Art. 4"}, {ID: "meeting", What: "the Parties meet", Every: Period{Months: 6}}}
	var due []string
	for _, f := range Lint(i, i.AsOf.AddDate(0, 7, 0)) {
		if f.Code == "review-passed" {
			due = append(due, f.Message)
		}
	}
	if len(due) != 1 || !strings.Contains(due[0], "the Parties meet") {
		t.Errorf("due: %q", due)
	}
}
