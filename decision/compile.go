package decision

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"entente/instrument"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/privacy"
)

// Law is everything a decision is made from apart from the request: the
// instruments this node knows, what its transformations do, and where its own
// legal order places an instrument (by id; overrides the document's rank).
type Law struct {
	Instruments []*instrument.Instrument
	Transforms  []privacy.Transform
	Ranks       map[string]int
}

// Engine is law compiled for deciding. It is safe for concurrent use; what it
// remembers between calls (who is bound to whom on a day) never changes an
// answer.
type Engine struct {
	insts      []inst
	versions   map[string][]uint32 // id → its instruments
	rules      []rule
	words      int // of every bitset of rules
	matchers   matchers
	vocabulary vocabulary
	catalogue  []transform
	// nothingKnown is what every query without facts shares; it is never written.
	nothingKnown []truth
	baseline     uint64 // regimes closed although no instrument says so
	conflicts    bool   // two exceptions to one clause could contradict each other
	hash         ident.Digest
	pairs        pairCache
}

// inst is one instrument and where its rules are.
type inst struct {
	doc    *instrument.Instrument
	turns  []time.Time // instants at which its status may change
	rank   int
	regime uint64
	// records identifies what the parties did, which the hash of the text does
	// not cover: signed acts come after it.
	records ident.Digest
	circle  string // whom it binds, equal for two that bind the same ones
	scope   int    // the rule that stands for applies_when, or -1
	first   int    // its rules are first..last-1, the scope rule included
	last    int
}

// Compile builds an engine. Neither the order of the instruments nor that of
// their clauses matters. It returns an invalid fault for a law that has no
// single meaning: the same clause twice, an exception to a clause that is not
// there or to itself, a transformation of negative cost.
func Compile(l Law) (*Engine, error) {
	docs := slices.Clone(l.Instruments)
	slices.SortFunc(docs, func(a, b *instrument.Instrument) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), natural(a.Version, b.Version))
	})
	c := compiler{e: &Engine{versions: make(map[string][]uint32, len(docs))}, ranks: l.Ranks}
	c.e.vocabulary.init()
	for i, d := range docs {
		if i > 0 && d.Ref() == docs[i-1].Ref() {
			return nil, fault.New(fault.Invalid, "law.duplicate", "The law has %s twice.", d.Ref())
		}
		if err := c.add(d); err != nil {
			return nil, err
		}
	}
	if err := c.transforms(l.Transforms); err != nil {
		return nil, err
	}
	if n := max(len(c.e.vocabulary.categories), len(c.e.vocabulary.regimes)); n > maxWords {
		return nil, fault.New(fault.Invalid, "law.vocabulary", "The law uses more than %d categories or regimes.", maxWords)
	}
	for i := range c.e.rules {
		if r := &c.e.rules[i]; r.root && !r.advisory && (r.kind == kindPermission || r.kind == kindProhibition) {
			r.region = c.e.region(r)
		}
	}
	c.e.baseline = c.e.vocabulary.regimes[cooperation]
	c.e.words = (len(c.e.rules) + 63) / 64
	c.e.matchers = newMatchers(c.e.rules, c.e.words)
	c.e.nothingKnown = make([]truth, len(c.e.vocabulary.factNames))
	c.e.pairs.init()
	var err error
	c.e.hash, err = hashLaw(c.e.insts, l, c.e.catalogue)
	return c.e, err
}

// LawHash identifies the law: every instrument's version and hash, the
// catalogue and the ranks.
func (e *Engine) LawHash() ident.Digest { return e.hash }

type compiler struct {
	e     *Engine
	ranks map[string]int
}

