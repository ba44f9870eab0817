package instrument_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"entente/instrument"
)

// exampleFiles are the instruments that come with the program.
func exampleFiles(t testing.TB) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for _, pattern := range []string{"../examples/*/*.yaml", "library/law/*.yaml", "templates/*.yaml", "testdata/*.yaml"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			src, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(src), "kind: Instrument") {
				files[name] = src
			}
		}
	}
	return files
}

// formatted lays src out and checks what every layout must keep.
func formatted(t rapid.TB, name string, src []byte) []byte {
	t.Helper()
	out, err := instrument.Format(name, src)
	if err != nil {
		t.Fatalf("Format: %v\n%s", err, src)
	}
	again, err := instrument.Format(name, out)
	if err != nil {
		t.Fatalf("Format what was formatted: %v\n%s", err, out)
	}
	if diff := cmp.Diff(string(out), string(again)); diff != "" {
		t.Fatalf("formatting twice changes more:\n%s", diff)
	}
	before, err := instrument.Load(name, src)
	if err != nil {
		return out // it was no instrument, and was laid out all the same
	}
	after, err := instrument.Load(name, out)
	if err != nil {
		t.Fatalf("does not load any more: %v\n%s", err, out)
	}
	if before.Hash != after.Hash {
		t.Fatalf("hash was %s, is %s:\n%s", before.Hash, after.Hash, out)
	}
	return out
}

func TestFormatKeepsTheHashOfEveryExample(t *testing.T) {
	t.Parallel()
	for name, src := range exampleFiles(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := formatted(t, name, src)
			for line := range strings.Lines(string(src)) {
				if _, text, ok := strings.Cut(line, "# "); ok && !strings.Contains(string(out), strings.TrimSpace(text)) {
					t.Errorf("lost the comment %q", text)
				}
			}
		})
	}
}

