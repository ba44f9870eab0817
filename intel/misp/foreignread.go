package misp

import (
	"slices"
	"strconv"
	"strings"

	"entente/intel/stix"
	"entente/internal/strictjson"
)

// told is what an observable that was never MISP says, sorted into what a
// template has a place for.
type told struct {
	name, meta, uuid string // name is "" for attributes without an object
	comment          string
	plain            bool
	values           *values
	ties             []tie
	parts            []told
	inside           map[string]bool // ids of what is said here and need not be again
	unsaid           []string        // paths of what MISP has no place for
}

// tie is a reference between two MISP objects.
type tie struct{ from, to, kind string }

// reading is the reading of one observable.
type reading struct {
	told
	lookup func(id string) *strictjson.Value
	// whole takes what others are for their value where a template has a place
	// for it, though they are objects themselves: in a pattern they are nothing
	// more.
	whole bool
}

// tell reads an observable. ok is false for a type without a shape.
func tell(o *strictjson.Value, whole bool, lookup func(id string) *strictjson.Value) (told, bool) {
	sh, ok := foreignShapes[o.GetText("type")]
	if !ok {
		return told{}, false
	}
	if o.GetText("type") == "network-traffic" && at(o, "extensions/socket-ext") != nil {
		sh = socketShape
	}
	r := reading{lookup: lookup, whole: whole}
	r.told = told{name: sh.name, meta: sh.meta, uuid: suffix(o.GetText("id")), plain: sh.plain || sh.bare, inside: map[string]bool{}}
	r.values = newValues(sh.name)
	parts := sh.parts
	if len(o.GetList("values")) == 1 {
		parts = nil // the one value of a key is said with it
	}
	r.walk(o, "", &r.told, sh.slots, sh.links, parts)
	if sh.bare {
		r.name = "" // the value is first, whatever the order of the properties
		slices.SortStableFunc(r.values.all, func(a, b *entry) int { return sh.place(a) - sh.place(b) })
	}
	return r.told, true
}

// place is where the slot of a value without a relation is among the others.
func (sh *foreignShape) place(e *entry) int {
	return slices.IndexFunc(sh.slots, func(sl slot) bool { return sl.misp == e.misp })
}

func newValues(name string) *values {
	return &values{name: name, byUUID: map[string]*entry{}, byRelation: map[string][]*entry{}}
}

// walk takes every single value of v to its place in t.
func (r *reading) walk(v *strictjson.Value, path string, t *told, slots []slot, links []link, parts []piece) {
	for i := range parts {
		if covers(parts[i].path, path) {
			r.part(v, path, t, &parts[i])
			return
		}
	}
	below := func(name string) string {
		if path == "" {
			return name
		}
		return path + "/" + name
	}
	switch v.Kind {
	case strictjson.Object:
		for i := range v.Members {
			r.walk(&v.Members[i].Value, below(v.Members[i].Name), t, slots, links, parts)
		}
	case strictjson.Array:
		for i := range v.Items {
			r.walk(&v.Items[i], below(strconv.Itoa(i)), t, slots, links, parts)
		}
	case strictjson.Null: // a position of a list that nobody spoke of
	case strictjson.String, strictjson.Number, strictjson.Bool:
		if !meaningless(path) && !r.leaf(v, path, t, slots, links) {
			r.unsaid = append(r.unsaid, path)
		}
	}
}

// covers reports whether a path of a table is about a place.
func covers(table, path string) bool {
	before, after, many := strings.Cut(table, "*")
	if !many || table == path {
		return table == path
	}
	mid, ok := strings.CutPrefix(path, before)
	if ok && after != "" {
		mid, ok = strings.CutSuffix(mid, after)
	}
	return ok && mid != "" && !strings.Contains(mid, "/")
}