func (c *compiler) add(d *instrument.Instrument) error {
	e := c.e
	in := inst{doc: d, turns: d.Instants(), circle: circleOf(d), rank: d.Rank, regime: e.vocabulary.regime(d.Regime), scope: -1, first: len(e.rules)}
	if len(d.Parties) > 0 {
		var err error
		if in.records, err = d.RecordsDigest(); err != nil {
			return fmt.Errorf("identify the records of %s: %w", d.Ref(), err)
		}
	}
	if r, ok := c.ranks[d.ID]; ok {
		in.rank = r
	}
	number := uint32(len(e.insts)) //nolint:gosec // G115: a law has far fewer than 2^32 instruments
	if d.AppliesWhen != nil {
		in.scope = len(e.rules)
		scope := rule{kind: kindScope, inst: number, regime: in.regime, when: d.AppliesWhen, clause: &instrument.Clause{}}
		e.vocabulary.compile(&scope, d.Definitions)
		e.rules = append(e.rules, scope)
	}
	variants := d.Variants()
	clauses := make([]*instrument.Clause, 0, len(d.Clauses)+len(variants))
	for i := range d.Clauses {
		clauses = append(clauses, &d.Clauses[i])
	}
	for i := range variants {
		clauses = append(clauses, &variants[i].Clause)
	}
	slices.SortFunc(clauses, func(a, b *instrument.Clause) int { return natural(a.ID, b.ID) })
	at := make(map[string]uint32, len(clauses))
	for i, cl := range clauses {
		if _, twice := at[cl.ID]; twice {
			return fault.New(fault.Invalid, "law.duplicate", "%s has clause %s twice.", d.Ref(), cl.ID)
		}
		at[cl.ID] = uint32(len(e.rules) + i) //nolint:gosec // G115: as above
	}
	instead := map[string][]string{}
	for _, v := range variants {
		instead[v.Of] = append(instead[v.Of], v.ID)
	}
	for _, cl := range clauses {
		r, err := c.rule(d, cl, at, instead)
		if err != nil {
			return err
		}
		r.inst, r.regime, r.scoped = number, in.regime, in.scope >= 0
		r.variant = slices.ContainsFunc(variants, func(v instrument.Variant) bool { return v.ID == cl.ID })
		e.rules = append(e.rules, r)
	}
	in.last = len(e.rules)
	e.insts = append(e.insts, in)
	e.versions[d.ID] = append(e.versions[d.ID], number)
	return c.exceptions(&in)
}

// rule compiles one clause. An exception to a clause that reservations change is
// an exception to what they put in its place, too.
func (c *compiler) rule(d *instrument.Instrument, cl *instrument.Clause, at map[string]uint32, instead map[string][]string) (rule, error) {
	exceptions := cl.Exceptions()
	r := rule{
		clause: cl, when: &cl.When, root: len(exceptions) == 0, strength: strength(cl.Strength),
		advisory: !d.Binding || cl.Strength == "guidance", kind: kindOf(cl.Modality),
	}
	if r.kind == kindScope {
		return r, fault.New(fault.Invalid, "law.modality", "%s %s is a %q; a clause is a permission, a prohibition or an obligation.", d.Ref(), cl.ID, cl.Modality)
	}
	if r.kind == kindObligation {
		r.grants = c.e.vocabulary.regime(cl.Grants)
	}
	for _, p := range exceptions {
		parent, ok := at[p]
		if !ok {
			return r, fault.New(fault.Invalid, "law.exception", "%s %s is an exception to %s, which is not there.", d.Ref(), cl.ID, p)
		}
		r.parents = append(r.parents, parent)
		for _, variant := range instead[p] {
			r.parents = append(r.parents, at[variant])
		}
	}
	slices.Sort(r.parents)
	r.parents = slices.Compact(r.parents)
	c.e.vocabulary.compile(&r, d.Definitions)
	return r, nil
}

// exceptions refuses an exception to itself, and notes whether two exceptions
// to one clause can contradict each other.
func (c *compiler) exceptions(in *inst) error {
	rules := c.e.rules
	const unseen, open, done = 0, 1, 2
	state := make([]uint8, in.last-in.first)
	var visit func(i uint32) bool
	visit = func(i uint32) bool {
		switch s := &state[int(i)-in.first]; *s {
		case open:
			return false
		case unseen:
			*s = open
			for _, p := range rules[i].parents {
				if !visit(p) {
					return false
				}
			}
			*s = done
		}
		return true
	}
	lifts, restores := map[uint32]bool{}, map[uint32]bool{}
	for i := in.first; i < in.last; i++ {
		if !visit(uint32(i)) { //nolint:gosec // G115: as above
			return fault.New(fault.Invalid, "law.exception", "%s %s is, in the end, an exception to itself.", in.doc.Ref(), rules[i].clause.ID)
		}
		for _, p := range rules[i].parents {
			side := lifts
			if rules[i].kind == kindProhibition {
				side = restores
			}
			side[p] = true
			c.e.conflicts = c.e.conflicts || lifts[p] && restores[p]
		}
	}
	return nil
}

// strength is the rank of a clause among the exceptions to one parent.
func strength(s string) int8 {
	switch s {
	case "strict":
		return 1
	case "guidance":
		return -1
	default:
		return 0
	}
}
