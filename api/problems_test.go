package api

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// explained is what the source says about one code.
type explained struct{ kind, message, next string }

// TestEveryCodeIsExplained compares the codes in the source with the headings
// of docs/problems.md, both ways. With UPDATE=1 missing sections are drafted
// from the source and those of codes that are gone are removed; what people
// wrote stays as it is.
func TestEveryCodeIsExplained(t *testing.T) {
	t.Parallel()
	const file = "../docs/problems.md"
	codes := sourceCodes(t, "..")
	intro, sections := readSections(t, file)
	if os.Getenv("UPDATE") != "" {
		writeSections(t, file, intro, sections, codes)
		_, sections = readSections(t, file)
	}
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		if sections[code] == "" {
			t.Errorf("%s is not explained in docs/problems.md; run with UPDATE=1 and read what it drafts", code)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(sections)) {
		if text := sections[code]; drafted.MatchString(text) || !strings.Contains(text, "**What to do:**") {
			t.Errorf("%s still reads like a draft: say what happened and what to do", code)
		}
		if _, ok := codes[code]; !ok {
			t.Errorf("docs/problems.md explains %s, which no code uses", code)
		}
	}
}

func readSections(t *testing.T, file string) (intro string, sections map[string]string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split("\n"+string(b), "\n## ")
	sections = map[string]string{}
	for _, p := range parts[1:] {
		code, text, _ := strings.Cut(p, "\n")
		if sections[code] != "" {
			t.Errorf("docs/problems.md explains %s twice", code)
		}
		sections[strings.TrimSpace(code)] = strings.TrimSpace(text)
	}
	return strings.TrimSpace(parts[0]), sections
}

func writeSections(t *testing.T, file, intro string, sections map[string]string, codes map[string]explained) {
	t.Helper()
	var b strings.Builder
	b.WriteString(intro + "\n")
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		text := sections[code]
		if text == "" {
			text = draft(codes[code])
		}
		b.WriteString("\n## " + code + "\n\n" + text + "\n")
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

func draft(e explained) string {
	verb := regexp.MustCompile(`%[+#]?[a-z]`)
	text := verb.ReplaceAllString(e.message, "…")
	if text == "" {
		text = "The message says what is wrong and where."
	}
	next := verb.ReplaceAllString(e.next, "…")
	if next == "" {
		next = whatToDo(e.kind)
	}
	return text + "\n\n**What to do:** " + next
}

// drafted matches what only a draft has: a gap for a value, or advice that
// would fit any code.
var drafted = regexp.MustCompile(`…|%[-+#.0-9]*[a-z]|Correct what the message names and try again|Look at the state as it is now|Check the id\.`) //nolint:gochecknoglobals // read only

// whatToDo is what holds for every error of a kind.
func whatToDo(kind string) string {
	switch kind {
	case "NotFound":
		return "Check the id. The list commands show what there is."
	case "Conflict":
		return "Look at the state as it is now, then repeat what still makes sense."
	case "Unverified":
		return "Do not rely on it. Get it again from where it came from, over another channel if it stays wrong."
	case "Unavailable":
		return "Try again later; `entente doctor` says more."
	case "Denied":
		return "`entente why` names the clause and what would change the answer."
	default:
		return "Correct what the message names and try again."
	}
}

// tabled are the areas whose codes stand in tables of rules.
var tabled = regexp.MustCompile(`^(stix|json|pattern)\.[a-z0-9-]+$`) //nolint:gochecknoglobals // read only

var codeForm = regexp.MustCompile(`^[a-z][a-z0-9-]*(\.[a-z0-9-]+)+$`) //nolint:gochecknoglobals // read only

// sourceCodes finds every code in the module outside of tests: in calls of
// fault.New, in calls of the functions that wrap it in the same package, and
// in composite literals with a Code.
func sourceCodes(t *testing.T, root string) map[string]explained {
	t.Helper()
	packages := map[string][]*ast.File{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "bench" || d.Name() == "bin"):
			return fs.SkipDir
		case filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") || strings.Contains(name, "storetest"):
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		packages[filepath.Dir(name)] = append(packages[filepath.Dir(name)], f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]explained{"usage": {}, "internal": {}}
	for _, pkg := range packages {
		s := scan{codes: codes, consts: map[string]string{}, wraps: map[string]wrapper{}}
		for known := -1; known < len(s.wraps); { // a wrapper may be wrapped itself
			known = len(s.wraps)
			for _, f := range pkg {
				s.declarations(f)
			}
		}
		for _, f := range pkg {
			ast.Inspect(f, s.visit)
		}
	}
	return codes
}

// wrapper is a function that passes one of its parameters on as a code.
type wrapper struct {
	param  int
	prefix string
}

type scan struct {
	codes  map[string]explained
	consts map[string]string
	wraps  map[string]wrapper
}

// declarations learns the constants and the wrappers of a package.
func (s *scan) declarations(f *ast.File) {
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if v, ok := spec.(*ast.ValueSpec); ok && len(v.Names) == len(v.Values) {
					for i, n := range v.Names {
						if text, ok := literal(v.Values[i]); ok {
							s.consts[n.Name] = text
						}
					}
				}
			}
		case *ast.FuncDecl:
			s.wrapping(d)
		}
	}
}

