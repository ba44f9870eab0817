package decision

import (
	"slices"

	"entente/privacy"
)

// Options widen a question without changing its answer.
type Options struct {
	Alternatives []Actor // other recipients, to be named when they could have it
}

// Decide answers one question with everything that led to the answer.
func (e *Engine) Decide(r Request) Decision { return e.DecideWith(r, Options{}) }

// DecideWith is [Engine.Decide] with options.
func (e *Engine) DecideWith(r Request, o Options) Decision {
	r = tidy(r)
	return e.decide(&r, e.between(&r, &r.Recipient), o)
}

// DecideAll answers one question for many recipients, in their order. It
// decides once for each class of recipients to whom the same norms apply; every
// decision equals the one made alone. Decisions of one class share their
// slices: do not change them.
func (e *Engine) DecideAll(r Request, recipients []Actor) []Decision {
	r = tidy(r)
	out := make([]Decision, len(recipients))
	classes := make(map[string]class, len(recipients))
	for i, to := range recipients {
		r.Recipient = to
		p := e.between(&r, &to)
		key := p.class()
		c, seen := classes[key]
		if !seen || len(r.Subject.ReceivedUnder) > 0 { // those terms may name recipients
			out[i] = e.decide(&r, p, Options{})
			classes[key] = class{first: i, notUsed: len(p.notUsed)}
			continue
		}
		out[i] = out[c.first]
		out[i].Request.Recipient = to
		// Why an instrument is not in force names the two it is not in force between.
		out[i].NotUsed = slices.Concat(p.notUsed, out[c.first].NotUsed[c.notUsed:])
	}
	return out
}

// class is the first decision of a class, and how many of its instruments not
// used are so for reasons of the pair.
type class struct{ first, notUsed int }

// tidy gives a request the form it is logged in.
func tidy(r Request) Request {
	if r.Act == "" {
		r.Act = share
	}
	r.At = r.At.UTC()
	return r
}

// decider is one question on its way to an answer.
type decider struct {
	e     *Engine
	q     *Query
	terms terms
	cands []uint32
	forms []form
	v     viewer
}

func (e *Engine) newDecider(q *Query) *decider {
	d := &decider{e: e, q: q, cands: e.candidates(q, nil)}
	if q.onward {
		d.terms = e.terms(q)
	}
	return d
}

// view looks at one form of the object and settles what stands.
func (d *decider) view(has uint64, lenient bool) ruling {
	d.v = viewer{
		e: d.e, q: d.q, look: d.e.looking(has), closed: d.q.pair.closed, scope: -1,
		hits: d.v.hits[:0], inside: d.v.inside[:0], trace: d.v.trace,
	}
	for _, n := range d.cands {
		d.v.see(n)
	}
	return d.v.settle(lenient)
}

func (d *decider) lawful(has uint64, lenient bool) bool {
	g := d.view(has, lenient)
	return !g.blocked()
}

// finding is an outcome and the form it is about, without the reasons.
type finding struct {
	outcome  Outcome
	form     form
	conflict bool // referred because exceptions contradict each other
}

func (d *decider) find() finding {
	a := finding{outcome: Deny, form: form{has: d.q.has}}
	if d.q.shut != "" || len(d.terms.refused) > 0 {
		return a
	}
	f, ok := d.search(false)
	if !ok {
		if d.e.conflicts {
			if _, ok = d.search(true); ok {
				a.outcome, a.conflict = Refer, true
			}
		}
		return a
	}
	a.form, a.outcome = f, Permit
	if f.used != 0 {
		a.outcome = Transform
	}
	if g := d.view(f.has, false); len(d.terms.ask) > 0 || g.burdened && d.v.asksPerson() {
		a.outcome = Refer
	}
	return a
}

// rank orders outcomes by how much they let through.
func (o Outcome) rank() int {
	return slices.Index([]Outcome{Deny, Refer, Transform, Permit}, o)
}

func (a finding) better(b finding) bool {
	if a.outcome != b.outcome {
		return a.outcome.rank() > b.outcome.rank()
	}
	return a.outcome != Deny && a.form.cost < b.form.cost
}

func (e *Engine) decide(r *Request, p Pair, o Options) Decision {
	var q Query
	e.prepare(r, p, &q)
	d := e.newDecider(&q)
	d.v.trace = true
	f := d.find()
	out := Decision{Request: *r, Outcome: f.outcome, Engine: EngineVersion, NotUsed: p.NotUsed()}
	x := explainer{decider: d, out: &out, finding: f}
	x.explain()
	if f.outcome != Permit && q.shut == "" {
		out.WhatIf = x.whatIf(r, o)
	}
	return out
}

// categoriesOf names the categories of a form, sorted.
func (d *decider) categoriesOf(has uint64) []privacy.Category {
	out := slices.Clone(d.q.others)
	for i, name := range d.e.vocabulary.names {
		if has&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (d *decider) ids(used uint64) []string {
	var out []string
	for i := range d.e.catalogue {
		if used&(1<<i) != 0 {
			out = append(out, d.e.catalogue[i].id)
		}
	}
	return out
}

// without is the form made by the same transformations less one.
func (d *decider) without(used uint64, less int) uint64 {
	has := d.q.has
	for i := range d.e.catalogue {
		if i != less && used&(1<<i) != 0 {
			has = d.e.catalogue[i].apply(has)
		}
	}
	return has
}
