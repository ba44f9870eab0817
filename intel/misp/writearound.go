package misp

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"entente/internal/strictjson"
)

// galaxy adds a cluster to the event or a part of it.
func (w *writer) galaxy(o, to *strictjson.Value) {
	w.cover(o)
	typ := cmp.Or(o.GetText("x_misp_type"), label(o, "galaxy-type"), "stix-2.1-"+o.GetText("type"))
	value, tag := cmp.Or(o.GetText("x_misp_value"), o.GetText("name")), ""
	for _, l := range o.GetList("labels") {
		if v, ok := strings.CutPrefix(l.Text, "misp-galaxy:"+typ+`="`); ok {
			tag = l.Text
			value = strings.TrimSuffix(v, `"`) // the name may be shorter
		}
	}
	if id := catalogueID(o); tag == "" && id != "" && strings.HasPrefix(typ, "mitre-") && !strings.Contains(value, " - ") {
		value += " - " + id
	}
	description := o.GetText("description")
	about, rest, both := strings.Cut(o.GetText("x_misp_description"), " | ")
	if both {
		description = rest
	}
	cl := object(
		member("uuid", str(suffix(o.GetText("id")))), member("type", str(typ)), member("value", str(value)),
		member("tag_name", str(cmp.Or(tag, "misp-galaxy:"+typ+`="`+value+`"`))),
	)
	cl.SetText("description", description)
	if meta := w.meta(o); len(meta.Members) > 0 {
		cl.Set("meta", meta)
	}
	galaxies := to.Get("Galaxy")
	if galaxies != nil {
		for i := range galaxies.Items {
			if galaxies.Items[i].GetText("type") == typ {
				appendTo(&galaxies.Items[i], "GalaxyCluster", cl)
				return
			}
		}
	}
	g := object(member("type", str(typ)), member("name", str(cmp.Or(o.GetText("x_misp_name"), label(o, "galaxy-name"), typ))))
	g.SetText("description", about)
	g.Set("GalaxyCluster", list(cl))
	appendTo(to, "Galaxy", g)
}

// catalogueID is the id of a cluster in its catalogue, which MISP has in the name
// of MITRE's clusters.
func catalogueID(o *strictjson.Value) string {
	for _, r := range o.GetList("external_references") {
		if strings.HasPrefix(r.GetText("source_name"), "mitre") {
			return r.GetText("external_id")
		}
	}
	return ""
}

// meta is what a cluster says of itself beside name and description.
func (w *writer) meta(o *strictjson.Value) strictjson.Value {
	if m := o.Get("x_misp_meta"); m != nil {
		return m.Clone()
	}
	meta := object()
	for i := range o.Members {
		m := &o.Members[i]
		name, custom := strings.CutPrefix(m.Name, "x_misp_")
		if custom && name != "name" && name != "type" && name != "value" && name != "description" {
			meta.Set(name, m.Value.Clone())
		}
	}
	if names := o.Get("aliases"); names != nil {
		meta.Set("synonyms", names.Clone())
	}
	for _, r := range o.GetList("external_references") {
		if url := r.GetText("url"); url != "" {
			appendTo(&meta, "refs", str(url))
		}
		if id := r.GetText("external_id"); id != "" {
			appendTo(&meta, "external_id", str(id))
		}
	}
	for _, k := range o.GetList("kill_chain_phases") {
		appendTo(&meta, "kill_chain", str(k.GetText("kill_chain_name")+":"+k.GetText("phase_name")))
	}
	typ := o.GetText("type")
	for _, name := range slices.Sorted(maps.Keys(typedMeta[typ])) {
		if v := o.Get(name); v != nil {
			meta.Set(name, v.Clone())
		}
	}
	if property := typesMeta[typ]; property != "" {
		if v := o.Get(property); v != nil {
			meta.Set(property, v.Clone())
		}
	}
	for _, name := range []string{"first_seen", "last_seen"} {
		meta.SetText(name, o.GetText(name))
	}
	return meta
}

// referring writes the relationships of an object: to clusters as galaxies, to
// parts of the event as references.
func (w *writer) referring(main, to *strictjson.Value) {
	for _, r := range w.from[main.GetText("id")] {
		target, kind := r.GetText("target_ref"), r.GetText("relationship_type")
		if byAnalyst(r) {
			continue
		}
		w.done[r.GetText("id")] = true
		t := w.byID[target]
		if t == nil || kind == "based-on" && suffix(target) == suffix(main.GetText("id")) {
			continue
		}
		if label(t, "galaxy-type") != "" {
			w.galaxy(t, to)
			continue
		}
		uuid := suffix(target)
		if original := hints(t).GetText("uuid"); original != "" {
			uuid = original
		}
		ref := object(
			member("uuid", str(suffix(r.GetText("id")))), member("referenced_uuid", str(uuid)), member("relationship_type", str(kind)),
		)
		ref.SetText("timestamp", seconds(r.GetText("modified")))
		ref.SetText("comment", r.GetText("description"))
		appendTo(to, "ObjectReference", ref)
	}
}

