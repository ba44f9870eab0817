package library_test

import (
	"io/fs"
	"strings"
	"testing"
	"time"

	"entente/decision"
	"entente/instrument"
	"entente/instrument/library"
	"entente/privacy"
)

// TestEveryInstrumentIsFitToBeShown: loads under its own name, says that it is
// illustrative, when its status was checked and how far each clause was
// verified, and has vectors that hold.
func TestEveryInstrumentIsFitToBeShown(t *testing.T) {
	t.Parallel()
	all, err := library.All()
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, doc := range all {
		total += len(doc.Vectors)
		t.Run(doc.ID, func(t *testing.T) {
			t.Parallel()
			fit(t, doc)
		})
	}
	if total < 250 {
		t.Errorf("the library has %d vectors, and promises 250", total)
	}
}

func fit(t *testing.T, doc *instrument.Instrument) {
	t.Helper()
	if _, err := fs.Stat(library.Files(), doc.ID+".yaml"); err != nil {
		t.Error("the file is not named by the id")
	}
	if !doc.Illustrative || !strings.Contains(doc.Title, "(illustrative") {
		t.Errorf("does not say that it is illustrative: %s", doc.Title)
	}
	if doc.AsOf.IsZero() {
		t.Error("does not say when its status was checked")
	}
	invented := strings.Contains(doc.Title, "example") // there is no text to verify it against
	for _, c := range doc.Clauses {
		if c.Verified == "" && !invented || c.Text == "" {
			t.Errorf("clause %s does not say what the text says, or how far that was verified", c.ID)
		}
	}
	for _, f := range instrument.Lint(doc, doc.AsOf) {
		if f.Level == instrument.Error {
			t.Errorf("%s: %s %s", f, f.Clause, f.Message)
		}
	}
	results, err := decision.TestInstrument(doc, privacy.Catalogue())
	if err != nil {
		t.Fatal(err)
	}
	if len(results) < 5 {
		t.Errorf("has %d vectors, and promises 5", len(results))
	}
	for _, r := range results {
		if !r.OK() {
			t.Errorf("vector %q: %s", r.Name, r.Diff)
		}
	}
}

// TestTheWholeLibraryIsOneLaw: everything together compiles, and no precedence
// goes in a circle (T4).
func TestTheWholeLibraryIsOneLaw(t *testing.T) {
	t.Parallel()
	all, err := library.All()
	if err != nil {
		t.Fatal(err)
	}
	if err := instrument.CheckPrecedence(all); err != nil {
		t.Error(err)
	}
	start := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	e, err := decision.Compile(decision.Law{Instruments: all, Transforms: privacy.Catalogue()})
	if err != nil {
		t.Fatal(err)
	}
	p := e.Between(decision.Request{Sender: decision.Actor{ID: "csirt-nl", Kind: "csirt", Jurisdiction: "NL"}, Recipient: decision.Actor{ID: "csirt-be", Kind: "csirt", Jurisdiction: "BE"}, At: start})
	if !p.Valid(start) {
		t.Error("there is no law between two Member States")
	}
}
