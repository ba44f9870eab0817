package decision_test

import (
	"maps"
	"slices"
	"time"

	"entente/decision"
	"entente/instrument"
	"entente/privacy"
)

// naive is DECISION.md written down with loops, for the laws random_test.go
// makes: no bitset, no index, no memory, and nothing shared with the engine but
// the types. It knows no safeguards, onward terms, definitions or norms; those
// have tests of their own.
type naive struct {
	law decision.Law
	req decision.Request
}

// counts is the three-valued answer of step 2.
type counts int

const (
	not counts = iota
	perhaps
	surely
)

func both(a, b counts) counts { return min(a, b) }

// judgement is what the law says of one form of the object.
type judgement struct {
	open       bool
	prohibited bool
	matched    []string // "instrument/clause" of every clause that matched
}

// decide is the whole procedure: the object as it is, then the cheapest form
// that is lawful.
func (n naive) decide() (decision.Outcome, int) {
	if n.req.Subject.Closed != "" {
		return decision.Deny, 0
	}
	best := -1
	transforms := slices.Clone(n.law.Transforms)
	slices.SortFunc(transforms, func(a, b privacy.Transform) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	for set := range 1 << len(transforms) {
		cost := 0
		form := slices.Clone(n.req.Subject.Categories)
		for i, t := range transforms {
			if set&(1<<i) != 0 {
				cost += t.Cost
				form = apply(t, form)
			}
		}
		if (best < 0 || cost < best) && n.judge(form).open {
			best = cost
		}
	}
	switch {
	case best < 0:
		return decision.Deny, 0
	case n.judge(n.req.Subject.Categories).open:
		return decision.Permit, 0
	}
	return decision.Transform, best
}

func apply(t privacy.Transform, form []privacy.Category) []privacy.Category {
	out := map[privacy.Category]bool{}
	for _, c := range form {
		to, mapped := t.Maps[c]
		switch {
		case !mapped:
			out[c] = true
		case to != "":
			out[to] = true
		}
	}
	return slices.Sorted(maps.Keys(out))
}

// clause is a clause that matched, with what decides its fate.
type clause struct {
	in   *instrument.Instrument
	c    *instrument.Clause
	sure bool
}

// judge applies steps 1 to 5 to one form.
func (n naive) judge(form []privacy.Category) judgement {
	closed := map[string]bool{"cooperation": true}
	var hits []clause
	for _, in := range n.inForce() {
		scope := surely
		if in.AppliesWhen != nil {
			scope = n.matches(in.AppliesWhen, form, true)
		}
		if scope == not {
			continue
		}
		if in.Default == instrument.Prohibit {
			closed[in.Regime] = true
		}
		hits = append(hits, n.clausesOf(in, form, scope)...)
	}
	j := judgement{}
	for _, h := range hits {
		j.matched = append(j.matched, h.in.ID+"/"+h.c.ID)
	}
	opened := map[string]bool{}
	lacking := false
	for _, h := range hits {
		if n.defeated(h, hits, form) {
			continue
		}
		met := n.met(h.c, form)
		switch h.c.Modality {
		case instrument.Permission:
			if h.sure && met && len(h.c.ExceptionTo) == 0 {
				opened[h.in.Regime] = true
			}
		case instrument.Prohibition:
			j.prohibited = j.prohibited || !n.outranked(h, hits, form)
		case instrument.Obligation:
			if h.c.Act != n.req.Act {
				continue
			}
			lacking = lacking || !met
			if h.sure && met && h.c.Grants != "" {
				opened[h.c.Grants] = true
			}
		}
	}
	j.open = !j.prohibited && !lacking
	for regime := range closed {
		j.open = j.open && opened[regime]
	}
	return j
}

// inForce is step 1: the instruments that bind between the two at the instant,
// a superseded version giving way to one that is itself in force.
func (n naive) inForce() []*instrument.Instrument {
	var out []*instrument.Instrument
	for _, in := range n.law.Instruments {
		s := in.Status(n.req.Sender.ID, n.req.Recipient.ID, n.req.Sender.Jurisdiction, n.req.At)
		if s.InForce {
			out = append(out, in)
		}
	}
	return out
}

func (n naive) clausesOf(in *instrument.Instrument, form []privacy.Category, scope counts) []clause {
	s := in.Status(n.req.Sender.ID, n.req.Recipient.ID, n.req.Sender.Jurisdiction, n.req.At)
	var out []clause
	for i := range in.Clauses {
		c := &in.Clauses[i]
		if _, reserved := s.Excluded[c.ID]; reserved || !operative(c, n.req.At) {
			continue
		}
		if c.Modality != instrument.Obligation && c.Act != n.req.Act {
			continue
		}
		if m := both(scope, n.matches(&c.When, form, false)); m != not {
			out = append(out, clause{in, c, m == surely})
		}
	}
	return out
}

func operative(c *instrument.Clause, at time.Time) bool {
	f := c.InForce
	return f == nil || !at.Before(f.From) && (f.Until.IsZero() || at.Before(f.Until))
}

// matches is step 2. Of a scope, what may be personal is in.
func (n naive) matches(w *instrument.When, form []privacy.Category, scope bool) counts {
	r := n.req
	if len(w.Type) > 0 && !slices.Contains(w.Type, r.Subject.Type) ||
		len(w.Purpose) > 0 && !slices.Contains(w.Purpose, r.Purpose) ||
		len(w.RecipientKind) > 0 && !slices.Contains(w.RecipientKind, r.Recipient.Kind) ||
		len(w.Recipient) > 0 && !slices.Contains(w.Recipient, r.Recipient.ID) ||
		!within(w.RecipientJurisdiction, r.Recipient.Jurisdiction) ||
		!within(w.SenderJurisdiction, r.Sender.Jurisdiction) ||
		w.TLP != nil && (r.Subject.TLP < w.TLP.Min || r.Subject.TLP > w.TLP.Max) {
		return not
	}
	answer := surely
	if w.Categories != nil {
		answer = categories(w.Categories, form, scope)
	}
	for name, want := range w.Facts {
		value, known := r.Facts[name]
		switch {
		case !known:
			answer = both(answer, perhaps)
		case value != (want == instrument.IsTrue):
			return not
		}
	}
	return answer
}

func within(s *instrument.Set, word string) bool {
	return s == nil || (len(s.In) == 0 || slices.Contains(s.In, word)) && !slices.Contains(s.NotIn, word)
}

// personal is what unclassified data may turn out to be.
func personal(c privacy.Category) bool {
	switch c {
	case privacy.PersonalContact, privacy.PersonalIdentifier, privacy.PersonalPseudonymous, privacy.PersonalSpecial:
		return true
	default:
		return false
	}
}

func categories(s *instrument.CategorySet, form []privacy.Category, scope bool) counts {
	unclassified := slices.Contains(form, privacy.Unclassified)
	answer := surely
	for _, c := range form {
		if len(s.Within) > 0 && !slices.Contains(s.Within, c) || slices.Contains(s.None, c) {
			return not
		}
	}
	if unclassified && slices.ContainsFunc(s.None, personal) {
		answer = perhaps
	}
	if len(s.Any) == 0 || slices.ContainsFunc(s.Any, func(c privacy.Category) bool { return slices.Contains(form, c) }) {
		return answer
	}
	switch {
	case !unclassified || !slices.ContainsFunc(s.Any, personal):
		return not
	case scope:
		return answer
	}
	return perhaps
}

// met reports whether the form has nothing left in it that the clause requires
// to be gone.
func (n naive) met(c *instrument.Clause, form []privacy.Category) bool {
	return !slices.ContainsFunc(c.Requires, func(q instrument.Requirement) bool {
		return slices.Contains(form, q.Without) || slices.Contains(form, privacy.Unclassified) && personal(q.Without)
	})
}

// defeated is step 3: an exception that applies, and is not itself defeated,
// sets its parent aside.
func (n naive) defeated(h clause, hits []clause, form []privacy.Category) bool {
	return slices.ContainsFunc(hits, func(e clause) bool {
		if e.in != h.in || !slices.Contains(e.c.ExceptionTo, h.c.ID) || n.defeated(e, hits, form) {
			return false
		}
		if e.c.Modality == instrument.Permission {
			return e.sure && n.met(e.c, form)
		}
		return true
	})
}

// outranked is step 4 for laws whose instruments of one regime bind the same
// circle from different days: explicit words, then rank, then the later text.
func (n naive) outranked(h clause, hits []clause, form []privacy.Category) bool {
	if len(h.c.ExceptionTo) > 0 {
		return false
	}
	return slices.ContainsFunc(hits, func(o clause) bool {
		if o.c.Modality != instrument.Permission || len(o.c.ExceptionTo) > 0 || o.in == h.in || o.in.Regime != h.in.Regime ||
			!o.sure || !n.met(o.c, form) || n.defeated(o, hits, form) {
			return false
		}
		first, second := putFirst(o.in, h.in), putFirst(h.in, o.in)
		switch {
		case first != second:
			return first
		case o.in.Rank != 0 && h.in.Rank != 0 && o.in.Rank != h.in.Rank:
			return o.in.Rank > h.in.Rank
		}
		return o.in.InForce.From.After(h.in.InForce.From)
	})
}

func putFirst(a, b *instrument.Instrument) bool {
	return slices.Contains(a.Precedence.PrevailsOver, b.ID) || slices.Contains(b.Precedence.SubjectTo, a.ID)
}
