package misp

import (
	"cmp"
	"maps"
	"strings"

	"entente/intel/stix"
	"entente/internal/strictjson"
)

// foreign writes an object that was not made from MISP.
func (w *writer) foreign(id string) {
	o := w.byID[id]
	switch typ := prefix(id); {
	case typ == "indicator":
		w.foreignIndicator(o)
	case typ == "observed-data":
		w.foreignObserved(o)
	case typ == "location" && (o.Get("latitude") != nil || o.Get("street_address") != nil):
		w.done[id] = true
		w.object(&told{name: "geolocation", meta: "misc", uuid: suffix(id), values: valuesOf("geolocation", []strictjson.Value{*o})}, o)
	case foreignCluster(o):
		w.done[id] = true
		if !w.indicated(id) {
			w.galaxy(o, w.ev)
		}
	case typ == "note":
		w.done[id] = true
		w.eventReport(o)
	default:
		if !w.seen[id] && !w.inside[id] { // else what it is in writes it
			w.observable(o, o)
		}
	}
}

// indicated reports whether an indicator of the event points at a cluster, which
// is then attached to the attribute.
func (w *writer) indicated(id string) bool {
	for _, r := range w.to[id] {
		if source := r.GetText("source_ref"); prefix(source) == "indicator" && w.byID[source] != nil {
			return true
		}
	}
	return false
}

// observable writes an observable that somebody else made: as one attribute
// where it is one value, else as an object of its template. It reports whether
// there was anything to write.
func (w *writer) observable(sco, from *strictjson.Value) bool {
	t, ok := tell(sco, false, w.find)
	if !ok || len(t.values.all)+len(t.parts) == 0 {
		return false
	}
	id := sco.GetText("id")
	w.done[id] = true
	for other := range t.inside {
		w.done[other] = true
	}
	for _, path := range t.unsaid {
		w.out.Left = append(w.out.Left, id+" /"+path)
	}
	w.indicators(sco, &t)
	w.told(&t, from)
	return true
}

// indicators refers from an object to the indicators that point at it: they are
// attributes, and only objects refer in MISP.
func (w *writer) indicators(o *strictjson.Value, t *told) {
	if !t.composed() {
		return
	}
	for _, r := range w.to[o.GetText("id")] {
		if source := r.GetText("source_ref"); r.GetText("relationship_type") == "indicates" && w.byID[source] != nil {
			w.done[r.GetText("id")] = true
			t.ties = append(t.ties, tie{t.uuid, suffix(source), "indicated-by"})
		}
	}
}

func (w *writer) find(id string) *strictjson.Value { return w.byID[id] }

// told writes what an observable or a pattern says.
func (w *writer) told(t *told, from *strictjson.Value) {
	if t.composed() {
		w.object(t, from)
		return
	}
	for i, e := range t.values.all {
		a := w.value(e, from)
		a.Set("uuid", str(t.uuid))
		if i > 0 {
			a.Set("uuid", str(stix.NameUUID(namespace, t.uuid+" - "+e.misp+" - "+e.value)))
		}
		if i == 0 {
			w.saidOf(from, &a)
		}
		appendTo(w.ev, "Attribute", a)
	}
}

// value writes one value as an attribute without an object.
func (w *writer) value(e *entry, from *strictjson.Value) strictjson.Value {
	a := object(member("uuid", str("")), member("type", str(e.misp)), member("category", str(cmp.Or(attributeTypes[e.misp].category, "External analysis"))), member("value", str(e.value)), member("to_ids", truth(e.toIDs)))
	if from.GetText("type") == "indicator" {
		a.SetText("comment", cmp.Or(from.GetText("description"), from.GetText("name")))
	}
	a.SetText("timestamp", seconds(from.GetText("modified")))
	if tags := w.tags(from, nil); len(tags) > 0 {
		a.Set("Tag", list(tags...))
	}
	return a
}

// object writes a MISP object and the parts of it that are objects too.
func (w *writer) object(t *told, from *strictjson.Value) {
	o := object(member("uuid", str(t.uuid)), member("name", str(t.name)), member("meta-category", str(t.meta)))
	o.SetText("comment", cmp.Or(t.comment, from.GetText("description")))
	o.SetText("timestamp", seconds(from.GetText("modified")))
	for _, e := range t.values.all {
		appendTo(&o, "Attribute", w.guessed(e, from, t.uuid))
	}
	if all := o.Get("Attribute"); all != nil {
		w.clusters(from, &all.Items[0]) // an object itself has none
	}
	w.commented(from, &o)
	w.ties = append(w.ties, t.ties...)
	appendTo(w.ev, "Object", o)
	for i := range t.parts {
		w.object(&t.parts[i], from)
	}
}

// saidOf writes what is said about the one attribute that something became.
func (w *writer) saidOf(from, a *strictjson.Value) {
	w.commented(from, a)
	w.clusters(from, a)
}

// clusters attaches what an indicator points at to what was made of it.
func (w *writer) clusters(from, a *strictjson.Value) {
	if from.GetText("type") != "indicator" {
		return
	}
	for _, r := range w.from[from.GetText("id")] {
		if t := w.byID[r.GetText("target_ref")]; t != nil && foreignCluster(t) {
			w.done[r.GetText("id")] = true
			w.galaxy(t, a)
		}
	}
}

