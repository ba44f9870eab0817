package stix

import (
	"slices"
	"strconv"

	"entente/internal/fault"
	"entente/internal/strictjson"
)

// maxProblems bounds what is reported about one object: enough to repair it,
// too little to be used as an amplifier.
const maxProblems = 16

// step is one name or index on the way from the object to a value.
type step struct {
	name  string
	index int // used when name is ""
}

type problem struct{ code, pointer, detail string }

// checker walks one object with the rules of its type and collects what is
// wrong. It is used once.
type checker struct {
	path     []step
	problems []problem
	warnings []fault.Field
}

// rule checks one value; a rule never looks outside the value.
type rule func(c *checker, v *strictjson.Value)

// under applies a rule one level deeper.
func (c *checker) under(s step, r rule, v *strictjson.Value) {
	c.path = append(c.path, s)
	r(c, v)
	c.path = c.path[:len(c.path)-1]
}

func (c *checker) pointer() string {
	parts := make([]string, len(c.path))
	for i, s := range c.path {
		parts[i] = s.name
		if s.name == "" {
			parts[i] = strconv.Itoa(s.index)
		}
	}
	return strictjson.Pointer(parts...)
}

// refuse records a broken rule at the current place.
func (c *checker) refuse(code, detail string) {
	if len(c.problems) < maxProblems {
		c.problems = append(c.problems, problem{code, c.pointer(), detail})
	}
}

// refuseAt records a broken rule at a member of the current place.
func (c *checker) refuseAt(name, code, detail string) {
	c.under(step{name: name}, func(c *checker, _ *strictjson.Value) { c.refuse(code, detail) }, nil)
}

// warn records a deviation that is tolerated.
func (c *checker) warn(code, detail string) {
	if len(c.warnings) < maxProblems {
		c.warnings = append(c.warnings, fault.Field{Pointer: c.pointer(), Detail: code + ": " + detail})
	}
}

// hints says for each code what its sender can do.
var hints = map[string]string{
	"stix.address":      "Send the value in the form the standard gives for its type.",
	"stix.bundle":       "Send a bundle with type, id and a list of objects.",
	"stix.empty":        "Leave out what is empty: STIX 2.1, sections 2.3 and 2.12, forbid empty lists and dictionaries, and there is no null.",
	"stix.encoding":     "Encode the value as its property type demands.",
	"stix.enum":         "Use one of the values of the closed vocabulary.",
	"stix.extension":    "Key extensions by extension-definition id and give each its extension_type (section 7.3).",
	"stix.hash":         "Send each hash in hexadecimal digits of the length of its algorithm.",
	"stix.id":           "Send an id that is the type, two hyphens and a lower-case RFC 4122 UUID (section 2.9).",
	"stix.language":     "Use an RFC 5646 language tag.",
	"stix.marking":      "Give the marking definition a definition_type with its definition, or an extension (section 7.2.1).",
	"stix.misplaced":    "Remove the property: section 3.2 does not allow it on this kind of object.",
	"stix.name":         "Name properties in lower-case letters, digits and underscores, 3 to 250 characters (section 3.1).",
	"stix.near-miss":    "Spell the property exactly as the standard does; other readers may take this spelling for it.",
	"stix.not-object":   "Send JSON objects.",
	"stix.order":        "Send times in order.",
	"stix.pattern":      "Write the pattern as section 9 defines it, within the limits; the guide on patterns has both.",
	"stix.reference":    "Refer to an object of a type the property allows.",
	"stix.required":     "Add the property.",
	"stix.reserved":     "Rename the property: section 3.8 reserves this name.",
	"stix.rule":         "Make the properties agree as the section for this type demands.",
	"stix.sco-id":       "Use a UUIDv4: no property of this object can make a deterministic id (section 2.9).",
	"stix.selector":     "Select an existing property, list item as [n], or dictionary key, separated by dots (section 7.2.3).",
	"stix.spec-version": "Send STIX 2.1 with spec_version 2.1, or 2.0 objects in a bundle with spec_version 2.0.",
	"stix.timestamp":    "Send an RFC 3339 time in UTC that exists, such as 2026-01-31T08:00:00.000Z.",
	"stix.tlp-forged":   "Refer to the well-known TLP marking definitions and do not send your own.",
	"stix.type":         "Use lower-case letters, digits and single hyphens, 3 to 250 characters, and the type of the id.",
	"stix.value":        "Send a value of the property's type.",
}

// severest puts forgery before everything else, then keeps the order found.
func (c *checker) severest() problem {
	if i := slices.IndexFunc(c.problems, func(p problem) bool { return p.code == "stix.tlp-forged" }); i >= 0 {
		return c.problems[i]
	}
	return c.problems[0]
}

// fault returns what is wrong as one error, and nil when nothing is.
func (c *checker) fault() error {
	if len(c.problems) == 0 {
		return nil
	}
	first := c.severest()
	e := fault.New(fault.Invalid, first.code, "The object breaks STIX 2.1 at %s: %s.", orRoot(first.pointer), first.detail).Try("%s", hints[first.code])
	e = e.At(first.pointer, first.detail)
	for _, p := range c.problems {
		if p != first {
			e = e.At(p.pointer, p.detail)
		}
	}
	return e
}

func orRoot(pointer string) string {
	if pointer == "" {
		return "its root"
	}
	return pointer
}

// prop is one line of the table: a property, whether the standard requires it,
// and what its value must be.
type prop struct {
	name     string
	required bool
	rule     rule
}

func must(name string, r rule) prop { return prop{name, true, r} }
func may(name string, r rule) prop  { return prop{name, false, r} }

// shape is the rule for an object with known properties. Names it does not
// know are custom properties: kept, checked for form, never interpreted.
type shape struct {
	rules    map[string]rule
	required []string
	together []func(c *checker, v *strictjson.Value) // rules across properties
}

func shapeOf(props ...prop) *shape {
	s := &shape{rules: make(map[string]rule, len(props))}
	for _, p := range props {
		s.rules[p.name] = p.rule
		if p.required {
			s.required = append(s.required, p.name)
		}
	}
	return s
}

// with returns a shape that has the properties and rules of both.
func (s *shape) with(props ...prop) *shape {
	merged := shapeOf(props...)
	for name, r := range s.rules {
		if merged.rules[name] == nil {
			merged.rules[name] = r
		}
	}
	merged.required = append(slices.Clone(s.required), merged.required...)
	merged.together = slices.Clone(s.together)
	return merged
}

// and adds a rule across properties.
func (s *shape) and(rules ...func(c *checker, v *strictjson.Value)) *shape {
	s.together = append(s.together, rules...)
	return s
}

// check is the rule of the shape.
func (s *shape) check(c *checker, v *strictjson.Value) {
	if v.Kind != strictjson.Object {
		c.refuse("stix.value", "must be an object")
		return
	}
	if len(v.Members) == 0 {
		c.refuse("stix.empty", "is an empty object")
		return
	}
	for _, name := range s.required {
		if v.Get(name) == nil {
			c.refuse("stix.required", "has no "+name)
		}
	}
	for i := range v.Members {
		m := &v.Members[i]
		if r := s.rules[m.Name]; r != nil {
			c.under(step{name: m.Name}, r, &m.Value)
		} else {
			c.under(step{name: m.Name}, custom, &m.Value)
		}
	}
	for _, r := range s.together {
		r(c, v)
	}
}
