package misp

import (
	"maps"
	"slices"
	"strings"

	"entente/internal/strictjson"
)

// galaxy adds a cluster to the event or a part of it.
func (w *writer) galaxy(o, to *strictjson.Value) {
	w.cover(o)
	typ := firstOf(text(o, "x_misp_type"), label(o, "galaxy-type"), "stix-2.1-"+text(o, "type"))
	value, tag := firstOf(text(o, "x_misp_value"), text(o, "name")), ""
	for _, l := range listed(o, "labels") {
		if v, ok := strings.CutPrefix(l.Text, "misp-galaxy:"+typ+`="`); ok {
			tag = l.Text
			value = strings.TrimSuffix(v, `"`) // the name may be shorter
		}
	}
	if id := catalogueID(o); tag == "" && id != "" && strings.HasPrefix(typ, "mitre-") && !strings.Contains(value, " - ") {
		value += " - " + id
	}
	description := text(o, "description")
	about, rest, both := strings.Cut(text(o, "x_misp_description"), " | ")
	if both {
		description = rest
	}
	cl := object(
		member("uuid", str(suffix(text(o, "id")))), member("type", str(typ)), member("value", str(value)),
		member("tag_name", str(firstOf(tag, "misp-galaxy:"+typ+`="`+value+`"`))),
	)
	setText(&cl, "description", description)
	if meta := w.meta(o); len(meta.Members) > 0 {
		set(&cl, "meta", meta)
	}
	galaxies := to.Get("Galaxy")
	if galaxies != nil {
		for i := range galaxies.Items {
			if text(&galaxies.Items[i], "type") == typ {
				appendTo(&galaxies.Items[i], "GalaxyCluster", cl)
				return
			}
		}
	}
	g := object(member("type", str(typ)), member("name", str(firstOf(text(o, "x_misp_name"), label(o, "galaxy-name"), typ))))
	setText(&g, "description", about)
	set(&g, "GalaxyCluster", list(cl))
	appendTo(to, "Galaxy", g)
}

// catalogueID is the id of a cluster in its catalogue, which MISP has in the name
// of MITRE's clusters.
func catalogueID(o *strictjson.Value) string {
	for _, r := range listed(o, "external_references") {
		if strings.HasPrefix(text(&r, "source_name"), "mitre") {
			return text(&r, "external_id")
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
			set(&meta, name, m.Value.Clone())
		}
	}
	if names := o.Get("aliases"); names != nil {
		set(&meta, "synonyms", names.Clone())
	}
	for _, r := range listed(o, "external_references") {
		if url := text(&r, "url"); url != "" {
			appendTo(&meta, "refs", str(url))
		}
		if id := text(&r, "external_id"); id != "" {
			appendTo(&meta, "external_id", str(id))
		}
	}
	for _, k := range listed(o, "kill_chain_phases") {
		appendTo(&meta, "kill_chain", str(text(&k, "kill_chain_name")+":"+text(&k, "phase_name")))
	}
	typ := text(o, "type")
	for _, name := range slices.Sorted(maps.Keys(typedMeta[typ])) {
		if v := o.Get(name); v != nil {
			set(&meta, name, v.Clone())
		}
	}
	if property := typesMeta[typ]; property != "" {
		if v := o.Get(property); v != nil {
			set(&meta, property, v.Clone())
		}
	}
	for _, name := range []string{"first_seen", "last_seen"} {
		setText(&meta, name, text(o, name))
	}
	return meta
}

