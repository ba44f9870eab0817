package analysis

import (
	mathbits "math/bits"
	"slices"

	"entente/decision"
	"entente/instrument"
)

// actorWord is one attribute of a party that clauses look at. To cover a new
// attribute, add a line to [actorWords].
type actorWord struct {
	name              string
	of                func(*decision.Actor) []string
	set               func(*decision.Actor, string)
	sender, recipient func(*instrument.When) *instrument.Set
}

// objectWord is one attribute of an object, or of the question, that is a single
// word. To cover a new one, add a line to [objectWords].
type objectWord struct {
	name string
	of   func(*instrument.When) []string
	set  func(*decision.Request, string)
}

// roleWord is the index of the role in actorWords: a party has a role within an
// instrument besides those it has everywhere.
const roleWord = 3

func actorWords() []actorWord {
	list := func(f func(*instrument.When) []string) func(*instrument.When) *instrument.Set {
		return func(w *instrument.When) *instrument.Set {
			if in := f(w); len(in) > 0 {
				return &instrument.Set{In: in}
			}
			return nil
		}
	}
	nobody := func(*instrument.When) *instrument.Set { return nil }
	return []actorWord{
		{
			"id", func(a *decision.Actor) []string { return []string{string(a.ID)} }, nil, nobody,
			list(func(w *instrument.When) []string { return plain(w.Recipient) }),
		},
		{
			"kind", func(a *decision.Actor) []string { return one(a.Kind) }, func(a *decision.Actor, w string) { a.Kind = w },
			list(func(w *instrument.When) []string { return w.SenderKind }), list(func(w *instrument.When) []string { return w.RecipientKind }),
		},
		{
			"jurisdiction", func(a *decision.Actor) []string { return one(a.Jurisdiction) }, func(a *decision.Actor, w string) { a.Jurisdiction = w },
			func(w *instrument.When) *instrument.Set { return w.SenderJurisdiction }, func(w *instrument.When) *instrument.Set { return w.RecipientJurisdiction },
		},
		{
			"role", func(a *decision.Actor) []string { return a.Roles }, func(a *decision.Actor, w string) { a.Roles = one(w) },
			list(func(w *instrument.When) []string { return w.SenderRole }), list(func(w *instrument.When) []string { return w.RecipientRole }),
		},
		{
			"sector", func(a *decision.Actor) []string { return a.Sectors }, func(a *decision.Actor, w string) { a.Sectors = one(w) },
			list(func(w *instrument.When) []string { return w.SenderSector }), list(func(w *instrument.When) []string { return w.RecipientSector }),
		},
	}
}

func objectWords() []objectWord {
	return []objectWord{
		{"type", func(w *instrument.When) []string { return w.Type }, func(r *decision.Request, v string) { r.Subject.Type = v }},
		{"purpose", func(w *instrument.When) []string { return w.Purpose }, func(r *decision.Request, v string) { r.Purpose = v }},
	}
}

func one(w string) []string {
	if w == "" {
		return nil
	}
	return []string{w}
}

func plain[W ~string](ws []W) []string {
	out := make([]string, len(ws))
	for i, w := range ws {
		out[i] = string(w)
	}
	return out
}

// admits reports whether a party with these words meets a condition. Several
// words meet it when one of them does, as the engine reads it.
func admits(s *instrument.Set, words []string) bool {
	if s == nil {
		return true
	}
	if len(words) == 0 {
		return len(s.In) == 0
	}
	return slices.ContainsFunc(words, func(w string) bool {
		return (len(s.In) == 0 || slices.Contains(s.In, w)) && !slices.Contains(s.NotIn, w)
	})
}

// bits is a set of small numbers.
type bits []uint64

func newBits(n int) bits { return make(bits, (n+63)/64) }

func (b bits) set(i int)      { b[i>>6] |= 1 << (i & 63) }
func (b bits) has(i int) bool { return b[i>>6]&(1<<(i&63)) != 0 }

// and keeps what c has too, and reports whether anything is left.
func (b bits) and(c bits) bool {
	left := false
	for i := range b {
		b[i] &= c[i]
		left = left || b[i] != 0
	}
	return left
}

// each calls f with every member in ascending order.
func (b bits) each(f func(int)) {
	for i, w := range b {
		for ; w != 0; w &= w - 1 {
			f(i*64 + mathbits.TrailingZeros64(w))
		}
	}
}

func (b bits) any() bool {
	for _, w := range b {
		if w != 0 {
			return true
		}
	}
	return false
}

// within reports whether every member of b is one of c.
func (b bits) within(c bits) bool {
	for i := range b {
		if b[i]&^c[i] != 0 {
			return false
		}
	}
	return true
}

func (b bits) clear() {
	for i := range b {
		b[i] = 0
	}
}

func (b bits) or(c bits) {
	for i := range b {
		b[i] |= c[i]
	}
}

// less takes out what c has.
func (b bits) less(c bits) {
	for i := range b {
		b[i] &^= c[i]
	}
}
