package analysis

import (
	"encoding/binary"
	"maps"
	mathbits "math/bits"
	"slices"
	"time"

	"entente/decision"
	"entente/instrument"
)

// question is two laws, or one against itself less a clause, and everybody they
// could be about.
type question struct {
	at      time.Time
	laws    [2]decision.Law
	norms   []norm
	u       *universe
	from    []bits // by sender: the norms that speak of it
	to      []bits // by recipient
	parts   []*group
	several map[string]bool // ids of which a law has more than one version
	origin  []int           // norms that look at where an object came from
	listed  []int           // norms that list whom an object may be passed on to
	under   map[string]bool // instruments that some clause asks whether an object came under
}

func newQuestion(laws [2]decision.Law, norms []norm, u *universe, at time.Time) *question {
	q := &question{at: at, laws: laws, norms: norms, u: u, under: map[string]bool{}, several: map[string]bool{}}
	for _, l := range laws {
		seen := map[string]bool{}
		for _, d := range l.Instruments {
			q.several[d.ID] = q.several[d.ID] || seen[d.ID]
			seen[d.ID] = true
		}
	}
	q.from, q.to = make([]bits, len(u.senders)), make([]bits, len(u.recipients))
	words := actorWords()
	for i := range u.senders {
		q.from[i] = q.spoken(&u.senders[i], words, true)
		q.to[i] = q.spoken(&u.recipients[i], words, false)
	}
	for i := range norms {
		for _, id := range norms[i].meaning.When.ReceivedUnder {
			q.under[id] = true
		}
		if norms[i].meaning.When.Origin != nil {
			q.origin = append(q.origin, i)
		}
		if norms[i].onward != nil && len(norms[i].onward.To) > 0 {
			q.listed = append(q.listed, i)
		}
	}
	return q
}

// spoken lists the norms whose instrument may bind a party on one side of a
// transfer and whose conditions on that side it meets. What the instrument is
// worth between two parties, the engine says later.
func (q *question) spoken(a *decision.Actor, words []actorWord, sender bool) bits {
	out := newBits(len(q.norms))
	values := make([][]string, len(words))
	for w := range words {
		values[w] = words[w].of(a)
	}
	var doc *instrument.Instrument
	var role []string
	bound, scoped := false, false
	for i := range q.norms {
		n := &q.norms[i]
		if n.doc != doc {
			doc = n.doc
			bound, role = binds(doc, a, sender)
			values[roleWord] = append(slices.Clone(a.Roles), role...)
			scoped = bound && (n.scope == nil || meets(&n.scope.When, words, values, sender))
		}
		if bound && (n.clause == nil || scoped && meets(&n.meaning.When, words, values, sender)) {
			out.set(i)
		}
	}
	return out
}

func meets(w *instrument.When, words []actorWord, values [][]string, sender bool) bool {
	for i := range words {
		s := words[i].recipient
		if sender {
			s = words[i].sender
		}
		if !admits(s(w), values[i]) {
			return false
		}
	}
	return true
}

// binds reports whether an instrument could be in force for a party at all, and
// the role it has there.
func binds(d *instrument.Instrument, a *decision.Actor, sender bool) (bool, []string) {
	switch {
	case d.Universal:
		return true, nil
	case len(d.Jurisdictions) > 0:
		return !sender || slices.Contains(d.Jurisdictions, a.Jurisdiction), nil
	}
	p := d.Record(instrument.Seat{Party: a.ID, Jurisdiction: a.Jurisdiction})
	if p == nil {
		return false, nil
	}
	return true, one(p.Role)
}

// pair is a sender and a recipient, by number in the universe.
type pair struct{ from, to int32 }

// group is the pairs the same norms speak of.
type group struct {
	pairs   []pair
	norms   []int // of the question
	outside []int // clauses whose instrument need not bind between them, and whose terms bind whoever received under it
}

// near is a group with only some of its norms.
func (g *group) near(keep func(norm int) bool) *group {
	next := *g
	next.norms = slices.DeleteFunc(slices.Clone(g.norms), func(n int) bool { return !keep(n) })
	return &next
}

// groups calls f with each group of pairs that one of some norms speaks of,
// until f returns false. The norms of asked are few.
func (q *question) groups(asked []int, f func(*group) bool) {
	want := newBits(len(q.norms))
	terms := false
	under := maps.Clone(q.under)
	for _, n := range asked {
		want.set(n)
		if q.norms[n].terms() && !q.norms[n].restated {
			terms, under[q.norms[n].doc.ID] = true, true
		}
	}
	for _, g := range q.partition() {
		if !terms && !q.speaks(g.pairs[0], want) {
			continue
		}
		next := *g
		next.outside = q.termsUnder(under, g.norms)
		if !f(&next) {
			return
		}
	}
}

