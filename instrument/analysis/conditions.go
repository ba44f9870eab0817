package analysis

import (
	"slices"

	"entente/decision"
	"entente/instrument"
	"entente/intel"
)

// test is one condition of a norm on one attribute.
type test struct {
	attr int
	in   uint64
}

// conditions turns what a norm looks at into tests.
func (c *cases) conditions(l *local) {
	n := &c.q.norms[l.norm]
	add := func(attr int, in uint64) {
		if in != c.attrs[attr].all {
			l.may, l.sure = append(l.may, test{attr, in}), append(l.sure, test{attr, in})
		}
	}
	n.meanings(func(m *decision.Meaning) {
		for i, w := range objectWords() {
			if list := w.of(&m.When); len(list) > 0 {
				add(i, c.attrs[i].values(list))
			}
		}
		c.ranges(m, add)
		c.factTests(l, m)
	})
	if n.clause != nil {
		add(byAct, c.attrs[byAct].values([]string{n.clause.Act}))
	}
	l.cats, l.without = n.categories(), n.meaning.Without
	if n.clause == nil && l.changed {
		// That an instrument is there at all may change what others say, whatever
		// its scope: it may supersede or transpose them.
		l.ask, l.may, l.sure = l.may, nil, nil
	}
}

func (c *cases) ranges(m *decision.Meaning, add func(int, uint64)) {
	if r := m.When.TLP; r != nil {
		add(byTLP, span(int(r.Min), min(int(r.Max), int(intel.Red))))
	}
	c.extras(m, add)
}

// extras are the conditions that also the terms of receipt look at.
func (c *cases) extras(m *decision.Meaning, add func(int, uint64)) {
	if r := m.When.PAP; r != nil {
		add(byPAP, span(int(r.Min), min(int(r.Max), int(intel.PAPRed))))
	}
	if m.When.Origin == nil && len(m.When.ReceivedUnder) == 0 {
		return
	}
	var in uint64
	s, to := c.q.u.senders[c.sample.from].ID, c.q.u.recipients[c.sample.to].ID
	for i, r := range c.attrs[byReceipt].origin {
		o := m.When.Origin
		if o != nil && !admits(o, []string{string(r.who(s, to))}) {
			continue
		}
		if u := m.When.ReceivedUnder; len(u) > 0 && !slices.Contains(u, r.under) {
			continue
		}
		in |= 1 << i
	}
	add(byReceipt, in)
}

func (c *cases) factTests(l *local, m *decision.Meaning) {
	for _, f := range m.Facts {
		want := uint64(factFalse)
		if f.Want {
			want = factTrue
		}
		t := test{c.fact(f.Fact), want | factUnknown}
		l.may = append(l.may, t)
		if !f.Consent {
			t.in = want
		}
		l.sure = append(l.sure, t)
	}
	for _, f := range m.Asks {
		l.ask = append(l.ask, test{c.fact(f), factTrue})
	}
}

// passedOn is the condition that an object came under an instrument from
// somebody who is neither of the two.
func (c *cases) passedOn(under string) test {
	s, r := c.q.u.senders[c.sample.from].ID, c.q.u.recipients[c.sample.to].ID
	var in uint64
	for i, o := range c.attrs[byReceipt].origin {
		if who := o.who(s, r); o.under == under && who != s && who != r {
			in |= 1 << i
		}
	}
	return test{byReceipt, in}
}

// termsOf is what a norm says to whoever received something under its
// instrument and passes it on.
func (c *cases) termsOf(l *local) local {
	n := &c.q.norms[l.norm]
	t := local{norm: l.norm, changed: l.changed, terms: true}
	t.may = append(t.may, c.passedOn(n.doc.ID))
	if list := n.meaning.When.Type; len(list) > 0 {
		t.may = append(t.may, test{0, c.attrs[0].values(list)})
	}
	if n.is(instrument.Prohibition) && n.clause.Act == onwardShare {
		p := local{norm: l.norm, may: []test{{byAct, c.attrs[byAct].values([]string{share})}}}
		c.factTests(&p, &n.meaning)
		c.extras(&n.meaning, func(attr int, in uint64) { p.may = append(p.may, test{attr, in}) })
		t.cats = categorySets{}.with(&n.meaning)
		if t.always = n.onward != nil; t.always {
			t.ask = p.may // what else it says does not depend on these
		} else {
			t.may = append(t.may, p.may...)
		}
	}
	t.ask = append(t.ask, test{c.fact(originatorConsent), factTrue}, test{c.fact(originatorConsent), factFalse})
	t.sure = t.may
	return t
}

// clauseName is a clause of one document.
type clauseName struct {
	doc    *instrument.Instrument
	clause string
}

// relations links exceptions with their parents and notes what pruning rests on.
func (c *cases) relations(bound [2]map[decision.ClauseRef]bool) {
	related := map[clauseName][]int{} // the clause itself, and the prohibitions that are exceptions to it
	for i := range c.norms {
		n := &c.q.norms[c.norms[i].norm]
		if n.clause == nil || c.norms[i].terms {
			continue
		}
		n.named(n.stands, func(k clauseName) { related[k] = append(related[k], i) })
		if n.is(instrument.Prohibition) {
			for _, p := range n.meaning.Exceptions {
				n.named(p, func(k clauseName) { related[k] = append(related[k], i) })
			}
		}
	}
	for i := range c.norms {
		l := &c.norms[i]
		n := &c.q.norms[l.norm]
		if n.clause == nil || l.terms {
			continue
		}
		for _, p := range n.meaning.Exceptions {
			n.named(p, func(k clauseName) { l.relatives = append(l.relatives, related[k]...) })
		}
		if n.opens() {
			l.opens = n.in
			if l.norm == c.less {
				l.opens = inOld
			}
		}
		steady := n.root() && n.in == inBoth && !l.changed && c.q.single(n.doc) && bound[0][ref(n)] && (bound[1][ref(n)] || c.engines[1] == nil)
		l.overriding = n.is(instrument.Permission) && n.root()
		l.plain = steady && n.is(instrument.Permission) && len(l.ask) == 0
		l.absolute = steady && n.is(instrument.Prohibition)
	}
}

// named calls f with the name of a clause in each document the norm is in.
func (n *norm) named(clause string, f func(clauseName)) {
	for side, d := range n.docs {
		if d != nil && (side == 0 || d != n.docs[0]) {
			f(clauseName{d, clause})
		}
	}
}
