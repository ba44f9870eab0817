package pattern

import (
	"strings"

	"entente/internal/fault"
)

// Check returns what the standard forbids beyond its grammar, and nil when
// there is nothing: two qualifiers of one kind on one observation, START that
// is not before STOP or is no timestamp constant (pattern.qualifier), and
// hashes no algorithm makes (pattern.hash). It has one field for each. Such a
// pattern can be matched all the same.
func (p *Pattern) Check() error {
	c := checker{src: p.src}
	c.expr(p.Root)
	if c.found == nil {
		return nil
	}
	return c.found
}

type checker struct {
	src   string
	found *fault.Error // the first, with the fields of the others
}

func (c *checker) add(at int, code, what string) {
	switch {
	case c.found == nil:
		c.found = refuse(c.src, at, code, what)
	case len(c.found.Fields) < maxFindings:
		c.found.Fields = append(c.found.Fields, refuse(c.src, at, code, what).Fields...)
	}
}

// maxFindings bounds what is told about one pattern.
const maxFindings = 16

func (c *checker) expr(e Expr) {
	switch e := e.(type) {
	case *Observation:
		c.test(e.Test)
	case *Join:
		for _, of := range e.Of {
			c.expr(of)
		}
	case *Qualified:
		c.expr(e.Of)
		if _, plain := e.Of.(*Observation); plain && !e.group {
			if at, twice := e.duplicate(); twice {
				c.add(at, "pattern.qualifier", "has two qualifiers of one kind on one observation")
			}
		}
		for i := range e.By {
			c.qualifier(&e.By[i])
		}
	}
}

func (c *checker) qualifier(q *Qualifier) {
	if q.Kind != StartStop {
		return
	}
	if q.strings {
		c.add(q.at, "pattern.qualifier", "has START and STOP with strings, as in STIX 2.0")
	}
	start, okStart := instantOf(q.Start)
	stop, okStop := instantOf(q.Stop)
	if okStart && okStop && start.compare(stop) >= 0 {
		c.add(q.at, "pattern.qualifier", "has a START that is not before its STOP")
	}
}

func (c *checker) test(t Test) {
	switch t := t.(type) {
	case *Junction:
		for _, of := range t.Of {
			c.test(of)
		}
	case *Comparison:
		c.hashes(t)
	}
}

// hashDigits is the number of hexadecimal digits of each algorithm, by its name
// in capitals without hyphens: producers write the names in many ways.
var hashDigits = map[string]int{
	"MD5": 32, "RIPEMD160": 40, "SHA1": 40, "SHA224": 56, "SHA256": 64, "SHA384": 96, "SHA512": 128,
	"SHA3224": 56, "SHA3256": 64, "SHA3384": 96, "SHA3512": 128, "WHIRLPOOL": 128,
}

// hashes checks the constants a hash is compared with for equality.
func (c *checker) hashes(t *Comparison) {
	steps := t.Path.Steps
	last := steps[len(steps)-1]
	if len(steps) < 2 || last.Kind != KeyStep || steps[len(steps)-2].Key != "hashes" || t.Op != Equal && t.Op != NotEqual && t.Op != In {
		return
	}
	want := hashDigits[strings.ToUpper(strings.ReplaceAll(last.Key, "-", ""))]
	for _, v := range t.Values {
		if want > 0 && v.Kind == String && (len(v.Text) != want || strings.Trim(v.Text, "0123456789abcdefABCDEF") != "") {
			c.add(t.valueAt, "pattern.hash", "has a constant that is no "+last.Key+" hash")
		}
	}
}
