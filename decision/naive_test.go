package decision_test

import (
	"cmp"
	"maps"
	"slices"
	"sort"
	"strings"

	"entente/decision"
	"entente/instrument"
	"entente/privacy"
)

// naive decides straight from DECISION.md: one clause after the other, sets as
// maps, every subset of the catalogue tried. It shares nothing with the engine
// but the types, and is what the engine is tested against.
type naive struct {
	law   decision.Law
	req   decision.Request
	plain bool // unclassified is a word like any other: for comparing what two texts cover
}

type tri int

const (
	never tri = iota
	perhaps
	surely
)

type set map[privacy.Category]bool

// naiveClause is a clause in force between the two whose conditions match.
type naiveClause struct {
	in  *instrument.Instrument
	cl  *instrument.Clause
	fit tri
}

func (c *naiveClause) advisory() bool { return !c.in.Binding || c.cl.Strength == "guidance" }
func (c *naiveClause) is(m instrument.Modality) bool {
	return c.cl.Modality == m
}

func (n *naive) mayBe(cats set, c privacy.Category) bool {
	return !n.plain && cats[privacy.Unclassified] && strings.HasPrefix(string(c), "personal-")
}

// fits matches one matcher.
func (n *naive) fits(i *instrument.Instrument, w *instrument.When, cats set, scope bool) tri {
	r, s := &n.req, &n.req.Subject
	has := func(list []string, v string) bool { return len(list) == 0 || slices.Contains(list, v) }
	in := func(x *instrument.Set, v string) bool {
		return x == nil || has(x.In, v) && !slices.Contains(x.NotIn, v)
	}
	if !has(w.Type, s.Type) || !has(w.Purpose, r.Purpose) || !has(w.RecipientKind, r.Recipient.Kind) ||
		!in(w.RecipientJurisdiction, r.Recipient.Jurisdiction) || !in(w.SenderJurisdiction, r.Sender.Jurisdiction) ||
		!in(w.Origin, string(s.Origin)) ||
		w.TLP != nil && (s.TLP < w.TLP.Min || s.TLP > w.TLP.Max) || w.PAP != nil && (s.PAP < w.PAP.Min || s.PAP > w.PAP.Max) ||
		len(w.Recipient) > 0 && !slices.Contains(w.Recipient, r.Recipient.ID) || !has(w.SenderKind, r.Sender.Kind) ||
		!common(w.SenderSector, r.Sender.Sectors) || !common(w.RecipientSector, r.Recipient.Sectors) ||
		!common(w.SenderRole, rolesIn(i, &r.Sender)) || !common(w.RecipientRole, rolesIn(i, &r.Recipient)) {
		return never
	}
	if len(w.ReceivedUnder) > 0 && !slices.ContainsFunc(s.ReceivedUnder, func(x string) bool { return slices.Contains(w.ReceivedUnder, x) }) {
		return never
	}
	out := surely
	if c := w.Categories; c != nil {
		out = min(out, n.fitsCategories(c, cats, scope))
	}
	for f, want := range w.Facts {
		v, known := r.Facts[f]
		switch {
		case !known:
			out = min(out, perhaps)
		case v != (want == instrument.IsTrue):
			return never
		}
	}
	return out
}

func (n *naive) fitsCategories(c *instrument.CategorySet, cats set, scope bool) tri {
	out := surely
	if len(c.Any) > 0 {
		hit := never
		for _, x := range c.Any {
			if cats[x] || n.mayBe(cats, x) && scope {
				hit = surely
			} else if n.mayBe(cats, x) {
				hit = max(hit, perhaps)
			}
		}
		out = min(out, hit)
	}
	for _, x := range c.None {
		if cats[x] {
			return never
		}
		if n.mayBe(cats, x) {
			out = min(out, perhaps)
		}
	}
	if len(c.Within) > 0 {
		for x := range cats {
			if !slices.Contains(c.Within, x) {
				return never
			}
		}
	}
	return out
}

