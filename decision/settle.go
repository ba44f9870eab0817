package decision

import "slices"

// ruling is what the clauses that matched come to (DECISION.md, steps 3 to 5).
type ruling struct {
	closed, opened uint64 // regimes
	prohibited     bool   // a prohibition stands
	lacking        bool   // a duty requires a form this is not
	conflicts      []contradiction
	burdened       bool // some clause that stands has a safeguard a person must meet
}

func (g *ruling) blocked() bool {
	return g.prohibited || g.lacking || g.closed&^g.opened != 0
}

// settle decides what stands. With lenient, a contradiction between exceptions
// is settled in favour of the exception: what a person might decide.
func (v *viewer) settle(lenient bool) ruling {
	e, hits, look := v.e, v.hits, v.look
	g := ruling{closed: v.closed}
	exceptions := false
	for i := range hits {
		m := &hits[i]
		*m = Match{rule: m.rule, certain: m.certain}
		r := &e.rules[m.rule]
		exceptions = exceptions || !r.root
		if r.kind == kindPermission && r.without&look.possible() != 0 {
			m.fate = unmet
		}
	}
	if exceptions {
		g.conflicts = v.except(lenient)
	}
	var permits, prohibits uint64 // regimes in which a permission or a prohibition stands
	for i := range hits {
		m := &hits[i]
		r := &e.rules[m.rule]
		switch {
		case r.advisory:
		case m.fate == stands:
			v.weigh(m, r, &g, &permits, &prohibits)
		case m.fate == excepted && r.kind == kindObligation:
			g.lacking = g.lacking || v.lacks(m)
			if v.opens(m, r) {
				g.opened |= r.grants
				g.burdened = g.burdened || r.human > 0
			}
		}
	}
	g.opened |= permits
	if permits&prohibits != 0 {
		g.prohibited = v.precede(nil)
	}
	return g
}

// weigh adds what one clause that stands comes to.
func (v *viewer) weigh(m *Match, r *rule, g *ruling, permits, prohibits *uint64) {
	g.burdened = g.burdened || r.human > 0
	switch r.kind {
	case kindPermission:
		if r.root && m.certain {
			*permits |= r.regime
		}
	case kindProhibition:
		g.prohibited = true
		*prohibits |= r.regime
	case kindObligation:
		switch {
		case r.clause.Act != v.q.actName:
		case r.without&v.look.possible() != 0:
			g.lacking = true
		case v.opens(m, r):
			g.opened |= r.grants
		}
	case kindScope:
	}
}

// may reports whether what a clause speaks of may be done on its account: it
// stands, or it is a duty a permission relieves of. If relief took away the
// basis as well, withdrawing the relief would permit more.
func (v *viewer) may(m *Match) bool {
	return m.fate == stands || m.fate == excepted && v.e.rules[m.rule].kind == kindObligation && v.e.rules[m.by].kind == kindPermission
}

// opens reports whether doing just what is asked about performs a duty, in this
// form: the duty is then a basis where it grants one.
func (v *viewer) opens(m *Match, r *rule) bool {
	return r.kind == kindObligation && m.certain && v.may(m) && r.clause.Act == v.q.actName && r.without&v.look.possible() == 0
}

// lacks reports whether a duty set aside still binds the form: a prohibition
// relieves its bearer of acting, not of the care it was to act with.
func (v *viewer) lacks(m *Match) bool {
	r := &v.e.rules[m.rule]
	return r.clause.Act == v.q.actName && r.without&v.look.possible() != 0 && v.e.rules[m.by].kind == kindProhibition
}

// asksPerson reports whether what stands can be relied on only after a person
// has met a safeguard.
func (v *viewer) asksPerson() bool {
	found := false
	v.relied(func(n uint32) { found = found || v.e.rules[n].burden(v.q) > 0 })
	return found
}

// relied calls f for the clauses whose safeguards have to be met: in each
// closed regime the opener that asks least of people, for each prohibition
// lifted the exception that asks least, for each that lost the one it lost to,
// and every duty.
func (v *viewer) relied(f func(rule uint32)) {
	rules, act := v.e.rules, v.q.actName
	for rest := v.closed; rest != 0; rest &= rest - 1 {
		regime := rest & -rest
		v.lightest(f, func(n uint32) bool {
			r := &rules[n]
			return r.kind == kindPermission && r.root && r.regime == regime ||
				r.kind == kindObligation && r.grants == regime && r.clause.Act == act && r.without&v.look.possible() == 0
		})
	}
	for i := range v.hits {
		m := &v.hits[i]
		r := &rules[m.rule]
		switch {
		case r.advisory:
		case m.lost:
			v.reliedWinners(r, f)
		case m.fate == excepted && r.kind == kindProhibition:
			v.reliedException(m, f)
		case m.fate == outranked:
			v.lightest(f, func(n uint32) bool {
				if o := &rules[n]; !overrides(o, r) {
					return false
				}
				wins, _ := v.e.prevails(n, m.rule, v.q.pair)
				return wins
			})
		case m.fate == stands && r.kind == kindObligation && r.clause.Act == act:
			f(m.rule)
		}
	}
}

// reliedWinners are the exceptions to which a prohibiting exception lost, one for
// each clause they are exceptions to: were they not relied on, it would prohibit.
func (v *viewer) reliedWinners(lost *rule, f func(rule uint32)) {
	for _, p := range lost.parents {
		if lifts, _, _ := v.sides(p, false, nil); lifts.hit >= 0 {
			f(v.hits[lifts.hit].rule)
		}
	}
}

// reliedException is the exception a lifted prohibition is lifted by. Where it
// won against another exception, only the winner will do.
func (v *viewer) reliedException(m *Match, f func(rule uint32)) {
	contested := slices.ContainsFunc(v.hits, func(x Match) bool {
		r := &v.e.rules[x.rule]
		return r.kind == kindProhibition && !r.advisory && (x.fate == stands || x.lost) && contains(r.parents, m.rule)
	})
	v.lightest(f, func(n uint32) bool {
		r := &v.e.rules[n]
		if contested && n != m.by || r.kind == kindProhibition {
			return false
		}
		return contains(r.parents, m.rule) && v.acts(r)
	})
}

// lightest calls f with the clause that stands for sure, is of a kind, and asks
// least of people; the first of several.
func (v *viewer) lightest(f func(rule uint32), of func(rule uint32) bool) {
	best, least := -1, 0
	for i := range v.hits {
		m := &v.hits[i]
		r := &v.e.rules[m.rule]
		if !v.may(m) || !m.certain || r.advisory || !of(m.rule) {
			continue
		}
		if b := r.burden(v.q); best < 0 || b < least {
			best, least = i, b
		}
	}
	if best >= 0 {
		f(v.hits[best].rule)
	}
}
