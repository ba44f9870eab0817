package misp

import (
	"bytes"
	"cmp"
	"strconv"
	"strings"

	"entente/intel/conversion"
	"entente/intel/stix"
	"entente/internal/fault"
	"entente/internal/strictjson"
)

// part is a piece of the document that was read, with its bytes.
type part struct {
	conversion.Part

	tree strictjson.Value
}

// event is one MISP event, or a collection that has none of an event's fields.
type event struct {
	part
	attributes []attribute
	objects    []composition
	tags       []strictjson.Value
	galaxies   []strictjson.Value
	reports    []part
	proposals  int  // what others would change, which is nothing of the event until its maker accepts it
	blind      bool // the tags could not be read: nobody knows who may have it
}

// attribute is one MISP attribute.
type attribute struct {
	part
	uuid, typ, category, value, comment, relation string
	data                                          string // of an attachment, base64
	toIDs                                         bool
}

// composition is one MISP object.
type composition struct {
	part
	uuid, name, meta, comment string
	attributes                []attribute
}

// event reads one event and converts it.
func (r *reader) event(raw []byte, pointer string) error {
	members, err := stix.Members(raw)
	if err != nil {
		return err
	}
	ev := event{part: part{conversion.Part{Raw: raw, Pointer: pointer}, object()}}
	seen := map[string]bool{}
	for _, m := range members {
		at := pointer + strictjson.Pointer(m.Name)
		if seen[m.Name] {
			r.Reject(conversion.Part{Raw: m.Raw, Pointer: at}, "", fault.New(fault.Invalid, "json.duplicate", "A name occurs twice in one object.").
				Try("Send each name once: two readers would disagree on which one counts."))
			ev.blind = ev.blind || m.Name == "Tag"
			continue
		}
		seen[m.Name] = true
		switch m.Name {
		case "Attribute":
			ev.attributes = r.attributes(m.Raw, at, "")
		case "Object":
			ev.objects = r.compositions(m.Raw, at)
		case "EventReport":
			ev.reports = r.elements(m.Raw, at)
		default:
			r.small(&ev, m, at)
		}
	}
	c := newConverter(&ev)
	c.event()
	r.take(c)
	return nil
}

// small reads the members of an event that are read whole.
func (r *reader) small(ev *event, m stix.Part, at string) {
	switch m.Name {
	case "event_creator_email", "User", "CryptographicKey", "RelatedEvent", "Org", "Feed":
		return // of the envelope; kept in the bytes of the event, and nowhere else
	}
	v, err := strictjson.Parse(m.Raw, strictjson.Default())
	if err != nil {
		r.Reject(conversion.Part{Raw: m.Raw, Pointer: at}, "", err)
		ev.blind = ev.blind || m.Name == "Tag"
		return
	}
	switch m.Name {
	case "Tag":
		ev.tags = v.Items
	case "Galaxy":
		ev.galaxies = v.Items
	case "ShadowAttribute":
		ev.proposals = len(v.Items)
	default:
		ev.tree.Set(m.Name, v)
	}
}

// elements reads a list, element by element.
func (r *reader) elements(raw []byte, pointer string) []part {
	if !bytes.HasPrefix(raw, []byte("[")) {
		raw, pointer = append(append([]byte("["), raw...), ']'), strings.TrimSuffix(pointer, "/0")
	}
	items, err := stix.Items(raw)
	if err != nil {
		r.Reject(conversion.Part{Raw: raw, Pointer: pointer}, "", err)
		return nil
	}
	var out []part
	for i, it := range items {
		p := part{Part: conversion.Part{Raw: it.Raw, Pointer: pointer + "/" + strconv.Itoa(i)}}
		if err = r.spend(); err == nil {
			p.tree, err = strictjson.Parse(it.Raw, strictjson.Default())
		}
		if err != nil {
			r.Reject(p.Part, "", err)
			continue
		}
		out = append(out, p)
	}
	return out
}

// attributes reads a list of attributes; each that cannot be read is rejected
// alone.
func (r *reader) attributes(raw []byte, pointer, within string) []attribute {
	var out []attribute
	for _, p := range r.elements(raw, pointer) {
		a, err := newAttribute(p)
		if err == nil && within != "" && a.relation == "" {
			err = fault.New(fault.Invalid, "misp.attribute", "An attribute of an object has no object_relation.").
				Try("Send the object_relation that the object's template gives.")
		}
		if err != nil {
			r.Reject(p.Part, p.tree.GetText("uuid"), err)
			continue
		}
		out = append(out, a)
	}
	return out
}

