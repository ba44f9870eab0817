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
	"maps"
	"path"
	"slices"
	"sync"

	"entente/instrument"
	"entente/internal/fault"
)

//go:embed law
var files embed.FS

// shelf has a loader for every instrument, by file name. Each reads its file when it is
// first asked for and once: some are long, and none changes while a program runs.
var shelf = sync.OnceValue(func() map[string]func() (*instrument.Instrument, error) {
	names, err := fs.Glob(Files(), "*.yaml")
	if err != nil {
		panic(err) // unreachable: the pattern is well formed
	}
	loaders := make(map[string]func() (*instrument.Instrument, error), len(names))
	for _, name := range names {
		loaders[name] = sync.OnceValues(func() (*instrument.Instrument, error) { return load(name) })
	}
	return loaders
})

// Files returns the instrument files by their base names, such as
// "eu-nis2.yaml".
func Files() fs.FS {
	law, err := fs.Sub(files, "law")
	if err != nil {
		return files // unreachable: the directory is embedded
	}
	return law
}

// All returns every instrument of the library, by file name. They are everybody's: do
// not modify them. The error is that of the first file that does not load; the
// tests keep that from happening.
func All() ([]*instrument.Instrument, error) {
	loaders := shelf()
	all := make([]*instrument.Instrument, 0, len(loaders))
	for _, name := range slices.Sorted(maps.Keys(loaders)) {
		doc, err := loaders[name]()
		if err != nil {
			return nil, err
		}
		all = append(all, doc)
	}
	return all, nil
}

// Get returns one instrument by its id; it is everybody's, as of [All]. It
// returns a not-found fault when the library has none of that id.
func Get(id string) (*instrument.Instrument, error) {
	read, ok := shelf()[id+".yaml"]
	if !ok {
		return nil, fault.New(fault.NotFound, "library.unknown", "The library has no instrument %q.", id).
			Try("List what it has with instrument library.")
	}
	return read()
}

func load(name string) (*instrument.Instrument, error) {
	src, err := files.ReadFile(path.Join("law", name))
	if err != nil {
		return nil, err
	}
	return instrument.Load(name, src)
}