// part reads what is an object of its own in MISP.
func (r *reading) part(v *strictjson.Value, path string, t *told, p *piece) {
	inner := told{name: p.name, meta: "file", uuid: stix.NameUUID(namespace, t.uuid+" - "+path), values: newValues(p.name)}
	before := len(r.unsaid)
	for i := range v.Members {
		r.walk(&v.Members[i].Value, v.Members[i].Name, &inner, p.slots, nil, p.parts)
	}
	for i := range r.unsaid[before:] {
		r.unsaid[before+i] = path + "/" + r.unsaid[before+i]
	}
	t.ties = append(t.ties, tie{t.uuid, inner.uuid, p.kind})
	t.parts = append(t.parts, inner)
}

// leaf takes one value to the slot or reference for it.
func (r *reading) leaf(v *strictjson.Value, path string, t *told, slots []slot, links []link) bool {
	if !r.whole && r.link(v.Text, path, t, links) {
		return true
	}
	if name, ok := strings.CutPrefix(path, "hashes/"); ok {
		path = hashPath(name)
	}
	if path == archive+"/comment" {
		t.comment = v.Text
		return true
	}
	for i := range slots {
		sl := &slots[i]
		if !covers(sl.path, path) {
			continue
		}
		if sl.kind != asRef {
			t.values.tell(sl, v, path, t.uuid)
			return true
		}
		if other := r.lookup(v.Text); other != nil && sl.leads(other.GetText("type")) {
			r.inside[v.Text] = true
			t.values.refer(sl, other)
			return true
		}
	}
	return false
}

// link notes a reference to another observable, where that is how it is said.
func (r *reading) link(id, path string, t *told, links []link) bool {
	for _, l := range links {
		other := r.lookup(id)
		if !covers(l.path, path) || other == nil || l.kind == "alias-of" && other.GetText("type") != "domain-name" {
			continue
		}
		ref := tie{t.uuid, suffix(id), l.kind}
		if l.back {
			ref.from, ref.to = ref.to, ref.from
		}
		t.ties = append(t.ties, ref)
		return true
	}
	return false
}

// hashPath is the place of a hash, whose name many write in their own way.
func hashPath(name string) string {
	typ := hashType(name)
	if n, ok := hashNames[typ]; ok {
		return "hashes/" + n[0]
	}
	return "hashes/" + name
}

// tell adds the value of a slot.
func (vs *values) tell(sl *slot, v *strictjson.Value, path, uuid string) {
	e := entry{relation: sl.relation, misp: sl.misp, value: sl.kind.read(v)}
	if sl.kind == asSystem {
		e.value = "AS" + strings.TrimPrefix(e.value, "AS")
	}
	switch sl.relation {
	case "payload_bin":
		e.value, e.data = uuid, v.Text // content has no name in STIX
	case "environment-variables":
		_, name, _ := strings.Cut(path, "/")
		vs.join(sl.relation, name+": "+e.value)
		return
	}
	if e.value != "" {
		vs.all = append(vs.all, &e)
	}
}

// join adds to the one value that a relation has.
func (vs *values) join(relation, v string) {
	for _, e := range vs.all {
		if e.relation == relation {
			e.value += " - " + v
			return
		}
	}
	vs.all = append(vs.all, &entry{relation: relation, misp: "text", value: v})
}

// refer adds what a reference leads to, and the name an address is displayed
// with.
func (vs *values) refer(sl *slot, other *strictjson.Value) {
	vs.all = append(vs.all, &entry{relation: sl.relation, misp: sl.misp, value: asText(at(other, sl.leaf))})
	if name := other.GetText("display_name"); name != "" && other.GetText("type") == "email-addr" {
		misp := sl.misp + "-display-name"
		vs.all = append(vs.all, &entry{relation: sl.relation + "-display-name", misp: misp, value: name})
	}
}

// composed reports whether what was told needs an object.
func (t *told) composed() bool {
	return t.name != "" && (!t.plain || len(t.values.all) != 1 || len(t.ties) > 0)
}

