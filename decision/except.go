package decision

// conflict is a drafting conflict: two exceptions to one clause say opposite
// things and neither ranks above the other (DECISION.md, step 3).
type conflict struct{ parent, lifts, restores uint32 }

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

// except settles the exceptions, deepest first, and returns those that
// contradict each other.
func (v *viewer) except(lenient bool) (conflicts []conflict) {
	for i := range v.hits {
		conflicts = v.exceptOne(i, lenient, conflicts)
	}
	// An exception that lost every contest it was in restores nothing and
	// prohibits nothing.
	for i := range v.hits {
		if m := &v.hits[i]; m.fate == stands && m.losses > 0 && m.losses == m.contests {
			m.fate = excepted
		}
	}
	return conflicts
}

// exceptOne settles the exceptions to one clause, theirs before it.
func (v *viewer) exceptOne(i int, lenient bool, conflicts []conflict) []conflict {
	m := &v.hits[i]
	if m.settled {
		return conflicts
	}
	m.settled = true
	lifts, restores, conflicts := v.sides(i, lenient, conflicts)
	if lifts.hit < 0 && restores.hit < 0 {
		return conflicts
	}
	liftsWin := restores.hit < 0
	if lifts.hit >= 0 && restores.hit >= 0 {
		tie := lifts.strength == restores.strength
		if tie {
			conflicts = append(conflicts, conflict{m.rule, v.hits[lifts.hit].rule, v.hits[restores.hit].rule})
		}
		liftsWin = lifts.strength > restores.strength || tie && lenient
	}
	winner := restores
	if liftsWin {
		winner = lifts
		v.lose(i, lifts.hit)
	}
	if m.fate == stands && setsAside(&v.e.rules[v.hits[winner.hit].rule], &v.e.rules[m.rule]) {
		m.fate, m.by = excepted, v.hits[winner.hit].rule
	}
	return conflicts
}

// setsAside reports whether an exception that applies sets its parent aside: a
// permission or duty lifts a prohibition, a prohibition takes back a permission
// or a duty, and a permission relieves of a duty.
func setsAside(exception, parent *rule) bool {
	switch parent.kind {
	case kindProhibition:
		return exception.kind != kindProhibition
	case kindPermission:
		return exception.kind == kindProhibition
	case kindObligation:
		return exception.kind != kindObligation
	default:
		return false
	}
}

// sides settles the exceptions to hit i and finds the strongest that lifts and
// the strongest that restores.
func (v *viewer) sides(i int, lenient bool, conflicts []conflict) (lifts, restores side, _ []conflict) {
	lifts.hit, restores.hit = -1, -1
	for j := range v.hits {
		m := &v.hits[j]
		r := &v.e.rules[m.rule]
		if r.root || r.advisory || !contains(r.parents, v.hits[i].rule) {
			continue
		}
		conflicts = v.exceptOne(j, lenient, conflicts)
		switch {
		case m.fate != stands:
		case r.kind == kindProhibition:
			m.contests++
			restores.join(j, r.strength)
		case m.certain && v.acts(r):
			lifts.join(j, r.strength)
		}
	}
	return lifts, restores, conflicts
}

// acts reports whether a permission, or a duty to do just what is asked about,
// can be relied on in this form.
func (v *viewer) acts(r *rule) bool {
	return r.kind == kindPermission || r.clause.Act == v.q.actName && r.without&v.look.possible() == 0
}

// lose counts a lost contest for the exceptions that would have restored hit i.
func (v *viewer) lose(i, winner int) {
	for j := range v.hits {
		m := &v.hits[j]
		r := &v.e.rules[m.rule]
		if r.kind == kindProhibition && !r.advisory && m.fate == stands && contains(r.parents, v.hits[i].rule) {
			m.losses++
			m.by = v.hits[winner].rule
		}
	}
}
