package decision

import (
	"cmp"
	"math/bits"
	"slices"

	"entente/internal/fault"
	"entente/privacy"
)

// transform is one entry of the catalogue over category bits.
type transform struct {
	id     string
	cost   int
	from   uint64
	maps   []mapping
	source privacy.Transform
}

type mapping struct{ from, to uint64 }

func (t *transform) apply(has uint64) uint64 {
	out := has &^ t.from
	for _, m := range t.maps {
		if has&m.from != 0 {
			out |= m.to
		}
	}
	return out
}

func (c *compiler) transforms(catalogue []privacy.Transform) error {
	sortedByID := slices.Clone(catalogue)
	slices.SortFunc(sortedByID, func(a, b privacy.Transform) int { return cmp.Compare(a.ID, b.ID) })
	if len(sortedByID) > 64 {
		return fault.New(fault.Invalid, "law.transforms", "The catalogue has more than 64 transformations.")
	}
	for i, t := range sortedByID {
		if i > 0 && sortedByID[i-1].ID == t.ID || t.Cost < 0 {
			return fault.New(fault.Invalid, "law.transforms", "Transformation %q is there twice or has a negative cost.", t.ID)
		}
		out := transform{id: t.ID, cost: t.Cost, source: t}
		for from, to := range t.Maps {
			m := mapping{from: c.e.vocabulary.category(from)}
			if to != "" {
				m.to = c.e.vocabulary.category(to)
			}
			out.from |= m.from
			out.maps = append(out.maps, m)
		}
		c.e.catalogue = append(c.e.catalogue, out)
	}
	return nil
}

// form is one form of the object: the categories left, and which transformations
// make it, applied in the order of their ids.
type form struct {
	has  uint64
	used uint64 // bit i is the i-th of the catalogue
	cost int
}

// compare orders forms by what they lose; among equals by how few
// transformations they take, then by the ids.
func (f form) compare(g form) int {
	if c := cmp.Or(cmp.Compare(f.cost, g.cost), cmp.Compare(bits.OnesCount64(f.used), bits.OnesCount64(g.used))); c != 0 || f.used == g.used {
		return c
	}
	if f.used&(1<<bits.TrailingZeros64(f.used^g.used)) != 0 {
		return -1
	}
	return 1
}

// maxForms bounds the search. An object that can be given more forms than this
// is not sent.
const maxForms = 1 << 14

// search finds the least destructive lawful form. The object as it is comes
// first, since it costs nothing.
func (d *decider) search(lenient bool) (form, bool) {
	start := form{has: d.q.has}
	if d.lawful(start.has, lenient) {
		return start, true
	}
	if d.hopeless(lenient) {
		return start, false
	}
	forms, ok := d.allForms()
	if !ok {
		return start, false
	}
	for _, f := range forms[1:] {
		if d.lawful(f.has, lenient) {
			return f, true
		}
	}
	return start, false
}

// allForms lists every form the object can be given, best first, each by the
// best way to it. It looks at the transformations in the order in which they
// are applied, so that of two ways to the same categories the better one stays
// the better one whatever follows.
func (d *decider) allForms() (forms []form, ok bool) {
	if d.forms != nil {
		return d.forms, true
	}
	forms = []form{{has: d.q.has}}
	at := map[uint64]int{d.q.has: 0}
	live := d.live()
	for i := range d.e.catalogue {
		t := &d.e.catalogue[i]
		if !t.touches(live) {
			continue
		}
		for j, n := 0, len(forms); j < n; j++ {
			f := form{has: t.apply(forms[j].has), used: forms[j].used | 1<<i, cost: forms[j].cost + t.cost}
			if f.has == forms[j].has {
				continue
			}
			k, seen := at[f.has]
			switch {
			case !seen:
				at[f.has] = len(forms)
				forms = append(forms, f)
			case f.compare(forms[k]) < 0:
				forms[k] = f
			}
		}
		if len(forms) > maxForms {
			return nil, false
		}
	}
	slices.SortFunc(forms, form.compare)
	d.forms = forms
	return forms, true
}

// live is the categories whose presence can make a difference: those the
// clauses left over look at, and what can be turned into those.
func (d *decider) live() uint64 {
	live := d.e.vocabulary.categories[privacy.Unclassified]
	for _, n := range d.cands {
		r := &d.e.rules[n]
		live |= r.any | r.none | r.without | ^r.within
	}
	for range d.e.catalogue {
		before := live
		for i := range d.e.catalogue {
			for _, m := range d.e.catalogue[i].maps {
				if m.to&live != 0 {
					live |= m.from
				}
			}
		}
		if live == before {
			break
		}
	}
	return live
}

func (t *transform) touches(live uint64) bool {
	return slices.ContainsFunc(t.maps, func(m mapping) bool { return (m.from|m.to)&live != 0 })
}

// hopeless reports that no form can be lawful, without looking at any: a
// regime that no clause can open whatever the categories are, or a prohibition
// that looks at no category and that nothing could set aside.
func (d *decider) hopeless(lenient bool) bool {
	var openable, permitted uint64
	excepted := false
	for _, n := range d.cands {
		r := &d.e.rules[n]
		excepted = excepted || !r.root
		if r.advisory || !d.possible(r) {
			continue
		}
		switch {
		case r.kind == kindPermission && r.root:
			openable |= r.regime
			permitted |= r.regime
		case r.kind == kindObligation && r.clause.Act == d.q.actName:
			openable |= r.grants
		}
	}
	if d.q.pair.closed&^openable != 0 {
		return true
	}
	if lenient || excepted {
		return false
	}
	for _, n := range d.cands {
		r := &d.e.rules[n]
		if r.kind == kindProhibition && !r.advisory && !r.scoped && r.any|r.none|^r.within == 0 &&
			r.regime&permitted == 0 && r.fit(d.q, look{}) != no {
			return true
		}
	}
	return false
}

// possible reports whether the facts let a clause open anything.
func (d *decider) possible(r *rule) bool {
	for _, t := range r.facts {
		if got := d.q.facts[t.fact]; got != t.want && (!t.consent || got != unknown) {
			return false
		}
	}
	return true
}
