package examples

import (
	"cmp"
	"fmt"
	"path"
	"slices"

	"go.yaml.in/yaml/v3"

	"entente/party"
)

// LanternParties returns the parties of Operation Lantern by id, without keys
// or endpoints: those are made where the demo runs.
func LanternParties() ([]party.Party, error) {
	src, err := Files.ReadFile("lantern/scenario.yaml")
	if err != nil {
		return nil, err
	}
	var scenario struct {
		Parties map[party.ID]struct{ Name, Kind, Jurisdiction string }
	}
	if err := yaml.Unmarshal(src, &scenario); err != nil {
		return nil, fmt.Errorf("read the scenario: %w", err)
	}
	parties := make([]party.Party, 0, len(scenario.Parties))
	for id, p := range scenario.Parties {
		parties = append(parties, party.Party{ID: id, Name: p.Name, Kind: p.Kind, Jurisdiction: p.Jurisdiction})
	}
	slices.SortFunc(parties, func(a, b party.Party) int { return cmp.Compare(a.ID, b.ID) })
	return parties, nil
}

// File is one example file.
type File struct {
	Name string
	Data []byte
}

// LanternInstruments returns the law of Operation Lantern by file name.
func LanternInstruments() ([]File, error) {
	all, err := folder("lantern", ".yaml")
	return slices.DeleteFunc(all, func(f File) bool { return f.Name == "scenario.yaml" }), err
}

// HelioGrid returns the breach report of Operation Lantern: 120 STIX objects,
// 37 of which name or address somebody. All of it is fictional.
func HelioGrid() ([]byte, error) { return Files.ReadFile("lantern/heliogrid.json") }

// PublishedIntelligence returns real bundles as their publishers made them; see
// published/README.md for sources and licences.
func PublishedIntelligence() ([]File, error) { return folder("published", ".json") }

func folder(name, ext string) ([]File, error) {
	entries, err := Files.ReadDir(name)
	if err != nil {
		return nil, err
	}
	var files []File
	for _, e := range entries {
		if path.Ext(e.Name()) != ext {
			continue
		}
		data, err := Files.ReadFile(path.Join(name, e.Name()))
		if err != nil {
			return nil, err
		}
		files = append(files, File{Name: e.Name(), Data: data})
	}
	return files, nil
}
