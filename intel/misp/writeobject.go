package misp

import (
	"cmp"

	"entente/intel/stix"
	"entente/internal/strictjson"
)

// composition writes one MISP object.
func (w *writer) composition(made []strictjson.Value, id string) strictjson.Value {
	main := &made[0]
	h, name, meta := hints(main), label(main, "name"), label(main, "meta-category")
	if main.GetText("type") == "x-misp-object" {
		name, meta = cmp.Or(main.GetText("x_misp_name"), name), cmp.Or(main.GetText("x_misp_meta_category"), meta)
	}
	o := object(member("uuid", str(cmp.Or(h.GetText("uuid"), suffix(id)))), member("name", str(name)))
	o.Set("meta-category", str(meta))
	comment := h.GetText("comment")
	for i := range made {
		switch typ := made[i].GetText("type"); {
		case typ == "indicator" && made[i].GetText("pattern_type") == "stix":
			comment = cmp.Or(comment, made[i].GetText("description"))
		case typ == "x-misp-object":
			comment = cmp.Or(comment, made[i].GetText("x_misp_comment"))
		}
	}
	o.SetText("comment", comment)
	for _, n := range []string{"template_uuid", "template_version"} {
		o.SetText(n, h.GetText(n))
	}
	w.common(&o, main, h)
	vs := valuesOf(name, made)
	if noted := h.GetList("attributes"); len(noted) > 0 {
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
	for _, r := range h.GetList("references") {
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
	relation := n.GetText("object_relation")
	v, data := vs.take(relation, n.GetText("uuid"))
	a := object()
	a.SetText("uuid", n.GetText("uuid"))
	a.Set("type", str(n.GetText("type")))
	a.Set("object_relation", str(relation))
	a.Set("value", str(cmp.Or(n.GetText("value"), v)))
	a.SetText("category", n.GetText("category"))
	a.SetText("comment", n.GetText("comment"))
	is, _ := flag(n, "to_ids")
	a.Set("to_ids", truth(is))
	a.SetText("data", cmp.Or(n.GetText("data"), data))
	stamp := seconds(main.GetText("modified"))
	if t := n.Get("timestamp"); t != nil {
		stamp = t.Text
	}
	a.SetText("timestamp", stamp)
	for _, name := range []string{"first_seen", "last_seen"} {
		a.SetText(name, n.GetText(name))
	}
	for _, name := range []string{"disable_correlation", "deleted"} {
		if is, _ := flag(n, name); is {
			a.Set(name, truth(true))
		}
	}
	for _, t := range n.GetList("tags") {
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
	a.Set("uuid", str(uuid))
	a.Set("type", str(e.misp))
	a.Set("object_relation", str(e.relation))
	a.Set("value", str(e.value))
	a.Set("category", str(cmp.Or(attributeTypes[e.misp].category, "Other")))
	a.Set("to_ids", truth(e.toIDs))
	a.SetText("data", e.data)
	a.SetText("timestamp", seconds(main.GetText("modified")))
	if tags := w.tags(main, nil); len(tags) > 0 {
		a.Set("Tag", list(tags...))
	}
	return a
}
