package misp

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"entente/internal/strictjson"
)

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
	return relation, cmp.Or(misp, usualType(relation))
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
		switch o.GetText("type") {
		case "x-misp-object":
			for _, a := range o.GetList("x_misp_attributes") {
				is, _ := flag(&a, "to_ids")
				vs.add(entry{relation: a.GetText("object_relation"), uuid: a.GetText("uuid"), misp: a.GetText("type"), value: scalar(&a, "value"), data: a.GetText("data"), toIDs: is})
			}
		case "observed-data":
			if shaped {
				vs.observed(name, sh, made[i+1:])
			}
		case "indicator":
			switch {
			case o.GetText("pattern_type") != "stix":
				vs.rule(o, name)
			case len(vs.all) == 0 && shaped:
				vs.pattern(sh, o.GetText("pattern"))
			case shaped:
				vs.detected(o.GetText("pattern"))
			}
		default:
			if shaped && sh.alone && o.GetText("type") == sh.typ {
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
	relations := of.relations()
	for _, property := range slices.Sorted(maps.Keys(relations)) {
		relation := relations[property]
		if v := o.GetText(property); v != "" && (property != "pattern_version" || v != "2.1") {
			vs.add(entry{relation: relation, value: v, toIDs: property == "pattern"})
		}
	}
	for _, r := range o.GetList("external_references") {
		vs.add(entry{relation: of.reference, value: r.GetText("url")})
	}
	vs.rest(o)
}

func (vs *values) observed(name string, sh shape, scos []strictjson.Value) {
	if name == "domain-ip" && len(scos) > 0 && (scos[0].GetText("type") != "domain-name" || len(sh.slots) > 0 && isPlain(scos)) {
		for i := range scos {
			relation, misp := "domain", "domain"
			if scos[i].GetText("type") != "domain-name" {
				relation, misp = "ip", "ip-dst"
			}
			if scos[i].GetText("type") == "observed-data" || scos[i].GetText("type") == "indicator" {
				continue
			}
			vs.add(entry{relation: relation, misp: misp, uuid: suffix(scos[i].GetText("id")), value: scos[i].GetText("value")})
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
			if sl.kind != asRef {
				vs.add(entry{relation: sl.relation, misp: sl.misp, value: sl.kind.read(&items[i])})
			} else if other := byID(scos, items[i].Text); other != nil && sl.leads(other.GetText("type")) {
				vs.add(entry{relation: sl.relation, misp: sl.misp, uuid: suffix(items[i].Text), value: asText(at(other, sl.leaf))})
			}
		}
	}
	vs.special(name, sh, o, scos)
	if sh.rest != "" {
		vs.rest(at(o, sh.rest))
		return
	}
	vs.rest(o)
}

// leads reports whether a reference slot can lead to an object of a type.
func (sl *slot) leads(typ string) bool {
	return typ == sl.to || sl.to == "ip" && strings.HasPrefix(typ, "ipv")
}

// special reads what single templates have that no slot can say.
func (vs *values) special(name string, sh shape, o *strictjson.Value, scos []strictjson.Value) {
	if name == "domain-ip" && len(vs.byRelation["domain"]) > 0 {
		vs.byRelation["hostname"] = vs.byRelation["domain"]
	}
	switch name {
	case "file", "lnk":
		vs.contents(o, scos)
	case "artifact":
		if data := o.GetText("payload_bin"); data != "" {
			vs.add(entry{relation: "payload_bin", value: cmp.Or(o.GetText("x_misp_filename"), "artifact"), data: data})
		}
	case "email":
		vs.mail(o, scos)
	}
	if sh.contacts != nil {
		vs.contacts(sh, o)
	}
	if sh.typ == "network-traffic" {
		for _, p := range o.GetList("protocols") {
			if p.Text != "ipv4" && p.Text != "ipv6" && p.Text != "tcp" || sh.spoken {
				vs.add(entry{relation: "protocol", misp: "text", value: p.Text})
			}
		}
	}
	if sh.typ == "vulnerability" {
		vs.catalogued(o)
	}
}

func (vs *values) contents(o *strictjson.Value, scos []strictjson.Value) {
	for i := range scos {
		if scos[i].GetText("type") != "artifact" {
			continue
		}
		id, v := scos[i].GetText("id"), scos[i].GetText("x_misp_filename")
		e := entry{relation: "attachment", misp: "attachment", uuid: suffix(id), value: v, data: scos[i].GetText("payload_bin")}
		if id == o.GetText("content_ref") {
			e.relation, e.misp = "malware-sample", "malware-sample"
			if hash := asText(at(&scos[i], "hashes/MD5")); hash != "" {
				e.value += separator + hash
			}
		}
		vs.add(e)
	}
}

func (vs *values) catalogued(o *strictjson.Value) {
	name := o.GetText("name")
	for _, r := range o.GetList("external_references") {
		switch id := r.GetText("external_id"); {
		case r.GetText("url") != "":
			vs.add(entry{relation: "references", misp: "link", value: r.GetText("url")})
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
				e.value, e.data = items[k].GetText("value"), items[k].GetText("data")
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
	case asListening, asBlocking:
		if !v.Bool {
			return ""
		}
		return map[kind]string{asListening: "listening", asBlocking: "blocking"}[k]
	case asString, asNumber, asSystem, asMoment, asKey, asRef, asFloat:
	}
	return s
}

func byID(scos []strictjson.Value, id string) *strictjson.Value {
	for i := range scos {
		if scos[i].GetText("id") == id {
			return &scos[i]
		}
	}
	return nil
}
