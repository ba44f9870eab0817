package decision

import (
	"slices"

	"entente/instrument"
)

// overrides reports whether permission o could prevail over prohibition p: both
// are roots, of one regime and of different instruments.
func overrides(o, p *rule) bool {
	return o.kind == kindPermission && o.root && !o.advisory && p.root && o.regime == p.regime && o.inst != p.inst
}

// precede settles prohibitions against the permissions of other instruments of
// their regime (DECISION.md, step 4), tells note of each conflict, and reports
// whether a prohibition is left.
func (v *viewer) precede(note func(winner, loser uint32, by string)) (left bool) {
	for i := range v.hits {
		m := &v.hits[i]
		p := &v.e.rules[m.rule]
		if p.kind != kindProhibition || p.advisory || m.fate == excepted {
			continue
		}
		for j := range v.hits {
			o := &v.hits[j]
			if !o.certain || o.fate != stands || !overrides(&v.e.rules[o.rule], p) {
				continue
			}
			wins, by := v.e.prevails(o.rule, m.rule, v.q.pair)
			if wins && m.fate == stands {
				m.fate, m.by = outranked, o.rule
			}
			switch {
			case note == nil:
			case wins:
				note(o.rule, m.rule, by)
			default:
				note(m.rule, o.rule, by)
			}
		}
		left = left || m.fate == stands
	}
	return left
}

// prevails reports whether a permission prevails over a prohibition of another
// instrument, and by which step.
func (e *Engine) prevails(permission, prohibition uint32, p Pair) (bool, string) {
	o, x := &e.rules[permission], &e.rules[prohibition]
	a, b := &e.insts[o.inst], &e.insts[x.inst]
	if ours, theirs := putsFirst(a.doc, b.doc), putsFirst(b.doc, a.doc); ours != theirs {
		return ours, "explicit"
	}
	if a.rank != 0 && b.rank != 0 && a.rank != b.rank {
		return a.rank > b.rank, "superior"
	}
	if sameCircle(a.doc, b.doc) {
		if from, than := a.doc.InForce.From, b.doc.InForce.From; !from.Equal(than) {
			return from.After(than), "posterior"
		}
	} else if ours, theirs := contains(p.bindsBoth, o.inst), contains(p.bindsBoth, x.inst); ours != theirs {
		return ours, "bound-by-both"
	}
	mine, other := e.region(o), e.region(x)
	if inside := mine.within(&other); inside != other.within(&mine) {
		return inside, "specialis"
	}
	return false, "protective"
}

// putsFirst reports whether one of the two texts says that a prevails over b.
func putsFirst(a, b *instrument.Instrument) bool {
	return slices.Contains(a.Precedence.PrevailsOver, b.ID) || slices.Contains(b.Precedence.SubjectTo, a.ID)
}

// sameCircle reports whether two instruments bind the same ones: the parties of
// a treaty, everybody in some countries, or everybody.
func sameCircle(a, b *instrument.Instrument) bool {
	if a.Universal || b.Universal {
		return a.Universal == b.Universal
	}
	ids := func(d *instrument.Instrument) map[string]bool {
		m := map[string]bool{}
		for i := range d.Parties {
			m[string(d.Parties[i].Party)] = true
		}
		for _, j := range d.Jurisdictions {
			m["/"+j] = true
		}
		return m
	}
	of, as := ids(a), ids(b)
	if len(of) != len(as) {
		return false
	}
	for k := range of {
		if !as[k] {
			return false
		}
	}
	return true
}
