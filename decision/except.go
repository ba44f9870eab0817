package decision

import "slices"

// contradiction is a drafting conflict: two exceptions to one clause say opposite
// things and neither ranks above the other (DECISION.md, step 3).
type contradiction struct{ parent, lifts, restores uint32 }

// side is the strongest exception on one side of a contest.
type side struct {
	hit      int
	strength int8
}

func (s *side) join(i int, strength int8) {
	if s.hit < 0 || strength > s.strength {
		s.hit, s.strength = i, strength
	}
}

// ties reports whether both sides have an exception and neither ranks higher.
func (s *side) ties(o *side) bool { return s.hit >= 0 && o.hit >= 0 && s.strength == o.strength }

// beat reports whether the side that lifts wins.
func (s *side) beat(restores *side, lenient bool) bool {
	if s.hit < 0 || restores.hit < 0 {
		return s.hit >= 0
	}
	return s.strength > restores.strength || s.strength == restores.strength && lenient
}

// except settles the exceptions, deepest first, and returns those that
// contradict each other.
func (v *viewer) except(lenient bool) (conflicts []contradiction) {
	for i := range v.hits {
		conflicts = v.exceptOne(i, lenient, conflicts)
	}
	if !v.e.conflicts {
		return conflicts // no two exceptions of this law can contradict each other
	}
	for i := range v.hits {
		conflicts = v.contest(i, lenient, conflicts)
	}
	// Only now: whether one exception lost must not change what another lost to.
	for i := range v.hits {
		if m := &v.hits[i]; m.lost {
			m.fate = excepted
		}
	}
	return conflicts
}

// exceptOne settles the exceptions to one clause, theirs before it.
func (v *viewer) exceptOne(i int, lenient bool, conflicts []contradiction) []contradiction {
	m := &v.hits[i]
	if m.settled {
		return conflicts
	}
	m.settled = true
	lifts, restores, conflicts := v.sides(m.rule, lenient, conflicts)
	if lifts.hit < 0 && restores.hit < 0 {
		return conflicts
	}
	winner := restores
	if lifts.beat(&restores, lenient) {
		winner = lifts
	}
	if lifts.ties(&restores) {
		conflicts = append(conflicts, contradiction{m.rule, v.hits[lifts.hit].rule, v.hits[restores.hit].rule})
	}
	if m.fate == stands && v.e.rules[v.hits[winner.hit].rule].clause.Modality.SetsAside(v.e.rules[m.rule].clause.Modality) {
		m.fate, m.by = excepted, v.hits[winner.hit].rule
	}
	return conflicts
}

// contest marks a prohibiting exception that loses against a stronger one to
// each of its parents: it restores nothing and prohibits nothing. Whether the
// parents match makes no difference, or a prohibition that matches only perhaps
// would make another yield.
func (v *viewer) contest(i int, lenient bool, conflicts []contradiction) []contradiction {
	m := &v.hits[i]
	r := &v.e.rules[m.rule]
	if r.kind != kindProhibition || r.root || r.advisory || m.fate != stands {
		return conflicts
	}
	lost := true
	for _, p := range r.parents {
		lifts, restores, _ := v.sides(p, lenient, nil)
		if lifts.beat(&restores, lenient) {
			m.by = v.hits[lifts.hit].rule
		} else {
			lost = false
		}
		if lifts.ties(&restores) && !slices.ContainsFunc(conflicts, func(c contradiction) bool { return c.parent == p }) {
			conflicts = append(conflicts, contradiction{p, v.hits[lifts.hit].rule, v.hits[restores.hit].rule})
		}
	}
	m.lost = lost
	return conflicts
}

// sides settles the exceptions to a clause and finds the strongest that lifts
// and the strongest that restores it.
func (v *viewer) sides(parent uint32, lenient bool, conflicts []contradiction) (lifts, restores side, _ []contradiction) {
	lifts.hit, restores.hit = -1, -1
	in := &v.e.insts[v.e.rules[parent].inst]
	for j := v.from(in.first); j < len(v.hits) && int(v.hits[j].rule) < in.last; j++ {
		m := &v.hits[j]
		r := &v.e.rules[m.rule]
		if r.root || r.advisory || !contains(r.parents, parent) {
			continue
		}
		conflicts = v.exceptOne(j, lenient, conflicts)
		switch {
		case !v.may(m):
		case r.kind == kindProhibition:
			restores.join(j, r.strength)
		case m.certain && v.acts(r) && !v.unasked(r, parent):
			lifts.join(j, r.strength)
		}
	}
	return lifts, restores, conflicts
}

// from returns the first hit that is the rule n or comes after it: hits are in the
// order of the rules, so that those of one instrument are together.
func (v *viewer) from(n int) int {
	low, high := 0, len(v.hits)
	for low < high {
		if middle := (low + high) / 2; int(v.hits[middle].rule) < n {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

// unasked reports whether a permission would relieve of a duty although a person
// has not met its safeguards yet: until then the duty binds. A permission to send
// may wait for that person, who is then asked; a form once sent with less taken
// out may not.
func (v *viewer) unasked(r *rule, parent uint32) bool {
	return r.kind == kindPermission && v.e.rules[parent].kind == kindObligation && r.burden(v.q) > 0
}

// acts reports whether a permission, or a duty to do just what is asked about,
// can be relied on in this form.
func (v *viewer) acts(r *rule) bool {
	return r.kind == kindPermission || r.clause.Act == v.q.actName && r.without&v.look.possible() == 0
}
