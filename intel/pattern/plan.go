package pattern

import (
	"cmp"
	"math"
	"slices"
)

// bound is the end of an interval of time; open means "just before".
type bound struct {
	instant
	open bool
}

func (b bound) compare(c bound) int {
	order := b.instant.compare(c.instant)
	if order == 0 && b.open != c.open {
		order = 1
		if b.open {
			order = -1
		}
	}
	return order
}

// entry says that an observation passes a test, and when it can have been.
type entry struct {
	observation int
	first, last bound // first is never open
}

// plan is an expression with the observations that can take its places: a
// *places, an *every, an *either, a *sequence or a *window.
type plan interface {
	// hopeless reports that the plan cannot be met under a limit. False says
	// nothing.
	hopeless(l limit) bool

	// needs is how many observations the plan takes at least.
	needs() int64
}

// places want a number of observations out of some.
type places struct {
	entries []entry
	wanted  int64

	firsts, lasts []mark // in order of time, with how many observations there are up to it
}

type mark struct {
	at   bound
	upTo int64 // number_observed included
}

type (
	every struct { // all of them, with different observations
		of    []plan
		least int64
	}
	either struct { // one of them
		of    []plan
		least int64
	}
	sequence struct { // all of a at or before all of b
		a, b  plan
		least int64
	}
	window struct { // all within a length of time
		of plan
		d  span
	}
)

// clip is what START and STOP leave of all time. No bound is none.
type clip struct{ start, stop *bound }

func (c clip) with(start, stop instant) clip {
	from, until := &bound{instant: start}, &bound{stop, true}
	if c.start != nil && c.start.compare(*from) > 0 {
		from = c.start
	}
	if c.stop != nil && c.stop.compare(*until) < 0 {
		until = c.stop
	}
	return clip{from, until}
}

// planner makes the plan of a pattern for given observations.
type planner struct {
	*budget
	observed   []Observed
	predicates map[*Comparison]predicate

	looks    []look
	entries  []entry // of each observation, before any test
	capacity []int64 // of each observation, how many places it can take
}

func (b *planner) intervals() error {
	b.looks = make([]look, len(b.observed))
	b.entries = make([]entry, len(b.observed))
	b.capacity = make([]int64, len(b.observed))
	for i := range b.observed {
		o := &b.observed[i]
		first, last, err := o.interval()
		if err != nil {
			return err
		}
		b.looks[i] = look{budget: b.budget, on: o, predicates: b.predicates}
		b.entries[i] = entry{i, bound{instant: first}, bound{instant: last}}
		b.capacity[i] = int64(o.Number)
	}
	return nil
}

func (b *planner) plan(e Expr, c clip) (plan, error) {
	switch e := e.(type) {
	case *Observation:
		return b.observation(e, c)
	case *Qualified:
		return b.qualified(e, c)
	case *Join:
		of := make([]plan, len(e.Of))
		for i := range e.Of {
			var err error
			if of[i], err = b.plan(e.Of[i], c); err != nil {
				return nil, err
			}
		}
		switch e.Op {
		case And:
			return everyOf(of), nil
		case Or:
			return b.eitherOf(of), nil
		default:
			p := of[len(of)-1]
			for _, a := range slices.Backward(of[:len(of)-1]) {
				p = &sequence{a, p, sum(a.needs(), p.needs())}
			}
			return p, nil
		}
	}
	return nil, nil
}

// observation finds what passes a test at a time that is left.
func (b *planner) observation(o *Observation, c clip) (plan, error) {
	p := &places{wanted: 1}
	for i, e := range b.entries {
		if c.start != nil {
			if e.first.compare(*c.start) < 0 {
				e.first = *c.start
			}
			if c.stop.compare(e.last) < 0 {
				e.last = *c.stop
			}
			if e.first.compare(e.last) > 0 {
				continue
			}
		}
		passes, err := b.looks[i].passes(o.Test)
		if err != nil {
			return nil, err
		}
		if passes {
			p.entries = append(p.entries, e)
		}
	}
	b.sort(p)
	return p, nil
}

