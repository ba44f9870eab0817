package decision

import (
	"slices"

	"entente/instrument"
	"entente/intel"
)

// A region is the set of cases a clause matches. Each attribute is independent
// of the others, so that one region lies in another exactly when it does so in
// every attribute.
type region struct {
	allowed        uint64   // categories that may occur
	anys           []uint64 // of each, at least one must
	tlpMin, tlpMax intel.TLP
	papMin, papMax intel.PAP
	words          [wordAttributes]wordSet
	some           [someAttributes][][]string // of each list, one word at least
	facts          map[uint32]truth
	contradictory  bool
}

// wordSet is a set of words, or everything but some words.
type wordSet struct {
	but   bool
	words []string // sorted
}

const (
	byType = iota
	byPurpose
	byRecipient
	byKind
	bySenderKind
	byRecipientJurisdiction
	bySenderJurisdiction
	byOrigin
	wordAttributes
)

// Attributes that have several words at once.
const (
	byReceived = iota
	byRecipientRole
	bySenderRole
	byRecipientSector
	bySenderSector
	someAttributes
)

// region returns what r matches together with the scope of its instrument.
func (e *Engine) region(r *rule) region {
	g := region{allowed: ^uint64(0), tlpMax: intel.Red, papMax: intel.PAPRed, facts: map[uint32]truth{}}
	for i := range g.words {
		g.words[i].but = true
	}
	if r.scoped {
		g.meet(&e.rules[e.insts[r.inst].scope])
	}
	g.meet(r)
	for i := range g.anys {
		g.anys[i] &= g.allowed
	}
	return g
}

func (g *region) meet(r *rule) {
	w := r.when
	g.allowed &= r.within &^ r.none
	if r.any != 0 {
		g.anys = append(g.anys, r.any)
	}
	for i, list := range [...][]string{
		byReceived: w.ReceivedUnder, byRecipientRole: w.RecipientRole, bySenderRole: w.SenderRole,
		byRecipientSector: w.RecipientSector, bySenderSector: w.SenderSector,
	} {
		if len(list) > 0 {
			g.some[i] = append(g.some[i], list)
		}
	}
	if w.TLP != nil {
		g.tlpMin, g.tlpMax = max(g.tlpMin, w.TLP.Min), min(g.tlpMax, w.TLP.Max)
	}
	if w.PAP != nil {
		g.papMin, g.papMax = max(g.papMin, w.PAP.Min), min(g.papMax, w.PAP.Max)
	}
	recipients := make([]string, len(w.Recipient))
	for i, p := range w.Recipient {
		recipients[i] = string(p)
	}
	for i, list := range [...][]string{byType: w.Type, byPurpose: w.Purpose, byRecipient: recipients, byKind: w.RecipientKind, bySenderKind: w.SenderKind} {
		if len(list) > 0 {
			g.words[i] = g.words[i].and(only(list))
		}
	}
	for i, s := range map[int]*instrument.Set{
		byRecipientJurisdiction: w.RecipientJurisdiction, bySenderJurisdiction: w.SenderJurisdiction, byOrigin: w.Origin,
	} {
		if s == nil {
			continue
		}
		if len(s.In) > 0 {
			g.words[i] = g.words[i].and(only(s.In))
		}
		if len(s.NotIn) > 0 {
			g.words[i] = g.words[i].and(wordSet{but: true, words: sorted(s.NotIn)})
		}
	}
	for _, f := range r.facts {
		if f.consent {
			continue
		}
		if had, ok := g.facts[f.fact]; ok && had != f.want {
			g.contradictory = true
		}
		g.facts[f.fact] = f.want
	}
}

// within reports whether every case of g is one of o.
func (g *region) within(o *region) bool {
	if g.empty() {
		return true
	}
	if g.allowed&^o.allowed != 0 {
		return false
	}
	for _, a := range o.anys {
		// Where none of the lists lies in a, a case can be made of one word from
		// each that avoids a.
		if !slices.ContainsFunc(g.anys, func(mine uint64) bool { return mine&^a == 0 }) {
			return false
		}
	}
	for i := range o.some {
		for _, list := range o.some[i] {
			if !slices.ContainsFunc(g.some[i], func(mine []string) bool { return only(mine).within(only(list)) }) {
				return false
			}
		}
	}
	if g.tlpMin < o.tlpMin || g.tlpMax > o.tlpMax || g.papMin < o.papMin || g.papMax > o.papMax {
		return false
	}
	for i := range g.words {
		if !g.words[i].within(o.words[i]) {
			return false
		}
	}
	for f, want := range o.facts {
		if got, ok := g.facts[f]; !ok || got != want {
			return false
		}
	}
	return true
}

// empty reports whether g matches nothing.
func (g *region) empty() bool {
	return g.contradictory || slices.Contains(g.anys, 0) || g.tlpMin > g.tlpMax || g.papMin > g.papMax ||
		slices.ContainsFunc(g.words[:], func(s wordSet) bool { return !s.but && len(s.words) == 0 })
}

func sorted(ws []string) []string {
	ws = slices.Clone(ws)
	slices.Sort(ws)
	return slices.Compact(ws)
}

func only(ws []string) wordSet { return wordSet{words: sorted(ws)} }

// and is the intersection.
func (s wordSet) and(t wordSet) wordSet {
	if s.but && t.but {
		return wordSet{but: true, words: sorted(slices.Concat(s.words, t.words))}
	}
	if s.but {
		s, t = t, s
	}
	var out []string
	for _, w := range s.words {
		if t.has(w) {
			out = append(out, w)
		}
	}
	return wordSet{words: out}
}

func (s wordSet) has(w string) bool {
	_, in := slices.BinarySearch(s.words, w)
	return in != s.but
}

// within reports whether s lies in t. There are always more words than any list
// holds, so that everything-but is never within a list.
func (s wordSet) within(t wordSet) bool {
	switch {
	case !s.but:
		return !slices.ContainsFunc(s.words, func(w string) bool { return !t.has(w) })
	case !t.but:
		return false
	default:
		return !slices.ContainsFunc(t.words, s.has)
	}
}
