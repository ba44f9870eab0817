package entente_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// badInput is the account of bad input: what is sent, and the tests of it.
const badInput = "docs/reference/bad-input.md"

// readers are the calls by which bytes become a meaning. Whoever makes one of them
// has a line in the second table of the account.
var readers = []string{
	"strictjson.Parse", "json.Unmarshal", "json.UnmarshalRead", "json.NewDecoder", "jsontext.NewDecoder", "yaml.Unmarshal", "yaml.NewDecoder", "xml.Unmarshal", "xml.NewDecoder",
	"csv.NewReader", "gzip.NewReader", "zlib.NewReader", "flate.NewReader", "zip.NewReader", "tar.NewReader", "note.Open", "pem.Decode", "x509.ParseCertificate", "mime.ParseMediaType",
}

// TestBadInputIsAccountedFor: every kind of bad input of the threat model has its
// line, each test named there exists and names what it is a test of.
func TestBadInputIsAccountedFor(t *testing.T) {
	t.Parallel()
	tests := functions(t, "Test")
	given := map[string]bool{}
	for _, cells := range rows(t, regexp.MustCompile(`^[JHZ]\d+$`)) {
		id, named := cells[0], names(cells[len(cells)-1])
		if given[id] || len(named) == 0 {
			t.Errorf("%s has two lines, or no test", id)
		}
		given[id] = true
		of := regexp.MustCompile(id + `(\D|$)`)
		for _, name := range named {
			if source, ok := tests[name]; !ok {
				t.Errorf("%s: there is no test %s", id, name)
			} else if !of.MatchString(source) {
				t.Errorf("%s: nothing in %s says that it is a test of it", id, name)
			}
		}
	}
	for kind, most := range map[string]int{"J": 24, "H": 16, "Z": 9} {
		for n := 1; n <= most; n++ {
			if id := kind + strconv.Itoa(n); !given[id] {
				t.Errorf("%s has no line", id)
			}
		}
	}
}

// TestEveryParserIsFuzzed: every package that reads bytes says whose they are and
// what fuzzes it, every fuzz target is of use there, and each begins with seeds.
func TestEveryParserIsFuzzed(t *testing.T) {
	t.Parallel()
	targets, listed, packages := functions(t, "Fuzz"), map[string]bool{}, map[string]bool{}
	for _, cells := range rows(t, regexp.MustCompile("^`[a-z/]+`$")) {
		pkg := strings.Trim(cells[0], "`")
		packages[pkg] = true
		for _, name := range names(cells[2]) {
			listed[name] = true
			if source, ok := targets[name]; !ok {
				t.Errorf("%s: there is no fuzz target %s", pkg, name)
			} else if !strings.Contains(source, ".Add(") {
				t.Errorf("%s has no seeds", name)
			}
		}
	}
	for name := range targets {
		if !listed[name] {
			t.Errorf("%s is not in %s", name, badInput)
		}
	}
	reading := readingPackages(t)
	for _, pkg := range slices.Sorted(maps.Keys(reading)) {
		if !packages[pkg] {
			t.Errorf("%s calls %s and is not in %s", pkg, reading[pkg], badInput)
		}
	}
}

// rows are the cells of the lines of the account's tables whose first cell is of
// a form.
func rows(t *testing.T, first *regexp.Regexp) (found [][]string) {
	t.Helper()
	b, err := os.ReadFile(badInput)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		if first.MatchString(cells[0]) {
			found = append(found, cells)
		}
	}
	return found
}

// names are the functions named in a cell, `package.Name`.
func names(cell string) (found []string) {
	for _, m := range regexp.MustCompile("`([a-z/]+\\.(?:Test|Fuzz)[A-Za-z0-9]+)`").FindAllStringSubmatch(cell, -1) {
		found = append(found, m[1])
	}
	return found
}

// functions are the test functions of every package with a name of a kind, with
// their source and what is said of them.
func functions(t *testing.T, kind string) map[string]string {
	t.Helper()
	found := map[string]string{}
	everyFile(t, func(pkg string, src []byte, set *token.FileSet, f *ast.File) {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv != nil || !strings.HasPrefix(fn.Name.Name, kind) {
				continue
			}
			from := fn.Pos()
			if fn.Doc != nil {
				from = fn.Doc.Pos()
			}
			found[pkg+"."+fn.Name.Name] = string(src[set.Position(from).Offset:set.Position(fn.End()).Offset])
		}
	}, true)
	return found
}

// readingPackages maps each package that makes one of the calls of readers to it.
func readingPackages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	everyFile(t, func(pkg string, _ []byte, _ *token.FileSet, f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := sel.X.(*ast.Ident); ok && slices.Contains(readers, x.Name+"."+sel.Sel.Name) {
					found[pkg] = x.Name + "." + sel.Sel.Name
				}
			}
			return true
		})
	}, false)
	return found
}

// everyFile visits the Go files of the module: those of tests, or the others.
func everyFile(t *testing.T, visit func(pkg string, src []byte, set *token.FileSet, f *ast.File), tests bool) {
	t.Helper()
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != "." && (d.Name()[0] == '.' || slices.Contains([]string{"testdata", "bench", "bin"}, d.Name())) {
			return fs.SkipDir
		}
		if path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") != tests {
			return nil
		}
		src, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, name, src, parser.ParseComments)
		if err != nil {
			return err
		}
		visit(filepath.ToSlash(filepath.Dir(name)), src, set, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
