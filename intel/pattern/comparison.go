package pattern

import "strconv"

// tested reads a chain of tests.
func (p *parser) tested(op Op, depth int) (Test, error) {
	return chain(p, op, func() (Test, error) {
		if op == And {
			return p.test(depth)
		}
		return p.tested(op-1, depth)
	}, func(of []Test) Test { return &Junction{op, of} })
}

// test reads one comparison, or a group of them.
func (p *parser) test(depth int) (Test, error) {
	if err := p.part(); err != nil {
		return nil, err
	}
	if group, err := p.take("("); group || err != nil {
		if err == nil {
			err = p.deeper(depth)
		}
		if err != nil {
			return nil, err
		}
		of, err := p.tested(Or, depth+1)
		if err != nil {
			return nil, err
		}
		return of, p.need(")")
	}
	return p.comparison()
}

func (p *parser) comparison() (Test, error) {
	c := &Comparison{at: p.token.at}
	var err error
	if c.Not, err = p.take("NOT"); err != nil {
		return nil, err
	}
	switch exists, err := p.take("EXISTS"); {
	case err != nil:
		return nil, err
	case exists:
		c.Op = Exists
		c.Path, err = p.path()
		return c, err
	case c.Not:
		return nil, p.expected("EXISTS")
	}
	if c.Path, err = p.path(); err != nil {
		return nil, err
	}
	if c.Not, err = p.take("NOT"); err != nil {
		return nil, err
	}
	if c.Op, err = p.comparator(); err != nil {
		return nil, err
	}
	c.valueAt = p.token.at
	c.Values, err = p.values(c.Op)
	return c, err
}

// comparator reads an operator between a path and constants.
func (p *parser) comparator() (Comparator, error) {
	for op := range Exists {
		if p.is(op.String()) {
			return op, p.advance()
		}
	}
	return 0, p.expected("a comparison operator")
}

// values reads what is to the right of an operator.
func (p *parser) values(op Comparator) ([]Constant, error) {
	if op == In {
		return p.set()
	}
	c, err := p.constant(func(k ConstantKind) bool {
		switch op {
		case Equal, NotEqual:
			return true
		case Less, LessOrEqual, Greater, GreaterOrEqual:
			return k != Boolean
		default:
			return k == String
		}
	})
	return []Constant{c}, err
}

func (p *parser) constant(allowed func(ConstantKind) bool) (Constant, error) {
	c := p.token.literal
	if p.token.kind != literalToken {
		return c, p.expected("a constant")
	}
	if !allowed(c.Kind) {
		return c, p.expected("a constant of another type")
	}
	return c, p.advance()
}

// set reads constants in parentheses. There may be none.
func (p *parser) set() ([]Constant, error) {
	if err := p.need("("); err != nil {
		return nil, err
	}
	if empty, err := p.take(")"); empty || err != nil {
		return nil, err
	}
	var found []Constant
	for {
		if err := p.part(); err != nil {
			return nil, err
		}
		c, err := p.constant(func(ConstantKind) bool { return true })
		if err != nil {
			return nil, err
		}
		found = append(found, c)
		if more, err := p.take(","); err != nil {
			return nil, err
		} else if !more {
			return found, p.need(")")
		}
	}
}

// path reads an object path. Only the type may have hyphens outside quotation
// marks.
func (p *parser) path() (Path, error) {
	path := Path{Type: p.token.text}
	if p.token.kind != nameToken && p.token.kind != hyphenToken {
		return path, p.expected("an object path")
	}
	if err := p.advance(); err != nil {
		return path, err
	}
	if !p.is(":") {
		return path, p.expected("a colon")
	}
	for {
		if err := p.part(); err != nil {
			return path, err
		}
		index := p.is("[")
		if err := p.advance(); err != nil {
			return path, err
		}
		step, err := p.step(index)
		if err != nil {
			return path, err
		}
		path.Steps = append(path.Steps, step)
		if !p.is(".") && !p.is("[") {
			return path, nil
		}
	}
}

// step reads a step after its dot, colon or bracket.
func (p *parser) step(index bool) (s Step, err error) {
	t := p.token
	switch {
	case !index && t.kind == nameToken:
		return Step{Key: t.text}, p.advance()
	case !index && t.kind == literalToken && t.literal.Kind == String:
		return Step{Key: t.literal.Text}, p.advance()
	case !index:
		return s, p.expected("a property (in quotation marks when it has a hyphen)")
	case t.kind == literalToken && t.literal.Kind == Integer:
		s.Kind = IndexStep
		if s.Index, err = strconv.Atoi(t.literal.Text); err != nil {
			return s, refuse(p.src, t.at, "pattern.limit", "has an index no list reaches")
		}
	case p.is("*"):
		s.Kind = AnyStep
	default:
		return s, p.expected("an index or *")
	}
	if err := p.advance(); err != nil {
		return s, err
	}
	return s, p.need("]")
}
