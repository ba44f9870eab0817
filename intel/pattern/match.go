package pattern

// Matcher is a pattern ready to be matched. It is safe for concurrent use.
type Matcher struct {
	root       Expr
	predicates map[*Comparison]predicate
}

// Match is the answer of a [Matcher].
type Match struct {
	Matched bool
	Bound   []int // the observations that together match, by index, in order
}

// Compile prepares a pattern for matching. The error is an invalid fault with
// the place in the pattern: pattern.regex for an expression RE2 cannot search
// for exactly as PCRE does, pattern.range for an address range that is none,
// pattern.set for a list of constants of several types, pattern.time for a time
// that does not exist.
func (p *Pattern) Compile() (*Matcher, error) {
	c := compiler{src: p.src, predicates: map[*Comparison]predicate{}}
	if err := c.expr(p.Root); err != nil {
		return nil, err
	}
	return &Matcher{p.Root, c.predicates}, nil
}

type compiler struct {
	src        string
	predicates map[*Comparison]predicate
}

func (c *compiler) expr(e Expr) error {
	switch e := e.(type) {
	case *Observation:
		return c.test(e.Test)
	case *Join:
		for _, of := range e.Of {
			if err := c.expr(of); err != nil {
				return err
			}
		}
	case *Qualified:
		for _, q := range e.By {
			if q.Kind != StartStop {
				continue
			}
			_, start := instantOf(q.Start)
			if _, stop := instantOf(q.Stop); !start || !stop {
				return refuse(c.src, q.at, "pattern.time", "has a time that does not exist")
			}
		}
		return c.expr(e.Of)
	}
	return nil
}

func (c *compiler) test(t Test) error {
	switch t := t.(type) {
	case *Junction:
		for _, of := range t.Of {
			if err := c.test(of); err != nil {
				return err
			}
		}
	case *Comparison:
		p, code, wrong := predicateOf(t)
		if code != "" {
			return refuse(c.src, t.valueAt, code, wrong)
		}
		c.predicates[t] = p
	}
	return nil
}

// Match reports whether the observations match, and which of them do together.
// The same observations in the same order give the same answer. Steps bounds
// the work; 0 means [MaxSteps].
//
// The error is an invalid fault: pattern.observation for an observation without
// times or number, pattern.value for an observed value that is compared with a
// timestamp and is none or is not encoded as its name says, pattern.cost when
// the work is used up before there is an answer.
func (m *Matcher) Match(observed []Observed, steps int) (Match, error) {
	if steps == 0 {
		steps = MaxSteps
	}
	b := planner{budget: &budget{steps}, observed: observed, predicates: m.predicates}
	if err := b.intervals(); err != nil {
		return Match{}, err
	}
	root, err := b.plan(m.root, clip{})
	if err != nil {
		return Match{}, err
	}
	s := search{budget: b.budget, capacity: b.capacity, spare: -root.needs(), firsts: map[plan][]bound{}, lasts: map[plan][]bound{}}
	for _, n := range b.capacity {
		s.spare += n
	}
	if s.spare < 0 {
		return Match{}, nil
	}
	found, err := s.solve(&task{plan: root}, nil)
	if err != nil || !found {
		return Match{}, err
	}
	return Match{true, s.bound}, nil
}