// applicable lists the instruments in force between the two (step 1).
func (n *naive) applicable() map[*instrument.Instrument]instrument.Standing {
	out := map[*instrument.Instrument]instrument.Standing{}
	for _, i := range n.law.Instruments {
		if n.req.Under != nil && len(i.Parties) > 0 && !slices.Contains(n.req.Under, i.ID) {
			continue
		}
		if s := i.Status(seatOf(&n.req.Sender), seatOf(&n.req.Recipient), n.req.At); s.InForce {
			out[n.plainly(i)] = s
		}
	}
	n.transpose(out)
	return out
}

// naiveView is one form of the object and the clauses that match it.
type naiveView struct {
	*naive
	cats    set
	clauses []naiveClause
	closed  map[string]bool
	lenient bool
}

func (n *naive) view(cats set, lenient bool) *naiveView {
	v := &naiveView{naive: n, cats: cats, closed: map[string]bool{"cooperation": true}, lenient: lenient}
	for i, s := range n.applicable() {
		scope := surely
		if i.AppliesWhen != nil {
			scope = n.fits(i, i.AppliesWhen, cats, true)
		}
		if scope == never {
			continue
		}
		if i.Binding && i.Default == instrument.Prohibit {
			v.closed[i.Regime] = true
		}
		for k := range i.Clauses {
			c := &i.Clauses[k]
			if _, out := s.Excluded[c.ID]; out {
				continue
			}
			if f := c.InForce; f != nil && (n.req.At.Before(f.From) || !f.Until.IsZero() && !n.req.At.Before(f.Until)) {
				continue
			}
			if c.Modality != instrument.Obligation && c.Act != n.req.Act {
				continue
			}
			fit := min(scope, n.fits(i, &c.When, cats, false))
			if consent, known := n.consent(c); known && !consent {
				fit = never
			}
			if fit > never {
				v.clauses = append(v.clauses, naiveClause{i, c, fit})
			}
		}
	}
	sort.Slice(v.clauses, func(a, b int) bool {
		x, y := v.clauses[a], v.clauses[b]
		return cmp.Or(cmp.Compare(x.in.ID, y.in.ID), cmp.Compare(x.cl.ID, y.cl.ID)) < 0
	})
	return v
}

func (n *naive) consent(c *instrument.Clause) (given, known bool) {
	if c.Consent == nil || c.Modality != instrument.Permission {
		return false, false
	}
	given, known = n.req.Facts[strings.ReplaceAll(c.Consent.Of, "-", "_")+"_consent"]
	return given, known
}

// lacks reports whether a requirement on the form is unmet.
func (v *naiveView) lacks(c *naiveClause) bool {
	for _, q := range c.cl.Requires {
		if q.Without != "" && (v.cats[q.Without] || v.mayBe(v.cats, q.Without)) {
			return true
		}
	}
	return false
}

// counts reports whether a matching clause has effect at all (step 2).
func (v *naiveView) counts(c *naiveClause) bool {
	switch {
	case c.advisory():
		return false
	case c.is(instrument.Permission):
		return c.fit == surely && !v.lacks(c)
	default:
		return true
	}
}

// exceptions returns the exceptions to a clause that apply, by side.
func (v *naiveView) exceptions(p *naiveClause) (lifts, restores []*naiveClause) {
	for i := range v.clauses {
		x := &v.clauses[i]
		if x.in != p.in || !slices.Contains(x.cl.ExceptionTo, p.cl.ID) || !v.counts(x) || v.excepted(x) && !v.relieved(x) {
			continue
		}
		switch {
		case x.is(instrument.Prohibition):
			restores = append(restores, x)
		case x.is(instrument.Permission) && p.is(instrument.Obligation) && v.burden(x) > 0: // nobody has agreed to the relief yet
		case x.is(instrument.Permission), x.fit == surely && x.cl.Act == v.req.Act && !v.lacks(x):
			lifts = append(lifts, x)
		}
	}
	return lifts, restores
}

