package analysis

import (
	"maps"
	"slices"
	"strings"

	"entente/decision"
	"entente/instrument"
	"entente/intel"
	"entente/party"
	"entente/privacy"
)

// region is the cases a norm matches, of those that can be told apart without
// asking about parties. Attributes are independent, so that two regions have a
// case in common exactly when they do in every attribute.
type region struct {
	words    [][]string // by objectWords; nil is every word
	marks    []uint64   // of each list: a bit for each word, to see quickly that two lists differ
	tlp, pap uint64
	cats     categorySets
	received [][]string
	origin   []*instrument.Set
	facts    map[string]uint64 // the values each may have
	without  []privacy.Category
	empty    bool
}

// mark is a bit for each word of a list, all of them for every word: two lists
// whose marks have no bit in common have no word in common.
func mark(list []string) (m uint64) {
	for _, w := range list {
		h := uint32(2166136261) // FNV-1a
		for i := range len(w) {
			h = (h ^ uint32(w[i])) * 16777619
		}
		m |= 1 << (h >> 26)
	}
	if list == nil {
		return ^uint64(0)
	}
	return m
}

// regionOf is what a norm matches together with the scope of its instrument.
func regionOf(n *norm) region {
	words := objectWords()
	r := region{
		words: make([][]string, len(words)), tlp: span(0, int(intel.Red)), pap: span(0, int(intel.PAPRed)),
		cats: n.categories(), facts: map[string]uint64{},
	}
	if n.is(instrument.Permission) {
		r.without = n.meaning.Without // a duty that requires something binds what lacks it
	}
	n.meanings(func(m *decision.Meaning) { r.narrow(m, n.is(instrument.Permission)) })
	for i := range r.words {
		r.marks = append(r.marks, mark(r.words[i]))
	}
	_, ok := r.pickCategories()
	r.empty = r.empty || !ok || r.tlp == 0 || r.pap == 0
	return r
}

// narrow adds the conditions of a meaning. What must match for sure, a permission,
// needs its facts known.
func (r *region) narrow(m *decision.Meaning, sure bool) {
	for i, w := range objectWords() {
		if list := w.of(&m.When); len(list) > 0 {
			r.words[i] = both(r.words[i], list)
			r.empty = r.empty || len(r.words[i]) == 0
		}
	}
	if t := m.When.TLP; t != nil {
		r.tlp &= span(int(t.Min), min(int(t.Max), int(intel.Red)))
	}
	if t := m.When.PAP; t != nil {
		r.pap &= span(int(t.Min), min(int(t.Max), int(intel.PAPRed)))
	}
	if m.When.Origin != nil {
		r.origin = append(r.origin, m.When.Origin)
	}
	if len(m.When.ReceivedUnder) > 0 {
		r.received = append(r.received, m.When.ReceivedUnder)
	}
	for _, f := range m.Facts {
		v := uint64(factFalse)
		if f.Want {
			v = factTrue
		}
		if !sure || f.Consent {
			v |= factUnknown
		}
		if had, ok := r.facts[f.Fact]; ok {
			v &= had
		}
		r.facts[f.Fact] = v
		r.empty = r.empty || v == 0
	}
}

// both is the words of two lists; nil is every word.
func both(a, b []string) []string {
	if a == nil {
		return b
	}
	return append([]string{}, intersect(a, b)...)
}

// meet is the intersection of two regions.
func (r *region) meet(o *region) (region, bool) {
	if r.empty || o.empty || r.tlp&o.tlp == 0 || r.pap&o.pap == 0 {
		return region{}, false
	}
	for i := range r.marks {
		if r.marks[i]&o.marks[i] == 0 {
			return region{}, false
		}
	}
	out := region{
		tlp: r.tlp & o.tlp, pap: r.pap & o.pap,
		received: slices.Concat(r.received, o.received), origin: slices.Concat(r.origin, o.origin),
		without: slices.Concat(r.without, o.without),
		cats: categorySets{
			any: slices.Concat(r.cats.any, o.cats.any), within: slices.Concat(r.cats.within, o.cats.within), none: slices.Concat(r.cats.none, o.cats.none),
		},
	}
	for i := range r.words {
		list := r.words[i]
		if o.words[i] != nil {
			if list = both(list, o.words[i]); len(list) == 0 {
				return region{}, false
			}
		}
		out.words = append(out.words, list)
		out.marks = append(out.marks, mark(list))
	}
	if out.facts = meetFacts(r, o); out.facts == nil {
		return region{}, false
	}
	_, ok := out.pickCategories()
	return out, ok
}

