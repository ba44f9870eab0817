package misp

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/intel/conversion"
	"entente/internal/strictjson"
)

// tests are the comparisons of an object's pattern: of the attributes that are
// meant for detection, in the order of the slots.
func (sh *shape) tests(o *composition) []string {
	var out []string
	left := make([]*attribute, 0, len(o.attributes))
	for i := range o.attributes {
		if o.attributes[i].toIDs {
			left = append(left, &o.attributes[i])
		}
	}
	pick := func(relation string) []*attribute {
		var found []*attribute
		left = slices.DeleteFunc(left, func(a *attribute) bool {
			if a.relation != relation {
				return false
			}
			found = append(found, a)
			return true
		})
		return found
	}
	fixed := make([]string, 0, 1)
	for name, v := range sh.fixed {
		fixed = append(fixed, equals(sh.typ+":"+name, v))
	}
	out = append(out, fixed...)
	for i := range sh.slots {
		sl := &sh.slots[i]
		if o.name == "domain-ip" && i == 1 {
			out = append(out, hostTests(pick("hostname"), out)...)
		}
		for n, a := range pick(sl.relation) {
			out = append(out, sh.test(sl, n, a))
		}
	}
	switch o.name {
	case "email":
		out = append(out, mailTests(pick("attachment"), pick("screenshot"))...)
	case "file", "lnk":
		out = append(out, contentTests(pick("malware-sample"), pick("attachment"))...)
	}
	prefix := sh.typ + ":"
	if sh.rest != "" {
		prefix += peTests + "."
	}
	for _, a := range left {
		out = append(out, equals(prefix+metaName(a.relation), a.value))
	}
	return out
}

func (sh *shape) test(sl *slot, n int, a *attribute) string {
	path := sl.testPath()
	path = sh.typ + ":" + strings.Replace(path, "#", strconv.Itoa(n), 1)
	v := a.value
	if sl.kind == asSystem {
		v = digits.of(v, "")
	}
	if sl.kind == asKey {
		v = fullHive(v)
	}
	if sl.kind != asRef || sh.typ != "network-traffic" {
		return equals(path, v)
	}
	to := sl.to
	if to == "ip" {
		to = addressType(v)
	}
	return "(" + equals(path+".type", to) + " AND " + equals(path+".value", v) + ")"
}

// hostTests are the names of hosts: the value, unless the object has a domain.
func hostTests(hosts []*attribute, before []string) []string {
	path := "domain-name:value"
	if slices.ContainsFunc(before, func(s string) bool { return strings.HasPrefix(s, path+" ") }) {
		path = "domain-name:x_misp_hostname"
	}
	out := make([]string, len(hosts))
	for i, a := range hosts {
		out[i] = equals(path, a.value)
	}
	return out
}

// contents are the files in a file object: the sample itself, or an attachment.
func (c *converter) contents(main *strictjson.Value, left *[]*attribute) []strictjson.Value {
	var made []strictjson.Value
	*left = slices.DeleteFunc(*left, func(a *attribute) bool {
		if a.data == "" || a.relation != "malware-sample" && a.relation != "attachment" {
			return false
		}
		if a.relation == "attachment" && main.Get("content_ref") != nil {
			return false
		}
		id := "artifact--" + c.idOf(a.uuid, a.Pointer)
		v := object(member("type", str("artifact")), member("spec_version", str("2.1")), member("id", str(id)), member("payload_bin", str(a.data)))
		name := a.value
		if a.relation == "malware-sample" {
			var hash string
			if name, hash = composite(a.value); hash != "" {
				put(&v, "hashes/MD5", str(hash))
			}
			sample(&v)
			main.Set("content_ref", str(id))
		}
		v.Set("x_misp_filename", str(name))
		made = append(made, v)
		return true
	})
	return made
}

func contentTests(samples, attachments []*attribute) []string {
	var out []string
	for _, a := range samples {
		name, hash := composite(a.value)
		t := []string{}
		if a.data != "" {
			t = append(t, equals("file:content_ref.payload_bin", a.data))
		}
		t = append(t, equals("file:content_ref.x_misp_filename", name))
		if hash != "" {
			t = append(t, equals("file:content_ref.hashes.MD5", hash))
		}
		if a.data != "" {
			t = append(t, sampleTests())
		}
		out = append(out, "("+strings.Join(t, " AND ")+")")
	}
	for _, a := range attachments {
		t := equals("file:content_ref.x_misp_filename", a.value)
		if a.data != "" {
			t = "(" + equals("file:content_ref.payload_bin", a.data) + " AND " + t + ")"
		}
		out = append(out, t)
	}
	return out
}

// ruleTemplate names the relations of an object that is a rule of a detection
// language.
type ruleTemplate struct{ language, pattern, name, description, version, reference string }

var ruleTemplates = map[string]ruleTemplate{
	"nova-rule":      {"nova", "raw-rule", "rule-name", "description", "", "reference"},
	"owasp-crs-rule": {"crs", "raw-rule", "rule-id", "message", "", "reference"},
	"sigma":          {"sigma", "sigma", "sigma-rule-name", "comment", "", "reference"},
	"suricata":       {"suricata", "suricata", "", "comment", "version", "ref"},
	"wazuh-rule":     {"wazuh", "wazuh-rule", "rule-id", "comment", "version", "reference"},
	"yara":           {"yara", "yara", "yara-rule-name", "comment", "version", "reference"},
}

