package stix

import (
	"maps"
	"slices"
	"strings"

	"entente/intel"
	"entente/internal/strictjson"
)

// maxMarkings bounds how many marking definitions are followed from one
// object; more than that is an attack or a mistake and closes the object.
const maxMarkings = 256

// Mark returns what all markings on an object come to: its own, those on its
// parts, and labels in its text, the strictest winning. A marking that is
// missing, unknown or circular closes the object. lookup returns the newest
// known object of an id.
//
// A granular marking counts for the whole object, so a selector that finds
// nothing changes no label; it is flagged, since its author meant something
// that is not there.
func Mark(o *intel.Object, lookup func(id string) (*intel.Object, bool)) intel.Markings {
	if _, ok := tlpDefinitions[o.ID]; ok {
		return intel.Markings{TLP: intel.Clear, Labelled: true} // the definitions themselves are public
	}
	m := marker{lookup: lookup, seen: map[string]bool{}, acyclic: map[string]bool{}}
	m.labels(o.Tree)
	for _, id := range markingRefs(o.Tree) {
		m.apply(id)
	}
	m.flagSelectors(o.Tree)
	return m.result()
}

type marker struct {
	lookup   func(id string) (*intel.Object, bool)
	seen     map[string]bool
	acyclic  map[string]bool // markings known to lead to no circle
	out      intel.Markings
	labelled bool // by a label somebody gave
	warned   bool // by text that only reads like a label
	warning  intel.TLP
}

// result applies what text alone can do: make a label stricter, and keep an
// unlabelled object that reads like a restricted one from getting a weaker one.
func (m *marker) result() intel.Markings {
	out := m.out
	out.Labelled = m.labelled
	if !m.labelled {
		out.TLP, out.Least = intel.Red, m.warning
		out.Labelled = m.warned && m.warning >= intel.Amber
	}
	if m.warned && m.warning > out.TLP || out.Labelled != m.labelled {
		out.TLP = max(out.TLP, m.warning)
		out.Flags = append(out.Flags, "its text reads like TLP:"+strings.ToUpper(m.warning.String()))
	}
	out.IDs = slices.Sorted(maps.Keys(m.seen))
	return out
}

func (m *marker) close(reason string) {
	if m.out.Closed == "" {
		m.out.Closed = reason
	}
}

func (m *marker) label(t intel.TLP) {
	m.out.TLP, m.labelled = max(m.out.TLP, t), true
}

// read takes a text for a tag when it is one, and for a warning otherwise.
func (m *marker) read(s string) {
	if t, ok := tag(s); ok {
		m.label(t)
	} else {
		m.hear(s)
	}
}

func (m *marker) hear(s string) {
	if t, ok := mentioned(s); ok {
		m.warning, m.warned = max(m.warning, t), true
	}
}

// labels reads the places where people put a TLP label by hand.
func (m *marker) labels(v *strictjson.Value) {
	if l := v.Get("labels"); l != nil {
		for i := range l.Items {
			m.read(l.Items[i].Text)
		}
	}
	m.hear(v.GetText("name"))
}

// apply adds one marking definition by id.
func (m *marker) apply(id string) {
	if m.seen[id] {
		return
	}
	if len(m.seen) == maxMarkings {
		m.close("it has too many markings")
		return
	}
	m.seen[id] = true
	if known, ok := tlpDefinitions[id]; ok {
		m.label(known.tlp)
		return
	}
	definition, ok := m.lookup(id)
	switch {
	case !ok:
		m.close("the marking " + id + " is not known here")
	case definition.Type != "marking-definition":
		m.close("the marking " + id + " is not a marking definition")
	case m.cyclic(id, map[string]bool{}):
		m.close("the marking " + id + " is part of a circle of markings")
	default:
		m.interpret(id, definition.Tree)
	}
}

// cyclic reports whether following the markings of a marking leads back to one
// that was passed. Whoever wrote the cycle left no order in which to read it.
func (m *marker) cyclic(id string, passed map[string]bool) bool {
	if passed[id] {
		return true
	}
	if m.acyclic[id] {
		return false
	}
	if len(passed)+len(m.acyclic) >= maxMarkings {
		return true // or so many that nobody can tell
	}
	if definition, ok := m.lookup(id); ok {
		passed[id] = true
		for _, next := range markingRefs(definition.Tree) {
			if m.cyclic(next, passed) {
				return true
			}
		}
		delete(passed, id)
	}
	m.acyclic[id] = true
	return false
}

// interpret reads the body of a marking definition that is not a well-known
// one. A body that says nothing understood closes the object.
func (m *marker) interpret(id string, v *strictjson.Value) {
	m.read(v.GetText("name"))
	readable, unknown := false, ""
	switch kind := v.GetText("definition_type"); kind {
	case "":
	case "statement":
		statement := v.Get("definition").GetText("statement")
		m.out.Statements = append(m.out.Statements, statement)
		m.read(statement)
		readable = true
	default:
		unknown = "of an unknown type, " + kind
	}
	if x := v.Get("extensions"); x != nil {
		for i := range x.Members {
			if m.extension(&x.Members[i]) {
				readable = true
			} else {
				unknown = "made by an unknown extension, " + x.Members[i].Name
			}
		}
	}
	switch {
	case unknown != "":
		m.close("the marking " + id + " is " + unknown)
	case !readable:
		m.close("the marking " + id + " is empty")
	}
}

// extension reads one extension of a marking definition and reports whether it
// was understood.
func (m *marker) extension(x *strictjson.Member) bool {
	switch x.Name {
	case papExtension:
		return m.pap(x.Value.GetText("pap"))
	case iepExtension:
		return m.iep(&x.Value)
	default:
		return false // TLP 2.0 included: its five definitions are known by id
	}
}

func (m *marker) pap(word string) bool {
	if word == "white" {
		word = "clear"
	}
	p, ok := intel.ParsePAP(word)
	if ok {
		m.out.PAP = max(m.out.PAP, p)
	}
	return ok
}

// iep reads an Information Exchange Policy: its TLP label as a label, its
// other terms as a statement for people.
func (m *marker) iep(v *strictjson.Value) bool {
	terms := []string{"IEP 2.0"}
	for i := range v.Members {
		if p := &v.Members[i]; p.Name != "extension_type" {
			terms = append(terms, p.Name+": "+words(&p.Value))
		}
	}
	m.out.Statements = append(m.out.Statements, strings.Join(terms, ", "))
	word := v.GetText("tlp")
	if word == "" {
		return true
	}
	t, ok := level(word)
	if ok {
		m.label(t)
	}
	return ok
}

// words is a value for people.
func words(v *strictjson.Value) string {
	if v.Kind == strictjson.String {
		return v.Text
	}
	return string(strictjson.Append(nil, v))
}

func (m *marker) flagSelectors(v *strictjson.Value) {
	eachSelector(v, func(_, _ int, s *strictjson.Value) {
		if _, ok := Select(v, s.Text); !ok {
			m.out.Flags = append(m.out.Flags, "a granular marking selects "+s.Text+", which is not there")
		}
	})
}

// markingRefs returns the ids of all marking definitions on an object and on
// its parts.
func markingRefs(v *strictjson.Value) []string {
	var ids []string
	if refs := v.Get("object_marking_refs"); refs != nil {
		for i := range refs.Items {
			ids = append(ids, refs.Items[i].Text)
		}
	}
	if granular := v.Get("granular_markings"); granular != nil {
		for i := range granular.Items {
			if id := granular.Items[i].GetText("marking_ref"); id != "" {
				ids = append(ids, id)
			}
		}
	}
	return ids
}
