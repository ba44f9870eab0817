package analysis

import (
	"cmp"
	"slices"

	"entente/decision"
	"entente/instrument"
)

// Contradiction is two clauses that say opposite things about one case.
type Contradiction struct {
	Kind string `json:"kind"` // permission-prohibition, duty-prohibition or exceptions
	A    Place  `json:"a"`    // the permission, the duty, the exception that lifts
	B    Place  `json:"b"`    // the prohibition, the exception that restores it
	// By is the step that settles it (DECISION.md, step 4): explicit, superior,
	// posterior, bound-by-both, specialis; carve-out for a prohibition that takes
	// something out of a permission of its own text; dilemma for a duty, which a
	// person has to settle (step 8); protective when nothing does.
	By         string           `json:"by"`
	Winner     string           `json:"winner,omitempty"` // a or b
	Unresolved bool             `json:"unresolved"`       // only the protective step settles it
	Witness    decision.Request `json:"witness"`
	Answer     decision.Answer  `json:"answer"` // of the engine, on the witness
}

// KindPermission, KindDuty and KindExceptions are the kinds of contradictions.
const (
	KindPermission = "permission-prohibition"
	KindDuty       = "duty-prohibition"
	KindExceptions = "exceptions"
)

// Contradictions returns the pairs of clauses of opposite effect that some case
// matches both, those nothing but caution resolves first. The error is that of
// [decision.Compile].
func Contradictions(law decision.Law, o Options) ([]Contradiction, error) {
	a, err := newAnalyser(law, o)
	if err != nil {
		return nil, err
	}
	return a.contradictions(&Totals{}), nil
}

// clash is a contradiction before it is written down.
type clash struct {
	kind       string
	a, b       int
	region     region
	pair       pair
	by         string
	wins       bool // a
	unresolved bool
}

func (a *analyser) contradictions(t *Totals) []Contradiction {
	m := a.meeter()
	var all []clash
	add := func(kind string, x, y int, also ...int) {
		c := clash{kind: kind, a: x, b: y}
		var ok bool
		if c.region, c.pair, ok = m.common(append([]int{x, y}, also...)...); ok {
			a.resolve(&c, m)
			all = append(all, c)
		}
	}
	for _, y := range m.prohibitions {
		for _, x := range m.permissions[sphere{m.q.norms[y].doc.Regime, m.q.norms[y].clause.Act}] {
			add(KindPermission, x, y)
		}
		for _, x := range m.obligations[m.q.norms[y].clause.Act] {
			if n := &m.q.norms[x]; demands(n) && !related(n, &m.q.norms[y]) {
				add(KindDuty, x, y)
			}
		}
	}
	for _, s := range m.siblings() {
		add(KindExceptions, s.lifts, s.restores, s.parent)
	}
	for i := range all {
		if all[i].unresolved {
			t.Unresolved++
		}
	}
	t.Contradictions = len(all)
	slices.SortStableFunc(all, func(x, y clash) int {
		if x.unresolved != y.unresolved {
			if x.unresolved {
				return -1
			}
			return 1
		}
		return cmp.Compare(x.kind, y.kind)
	})
	out := []Contradiction{}
	for _, c := range listed(a.o, all) {
		out = append(out, a.contradiction(&c))
	}
	return out
}

// related reports whether a clause is an exception to another of its instrument.
func related(x, y *norm) bool {
	return x.doc == y.doc && (slices.Contains(x.meaning.Exceptions, y.stands) || slices.Contains(y.meaning.Exceptions, x.stands))
}

// demands reports whether a clause commands its act. A duty about sharing that is
// no basis for it says how to share, not that one must.
func demands(n *norm) bool { return n.clause.Grants != "" || n.clause.Act != share }

func (a *analyser) resolve(c *clash, m *meeter) {
	x, y := &m.q.norms[c.a], &m.q.norms[c.b]
	switch {
	case c.kind == KindExceptions:
		c.by, c.unresolved = "protective", true
	case c.kind == KindDuty:
		c.by, c.unresolved = "dilemma", true
	case x.doc != y.doc:
		laws := a.engine.Between(decision.Request{Sender: m.q.u.senders[c.pair.from], Recipient: m.q.u.recipients[c.pair.to], At: m.q.at})
		c.wins, c.by = a.engine.Prevails(ref(x), ref(y), laws)
		c.unresolved = c.by == "protective"
	case m.region(c.a).covered(m.region(c.b)):
		c.by, c.unresolved = "protective", true
	default:
		c.by = "carve-out"
	}
}

func (a *analyser) contradiction(c *clash) Contradiction {
	x, y := &a.q.norms[c.a], &a.q.norms[c.b]
	out := Contradiction{Kind: c.kind, A: placeOf(x.doc, x.clause), B: placeOf(y.doc, y.clause), By: c.by, Winner: "b", Unresolved: c.unresolved}
	if c.wins {
		out.Winner = "a"
	}
	if c.kind == KindExceptions {
		out.Winner = ""
	}
	from, to := a.q.u.senders[c.pair.from], a.q.u.recipients[c.pair.to]
	out.Witness, _ = c.region.request(from, to, actOf(x, y), a.q)
	out.Answer = a.engine.AnswerIn(out.Witness, a.engine.Between(out.Witness))
	return out
}