func newAttribute(p part) (attribute, error) {
	v := &p.tree
	a := attribute{
		part: p, uuid: scalar(v, "uuid"), typ: v.GetText("type"), category: v.GetText("category"), value: scalar(v, "value"),
		comment: v.GetText("comment"), relation: v.GetText("object_relation"), data: v.GetText("data"),
	}
	if a.value == "" && v.GetText("value1") != "" {
		a.value = v.GetText("value1")
		if second := v.GetText("value2"); second != "" {
			a.value += separator + second
		}
	}
	if a.typ == "" || a.value == "" {
		return a, fault.New(fault.Invalid, "misp.attribute", "An attribute has no type or no value.").
			Try("Send type and value of every attribute.")
	}
	assumed := attributeTypes[a.typ]
	if a.category == "" {
		a.category = assumed.category
	}
	a.toIDs = assumed.toIDs
	if is, given := flag(v, "to_ids"); given {
		a.toIDs = is
	}
	return a, nil
}

// compositions reads a list of objects. The attributes of each are taken apart
// once more, so that one that is broken does not take its object with it.
func (r *reader) compositions(raw []byte, pointer string) []composition {
	if bytes.HasPrefix(raw, []byte("{")) {
		if o, ok := r.composition(raw, pointer); ok {
			return []composition{o}
		}
		return nil
	}
	items, err := stix.Items(raw)
	if err != nil {
		r.Reject(conversion.Part{Raw: raw, Pointer: pointer}, "", err)
		return nil
	}
	var out []composition
	for i, it := range items {
		if o, ok := r.composition(it.Raw, pointer+"/"+strconv.Itoa(i)); ok {
			out = append(out, o)
		}
	}
	return out
}

func (r *reader) composition(raw []byte, pointer string) (composition, bool) {
	members, err := stix.Members(raw)
	if err = cmp.Or(r.spend(), err); err != nil {
		r.Reject(conversion.Part{Raw: raw, Pointer: pointer}, "", err)
		return composition{}, false
	}
	o := composition{part: part{conversion.Part{Raw: raw, Pointer: pointer}, object()}}
	for _, m := range members {
		at := pointer + strictjson.Pointer(m.Name)
		if m.Name == "Attribute" {
			o.attributes = append(o.attributes, r.attributes(m.Raw, at, "object")...)
			continue
		}
		v, err := strictjson.Parse(m.Raw, strictjson.Default())
		if err != nil || o.tree.Get(m.Name) != nil {
			r.Reject(conversion.Part{Raw: m.Raw, Pointer: at}, "", duplicateOr(err))
			continue
		}
		o.tree.Set(m.Name, v)
	}
	o.uuid, o.name, o.meta, o.comment = scalar(&o.tree, "uuid"), o.tree.GetText("name"), o.tree.GetText("meta-category"), o.tree.GetText("comment")
	if len(o.attributes) > maxAttributes {
		r.Reject(conversion.Part{Raw: raw, Pointer: pointer}, o.uuid, fault.New(fault.Invalid, "misp.object", "A MISP object has more than %d attributes.", maxAttributes).
			Try("Split the object, or make the attributes attributes of the event."))
		return composition{}, false
	}
	if o.name == "" || len(o.attributes) == 0 {
		r.Reject(conversion.Part{Raw: raw, Pointer: pointer}, o.uuid, fault.New(fault.Invalid, "misp.object", "A MISP object has no name, or no attribute that can be read.").
			Try("Send the object with the name of its template and its attributes."))
		return composition{}, false
	}
	if o.meta == "" {
		o.meta = "misc"
	}
	return o, true
}

func duplicateOr(err error) error {
	if err != nil {
		return err
	}
	return fault.New(fault.Invalid, "json.duplicate", "A name occurs twice in one object.").
		Try("Send each name once: two readers would disagree on which one counts.")
}

// first returns the value of the first attribute with a relation.
func (o *composition) first(relation string) string {
	for _, a := range o.attributes {
		if a.relation == relation {
			return a.value
		}
	}
	return ""
}

// toIDs reports whether any attribute of the object is meant for detection.
func (o *composition) toIDs() bool {
	for _, a := range o.attributes {
		if a.toIDs {
			return true
		}
	}
	return false
}
