package misp

import (
	"strings"

	"entente/internal/strictjson"
)

// found is an attribute as STIX objects tell it, without the hints.
type found struct {
	typ, category, value, comment, data string
	toIDs                               bool
}

// label returns the value of a label such as misp:type="md5".
func label(o *strictjson.Value, name string) string {
	for _, l := range listed(o, "labels") {
		if v, ok := strings.CutPrefix(l.Text, "misp:"+name+`="`); ok {
			return strings.TrimSuffix(v, `"`)
		}
	}
	return ""
}

// single reads the objects that one attribute became.
func single(made []strictjson.Value) found {
	var f found
	for i := range made {
		o := &made[i]
		f.toIDs = f.toIDs || strings.EqualFold(label(o, "to_ids"), "true")
		f.typ, f.category = firstOf(f.typ, label(o, "type")), firstOf(f.category, label(o, "category"))
	}
	m, _ := mappingOf(f.typ)
	for i := range made {
		o := &made[i]
		switch text(o, "type") {
		case "x-misp-attribute":
			f.value, f.comment, f.category = text(o, "x_misp_value"), text(o, "x_misp_comment"), firstOf(text(o, "x_misp_category"), f.category)
			f.typ = firstOf(text(o, "x_misp_type"), f.typ)
			f.toIDs = f.toIDs || label(o, "to_ids") == "" && attributeTypes[f.typ].toIDs
		case "campaign", "vulnerability":
			if label(o, "type") != "" {
				f.value = text(o, "name")
			}
		case "indicator":
			f.toIDs, f.comment = true, firstOf(text(o, "description"), f.comment)
			if f.value == "" {
				f.value = m.fromPattern(f.typ, text(o, "pattern"))
			}
		case "observed-data":
			scos := made[i+1:]
			if list := o.Get("objects"); list != nil {
				continue // of STIX 2.0, which is upgraded before
			}
			f.value, f.data = m.fromObservables(f.typ, scos)
		}
	}
	return f
}

// fromObservables reads the value back from the observables of an attribute.
func (m mapping) fromObservables(typ string, scos []strictjson.Value) (v, data string) {
	if typ == "attachment" || typ == "malware-sample" {
		return contentOf(typ, scos)
	}
	var parts [2]string
	for _, t := range m.scos {
		o := ofType(scos, t.typ)
		if o == nil {
			continue
		}
		for _, l := range t.leaves {
			s := asText(at(o, l.path))
			switch l.from {
			case whole, lower, hive, key, first:
				parts[0] = s
			case second, port:
				parts[1] = s
			case digits:
				parts[0] = "AS" + s
			case literal, isFalse, isTrue, refOf, address, named:
			}
		}
	}
	return joined(parts), ""
}

func joined(parts [2]string) string {
	if parts[1] == "" {
		return parts[0]
	}
	return parts[0] + separator + parts[1]
}

// ofType finds an observable by type; "ip" is an address of either kind.
func ofType(scos []strictjson.Value, typ string) *strictjson.Value {
	for i := range scos {
		if t := text(&scos[i], "type"); t == typ || typ == "ip" && (t == "ipv4-addr" || t == "ipv6-addr") {
			return &scos[i]
		}
	}
	return nil
}

func contentOf(typ string, scos []strictjson.Value) (v, data string) {
	file, artifact := ofType(scos, "file"), ofType(scos, "artifact")
	v = text(file, "name")
	if hash := asText(at(file, "hashes/MD5")); typ == "malware-sample" && hash != "" {
		v += separator + hash
	}
	return v, text(artifact, "payload_bin")
}

// fromPattern reads the value back from the pattern of an attribute.
func (m mapping) fromPattern(typ, pattern string) string {
	if ruleLanguages[typ] {
		return strings.TrimSuffix(strings.TrimPrefix(pattern, "["), "]")
	}
	tests, ok := conjunction(pattern)
	if !ok {
		return ""
	}
	if typ == "attachment" || typ == "malware-sample" {
		m = mapping{pattern: []comparison{{path: "file:name", from: first}, {path: "file:hashes.MD5", from: second}}}
	}
	var parts [2]string
	for _, t := range tests {
		for _, p := range m.pattern {
			if p.path != t.path {
				continue
			}
			switch p.from {
			case whole, lower, hive, key, first:
				parts[0] = t.value
			case second, port:
				parts[1] = t.value
			case digits:
				parts[0] = "AS" + t.value
			case literal, isFalse, isTrue, refOf, address, named:
			}
		}
	}
	return joined(parts)
}