// tie writes the references between the objects of an event, once all are there.
// What can be on no object is named.
func (w *writer) tie() {
	objects := map[string]*strictjson.Value{}
	for i, o := range w.ev.GetList("Object") {
		objects[o.GetText("uuid")] = &w.ev.Get("Object").Items[i]
	}
	for _, t := range w.ties {
		from := objects[t.from]
		if from == nil {
			w.out.Left = append(w.out.Left, t.from+" "+t.kind+" "+t.to)
			continue
		}
		appendTo(from, "ObjectReference", object(
			member("uuid", str(stix.NameUUID(namespace, t.from+" "+t.kind+" "+t.to))), member("referenced_uuid", str(t.to)), member("relationship_type", str(t.kind)),
		))
	}
	w.ties = nil
}

// within finds the observables that are said with others that refer to them, so
// that they are not said twice in one event.
func (w *writer) within(ids []string) {
	w.inside = map[string]bool{}
	for _, id := range ids {
		o := w.byID[id]
		if label(o, "type") != "" || label(o, "name") != "" {
			continue
		}
		for _, r := range append([]strictjson.Value{str(id)}, o.GetList("object_refs")...) {
			sco := w.byID[r.Text]
			if sco == nil || foreignShapes[sco.GetText("type")].slots == nil {
				continue
			}
			if t, ok := tell(sco, false, w.find); ok {
				maps.Copy(w.inside, t.inside)
			}
		}
	}
}

func (w *writer) foreignObserved(o *strictjson.Value) {
	all := true
	for _, r := range o.GetList("object_refs") {
		sco := w.byID[r.Text]
		if sco == nil || w.done[r.Text] || w.inside[r.Text] {
			continue
		}
		all = w.observable(sco, o) && all
	}
	if all {
		w.done[o.GetText("id")] = true
		w.commented(o, w.ev)
	}
}

// hashType is the attribute type of a hash by its name in STIX.
func hashType(name string) string {
	for typ, n := range hashNames {
		if (strings.EqualFold(n[0], name) || strings.EqualFold(n[1], name) || typ == strings.ToLower(name)) && !strings.Contains(typ, "/") {
			return typ
		}
	}
	return ""
}

// foreignIndicator writes an indicator that somebody else made. A pattern of
// comparisons that attributes or an object say all of is those; a rule of another
// language is a rule; any other pattern is kept as what it is.
func (w *writer) foreignIndicator(o *strictjson.Value) {
	w.done[o.GetText("id")] = true
	uuid, pattern, language := suffix(o.GetText("id")), o.GetText("pattern"), o.GetText("pattern_type")
	t := told{uuid: uuid, values: newValues("")}
	switch {
	case language != "stix":
		t = ruled(o, uuid, language)
	case !understood(pattern, uuid, &t):
		t = told{name: "stix2-pattern", meta: "misc", uuid: uuid, values: newValues("stix2-pattern")}
		t.values.all = []*entry{{relation: "stix2-pattern", misp: "stix2-pattern", value: pattern}, {relation: "version", misp: "text", value: "stix " + cmp.Or(o.GetText("pattern_version"), "2.1")}}
	}
	for _, e := range t.values.all {
		rule := ruleTemplates[t.name].pattern
		e.toIDs = e.relation != "version" && (rule == "" || t.name == "" || e.relation == rule)
	}
	w.told(&t, o)
}

// ruled reads a rule of a detection language: with what is said of it, an object;
// alone, an attribute.
func ruled(o *strictjson.Value, uuid, language string) told {
	if of := ruleTemplates[language]; of.language == language {
		t := told{name: language, meta: map[string]string{"suricata": "network"}[language], uuid: uuid, values: newValues(language)}
		t.meta = cmp.Or(t.meta, "misc")
		t.values.rule(o, language)
		if len(t.values.all) > 1 {
			return t
		}
	}
	kind := language
	if !ruleLanguages[language] {
		kind = "pattern-in-file"
	}
	t := told{uuid: uuid, values: newValues("")}
	t.values.all = []*entry{{misp: kind, value: o.GetText("pattern")}}
	return t
}

// understood reads a pattern of which MISP can say everything.
func understood(pattern, uuid string, into *told) bool {
	tests, ok := conjunction(pattern)
	if !ok {
		return false
	}
	main, lookup, ok := supposed(uuid, tests)
	if !ok {
		return false
	}
	t, ok := tell(main, true, lookup)
	if !ok || len(t.unsaid) > 0 || len(t.values.all) == 0 {
		return false
	}
	*into = t
	return true
}

// foreignCluster reports whether an object becomes a galaxy cluster. Malware does
// while it is a family.
func foreignCluster(o *strictjson.Value) bool {
	switch o.GetText("type") {
	case "malware":
		family, given := flag(o, "is_family")
		return family || !given
	case "attack-pattern", "campaign", "course-of-action", "infrastructure", "intrusion-set", "threat-actor", "tool", "vulnerability", "location":
		return true
	}
	return false
}
