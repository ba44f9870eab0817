package misp

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"entente/intel"
	"entente/intel/stix"
	"entente/internal/strictjson"
)

// Written is what [Write] made.
type Written struct {
	Events [][]byte // each a JSON document {"Event": …}
	// Left are ids of objects that MISP has no place for. "id /path" is a part of
	// one, "uuid kind uuid" a reference.
	Left []string
}

// Write turns STIX objects into MISP events: one for each report or grouping,
// and one for what is in none. What came from MISP comes out as it was; other
// objects become attributes, objects and galaxies as far as MISP has them.
//
// The caller has decided who may have the objects: everything here is written.
// Distribution is the narrowest of MISP (0, this organisation only), whatever the
// event said where it was made: whoever has the objects has them by a decision,
// and a server that passed them on by a level would go round it.
func Write(objects []*intel.Object) Written {
	w := newWriter(objects)
	for _, r := range w.reports {
		w.event(r, w.under(r))
	}
	var loose []string
	for _, id := range w.order {
		if !w.done[id] {
			loose = append(loose, id)
		}
	}
	if slices.ContainsFunc(loose, w.substance) {
		w.event(nil, loose)
	}
	w.out.Left = w.left()
	return w.out
}

func newWriter(objects []*intel.Object) *writer {
	w := &writer{byID: map[string]*strictjson.Value{}, done: map[string]bool{}}
	for _, o := range objects {
		w.byID[o.ID] = o.Tree
		w.order = append(w.order, o.ID)
		if o.Type == "report" || o.Type == "grouping" {
			w.reports = append(w.reports, o.Tree)
		}
	}
	w.relate()
	return w
}

// left returns what is in no event.
func (w *writer) left() []string {
	left := w.out.Left
	for _, id := range w.order {
		if !w.done[id] && !stix.WellKnownMarking(id) && !w.who[id] {
			left = append(left, id)
		}
	}
	return left
}

// writer makes the events of one set of objects.
type writer struct {
	out   Written
	order []string
	// reports are those and groupings, in order.
	reports []*strictjson.Value
	edition *Edition // of one client; nil writes a file
	byID    map[string]*strictjson.Value
	done    map[string]bool
	from    map[string][]*strictjson.Value // relationships by source
	to      map[string][]*strictjson.Value // relationships by target
	seen    map[string]bool                // what observed data refers to
	about   map[string][]*strictjson.Value // sightings, notes and opinions by what they are about
	ev      *strictjson.Value
	who     map[string]bool // identities that made or saw things
	inside  map[string]bool // observables that another of the event says
	ties    []tie           // references between objects of the event
	marks   map[string]bool // of the report, which its parts are under
	thread  int             // how many analysts answer each other where it writes
	over    []string        // tags of parts that can have none, for the whole event
}

// substance reports whether an object can be the content of an event.
func (w *writer) substance(id string) bool {
	switch prefix(id) {
	case "identity":
		return label(w.byID[id], "name") != "" || !w.who[id] // any other is who made things
	case "marking-definition", "extension-definition", "relationship", "language-content":
		return false
	}
	return true
}

func (w *writer) relate() {
	w.from, w.to, w.about = map[string][]*strictjson.Value{}, map[string][]*strictjson.Value{}, map[string][]*strictjson.Value{}
	w.seen = map[string]bool{}
	w.who = map[string]bool{}
	for _, id := range w.order {
		o := w.byID[id]
		w.who[o.GetText("created_by_ref")] = true
		switch prefix(id) {
		case "relationship":
			w.from[o.GetText("source_ref")] = append(w.from[o.GetText("source_ref")], o)
			w.to[o.GetText("target_ref")] = append(w.to[o.GetText("target_ref")], o)
		case "observed-data":
			for _, r := range o.GetList("object_refs") {
				w.seen[r.Text] = true
			}
		case "sighting":
			of := o.GetText("sighting_of_ref")
			for _, r := range o.GetList("where_sighted_refs") {
				w.who[r.Text] = true
			}
			w.about[of] = append(w.about[of], o)
		case "opinion", "note":
			w.who[o.GetText("x_misp_author_ref")] = true
			if label(o, "data-layer") != "" {
				continue
			}
			for _, r := range o.GetList("object_refs")[:min(1, len(o.GetList("object_refs")))] {
				w.about[r.Text] = append(w.about[r.Text], o)
			}
		}
	}
}

// under returns the ids of a report's objects in its order.
func (w *writer) under(report *strictjson.Value) []string {
	ids := []string{}
	for _, r := range report.GetList("object_refs") {
		if w.byID[r.Text] != nil {
			ids = append(ids, r.Text)
		}
	}
	return ids
}

