package instrument_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"entente/decision"
	"entente/instrument"
	"entente/internal/fault"
	"entente/privacy"
)

// TestEveryTemplateIsAGoodStart: it loads, nothing is to be remarked on, every
// vector holds, the layout is the usual one and no clause goes untested.
func TestEveryTemplateIsAGoodStart(t *testing.T) {
	t.Parallel()
	for _, name := range instrument.Templates() {
		for _, now := range []string{"2026-11-24", "2028-01-31", "2027-12-31"} {
			t.Run(name+" "+now, func(t *testing.T) {
				t.Parallel()
				src, err := instrument.New(instrument.Draft{ID: "our-text", Template: name, A: "csirt-aurelia", B: "ncsc-cordova"}, date(t, now))
				if err != nil {
					t.Fatal(err)
				}
				i, err := instrument.Load("our-text.yaml", src)
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range instrument.Lint(i, date(t, now)) {
					if f.Level != instrument.Note {
						t.Errorf("%s: %s: %s", f.String(), f.Code, f.Message)
					}
				}
				results, err := decision.TestInstrument(i, privacy.Catalogue())
				if err != nil || len(results) < 4 {
					t.Fatalf("%d vectors, %v", len(results), err)
				}
				for _, r := range results {
					if !r.OK() {
						t.Errorf("%s: %s", r.Name, r.Diff)
					}
				}
				if diff := cmp.Diff(string(src), string(formatted(t, "our-text.yaml", src))); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

func TestNewRefusesNamesThatAreNone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "our-text", "any", "a: b", "\n- x", "csirt-aurelia"}))
		d := instrument.Draft{
			ID: word.Draw(t, "id"), Template: rapid.SampledFrom(append(instrument.Templates(), "poem")).Draw(t, "template"),
			A: word.Draw(t, "a"), B: word.Draw(t, "b"),
		}
		src, err := instrument.New(d, time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC))
		if f, ok := errors.AsType[*fault.Error](err); ok {
			if f.Next == "" || f.Kind != fault.Invalid {
				t.Fatalf("%+v", f)
			}
			return
		}
		if i, err := instrument.Load("x.yaml", src); err != nil || i.ID != d.ID {
			t.Fatalf("%+v gives a file that does not load: %v", d, err)
		}
	})
}
