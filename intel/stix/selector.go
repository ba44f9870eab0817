package stix

import (
	"slices"
	"strconv"
	"strings"

	"entente/intel"
	"entente/internal/strictjson"
)

// Select returns the part of an object that a selector of a granular marking
// names (STIX 2.1, section 7.2.3): "description", "labels.[0]",
// "hashes.SHA-256". ok is false when there is no such part.
func Select(tree *strictjson.Value, selector string) (v *strictjson.Value, ok bool) {
	if selector == "" {
		return nil, false
	}
	v = tree
	for part := range strings.SplitSeq(selector, ".") {
		if index, isIndex := indexOf(part); isIndex {
			if v.Kind != strictjson.Array || index >= len(v.Items) {
				return nil, false
			}
			v = &v.Items[index]
			continue
		}
		if v = v.Get(part); v == nil {
			return nil, false
		}
	}
	return v, true
}

// indexOf reads "[n]", n in canonical decimal digits.
func indexOf(part string) (int, bool) {
	digits := strings.TrimSuffix(strings.TrimPrefix(part, "["), "]")
	n, err := strconv.Atoi(digits)
	return n, err == nil && n >= 0 && part == "["+strconv.Itoa(n)+"]"
}

// Walk calls f for every value below the root, parents first and in document
// order, with the selector of the value. A selector with a name that holds a
// dot is given but cannot be used with [Select].
func Walk(tree *strictjson.Value, f func(path string, v *strictjson.Value)) {
	walk("", tree, f)
}

func walk(prefix string, v *strictjson.Value, f func(path string, v *strictjson.Value)) {
	for i := range v.Members {
		path := prefix + v.Members[i].Name
		f(path, &v.Members[i].Value)
		walk(path+".", &v.Members[i].Value, f)
	}
	for i := range v.Items {
		path := prefix + "[" + strconv.Itoa(i) + "]"
		f(path, &v.Items[i])
		walk(path+".", &v.Items[i], f)
	}
}

// Refs returns every reference in an object, in document order: the identifiers
// in properties named *_ref and *_refs at any depth.
func Refs(tree *strictjson.Value) []intel.Ref {
	r := refs{}
	r.collect(tree)
	return r.found
}

type refs struct {
	path  []step
	found []intel.Ref
}

func (r *refs) collect(v *strictjson.Value) {
	for i := range v.Members {
		m := &v.Members[i]
		r.path = append(r.path, step{name: m.Name})
		switch {
		case m.Value.Kind == strictjson.String && strings.HasSuffix(m.Name, "_ref"):
			r.add(&m.Value)
		case m.Value.Kind == strictjson.Array && strings.HasSuffix(m.Name, "_refs"):
			r.addAll(&m.Value)
		default:
			r.collect(&m.Value)
		}
		r.path = r.path[:len(r.path)-1]
	}
	for i := range v.Items {
		if k := v.Items[i].Kind; k != strictjson.Array && k != strictjson.Object {
			continue
		}
		r.path = append(r.path, step{index: i})
		r.collect(&v.Items[i])
		r.path = r.path[:len(r.path)-1]
	}
}

func (r *refs) addAll(v *strictjson.Value) {
	r.found = slices.Grow(r.found, len(v.Items))
	for i := range v.Items {
		r.path = append(r.path, step{index: i})
		r.add(&v.Items[i])
		r.collect(&v.Items[i])
		r.path = r.path[:len(r.path)-1]
	}
}

func (r *refs) add(v *strictjson.Value) {
	if _, ok := typeOf(v.Text); ok && v.Kind == strictjson.String {
		r.found = append(r.found, intel.Ref{Path: selectorOf(r.path), ID: v.Text})
	}
}

func selectorOf(path []step) string {
	if len(path) == 1 {
		return path[0].name
	}
	var b strings.Builder
	for i, s := range path {
		if i > 0 {
			b.WriteByte('.')
		}
		if s.name != "" {
			b.WriteString(s.name)
		} else {
			b.WriteString("[" + strconv.Itoa(s.index) + "]")
		}
	}
	return b.String()
}

// selector is the form of a selector, wherever it may lead.
var selector = when("stix.selector", func(s string) string {
	for i, part := range strings.Split(s, ".") {
		if _, isIndex := indexOf(part); !isKey(part) && (i == 0 || !isIndex) {
			return "is not a selector"
		}
	}
	return ""
})

// selectors warns about granular markings that select nothing (J13). The
// object is kept, under the most restrictive marking it has: see [Mark].
func (c *checker) selectors(v *strictjson.Value) {
	eachSelector(v, func(i, j int, s *strictjson.Value) {
		if _, ok := Select(v, s.Text); !ok {
			depth := len(c.path)
			c.path = append(c.path, step{name: "granular_markings"}, step{index: i}, step{name: "selectors"}, step{index: j})
			c.warn("stix.selector-unresolved", "selects nothing in this object")
			c.path = c.path[:depth]
		}
	})
}

func eachSelector(v *strictjson.Value, f func(marking, selector int, s *strictjson.Value)) {
	granular := v.Get("granular_markings")
	if granular == nil {
		return
	}
	for i := range granular.Items {
		selectors := granular.Items[i].Get("selectors")
		if selectors == nil {
			continue
		}
		for j := range selectors.Items {
			f(i, j, &selectors.Items[j])
		}
	}
}
