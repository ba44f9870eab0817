package console

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"entente/examples"
	"entente/exchange"
	"entente/instrument"
	"entente/instrument/library"
)

// convention is a text active on the node of the test.
func convention(t *testing.T) exchange.InstrumentView {
	t.Helper()
	src, err := examples.Files.ReadFile("lantern/northern-convention.yaml")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := instrument.Load("northern-convention.yaml", src)
	if err != nil {
		t.Fatal(err)
	}
	return exchange.InstrumentView{
		InstrumentRecord: exchange.InstrumentRecord{ID: doc.ID, Version: doc.Version, Hash: doc.Hash, By: "A. Lawyer", Activated: noon},
		Title:            doc.Title, Regime: doc.Regime, Illustrative: doc.Illustrative, Clauses: len(doc.Clauses), Doc: doc,
	}
}

// TestAnInstrumentAsReviewed keeps the page of one instrument as a file.
func TestAnInstrumentAsReviewed(t *testing.T) {
	t.Parallel()
	b := enter(t, newConsole(fake{
		texts: []exchange.InstrumentView{convention(t)},
		acts:  []exchange.ActView{{Act: instrument.ActSignature, Party: "csirt-aurelia", At: noon, Counts: true, Leaf: 12}, {Act: instrument.ActObjection, Party: "csirt-aurelia", At: noon, Why: "it came too late", Leaf: 13}},
	}, fixed))
	got := b.get("/instruments/northern-convention").Body.Bytes()
	golden := filepath.Join("testdata", "instrument.html")
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(golden, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("the page changed; look at the difference and run with UPDATE=1:\n%s", diff)
	}
}

// TestEveryInstrumentOfTheLibraryHasAPage that says it is not active and not law
// until somebody answers for it.
func TestEveryInstrumentOfTheLibraryHasAPage(t *testing.T) {
	t.Parallel()
	all, err := library.All()
	if err != nil {
		t.Fatal(err)
	}
	active := convention(t)
	active.Doc.Review = []instrument.Review{{ID: "meeting", What: "the Parties meet", At: noon.AddDate(0, 3, 0)}}
	b := enter(t, newConsole(fake{texts: []exchange.InstrumentView{active}}, fixed))
	list := b.get("/instruments").Body.String()
	for _, want := range []string{"Active here", "A. Lawyer", "northern-convention", "Library", "Coming up", "the Parties meet"} {
		if !strings.Contains(list, want) {
			t.Errorf("the list does not say %q", want)
		}
	}
	for _, doc := range all {
		if !strings.Contains(list, `href="/instruments/`+doc.ID+`"`) {
			t.Errorf("%s is not listed", doc.ID)
		}
		w := b.get("/instruments/" + doc.ID)
		body := w.Body.String()
		for _, want := range []string{"Not active on this node", "Illustrative", doc.Hash.String(), "instrument add " + doc.ID} {
			if w.Code != 200 || !strings.Contains(body, want) {
				t.Errorf("%s: %d, does not say %q", doc.ID, w.Code, want)
			}
		}
	}
	if w := b.get("/instruments/no-such"); w.Code != 404 {
		t.Errorf("an unknown one: %d", w.Code)
	}
}
