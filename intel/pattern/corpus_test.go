package pattern_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"entente/internal/strictjson"
)

// TestCorpusPatterns reads the pattern of every indicator in the published
// bundles: all parse, come back from their canonical form, can be matched, and
// look for at least one value.
func TestCorpusPatterns(t *testing.T) {
	t.Parallel()
	root := os.Getenv("ENTENTE_SHARED")
	if root == "" {
		t.Skip("set ENTENTE_SHARED to the folder that holds corpus/ to read real patterns")
	}
	read, alone := 0, 0
	for _, glob := range []string{"stix21/bundles/*.json*", "misp/golden-events/*.stix21.json.gz"} {
		files, err := filepath.Glob(root + "/corpus/" + glob)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: nothing, %v", glob, err)
		}
		for _, file := range files {
			for _, src := range indicators(t, file) {
				p := parse(t, src)
				returns(t, p)
				if err := p.Check(); err != nil {
					t.Errorf("%s: %v", src, err)
				}
				if _, err := p.Compile(); err != nil {
					t.Errorf("%s: %v", src, err)
				}
				atoms := p.Atoms()
				if len(atoms) == 0 && !strings.Contains(src, "MATCHES") && !strings.Contains(src, "LIKE") {
					t.Errorf("%s looks for nothing", src)
				}
				read++
				if len(atoms) == 1 && atoms[0].Alone {
					alone++
				}
			}
		}
	}
	t.Logf("%d patterns, %d are just one value", read, alone)
}

// indicators returns the STIX patterns of a bundle.
func indicators(t *testing.T, file string) []string {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(file, ".gz") {
		z, err := gzip.NewReader(bytes.NewReader(src))
		if err != nil {
			t.Fatal(err)
		}
		if src, err = io.ReadAll(z); err != nil {
			t.Fatal(err)
		}
	}
	bundle, err := strictjson.Parse(src, strictjson.Limits{Bytes: len(src), Tokens: len(src)})
	if err != nil {
		return nil // what is no JSON is for package stix
	}
	var found []string
	if objects := bundle.Get("objects"); objects != nil {
		for _, o := range objects.Items {
			typ, source, language := o.Get("type"), o.Get("pattern"), o.Get("pattern_type")
			if typ != nil && typ.Text == "indicator" && source != nil && (language == nil || language.Text == "stix") {
				found = append(found, source.Text)
			}
		}
	}
	return found
}