// partition groups every pair by the norms that speak of it. It is made once.
func (q *question) partition() []*group {
	if q.parts != nil {
		return q.parts
	}
	at := map[string]*group{}
	key := make([]byte, 0, len(q.norms)/8+8)
	for s := range q.from {
		for r := range q.to {
			if q.u.senders[s].ID == q.u.recipients[r].ID {
				continue
			}
			key = q.key(key[:0], s, r)
			g := at[string(key)]
			if g == nil {
				g = &group{norms: q.between(s, r)}
				at[string(key)] = g
				q.parts = append(q.parts, g)
			}
			g.pairs = append(g.pairs, pair{int32(s), int32(r)})
		}
	}
	return q.parts
}

// termsUnder lists the clauses of some instruments that say what may be passed
// on, without those that are there already.
func (q *question) termsUnder(under map[string]bool, but []int) []int {
	if len(under) == 0 {
		return nil
	}
	var out []int
	for i := range q.norms {
		n := &q.norms[i]
		if _, there := slices.BinarySearch(but, i); under[n.doc.ID] && !there && (n.terms() || n.clause == nil) {
			out = append(out, i)
		}
	}
	return out
}

func (q *question) speaks(p pair, want bits) bool {
	for i, w := range want {
		if w&q.from[p.from][i]&q.to[p.to][i] != 0 {
			return true
		}
	}
	return false
}

// between lists the norms that speak of a pair.
func (q *question) between(s, r int) []int {
	var out []int
	for i := range q.from[s] {
		for w := q.from[s][i] & q.to[r][i]; w != 0; w &= w - 1 {
			out = append(out, i*64+mathbits.TrailingZeros64(w))
		}
	}
	return out
}

// key is equal for two pairs the same norms speak of in the same way.
func (q *question) key(b []byte, s, r int) []byte {
	for i := range q.from[s] {
		b = binary.LittleEndian.AppendUint64(b, q.from[s][i]&q.to[r][i])
	}
	flag := func(v bool) {
		if v {
			b = append(b, 1)
		} else {
			b = append(b, 0)
		}
	}
	for _, l := range q.laws {
		for _, d := range l.Instruments {
			if len(d.Jurisdictions) > 0 { // whom a statute binds besides the sender decides which law prevails
				flag(slices.Contains(d.Jurisdictions, q.u.recipients[r].Jurisdiction))
			}
		}
	}
	from, to := string(q.u.senders[s].ID), string(q.u.recipients[r].ID)
	for _, n := range q.origin {
		o := q.norms[n].meaning.When.Origin
		for _, w := range slices.Concat(o.In, o.NotIn) {
			flag(w == from)
			flag(w == to)
		}
	}
	for _, n := range q.listed {
		flag(slices.Contains(q.norms[n].onward.To, to))
	}
	return b
}

// slice is one law cut down to the norms that speak of a group: what the engine
// decides in it is what it decides in the whole. less is a norm to leave out.
func (q *question) slice(side int, g *group, less int) decision.Law {
	law := decision.Law{Transforms: q.laws[side].Transforms, Ranks: q.laws[side].Ranks}
	keep := map[*instrument.Instrument]map[string]bool{}
	var order []*instrument.Instrument
	for _, i := range slices.Concat(g.norms, g.outside) {
		n := &q.norms[i]
		d := n.docs[side]
		if d == nil {
			continue
		}
		if keep[d] == nil {
			keep[d] = map[string]bool{}
			order = append(order, d)
		}
		if n.clause != nil {
			keep[d][n.stands] = true
		}
	}
	for _, d := range order {
		c := *d
		withParents(d, keep[d])
		c.Clauses = nil
		for _, cl := range d.Clauses {
			if !keep[d][cl.ID] {
				continue
			}
			if less >= 0 && q.norms[less].doc == d && q.norms[less].stands == cl.ID {
				silence(&cl)
			}
			c.Clauses = append(c.Clauses, cl)
		}
		law.Instruments = append(law.Instruments, &c)
	}
	return law
}

// withParents adds the clauses that those kept are exceptions to.
func withParents(d *instrument.Instrument, keep map[string]bool) {
	for changed := true; changed; {
		changed = false
		for i := range d.Clauses {
			c := &d.Clauses[i]
			if !keep[c.ID] {
				continue
			}
			for _, p := range c.Exceptions() {
				if !keep[p] {
					keep[p], changed = true, true
				}
			}
		}
	}
}

// silence makes a clause one that never matched and never will, and on which no
// terms rest. Its exceptions keep their place.
func silence(c *instrument.Clause) {
	c.InForce = &instrument.InForce{From: time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)}
	c.Onward = nil
	if c.Act == onwardShare {
		c.Act = "consult"
	}
}

// single reports whether only one version of an instrument is in each law.
func (q *question) single(d *instrument.Instrument) bool { return !q.several[d.ID] }

// uniform reports whether the same law applies between all pairs of a group
// without asking: none of its instruments has parties, so that where one of them
// binds the others do.
func (q *question) uniform(g *group) bool {
	return !slices.ContainsFunc(g.norms, func(n int) bool { return len(q.norms[n].doc.Parties) > 0 })
}
