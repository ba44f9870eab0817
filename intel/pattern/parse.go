package pattern

import (
	"strconv"
	"unicode/utf8"

	"entente/internal/fault"
)

// Parse reads a pattern. The error is an invalid fault whose field tells the
// byte, the line and the column: pattern.syntax for what section 9 does not
// allow, pattern.limit for what goes beyond the limits of this package,
// pattern.qualifier for a WITHIN or REPEATS that is not above 0.
//
// It takes what the grammar takes; [Pattern.Check] finds what the standard
// forbids beyond it. STIX 2.0 wrote the times of START and STOP as strings;
// they are read, and Check tells.
func Parse(src string) (*Pattern, error) {
	if len(src) > MaxBytes {
		return nil, refuse(src, MaxBytes, "pattern.limit", "is longer than "+strconv.Itoa(MaxBytes)+" bytes")
	}
	if !utf8.ValidString(src) {
		return nil, refuse(src, 0, "pattern.syntax", "is not UTF-8")
	}
	p := parser{lexer: lexer{src: src}}
	if err := p.advance(); err != nil {
		return nil, err
	}
	root, err := p.expressions(0)
	if err != nil {
		return nil, err
	}
	if p.token.kind != endToken {
		return nil, p.expected("AND, OR, FOLLOWEDBY, a qualifier or the end")
	}
	return &Pattern{Root: root, src: src}, nil
}

// parser is a recursive descent over the grammar. Only parentheses recurse.
type parser struct {
	lexer
	token token // the next one
	parts int
}

func (p *parser) advance() (err error) {
	p.token, err = p.next()
	return err
}

func (p *parser) expected(what string) *fault.Error {
	return refuse(p.src, p.token.at, "pattern.syntax", "has "+p.token.text+" where "+what+" is expected")
}

// is reports whether the next token is a keyword or a symbol.
func (p *parser) is(text string) bool {
	return (p.token.kind == wordToken || p.token.kind == symbolToken) && p.token.text == text
}

// take consumes a keyword or symbol when it is next.
func (p *parser) take(text string) (bool, error) {
	if !p.is(text) {
		return false, nil
	}
	return true, p.advance()
}

// need consumes a keyword or symbol, which must be next.
func (p *parser) need(text string) error {
	if !p.is(text) {
		return p.expected(text)
	}
	return p.advance()
}

// part counts against MaxParts.
func (p *parser) part() error {
	if p.parts++; p.parts > MaxParts {
		return refuse(p.src, p.token.at, "pattern.limit", "has more than "+strconv.Itoa(MaxParts)+" parts")
	}
	return nil
}

// deeper counts against MaxDepth.
func (p *parser) deeper(depth int) error {
	if depth >= MaxDepth {
		return refuse(p.src, p.token.at, "pattern.limit", "nests deeper than "+strconv.Itoa(MaxDepth)+" levels")
	}
	return nil
}

// chain reads operands joined by op. All three operators are associative, so
// that a chain is one list.
func chain[T any](p *parser, op Op, operand func() (T, error), join func([]T) T) (T, error) {
	first, err := operand()
	if err != nil || !p.is(op.String()) {
		return first, err
	}
	all := []T{first}
	for p.is(op.String()) {
		if err := p.advance(); err != nil {
			return first, err
		}
		next, err := operand()
		if err != nil {
			return first, err
		}
		all = append(all, next)
	}
	return join(all), nil
}

func (p *parser) expressions(depth int) (Expr, error) { return p.joined(FollowedBy, depth) }

// joined reads a chain of op, whose operands are chains of what binds tighter.
func (p *parser) joined(op Op, depth int) (Expr, error) {
	return chain(p, op, func() (Expr, error) {
		if op == And {
			return p.qualified(depth)
		}
		return p.joined(op-1, depth)
	}, func(of []Expr) Expr { return &Join{op, of} })
}

// qualified reads an observation or a group with its qualifiers.
func (p *parser) qualified(depth int) (Expr, error) {
	group := p.is("(")
	of, err := p.observation(depth)
	if err != nil {
		return nil, err
	}
	var by []Qualifier
	for p.is("WITHIN") || p.is("REPEATS") || p.is("START") {
		if err := p.part(); err != nil {
			return nil, err
		}
		q, err := p.qualifier()
		if err != nil {
			return nil, err
		}
		by = append(by, q)
	}
	if by == nil {
		return of, nil
	}
	return &Qualified{of, by, group}, nil
}

func (p *parser) observation(depth int) (Expr, error) {
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
		of, err := p.expressions(depth + 1)
		if err != nil {
			return nil, err
		}
		return of, p.need(")")
	}
	if !p.is("[") {
		return nil, p.expected("an observation in brackets")
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	test, err := p.tested(Or, depth)
	if err != nil {
		return nil, err
	}
	return &Observation{test}, p.need("]")
}

// qualifier reads what follows an observation or a group.
func (p *parser) qualifier() (q Qualifier, err error) {
	q.at = p.token.at
	word := p.token.text
	if err = p.advance(); err != nil {
		return q, err
	}
	switch word {
	case "WITHIN":
		q.Kind = Within
		if q.Seconds, err = p.positive(true); err == nil {
			err = p.need("SECONDS")
		}
	case "REPEATS":
		q.Kind = Repeats
		at := p.token.at
		times, err := p.positive(false)
		if err != nil {
			return q, err
		}
		if q.Times, err = strconv.Atoi(times); err != nil || q.Times > MaxRepeats {
			return q, refuse(p.src, at, "pattern.limit", "repeats more often than "+strconv.Itoa(MaxRepeats)+" times")
		}
		return q, p.need("TIMES")
	default:
		q.Kind = StartStop
		if q.Start, err = p.time(&q); err == nil {
			err = p.need("STOP")
		}
		if err == nil {
			q.Stop, err = p.time(&q)
		}
	}
	return q, err
}

// positive reads a number above 0.
func (p *parser) positive(float bool) (string, error) {
	t := p.token
	if t.kind != literalToken || t.text[0] == '-' || t.literal.Kind != Integer && (t.literal.Kind != Float || !float) {
		return "", p.expected("a positive number")
	}
	if t.literal.Text == "0" || t.literal.Text == "0.0" {
		return "", refuse(p.src, t.at, "pattern.qualifier", "has a qualifier of 0")
	}
	return t.literal.Text, p.advance()
}

// time reads a timestamp, also in the form of STIX 2.0.
func (p *parser) time(q *Qualifier) (string, error) {
	t := p.token
	if t.kind != literalToken || t.literal.Kind != Timestamp && (t.literal.Kind != String || !isTimeForm(t.literal.Text)) {
		return "", p.expected("a timestamp")
	}
	q.strings = q.strings || t.literal.Kind == String
	return t.literal.Text, p.advance()
}
