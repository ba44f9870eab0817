package analysis

import (
	"slices"

	"github.com/go-json-experiment/json"

	"entente/decision"
	"entente/instrument"
	"entente/privacy"
)

// The two laws of a question: most questions ask how one differs from the other.
const (
	inOld  = 1
	inNew  = 2
	inBoth = inOld | inNew
)

// norm is one clause, a clause as a reservation changes it, or the head of an
// instrument: everything in it that is no clause.
type norm struct {
	in       uint8                     // which of the laws have it
	docs     [2]*instrument.Instrument // where, by law
	doc      *instrument.Instrument    // one of docs
	clause   *instrument.Clause        // nil: the head
	stands   string                    // id of the clause in the document: of a variant, the clause it takes the place of
	meaning  decision.Meaning
	scope    *decision.Meaning // of its instrument
	onward   *instrument.Onward
	changed  bool
	restated bool // it changed, and its terms of passing on did not
	parent   bool // some exception names it
}

// meanings calls f with what the norm looks at: its scope, if any, and itself.
func (n *norm) meanings(f func(*decision.Meaning)) {
	if n.scope != nil {
		f(n.scope)
	}
	f(&n.meaning)
}

func (n *norm) root() bool { return len(n.meaning.Exceptions) == 0 }

func (n *norm) is(m instrument.Modality) bool { return n.clause != nil && n.clause.Modality == m }

// terms reports whether the clause binds whoever received something under its
// instrument.
func (n *norm) terms() bool {
	return n.clause != nil && (n.onward != nil || n.is(instrument.Prohibition) && n.clause.Act == onwardShare)
}

const (
	share       = "share"
	onwardShare = "onward-share"
	cooperation = "cooperation"
)

// opens reports whether the norm can open the regime of cooperation, which is
// closed in every law.
func (n *norm) opens() bool {
	switch {
	case n.clause == nil || n.meaning.Advisory:
		return false
	case n.is(instrument.Permission):
		return n.root() && n.doc.Regime == cooperation
	default:
		return n.is(instrument.Obligation) && n.clause.Grants == cooperation
	}
}

// decides reports whether the norm can have a part in an outcome.
func (n *norm) decides() bool {
	switch {
	case n.clause == nil:
		return n.changed || n.doc.Binding && n.doc.Default == instrument.Prohibit
	case n.meaning.Advisory:
		return false
	case n.is(instrument.Obligation):
		return len(n.meaning.Without)+len(n.meaning.Exceptions)+len(n.meaning.Asks) > 0 || n.clause.Grants != ""
	default:
		return true
	}
}

// normsOf lists the norms of one document.
func normsOf(d *instrument.Instrument) []norm {
	var scope *decision.Meaning
	if m, ok := decision.ReadScope(d); ok {
		scope = &m
	}
	out := []norm{{doc: d, scope: scope}}
	add := func(c *instrument.Clause, stands string) {
		out = append(out, norm{doc: d, clause: c, stands: stands, scope: scope, meaning: decision.Read(d, c), onward: c.Onward})
	}
	parents := map[string]bool{}
	for i := range d.Clauses {
		add(&d.Clauses[i], d.Clauses[i].ID)
		for _, p := range d.Clauses[i].Exceptions() {
			parents[p] = true
		}
	}
	variants := d.Variants()
	for i := range variants {
		add(&variants[i].Clause, variants[i].Of)
	}
	for i := range out {
		out[i].parent = parents[out[i].stands]
	}
	return out
}

// lawNorms lists the norms of one law, all of them in both laws of a question
// that has not been asked yet.
func lawNorms(is []*instrument.Instrument) []norm {
	var out []norm
	for _, d := range is {
		for _, n := range normsOf(d) {
			n.in, n.docs = inBoth, [2]*instrument.Instrument{d, d}
			out = append(out, n)
		}
	}
	return out
}

// compare lists the norms of two laws: those both have once, the others as
// changed. Texts, citations, duties and vectors make no norm another one, since
// they change no outcome.
func compare(before, after decision.Law) ([]norm, error) {
	var out []norm
	match := counterparts(before.Instruments, after.Instruments)
	paired := map[*instrument.Instrument]bool{}
	for _, d := range before.Instruments {
		next := match[d]
		if next == nil {
			out = append(out, onlyIn(d, inOld)...)
			continue
		}
		paired[next] = true
		ns, err := compareDocs(d, next, before.Ranks[d.ID] == after.Ranks[next.ID])
		if err != nil {
			return nil, err
		}
		out = append(out, ns...)
	}
	for _, d := range after.Instruments {
		if !paired[d] {
			out = append(out, onlyIn(d, inNew)...)
		}
	}
	return out, nil
}

// counterparts pairs the instruments of two laws: the same version, or the one
// version both have of the same id.
func counterparts(before, after []*instrument.Instrument) map[*instrument.Instrument]*instrument.Instrument {
	match := map[*instrument.Instrument]*instrument.Instrument{}
	count := func(is []*instrument.Instrument, id string) (n int) {
		for _, i := range is {
			if i.ID == id {
				n++
			}
		}
		return n
	}
	for _, a := range before {
		for _, b := range after {
			if a.ID == b.ID && (a.Version == b.Version || count(before, a.ID) == 1 && count(after, b.ID) == 1) {
				match[a] = b
			}
		}
	}
	return match
}

