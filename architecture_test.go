package entente_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "entente"

// mayImport is the architecture: each package, and the packages of this module
// it may import. Arrows only point down the list. To add a package, add a line.
var mayImport = map[string]string{
	"cmd/entente": "cli",
	"cli":         "api/view casework client decision examples exchange instrument instrument/analysis instrument/foreign instrument/library instrument/odrl intel/pattern intel/search internal/fault internal/ident internal/strictjson node obligation party privacy transparency/verify",
	"node":        "api api/view console decision exchange internal/fault internal/ident internal/keyring internal/serve obligation party store transparency wire/collect wire/mail wire/misp wire/notice wire/peer wire/taxii wire/webhook",

	// Adapters: they know the domain and never each other.
	"api/view":        "decision exchange instrument intel intel/atom intel/decay intel/search internal/ident party privacy",
	"api":             "api/view decision exchange instrument instrument/analysis instrument/library intel intel/decay internal/fault internal/ident internal/inflate internal/problem party",
	"client":          "api/view decision exchange instrument instrument/analysis intel/decay internal/fault internal/problem party",
	"console":         "decision exchange instrument instrument/library intel/search internal/fault internal/ident internal/problem party",
	"store":           "exchange intel intel/search internal/fault internal/ident obligation party transparency",
	"store/storetest": "casework decision exchange intel intel/atom intel/search internal/fault internal/ident obligation party transparency",
	"wire/peer":       "internal/egress internal/fault internal/problem internal/serve party",
	"wire/collect":    "exchange internal/egress internal/fault internal/inflate",
	"wire/webhook":    "exchange internal/egress internal/fault",
	"wire/mail":       "exchange internal/egress internal/fault obligation",
	"wire/notice":     "exchange internal/fault internal/problem internal/serve party",
	"wire/taxii":      "exchange internal/egress internal/fault internal/ident internal/problem internal/serve internal/strictjson party wire/collect",
	"wire/misp":       "exchange intel/misp internal/fault internal/ident internal/problem internal/serve internal/strictjson party wire/collect",

	// The domain: no HTTP, no SQL, no files, no clock.
	"exchange":            "casework decision exchange/envelope instrument instrument/analysis intel intel/atom intel/attackflow intel/cacao intel/csaf intel/decay intel/indicators intel/kev intel/misp intel/navigator intel/search intel/stix intel/veris intel/warninglist internal/fault internal/ident internal/strictjson obligation party privacy transparency transparency/verify",
	"casework":            "exchange/envelope instrument internal/fault internal/ident party",
	"exchange/envelope":   "internal/fault internal/ident internal/strictjson party",
	"transparency/verify": "exchange/envelope internal/fault internal/ident internal/strictjson party transparency",
	"transparency":        "internal/fault internal/ident",
	"obligation":          "decision instrument internal/fault internal/strictjson party",
	"decision":            "instrument intel internal/fault internal/ident internal/strictjson party privacy",
	"instrument/analysis": "decision instrument intel party privacy",
	"instrument/odrl":     "decision instrument intel internal/fault internal/strictjson party privacy",
	"instrument/foreign":  "instrument internal/fault internal/strictjson",
	"instrument/library":  "instrument internal/fault",
	"instrument":          "intel internal/fault internal/ident internal/strictjson party privacy",
	"privacy":             "intel intel/misp intel/stix internal/fault internal/strictjson",
	"intel/indicators":    "intel intel/atom intel/conversion intel/pattern intel/stix internal/fault internal/strictjson",
	"intel/veris":         "intel intel/conversion intel/stix internal/fault internal/strictjson",
	"intel/attackflow":    "intel/conversion intel/stix internal/fault internal/strictjson",
	"intel/cacao":         "intel/conversion intel/stix internal/fault internal/strictjson",
	"intel/navigator":     "intel intel/stix internal/strictjson",
	"intel/conversion":    "intel intel/stix internal/fault internal/ident internal/strictjson",
	"intel/misp":          "intel intel/conversion intel/stix internal/fault internal/strictjson",
	"intel/csaf":          "intel intel/conversion intel/stix internal/fault internal/ident internal/strictjson",
	"intel/kev":           "intel/conversion intel/stix internal/fault internal/strictjson",
	"intel/stix":          "intel intel/pattern internal/fault internal/ident internal/strictjson",
	"intel/search":        "intel intel/atom internal/fault internal/ident internal/strictjson",
	"intel/warninglist":   "intel/atom internal/fault internal/strictjson",
	"intel/decay":         "intel/atom",
	"intel/atom":          "intel intel/pattern internal/ident internal/strictjson",
	"intel/pattern":       "internal/fault internal/strictjson",
	"intel":               "internal/ident internal/strictjson",
	"party":               "internal/fault internal/ident",

	// Leaves: no word of the domain.
	"internal/fault":           "",
	"internal/ident":           "internal/fault",
	"internal/strictjson":      "internal/fault",
	"internal/inflate":         "internal/fault",
	"internal/plot":            "",
	"internal/problem":         "internal/fault",
	"internal/keyring":         "internal/fault party",
	"internal/serve":           "internal/fault internal/inflate party",
	"internal/serve/servetest": "",
	"internal/egress":          "",

	"examples": "party",
	"stories":  "cli party",
}

