package analysis

import (
	"slices"

	"entente/instrument"
)

func relation(b box, ts []test) int {
	r := inside
	for _, t := range ts {
		switch v := b[t.attr]; {
		case v&t.in == 0:
			return apart
		case v&^t.in != 0:
			r = cut
		}
	}
	return r
}

// run visits every class of cases in the box of everything.
func (c *cases) run() bool {
	b := make(box, len(c.attrs))
	for i := range b {
		b[i] = c.attrs[i].all
	}
	live := make([]int, len(c.norms))
	for i := range live {
		live[i] = i
	}
	return c.walk(b, live)
}

// walk splits a box until every norm left either matches all of it or none, and
// visits it then. It returns false when the visitor has seen enough, or the
// budget is spent.
func (c *cases) walk(b box, live []int) bool {
	if *c.budget--; *c.budget < 0 {
		return false
	}
	live = c.left(b, live)
	if c.settled(b, live) {
		return true
	}
	attr, in, ok := c.split(b, live)
	if !ok {
		return c.visit(b, live)
	}
	for _, part := range [...]uint64{b[attr] & in, b[attr] &^ in} {
		next := slices.Clone(b)
		next[attr] = part
		if !c.walk(next, live) {
			return false
		}
	}
	return true
}

// left drops the norms that match nowhere in the box, permissions that have
// nothing to open, and those that are exceptions to nothing left and contest no
// exception that is.
func (c *cases) left(b box, live []int) []int {
	out := make([]int, 0, len(live))
	for _, i := range live {
		if relation(b, c.norms[i].may) != apart {
			out = append(out, i)
		}
	}
	for {
		n := len(out)
		out = slices.DeleteFunc(out, func(i int) bool {
			l := &c.norms[i]
			if c.inert(l, out) {
				return true
			}
			return !l.terms && c.q.norms[l.norm].is(instrument.Permission) && !c.q.norms[l.norm].root() &&
				!slices.ContainsFunc(l.relatives, func(p int) bool { return slices.Contains(out, p) })
		})
		if len(out) == n {
			return out
		}
	}
}

// settled reports whether nothing in the box can be of interest: no norm that
// differs can match, or the answer is no in every case of both laws.
func (c *cases) settled(b box, live []int) bool {
	changed := false
	var opens uint8
	for _, i := range live {
		changed = changed || c.norms[i].changed
		opens |= c.norms[i].opens
	}
	if c.onlyIf && (!changed || !c.matters(b, live)) {
		return true
	}
	return !c.open && opens == 0
}

// matters reports whether in some case of the box a norm that differs could
// change how the object is judged as it is: it matches, something opens the
// exchange, and no prohibition that nothing can set aside denies it anyway. The
// sets of categories of those cases are left in the last scratch.
func (c *cases) matters(b box, live []int) bool {
	if c.contest || len(c.norms) == 0 || c.norms[live[0]].looks == nil {
		return true
	}
	left, one, all := c.scratch[0], c.scratch[1], c.scratch[2]
	left.clear()
	all.clear()
	for _, i := range live {
		if c.norms[i].opens != 0 {
			left.or(c.norms[i].looks)
		}
	}
	for _, i := range live {
		if l := &c.norms[i]; l.absolute && relation(b, l.may) == inside && !c.setAside(i, live) {
			left.less(l.looks)
		}
	}
	for _, i := range live {
		l := &c.norms[i]
		if !l.changed {
			continue
		}
		copy(one, left)
		if !one.and(l.looks) {
			continue
		}
		if l.overriding && !c.contradicted(l, live) {
			for _, j := range live {
				if o := &c.norms[j]; o.plain && c.regime(o) == c.regime(l) && relation(b, o.sure) == inside && !c.setAside(j, live) {
					one.less(o.looks) // another permission opens the same regime anyway
				}
			}
		}
		all.or(one)
	}
	return all.any()
}

func (c *cases) regime(l *local) string { return c.q.norms[l.norm].doc.Regime }

// setAside reports whether something left could set a clause aside: an exception
// to it, or a permission that may prevail over it.
func (c *cases) setAside(i int, live []int) bool {
	l := &c.norms[i]
	prohibits := c.q.norms[l.norm].is(instrument.Prohibition)
	return slices.ContainsFunc(live, func(j int) bool {
		o := &c.norms[j]
		return slices.Contains(o.relatives, i) && !c.q.norms[o.norm].root() || prohibits && o.overriding && c.regime(o) == c.regime(l) && c.q.norms[o.norm].doc != c.q.norms[l.norm].doc
	})
}

// contradicted reports whether a prohibition is left over which a permission may
// prevail.
func (c *cases) contradicted(l *local, live []int) bool {
	return slices.ContainsFunc(live, func(j int) bool {
		p := &c.q.norms[c.norms[j].norm]
		return p.is(instrument.Prohibition) && p.doc != c.q.norms[l.norm].doc && p.doc.Regime == c.regime(l)
	})
}

// inert reports whether a permission has nothing to open and nothing to prevail
// over.
func (c *cases) inert(l *local, live []int) bool {
	return l.overriding && !l.terms && c.regime(l) != cooperation && !c.closes[c.regime(l)] && !c.contradicted(l, live)
}

// split finds an attribute on which a norm cuts the box: first what differs,
// then what opens, so that boxes without interest fall off early.
func (c *cases) split(b box, live []int) (attr int, in uint64, ok bool) {
	for _, t := range c.always {
		if v := b[t.attr]; v&t.in != 0 && v&^t.in != 0 {
			return t.attr, t.in, true
		}
	}
	for _, wanted := range [...]func(*local) bool{
		func(l *local) bool { return l.changed },
		func(l *local) bool { return l.opens != 0 },
		func(*local) bool { return true },
	} {
		for _, i := range live {
			l := &c.norms[i]
			if !wanted(l) {
				continue
			}
			for _, ts := range [...][]test{l.may, l.sure, l.ask} {
				for _, t := range ts {
					if v := b[t.attr]; v&t.in != 0 && v&^t.in != 0 {
						return t.attr, t.in, true
					}
				}
			}
		}
	}
	return 0, 0, false
}