// event writes one event. A nil report is for objects that are in none.
func (w *writer) event(report *strictjson.Value, ids []string) {
	ev := object()
	w.ev, w.marks, w.over = &ev, map[string]bool{}, nil
	w.head(report, ids)
	if report != nil {
		w.done[report.GetText("id")] = true
		for _, m := range report.GetList("object_marking_refs") {
			w.marks[m.Text] = true
		}
	}
	w.within(ids)
	for _, id := range ids {
		w.part(id)
	}
	w.tie()
	if report != nil {
		if d := report.GetText("description"); d != "" && (w.edition == nil || !w.edition.Brief) {
			r := object(member("uuid", str(stix.NameUUID(namespace, report.GetText("id")+" - description"))), member("name", str("STIX 2.1 "+report.GetText("type")+" description")), member("content", str(d)))
			r.SetText("timestamp", seconds(report.GetText("modified")))
			appendTo(w.ev, "EventReport", r)
		}
		w.commented(report, w.ev)
		if tags := w.tags(report, nil); len(tags) > 0 {
			w.ev.Set("Tag", list(tags...))
		}
	}
	for _, t := range w.over {
		appendTo(w.ev, "Tag", object(member("name", str(t))))
	}
	if w.edition != nil {
		w.hand()
	}
	doc := object(member("Event", ev))
	w.out.Events = append(w.out.Events, strictjson.Append(nil, &doc))
}

// head writes what is known of the event itself.
func (w *writer) head(report *strictjson.Value, ids []string) {
	h := hints(report)
	uuid, info, when := suffix(report.GetText("id")), report.GetText("name"), report.GetText("modified")
	if report == nil {
		for _, id := range ids {
			when = max(when, w.byID[id].GetText("modified"))
		}
		uuid, info = stix.NameUUID(namespace, strings.Join(ids, " ")), "Objects shared without a report"
	}
	if uuid = cmp.Or(h.GetText("uuid"), uuid); w.edition != nil {
		uuid = w.edition.UUID
	}
	w.ev.Set("uuid", str(uuid))
	w.ev.Set("info", str(info))
	w.ev.Set("distribution", str(ownOrganisation))
	for _, name := range []string{"date", "threat_level_id", "analysis", "extends_uuid"} {
		w.ev.SetText(name, h.GetText(name))
	}
	if day, _, ok := strings.Cut(when, "T"); ok && w.ev.Get("date") == nil {
		w.ev.Set("date", str(day))
	}
	w.ev.SetText("timestamp", seconds(when))
	is, _ := flag(h, "published")
	w.ev.Set("published", truth(is))
	if p := report.GetText("published"); p != "" {
		w.ev.Set("published", truth(true))
		w.ev.Set("publish_timestamp", str(seconds(p)))
	}
	if creator := w.byID[report.GetText("created_by_ref")]; creator != nil {
		w.ev.Set("Orgc", object(member("uuid", str(suffix(creator.GetText("id")))), member("name", str(creator.GetText("name")))))
	}
}

// seconds is a time of STIX as a timestamp of MISP.
func seconds(s string) string {
	t, ok := dated(s)
	if !ok {
		return ""
	}
	return strconv.FormatInt(t.Unix(), 10)
}

// appendTo adds an element to a list of the event or of a part of it.
func appendTo(v *strictjson.Value, name string, e strictjson.Value) {
	if have := v.Get(name); have != nil {
		have.Items = append(have.Items, e)
		return
	}
	v.Set(name, list(e))
}

// part writes what an object of the report is, once for all objects that were
// made of the same attribute or object.
func (w *writer) part(id string) {
	o := w.byID[id]
	if w.done[id] || o == nil {
		return
	}
	typ := prefix(id)
	switch {
	case label(o, "galaxy-type") != "" || typ == "x-misp-galaxy-cluster":
		w.done[id] = true
		if !w.attached(id) {
			w.galaxy(o, w.ev)
		}
	case label(o, "type") != "":
		if a := w.attribute(w.group(id, "type"), id); a.GetText("value") != "" {
			appendTo(w.ev, "Attribute", a)
		} else {
			w.out.Left = append(w.out.Left, id)
		}
	case label(o, "name") != "":
		if o := w.composition(w.group(id, "name"), id); o.Get("Attribute") != nil {
			appendTo(w.ev, "Object", o)
		} else {
			w.out.Left = append(w.out.Left, id)
		}
	case typ == "note" && strings.Contains(label(o, "data-layer"), "Report"):
		w.done[id] = true
		w.eventReport(o)
	case typ == "relationship", typ == "sighting", typ == "opinion", typ == "marking-definition", typ == "identity" && w.who[id]:
	case typ == "note" && (label(o, "context-layer") != "" || w.remark(o)):
	default:
		w.foreign(id)
	}
}

// remark reports whether a note is about one thing of the event, which then has
// it; any other is a report of its own.
func (w *writer) remark(note *strictjson.Value) bool {
	about := note.GetList("object_refs")
	if len(about) != 1 || w.byID[about[0].Text] == nil {
		return false
	}
	switch typ := prefix(about[0].Text); typ {
	case "report", "grouping", "indicator", "observed-data":
		return true
	}
	return false
}

// attached reports whether a cluster belongs to a part of the event rather than
// to the event.
func (w *writer) attached(id string) bool {
	for _, r := range w.to[id] {
		if other := w.byID[r.GetText("source_ref")]; label(other, "type") != "" || label(other, "name") != "" {
			return true
		}
	}
	return false
}

