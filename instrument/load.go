package instrument

import (
	"cmp"
	"slices"
	"strings"

	"entente/internal/fault"
	"entente/internal/ident"
	"entente/internal/strictjson"
)

// Load reads one instrument from YAML, or from JSON when the name of the file
// ends in .json. The file name is only used in messages.
//
// It returns an invalid fault with code instrument.syntax when the bytes are no
// document, and instrument.invalid when the document breaks the format: then
// every field of the fault names one problem by JSON Pointer, and its detail
// starts with file:line:column and names the clause.
func Load(file string, src []byte) (*Instrument, error) {
	r := &reader{file: file, places: make(map[string]*node)}
	root, err := r.parse(src)
	if err != nil {
		return nil, err
	}
	if err := r.index(root, ""); err != nil {
		return nil, err
	}
	i := r.instrument(root)
	if len(r.problems) == 0 {
		r.check(i)
	}
	if len(r.problems) > 0 {
		return nil, r.fault()
	}
	data := root.data()
	i.canonical = strictjson.AppendCanonical(nil, &data)
	i.Hash = ident.Sum(i.canonical)
	i.Source = append([]byte(nil), src...)
	return i, nil
}

func (r *reader) parse(src []byte) (*node, error) {
	if strings.HasSuffix(r.file, ".json") {
		return r.readJSON(src)
	}
	return r.readYAML(src)
}

// fault lists the problems in the order of the file.
func (r *reader) fault() error {
	slices.SortStableFunc(r.problems, func(a, b problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	f := fault.New(fault.Invalid, "instrument.invalid", "%s", r.problems[0].Detail)
	if n := len(r.problems); n > 1 {
		f.Message += " (and " + plural(n-1, "more problem") + ")"
	}
	f.Message += "."
	for _, p := range r.problems {
		f.Fields = append(f.Fields, p.Field)
	}
	return f.Try("Correct the places named and load the file again.")
}
