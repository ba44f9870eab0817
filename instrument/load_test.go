package instrument_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"entente/instrument"
	"entente/internal/fault"
	"entente/internal/ident"
)

func source(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func load(t testing.TB, path string) *instrument.Instrument {
	t.Helper()
	i, err := instrument.Load(filepath.Base(path), source(t, path))
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// edited loads the base document with one part replaced.
func edited(t testing.TB, pairs ...string) (*instrument.Instrument, error) {
	t.Helper()
	src := string(source(t, "testdata/base.yaml"))
	for n := 0; n < len(pairs); n += 2 {
		if !strings.Contains(src, pairs[n]) {
			t.Fatalf("the base document has no %q", pairs[n])
		}
		src = strings.Replace(src, pairs[n], pairs[n+1], 1)
	}
	return instrument.Load("pact.yaml", []byte(src))
}

func date(t testing.TB, s string) time.Time {
	t.Helper()
	layout := time.RFC3339Nano
	if len(s) == len(time.DateOnly) {
		layout = time.DateOnly
	}
	at, err := time.Parse(layout, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestLoadReadsEveryPart(t *testing.T) {
	t.Parallel()
	i := load(t, "testdata/base.yaml")
	c := i.Clauses[0]
	switch {
	case i.ID != "pact", i.Ref() != "pact@1.0.0", !i.Binding, !i.Illustrative, i.Default != instrument.Prohibit:
		t.Errorf("identity: %+v", i)
	case i.Origin.SHA256 != ident.Sum(nil), i.Language.Authentic[1] != "fr":
		t.Errorf("source: %+v %+v", i.Origin, i.Language)
	case !i.InForce.From.Equal(date(t, "2025-02-01")), i.Term.WithdrawalNotice.Months != 6, i.Term.Survival[0] != "art5":
		t.Errorf("time: %+v %+v", i.InForce, i.Term)
	case i.Parties[1].Reservations[0].Objections[0].By != "csirt-aa", i.Parties[1].Declarations[0].ID != "D1":
		t.Errorf("parties: %+v", i.Parties)
	case c.When.TLP.Max.String() != "amber", c.When.Categories.Within[1] != "personal-pseudonymous", c.Requires[0].AtLeast != "pseudonymise":
		t.Errorf("clause: %+v", c)
	case c.Onward.Allowed != "originator-consent", c.Retention.AtMost.Days != 180, c.Duties[0].Within.Days != 180:
		t.Errorf("clause: %+v", c)
	case i.Clauses[3].When.Facts["victim_consent"] != instrument.IsTrue, i.Clauses[3].Consent.OnWithdrawal != "recall":
		t.Errorf("exception: %+v", i.Clauses[3])
	case i.Vectors[0].Given.Recipient.Jurisdiction != "XX", i.Vectors[0].Expect.Duties[0] != "retention", i.Vectors[0].Given.Facts["emergency"]:
		t.Errorf("vector: %+v", i.Vectors[0])
	}
	if got, want := i.Positions["art5"], (instrument.Position{File: "base.yaml", Line: 54, Column: 5}); got != want {
		t.Errorf("position of art5 is %v, want %v", got, want)
	}
	if !cmp.Equal(i.Source, source(t, "testdata/base.yaml")) {
		t.Error("the source is not the bytes as loaded")
	}
}

func TestHashIsOfTheData(t *testing.T) {
	t.Parallel()
	base := load(t, "testdata/base.yaml")
	if base.Hash != ident.Sum(base.Canonical()) {
		t.Error("the hash is not that of the canonical form")
	}
	t.Run("comments and formatting do not change it", func(t *testing.T) {
		t.Parallel()
		same, err := edited(t, "entente: 1\nkind: Instrument\n", "# signed in duplicate\nkind: 'Instrument'\nentente:    1 # format\n",
			"{max: amber}", "\n        max: \"amber\"", "purpose: [incident-response]", "purpose:\n      - incident-response")
		if err != nil {
			t.Fatal(err)
		}
		if same.Hash != base.Hash {
			t.Errorf("hash changed:\n%s", cmp.Diff(string(base.Canonical()), string(same.Canonical())))
		}
	})
	t.Run("JSON with the same data has the same hash", func(t *testing.T) {
		t.Parallel()
		for _, name := range []string{"pact.json", "pact.yaml"} {
			twin, err := instrument.Load(name, base.Canonical())
			if err != nil {
				t.Fatal(err)
			}
			if twin.Hash != base.Hash {
				t.Errorf("%s has another hash", name)
			}
			twin.Source, twin.Positions = base.Source, base.Positions
			if d := cmp.Diff(base, twin, cmp.AllowUnexported(instrument.Instrument{})); d != "" {
				t.Errorf("%s reads differently:\n%s", name, d)
			}
		}
	})
	t.Run("the order of a list is data", func(t *testing.T) {
		t.Parallel()
		other, err := edited(t, "[en, fr]", "[fr, en]")
		if err != nil || other.Hash == base.Hash {
			t.Errorf("hash %v, error %v", other, err)
		}
	})
}

// TestT6HashBindsText: nobody changes the words, or the digest of the published
// text, under a signature.
func TestT6HashBindsText(t *testing.T) {
	t.Parallel()
	base := load(t, "testdata/base.yaml")
	for _, edit := range [][]string{
		{"No victim shall be named.", "No victim shall be named in public."},
		{"cite: Art. 5\n", "cite: Art. 6\n"},
		{"e3b0c442", "e3b0c443"},
		{"any: [victim-identity]", "any: [source-identity]"},
		{"Understood as an exchange", "Understood as a gift"},
		{"outcome: permit", "outcome: deny"},
	} {
		other, err := edited(t, edit...)
		if err != nil {
			t.Errorf("%q: %v", edit[1], err)
		} else if other.Hash == base.Hash {
			t.Errorf("%q does not change the hash", edit[1])
		}
	}
}

func TestT1NothingThatTwoReadersReadDifferently(t *testing.T) {
	t.Parallel()
	bomb := "a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n" +
		"c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c, *c, *c, *c, *c]\n"
	base := string(source(t, "testdata/base.yaml"))
	for _, tc := range []struct{ name, src, want string }{
		{"alias bomb", bomb, "aliases are not allowed"},
		{"anchor", strings.Replace(base, "id: pact", "id: &id pact", 1), "pact.yaml:3:5: anchors are not allowed"},
		{"merge key", base + "<<: {a: b}\n", "merge keys are not allowed"},
		{"tag", strings.Replace(base, "id: pact", "id: !!str pact", 1), "tags are not allowed"},
		{"local tag", strings.Replace(base, "id: pact", "id: !env HOME", 1), "tags are not allowed"},
		{"second document", base + "---\nid: other\n", "A second document starts here"},
		{"second document that is broken", base + "---\n{", "This is not YAML"},
		{"duplicate key", strings.Replace(base, "id: pact", "id: pact\nid: pact2", 1), `pact.yaml:4:1: key "id" is already on line 3`},
		{"duplicate key inside", strings.Replace(base, "{max: amber}", "{max: amber, max: red}", 1), `key "max" is already on line`},
		{"key that is a list", base + "? [a]\n: b\n", "a key must be a word"},
		{"octal", strings.Replace(base, "id: pact", "id: pact\nrank: 0777", 1), "must be a whole number, is text"},
		{"yes is text", strings.Replace(base, "binding: true", "binding: no", 1), "must be true or false, is text"},
		{"float", strings.Replace(base, "entente: 1", "entente: 1.0", 1), "must be a whole number, is text"},
		{"deep", strings.Repeat("[", 500) + strings.Repeat("]", 500), "nested deeper than 24 levels"},
		{"deep in blocks", "a:\n" + strings.Repeat(" ", 1) + strings.Repeat("- ", 500) + "x\n", "nested deeper than 24 levels"},
		{"deeper than the parser goes", strings.Repeat("[", 20000), "This is not YAML"},
		{"many values", strings.Repeat("- x\n", 400_001), "more than 400000 values"},
		{"wide list", "parties:\n" + strings.Repeat("- x\n", 2_001), "pact.yaml:2:1: The value has more than 2000 entries"},
		{"wide mapping", "a: {" + manyKeys(2_001) + "}\n", "more than 2000 entries"},
		{"long", strings.Repeat("x", 5<<20), "longer than 4194304 bytes"},
		{"UTF-16", "\xff\xfee\x00n\x00", "not UTF-8"},
		{"byte order mark", "\ufeff" + base, "not UTF-8 without a byte order mark"},
		{"half a character", base + "# \xc3\n", "not UTF-8"},
		{"empty", "", "The document is empty"},
		{"only a comment", "# nothing\n", "The document is empty"},
		{"a word", "treaty", "must be a mapping, is text"},
		{"tab", "a:\n\t- b\n", "This is not YAML"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := instrument.Load("pact.yaml", []byte(tc.src))
			refused(t, err, tc.want)
		})
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "k%d: v, ", i)
	}
	return b.String()
}

// TestT4HostileDocumentsAreCheap: work grows with the size of a document and
// not with its square.
func TestT4HostileDocumentsAreCheap(t *testing.T) {
	t.Parallel()
	head, _, _ := strings.Cut(string(source(t, "testdata/base.yaml")), "clauses:\n")
	var chain, unknown strings.Builder
	for n := range 15_000 {
		fmt.Fprintf(&chain, "- {id: c%d, cite: c, modality: permission, act: share, exception_to: [c%d]}\n", n, n+1)
		fmt.Fprintf(&unknown, "- {id: c%d, cite: c, modality: permissio, act: shar, exception_to: [d%d], whenn: {}}\n", n, n)
	}
	start := time.Now()
	for _, clauses := range []string{chain.String(), unknown.String()} {
		if _, err := instrument.Load("pact.yaml", []byte(head+"clauses:\n"+clauses)); err == nil {
			t.Error("accepted")
		}
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
}

func refused(t *testing.T, err error, want string) {
	t.Helper()
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Kind != fault.Invalid || len(f.Fields) == 0 {
		t.Fatalf("not refused as invalid: %v", err)
	}
	for _, field := range f.Fields {
		if strings.Contains(field.Detail, want) {
			return
		}
	}
	t.Errorf("no problem says %q: %v", want, f.Fields)
}

func TestJSONIsReadStrictly(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, src, code string }{
		{"duplicate name", `{"id": "a", "id": "b"}`, "json.duplicate"},
		{"comment", `{"id": "a" /* b */}`, "json.syntax"},
		{"deep", strings.Repeat("[", 60) + strings.Repeat("]", 60), "json.depth"},
		{"two values", `{} {}`, "json.trailing"},
		{"float for a whole number", `{"entente": 1.0}`, "instrument.invalid"},
	} {
		if _, err := instrument.Load("x.json", []byte(tc.src)); fault.CodeOf(err) != tc.code {
			t.Errorf("%s: %v, want %s", tc.name, err, tc.code)
		}
	}
	_, err := instrument.Load("x.json", []byte("{\"entente\": 1,\n \"entente\": 1}"))
	refused(t, err, "x.json:2:")
	_, err = instrument.Load("x.json", []byte("{\"entente\": 1,\n\t\"kind\": \"Instrument\",\n\t\"title\": \"é\", \"id\": 7}"))
	refused(t, err, "x.json:3:22: must be text, is a whole number")
}

func TestDatesAndWordsAreTextAsWritten(t *testing.T) {
	t.Parallel()
	i, err := edited(t, "title: Pact of the two shores", "title: no", "jurisdiction: AA, term: Vorfall", "jurisdiction: NO, term: 2025-01-10")
	if err != nil {
		t.Fatal(err)
	}
	if n := i.Definitions[0].National[0]; i.Title != "no" || n.Jurisdiction != "NO" || n.Term != "2025-01-10" {
		t.Errorf("title %q, national %+v", i.Title, n)
	}
	if !strings.Contains(string(i.Canonical()), `"from":"2025-02-01"`) {
		t.Error("a date is not kept as written")
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := edited(t, "nature: mou", "nature: pact", "tlp: {max: amber}", "tlp: {max: orange}",
		"modality: prohibition", "modality: forbidden", "{consultation: P30D}", "{consultation: soon}", "id: art4\n", "id: Art4\n")
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		t.Fatal(err)
	}
	var got []string
	for _, field := range f.Fields {
		got = append(got, field.Pointer+" "+field.Detail)
	}
	want := []string{
		`/nature pact.yaml:5:9: "pact" is not one of charter, treaty, protocol, mou, regulation, directive, statute, decision, marking-scheme, community-rules, contract, node-policy, norm, standard`,
		`/dispute/steps/0/consultation pact.yaml:28:34: "soon" is not a duration like PT72H, P30D or P1M`,
		`/clauses/0/when/tlp/max pact.yaml:38:18: clause art3: "orange" is not a label; write it in lower case, like amber`,
		`/clauses/1/id pact.yaml:47:9: "Art4" must be written like art5-1: lower-case letters, digits, dots and hyphens`,
		`/clauses/2/modality pact.yaml:57:15: clause art5: "forbidden" is not one of permission, prohibition, obligation`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if !strings.HasSuffix(f.Message, "(and 4 more problems).") {
		t.Errorf("message %q", f.Message)
	}
}

// TestT3NoExpressionLanguage: version 1 has none, so there is nothing that could
// be made to run for long. Conditions are closed lists and facts.
func TestT3NoExpressionLanguage(t *testing.T) {
	t.Parallel()
	_, err := edited(t, "type: [incident]\n", "type: [incident]\n      expr: \"[0].all(x, [0].all(y, true))\"\n")
	refused(t, err, `clause art3: unknown key "expr"`)
	if strings.Contains(string(instrument.Schema()), `"expr"`) {
		t.Error("the schema has expressions")
	}
}

func TestT2NamesAreIDs(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Ｅstonia", "еstonia", "csirt-\u202eaa", "csirt\u200baa", "Csirt-aa", "csirt aa"} {
		_, err := edited(t, "party: csirt-xx", `party: "`+name+`"`)
		refused(t, err, "must be written like csirt-aurelia")
	}
}

func TestT4CirclesBetweenInstruments(t *testing.T) {
	t.Parallel()
	a, errA := edited(t, "subject_to: [charter]", "subject_to: [accord]")
	b, errB := edited(t, "id: pact\n", "id: accord\n", "subject_to: [charter]", "subject_to: [treaty]")
	c, errC := edited(t, "id: pact\n", "id: treaty\n", "subject_to: [charter]", "subject_to: [pact]")
	if err := errors.Join(errA, errB, errC); err != nil {
		t.Fatal(err)
	}
	if err := instrument.CheckPrecedence([]*instrument.Instrument{a, b}); err != nil {
		t.Errorf("a chain is refused: %v", err)
	}
	err := instrument.CheckPrecedence([]*instrument.Instrument{a, b, c})
	if fault.CodeOf(err) != "instrument.precedence" {
		t.Errorf("a circle is accepted: %v", err)
	}
}

func FuzzLoad(f *testing.F) {
	for _, path := range []string{"testdata/base.yaml", "../examples/instruments/eu-dp.yaml", "../examples/instruments/tlp.yaml"} {
		f.Add(false, source(f, path))
	}
	f.Add(true, load(f, "testdata/base.yaml").Canonical())
	f.Add(false, []byte("a: &a [*a]\n<<: *a\n---\n? {b: c}\n: !!str d"))
	f.Add(false, []byte("clauses: [{id: [], when: {facts: {a: {not: true}}}}]"))
	f.Fuzz(func(t *testing.T, asJSON bool, src []byte) {
		name := "f.yaml"
		if asJSON {
			name = "f.json"
		}
		i, err := instrument.Load(name, src)
		if err != nil {
			if fe, ok := errors.AsType[*fault.Error](err); !ok || fe.Kind != fault.Invalid || len(fe.Fields) == 0 {
				t.Fatalf("a refusal without a place: %v", err)
			}
			return
		}
		again, err := instrument.Load("again.json", i.Canonical())
		if err != nil || again.Hash != i.Hash {
			t.Fatalf("the canonical form reads differently: %v", err)
		}
		instrument.Lint(i, time.Unix(0, 0))
		i.Status(instrument.Seat{"csirt-aa", "AA"}, instrument.Seat{"csirt-xx", "XX"}, time.Unix(1_800_000_000, 0))
	})
}

// TestOneLongLineIsReadOnce: a document on one line takes time in proportion to
// its length, and its columns count characters.
func TestOneLongLineIsReadOnce(t *testing.T) {
	t.Parallel()
	src := `{"entente":1,"é":"` + strings.Repeat("x", 20) + `","ü":` + strings.Repeat("[", 3) + strings.Repeat("]", 3) + `,"wrong":1}`
	_, err := instrument.Load("one.json", []byte(src))
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		t.Fatal(err)
	}
	column := utf8.RuneCountInString(src[:strings.Index(src, `1}`)]) + 1
	want := fmt.Sprintf("one.json:1:%d", column)
	if !slices.ContainsFunc(f.Fields, func(x fault.Field) bool { return strings.HasPrefix(x.Detail, want) }) {
		t.Errorf("nothing at %s in %+v", want, f.Fields)
	}
	long := `{"clauses":[` + strings.TrimSuffix(strings.Repeat(`{"id":"c","when":{}},`, 100_000), ",") + `]}`
	if _, err := instrument.Load("long.json", []byte(long)); err == nil {
		t.Error("a document of 100 000 nameless clauses was loaded")
	}
}
