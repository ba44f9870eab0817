package analysis

import (
	mathbits "math/bits"
	"slices"
	"strconv"

	"entente/decision"
	"entente/instrument"
	"entente/intel"
	"entente/party"
	"entente/privacy"
)

// The attributes of a case besides its parties and its categories, in the order
// of a box. Words come first, in the order of objectWords, facts last.
const (
	byAct = iota + 2 // after the lines of objectWords
	byTLP
	byPAP
	byReceipt
	firstFact
)

// The values of a fact.
const (
	factTrue    = 1
	factFalse   = 2
	factUnknown = 4
	factAny     = factTrue | factFalse | factUnknown
)

// maxValues bounds the values of one attribute that one group of norms tells
// apart: one bit of a word each.
const maxValues = 64

// attribute is one attribute and the values the norms in view tell apart.
type attribute struct {
	name   string
	words  [][]string // of words: each value is a class of words treated alike; nil is every other word
	all    uint64
	origin []receipt // of byReceipt
}

// receipt is how the sender came by the object.
type receipt struct {
	under string // id of the instrument it came under
	from  int    // 0: the sender's own, 1: the recipient's, 2: somebody's, 3: named
	named string
}

// box is a set of cases: of each attribute, the values it may have.
type box []uint64

// test is one condition of a norm on one attribute.
type test struct {
	attr int
	in   uint64
}

// local is a norm as one group of pairs sees it.
type local struct {
	norm       int
	may, sure  []test // what makes it match at all, and match for sure
	ask        []test // what settles whether a person must act
	cats       categorySets
	without    []privacy.Category
	relatives  []int // in the list of local norms: its parents, and the prohibitions that are exceptions to one of them
	opens      uint8 // laws in which it can open cooperation
	changed    bool
	terms      bool // it is here for the terms of receipt only
	outside    bool // only its terms can bind
	absolute   bool // a prohibition of both laws that nothing in its instrument excepts
	plain      bool // a permission of both laws that no clause takes back and that asks nobody
	looks      bits // the sets of categories it matches in an object as it is; nil: not worked out
	overriding bool // a root permission, which may prevail over prohibitions of its regime
}

// cases walks through every case of a group of pairs, as far as the norms tell
// cases apart, and hands each class of cases that comes out alike to a visitor.
type cases struct {
	q       *question
	engines [2]*decision.Engine // nil: not asked
	pairs   [2]decision.Pair
	sample  pair
	attrs   []attribute
	facts   []string
	norms   []local
	always  []test // conditions that matter whatever clauses are in view
	less    int    // the norm left out of the second law, or -1
	budget  *int
	onlyIf  bool // only cases in which a changed norm can match
	open    bool // also cases in which cooperation stays closed
	visit   func(box, []int) bool
	closes  map[string]bool // regimes that silence may close
	contest bool            // a person may be asked to settle a contradiction: then less can be left out
	classes []categoryClass // that the norms of the whole tell apart
	scratch [3]bits
	looked  map[string]*view
}

// view is what the norms left in a box tell apart among categories.
type view struct {
	classes []categoryClass
	masks   []uint32 // worth judging as they are, where the sets of the whole are not kept
	of      []int    // of each class of the whole: the class here, or -1
}

// build makes the attributes and the local norms of a class of pairs: of the
// norms that speak of them, those that bind.
func (c *cases) build(g *group, changed func(int) bool, acts []string) bool {
	bound := c.bound()
	for _, i := range g.norms {
		n := &c.q.norms[i]
		binds := bound[0][ref(n)] || bound[1][ref(n)] || n.clause == nil
		if binds && n.decides() || n.terms() && (changed(i) && !n.restated || c.q.under[n.doc.ID]) {
			c.norms = append(c.norms, local{norm: i, changed: changed(i), outside: !binds})
		}
	}
	c.closes = map[string]bool{}
	for _, i := range g.norms {
		if d := c.q.norms[i].doc; d.Binding && d.Default == instrument.Prohibit {
			c.closes[d.Regime] = true
		}
	}
	for _, i := range g.outside {
		if c.q.norms[i].clause != nil {
			c.norms = append(c.norms, local{norm: i, changed: changed(i), outside: true})
		}
	}
	ok := c.attributes(acts)
	var kept, terms []local
	for i := range c.norms {
		l := &c.norms[i]
		c.conditions(l)
		if c.q.norms[l.norm].terms() && len(c.attrs[byReceipt].origin) > 1 {
			terms = append(terms, c.termsOf(l))
		}
		if !l.outside {
			kept = append(kept, *l)
		}
	}
	c.norms = append(kept, terms...)
	c.relations(bound)
	if !c.open {
		c.lookAll()
	}
	return ok
}

