package library_test

import (
	"strings"
	"testing"

	"entente/instrument"
	"entente/instrument/library"
)

// TestCoverageSaysOneThing: every fact is encoded, left out with a reason or
// unverified with a reason, and what is said to encode it exists.
func TestCoverageSaysOneThing(t *testing.T) {
	t.Parallel()
	coverages := readCoverages(t)
	ids := idsOfLibrary(t)
	for _, c := range coverages {
		for _, f := range c.Facts {
			said := 0
			for _, given := range []bool{len(f.As) > 0, f.LeftOut != "", f.Unverified != ""} {
				if given {
					said++
				}
			}
			if said != 1 {
				t.Errorf("%s %q: give exactly one of as, left_out and unverified", c.Law, f.Fact)
			}
			for _, ref := range f.As {
				if file, id := split(c.Law, ref); file != "privacy" && file != "intel" && file != "obligation" && file != "decision" && !ids[file][id] {
					t.Errorf("%s %q: %s has no %q", c.Law, f.Fact, file, id)
				}
			}
		}
	}
}

func split(law, ref string) (file, id string) {
	if file, id, ok := strings.Cut(ref, "#"); ok {
		return file, id
	}
	return law, ref
}

// idsOfLibrary collects what a reference can name, by instrument.
func idsOfLibrary(t *testing.T) map[string]map[string]bool {
	t.Helper()
	all, err := library.All()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]bool{}
	for _, doc := range all {
		out[doc.ID] = idsOf(doc)
	}
	return out
}

// idsOf lists everything in a document that has an id, and the names of the
// parts it has.
func idsOf(doc *instrument.Instrument) map[string]bool {
	ids := map[string]bool{
		"status": true, "title": true, "parties": len(doc.Parties) > 0, "jurisdictions": len(doc.Jurisdictions) > 0,
		"precedence": len(doc.Precedence.SubjectTo)+len(doc.Precedence.PrevailsOver) > 0, "dispute": doc.Dispute != nil,
		"amendment": doc.Amendment != nil, "areas": len(doc.Areas) > 0, "reservable": doc.Reservable != nil, "transposes": doc.Transposes != nil,
		"applies_when": doc.AppliesWhen != nil, "vectors": len(doc.Vectors) > 0, "language": doc.Language != nil, "source": doc.Origin != nil,
	}
	for _, c := range doc.Clauses {
		ids[c.ID] = true
		grounds(ids, c.Refusal)
		for _, d := range c.Duties {
			ids[d.ID] = true
		}
	}
	for _, d := range doc.Definitions {
		ids[d.Term] = true
	}
	for _, t := range doc.Thresholds {
		ids[t.ID] = true
	}
	for _, p := range doc.Procedures {
		ids[p.ID] = true
		grounds(ids, p.Refusal)
		for _, t := range p.Transitions {
			ids[t.ID] = true
		}
	}
	for _, r := range doc.Review {
		ids[r.ID] = true
	}
	for _, p := range doc.Parties {
		idsOfParty(ids, &p)
	}
	return ids
}

func idsOfParty(ids map[string]bool, p *instrument.PartyRecord) {
	ids[string(p.Party)] = true
	for _, a := range p.Authorities {
		ids[a.Role] = true
	}
	for _, v := range p.Reservations {
		ids[v.ID] = true
	}
	for _, d := range p.Declarations {
		ids[d.ID] = true
	}
}

func grounds(ids map[string]bool, f *instrument.Refusal) {
	if f == nil {
		return
	}
	for _, g := range f.Grounds {
		ids[g.Code] = true
	}
}