// group collects what was made of one attribute or object: the objects with its
// uuid and labels, and the observables of the observed data.
func (w *writer) group(id, kind string) []strictjson.Value {
	uuid, want := suffix(id), label(w.byID[id], kind)
	var made []strictjson.Value
	for _, typ := range []string{"observed-data", "indicator", prefix(id)} {
		o := w.byID[typ+"--"+uuid]
		if o == nil || label(o, kind) != want || w.done[typ+"--"+uuid] {
			continue
		}
		w.done[typ+"--"+uuid] = true
		made = append(made, *o)
		for _, r := range o.GetList("object_refs") {
			if sco := w.byID[r.Text]; sco != nil {
				w.done[r.Text] = true
				made = append(made, *sco)
			}
		}
	}
	return made
}

// attribute writes one attribute.
func (w *writer) attribute(made []strictjson.Value, id string) strictjson.Value {
	f, main := single(made), &made[0]
	h := hints(main)
	a := object(member("uuid", str(cmp.Or(h.GetText("uuid"), suffix(id)))))
	a.Set("type", str(f.typ))
	a.Set("category", str(cmp.Or(h.GetText("category"), f.category, attributeTypes[f.typ].category)))
	a.Set("value", str(cmp.Or(h.GetText("value"), f.value)))
	comment := f.comment
	if c := h.Get("comment"); c != nil {
		comment = c.Text
	}
	a.SetText("comment", comment)
	toIDs := f.toIDs
	if is, given := flag(h, "to_ids"); given {
		toIDs = is
	}
	a.Set("to_ids", truth(toIDs))
	a.SetText("data", cmp.Or(h.GetText("data"), f.data))
	w.common(&a, main, h)
	if tags := w.tags(main, h); len(tags) > 0 {
		a.Set("Tag", list(tags...))
	}
	for i := range made {
		w.commented(&made[i], &a)
	}
	return a
}

// common writes what attributes and objects share.
func (w *writer) common(a, main, h *strictjson.Value) {
	if t := h.Get("timestamp"); t == nil {
		a.SetText("timestamp", seconds(main.GetText("modified")))
	} else {
		a.SetText("timestamp", t.Text)
	}
	first, last := main.GetText("first_observed"), main.GetText("last_observed")
	if h == nil && (first != last || seconds(first) != seconds(main.GetText("modified"))) {
		a.SetText("first_seen", first)
		a.SetText("last_seen", last)
	}
	for _, name := range []string{"first_seen", "last_seen"} {
		a.SetText(name, h.GetText(name))
	}
	for _, name := range []string{"disable_correlation", "deleted"} {
		if is, _ := flag(h, name); is {
			a.Set(name, truth(true))
		}
	}
	if is, _ := flag(main, "revoked"); is {
		a.Set("deleted", truth(true))
	}
}

// tags are the labels that are no fields of MISP, and the markings. What the
// whole event is under is not repeated on its parts.
func (w *writer) tags(o, h *strictjson.Value) []strictjson.Value {
	var names []string
	seen := map[string]bool{}
	add := func(s string) {
		if s != "" && !seen[s] {
			seen[s] = true
			names = append(names, s)
		}
	}
	for _, l := range o.GetList("labels") {
		if !structural(l.Text) {
			add(l.Text)
		}
	}
	whole := o.GetText("type") == "report" || o.GetText("type") == "grouping"
	for _, m := range o.GetList("object_marking_refs") {
		if whole || !w.marks[m.Text] {
			add(tlpTag(m.Text))
			w.done[m.Text] = w.done[m.Text] || tlpTag(m.Text) != "" || w.papTag(m.Text, add)
		}
	}
	for _, t := range h.GetList("tags") {
		add(t.Text)
	}
	out := make([]strictjson.Value, len(names))
	for i, n := range names {
		out[i] = object(member("name", str(n)))
	}
	return out
}

// papTag adds the tag of a PAP marking, unless the object has it as a label.
func (w *writer) papTag(id string, add func(string)) bool {
	word := w.byID[id].Get("extensions").Get(stix.PAPExtension).GetText("pap")
	if word == "" {
		return false
	}
	add("PAP:" + strings.ToUpper(word))
	return true
}

// cover puts what an object is under on the whole event, where MISP has no tags
// for a part: a marking may reach further, never less far. What the parts of the
// object say themselves need not be said again.
func (w *writer) cover(o *strictjson.Value, parts ...strictjson.Value) {
	said := map[string]bool{}
	for i := range parts {
		for _, t := range parts[i].GetList("tags") {
			said[strings.ToLower(t.Text)] = true
		}
	}
	for _, m := range o.GetList("object_marking_refs") {
		if t := tlpTag(m.Text); t != "" && !w.marks[m.Text] && !said[t] && !slices.Contains(w.over, t) {
			w.over = append(w.over, t)
		}
	}
}

// structural reports whether a label is a field of MISP written as a label.
func structural(l string) bool {
	for _, p := range []string{"misp:type=", "misp:category=", "misp:name=", "misp:meta-category=", "misp:to_ids=", "misp:galaxy-", "misp:data-layer=", "misp:context-layer="} {
		if strings.HasPrefix(l, p) {
			return true
		}
	}
	return false
}