// values are what the objects that one MISP object became still say of its
// attributes: by the uuid of the attribute where an observable has it, else by
// relation in order.
type values struct {
	name       string // of the template
	byUUID     map[string]*entry
	byRelation map[string][]*entry
	all        []*entry
}

type entry struct {
	relation, uuid, misp, value, data string
	toIDs, used                       bool
}

func (vs *values) add(e entry) {
	p := &e
	if e.misp == "" || templates[vs.name] != nil {
		e.relation, e.misp = vs.templated(e.relation, e.misp)
	}
	vs.all = append(vs.all, p)
	key := relationKey(e.relation)
	vs.byRelation[key] = append(vs.byRelation[key], p)
	if e.uuid != "" {
		vs.byUUID[e.uuid] = p
	}
}

// templated returns a relation as its template spells it, and its type.
func (vs *values) templated(relation, misp string) (name, typ string) {
	if t := templates[vs.name][relation]; t != "" {
		return relation, t
	}
	key := relationKey(relation)
	for n := range templates[vs.name] {
		if relationKey(n) == key && (name == "" || n < name) {
			name = n
		}
	}
	if name != "" {
		return name, templates[vs.name][name]
	}
	return relation, firstOf(misp, usualType(relation))
}

// relationKey is what a relation has in common with the property it became.
func relationKey(s string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ReplaceAll(s, "(s)", "")))
}

// take returns the value for an attribute, each once.
func (vs *values) take(relation, uuid string) (v, data string) {
	if e := vs.byUUID[uuid]; e != nil && !e.used && relationKey(e.relation) == relationKey(relation) {
		e.used = true
		return e.value, e.data
	}
	for _, e := range vs.byRelation[relationKey(relation)] {
		if !e.used && (e.uuid == "" || e.uuid == uuid) {
			e.used = true
			return e.value, e.data
		}
	}
	return "", ""
}

// valuesOf reads the objects that one MISP object became.
func valuesOf(name string, made []strictjson.Value) *values {
	vs := &values{name: name, byUUID: map[string]*entry{}, byRelation: map[string][]*entry{}}
	sh, shaped := shapeOf(name)
	for i := range made {
		o := &made[i]
		switch text(o, "type") {
		case "x-misp-object":
			for _, a := range listed(o, "x_misp_attributes") {
				is, _ := flag(&a, "to_ids")
				vs.add(entry{relation: text(&a, "object_relation"), uuid: text(&a, "uuid"), misp: text(&a, "type"), value: scalar(&a, "value"), data: text(&a, "data"), toIDs: is})
			}
		case "observed-data":
			if shaped {
				vs.observed(name, sh, made[i+1:])
			}
		case "indicator":
			switch {
			case text(o, "pattern_type") != "stix":
				vs.rule(o, name)
			case len(vs.all) == 0 && shaped:
				vs.pattern(sh, text(o, "pattern"))
			case shaped:
				vs.detected(text(o, "pattern"))
			}
		default:
			if shaped && sh.alone && text(o, "type") == sh.typ {
				vs.main(name, sh, o, nil)
			}
		}
	}
	return vs
}

func (vs *values) rule(o *strictjson.Value, name string) {
	of, known := ruleTemplates[name]
	if !known {
		return
	}
	for property, relation := range of.relations() {
		if v := text(o, property); v != "" && (property != "pattern_version" || v != "2.1") {
			vs.add(entry{relation: relation, value: v, toIDs: property == "pattern"})
		}
	}
	for _, r := range listed(o, "external_references") {
		vs.add(entry{relation: of.reference, value: text(&r, "url")})
	}
	vs.rest(o)
}

func (vs *values) observed(name string, sh shape, scos []strictjson.Value) {
	if name == "domain-ip" && len(scos) > 0 && (text(&scos[0], "type") != "domain-name" || len(sh.slots) > 0 && isPlain(scos)) {
		for i := range scos {
			relation, misp := "domain", "domain"
			if text(&scos[i], "type") != "domain-name" {
				relation, misp = "ip", "ip-dst"
			}
			if text(&scos[i], "type") == "observed-data" || text(&scos[i], "type") == "indicator" {
				continue
			}
			vs.add(entry{relation: relation, misp: misp, uuid: suffix(text(&scos[i], "id")), value: text(&scos[i], "value")})
		}
		return
	}
	if len(scos) > 0 {
		vs.main(name, sh, &scos[0], scos)
	}
}

// isPlain reports whether all observables have names and addresses only.
func isPlain(scos []strictjson.Value) bool {
	for i := range scos {
		for _, m := range scos[i].Members {
			if strings.HasPrefix(m.Name, "x_misp_") {
				return false
			}
		}
	}
	return true
}