// domain lists the packages that must stay pure, and impure what they may not
// touch and why.
var (
	domain = []string{
		"exchange", "exchange/envelope", "casework", "transparency", "transparency/verify", "obligation", "decision", "instrument", "instrument/analysis", "instrument/foreign", "instrument/odrl", "instrument/library",
		"privacy", "intel/misp", "intel/atom", "intel/decay", "intel/search", "intel/warninglist", "intel/pattern", "intel/stix", "intel", "party", "internal/fault", "internal/ident", "internal/strictjson", "internal/inflate", "intel/csaf", "intel/kev", "intel/attackflow", "intel/cacao", "intel/conversion", "intel/indicators", "intel/navigator", "intel/veris",
	}
	impure = map[string]string{
		"net/http":     "HTTP belongs in api, console or wire",
		"database/sql": "SQL belongs in store; declare a Store interface instead",
		"os":           "files and environment belong in cli or node; take an io.Reader or a value",
		"log/slog":     "the domain returns errors and values; the adapter logs them",
		"net":          "networking belongs in wire",
	}
)

func TestImportsFollowTheArchitecture(t *testing.T) {
	t.Parallel()
	seen := importsOfEveryPackage(t)
	for _, pkg := range slices.Sorted(maps.Keys(seen)) {
		if pkg == "." {
			continue
		}
		allowed, ok := mayImport[pkg]
		if !ok {
			t.Errorf("package %s is not in mayImport: decide which layer it belongs to", pkg)
			continue
		}
		for p := range seen[pkg] {
			if own, ok := strings.CutPrefix(p, module+"/"); ok && !slices.Contains(strings.Fields(allowed), own) {
				t.Errorf("%s imports %s, which the architecture does not allow (allowed: %s)", pkg, own, allowed)
			}
			if why, bad := impure[p]; bad && slices.Contains(domain, pkg) {
				t.Errorf("%s is domain code and imports %s: %s", pkg, p, why)
			}
		}
		for a := range strings.FieldsSeq(allowed) {
			if !seen[pkg][module+"/"+a] {
				t.Errorf("mayImport lets %s import %s, which it does not: take the arrow out", pkg, a)
			}
		}
	}
	for pkg := range mayImport {
		if _, err := os.Stat(pkg); err != nil {
			t.Errorf("mayImport lists %s, which does not exist any more", pkg)
		}
	}
}

// importsOfEveryPackage maps each package to what it imports outside tests.
func importsOfEveryPackage(t *testing.T) map[string]map[string]bool {
	t.Helper()
	seen := map[string]map[string]bool{}
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != "." && (d.Name()[0] == '.' || slices.Contains([]string{"testdata", "bench", "bin"}, d.Name())) {
			return fs.SkipDir
		}
		if path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") && !strings.HasPrefix(name, "stories/") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(filepath.Dir(name))
		if seen[pkg] == nil {
			seen[pkg] = map[string]bool{}
		}
		for _, imp := range f.Imports {
			p, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				return err
			}
			seen[pkg][p] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return seen
}
