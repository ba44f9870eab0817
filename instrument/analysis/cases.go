package analysis

import (
	mathbits "math/bits"
	"slices"

	"entente/decision"
	"entente/instrument"
	"entente/intel"
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
	always     bool // it speaks whatever the categories are
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
func (c *cases) build(g *group, changed func(int) bool) bool {
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
	ok := c.attributes()
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

// The relations of a box to the cases a norm matches.
const (
	apart = iota
	cut
	inside
)

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