func (s *scan) wrapping(d *ast.FuncDecl) {
	if d.Body == nil {
		return
	}
	params := map[string]int{}
	n := 0
	for _, field := range d.Type.Params.List {
		for _, name := range field.Names {
			params[name.Name] = n
			n++
		}
	}
	ast.Inspect(d.Body, func(node ast.Node) bool {
		call, ok := node.(*ast.CallExpr)
		if !ok {
			return true
		}
		arg, prefix := s.codeOf(call)
		if arg == nil {
			return true
		}
		if sum, ok := arg.(*ast.BinaryExpr); ok {
			more, _ := literal(sum.X)
			prefix += more
			arg = sum.Y
		}
		if id, ok := arg.(*ast.Ident); ok {
			if i, ok := params[id.Name]; ok {
				s.wraps[d.Name.Name] = wrapper{i, prefix}
			}
		}
		return true
	})
}

// codeOf returns the argument of a call that is, or becomes, a code.
func (s *scan) codeOf(c *ast.CallExpr) (arg ast.Expr, prefix string) {
	if isNew(c) {
		return c.Args[1], ""
	}
	if w, ok := s.wraps[called(c)]; ok && w.param < len(c.Args) {
		return c.Args[w.param], w.prefix
	}
	return nil, ""
}

func called(c *ast.CallExpr) string {
	switch fun := c.Fun.(type) {
	case *ast.Ident:
		return fun.Name
	case *ast.SelectorExpr:
		return fun.Sel.Name
	}
	return ""
}

func (s *scan) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.CallExpr:
		s.call(n)
	case *ast.BasicLit:
		if text, ok := literal(n); ok && tabled.MatchString(text) {
			s.add(n, "", explained{})
		}
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && strings.EqualFold(key.Name, "code") {
			s.add(n.Value, "", explained{})
		}
	}
	return true
}

func (s *scan) call(c *ast.CallExpr) {
	if sel, ok := c.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Try" && len(c.Args) > 0 {
		s.try(sel.X, c.Args[0])
	}
	code, prefix := s.codeOf(c)
	if code == nil {
		return
	}
	e := explained{}
	for i, arg := range c.Args[:len(c.Args)-1] {
		if arg == code {
			e.message, _ = literal(c.Args[i+1])
		}
	}
	if kind, ok := c.Args[0].(*ast.SelectorExpr); ok && isNew(c) {
		e.kind = kind.Sel.Name
	}
	s.add(code, prefix, e)
}

// try finds the fault.New that a chain ending in Try began with.
func (s *scan) try(chain, text ast.Expr) {
	next, ok := literal(text)
	for ok {
		call, isCall := chain.(*ast.CallExpr)
		if !isCall {
			return
		}
		if isNew(call) {
			s.add(call.Args[1], "", explained{next: next})
			return
		}
		sel, isSel := call.Fun.(*ast.SelectorExpr)
		if !isSel {
			return
		}
		chain = sel.X
	}
}

func (s *scan) add(code ast.Expr, prefix string, e explained) {
	text, ok := literal(code)
	if id, isIdent := code.(*ast.Ident); isIdent {
		text, ok = s.consts[id.Name]
	}
	text = prefix + text
	if _, known := s.codes[text]; !ok || !known && !codeForm.MatchString(text) {
		return
	}
	old := s.codes[text]
	s.codes[text] = explained{
		kind: cmp.Or(old.kind, e.kind), message: cmp.Or(old.message, e.message), next: cmp.Or(old.next, e.next),
	}
}

func isNew(c *ast.CallExpr) bool {
	sel, ok := c.Fun.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "New" || len(c.Args) < 3 {
		return false
	}
	pkg, ok := sel.X.(*ast.Ident)
	return ok && pkg.Name == "fault"
}

// literal returns a string constant, and the sum of several.
func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		s, err := strconv.Unquote(e.Value)
		return s, err == nil
	case *ast.BinaryExpr:
		x, ok := literal(e.X)
		y, ok2 := literal(e.Y)
		return x + y, ok && ok2
	}
	return "", false
}
