package instrument

import (
	"cmp"
	"embed"
	"slices"
	"strings"
	"time"

	"entente/internal/fault"
)

//go:embed templates/*.yaml
var templates embed.FS

// Templates are the kinds of instrument that [New] has a starting file for.
func Templates() []string {
	return []string{"mou", "community-rules", "statute", "marking", "overlay"}
}

// Draft says what a starting file is about.
type Draft struct {
	ID       string // of the new instrument
	Template string // one of [Templates]
	A, B     string // party ids; "" keeps party-a and party-b
}

// New returns a commented starting file that loads, has no warnings and whose
// vectors hold. Its dates are counted from now: it enters into force on the first
// day of the next month.
//
// It returns an invalid fault with code instrument.template for an unknown
// template, and instrument.draft for an id that is none.
func New(d Draft, now time.Time) ([]byte, error) {
	if !slices.Contains(Templates(), d.Template) {
		return nil, fault.New(fault.Invalid, "instrument.template", "There is no template %q.", d.Template).
			Try("Use one of %s.", strings.Join(Templates(), ", "))
	}
	a, b := cmp.Or(d.A, "party-a"), cmp.Or(d.B, "party-b")
	refused := fault.New(fault.Invalid, "instrument.draft", "A starting file cannot be written for these names.")
	for _, word := range []struct {
		flag, word string
		check      check
	}{{"/id", d.ID, slug}, {"/party/0", a, partyID}, {"/party/1", b, partyID}} {
		if wrong := word.check(word.word); wrong != "" {
			refused = refused.At(word.flag, wrong)
		}
	}
	if a == b {
		refused = refused.At("/party/1", "is the same party as the first")
	}
	if len(refused.Fields) > 0 {
		return nil, refused.Try("Write ids in lower-case letters, digits, dots and hyphens, like csirt-aurelia.")
	}
	src, err := templates.ReadFile("templates/" + d.Template + ".yaml")
	if err != nil {
		return nil, err // unreachable: every template is embedded
	}
	const months = 12
	start := addMonths(time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC), 1)
	text := strings.NewReplacer(
		"new-instrument", d.ID, "party-a", a, "party-b", b,
		"2000-02-01", day(start), "2000-03-02", day(addMonths(start, 1).AddDate(0, 0, 1)), "2003-02-01", day(addMonths(start, 3*months)),
	).Replace(string(src))
	return Format(d.ID+".yaml", []byte(text)) // names of other lengths break lines elsewhere
}
