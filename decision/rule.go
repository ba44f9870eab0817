package decision

import (
	"slices"

	"entente/instrument"
	"entente/intel"
)

type kind uint8

const (
	kindScope kind = iota // an instrument's applies_when
	kindPermission
	kindProhibition
	kindObligation
)

// kindOf is the kind of a clause's rule, kindScope of what no clause can be.
func kindOf(m instrument.Modality) kind {
	switch m {
	case instrument.Permission:
		return kindPermission
	case instrument.Prohibition:
		return kindProhibition
	case instrument.Obligation:
		return kindObligation
	default:
		return kindScope
	}
}

// answer is three-valued: an unknown fact or an unclassified category makes a
// condition neither true nor false (DECISION.md, step 2).
type answer uint8

const (
	no answer = iota
	maybe
	yes
)

// rule is one clause, or the scope of an instrument, ready to be matched. What
// most clauses are told apart by is in the engine's matchers; a rule holds the
// conditions that are cheaper to check on the few clauses left over.
type rule struct {
	any, none, within uint64 // categories; within is all ones when absent
	without           uint64 // categories its requirements want gone
	regime, grants    uint64 // one bit each, grants 0 when absent
	facts             []factTerm
	parents           []uint32 // the rules it is an exception to
	safeguards        []safeguard
	extra             bool // it looks at PAP, origin or the terms of receipt
	inst              uint32
	kind              kind
	strength          int8
	human             uint8 // safeguards that a person has to meet
	root              bool
	advisory          bool // a norm, or guidance: it warns and never decides
	scoped            bool // its instrument has a scope rule
	variant           bool // a clause as a reservation changes it
	when              *instrument.When
	clause            *instrument.Clause
	region            region // of a root permission or prohibition: what it matches, for precedence
}

// factTerm is one condition on a fact. A consent that is merely unknown does
// not stop a permission, it becomes a precondition; one refused does.
type factTerm struct {
	fact    uint32
	want    truth
	consent bool
}

// safeguard is something to be seen to before the object may leave. It is met
// when the fact of its name is true.
type safeguard struct {
	name, by, cite string
	fact           uint32
	human          bool // a person must act; the node itself sees to the others
}

// truth is what is known about a fact.
type truth uint8

const (
	unknown truth = iota
	isFalse
	isTrue
)

// look is the form of an object that is being judged: the categories left in
// it, and those it may have besides because something in it is unclassified.
type look struct{ has, may uint64 }

func (l look) possible() uint64 { return l.has | l.may }

// fit matches the conditions a rule holds itself.
func (r *rule) fit(q *Query, l look) answer {
	if l.has&^r.within != 0 || l.has&r.none != 0 {
		return no
	}
	a := yes
	if r.any != 0 && l.has&r.any == 0 {
		if l.may&r.any == 0 {
			return no
		}
		// The law of personal data applies to what may be personal in full, its
		// permissions included: that it applies is the protective reading.
		if r.kind != kindScope {
			a = maybe
		}
	}
	if l.may&r.none != 0 {
		a = maybe
	}
	for i := range r.facts {
		t := &r.facts[i]
		switch got := q.facts[t.fact]; {
		case got == t.want:
		case got != unknown:
			return no
		case !t.consent:
			a = maybe
		}
	}
	if r.extra && !r.fitsExtra(q) {
		return no
	}
	return a
}

func (r *rule) fitsExtra(q *Query) bool {
	w := r.when
	if w.PAP != nil && (q.pap < w.PAP.Min || q.pap > w.PAP.Max) {
		return false
	}
	if w.Origin != nil && !inSet(w.Origin, q.origin) {
		return false
	}
	return len(w.ReceivedUnder) == 0 || slices.ContainsFunc(q.received, func(id string) bool {
		return slices.Contains(w.ReceivedUnder, id)
	})
}

func inSet(s *instrument.Set, v string) bool {
	return (len(s.In) == 0 || slices.Contains(s.In, v)) && !slices.Contains(s.NotIn, v)
}

// burden counts the safeguards of r that a person still has to meet.
func (r *rule) burden(q *Query) int {
	if r.human == 0 {
		return 0
	}
	n := 0
	for i := range r.safeguards {
		if s := &r.safeguards[i]; s.human && q.facts[s.fact] != isTrue {
			n++
		}
	}
	return n
}

// demands reports whether r is a duty to do what is asked about. A duty about
// sharing that is no basis for it says how to share, not that one must.
func (r *rule) demands(act string) bool {
	return r.kind == kindObligation && (r.grants != 0 || r.clause.Act == act && act != share)
}

