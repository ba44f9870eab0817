package decision

import (
	"slices"
	"strings"

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
			if note == nil && wins {
				break // nobody asks what else prevails
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
	if x.strength > o.strength {
		return false, byStrict
	}
	if a.rank != 0 && b.rank != 0 && a.rank != b.rank {
		return a.rank > b.rank, "superior"
	}
	if a.circle == b.circle {
		if from, than := a.doc.InForce.From, b.doc.InForce.From; !from.Equal(than) {
			return from.After(than), "posterior"
		}
	} else if ours, theirs := contains(p.bindsBoth, o.inst), contains(p.bindsBoth, x.inst); ours != theirs {
		return ours, "bound-by-both"
	}
	if inside := o.region.within(&x.region); inside != x.region.within(&o.region) {
		return inside, "specialis"
	}
	return false, "protective"
}

// putsFirst reports whether one of the two texts says that a prevails over b.
func putsFirst(a, b *instrument.Instrument) bool {
	return slices.Contains(a.Precedence.PrevailsOver, b.ID) || slices.Contains(b.Precedence.SubjectTo, a.ID)
}

// circleOf names whom an instrument binds: everybody, the parties of a treaty,
// everybody in some countries.
func circleOf(d *instrument.Instrument) string {
	if d.Universal {
		return "*"
	}
	ids := make([]string, 0, len(d.Parties)+len(d.Jurisdictions))
	for i := range d.Parties {
		ids = append(ids, string(d.Parties[i].Party))
	}
	for _, j := range d.Jurisdictions {
		ids = append(ids, "/"+j)
	}
	return strings.Join(sorted(ids), " ")
}
