package analysis

import (
	"slices"
	"strconv"
	"time"

	"entente/decision"
	"entente/instrument"
	"entente/privacy"
)

// Idle is a clause that does nothing, and why.
type Idle struct {
	Place
	Kind string `json:"kind"`         // dead, shadowed or vacuous
	Why  string `json:"why"`          // one phrase that follows the clause
	By   *Place `json:"by,omitempty"` // of a shadowed clause: one that says as much
}

// The kinds of idle clauses.
const (
	Dead     = "dead"     // it matches no case, now or later
	Vacuous  = "vacuous"  // it matches and can have no effect
	Shadowed = "shadowed" // without it, every case comes out the same
)

// IdleClauses returns the clauses that do nothing. That a clause is shadowed is
// exact: the law without it was compared with the law, case by case. A clause
// that brings duties, terms, retention or safeguards is never called shadowed.
// The second result says what was not looked at. The error is that of
// [decision.Compile].
func IdleClauses(law decision.Law, o Options) ([]Idle, []string, error) {
	a, err := newAnalyser(law, o)
	if err != nil {
		return nil, nil, err
	}
	return a.idle(&Totals{}), a.limits, nil
}

func (a *analyser) idle(t *Totals) []Idle {
	var out []Idle
	m := a.meeter()
	ended := map[*instrument.Instrument]string{}
	for _, d := range a.law.Instruments {
		if ended[d] = endedFor(d, a.o); ended[d] != "" {
			out = append(out, Idle{Place: placeOf(d, nil), Kind: Dead, Why: ended[d]})
		}
	}
	undecided := 0
	for i := range a.q.norms {
		n := &a.q.norms[i]
		if n.clause == nil || n.clause.ID != n.stands || ended[n.doc] != "" || n.doc.ID == restOfTheLaw {
			continue
		}
		if why := a.dead(i, m); why != "" {
			out = append(out, Idle{Place: placeOf(n.doc, n.clause), Kind: Dead, Why: why})
			continue
		}
		if why := a.vacuous(i, m); why != "" {
			out = append(out, Idle{Place: placeOf(n.doc, n.clause), Kind: Vacuous, Why: why})
			continue
		}
		if !n.decides() || !n.clause.Operative(a.q.at) || brings(n.clause) {
			continue
		}
		switch shadowed, known := a.shadowed(i, m); {
		case !known:
			undecided++
		case shadowed:
			out = append(out, Idle{Place: placeOf(n.doc, n.clause), Kind: Shadowed, Why: "decides nothing that would not be decided the same without it", By: a.shadow(i, m)})
		}
	}
	if undecided > 0 {
		a.limit("Of " + strconv.Itoa(undecided) + " clauses it was not settled within the budget whether they are shadowed; a larger budget may.")
	}
	t.Idle = len(out)
	return listed(a.o, out)
}

// endedFor says why an instrument can never be in force again, or "".
func endedFor(d *instrument.Instrument, o Options) string {
	was := false
	for _, t := range append(d.Instants(), o.At) {
		if !inForceFor(d, t) {
			continue
		}
		if !t.Before(o.At) {
			return ""
		}
		was = true
	}
	if !was {
		return "" // not in force yet: nobody knows what is still to come
	}
	return "is not in force any more and no date in it brings it back"
}

// inForceFor reports whether an instrument is in force between some two parties.
func inForceFor(d *instrument.Instrument, t time.Time) bool {
	if len(d.Parties) == 0 {
		var s instrument.Seat
		if len(d.Jurisdictions) > 0 {
			s.Jurisdiction = d.Jurisdictions[0]
		}
		return d.Status(s, instrument.Seat{}, t).InForce
	}
	for i := range d.Parties {
		for j := range d.Parties {
			if i != j && d.Status(instrument.Seat{Party: d.Parties[i].Party}, instrument.Seat{Party: d.Parties[j].Party}, t).InForce {
				return true
			}
		}
	}
	return false
}

// dead says why a clause can match nothing, or "".
func (a *analyser) dead(i int, m *meeter) string {
	n := &a.q.norms[i]
	if f := n.clause.InForce; f != nil && !f.Until.IsZero() && !a.q.at.Before(f.Until) {
		return "ended on " + f.Until.Format("2006-01-02")
	}
	if m.region(i).empty {
		return "matches nothing: its conditions and the scope of its instrument exclude each other"
	}
	if !m.from[i].any() || !m.to[i].any() {
		return "speaks of no party anybody could be"
	}
	return ""
}

// vacuous says why a clause that matches can have no effect, or "".
func (a *analyser) vacuous(i int, m *meeter) string {
	n := &a.q.norms[i]
	switch {
	case n.meaning.Advisory && n.is(instrument.Permission):
		return "permits in a text that does not bind: nothing follows from it"
	case n.is(instrument.Obligation) && !n.decides() && !brings(n.clause):
		return "is a duty to do nothing: it has no duties, no requirements and grants no basis"
	case n.is(instrument.Permission) && !n.root() && n.clause.Operative(a.q.at) && a.inForceNow(i, m) && !a.meetsParent(i, m):
		return "is an exception to clauses it never meets"
	}
	return ""
}

// inForceNow reports whether a clause binds between some two parties at all.
func (a *analyser) inForceNow(i int, m *meeter) bool {
	_, _, ok := m.common(i)
	return ok
}

