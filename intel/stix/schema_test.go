package stix

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"entente/internal/strictjson"
)

// TestNeverMoreLenientThanTheOASISSchemas puts wrong values at every place of
// every valid object of the corpus. What the published schemas then refuse,
// the table must refuse; that it refuses more is what the text of the standard
// is for.
func TestNeverMoreLenientThanTheOASISSchemas(t *testing.T) {
	t.Parallel()
	root := os.Getenv("ENTENTE_SHARED")
	if root == "" {
		t.Skip("set ENTENTE_SHARED to the folder that holds corpus/ to compare with the OASIS schemas")
	}
	schemas := compile(t, root+"/corpus/stix21/schemas/*/*.json")
	var wrong []strictjson.Value
	for _, s := range []string{`7`, `-1`, `1.5`, `"zz"`, `[]`, `{}`, `true`, `["zz"]`, `{"zz":"zz"}`, `{"z z":1}`, `null`, `"file--00000000-0000-4000-8000-000000000001"`} {
		v, err := strictjson.Parse([]byte(s), strictjson.Default())
		if err != nil {
			t.Fatal(err)
		}
		wrong = append(wrong, v)
	}
	tried := 0
	for _, o := range validObjects(t) {
		schema := schemas[o.GetText("type")]
		if schema == nil {
			continue
		}
		Walk(&o, func(path string, _ *strictjson.Value) {
			if slices.ContainsFunc(apart, func(p string) bool { return path == p || strings.HasPrefix(path, p+".") }) {
				return
			}
			for i := range wrong {
				mutant := o.Clone()
				place, ok := Select(&mutant, path)
				if !ok {
					continue
				}
				*place = wrong[i].Clone()
				tried++
				neverMoreLenient(t, schema, &mutant, path)
			}
		})
	}
	t.Logf("tried %d", tried)
}

// apart are places where the schemas say other things than the text.
var apart = []string{
	"objects",                               // embedded objects, deprecated, are not looked into
	"additional_header_fields",              // section 6.6: lists of any length, not of two and more
	"extensions.raster-image-ext.exif_tags", // section 6.7.5 does not say how names of tags begin
}

func neverMoreLenient(t *testing.T, schema *jsonschema.Schema, mutant *strictjson.Value, path string) {
	t.Helper()
	raw := strictjson.Append(nil, mutant)
	if _, _, err := ParseObject(raw); err != nil {
		return
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(instance); err != nil {
		t.Errorf("accepted with another value at %s, which the schema refuses: %s\n%v", path, raw, err)
	}
}

func compile(t *testing.T, pattern string) map[string]*jsonschema.Schema {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no schemas at %s: %v", pattern, err)
	}
	compiler, ids := jsonschema.NewCompiler(), map[string]string{}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tree, err := strictjson.Parse(src, strictjson.Default())
		if err != nil {
			t.Fatal(err)
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(src))
		if err != nil {
			t.Fatal(err)
		}
		id := tree.GetText("$id")
		ids[strings.TrimSuffix(filepath.Base(file), ".json")] = id
		if err := compiler.AddResource(id, document); err != nil {
			t.Fatal(err)
		}
	}
	compiled := map[string]*jsonschema.Schema{}
	for _, table := range []map[string]*shape{domainObjects, observableObjects, metaObjects} {
		for typ := range table {
			if compiled[typ], err = compiler.Compile(ids[typ]); err != nil {
				t.Fatal(err)
			}
		}
	}
	return compiled
}

// validObjects returns the objects of the corpus that the OASIS validator and
// we both accept.
func validObjects(t *testing.T) []strictjson.Value {
	t.Helper()
	var found []strictjson.Value
	for _, file := range []string{"testdata/objects-validator-tests.jsonl", "testdata/objects-python-stix2-tests.jsonl"} {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(src) {
			row, err := strictjson.Parse(bytes.TrimSpace(line), strictjson.Default())
			if err != nil {
				t.Fatal(err)
			}
			o := row.Get("object")
			if _, _, err := ParseObject(line[o.Start:o.End]); err == nil && row.Get("must_valid").Bool {
				found = append(found, *o)
			}
		}
	}
	return found
}
