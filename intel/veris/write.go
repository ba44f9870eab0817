package veris

import (
	"slices"
	"strings"

	"entente/intel"
	"entente/intel/stix"
	"entente/internal/strictjson"
)

// Written is what [Write] made.
type Written struct {
	Document []byte   // a list of incidents in JSON
	Left     []string // ids of objects that VERIS has no place for
}

// Write turns incidents into VERIS. What came from VERIS comes out as it was,
// with names as the objects have them now; of other incidents comes out what
// VERIS has a place for, and unknown where it demands more.
//
// The caller has decided who may have the objects: everything here is written.
func Write(objects []*intel.Object) Written {
	w := &writer{byID: map[string]*intel.Object{}, from: map[string][]*intel.Object{}, done: map[string]bool{}}
	for _, o := range objects {
		w.byID[o.ID] = o
		if o.Type == "relationship" {
			source := o.Tree.GetText("source_ref")
			w.from[source] = append(w.from[source], o)
		}
	}
	list := strictjson.NewList()
	for _, o := range objects {
		if o.Type == "incident" && !o.Revoked {
			list.Items = append(list.Items, w.incident(o))
		}
	}
	out := Written{Document: append(strictjson.Append(nil, &list), '\n')}
	for _, o := range objects {
		if !w.done[o.ID] && !stix.WellKnownMarking(o.ID) {
			out.Left = append(out.Left, o.ID)
		}
	}
	return out
}

type writer struct {
	byID map[string]*intel.Object
	from map[string][]*intel.Object // relationships by source
	done map[string]bool
}

// related are the objects of a type that an object has a relationship with.
func (w *writer) related(id, kind, typ string) []*intel.Object {
	var out []*intel.Object
	for _, r := range w.from[id] {
		to := w.byID[r.Tree.GetText("target_ref")]
		if r.Tree.GetText("relationship_type") == kind && to != nil && to.Type == typ {
			w.done[r.ID], w.done[to.ID] = true, true
			out = append(out, to)
		}
	}
	return out
}

func (w *writer) incident(o *intel.Object) strictjson.Value {
	w.done[o.ID] = true
	x := o.Tree.Get("extensions").Get(Extension)
	ours := x.Get("incident") != nil && x.Get("incident").Kind == strictjson.Object
	v := strictjson.NewObject("incident_id", strings.TrimPrefix(o.ID, "incident--"))
	if ours {
		v = x.Get("incident").Clone()
		restoreNames(&v, x.Get("names"))
	}
	if s := o.Tree.GetText("description"); s != "" {
		v.SetText("summary", s)
	} else if !ours {
		v.SetText("summary", o.Tree.GetText("name"))
	}
	var links []string
	if refs := o.Tree.Get("external_references"); refs != nil {
		for i := range refs.Items {
			links = append(links, refs.Items[i].GetText("url"))
		}
	}
	links = slices.DeleteFunc(links, func(l string) bool { return l == "" })
	v.SetText("reference", strings.Join(links, separator))
	w.victim(&v, o.ID, ours)
	w.actor(&v, o.ID, ours)
	if !ours {
		unknown(&v)
	}
	return v
}

// victim writes who was hit. VERIS has one victim; others are left.
func (w *writer) victim(v *strictjson.Value, id string, ours bool) {
	for i, who := range w.related(id, "targets", "identity") {
		places := w.related(who.ID, "located-at", "location")
		if i > 0 {
			w.done[who.ID] = false
			continue
		}
		victim := member(v, "victim")
		if name := who.Tree.GetText("name"); !strings.HasPrefix(name, someVictim) {
			victim.SetText("victim_id", name)
		}
		if ours {
			continue // the record says the rest as it was
		}
		victim.SetText("industry", industry(who.Tree.GetTexts("sectors")))
		var countries []string
		for _, p := range places {
			countries = append(countries, p.Tree.GetText("country"))
		}
		countries = slices.DeleteFunc(countries, func(c string) bool { return c == "" })
		victim.SetTexts("country", countries)
	}
}

// actor writes who did it, and counts what they did as written: VERIS has it in
// the record, or has no place for it.
func (w *writer) actor(v *strictjson.Value, id string, ours bool) {
	var names []string
	for _, who := range w.related(id, "attributed-to", "threat-actor") {
		if name := who.Tree.GetText("name"); !strings.HasPrefix(name, someActor) {
			names = append(append(names, name), who.Tree.GetTexts("aliases")...)
		}
		if ours {
			w.related(who.ID, "uses", "attack-pattern")
		}
	}
	if len(names) > 0 {
		member(member(v, "actor"), "external").SetTexts("name", names)
	}
	if ours {
		w.related(id, "related-to", "attack-pattern")
	}
}

// unknown fills in what VERIS demands of every incident.
func unknown(v *strictjson.Value) {
	for _, name := range []string{"actor", "action", "attribute"} {
		if v.Get(name) == nil {
			member(member(v, name), "unknown")
		}
	}
}

// member returns an object member, which it makes when there is none.
func member(v *strictjson.Value, name string) *strictjson.Value {
	if m := v.Get(name); m == nil || m.Kind != strictjson.Object {
		v.Set(name, strictjson.Value{Kind: strictjson.Object})
	}
	return v.Get(name)
}

// restoreNames undoes plainNames. It makes no name twice, whoever wrote the
// extension.
func restoreNames(v, names *strictjson.Value) {
	for i := range v.Items {
		restoreNames(&v.Items[i], names)
	}
	for i := range v.Members {
		m := &v.Members[i]
		restoreNames(&m.Value, names)
		if name := names.Get(m.Name); name != nil && name.Kind == strictjson.String && v.Get(name.Text) == nil {
			m.Name = name.Text
		}
	}
}
