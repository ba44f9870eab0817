package decision

import (
	"math/bits"
	"slices"

	"entente/instrument"
	"entente/intel"
	"entente/privacy"
)

// Query is a request whose words have been looked up in the law, ready to be
// judged. It is read-only after [Engine.Prepare].
type Query struct {
	pair                          Pair
	objectType, purpose, act, tlp []uint64
	actName                       string
	has                           uint64
	others                        []privacy.Category // words the law never mentions, behind the foreign bit
	facts                         []truth
	pap                           intel.PAP
	origin                        string
	received                      []string
	hops                          int
	onward                        bool   // received from somebody else: the terms it came with bind
	shut                          string // why nobody may have it
}

// Match is one clause that matched. What it came to is in the explanation of
// [Engine.Decide].
type Match struct {
	rule    uint32
	by      uint32 // what defeated it
	certain bool
	settled bool
	lost    bool // an exception that yields to a stronger one
	fate    fate
}

// Certain is false when an unknown fact or an unclassified category keeps the
// clause from matching for sure: a prohibition or a duty counts nevertheless,
// a permission does not.
func (m Match) Certain() bool { return m.certain }

// fate is what became of a clause that matched.
type fate uint8

const (
	stands    fate = iota
	excepted       // an exception of its own instrument applies
	outranked      // a clause of another instrument prevails
	unmet          // something it requires is missing
)

// Verdict is the answer on the object as it is, without looking for a form that
// would do: [Permit], [Refer] or [Deny].
type Verdict struct {
	Outcome    Outcome
	Prohibited bool    // a clause prohibits; otherwise a deny means that nothing permits
	Matched    []Match // every clause that matches, in the caller's buffer
}

// Clause names the clause of a match.
func (e *Engine) Clause(m Match) ClauseRef { return e.ref(m.rule) }

// Prepare looks up the words of a request into q, whatever it held before.
func (e *Engine) Prepare(r *Request, q *Query) {
	e.prepare(r, e.between(r, &r.Recipient), q)
}

func (e *Engine) prepare(r *Request, p Pair, q *Query) {
	s, m := &r.Subject, &e.matchers
	*q = Query{
		pair: p, objectType: m.objectType.bits(s.Type), purpose: m.purpose.bits(r.Purpose),
		tlp: m.tlp[min(s.TLP, intel.Red)], actName: r.Act, pap: min(s.PAP, intel.PAPRed),
		origin: string(s.Origin), received: s.ReceivedUnder, hops: s.Hops, shut: s.Closed,
		onward: len(s.ReceivedUnder) > 0 && s.Origin != r.Sender.ID,
		facts:  e.nothingKnown, act: m.share,
	}
	if q.actName == "" {
		q.actName = share
	}
	if q.actName != share {
		q.act = m.act.bits(q.actName)
	}
	for _, c := range s.Categories {
		b, ok := e.vocabulary.categories[c]
		if !ok {
			b = foreign
			q.others = append(q.others, c)
		}
		q.has |= b
	}
	if len(r.Facts) > 0 {
		q.facts = make([]truth, len(e.nothingKnown))
	}
	for f, v := range r.Facts {
		if i, ok := e.vocabulary.facts[f]; ok {
			q.facts[i] = isFalse
			if v {
				q.facts[i] = isTrue
			}
		}
	}
}

const share = "share"

// looking adds what unclassified data may be.
func (e *Engine) looking(has uint64) look {
	l := look{has: has}
	if has&unclassified != 0 {
		l.may = e.vocabulary.personal
	}
	return l
}

// Judge answers on the object as it is. It appends every clause that matches to
// buf[:0] and allocates nothing when buf is large enough.
func (e *Engine) Judge(q *Query, buf []Match) Verdict {
	v := viewer{e: e, q: q, look: e.looking(q.has), closed: q.pair.closed, hits: buf[:0], scope: -1}
	typ, purpose, tlp, act := q.objectType, q.purpose, q.tlp, q.act
	for i := range q.pair.words {
		w := &q.pair.words[i]
		set := w.bits & typ[w.at] & purpose[w.at] & tlp[w.at] & act[w.at]
		for ; set != 0; set &= set - 1 {
			v.see(w.at<<6 | uint32(bits.TrailingZeros64(set))) //nolint:gosec // G115: at most 63
		}
	}
	return v.verdict()
}