// supposed makes an observable of the comparisons of a pattern, so that what is
// looked for is written as what was seen is. Others it refers to get ids of
// their own.
func supposed(uuid string, tests []test) (o *strictjson.Value, lookup func(id string) *strictjson.Value, ok bool) {
	typ, _, _ := strings.Cut(tests[0].path, ":")
	if slices.ContainsFunc(tests, func(t test) bool { return t.path == "domain-name:value" }) {
		typ = "domain-name"
	}
	main := object(member("type", str(typ)), member("id", str(typ+"--"+uuid)))
	others, before := map[string]*strictjson.Value{}, map[string]bool{}
	for i, t := range tests {
		if before[t.path] && !strings.Contains(t.path, "*") {
			return nil, nil, false // one thing with two values at once
		}
		before[t.path] = true
		of, path, _ := strings.Cut(t.path, ":")
		steps, read := segments(path, i)
		switch {
		case !read:
			return nil, nil, false
		case of == typ:
		case typ == "domain-name" && (of == "ipv4-addr" || of == "ipv6-addr") && path == "value":
			steps = []string{"resolves_to_refs", strconv.Itoa(i), "value"}
		default:
			return nil, nil, false
		}
		if !suppose(&main, steps, t.value, uuid, others) {
			return nil, nil, false
		}
	}
	return &main, func(id string) *strictjson.Value { return others[id] }, true
}

// referredTypes are the types that references of patterns lead to; "" is by the
// value.
var referredTypes = map[string]string{
	"src_ref": "", "dst_ref": "", "resolves_to_refs": "", "from_ref": "email-addr", "sender_ref": "email-addr", "to_refs": "email-addr", "cc_refs": "email-addr", "bcc_refs": "email-addr",
	"image_ref": "file", "parent_directory_ref": "directory",
}

// suppose puts the value of a comparison where it would be.
func suppose(v *strictjson.Value, steps []string, value, uuid string, others map[string]*strictjson.Value) bool {
	for i, step := range steps {
		ref := strings.HasSuffix(step, "_ref")
		if !ref && !strings.HasSuffix(step, "_refs") {
			continue
		}
		place := strings.Join(steps[:i+1], "/")
		leaf := steps[i+1:]
		if !ref && len(leaf) > 0 {
			place, leaf = place+"/"+leaf[0], leaf[1:]
		}
		return supposeOther(v, place, step, leaf, value, uuid, others)
	}
	property := steps[len(steps)-1]
	if b := value == "true"; strings.HasPrefix(property, "is_") || strings.HasPrefix(property, "can_") {
		put(v, strings.Join(steps, "/"), truth(b))
		return true
	}
	if steps[0] == "extensions" && len(steps) < 3 {
		return false
	}
	put(v, strings.Join(steps, "/"), str(value))
	return true
}

// supposeOther makes what a comparison says an observable refers to.
func supposeOther(v *strictjson.Value, place, property string, leaf []string, value, uuid string, others map[string]*strictjson.Value) bool {
	typ, known := referredTypes[property]
	if !known || len(leaf) != 1 {
		return false
	}
	if leaf[0] == "type" {
		return slices.Contains([]string{"ipv4-addr", "ipv6-addr", "domain-name", "email-addr"}, value)
	}
	if typ == "" {
		typ = addressOrName(value)
	}
	id := typ + "--" + stix.NameUUID(namespace, uuid+" - "+place)
	other := others[id]
	if other == nil {
		made := object(member("type", str(typ)), member("id", str(id)))
		other, others[id] = &made, &made
	}
	other.Set(leaf[0], str(value))
	put(v, place, str(id))
	return true
}

// addressOrName is the type of a value that is either.
func addressOrName(v string) string {
	if t := addressType(v); t == "ipv6-addr" || strings.Trim(v, "0123456789./") == "" {
		return t
	}
	return "domain-name"
}
