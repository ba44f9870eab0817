package pattern

import (
	"net/netip"
	"slices"
	"strings"
)

// Atom is a single value a pattern looks for, by equality or as a range of
// addresses. Type, Property and Value are the same for the same thing however a
// pattern gets to it: [ipv4-addr:value = '198.51.100.3'] and
// [network-traffic:dst_ref.value = '198.51.100.3'] have equal ones.
type Atom struct {
	Type     string   // of the object that has the value, e.g. "ipv4-addr"; "" when a reference does not tell
	Property string   // the path within that object, e.g. "hashes.'SHA-256'"
	Value    Constant // as written: no case is folded
	Range    bool     // Value is a range of addresses (ISSUBSET)
	Path     string   // the whole path, as patterns write it
	Alone    bool     // an observation of this value is all the pattern wants
}

// Atoms returns what the pattern looks for, each thing once, in the order of
// the pattern. What is negated, ordered or searched by an expression is no
// single value; it only makes the atoms beside it not [Atom.Alone].
func (p *Pattern) Atoms() []Atom {
	var a atomizer
	a.expr(p.Root, true)
	return a.found
}

type atomizer struct{ found []Atom }

func (a *atomizer) expr(e Expr, alone bool) {
	switch e := e.(type) {
	case *Observation:
		a.test(e.Test, alone, nil)
	case *Join:
		for _, of := range e.Of {
			a.expr(of, alone && e.Op == Or)
		}
	case *Qualified:
		a.expr(e.Of, false)
	}
}

// test collects the atoms of a test. Beside are the comparisons it is joined
// with by AND, itself included.
func (a *atomizer) test(t Test, alone bool, beside []Test) {
	switch t := t.(type) {
	case *Junction:
		if t.Op == And {
			alone, beside = alone && onlyTypes(t.Of), t.Of
		}
		for _, of := range t.Of {
			a.test(of, alone, beside)
		}
	case *Comparison:
		a.comparison(t, alone, beside)
	}
}

// onlyTypes reports whether all comparisons but one merely say what type the
// thing is that the one looks into.
func onlyTypes(all []Test) bool {
	var about *Comparison
	for _, t := range all {
		c, ok := t.(*Comparison)
		if !ok {
			return false
		}
		if isTypeTest(c) {
			continue
		}
		if about != nil {
			return false
		}
		about = c
	}
	return about != nil && !slices.ContainsFunc(all, func(t Test) bool { return t != Test(about) && typeTest(t, about.Path) == "" })
}

// isTypeTest reports whether a comparison is about the type of a thing referred
// to. A type is no value to look for.
func isTypeTest(c *Comparison) bool {
	n := lastReference(c.Path)
	return n > 0 && len(c.Path.Steps) == n+1 && c.Path.Steps[n].Key == "type"
}

// typeTest returns the type a test demands of the thing that the last reference
// of a path leads to.
func typeTest(t Test, of Path) string {
	c, ok := t.(*Comparison)
	n := lastReference(of)
	if !ok || c.Not || c.Op != Equal || !isTypeTest(c) || c.Path.Type != of.Type || lastReference(c.Path) != n ||
		!slices.Equal(c.Path.Steps[:n], of.Steps[:n]) {
		return ""
	}
	return c.Values[0].Text
}

// lastReference returns how many steps of a path lead to the last thing that is
// referred to, and 0 when it follows no reference.
func lastReference(p Path) int {
	for i := len(p.Steps) - 1; i > 0; i-- {
		if p.Steps[i].Kind != KeyStep {
			continue
		}
		before := i - 1
		for before > 0 && p.Steps[before].Kind != KeyStep {
			before--
		}
		if key := p.Steps[before].Key; strings.HasSuffix(key, "_ref") || strings.HasSuffix(key, "_refs") {
			return i
		}
	}
	return 0
}

func (a *atomizer) comparison(c *Comparison, alone bool, beside []Test) {
	equal := (c.Op == Equal || c.Op == In) && !c.Not || c.Op == NotEqual && c.Not
	if !equal && (c.Op != IsSubset || c.Not) {
		return
	}
	n := lastReference(c.Path)
	if isTypeTest(c) {
		return
	}
	for _, v := range c.Values {
		atom := Atom{Type: c.Path.Type, Value: v, Range: c.Op == IsSubset, Path: c.Path.String(), Alone: alone}
		atom.Property = strings.TrimPrefix(Path{Steps: c.Path.Steps[n:]}.String(), ":")
		if n > 0 {
			atom.Type = referred(c, v, n, beside)
		}
		if !slices.Contains(a.found, atom) {
			a.found = append(a.found, atom)
		}
	}
}

// referred returns the type of the thing a reference leads to: the one the
// pattern demands, else the one the value can only have.
func referred(c *Comparison, v Constant, n int, beside []Test) string {
	for _, t := range beside {
		if typ := typeTest(t, c.Path); typ != "" {
			return typ
		}
	}
	if c.Path.Steps[n].Key != "value" || v.Kind != String {
		return ""
	}
	address := v.Text
	if r, ok := rangeOf(address); ok {
		address = r.Addr().String()
	}
	switch ip, err := netip.ParseAddr(address); {
	case err == nil && ip.Is4():
		return "ipv4-addr"
	case err == nil:
		return "ipv6-addr"
	case strings.Contains(address, "@"):
		return "email-addr"
	default:
		return ""
	}
}