// relations are the relations by the property they become.
func (of ruleTemplate) relations() map[string]string {
	all := map[string]string{"pattern": of.pattern, "name": of.name, "description": of.description, "pattern_version": of.version}
	maps.DeleteFunc(all, func(_, relation string) bool { return relation == "" })
	return all
}

func (c *converter) rule(o *composition, uuid string, at time.Time, of ruleTemplate) strictjson.Value {
	v := c.named("indicator", o, uuid, at)
	known := map[string]string{}
	for property, relation := range of.relations() {
		known[relation] = property
	}
	var left []*attribute
	for i := range o.attributes {
		a := &o.attributes[i]
		property := known[a.relation]
		switch {
		case property != "" && v.Get(property) == nil:
			v.Set(property, str(a.value))
		case a.relation == of.reference:
			reference(&v, "refs", a.value)
		default:
			left = append(left, a)
		}
	}
	rest(&v, left)
	c.detects(&v, o.meta, at, v.GetText("pattern"), of.language)
	return c.finishObject(o, uuid, shape{}, v)[0]
}

// customObject holds any object: all its attributes with their values.
func (c *converter) customObject(o *composition, uuid string, at time.Time) strictjson.Value {
	v := c.named("x-misp-object", o, uuid, at)
	var held []strictjson.Value
	for i := range o.attributes {
		a := &o.attributes[i]
		m := object(
			member("type", str(a.typ)), member("object_relation", str(strings.ReplaceAll(a.relation, "(s)", ""))), member("value", str(a.value)),
		)
		m.SetText("category", a.category)
		m.SetText("comment", a.comment)
		if a.toIDs {
			m.Set("to_ids", truth(true))
		}
		m.SetText("uuid", a.uuid)
		m.SetText("data", a.data)
		held = append(held, m)
	}
	v.Set("x_misp_attributes", list(held...))
	v.SetText("x_misp_comment", o.comment)
	v.Set("x_misp_meta_category", str(o.meta))
	v.Set("x_misp_name", str(o.name))
	return c.finishObject(o, uuid, shape{}, v)[0]
}

// finishObject adds to the first object what the others cannot carry: whose
// uuid each value has, and those values that do not survive. It tries the way
// back to find out.
func (c *converter) finishObject(o *composition, uuid string, sh shape, made ...strictjson.Value) []strictjson.Value {
	h := object()
	if original := scalar(&o.tree, "uuid"); original != uuid {
		h.SetText("uuid", original)
	}
	for _, name := range []string{"template_uuid", "template_version"} {
		h.SetText(name, scalar(&o.tree, name))
	}
	c.common(&h, &o.part, "", "")
	if !slices.ContainsFunc(made, func(v strictjson.Value) bool {
		return v.GetText("description") == o.comment || v.GetText("x_misp_comment") == o.comment
	}) || sh.alone {
		h.SetText("comment", o.comment)
	}
	back := valuesOf(o.name, made)
	notes := make([]strictjson.Value, len(o.attributes))
	for i := range o.attributes {
		notes[i] = c.attributeHints(&o.attributes[i], o, back)
	}
	h.Set("attributes", list(notes...))
	if parts := c.takenIn(o, ofType(made, "file")); len(parts) > 0 {
		h.Set("parts", list(parts...))
	}
	if refs := c.unreachable(o); len(refs) > 0 {
		h.Set("references", list(refs...))
	}
	extend(&made[0], h)
	share(made)
	return made
}

// attributeHints is what there is to say about one attribute of an object
// beside its value.
func (c *converter) attributeHints(a *attribute, o *composition, back *values) strictjson.Value {
	n := object()
	n.SetText("uuid", a.uuid)
	n.Set("type", str(a.typ))
	n.Set("object_relation", str(a.relation))
	if v, data := back.take(a.relation, a.uuid); v != a.value || data != a.data {
		n.Set("value", str(a.value))
		n.SetText("data", a.data)
	}
	n.SetText("category", a.category)
	n.SetText("comment", a.comment)
	if a.toIDs {
		n.Set("to_ids", truth(true))
	}
	if t := scalar(&a.tree, "timestamp"); t != scalar(&o.tree, "timestamp") {
		n.Set("timestamp", str(t))
	}
	for _, name := range []string{"first_seen", "last_seen"} {
		n.SetText(name, a.tree.GetText(name))
	}
	if is, _ := flag(&a.tree, "disable_correlation"); is {
		n.Set("disable_correlation", truth(true))
	}
	if is, _ := flag(&a.tree, "deleted"); is {
		n.Set("deleted", truth(true))
	}
	if d := scalar(&a.tree, "distribution"); d != "5" {
		n.SetText("distribution", d)
	}
	var tags []string
	for _, t := range a.tree.GetList("Tag") {
		tags = append(tags, t.GetText("name"))
	}
	if len(tags) > 0 {
		n.Set("tags", texts(tags))
	}
	return n
}

// references converts what the objects of the event refer to.
func (c *converter) references(o *composition) {
	source := c.by[o.uuid]
	if len(source) == 0 {
		return
	}
	refs := o.tree.GetList("ObjectReference")
	for i := range refs {
		r := &refs[i]
		if is, _ := flag(r, "deleted"); is {
			continue
		}
		p := part{conversion.Part{Raw: strictjson.Append(nil, r), Pointer: o.Pointer + "/ObjectReference/" + strconv.Itoa(i)}, *r}
		at := p.instant(o.instant(c.at))
		c.related = append(c.related, relation{
			part: p, id: usable(r.GetText("uuid")), source: source[0], target: scalar(r, "referenced_uuid"), kind: r.GetText("relationship_type"), at: at, comment: r.GetText("comment"),
		})
	}
}
