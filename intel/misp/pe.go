package misp

import (
	"slices"
	"strconv"
	"strings"

	"entente/internal/strictjson"
)

// A PE and its sections are objects of their own in MISP and part of a file in
// STIX. A file that includes one takes it in; on the way back it comes out
// again, from what the hints say of it and the values the file has.

// includes are the relationships by which an object is part of another.
var includes = map[string]bool{"includes": true, "included-in": true}

// sectionShape is a section, which has no object of its own in STIX.
var sectionShape = shape{slots: append([]slot{
	{relation: "name", misp: "text", path: "name"},
	{relation: "size-in-bytes", misp: "size-in-bytes", path: "size", kind: asNumber},
	{relation: "entropy", misp: "float", path: "entropy", kind: asFloat},
}, hashSlots()...)}

// inside finds the objects that are part of another: PEs of files, sections of
// PEs. It returns them by the uuid of what takes them in.
func (c *converter) inside() (parts map[string][]*composition, taken map[string]bool) {
	parts, taken = map[string][]*composition{}, map[string]bool{}
	byUUID := map[string]*composition{}
	for i := range c.ev.objects {
		byUUID[c.ev.objects[i].uuid] = &c.ev.objects[i]
	}
	within := func(o *composition, name string) (found []*composition) {
		for _, r := range o.tree.GetList("ObjectReference") {
			part := byUUID[scalar(&r, "referenced_uuid")]
			if part != nil && part.name == name && includes[r.GetText("relationship_type")] && !taken[part.uuid] && !slices.Contains(found, part) {
				found = append(found, part)
			}
		}
		return found
	}
	for _, step := range [][2]string{{"file", "pe"}, {"pe", "pe-section"}} {
		for i := range c.ev.objects {
			o := &c.ev.objects[i]
			if o.name != step[0] {
				continue
			}
			found := within(o, step[1])
			if step[1] == "pe" && len(found) != 1 {
				continue // nobody could tell which is the file's
			}
			for _, part := range found {
				taken[part.uuid] = true
			}
			parts[o.uuid] = append(parts[o.uuid], found...)
		}
	}
	return parts, taken
}

// takeIn puts the PE and sections that are part of an object into its file.
func (c *converter) takeIn(file *strictjson.Value, o *composition) {
	pe := o
	if o.name == "file" {
		if len(c.parts[o.uuid]) == 0 {
			return
		}
		pe = c.parts[o.uuid][0]
		sh := shapes["pe"]
		made := c.shaped(pe, sh, object(member("type", str("file")), member("id", str(file.GetText("id")))), "")[0]
		put(file, peExtension, at(&made, peExtension).Clone())
	}
	for _, section := range c.parts[pe.uuid] {
		v := c.shaped(section, sectionShape, object(), "")[0]
		put(file, peExtension+"/sections", list(append(at(file, peExtension).GetList("sections"), v)...))
	}
}

// partTests are the comparisons of what an object takes in.
func (c *converter) partTests(o *composition) []string {
	var out []string
	pe := o
	if o.name == "file" {
		if len(c.parts[o.uuid]) == 0 {
			return nil
		}
		pe = c.parts[o.uuid][0]
		sh := shapes["pe"]
		out = sh.tests(pe)
	}
	for i, section := range c.parts[pe.uuid] {
		sh := sectionShape
		for _, t := range sh.tests(section) {
			out = append(out, "file:"+peTests+".sections["+strconv.Itoa(i)+"]."+strings.TrimPrefix(t, ":"))
		}
	}
	return out
}

// anyToIDs reports whether an object or what it takes in is meant for detection.
func (c *converter) anyToIDs(o *composition) bool {
	return o.toIDs() || slices.ContainsFunc(c.parts[o.uuid], c.anyToIDs)
}

// takenIn says of each object that was taken in what its file does not.
func (c *converter) takenIn(o *composition, file *strictjson.Value) []strictjson.Value {
	var out []strictjson.Value
	extension := at(file, peExtension)
	for i, part := range c.parts[o.uuid] {
		vs := partValues(part.name, file, extension, i)
		n := object(member("uuid", str(part.uuid)), member("name", str(part.name)), member("meta-category", str(part.meta)))
		n.SetText("comment", part.comment)
		for _, name := range []string{"template_uuid", "template_version", "timestamp", "first_seen", "last_seen"} {
			n.SetText(name, scalar(&part.tree, name))
		}
		var attributes []strictjson.Value
		for k := range part.attributes {
			attributes = append(attributes, c.attributeHints(&part.attributes[k], part, vs))
		}
		n.Set("attributes", list(attributes...))
		if refs := part.tree.GetList("ObjectReference"); len(refs) > 0 {
			n.Set("references", list(bare(refs)...))
		}
		out = append(out, n)
		out = append(out, c.takenIn(part, file)...)
	}
	return out
}

// partValues reads the values of a PE or section from the file that took it in.
func partValues(name string, file, extension *strictjson.Value, section int) *values {
	vs := &values{name: name, byUUID: map[string]*entry{}, byRelation: map[string][]*entry{}}
	if name == "pe" {
		vs.main(name, shapes["pe"], file, nil)
		return vs
	}
	if sections := extension.GetList("sections"); section < len(sections) {
		vs.main(name, sectionShape, &sections[section], nil)
	}
	return vs
}

// bare are references without what belongs to one server.
func bare(refs []strictjson.Value) []strictjson.Value {
	out := make([]strictjson.Value, len(refs))
	for i := range refs {
		out[i] = object()
		for _, name := range []string{"uuid", "referenced_uuid", "relationship_type", "timestamp", "comment"} {
			out[i].SetText(name, scalar(&refs[i], name))
		}
	}
	return out
}

// unreachable are the references of an object that no relationship can be made
// of, because their target is no object of its own or not in the event.
func (c *converter) unreachable(o *composition) []strictjson.Value {
	var out []strictjson.Value
	for _, r := range o.tree.GetList("ObjectReference") {
		if is, _ := flag(&r, "deleted"); !is && !c.known[scalar(&r, "referenced_uuid")] {
			out = append(out, r)
		}
	}
	return bare(out)
}

// takeOut writes the objects that a file took in.
func (w *writer) takeOut(made []strictjson.Value, h *strictjson.Value) {
	file := ofType(made, "file")
	section := 0
	for _, n := range h.GetList("parts") {
		vs := partValues(n.GetText("name"), file, at(file, peExtension), section)
		if n.GetText("name") == "pe-section" {
			section++
		}
		o := object()
		for _, name := range []string{"uuid", "name", "meta-category", "comment", "template_uuid", "template_version", "timestamp", "first_seen", "last_seen"} {
			o.SetText(name, n.GetText(name))
		}
		for _, a := range n.GetList("attributes") {
			v := w.noted(&a, &made[0], vs)
			if a.Get("timestamp") == nil {
				v.SetText("timestamp", n.GetText("timestamp"))
			}
			appendTo(&o, "Attribute", v)
		}
		for _, r := range n.GetList("references") {
			appendTo(&o, "ObjectReference", r)
		}
		appendTo(w.ev, "Object", o)
	}
}
