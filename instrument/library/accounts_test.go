package library_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// coverage says for every fact of one file of collected law what became of it.
type coverage struct {
	Law   string `yaml:"law"`   // the file of facts, by its base name
	Facts []fact `yaml:"facts"` // in the order of that file
}

// fact is one fact and what became of it: exactly one of As, LeftOut and
// Unverified is given.
type fact struct {
	Fact       string   `yaml:"fact"`
	As         []string `yaml:"as,omitempty"`         // ids in the instrument of the same file name; "file#id" in another
	LeftOut    string   `yaml:"left_out,omitempty"`   // why nothing here encodes it
	Unverified string   `yaml:"unverified,omitempty"` // why it is not relied on
}

// readCoverages returns the accounts of all collected law, by file name.
func readCoverages(t *testing.T) []coverage {
	t.Helper()
	names, err := filepath.Glob("coverage/*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatal(len(names), err)
	}
	out := make([]coverage, 0, len(names))
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var c coverage
		d := yaml.NewDecoder(bytes.NewReader(src))
		d.KnownFields(true)
		if err := d.Decode(&c); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if c.Law == "" {
			c.Law = strings.TrimSuffix(filepath.Base(name), ".yaml")
		}
		out = append(out, c)
	}
	return out
}