// meetFacts is the values each fact may have under two sets of conditions, nil
// when there is none.
func meetFacts(r, o *region) map[string]uint64 {
	out := make(map[string]uint64, len(r.facts)+len(o.facts))
	maps.Copy(out, r.facts)
	for f, v := range o.facts {
		if had, ok := out[f]; ok {
			v &= had
		}
		if v == 0 {
			return nil
		}
		out[f] = v
	}
	return out
}

// pickCategories finds the fewest categories that meet every condition: of each
// list of which one must occur, one that may. Each list can be looked at alone,
// because what else may occur is said of single categories.
func (r *region) pickCategories() ([]privacy.Category, bool) {
	out := []privacy.Category{}
	for _, list := range r.cats.any {
		at := slices.IndexFunc(list, func(c privacy.Category) bool { return c != privacy.Unclassified && r.mayHave(c) })
		switch {
		case at >= 0:
			out = append(out, list[at])
		case slices.Contains(list, privacy.Unclassified) && r.mayHave(privacy.Unclassified) && !slices.ContainsFunc(r.cats.none, personal):
			out = append(out, privacy.Unclassified)
		default:
			return nil, false
		}
	}
	slices.Sort(out)
	return slices.Compact(out), true
}

func personal(c privacy.Category) bool { return strings.HasPrefix(string(c), "personal-") }

func (r *region) mayHave(c privacy.Category) bool {
	return !slices.Contains(r.cats.none, c) && !slices.Contains(r.without, c) &&
		!slices.ContainsFunc(r.cats.within, func(w []privacy.Category) bool { return !slices.Contains(w, c) })
}

// within reports whether every case of r is one of o, parties left aside.
func (r *region) within(o *region) bool {
	for i := range r.words {
		if o.words[i] != nil && (r.words[i] == nil || len(intersect(r.words[i], o.words[i])) < len(r.words[i])) {
			return false
		}
	}
	if r.tlp&^o.tlp != 0 || r.pap&^o.pap != 0 || len(o.received)+len(o.origin) > 0 || len(o.cats.any) > 0 {
		return false
	}
	for f, v := range o.facts {
		if had, ok := r.facts[f]; !ok || had&^v != 0 {
			return false
		}
	}
	return len(o.cats.within) == 0 && len(o.cats.none) == 0
}

// request makes one case of a region between two parties. It reports false when the
// region looks at how the object was received and the two cannot meet that.
func (r *region) request(from, to decision.Actor, act string, q *question) (decision.Request, bool) {
	out := decision.Request{Sender: from, Recipient: to, Act: act, At: q.at, Facts: map[string]bool{}}
	out.Subject = decision.Subject{ID: "case", Origin: from.ID}
	for i, w := range objectWords() {
		if list := r.words[i]; len(list) > 0 {
			w.set(&out, list[0])
		} else {
			w.set(&out, Other)
		}
	}
	for t := intel.Clear; t <= intel.Red; t++ {
		if r.tlp&(1<<t) != 0 {
			out.Subject.TLP = t
			break
		}
	}
	for p := intel.PAPClear; p <= intel.PAPRed; p++ {
		if r.pap&(1<<p) != 0 {
			out.Subject.PAP = p
			break
		}
	}
	for f, v := range r.facts {
		if v != factUnknown {
			out.Facts[f] = v&factTrue != 0
		}
	}
	out.Subject.Categories, _ = r.pickCategories()
	ok := true
	if len(r.received) > 0 {
		common := r.received[0]
		for _, list := range r.received[1:] {
			if meet := intersect(common, list); len(meet) > 0 {
				common = meet
			} else {
				out.Subject.ReceivedUnder = append(out.Subject.ReceivedUnder, list[0])
			}
		}
		out.Subject.ReceivedUnder = append(out.Subject.ReceivedUnder, common[0])
	}
	if len(r.origin) > 0 {
		out.Subject.Origin, ok = r.pickOrigin(from, to)
	}
	return out, ok
}

// pickOrigin finds an origin every condition admits: the sender, the recipient,
// one a clause names, or somebody else.
func (r *region) pickOrigin(from, to decision.Actor) (party.ID, bool) {
	ids := []string{string(from.ID), string(to.ID), "a-third-party"}
	for _, o := range r.origin {
		ids = append(ids, o.In...)
	}
	for _, id := range ids {
		if !slices.ContainsFunc(r.origin, func(o *instrument.Set) bool { return !admits(o, []string{id}) }) {
			return party.ID(id), true
		}
	}
	return from.ID, false
}