func onlyIn(d *instrument.Instrument, side uint8) []norm {
	ns := normsOf(d)
	for i := range ns {
		ns[i].in, ns[i].changed, ns[i].docs[side-1] = side, true, d
	}
	return ns
}

func compareDocs(before, after *instrument.Instrument, sameRank bool) ([]norm, error) {
	a, b := normsOf(before), normsOf(after)
	headA, err := headKey(before)
	if err != nil {
		return nil, err
	}
	headB, err := headKey(after)
	if err != nil {
		return nil, err
	}
	same := headA == headB && sameRank
	docs := [2]*instrument.Instrument{before, after}
	var out []norm
	matched := map[int]bool{}
	for _, n := range a {
		n.docs[0], n.in, n.changed = before, inOld, true
		at := slices.IndexFunc(b, func(m norm) bool { return idOf(&m) == idOf(&n) })
		if at >= 0 && n.clause != nil && sameTerms(n.clause, b[at].clause) {
			n.restated, b[at].restated = true, true
		}
		if at >= 0 && same {
			equal, err := sameNorm(&n, &b[at])
			if err != nil {
				return nil, err
			}
			if equal {
				n.in, n.docs, n.changed = inBoth, docs, false
				n.parent = n.parent || b[at].parent
				matched[at] = true
			}
		}
		out = append(out, n)
	}
	for i, n := range b {
		if !matched[i] {
			n.docs[1], n.in, n.changed = after, inNew, true
			out = append(out, n)
		}
	}
	return out, nil
}

// sameTerms reports whether two versions of a clause say the same to whoever
// received something under them: the terms look at the type of the object only.
func sameTerms(a, b *instrument.Clause) bool {
	terms := func(o *instrument.Onward) instrument.Onward {
		if o == nil {
			return instrument.Onward{}
		}
		return *o
	}
	x, y := terms(a.Onward), terms(b.Onward)
	return a.Act != onwardShare && b.Act != onwardShare && x.Allowed == y.Allowed && slices.Equal(x.To, y.To) && slices.Equal(a.When.Type, b.When.Type)
}

func idOf(n *norm) string {
	if n.clause == nil {
		return ""
	}
	return n.clause.ID
}

func sameNorm(a, b *norm) (bool, error) {
	if a.clause == nil || b.clause == nil {
		return a.clause == b.clause, nil
	}
	x, err := clauseKey(a.clause)
	if err != nil {
		return false, err
	}
	y, err := clauseKey(b.clause)
	return x == y, err
}

// clauseKey is equal for two clauses that give the same outcomes.
func clauseKey(c *instrument.Clause) (string, error) {
	k := *c
	k.Cite, k.Text, k.Duties, k.Retention, k.Refusal, k.Bearer = "", "", nil, nil, nil, ""
	if k.Verified != instrument.Unverified {
		k.Verified = ""
	}
	b, err := json.Marshal(k, json.Deterministic(true))
	return string(b), err
}

// headKey is equal for two documents that differ in nothing but their clauses
// and what changes no outcome.
func headKey(d *instrument.Instrument) (string, error) {
	k := *d
	k.Title, k.Version, k.Language, k.Origin, k.Clauses, k.Vectors, k.Amendment, k.Dispute = "", "", nil, nil, nil, nil, nil, nil
	k.Illustrative = false
	b, err := json.Marshal(k, json.Deterministic(true))
	return string(b), err
}

// categorySets are the conditions of a norm on categories, those of its scope
// included.
type categorySets struct {
	any    [][]privacy.Category // of each list, one at least
	within [][]privacy.Category
	none   []privacy.Category
}

func (n *norm) categories() categorySets {
	var s categorySets
	n.meanings(func(m *decision.Meaning) { s = s.with(m) })
	return s
}

// with adds the conditions of a meaning.
func (s categorySets) with(m *decision.Meaning) categorySets {
	c := m.When.Categories
	if c == nil {
		return s
	}
	if len(c.Any) > 0 {
		s.any = append(s.any, c.Any)
	}
	if len(c.Within) > 0 {
		s.within = append(s.within, c.Within)
	}
	s.none = append(s.none, c.None...)
	return s
}

// imply reports whether categories that meet s meet o, as far as their lists say.
func (s categorySets) imply(o categorySets) bool {
	subset := func(a, b []privacy.Category) bool {
		return !slices.ContainsFunc(a, func(c privacy.Category) bool { return !slices.Contains(b, c) })
	}
	for _, v := range o.any {
		if !slices.ContainsFunc(s.any, func(w []privacy.Category) bool { return subset(w, v) }) {
			return false
		}
	}
	for _, v := range o.within {
		if !slices.ContainsFunc(s.within, func(w []privacy.Category) bool { return subset(w, v) }) {
			return false
		}
	}
	return subset(o.none, s.none)
}