func rankOf(cs []*naiveClause) int {
	best := -9
	for _, c := range cs {
		best = max(best, map[string]int{"strict": 1}[c.cl.Strength])
	}
	return best
}

// liftsWin settles the two sides (step 3).
func (v *naiveView) liftsWin(lifts, restores []*naiveClause) bool {
	if len(lifts) == 0 || len(restores) == 0 {
		return len(lifts) > 0
	}
	l, r := rankOf(lifts), rankOf(restores)
	return l > r || l == r && v.lenient
}

// excepted reports whether an exception sets a clause aside.
func (v *naiveView) excepted(p *naiveClause) bool {
	lifts, restores := v.exceptions(p)
	if len(lifts)+len(restores) == 0 {
		return false
	}
	if !v.liftsWin(lifts, restores) {
		return !p.is(instrument.Prohibition)
	}
	switch {
	case p.is(instrument.Prohibition):
		return true
	case p.is(instrument.Permission):
		return false
	}
	return strongest(lifts).is(instrument.Permission)
}

// strongest is the exception that decides: of equals, the first.
func strongest(cs []*naiveClause) *naiveClause {
	best := cs[0]
	for _, x := range cs {
		if rankOf([]*naiveClause{x}) > rankOf([]*naiveClause{best}) {
			best = x
		}
	}
	return best
}

// relieved reports whether a permission relieves of a duty: what had to be done
// then may be done.
func (v *naiveView) relieved(c *naiveClause) bool {
	if !c.is(instrument.Obligation) || !v.counts(c) || !v.excepted(c) {
		return false
	}
	lifts, restores := v.exceptions(c)
	return v.liftsWin(lifts, restores)
}

// lost reports whether a prohibiting exception yields to a stronger one to each
// of its parents, whether these match or not.
func (v *naiveView) lost(x *naiveClause) bool {
	for _, id := range x.cl.ExceptionTo {
		n := slices.IndexFunc(x.in.Clauses, func(c instrument.Clause) bool { return c.ID == id })
		lifts, restores := v.exceptions(&naiveClause{in: x.in, cl: &x.in.Clauses[n]})
		if !v.liftsWin(lifts, restores) {
			return false
		}
	}
	return true
}

// stands reports whether a clause counts after the exceptions.
func (v *naiveView) stands(c *naiveClause) bool {
	if !v.counts(c) || v.excepted(c) {
		return false
	}
	return !c.is(instrument.Prohibition) || len(c.cl.ExceptionTo) == 0 || !v.lost(c)
}

// gates lists the closed regimes nothing opens (step 5).
func (v *naiveView) gates() []string {
	var out []string
	for regime := range v.closed {
		if len(v.openers(regime)) == 0 {
			out = append(out, regime)
		}
	}
	slices.Sort(out)
	return out
}

func (v *naiveView) openers(regime string) []*naiveClause {
	var out []*naiveClause
	for i := range v.clauses {
		c := &v.clauses[i]
		if !v.stands(c) && !v.relieved(c) {
			continue
		}
		if c.is(instrument.Permission) && len(c.cl.ExceptionTo) == 0 && c.in.Regime == regime ||
			c.is(instrument.Obligation) && c.cl.Grants == regime && c.cl.Act == v.req.Act && c.fit == surely && !v.lacks(c) {
			out = append(out, c)
		}
	}
	return out
}

// careless lists the duties that require a form this is not.
func (v *naiveView) careless() (out []*naiveClause) {
	for i := range v.clauses {
		c := &v.clauses[i]
		if !c.is(instrument.Obligation) || c.advisory() || c.cl.Act != v.req.Act || !v.lacks(c) {
			continue
		}
		lifts, restores := v.exceptions(c)
		if !v.excepted(c) || !v.liftsWin(lifts, restores) {
			out = append(out, c)
		}
	}
	return out
}

func (v *naiveView) lawful() bool {
	return len(v.prohibitions()) == 0 && len(v.gates()) == 0 && len(v.careless()) == 0
}

