package examples_test

import (
	"maps"
	"path"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"entente/decision"
	"entente/examples"
	"entente/instrument"
	"entente/intel"
	"entente/party"
	"entente/privacy"
)

// scenario is a folder's scenario.yaml as far as this test reads it.
type scenario struct {
	Parties map[party.ID]struct{ Name, Kind, Jurisdiction string }
	Object  struct {
		ID, Type, TLP, Purpose string
		Categories             []privacy.Category
		Sender                 party.ID
	}
	Facts map[string]bool
	At    string
	Cases []struct {
		Name, At, Outcome  string
		Recipient          party.ID
		Facts              map[string]bool
		Transforms, Duties []string
	}
}

func law(t *testing.T, folder string) []*instrument.Instrument {
	t.Helper()
	entries, err := examples.Files.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var all []*instrument.Instrument
	for _, e := range entries {
		if e.Name() == "scenario.yaml" || path.Ext(e.Name()) != ".yaml" {
			continue
		}
		src, err := examples.Files.ReadFile(path.Join(folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		i, err := instrument.Load(e.Name(), src)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, i)
	}
	return all
}

func (s *scenario) actor(id party.ID) decision.Actor {
	p := s.Parties[id]
	return decision.Actor{ID: id, Kind: p.Kind, Jurisdiction: p.Jurisdiction}
}

func (s *scenario) at(t *testing.T, day string) time.Time {
	t.Helper()
	if day == "" {
		day = s.At
	}
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// TestLantern holds the engine against the beat 0:45 of the guided demo
// (USERS.md section 7): one report, five recipients, four different answers,
// and one that consent changes.
func TestLantern(t *testing.T) {
	t.Parallel()
	var s scenario
	src, err := examples.Files.ReadFile("lantern/scenario.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(src, &s); err != nil {
		t.Fatal(err)
	}
	engine, err := decision.Compile(decision.Law{Instruments: law(t, "lantern"), Transforms: privacy.Catalogue()})
	if err != nil {
		t.Fatal(err)
	}
	tlp, ok := intel.ParseTLP(s.Object.TLP)
	if !ok {
		t.Fatalf("TLP %q", s.Object.TLP)
	}
	for _, c := range s.Cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			facts := maps.Clone(s.Facts)
			maps.Copy(facts, c.Facts)
			d := engine.Decide(decision.Request{
				Subject: decision.Subject{ID: s.Object.ID, Type: s.Object.Type, TLP: tlp, Categories: s.Object.Categories, Origin: s.Object.Sender},
				Sender:  s.actor(s.Object.Sender), Recipient: s.actor(c.Recipient),
				Act: "share", Purpose: s.Object.Purpose, At: s.at(t, c.At), Facts: facts,
			})
			if string(d.Outcome) != c.Outcome {
				t.Fatalf("outcome %s, want %s: %+v", d.Outcome, c.Outcome, d)
			}
			if got := slices.Sorted(slices.Values(d.Transforms)); !cmp.Equal(got, slices.Sorted(slices.Values(c.Transforms))) {
				t.Errorf("transforms %v, want %v", d.Transforms, c.Transforms)
			}
			for _, id := range c.Duties {
				if !slices.ContainsFunc(d.Duties, func(r decision.DutyRef) bool { return r.ID == id }) {
					t.Errorf("no duty %s in %+v", id, d.Duties)
				}
			}
		})
	}
}