// referring writes the relationships of an object: to clusters as galaxies, to
// parts of the event as references.
func (w *writer) referring(main, to *strictjson.Value) {
	for _, r := range w.from[text(main, "id")] {
		target, kind := text(r, "target_ref"), text(r, "relationship_type")
		w.done[text(r, "id")] = true
		t := w.byID[target]
		if t == nil || kind == "based-on" && suffix(target) == suffix(text(main, "id")) {
			continue
		}
		if label(t, "galaxy-type") != "" {
			w.galaxy(t, to)
			continue
		}
		uuid := suffix(target)
		if original := text(hints(t), "uuid"); original != "" {
			uuid = original
		}
		ref := object(
			member("uuid", str(suffix(text(r, "id")))), member("referenced_uuid", str(uuid)), member("relationship_type", str(kind)),
		)
		setText(&ref, "timestamp", seconds(text(r, "modified")))
		setText(&ref, "comment", text(r, "description"))
		appendTo(to, "ObjectReference", ref)
	}
}

// commented writes notes, opinions, sightings and clusters of a part.
func (w *writer) commented(main, to *strictjson.Value) {
	id := text(main, "id")
	for _, o := range w.about[id] {
		if w.done[text(o, "id")] {
			continue
		}
		w.done[text(o, "id")] = true
		switch text(o, "type") {
		case "note":
			n := object(member("uuid", str(suffix(text(o, "id")))), member("note", str(text(o, "content"))))
			setText(&n, "language", text(o, "lang"))
			w.dated(&n, o)
			appendTo(to, "Note", n)
		case "sighting":
			w.sighting(o, to, "0")
		case "opinion":
			if label(o, "context-layer") == "" && text(o, "explanation") == "False positive Sighting" {
				w.sighting(o, to, "1")
				continue
			}
			n := object(member("uuid", str(suffix(text(o, "id")))), member("opinion", str(opinionOf(o))))
			setText(&n, "comment", text(o, "explanation"))
			w.dated(&n, o)
			appendTo(to, "Opinion", n)
		}
	}
	if text(to, "name") != "" || text(main, "type") == "report" || text(main, "type") == "grouping" {
		return // objects write their relationships as references
	}
	for _, r := range w.from[id] {
		if t := w.byID[text(r, "target_ref")]; t != nil && (label(t, "galaxy-type") != "" || prefix(text(t, "id")) == "x-misp-galaxy-cluster") {
			w.done[text(r, "id")] = true
			w.galaxy(t, to)
		} else if text(r, "relationship_type") == "based-on" {
			w.done[text(r, "id")] = true
		}
	}
}

func (w *writer) dated(n, o *strictjson.Value) {
	if names := listed(o, "authors"); len(names) > 0 {
		set(n, "authors", str(names[0].Text))
	}
	set(n, "created", str(text(o, "created")))
	set(n, "modified", str(text(o, "modified")))
}

// opinionOf is an opinion from 0 to 100, the middle of its step when only the
// step is known.
func opinionOf(o *strictjson.Value) string {
	if v := scalar(o, "x_misp_opinion"); v != "" {
		return v
	}
	return map[string]string{"strongly-agree": "90", "agree": "70", "neutral": "50", "disagree": "30", "strongly-disagree": "10"}[text(o, "opinion")]
}

func (w *writer) sighting(o, to *strictjson.Value, typ string) {
	s := object(member("uuid", str(suffix(text(o, "id")))), member("type", str(typ)))
	setText(&s, "date_sighting", seconds(text(o, "modified")))
	setText(&s, "source", text(o, "description"))
	where := text(o, "x_misp_author_ref")
	for _, r := range listed(o, "where_sighted_refs") {
		where = r.Text
	}
	if org := w.byID[where]; org != nil {
		set(&s, "Organisation", object(member("uuid", str(suffix(where))), member("name", str(text(org, "name")))))
	}
	appendTo(to, "Sighting", s)
}

func (w *writer) eventReport(o *strictjson.Value) {
	w.cover(o)
	r := object(member("uuid", str(suffix(text(o, "id")))), member("name", str(firstOf(text(o, "abstract"), "Note"))), member("content", str(text(o, "content"))))
	setText(&r, "timestamp", seconds(text(o, "modified")))
	appendTo(w.ev, "EventReport", r)
}
