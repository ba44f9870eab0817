// Package library holds the real instruments Entente ships: treaties,
// regulations, statutes, norms and handling standards encoded in format 1, in
// our own words, each clause with its citation and how far it was verified.
//
// It decides nothing and activates nothing. Invariant: every file in it is
// illustrative until a named legal owner activates it on a node.
package library

import (
	"embed"
	"io/fs"
	"path"
	"slices"

	"entente/instrument"
	"entente/internal/fault"
)

//go:embed law coverage
var files embed.FS

// Files returns the instrument files by their base names, such as
// "eu-nis2.yaml".
func Files() fs.FS {
	law, err := fs.Sub(files, "law")
	if err != nil {
		return files // unreachable: the directory is embedded
	}
	return law
}

// All loads every instrument of the library, by id. The error is that of the
// first file that does not load; the tests keep that from happening.
func All() ([]*instrument.Instrument, error) {
	names, err := fs.Glob(Files(), "*.yaml")
	if err != nil {
		return nil, err
	}
	all := make([]*instrument.Instrument, 0, len(names))
	for _, name := range names {
		doc, err := load(name)
		if err != nil {
			return nil, err
		}
		all = append(all, doc)
	}
	return all, nil
}

// Get loads one instrument by its id. It returns a not-found fault when the
// library has none of that id.
func Get(id string) (*instrument.Instrument, error) {
	names, err := fs.Glob(Files(), "*.yaml")
	if err != nil {
		return nil, err
	}
	if !slices.Contains(names, id+".yaml") {
		return nil, fault.New(fault.NotFound, "library.unknown", "The library has no instrument %q.", id).
			Try("List what it has with instrument library.")
	}
	return load(id + ".yaml")
}

func load(name string) (*instrument.Instrument, error) {
	src, err := files.ReadFile(path.Join("law", name))
	if err != nil {
		return nil, err
	}
	return instrument.Load(name, src)
}
