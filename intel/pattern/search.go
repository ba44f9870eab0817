package pattern

import (
	"cmp"
	"slices"
	"sort"
)

// limit says when the observations that meet a plan can have been: begun by
// latest, and not over before earliest. No bound is no limit.
type limit struct{ latest, earliest *bound }

func (l limit) begunBy(b bound) limit {
	if l.latest == nil || b.compare(*l.latest) < 0 {
		l.latest = &b
	}
	return l
}

func (l limit) notOverBefore(b bound) limit {
	if l.earliest == nil || b.compare(*l.earliest) > 0 {
		l.earliest = &b
	}
	return l
}

func (l limit) allows(e entry) bool {
	return (l.latest == nil || e.first.compare(*l.latest) <= 0) && (l.earliest == nil || e.last.compare(*l.earliest) >= 0)
}

// upTo counts the observations whose mark is at or before b.
func upTo(marks []mark, b bound, included bool) int64 {
	i := sort.Search(len(marks), func(i int) bool {
		order := marks[i].at.compare(b)
		return order > 0 || order == 0 && !included
	})
	if i == 0 {
		return 0
	}
	return marks[i-1].upTo
}

// hopeless counts what begins too late and what is over too early. An
// observation is both only when the limits cross, and then the count is a bound
// all the same.
func (p *places) hopeless(l limit) bool {
	if len(p.entries) == 0 {
		return true
	}
	total := p.firsts[len(p.firsts)-1].upTo
	begun, over := total, int64(0)
	if l.latest != nil {
		begun = upTo(p.firsts, *l.latest, true)
	}
	if l.earliest != nil {
		over = upTo(p.lasts, *l.earliest, false)
	}
	if l.latest != nil && l.earliest != nil && l.earliest.compare(*l.latest) > 0 {
		return min(begun, total-over) < p.wanted
	}
	return begun-over < p.wanted
}

func (p *every) hopeless(l limit) bool {
	return slices.ContainsFunc(p.of, func(of plan) bool { return of.hopeless(l) })
}

func (p *either) hopeless(l limit) bool {
	return !slices.ContainsFunc(p.of, func(of plan) bool { return !of.hopeless(l) })
}

func (p *sequence) hopeless(l limit) bool { return p.a.hopeless(l) || p.b.hopeless(l) }
func (p *window) hopeless(l limit) bool   { return p.of.hopeless(l) }

// task is a list of plans still to be met, each under its limit.
type task struct {
	plan plan
	limit
	from int // the first choice to try
	next *task
}

// after is what is to be done once a plan has made a choice. Copies of one plan
// are alike, so that the next one need not try what comes before.
func (t *task) after(choice int) *task {
	if n := t.next; n != nil && n.plan == t.plan && n.limit == t.limit {
		return &task{n.plan, n.limit, choice, n.next}
	}
	return t.next
}

// claim is a list of places still to be filled.
type claim struct {
	*places
	limit
	next *claim

	tried, possible bool // whether this one and the next can all be filled
}

// search looks for observations that meet a plan. Every condition on time
// becomes the choice of one point in time, from the finite number of points
// that can matter, after which each observation is allowed in a place or not
// (DESIGN.md). What remains is an assignment problem.
type search struct {
	*budget
	capacity []int64
	spare    int64 // observations that are not needed by what is still to be met
	bound    []int

	firsts, lasts map[plan][]bound // what times has found
}

// solve meets all tasks and fills all claims.
func (s *search) solve(todo *task, claims *claim) (bool, error) {
	if todo == nil {
		return s.fill(claims)
	}
	l, rest := todo.limit, todo.next
	if err := s.spend(1); err != nil || todo.plan.hopeless(l) {
		return false, err
	}
	switch p := todo.plan.(type) {
	case *places:
		return s.solve(rest, &claim{places: p, limit: l, next: claims})
	case *every:
		for _, of := range slices.Backward(p.of) {
			rest = &task{plan: of, limit: l, next: rest}
		}
		if err := s.spend(len(p.of)); err != nil {
			return false, err
		}
		return s.solve(rest, claims)
	}
	if promising, err := s.promising(claims); !promising || err != nil {
		return false, err
	}
	switch p := todo.plan.(type) {
	case *either:
		return s.either(p, todo, claims)
	case *sequence:
		return s.sequence(p, todo, claims)
	case *window:
		return s.window(p, todo, claims)
	default:
		return false, nil
	}
}

