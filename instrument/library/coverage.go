package library

import (
	"bytes"
	"io/fs"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Coverage says for every fact of one file of collected law what became of it.
type Coverage struct {
	Law   string `yaml:"law"`   // the file of facts, by its base name
	Facts []Fact `yaml:"facts"` // in the order of that file
}

// Fact is one fact and what became of it: exactly one of As, LeftOut and
// Unverified is given.
type Fact struct {
	Fact       string   `yaml:"fact"`
	As         []string `yaml:"as,omitempty"`         // ids in the instrument of the same file name; "file#id" in another
	LeftOut    string   `yaml:"left_out,omitempty"`   // why nothing here encodes it
	Unverified string   `yaml:"unverified,omitempty"` // why it is not relied on
}

// Coverages returns the accounts of all collected law, by file name.
func Coverages() ([]Coverage, error) {
	names, err := fs.Glob(files, "coverage/*.yaml")
	if err != nil {
		return nil, err
	}
	out := make([]Coverage, 0, len(names))
	for _, name := range names {
		src, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var c Coverage
		d := yaml.NewDecoder(bytes.NewReader(src))
		d.KnownFields(true)
		if err := d.Decode(&c); err != nil {
			return nil, err
		}
		if base := strings.TrimSuffix(path.Base(name), ".yaml"); c.Law == "" {
			c.Law = base
		}
		out = append(out, c)
	}
	return out, nil
}