// main reads the main object of a shape.
func (vs *values) main(name string, sh shape, o *strictjson.Value, scos []strictjson.Value) {
	done := map[string]bool{}
	for _, sl := range sh.slots {
		if done[sl.path] && sl.kind != asRef {
			continue
		}
		path, many := strings.CutSuffix(sl.path, "/*")
		v := at(o, path)
		if v == nil {
			continue
		}
		items := []strictjson.Value{*v}
		if many {
			items = v.Items
		}
		done[sl.path] = true
		for i := range items {
			e := entry{relation: sl.relation, misp: sl.misp, value: sl.kind.read(&items[i])}
			if sl.kind == asRef {
				other := byID(scos, items[i].Text)
				if other == nil || sl.to != "ip" && text(other, "type") != sl.to || sl.to == "ip" && !strings.HasPrefix(text(other, "type"), "ipv") {
					continue
				}
				e.uuid, e.value = suffix(items[i].Text), asText(at(other, sl.leaf))
			}
			vs.add(e)
		}
	}
	if name == "domain-ip" && len(vs.byRelation["domain"]) > 0 {
		vs.byRelation["hostname"] = vs.byRelation["domain"]
	}
	switch name {
	case "file", "lnk":
		vs.contents(o, scos)
	case "artifact":
		if data := text(o, "payload_bin"); data != "" {
			vs.add(entry{relation: "payload_bin", value: firstOf(text(o, "x_misp_filename"), "artifact"), data: data})
		}
	case "email":
		vs.mail(o, scos)
	}
	if sh.contacts != nil {
		vs.contacts(sh, o)
	}
	if sh.typ == "network-traffic" {
		for _, p := range listed(o, "protocols") {
			if p.Text != "ipv4" && p.Text != "ipv6" && p.Text != "tcp" || sh.spoken {
				vs.add(entry{relation: "protocol", misp: "text", value: p.Text})
			}
		}
	}
	if sh.typ == "vulnerability" {
		vs.catalogued(o)
	}
	if sh.rest != "" {
		vs.rest(at(o, sh.rest))
		return
	}
	vs.rest(o)
}

func (vs *values) contents(o *strictjson.Value, scos []strictjson.Value) {
	for i := range scos {
		if text(&scos[i], "type") != "artifact" {
			continue
		}
		id, v := text(&scos[i], "id"), text(&scos[i], "x_misp_filename")
		e := entry{relation: "attachment", misp: "attachment", uuid: suffix(id), value: v, data: text(&scos[i], "payload_bin")}
		if id == text(o, "content_ref") {
			e.relation, e.misp = "malware-sample", "malware-sample"
			if hash := asText(at(&scos[i], "hashes/MD5")); hash != "" {
				e.value += separator + hash
			}
		}
		vs.add(e)
	}
}

func (vs *values) catalogued(o *strictjson.Value) {
	name := text(o, "name")
	for _, r := range listed(o, "external_references") {
		switch id := text(&r, "external_id"); {
		case text(&r, "url") != "":
			vs.add(entry{relation: "references", misp: "link", value: text(&r, "url")})
		case id != "" && id != name:
			vs.add(entry{relation: "id", misp: "vulnerability", value: id})
		}
	}
}

// rest reads the relations that had no property.
func (vs *values) rest(o *strictjson.Value) {
	if o == nil {
		return
	}
	for i := range o.Members {
		name, ok := strings.CutPrefix(o.Members[i].Name, "x_misp_")
		if !ok {
			continue
		}
		relation := strings.ReplaceAll(name, "_", "-")
		v := &o.Members[i].Value
		items := []strictjson.Value{*v}
		if v.Kind == strictjson.Array {
			items = v.Items
		}
		for k := range items {
			e := entry{relation: relation, misp: usualType(relation), value: asText(&items[k])}
			if items[k].Kind == strictjson.Object {
				e.value, e.data = text(&items[k], "value"), text(&items[k], "data")
				e.misp = "attachment"
			}
			vs.add(e)
		}
	}
}

func (k kind) read(v *strictjson.Value) string {
	s := asText(v)
	switch k {
	case asTruth:
		if v.Bool {
			return "True"
		}
		return "False"
	case asThousandth:
		return thousandths(s)
	case asString, asNumber, asSystem, asMoment, asKey, asRef, asFloat:
	}
	return s
}

func byID(scos []strictjson.Value, id string) *strictjson.Value {
	for i := range scos {
		if text(&scos[i], "id") == id {
			return &scos[i]
		}
	}
	return nil
}