func actOf(x, y *norm) string {
	if x.is(instrument.Obligation) {
		return y.clause.Act
	}
	return x.clause.Act
}

// sphere is where a permission and a prohibition can meet.
type sphere struct{ regime, act string }

// meeter finds cases that several norms have in common.
type meeter struct {
	q            *question
	e            *decision.Engine
	regions      []*region
	from, to     []bits // by norm: the senders and the recipients it speaks of
	bound        map[pair]bits
	index        map[decision.ClauseRef][]int
	permissions  map[sphere][]int
	obligations  map[string][]int
	prohibitions []int
}

func (a *analyser) meeter() *meeter {
	if a.meets != nil {
		return a.meets
	}
	q := a.q
	m := &meeter{
		q: q, e: a.engine, regions: make([]*region, len(q.norms)), from: make([]bits, len(q.norms)), to: make([]bits, len(q.norms)),
		bound: map[pair]bits{}, index: map[decision.ClauseRef][]int{}, permissions: map[sphere][]int{}, obligations: map[string][]int{},
	}
	for i := range q.norms {
		m.from[i], m.to[i] = newBits(len(q.u.senders)), newBits(len(q.u.recipients))
		n := &q.norms[i]
		if n.clause == nil {
			continue
		}
		m.index[ref(n)] = append(m.index[ref(n)], i)
		if n.meaning.Advisory || !n.root() {
			continue
		}
		switch n.clause.Modality {
		case instrument.Permission:
			k := sphere{n.doc.Regime, n.clause.Act}
			m.permissions[k] = append(m.permissions[k], i)
		case instrument.Prohibition:
			m.prohibitions = append(m.prohibitions, i)
		case instrument.Obligation:
			m.obligations[n.clause.Act] = append(m.obligations[n.clause.Act], i)
		}
	}
	for s := range q.from {
		q.from[s].each(func(n int) { m.from[n].set(s) })
		q.to[s].each(func(n int) { m.to[n].set(s) })
	}
	a.meets = m
	return m
}

func (m *meeter) region(n int) *region {
	if m.regions[n] == nil {
		r := regionOf(&m.q.norms[n])
		m.regions[n] = &r
	}
	return m.regions[n]
}

// common finds a case that all of some norms match, and two parties between whom
// all of them bind.
func (m *meeter) common(ns ...int) (region, pair, bool) {
	r := *m.region(ns[0])
	if r.empty {
		return r, pair{}, false
	}
	from, to := slices.Clone(m.from[ns[0]]), slices.Clone(m.to[ns[0]])
	for _, n := range ns[1:] {
		if !from.and(m.from[n]) || !to.and(m.to[n]) {
			return r, pair{}, false
		}
		var ok bool
		if r, ok = r.meet(m.region(n)); !ok {
			return r, pair{}, false
		}
	}
	var at pair
	ok := false
	from.each(func(s int) {
		if ok {
			return
		}
		to.each(func(t int) {
			p := pair{int32(s), int32(t)} //nolint:gosec // G115: a universe is small
			if ok || m.q.u.senders[s].ID == m.q.u.recipients[t].ID || !m.bind(p, ns) {
				return
			}
			_, fits := r.request(m.q.u.senders[s], m.q.u.recipients[t], share, m.q)
			at, ok = p, fits
		})
	})
	return r, at, ok
}

// bind reports whether clauses bind between two parties, as the engine says.
func (m *meeter) bind(p pair, ns []int) bool {
	b, ok := m.bound[p]
	if !ok {
		b = newBits(len(m.q.norms))
		laws := m.e.Between(decision.Request{Sender: m.q.u.senders[p.from], Recipient: m.q.u.recipients[p.to], At: m.q.at})
		for _, r := range m.e.Clauses(laws) {
			r.Cite = ""
			for _, n := range m.index[r] {
				b.set(n)
			}
		}
		m.bound[p] = b
	}
	return !slices.ContainsFunc(ns, func(n int) bool { return !b.has(n) })
}

// sibling is two exceptions of opposite effect to one clause, neither of which
// ranks above the other.
type sibling struct{ parent, lifts, restores int }

func (m *meeter) siblings() []sibling {
	type name struct {
		doc    *instrument.Instrument
		clause string
	}
	children := map[name][]int{}
	at := map[name]int{}
	var parents []name
	for i := range m.q.norms {
		n := &m.q.norms[i]
		if n.clause == nil || n.meaning.Advisory {
			continue
		}
		at[name{n.doc, n.clause.ID}] = i
		for _, p := range n.meaning.Exceptions {
			k := name{n.doc, p}
			if children[k] == nil {
				parents = append(parents, k)
			}
			children[k] = append(children[k], i)
		}
	}
	var out []sibling
	for _, k := range parents {
		parent, ok := at[k]
		if !ok {
			continue
		}
		for _, x := range children[k] {
			for _, y := range children[k] {
				a, b := &m.q.norms[x], &m.q.norms[y]
				if !a.is(instrument.Prohibition) && b.is(instrument.Prohibition) && strength(a) == strength(b) {
					out = append(out, sibling{parent, x, y})
				}
			}
		}
	}
	return out
}

// strength is the rank of an exception among its siblings; guidance never gets
// here.
func strength(n *norm) bool { return n.clause.Strength == "strict" }