// commented writes notes, opinions, sightings and clusters of a part.
func (w *writer) commented(main, to *strictjson.Value) {
	id := main.GetText("id")
	for _, o := range w.about[id] {
		if w.done[o.GetText("id")] {
			continue
		}
		w.done[o.GetText("id")] = true
		switch o.GetText("type") {
		case "note":
			if o.GetText("content") == emptyEvent && suffix(o.GetText("id")) == suffix(id) {
				continue // which the conversion said
			}
			n := object(member("uuid", str(suffix(o.GetText("id")))), member("note", str(o.GetText("content"))))
			n.SetText("language", o.GetText("lang"))
			w.analyst(&n, o, to)
			appendTo(to, "Note", n)
		case "sighting":
			w.sighting(o, to, "0")
		case "opinion":
			if label(o, "context-layer") == "" && o.GetText("explanation") == "False positive Sighting" {
				w.sighting(o, to, "1")
				continue
			}
			n := object(member("uuid", str(suffix(o.GetText("id")))), member("opinion", str(opinionOf(o))))
			n.SetText("comment", o.GetText("explanation"))
			w.analyst(&n, o, to)
			appendTo(to, "Opinion", n)
		}
	}
	w.drawn(id, to)
	if to.GetText("name") != "" || main.GetText("type") == "report" || main.GetText("type") == "grouping" {
		return // objects write their relationships as references
	}
	for _, r := range w.from[id] {
		if t := w.byID[r.GetText("target_ref")]; t != nil && (label(t, "galaxy-type") != "" || prefix(t.GetText("id")) == "x-misp-galaxy-cluster") {
			w.done[r.GetText("id")] = true
			w.galaxy(t, to)
		} else if r.GetText("relationship_type") == "based-on" {
			w.done[r.GetText("id")] = true
		}
	}
}

// byAnalyst reports whether an analyst drew a relationship beside the event.
func byAnalyst(r *strictjson.Value) bool { return label(r, "context-layer") == analystRelationship }

// drawn writes what an analyst relates a part to.
func (w *writer) drawn(id string, to *strictjson.Value) {
	for _, r := range w.from[id] {
		t := w.byID[r.GetText("target_ref")]
		if !byAnalyst(r) || t == nil || w.done[r.GetText("id")] {
			continue
		}
		w.done[r.GetText("id")] = true
		n := object(
			member("uuid", str(suffix(r.GetText("id")))), member("related_object_uuid", str(cmp.Or(hints(t).GetText("uuid"), suffix(t.GetText("id"))))),
			member("related_object_type", str(partType(t))), member("relationship_type", str(cmp.Or(r.GetText("x_misp_relationship_type"), r.GetText("relationship_type")))),
		)
		w.analyst(&n, r, to)
		appendTo(to, "Relationship", n)
	}
}

// partType is what MISP calls the kind of a part.
func partType(o *strictjson.Value) string {
	switch typ := o.GetText("type"); {
	case typ == "report" || typ == "grouping":
		return "Event"
	case typ == "note" && strings.Contains(label(o, "data-layer"), "Report"):
		return "EventReport"
	case typ == "note":
		return "Note"
	case typ == "opinion":
		return "Opinion"
	case typ == "relationship":
		return "Relationship"
	case label(o, "galaxy-type") != "" || typ == "x-misp-galaxy-cluster":
		return "GalaxyCluster"
	case label(o, "name") != "":
		return "Object"
	}
	return "Attribute"
}

// writtenType is the kind of a part of an event that is written.
func writtenType(to *strictjson.Value) string {
	for _, kind := range []struct{ member, name string }{
		{"info", "Event"}, {"note", "Note"}, {"opinion", "Opinion"}, {"relationship_type", "Relationship"}, {"content", "EventReport"}, {"meta-category", "Object"},
	} {
		if to.Get(kind.member) != nil {
			return kind.name
		}
	}
	return "Attribute"
}

// analyst writes what all analyst data have: what it is about, who said it when,
// and what others say of it. It is for this organisation only, as the event is.
func (w *writer) analyst(n, o, to *strictjson.Value) {
	n.Set("object_uuid", str(to.GetText("uuid")))
	n.Set("object_type", str(writtenType(to)))
	for _, name := range []string{"authors", "x_misp_authors"} {
		if names := o.GetList(name); len(names) > 0 {
			n.Set("authors", str(names[0].Text))
		}
	}
	n.Set("distribution", str(ownOrganisation))
	for _, name := range []string{"created", "modified"} {
		if t, ok := dated(o.GetText(name)); ok {
			n.Set(name, str(analystTime(t)))
		}
	}
	if w.thread == maxThread {
		return // the rest is left
	}
	w.thread++
	w.commented(o, n)
	w.thread--
}

// maxThread is how many analysts may answer each other in an event that is
// written: readers bound how deep a document nests.
const maxThread = 10

// opinionOf is an opinion from 0 to 100, the middle of its step when only the
// step is known.
func opinionOf(o *strictjson.Value) string {
	if v := scalar(o, "x_misp_opinion"); v != "" {
		return v
	}
	return map[string]string{"strongly-agree": "90", "agree": "70", "neutral": "50", "disagree": "30", "strongly-disagree": "10"}[o.GetText("opinion")]
}

func (w *writer) sighting(o, to *strictjson.Value, typ string) {
	s := object(member("uuid", str(suffix(o.GetText("id")))), member("type", str(typ)))
	s.SetText("date_sighting", seconds(o.GetText("modified")))
	s.SetText("source", o.GetText("description"))
	where := o.GetText("x_misp_author_ref")
	for _, r := range o.GetList("where_sighted_refs") {
		where = r.Text
	}
	if org := w.byID[where]; org != nil {
		s.Set("Organisation", object(member("uuid", str(suffix(where))), member("name", str(org.GetText("name")))))
	}
	appendTo(to, "Sighting", s)
}

func (w *writer) eventReport(o *strictjson.Value) {
	w.cover(o)
	r := object(member("uuid", str(suffix(o.GetText("id")))), member("name", str(cmp.Or(o.GetText("abstract"), "Note"))), member("content", str(o.GetText("content"))))
	r.SetText("timestamp", seconds(o.GetText("modified")))
	w.commented(o, &r)
	appendTo(w.ev, "EventReport", r)
}
