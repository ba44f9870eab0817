package exchange_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"entente/exchange"
)

// TestMISPEventComesIn: an event goes where a bundle does, again without
// change, and edited with nothing new but what was edited. Its bytes are kept
// and its envelope is in no object.
func TestMISPEventComesIn(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis)
	src, err := os.ReadFile("../intel/misp/testdata/event.misp.json")
	must(t, err)
	importing := func(data string) exchange.ImportReport {
		rep, err := f.nodes[aurelia].Import(t.Context(), exchange.ImportRequest{Data: []byte(data), Source: "event.misp.json"})
		must(t, err)
		return rep
	}
	first := importing(string(src))
	if first.New < 20 || first.Quarantined != 1 || first.New+first.Quarantined != len(first.Objects) {
		t.Errorf("%d new, %d quarantined of %d", first.New, first.Quarantined, len(first.Objects))
	}
	if again := importing(string(src)); again.New+again.Updated != 0 {
		t.Errorf("again: %d new, %d updated", again.New, again.Updated)
	}
	edited := strings.NewReplacer("first stage", "second stage", `"timestamp": "1795168801"`, `"timestamp": "1795168901"`).Replace(string(src))
	if rep := importing(edited); rep.New != 0 || rep.Updated == 0 || rep.Updated > 4 {
		t.Errorf("edited: %d new, %d updated", rep.New, rep.Updated)
		for _, l := range rep.Objects {
			if l.Result != exchange.ResultUnchanged {
				t.Logf("%+v", l)
			}
		}
	}
	for _, l := range first.Objects {
		if l.Result == exchange.ResultQuarantined {
			continue
		}
		o, err := f.nodes[aurelia].Object(t.Context(), l.ID)
		must(t, err)
		if strings.Contains(string(o.Raw), "anna.analyst") {
			t.Errorf("%s has the creator's address", l.ID)
		}
		if strings.HasPrefix(l.ID, "report--") && (o.Upgraded == nil || !strings.Contains(string(o.Upgraded.Raw), "anna.analyst")) {
			t.Errorf("%s has not the event beside it", l.ID)
		}
	}
}

// TestCorpusMISPImports brings every event of the corpus into a node. One event
// is not JSON, in its tags; nothing else is set aside, and nothing changes when
// it comes again.
func TestCorpusMISPImports(t *testing.T) {
	t.Parallel()
	shared := os.Getenv("ENTENTE_SHARED")
	if shared == "" {
		t.Skip("ENTENTE_SHARED does not name the folder that holds corpus/; `make corpus` does")
	}
	f := newFederation(t, aurelia, borealis)
	files := 0
	for _, pattern := range []string{"events/*", "pymisp-tests/*", "misp-stix-tests/*_[12].json"} {
		found, err := filepath.Glob(filepath.Join(shared, "corpus/misp", pattern))
		must(t, err)
		files += len(found)
		for _, file := range found {
			req := exchange.ImportRequest{Data: unpacked(t, file), Source: filepath.Base(file)}
			first, err := f.nodes[aurelia].Import(t.Context(), req)
			must(t, err)
			for _, l := range first.Objects {
				// The collections have attributes without their event: the same
				// attribute with and without a creator is two contents of one version.
				twice := l.Code == "object.equivocation" && strings.HasPrefix(req.Source, "test_events_collection")
				if l.Result == exchange.ResultQuarantined && l.Pointer != "/response/0/Event/Tag" && !twice {
					t.Errorf("%s: %+v", req.Source, l)
				}
			}
			second, err := f.nodes[aurelia].Import(t.Context(), req)
			must(t, err)
			if second.New+second.Updated != 0 {
				t.Errorf("%s again: %d new, %d updated", req.Source, second.New, second.Updated)
			}
		}
	}
	if files != 45 {
		t.Errorf("%d files", files)
	}
}