// matchers hold one bitset of rules per value of an attribute: the rules that
// value satisfies. A decision ANDs one bitset per attribute.
type matchers struct {
	objectType, purpose, act                dimension
	recipient, recipientKind, senderKind    dimension
	recipientJurisdiction, fromJurisdiction dimension
	recipientRole, senderRole               dimension
	recipientSector, senderSector           dimension
	tlp                                     [intel.Red + 1][]uint64
	share                                   []uint64 // of act, for the question nearly everybody asks
}

// dimension maps a word to the rules it satisfies; rest is for every word no
// rule mentions.
type dimension struct {
	of   map[string][]uint64
	rest []uint64
}

func (d *dimension) bits(word string) []uint64 {
	if b, ok := d.of[word]; ok {
		return b
	}
	return d.rest
}

// common returns the rules that at least one of several words satisfies, or that
// ask for none.
func (d *dimension) common(words []string) []uint64 {
	if len(words) == 1 {
		return d.bits(words[0])
	}
	out := slices.Clone(d.rest)
	for _, w := range words {
		for i, b := range d.of[w] {
			out[i] |= b
		}
	}
	return out
}

func setBit(b []uint64, i int)   { b[i>>6] |= 1 << (i & 63) }
func clearBit(b []uint64, i int) { b[i>>6] &^= 1 << (i & 63) }

// newDimension builds the bitsets from what each rule lists for and against.
// No list for means every word.
func newDimension(rules []rule, words int, of func(*rule) (in, notIn []string)) dimension {
	d := dimension{of: map[string][]uint64{}, rest: make([]uint64, words)}
	for i := range rules {
		if in, _ := of(&rules[i]); len(in) == 0 {
			setBit(d.rest, i)
		}
	}
	word := func(w string) []uint64 {
		b, ok := d.of[w]
		if !ok {
			b = slices.Clone(d.rest)
			d.of[w] = b
		}
		return b
	}
	for i := range rules {
		in, notIn := of(&rules[i])
		for _, w := range in {
			setBit(word(w), i)
		}
		for _, w := range notIn {
			clearBit(word(w), i)
		}
	}
	return d
}

func newMatchers(rules []rule, words int) matchers {
	list := func(f func(*instrument.When) []string) dimension {
		return newDimension(rules, words, func(r *rule) ([]string, []string) { return f(r.when), nil })
	}
	set := func(f func(*instrument.When) *instrument.Set) dimension {
		return newDimension(rules, words, func(r *rule) (in, notIn []string) {
			if s := f(r.when); s != nil {
				return s.In, s.NotIn
			}
			return nil, nil
		})
	}
	m := matchers{
		objectType:            list(func(w *instrument.When) []string { return w.Type }),
		purpose:               list(func(w *instrument.When) []string { return w.Purpose }),
		recipientKind:         list(func(w *instrument.When) []string { return w.RecipientKind }),
		senderKind:            list(func(w *instrument.When) []string { return w.SenderKind }),
		recipientRole:         list(func(w *instrument.When) []string { return w.RecipientRole }),
		senderRole:            list(func(w *instrument.When) []string { return w.SenderRole }),
		recipientSector:       list(func(w *instrument.When) []string { return w.RecipientSector }),
		senderSector:          list(func(w *instrument.When) []string { return w.SenderSector }),
		recipientJurisdiction: set(func(w *instrument.When) *instrument.Set { return w.RecipientJurisdiction }),
		fromJurisdiction:      set(func(w *instrument.When) *instrument.Set { return w.SenderJurisdiction }),
		recipient: list(func(w *instrument.When) []string {
			ids := make([]string, len(w.Recipient))
			for i, p := range w.Recipient {
				ids[i] = string(p)
			}
			return ids
		}),
		act: newDimension(rules, words, func(r *rule) ([]string, []string) {
			if r.kind == kindPermission || r.kind == kindProhibition {
				return []string{r.clause.Act}, nil
			}
			return nil, nil // scopes, and duties of every act, are looked at
		}),
	}
	m.share = m.act.bits(share)
	for t := range m.tlp {
		m.tlp[t] = make([]uint64, words)
	}
	for i := range rules {
		low, high := intel.Clear, intel.Red
		if r := rules[i].when.TLP; r != nil {
			low, high = r.Min, min(r.Max, intel.Red)
		}
		for t := low; t <= high; t++ {
			setBit(m.tlp[t], i)
		}
	}
	return m
}