// maxLooked bounds the classes of categories for which every set is kept.
const maxLooked = 12

// lookAll works out which sets of categories each norm matches as they are, if
// there are few enough.
func (c *cases) lookAll() {
	c.contest = slices.ContainsFunc(c.engines[:], func(e *decision.Engine) bool { return e != nil && e.Contested() })
	all := make([]int, len(c.norms))
	for i := range all {
		all[i] = i
	}
	classes := c.categoryClasses(all)
	if len(classes) > maxLooked || c.contest {
		return
	}
	c.classes = classes
	for i := range c.norms {
		p := c.prospect(&c.norms[i], classes, nil)
		looks := newBits(1 << len(classes))
		for m := range uint32(1) << len(classes) {
			if c.norms[i].terms || p.admits(m) {
				looks.set(int(m))
			}
		}
		c.norms[i].looks = looks
	}
	c.scratch = [3]bits{newBits(1 << len(classes)), newBits(1 << len(classes)), newBits(1 << len(classes))}
}

// bound lists the clauses that bind between the pair under each law.
func (c *cases) bound() [2]map[decision.ClauseRef]bool {
	var out [2]map[decision.ClauseRef]bool
	for side, e := range c.engines {
		out[side] = map[decision.ClauseRef]bool{}
		if e == nil {
			continue
		}
		for _, r := range e.Clauses(c.pairs[side]) {
			r.Cite = ""
			out[side][r] = true
		}
	}
	return out
}

func ref(n *norm) decision.ClauseRef {
	return decision.ClauseRef{Instrument: n.doc.ID, Clause: idOf(n)}
}

// attributes collects the values that the local norms tell apart.
func (c *cases) attributes(acts []string) bool {
	ok := true
	words := objectWords()
	lists := make([][][]string, len(words)+1)
	facts := map[string]bool{}
	for i := range c.norms {
		n := &c.q.norms[c.norms[i].norm]
		for _, m := range []*decision.Meaning{n.scope, &n.meaning} {
			if m == nil {
				continue
			}
			for w := range words {
				lists[w] = append(lists[w], words[w].of(&m.When))
			}
			for _, f := range m.Facts {
				facts[f.Fact] = true
			}
			for _, f := range m.Asks {
				facts[f] = true
			}
		}
		if n.clause != nil {
			lists[len(words)] = append(lists[len(words)], []string{n.clause.Act})
		}
	}
	if acts != nil {
		lists[len(words)] = nil
		for _, a := range acts {
			lists[len(words)] = append(lists[len(words)], []string{a})
		}
	}
	for w := range lists {
		name := "act"
		if w < len(words) {
			name = words[w].name
		}
		a := wordClasses(name, lists[w])
		if w == len(words) && acts != nil {
			a.words, a.all = a.words[1:], a.all>>1
		}
		ok = ok && len(a.words) <= maxValues
		c.attrs = append(c.attrs, a)
	}
	c.attrs = append(c.attrs,
		attribute{name: "tlp", all: 1<<(intel.Red+1) - 1}, attribute{name: "pap", all: 1<<(intel.PAPRed+1) - 1}, c.receipts())
	ok = ok && len(c.attrs[byReceipt].origin) <= maxValues
	if len(c.attrs[byReceipt].origin) > 1 {
		facts["originator_consent"] = true
		for _, o := range c.attrs[byReceipt].origin {
			c.always = append(c.always, c.passedOn(o.under))
		}
	}
	for f := range facts {
		c.facts = append(c.facts, f)
	}
	slices.Sort(c.facts)
	for _, f := range c.facts {
		c.attrs = append(c.attrs, attribute{name: f, all: factAny})
	}
	return ok
}

