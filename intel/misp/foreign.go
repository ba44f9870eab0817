package misp

import (
	"cmp"
	"strings"

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
		appendTo(w.ev, "Object", w.guessedObject("geolocation", suffix(id), o, valuesOf("geolocation", []strictjson.Value{*o})))
	case foreignCluster(typ):
		w.done[id] = true
		if !w.indicated(id) {
			w.galaxy(o, w.ev)
		}
	case typ == "note":
		w.done[id] = true
		w.eventReport(o)
	default:
		if w.seen[id] {
			return // the observed data writes it
		}
		if w.foreignComposition(o, o) {
			return
		}
		if a, ok := w.foreignObservable(o, o); ok {
			w.done[id] = true
			appendTo(w.ev, "Attribute", a)
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

// foreignTemplates are the templates that observables of others become when one
// attribute cannot hold them.
var foreignTemplates = map[string]string{
	"artifact": "artifact", "autonomous-system": "asn", "directory": "directory", "domain-name": "domain-ip", "email-message": "email", "file": "file",
	"network-traffic": "network-socket", "process": "process", "software": "software", "user-account": "user-account",
	"windows-registry-key": "registry-key", "x509-certificate": "x509",
}

// foreignComposition writes an observable with what it refers to as a MISP
// object. It reports whether there was more to say than one value.
func (w *writer) foreignComposition(sco, from *strictjson.Value) bool {
	name := foreignTemplates[sco.GetText("type")]
	sh, ok := shapeOf(name)
	if !ok {
		return false
	}
	var others []strictjson.Value
	for _, id := range refsOf(sco, nil) {
		if o := w.byID[id]; o != nil {
			others = append(others, *o)
		}
	}
	vs := &values{name: name, byUUID: map[string]*entry{}, byRelation: map[string][]*entry{}}
	vs.main(name, sh, sco, others)
	if len(vs.all) < 2 {
		return false
	}
	w.done[sco.GetText("id")] = true
	for i := range others {
		if vs.byUUID[suffix(others[i].GetText("id"))] != nil {
			w.done[others[i].GetText("id")] = true
		}
	}
	appendTo(w.ev, "Object", w.guessedObject(name, suffix(sco.GetText("id")), from, vs))
	return true
}

// refsOf are the ids an observable refers to, itself and in its parts.
func refsOf(v *strictjson.Value, ids []string) []string {
	for i := range v.Members {
		m := &v.Members[i]
		switch {
		case strings.HasSuffix(m.Name, "_ref") && m.Value.Kind == strictjson.String:
			ids = append(ids, m.Value.Text)
		case strings.HasSuffix(m.Name, "_refs"):
			for _, it := range m.Value.Items {
				ids = append(ids, it.Text)
			}
		case m.Value.Kind == strictjson.Object:
			ids = refsOf(&m.Value, ids)
		case m.Value.Kind == strictjson.Array:
			for k := range m.Value.Items {
				ids = refsOf(&m.Value.Items[k], ids)
			}
		}
	}
	return ids
}

func (w *writer) guessedObject(name, uuid string, from *strictjson.Value, vs *values) strictjson.Value {
	meta := map[string]string{"artifact": "file", "directory": "file", "file": "file", "software": "misc", "geolocation": "misc", "process": "misc", "user-account": "misc"}[name]
	o := object(member("uuid", str(uuid)), member("name", str(name)), member("meta-category", str(cmp.Or(meta, "network"))))
	o.SetText("comment", from.GetText("description"))
	o.SetText("timestamp", seconds(from.GetText("modified")))
	for _, e := range vs.all {
		appendTo(&o, "Attribute", w.guessed(e, from, uuid))
	}
	return o
}

// foreignPattern writes an indicator whose comparisons are all relations of one
// template.
func (w *writer) foreignPattern(o *strictjson.Value) bool {
	tests, ok := conjunction(o.GetText("pattern"))
	if !ok || len(tests) < 2 {
		return false
	}
	typ, _, _ := strings.Cut(tests[0].path, ":")
	name := foreignTemplates[typ]
	sh, ok := shapeOf(name)
	if !ok {
		return false
	}
	vs := &values{name: name, byUUID: map[string]*entry{}, byRelation: map[string][]*entry{}}
	vs.pattern(sh, o.GetText("pattern"))
	said := 0
	for _, t := range tests {
		if !strings.HasPrefix(t.path, typ+":") {
			return false
		}
		if !strings.HasSuffix(t.path, "_ref.type") {
			said++
		}
	}
	if len(vs.all) != said {
		return false // what the template cannot say would be lost
	}
	appendTo(w.ev, "Object", w.guessedObject(name, suffix(o.GetText("id")), o, vs))
	return true
}

func (w *writer) foreignObserved(o *strictjson.Value) {
	all := true
	for _, r := range o.GetList("object_refs") {
		sco := w.byID[r.Text]
		if sco == nil || w.done[r.Text] || w.foreignComposition(sco, o) {
			continue
		}
		a, ok := w.foreignObservable(sco, o)
		if !ok {
			all = false
			continue
		}
		w.done[r.Text] = true
		appendTo(w.ev, "Attribute", a)
	}
	if all {
		w.done[o.GetText("id")] = true
		w.commented(o, w.ev)
	}
}

// plainObservables are the observables that are one attribute.
var plainObservables = map[string]struct{ typ, property string }{
	"domain-name": {"domain", "value"}, "ipv4-addr": {"ip-dst", "value"}, "ipv6-addr": {"ip-dst", "value"}, "url": {"url", "value"},
	"email-addr": {"email", "value"}, "mac-addr": {"mac-address", "value"}, "mutex": {"mutex", "name"}, "file": {"filename", "name"},
	"windows-registry-key": {"regkey", "key"}, "autonomous-system": {"AS", "number"}, "directory": {"text", "path"},
}

// foreignObservable writes an observable that somebody else made. A file with
// several hashes is a file object; everything else that has one value is one
// attribute.
func (w *writer) foreignObservable(sco, from *strictjson.Value) (a strictjson.Value, ok bool) {
	typ := sco.GetText("type")
	plain, known := plainObservables[typ]
	v := asText(sco.Get(plain.property))
	kind := plain.typ
	if hashes := sco.Get("hashes"); typ == "file" && hashes != nil && len(hashes.Members) == 1 {
		if h := hashType(hashes.Members[0].Name); h != "" {
			kind, v = h, hashes.Members[0].Value.Text
			if name := sco.GetText("name"); name != "" {
				kind, v = "filename|"+h, name+separator+v
			}
		}
	}
	if !known || v == "" {
		return a, false
	}
	if kind == "AS" {
		v = "AS" + v
	}
	a = object(member("uuid", str(suffix(sco.GetText("id")))), member("type", str(kind)), member("category", str(attributeTypes[kind].category)), member("value", str(v)), member("to_ids", truth(false)))
	a.SetText("timestamp", seconds(from.GetText("modified")))
	if tags := w.tags(from, nil); len(tags) > 0 {
		a.Set("Tag", list(tags...))
	}
	return a, true
}

// hashType is the attribute type of a hash by its name in STIX.
func hashType(name string) string {
	for typ, n := range hashNames {
		if (n[0] == name || n[1] == name) && !strings.Contains(typ, "/") {
			return typ
		}
	}
	return ""
}

// foreignTests are the single comparisons that are one attribute.
var foreignTests = map[string]string{
	"domain-name:value": "domain", "ipv4-addr:value": "ip-dst", "ipv6-addr:value": "ip-dst", "url:value": "url", "email-addr:value": "email",
	"mac-addr:value": "mac-address", "mutex:name": "mutex", "file:name": "filename", "windows-registry-key:key": "regkey",
	"autonomous-system:number": "AS", "email-message:subject": "email-subject", "email-message:from_ref.value": "email-src", "email-message:to_refs[*].value": "email-dst",
}

// foreignIndicator writes an indicator that somebody else made: one comparison
// is one attribute; rules of other languages are attributes of their type; any
// other pattern is kept as what it is.
func (w *writer) foreignIndicator(o *strictjson.Value) {
	w.done[o.GetText("id")] = true
	pattern, language := o.GetText("pattern"), o.GetText("pattern_type")
	if language == "stix" && w.foreignPattern(o) {
		return
	}
	kind, v := "stix2-pattern", pattern
	if language != "stix" {
		if kind = language; !ruleLanguages[language] {
			kind = "pattern-in-file"
		}
	} else if tests, ok := conjunction(pattern); ok && len(tests) == 1 {
		if t := foreignTests[tests[0].path]; t != "" {
			kind, v = t, tests[0].value
		} else if name, ok := strings.CutPrefix(tests[0].path, "file:hashes."); ok {
			if h := hashType(strings.Trim(name, "'")); h != "" {
				kind, v = h, tests[0].value
			}
		}
	}
	if kind == "AS" {
		v = "AS" + strings.TrimPrefix(v, "AS")
	}
	a := object(member("uuid", str(suffix(o.GetText("id")))), member("type", str(kind)), member("category", str(cmp.Or(attributeTypes[kind].category, "External analysis"))), member("value", str(v)), member("to_ids", truth(true)))
	a.SetText("comment", cmp.Or(o.GetText("description"), o.GetText("name")))
	a.SetText("timestamp", seconds(o.GetText("modified")))
	if tags := w.tags(o, nil); len(tags) > 0 {
		a.Set("Tag", list(tags...))
	}
	w.commented(o, &a)
	for _, r := range w.from[o.GetText("id")] {
		if t := w.byID[r.GetText("target_ref")]; t != nil && foreignCluster(t.GetText("type")) {
			w.done[r.GetText("id")] = true
			w.galaxy(t, &a)
		}
	}
	appendTo(w.ev, "Attribute", a)
}

// foreignCluster reports whether an object of a type becomes a galaxy cluster.
func foreignCluster(typ string) bool {
	switch typ {
	case "attack-pattern", "campaign", "course-of-action", "infrastructure", "intrusion-set", "malware", "threat-actor", "tool", "vulnerability", "location":
		return true
	}
	return false
}
