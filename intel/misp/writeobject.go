package misp

import (
	"entente/intel/stix"
	"entente/internal/strictjson"
)

// composition writes one MISP object.
func (w *writer) composition(made []strictjson.Value, id string) strictjson.Value {
	main := &made[0]
	h, name, meta := hints(main), label(main, "name"), label(main, "meta-category")
	if text(main, "type") == "x-misp-object" {
		name, meta = firstOf(text(main, "x_misp_name"), name), firstOf(text(main, "x_misp_meta_category"), meta)
	}
	o := object(member("uuid", str(firstOf(text(h, "uuid"), suffix(id)))), member("name", str(name)))
	set(&o, "meta-category", str(meta))
	comment := text(h, "comment")
	for i := range made {
		switch typ := text(&made[i], "type"); {
		case typ == "indicator" && text(&made[i], "pattern_type") == "stix":
			comment = firstOf(comment, text(&made[i], "description"))
		case typ == "x-misp-object":
			comment = firstOf(comment, text(&made[i], "x_misp_comment"))
		}
	}
	setText(&o, "comment", comment)
	for _, n := range []string{"template_uuid", "template_version"} {
		setText(&o, n, text(h, n))
	}
	w.common(&o, main, h)
	vs := valuesOf(name, made)
	if noted := listed(h, "attributes"); len(noted) > 0 {
		w.cover(main, noted...)
		for i := range noted {
			appendTo(&o, "Attribute", w.noted(&noted[i], main, vs))
		}
	} else {
		for _, e := range vs.all {
			appendTo(&o, "Attribute", w.guessed(e, main, suffix(id)))
		}
	}
	w.takeOut(made, h)
	for _, r := range listed(h, "references") {
		appendTo(&o, "ObjectReference", r)
	}
	for i := range made {
		w.referring(&made[i], &o)
		w.commented(&made[i], &o)
	}
	return o
}

// noted writes an attribute of an object as it was.
func (w *writer) noted(n, main *strictjson.Value, vs *values) strictjson.Value {
	relation := text(n, "object_relation")
	v, data := vs.take(relation, text(n, "uuid"))
	a := object()
	setText(&a, "uuid", text(n, "uuid"))
	set(&a, "type", str(text(n, "type")))
	set(&a, "object_relation", str(relation))
	set(&a, "value", str(firstOf(text(n, "value"), v)))
	setText(&a, "category", text(n, "category"))
	setText(&a, "comment", text(n, "comment"))
	is, _ := flag(n, "to_ids")
	set(&a, "to_ids", truth(is))
	setText(&a, "data", firstOf(text(n, "data"), data))
	stamp := seconds(text(main, "modified"))
	if t := n.Get("timestamp"); t != nil {
		stamp = t.Text
	}
	setText(&a, "timestamp", stamp)
	for _, name := range []string{"first_seen", "last_seen", "distribution"} {
		setText(&a, name, text(n, name))
	}
	for _, name := range []string{"disable_correlation", "deleted"} {
		if is, _ := flag(n, name); is {
			set(&a, name, truth(true))
		}
	}
	for _, t := range listed(n, "tags") {
		appendTo(&a, "Tag", object(member("name", str(t.Text))))
	}
	return a
}

// guessed writes an attribute of an object that another converter wrote.
func (w *writer) guessed(e *entry, main *strictjson.Value, within string) strictjson.Value {
	a := object()
	uuid := e.uuid
	if uuid == "" || uuid == within {
		uuid = stix.NameUUID(namespace, within+" - "+e.relation+" - "+e.value)
	}
	set(&a, "uuid", str(uuid))
	set(&a, "type", str(e.misp))
	set(&a, "object_relation", str(e.relation))
	set(&a, "value", str(e.value))
	set(&a, "category", str(firstOf(attributeTypes[e.misp].category, "Other")))
	set(&a, "to_ids", truth(e.toIDs))
	setText(&a, "data", e.data)
	setText(&a, "timestamp", seconds(text(main, "modified")))
	if tags := w.tags(main, nil); len(tags) > 0 {
		set(&a, "Tag", list(tags...))
	}
	return a
}