// wordClasses groups the words of several lists: two words in the same lists are
// one value. Value 0 is every other word.
func wordClasses(name string, lists [][]string) attribute {
	in := map[string][]byte{}
	for i, l := range lists {
		for _, w := range l {
			in[w] = strconv.AppendInt(append(in[w], ' '), int64(i), 36)
		}
	}
	at := map[string]int{}
	a := attribute{name: name, words: [][]string{nil}}
	for _, w := range sortedKeys(in) {
		k, ok := at[string(in[w])]
		if !ok {
			k = len(a.words)
			at[string(in[w])] = k
			a.words = append(a.words, nil)
		}
		a.words[k] = append(a.words[k], w)
	}
	a.all = 1<<len(a.words) - 1
	if len(a.words) >= maxValues {
		a.all = ^uint64(0)
	}
	return a
}

// receipts lists the ways a sender may have come by an object that the local
// norms tell apart: its own, and those a norm names or whose terms changed.
func (c *cases) receipts() attribute {
	under, named := map[string]bool{}, map[string]bool{}
	for i := range c.norms {
		n := &c.q.norms[c.norms[i].norm]
		if c.norms[i].changed && n.terms() && !n.restated {
			under[n.doc.ID] = true
		}
		for _, m := range []*decision.Meaning{n.scope, &n.meaning} {
			if m == nil {
				continue
			}
			for _, u := range m.When.ReceivedUnder {
				under[u] = true
			}
			if o := m.When.Origin; o != nil {
				for _, w := range slices.Concat(o.In, o.NotIn) {
					named[w] = true
				}
			}
		}
	}
	a := attribute{name: "received", origin: []receipt{{}}}
	from := []receipt{{from: 1}, {from: 2}}
	for _, w := range sortedKeys(named) {
		from = append(from, receipt{from: 3, named: w})
	}
	if len(named) > 0 {
		a.origin = append(a.origin, from...)
	}
	for _, u := range sortedKeys(under) {
		for _, f := range append([]receipt{{}}, from...) {
			f.under = u
			a.origin = append(a.origin, f)
		}
	}
	a.all = 1<<len(a.origin) - 1
	if len(a.origin) >= maxValues {
		a.all = ^uint64(0)
	}
	return a
}

// conditions turns what a norm looks at into tests.
func (c *cases) conditions(l *local) {
	n := &c.q.norms[l.norm]
	add := func(attr int, in uint64) {
		if in != c.attrs[attr].all {
			l.may, l.sure = append(l.may, test{attr, in}), append(l.sure, test{attr, in})
		}
	}
	for _, m := range []*decision.Meaning{n.scope, &n.meaning} {
		if m == nil {
			continue
		}
		for i, w := range objectWords() {
			if list := w.of(&m.When); len(list) > 0 {
				add(i, c.attrs[i].values(list))
			}
		}
		c.ranges(m, add)
		c.factTests(l, m)
	}
	if n.clause != nil {
		add(byAct, c.attrs[byAct].values([]string{n.clause.Act}))
	}
	l.cats, l.without = n.categories(), n.meaning.Without
}