// burden counts what people still have to do before a clause can be relied on.
func (v *naiveView) burden(c *naiveClause) int {
	k := 0
	for _, q := range c.cl.Requires {
		switch q.Safeguard {
		case "human-approval", "dual-control", "certified-recipient":
			if !v.req.Facts[strings.ReplaceAll(q.Safeguard, "-", "_")] {
				k++
			}
		}
	}
	if given, _ := v.consent(c.cl); c.cl.Consent != nil && c.is(instrument.Permission) && !given {
		k++
	}
	return k
}

func (v *naiveView) least(cs []*naiveClause) int {
	if len(cs) == 0 {
		return 0
	}
	k := v.burden(cs[0])
	for _, c := range cs[1:] {
		k = min(k, v.burden(c))
	}
	return k
}

// asksPerson reports whether a person must act first (step 7).
func (v *naiveView) asksPerson() bool {
	for regime := range v.closed {
		if v.least(v.openers(regime)) > 0 {
			return true
		}
	}
	for i := range v.clauses {
		c := &v.clauses[i]
		switch {
		case !v.counts(c):
		case c.is(instrument.Obligation):
			if v.stands(c) && c.cl.Act == v.req.Act && v.burden(c) > 0 {
				return true
			}
		case c.is(instrument.Prohibition) && v.excepted(c):
			lifts, restores := v.exceptions(c)
			if len(restores) > 0 {
				top := rankOf(lifts)
				lifts = slices.DeleteFunc(lifts, func(x *naiveClause) bool { return rankOf([]*naiveClause{x}) != top })[:1]
			}
			if v.least(lifts) > 0 {
				return true
			}
		case c.is(instrument.Prohibition) && !v.stands(c): // it lost
			for _, id := range c.cl.ExceptionTo {
				n := slices.IndexFunc(c.in.Clauses, func(x instrument.Clause) bool { return x.ID == id })
				lifts, _ := v.exceptions(&naiveClause{in: c.in, cl: &c.in.Clauses[n]})
				if v.burden(strongest(lifts)) > 0 {
					return true
				}
			}
		case c.is(instrument.Prohibition):
			if v.least(v.overriding(c)) > 0 {
				return true
			}
		}
	}
	return false
}

// answer tries every subset of the catalogue (step 6).
func (n *naive) answer() (out decision.Outcome, used []string, sent set) {
	start := set{}
	for _, c := range n.req.Subject.Categories {
		start[c] = true
	}
	if n.req.Subject.Closed != "" {
		return decision.Deny, nil, start
	}
	forms := n.forms(start)
	for _, f := range forms {
		v := n.view(f.cats, false)
		if !v.lawful() {
			continue
		}
		switch {
		case v.asksPerson():
			return decision.Refer, f.ids, f.cats
		case len(f.ids) > 0:
			return decision.Transform, f.ids, f.cats
		}
		return decision.Permit, nil, f.cats
	}
	for _, f := range forms {
		if n.view(f.cats, true).lawful() {
			return decision.Refer, nil, start
		}
	}
	return decision.Deny, nil, start
}

type naiveForm struct {
	ids  []string
	cost int
	cats set
}

func (n *naive) forms(start set) []naiveForm {
	ts := slices.Clone(n.law.Transforms)
	slices.SortFunc(ts, func(a, b privacy.Transform) int { return cmp.Compare(a.ID, b.ID) })
	var out []naiveForm
	for m := range 1 << len(ts) {
		f := naiveForm{cats: maps.Clone(start)}
		for i, t := range ts {
			if m&(1<<i) == 0 {
				continue
			}
			f.ids, f.cost = append(f.ids, t.ID), f.cost+t.Cost
			after := set{}
			for c := range f.cats {
				to, mapped := t.Maps[c]
				if !mapped {
					to = c
				}
				if to != "" {
					after[to] = true
				}
			}
			f.cats = after
		}
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b naiveForm) int {
		return cmp.Or(cmp.Compare(a.cost, b.cost), cmp.Compare(len(a.ids), len(b.ids)), slices.Compare(a.ids, b.ids))
	})
	return out
}
