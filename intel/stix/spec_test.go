package stix

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"entente/internal/strictjson"
)

// TestTableAgreesWithTheOASISSchemas compares the names and the required
// properties of every type with the published JSON Schemas.
func TestTableAgreesWithTheOASISSchemas(t *testing.T) {
	t.Parallel()
	root := os.Getenv("ENTENTE_SHARED")
	if root == "" {
		t.Skip("set ENTENTE_SHARED to the folder that holds corpus/ to compare with the OASIS schemas")
	}
	schemas := root + "/corpus/stix21/schemas/"
	for folder, table := range map[string]map[string]*shape{"sdos": domainObjects, "sros": domainObjects, "observables": observableObjects} {
		files, err := filepath.Glob(schemas + folder + "/*.json")
		if err != nil || len(files) == 0 {
			t.Fatalf("no schemas in %s: %v", folder, err)
		}
		for _, file := range files {
			typ := strings.TrimSuffix(filepath.Base(file), ".json")
			s := table[typ]
			if s == nil {
				t.Errorf("%s is not in the table", typ)
				continue
			}
			compare(t, typ, s, file)
		}
	}
	for _, typ := range []string{"extension-definition", "language-content"} {
		compare(t, typ, metaObjects[typ], schemas+"common/"+typ+".json")
	}
}

// tolerated are differences of the schemas from the text of the standard.
var tolerated = map[string]string{
	"email-message requires is_multipart":          "in a oneOf of the schema",
	"extension-definition requires created_by_ref": "section 7.3, not in the schema",
	"extension-definition knows description":       "section 7.3, not in the schema",
}

func compare(t *testing.T, typ string, s *shape, file string) {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := strictjson.Parse(src, strictjson.Default())
	if err != nil {
		t.Fatal(err)
	}
	known, required := map[string]bool{}, map[string]bool{}
	collect(&schema, known, required)
	base := core
	if observableObjects[typ] != nil {
		base = observable
	}
	for name := range s.rules {
		if base.rules[name] == nil && !known[name] && tolerated[typ+" knows "+name] == "" {
			t.Errorf("%s knows %s, the schema does not", typ, name)
		}
	}
	for name := range known {
		if s.rules[name] == nil {
			t.Errorf("%s does not know %s", typ, name)
		}
	}
	for name := range required {
		if !slices.Contains(s.required, name) {
			t.Errorf("%s does not require %s", typ, name)
		}
	}
	for _, name := range s.required {
		if !slices.Contains(base.required, name) && !required[name] && tolerated[typ+" requires "+name] == "" {
			t.Errorf("%s requires %s, the schema does not", typ, name)
		}
	}
}

// collect reads properties and required of a schema and of its allOf and
// oneOf; required only where it is unconditional.
func collect(schema *strictjson.Value, known, required map[string]bool) {
	if p := schema.Get("properties"); p != nil {
		for i := range p.Members {
			known[p.Members[i].Name] = true
		}
	}
	if r := schema.Get("required"); r != nil && required != nil {
		for i := range r.Items {
			required[r.Items[i].Text] = true
		}
	}
	for _, combine := range []string{"allOf", "oneOf"} {
		parts := schema.Get(combine)
		if parts == nil {
			continue
		}
		inner := required
		if combine == "oneOf" {
			inner = nil
		}
		for i := range parts.Items {
			collect(&parts.Items[i], known, inner)
		}
	}
}