func (c *cases) ranges(m *decision.Meaning, add func(int, uint64)) {
	if r := m.When.TLP; r != nil {
		add(byTLP, span(int(r.Min), min(int(r.Max), int(intel.Red))))
	}
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

// who is the origin of an object received so, between two parties.
func (r receipt) who(sender, recipient party.ID) party.ID {
	switch r.from {
	case 0:
		return sender
	case 1:
		return recipient
	case 3:
		return party.ID(r.named)
	default:
		return "a-third-party"
	}
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

func (c *cases) fact(name string) int {
	at, _ := slices.BinarySearch(c.facts, name)
	return firstFact + at
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
	if n.is(instrument.Prohibition) && n.clause.Act == onwardShare && n.onward == nil {
		t.may = append(t.may, test{byAct, c.attrs[byAct].values([]string{share})})
		t.cats = l.cats
		c.factTests(&t, &n.meaning)
	}
	t.ask = append(t.ask, test{c.fact("originator_consent"), factTrue}, test{c.fact("originator_consent"), factFalse})
	t.sure = t.may
	return t
}

func span(low, high int) (in uint64) {
	for i := low; i <= high; i++ {
		in |= 1 << i
	}
	return in
}

// values is the set of values that some words are.
func (a *attribute) values(words []string) (in uint64) {
	for i, class := range a.words {
		if len(class) > 0 && slices.Contains(words, class[0]) {
			in |= 1 << i
		}
	}
	return in
}

// relations links exceptions with their parents and notes what pruning rests on.
func (c *cases) relations(bound [2]map[decision.ClauseRef]bool) {
	type name struct {
		doc    *instrument.Instrument
		clause string
	}
	at := map[name][]int{}
	for i := range c.norms {
		if n := &c.q.norms[c.norms[i].norm]; n.clause != nil && !c.norms[i].terms {
			for _, d := range n.docs {
				if d != nil && (len(at[name{d, n.stands}]) == 0 || at[name{d, n.stands}][len(at[name{d, n.stands}])-1] != i) {
					at[name{d, n.stands}] = append(at[name{d, n.stands}], i)
				}
			}
		}
	}
	restoring := map[name][]int{}
	for i := range c.norms {
		if n := &c.q.norms[c.norms[i].norm]; n.is(instrument.Prohibition) && !c.norms[i].terms {
			for _, d := range n.docs {
				for _, p := range n.meaning.Exceptions {
					restoring[name{d, p}] = append(restoring[name{d, p}], i)
				}
			}
		}
	}
	for i := range c.norms {
		l := &c.norms[i]
		n := &c.q.norms[l.norm]
		if n.clause == nil || l.terms {
			continue
		}
		for _, d := range n.docs {
			for _, p := range n.meaning.Exceptions {
				l.relatives = append(append(l.relatives, at[name{d, p}]...), restoring[name{d, p}]...)
			}
		}
		if n.opens() {
			l.opens = n.in
			if l.norm == c.less {
				l.opens = inOld
			}
		}
		l.overriding = n.is(instrument.Permission) && n.root()
		l.plain = l.overriding && n.in == inBoth && !l.changed && len(l.ask) == 0 && c.q.single(n.doc) && bound[0][ref(n)] && bound[1][ref(n)]
		l.absolute = n.is(instrument.Prohibition) && n.root() && n.in == inBoth && !l.changed &&
			c.q.single(n.doc) && bound[0][ref(n)] && (bound[1][ref(n)] || c.engines[1] == nil)
	}
}

// The relations of a box to the cases a norm matches.
const (
	apart = iota
	cut
	inside
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

// request makes one case of a box between the sample pair, without categories.
func (c *cases) request(b box) decision.Request {
	r := decision.Request{
		Sender: c.q.u.senders[c.sample.from], Recipient: c.q.u.recipients[c.sample.to], At: c.q.at, Facts: map[string]bool{},
		Subject: decision.Subject{ID: "case"},
	}
	for i, w := range objectWords() {
		w.set(&r, c.attrs[i].word(b[i]))
	}
	r.Act = c.attrs[byAct].word(b[byAct])
	r.Subject.TLP = intel.TLP(mathbits.TrailingZeros64(b[byTLP])) //nolint:gosec // G115: at most 5
	r.Subject.PAP = intel.PAP(mathbits.TrailingZeros64(b[byPAP])) //nolint:gosec // G115: at most 4
	how := c.attrs[byReceipt].origin[mathbits.TrailingZeros64(b[byReceipt])]
	r.Subject.Origin = how.who(r.Sender.ID, r.Recipient.ID)
	r.Subject.ReceivedUnder = one(how.under)
	for i, f := range c.facts {
		switch v := b[firstFact+i]; {
		case v&factUnknown != 0:
		case v&factTrue != 0:
			r.Facts[f] = true
		default:
			r.Facts[f] = false
		}
	}
	return r
}

// word is one word of a set of values; of several, the first that is no other
// word.
func (a *attribute) word(v uint64) string {
	if rest := v &^ 1; rest != 0 {
		v = rest
	}
	if class := a.words[mathbits.TrailingZeros64(v)]; len(class) > 0 {
		return class[0]
	}
	return Other
}