// either tries each of the choices that leave enough observations for the rest.
func (s *search) either(p *either, todo *task, claims *claim) (bool, error) {
	for i := todo.from; i < len(p.of); i++ {
		more := p.of[i].needs() - p.needs()
		if more > s.spare {
			continue
		}
		s.spare -= more
		found, err := s.solve(&task{plan: p.of[i], limit: todo.limit, next: todo.after(i)}, claims)
		s.spare += more
		if found || err != nil {
			return found, err
		}
	}
	return false, nil
}

// sequence tries each time by which all of a can have begun and before which
// none of b may be over. Later is worse for b.
func (s *search) sequence(p *sequence, todo *task, claims *claim) (bool, error) {
	times, err := s.times(p.a, s.firsts, func(e entry) bound { return e.first })
	if err != nil {
		return false, err
	}
	for i := todo.from; i < len(times); i++ {
		a, b := todo.begunBy(times[i]), todo.notOverBefore(times[i])
		if err := s.spend(1); err != nil || p.b.hopeless(b) {
			return false, err
		}
		if i > 0 && todo.latest != nil && times[i-1].compare(*todo.latest) >= 0 {
			return false, nil // all that may begin so late was allowed before
		}
		if p.a.hopeless(a) {
			continue
		}
		if found, err := s.solve(&task{plan: p.a, limit: a, next: &task{plan: p.b, limit: b, next: todo.after(i)}}, claims); found || err != nil {
			return found, err
		}
	}
	return false, nil
}

// window tries each time at which the first of all can be over.
func (s *search) window(p *window, todo *task, claims *claim) (bool, error) {
	if one, ok := p.of.(*places); ok && one.wanted == 1 {
		return s.solve(&task{plan: one, limit: todo.limit, next: todo.next}, claims)
	}
	times, err := s.times(p.of, s.lasts, func(e entry) bound { return e.last })
	if err != nil {
		return false, err
	}
	for i := todo.from; i < len(times); i++ {
		t := times[i]
		within := todo.notOverBefore(t).begunBy(bound{t.add(p.d), t.open})
		if err := s.spend(1); err != nil {
			return false, err
		}
		if p.of.hopeless(within) {
			continue
		}
		if found, err := s.solve(&task{plan: p.of, limit: within, next: todo.after(i)}, claims); found || err != nil {
			return found, err
		}
	}
	return false, nil
}

// times returns the different times of the observations of a plan, in order.
func (s *search) times(p plan, known map[plan][]bound, at func(entry) bound) ([]bound, error) {
	if found, ok := known[p]; ok {
		return found, nil
	}
	var found []bound
	seen := map[plan]bool{}
	pending := []plan{p}
	for len(pending) > 0 {
		p := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		if err := s.spend(1); err != nil {
			return nil, err
		}
		if seen[p] {
			continue
		}
		seen[p] = true
		switch p := p.(type) {
		case *places:
			if err := s.spend(len(p.entries)); err != nil {
				return nil, err
			}
			for _, e := range p.entries {
				found = append(found, at(e))
			}
		case *every:
			pending = append(pending, p.of...)
		case *either:
			pending = append(pending, p.of...)
		case *sequence:
			pending = append(pending, p.a, p.b)
		case *window:
			pending = append(pending, p.of)
		}
	}
	slices.SortFunc(found, bound.compare)
	known[p] = slices.CompactFunc(found, func(a, b bound) bool { return a.compare(b) == 0 })
	return known[p], nil
}

// promising reports whether all claims so far can be filled. Each list is tried
// once.
func (s *search) promising(claims *claim) (bool, error) {
	if claims == nil || claims.tried {
		return claims == nil || claims.possible, nil
	}
	var err error
	claims.possible, err = s.fill(claims)
	claims.tried = true
	return claims.possible, err
}

// fill gives observations to all claims, or reports that it cannot be done. The
// narrowest come first, which settles most cases without moving anything.
func (s *search) fill(claims *claim) (bool, error) {
	var all []*claim
	for c := claims; c != nil; c = c.next {
		all = append(all, c)
	}
	if err := s.spend(len(all)); err != nil {
		return false, err
	}
	slices.SortStableFunc(all, func(a, b *claim) int { return cmp.Compare(len(a.entries), len(b.entries)) })
	f := filling{budget: s.budget, capacity: s.capacity, claims: all, used: map[int]int64{}, shares: map[share]int64{}, takers: map[int][]int{}}
	for i := range all {
		if filled, err := f.fill(i); !filled || err != nil {
			return false, err
		}
	}
	s.bound = f.observations()
	return true, nil
}
