package pattern

import "slices"

// filling gives observations to claims: a flow from claims through what they
// allow to observations of limited capacity.
type filling struct {
	*budget
	capacity []int64
	claims   []*claim
	used     map[int]int64   // by observation
	shares   map[share]int64 // how much of an observation a claim has
	takers   map[int][]int   // the claims that have or had a share, by observation
}

// share is of one claim in one observation.
type share struct{ observation, claim int }

// fill gives a claim all it wants. First it takes what is free; then it makes
// other claims move to what is free for them.
func (f *filling) fill(i int) (bool, error) {
	c := f.claims[i]
	missing := c.wanted
	if err := f.spend(len(c.entries)); err != nil {
		return false, err
	}
	for _, e := range c.entries {
		if missing == 0 {
			return true, nil
		}
		if free := f.capacity[e.observation] - f.used[e.observation]; free > 0 && c.allows(e) {
			n := min(free, missing)
			f.used[e.observation] += n
			f.give(e.observation, i, n)
			missing -= n
		}
	}
	for missing > 0 {
		n, err := f.augment(i, missing)
		if n == 0 || err != nil {
			return false, err
		}
		missing -= n
	}
	return true, nil
}

// give adds to a share, which may be new, or takes from it.
func (f *filling) give(observation, claim int, n int64) {
	at := share{observation, claim}
	if _, known := f.shares[at]; !known {
		f.takers[observation] = append(f.takers[observation], claim)
	}
	f.shares[at] += n
}

// move is how a claim was reached: it has to leave an observation to another.
type move struct{ from, observation int }

// augment finds the shortest chain of moves from a claim to a free observation
// and returns how much it gained.
func (f *filling) augment(start int, wanted int64) (int64, error) {
	reached := map[int]move{start: {from: -1}}
	for queue := []int{start}; len(queue) > 0; queue = queue[1:] {
		i := queue[0]
		c := f.claims[i]
		if err := f.spend(len(c.entries)); err != nil {
			return 0, err
		}
		for _, e := range c.entries {
			if !c.allows(e) {
				continue
			}
			if free := f.capacity[e.observation] - f.used[e.observation]; free > 0 {
				return f.shift(reached, i, e.observation, min(free, wanted)), nil
			}
			for _, other := range f.takers[e.observation] {
				if _, known := reached[other]; !known && f.shares[share{e.observation, other}] > 0 {
					reached[other] = move{i, e.observation}
					queue = append(queue, other)
				}
			}
			if err := f.spend(len(f.takers[e.observation])); err != nil {
				return 0, err
			}
		}
	}
	return 0, nil
}

// shift moves n, or as many as every claim on the chain has, along a chain that
// ends in a free observation.
func (f *filling) shift(reached map[int]move, last, free int, n int64) int64 {
	for i := last; reached[i].from >= 0; i = reached[i].from {
		n = min(n, f.shares[share{reached[i].observation, i}])
	}
	f.used[free] += n
	for i, to := last, free; ; {
		f.give(to, i, n)
		m := reached[i]
		if m.from < 0 {
			return n
		}
		f.give(m.observation, i, -n)
		i, to = m.from, m.observation
	}
}

// observations returns what is used, in order.
func (f *filling) observations() []int {
	var all []int
	for o, n := range f.used {
		if n > 0 {
			all = append(all, o)
		}
	}
	slices.Sort(all)
	return all
}