func TestFormatLayout(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word ", 30) + "end"
	folded := strings.Repeat("word ", 22) + "word\n  " + strings.Repeat("word ", 7) + "end\n"
	for _, tc := range []struct{ name, in, want string }{
		{"order of the format", "id: x\nentente: 1\nkind: Instrument\n", "entente: 1\nkind: Instrument\nid: x\n"},
		{"unknown keys come last", "zz: 1\nid: x\naa: 2\n", "id: x\nzz: 1\naa: 2\n"},
		{"short mappings on one line", "in_force:\n    from: 2025-01-01\n", "in_force: {from: 2025-01-01}\n"},
		{"a long text is folded", "title: " + long + "\n", "title: >-\n  " + folded},
		{"a folded text stays what it is", "title: >\n  short\n", "title: >\n  short\n"},
		{"lines stay lines", "title: |\n  one\n\n  two\n", "title: |\n  one\n\n  two\n"},
		{"needless quotes go", `title: "Art. 1"` + "\n", "title: Art. 1\n"},
		{"Norway stays text to every reader", "jurisdictions: [\"NO\", SE]\n", "jurisdictions: [\"NO\", SE]\n"},
		{"a number in quotes stays text", "title: '12'\n", "title: \"12\"\n"},
		{"a comma in brackets", "clauses:\n  - id: a\n    duties: [{id: b, what: \"one, two\"}]\n", "clauses:\n  - id: a\n    duties:\n      - {id: b, what: \"one, two\"}\n"},
		{"comment at the top", "# what it is\nid: x\nentente: 1\n", "# what it is\nentente: 1\nid: x\n"},
		{"comment at the top, apart, and keys in another order", "# what it is\n\nid: x\nentente: 1\n", "# what it is\n\nentente: 1\nid: x\n"},
		{"comment at the top, apart", "# what it is\n\n\nentente: 1\n", "# what it is\n\nentente: 1\n"},
		{"comments move with their line", "entente: 1\n# why\nversion: 1.0.0 # how\nid: x\n", "entente: 1\nid: x\n# why\nversion: 1.0.0  # how\n"},
		{"comment after brackets", "in_force: {from: 2025-01-01, until: 2026-01-01} # why\n", "in_force: {from: 2025-01-01, until: 2026-01-01}  # why\n"},
		{"comment between brackets", "in_force: {from: 2025-01-01, # start\n  until: 2026-01-01}\n", "in_force:\n  from: 2025-01-01  # start\n  until: 2026-01-01\n"},
		{"comment before the closing bracket", "jurisdictions: [\n  AA,\n  # no more\n]\n", "jurisdictions:\n  - AA\n  # no more\n"},
		{"comment at the end of a list", "clauses:\n  - id: a\n  # more to come\nversion: 1.0.0\n", "version: 1.0.0\nclauses:\n  - id: a\n  # more to come\n"},
		{"comment of a list item", "clauses:\n  - # first\n    id: a\n", "clauses:\n  # first\n  - id: a\n"},
		{"comment at the end", "id: x\n# the end\n", "id: x\n# the end\n"},
		{"comment in front of a folded text", "title: >- # why\n  one\n  two\nid: x\n", "id: x\ntitle: one two  # why\n"},
		{"a # in quotes is no comment", "title: 'one # two'\n", "title: \"one # two\"\n"},
		{"a # in a folded text is no comment", "title: >-\n  one\n  # two\nid: x\n", "id: x\ntitle: \"one # two\"\n"},
		{"one empty line stays", "id: x\n\n\nversion: 1.0.0\n", "id: x\n\nversion: 1.0.0\n"},
		{"apostrophes", "title: the parties' text # why\n", "title: the parties' text  # why\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, string(formatted(t, "x.yaml", []byte(tc.in)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFormatJSON(t *testing.T) {
	t.Parallel()
	in := `{"id":"x","entente":1,"clauses":[{"act":"share","id":"a"}],"parties":[]}`
	want := `{
  "entente": 1,
  "id": "x",
  "parties": [],
  "clauses": [
    {
      "id": "a",
      "act": "share"
    }
  ]
}
`
	if diff := cmp.Diff(want, string(formatted(t, "x.json", []byte(in)))); diff != "" {
		t.Error(diff)
	}
}

func TestFormatRefusesWhatHasNoOneMeaning(t *testing.T) {
	t.Parallel()
	for name, src := range map[string]string{
		"key twice": "id: x\nid: y\n", "anchor": "id: &a x\n", "two documents": "id: x\n---\nid: y\n", "line separator": "id: x # \u2028 title: y\n",
	} {
		if out, err := instrument.Format("x.yaml", []byte(src)); err == nil {
			t.Errorf("%s: laid out as %q", name, out)
		}
	}
}

// TestFormatKeepsCommentsAnywhere puts comments and empty lines anywhere into
// real instruments.
func TestFormatKeepsCommentsAnywhere(t *testing.T) {
	t.Parallel()
	files := exampleFiles(t)
	const quick = 20_000 // bytes: a hundred rounds over the longest files take minutes
	maps.DeleteFunc(files, func(_ string, src []byte) bool { return len(src) > quick })
	names := slices.Sorted(maps.Keys(files))
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(names).Draw(t, "file")
		lines := strings.Split(string(files[name]), "\n")
		for range rapid.IntRange(1, 6).Draw(t, "comments") {
			at := rapid.IntRange(0, len(lines)-1).Draw(t, "line")
			switch rapid.IntRange(0, 2).Draw(t, "kind") {
			case 0:
				lines = slices.Insert(lines, at, strings.Repeat(" ", rapid.IntRange(0, 10).Draw(t, "column"))+"# own line")
			case 1:
				lines[at] += " # same line"
			default:
				lines = slices.Insert(lines, at, "")
			}
		}
		src := strings.Join(lines, "\n")
		if yaml.Unmarshal([]byte(src), new(yaml.Node)) != nil {
			t.Skip("the comment stands inside a text of several lines, where YAML has none")
		}
		out := formatted(t, name, []byte(src))
		if a, b := strings.Count(src, "# own line"), strings.Count(string(out), "# own line"); a != b {
			t.Fatalf("%d comments were there, %d are:\n%s", a, b, out)
		}
	})
}

func FuzzFormat(f *testing.F) {
	f.Add("x.yaml", []byte("# top\n\nentente: 1 # one\nclauses:\n  - id: a\n    text: >-\n      one\n      two\n    duties: [{id: b, what: \"c, d\"}]\n  # foot\nid: x\n"))
	f.Add("x.yaml", []byte("title: |2-\n   x\n\n  y # z\nparties:\n- party: a\n  events: [\n  # in\n  {signature: 2025-01-01},\n  ]\n"))
	f.Add("x.json", []byte(`{"id":"x","clauses":[1,"a",null]}`))
	f.Add("x.yaml", []byte("a: >2-\n   x\n  y # c\nb: [c, # d\n 'e''f', \"g\\\"h\", {i: j}]#k\n"))
	f.Fuzz(func(t *testing.T, name string, src []byte) {
		out, err := instrument.Format(name, src)
		if err != nil {
			return
		}
		again, err := instrument.Format(name, out)
		if err != nil || !bytes.Equal(out, again) {
			t.Fatalf("formatting twice changes more (%v):\n%q\n%q", err, out, again)
		}
		before, err := instrument.Load(name, src)
		if err != nil {
			return
		}
		if after, err := instrument.Load(name, out); err != nil || before.Hash != after.Hash {
			t.Fatalf("hash changed (%v):\n%s\n%s", err, src, out)
		}
	})
}
