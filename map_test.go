package entente_test

import (
	"fmt"
	"go/doc"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// features lists every feature a person can use, and why one of its places is
// missing. The places are in placesOf.
var features = map[string]map[string]string{
	"party": {
		"console/party.go": "the console arrives in its own issue",
	},
	"instrument": {},
	"obligation": {},
}

func placesOf(feature string) []string {
	return []string{
		feature, "api/" + feature + ".go", "console/" + feature + ".go", "cli/" + feature + ".go",
		"store/" + feature + ".go", "stories/testdata/" + feature + "_*.txt", "docs/guide/" + feature + ".md",
	}
}

func TestEveryFeatureHasItsPlaces(t *testing.T) {
	t.Parallel()
	for feature, exceptions := range features {
		for _, place := range placesOf(feature) {
			found, err := filepath.Glob(place)
			if err != nil {
				t.Fatal(err)
			}
			why, excepted := exceptions[place]
			switch {
			case len(found) == 0 && !excepted:
				t.Errorf("feature %s has no %s", feature, place)
			case len(found) > 0 && excepted:
				t.Errorf("feature %s has %s now; remove the exception %q", feature, place, why)
			}
		}
	}
}

// TestMapIsCurrent keeps docs/MAP.md equal to the package comments and to
// mayImport. Run with UPDATE=1 to rewrite it.
func TestMapIsCurrent(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("# Where everything lives\n\nGenerated from package comments; `UPDATE=1 go test .` rewrites it.\n\n| package | what it is for | may import |\n|---|---|---|\n")
	for _, pkg := range slices.Sorted(maps.Keys(mayImport)) {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", pkg, synopsis(t, pkg), mayImport[pkg])
	}
	const file = "docs/MAP.md"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil || string(got) != b.String() {
		t.Errorf("%s is out of date (%v); run UPDATE=1 go test .", file, err)
	}
}

func synopsis(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			t.Fatal(err)
		}
		if f.Doc != nil {
			return new(doc.Package).Synopsis(f.Doc.Text())
		}
	}
	t.Errorf("package %s has no package comment", dir)
	return ""
}