func (a *analyser) meetsParent(i int, m *meeter) bool {
	n := &a.q.norms[i]
	for j := range a.q.norms {
		p := &a.q.norms[j]
		if p.doc == n.doc && p.clause != nil && slices.Contains(n.meaning.Exceptions, p.stands) {
			if _, _, ok := m.common(j, i); ok {
				return true
			}
		}
	}
	return false
}

// brings reports whether a clause has effects besides outcomes.
func brings(c *instrument.Clause) bool {
	return len(c.Duties) > 0 || c.Retention != nil || c.Onward != nil || c.Consent != nil || c.Derogation != nil || c.Refusal != nil ||
		slices.ContainsFunc(c.Requires, func(r instrument.Requirement) bool { return r.Safeguard != "" })
}

// cellsForOne is the share of the budget that one clause gets, never less than
// leastCells.
func (a *analyser) cellsForOne() int {
	n := 0
	for _, d := range a.law.Instruments {
		n += len(d.Clauses)
	}
	return max(leastCells, a.o.Cells/max(1, n))
}

const leastCells = 100

// shadowed reports whether every case comes out the same without a clause.
func (a *analyser) shadowed(i int, m *meeter) (shadowed, known bool) {
	n := &a.q.norms[i]
	if a.overshadowed(i, m) {
		return true, true
	}
	var asked []int
	for j := range a.q.norms {
		if o := &a.q.norms[j]; o.doc == n.doc && o.clause != nil && o.stands == n.stands {
			asked = append(asked, j)
		}
	}
	search := Search{Exhaustive: true}
	f := differ{q: a.q, less: i, first: true, budget: a.cellsForOne(), search: &search}
	if !n.terms() && len(asked) == 1 && len(a.q.under) == 0 {
		f.near = func(j int) bool {
			return a.q.norms[j].clause == nil || m.region(j).near(m.region(i)) && alike(&a.q.norms[j], n)
		}
	}
	if err := f.run(asked); err != nil || !search.Exhaustive && len(f.found) == 0 {
		return false, false
	}
	return len(f.found) == 0, true
}

// overshadowed reports whether a clause lies in another that binds whenever it
// does and that nothing can set aside: then it needs no search.
func (a *analyser) overshadowed(i int, m *meeter) bool {
	n := &a.q.norms[i]
	if !n.is(instrument.Prohibition) || !n.root() || n.terms() {
		return false
	}
	return slices.ContainsFunc(m.prohibitions, func(j int) bool {
		o := &a.q.norms[j]
		if j == i || o.parent || o.clause.Act != n.clause.Act || o.clause.InForce != nil || len(m.permissions[sphere{o.doc.Regime, o.clause.Act}]) > 0 {
			return false
		}
		binds := o.doc == n.doc && len(o.doc.Parties) == 0 || o.doc.Universal && inForceFor(o.doc, a.q.at)
		return binds && o.doc.Supersedes == "" && a.q.single(o.doc) && !a.replaced(o) &&
			m.from[i].within(m.from[j]) && m.to[i].within(m.to[j]) && m.region(i).covered(m.region(j))
	})
}

// replaced reports whether some law could take the place of a clause.
func (a *analyser) replaced(n *norm) bool {
	return slices.ContainsFunc(a.law.Instruments, func(d *instrument.Instrument) bool {
		return d.Transposes != nil && d.Transposes.Instrument == n.doc.ID || d.Supersedes == n.doc.Hash.String()
	})
}

// alike reports whether two clauses are about one act, or one of them is an
// exception to the other.
func alike(a, b *norm) bool { return a.clause.Act == b.clause.Act || related(a, b) }

// near reports whether two regions have a case in common as far as it does not
// take categories, which a transformation may change.
func (r *region) near(o *region) bool {
	if r.tlp&o.tlp == 0 || r.pap&o.pap == 0 {
		return false
	}
	for i := range r.words {
		if r.words[i] != nil && o.words[i] != nil && len(intersect(r.words[i], o.words[i])) == 0 {
			return false
		}
	}
	return meetFacts(r, o) != nil
}

// shadow finds one clause that says at least as much as another.
func (a *analyser) shadow(i int, m *meeter) *Place {
	n := &a.q.norms[i]
	for j := range a.q.norms {
		o := &a.q.norms[j]
		if j == i || o.clause == nil || o.stands == n.stands && o.doc == n.doc || o.clause.Modality != n.clause.Modality ||
			o.clause.Act != n.clause.Act || o.meaning.Advisory || o.root() != n.root() || n.is(instrument.Permission) && o.doc.Regime != n.doc.Regime {
			continue
		}
		if m.from[i].within(m.from[j]) && m.to[i].within(m.to[j]) && m.region(i).covered(m.region(j)) {
			p := placeOf(o.doc, o.clause)
			return &p
		}
	}
	return nil
}

// covered reports whether every case of r is one of o, as far as their lists say.
func (r *region) covered(o *region) bool {
	c := *o
	if !r.cats.imply(o.cats) || slices.ContainsFunc(o.without, func(x privacy.Category) bool { return !slices.Contains(r.without, x) }) {
		return false
	}
	c.cats = categorySets{}
	return r.within(&c)
}