// Fan is one object looked up for many recipients: what does not depend on the
// recipient is matched once.
type Fan struct {
	q    Query
	bits []uint64
}

// Fan prepares a request, whose recipient is ignored, for [Engine.JudgeIn].
func (e *Engine) Fan(r Request) Fan {
	f := Fan{bits: make([]uint64, e.words)}
	e.prepare(&r, Pair{}, &f.q)
	for w := range f.bits {
		f.bits[w] = f.q.objectType[w] & f.q.purpose[w] & f.q.tlp[w] & f.q.act[w]
	}
	return f
}

// JudgeIn answers for the recipient of one pair, as [Engine.Judge] does.
func (e *Engine) JudgeIn(f *Fan, p Pair, buf []Match) Verdict {
	f.q.pair = p
	v := viewer{e: e, q: &f.q, look: e.looking(f.q.has), closed: p.closed, hits: buf[:0], scope: -1}
	for i := range p.words {
		w := &p.words[i]
		for set := w.bits & f.bits[w.at]; set != 0; set &= set - 1 {
			v.see(w.at<<6 | uint32(bits.TrailingZeros64(set))) //nolint:gosec // G115: at most 63
		}
	}
	return v.verdict()
}

func (v *viewer) verdict() Verdict {
	g := v.settle(false)
	out := Verdict{Outcome: Deny, Prohibited: g.prohibited, Matched: v.hits}
	if v.q.shut != "" || g.blocked() {
		return out
	}
	out.Outcome = Permit
	if v.q.onward {
		t := v.e.terms(v.q)
		if len(t.refused) > 0 {
			out.Outcome = Deny
			return out
		}
		if len(t.ask) > 0 {
			out.Outcome = Refer
		}
	}
	if g.burdened && v.asksPerson() {
		out.Outcome = Refer
	}
	return out
}

// viewer collects the clauses that match one form of an object.
type viewer struct {
	e      *Engine
	q      *Query
	look   look
	closed uint64
	hits   []Match
	scope  int64 // the instrument whose scope rule matched last, or -1
	sure   bool  // whether it matched for sure
	inside []uint32
	trace  bool // keep inside
}

// see looks at one rule. Rules come in ascending order, so the scope rule of an
// instrument is seen just before its clauses.
func (v *viewer) see(n uint32) {
	r := &v.e.rules[n]
	scopeSure := true
	if r.scoped {
		if v.scope != int64(r.inst) {
			return
		}
		scopeSure = v.sure
	}
	a := r.fit(v.q, v.look)
	if a == no {
		return
	}
	if r.kind == kindScope {
		v.scope, v.sure = int64(r.inst), a == yes
		if d := v.e.insts[r.inst].doc; d.Binding && d.Default == instrument.Prohibit {
			v.closed |= r.regime
		}
		if v.trace {
			v.inside = append(v.inside, r.inst)
		}
		return
	}
	v.hits = append(v.hits, Match{rule: n, certain: a == yes && scopeSure})
}

// candidates lists the rules that match whatever the categories and the facts
// are: where the search for a lawful form starts.
func (e *Engine) candidates(q *Query, into []uint32) []uint32 {
	into = into[:0]
	for _, w := range q.pair.words {
		rulesOf(w.at, w.bits&q.objectType[w.at]&q.purpose[w.at]&q.tlp[w.at]&q.act[w.at], func(r uint32) {
			into = append(into, r)
		})
	}
	return into
}

// wouldMatch reports whether a rule that a reservation takes out would match
// the object.
func (e *Engine) wouldMatch(q *Query, n uint32, l look) bool {
	for _, b := range [...][]uint64{q.objectType, q.purpose, q.tlp, q.act} {
		if b[n>>6]&(1<<(n&63)) == 0 {
			return false
		}
	}
	return e.rules[n].fit(q, l) != no
}

func (e *Engine) ref(n uint32) ClauseRef {
	r := &e.rules[n]
	return ClauseRef{Instrument: e.insts[r.inst].doc.ID, Clause: r.clause.ID, Cite: r.clause.Cite}
}

// contains reports whether sorted s has v.
func contains(s []uint32, v uint32) bool {
	_, ok := slices.BinarySearch(s, v)
	return ok
}