func (b *planner) sort(p *places) {
	p.firsts = b.marks(p.entries, func(e entry) bound { return e.first })
	p.lasts = b.marks(p.entries, func(e entry) bound { return e.last })
}

func (b *planner) marks(entries []entry, at func(entry) bound) []mark {
	marks := make([]mark, len(entries))
	for i, e := range entries {
		marks[i] = mark{at(e), b.capacity[e.observation]}
	}
	slices.SortStableFunc(marks, func(x, y mark) int { return x.at.compare(y.at) })
	for i := 1; i < len(marks); i++ {
		marks[i].upTo += marks[i-1].upTo
	}
	return marks
}

// qualified applies qualifiers from the inside out. START and STOP say when
// each observation inside can have been; the order in which they stand among
// the others makes no difference.
func (b *planner) qualified(e *Qualified, c clip) (plan, error) {
	for _, q := range e.By {
		if q.Kind == StartStop {
			start, _ := instantOf(q.Start) // Compile has read both
			stop, _ := instantOf(q.Stop)
			c = c.with(start, stop)
		}
	}
	p, err := b.plan(e.Of, c)
	if err != nil {
		return nil, err
	}
	for _, q := range e.By {
		switch q.Kind {
		case Repeats:
			if p, err = b.repeated(p, int64(q.Times)); err != nil {
				return nil, err
			}
		case Within:
			p = &window{p, spanOf(q.Seconds)}
		case StartStop:
		}
	}
	return p, nil
}

// eitherOf makes one choice of several. Choices of one observation each are one
// choice among more observations.
func (b *planner) eitherOf(of []plan) plan {
	single := &places{wanted: 1}
	var rest []plan
	for _, p := range of {
		if one, ok := p.(*places); ok && one.wanted == 1 {
			single.entries = append(single.entries, one.entries...)
		} else {
			rest = append(rest, p)
		}
	}
	slices.SortFunc(single.entries, func(x, y entry) int {
		return cmp.Or(cmp.Compare(x.observation, y.observation), x.first.compare(y.first), x.last.compare(y.last))
	})
	single.entries = slices.Compact(single.entries)
	if rest == nil {
		b.sort(single)
		return single
	}
	if single.entries != nil {
		b.sort(single)
		rest = append([]plan{single}, rest...)
	}
	p := &either{rest, math.MaxInt64}
	for _, of := range rest {
		p.least = min(p.least, of.needs())
	}
	return p
}

func everyOf(of []plan) plan {
	p := &every{of: of}
	for _, part := range of {
		p.least = sum(p.least, part.needs())
	}
	return p
}

func (p *places) needs() int64   { return p.wanted }
func (p *every) needs() int64    { return p.least }
func (p *either) needs() int64   { return p.least }
func (p *sequence) needs() int64 { return p.least }
func (p *window) needs() int64   { return p.of.needs() }

// copyCost is what a copy of a plan costs in steps, for its memory.
const copyCost = 32

// repeated wants a plan n times. For AND that is each part n times; what
// depends on time or on a choice is copied.
func (b *planner) repeated(p plan, n int64) (plan, error) {
	switch p := p.(type) {
	case *places:
		times := *p
		times.wanted = saturated(p.wanted, n)
		return &times, nil
	case *every:
		times := make([]plan, len(p.of))
		for i, of := range p.of {
			var err error
			if times[i], err = b.repeated(of, n); err != nil {
				return nil, err
			}
		}
		return everyOf(times), nil
	}
	if err := b.spend(int(n) * copyCost); err != nil {
		return nil, err
	}
	return everyOf(slices.Repeat([]plan{p}, int(n))), nil
}

// sum and saturated do not overflow.
func sum(a, b int64) int64 { return min(a, math.MaxInt64-b) + b }

func saturated(a, b int64) int64 {
	if a > math.MaxInt64/b {
		return math.MaxInt64
	}
	return a * b
}
