package misp

import (
	"slices"
	"strings"
	"time"

	"entente/internal/strictjson"
)

// attribute converts one attribute: into what its type is in STIX, and when
// that breaks a rule of STIX (an address that is none, a hash of another
// length) into a custom object, which can hold anything.
func (c *converter) attribute(a *attribute) {
	at := a.instant(c.at)
	uuid := c.idOf(a.uuid, a.typ+" - "+a.value)
	if c.taken(uuid) {
		uuid = c.idOf("", a.uuid+" - "+a.typ+" - "+a.value)
	}
	from := len(c.related)
	made := c.attributeObjects(a, uuid, at)
	err := c.keep(a.Part, made...)
	if err != nil && made[0].GetText("type") != "x-misp-attribute" {
		c.related = c.related[:from]
		made = []strictjson.Value{c.customAttribute(a, uuid, at)}
		if failed := err; c.keep(a.Part, made...) == nil {
			err = nil
			c.Warn("misp.custom: " + failed.Error())
		}
	}
	if err != nil {
		c.related = c.related[:from]
		c.Reject(a.Part, a.uuid, err)
		return
	}
	c.refer([]string{a.uuid}, made)
	var ids []string
	for i := range made {
		if made[i].Get("created") != nil {
			ids = append(ids, made[i].GetText("id"))
		}
	}
	c.around(&a.tree, ids, at)
	c.attach(a.tree.Get("Galaxy"), ids[0], at)
}

// taken reports whether an attribute with that uuid was converted already.
func (c *converter) taken(uuid string) bool {
	return c.Has("observed-data--"+uuid) || c.Has("indicator--"+uuid) || c.Has("x-misp-attribute--"+uuid)
}

// attributeObjects makes the objects of an attribute, that which stands for it
// first.
func (c *converter) attributeObjects(a *attribute, uuid string, at time.Time) []strictjson.Value {
	m, mapped := mappingOf(a.typ)
	switch {
	case a.typ == "campaign-name":
		o := c.labelled("campaign", a, uuid, at)
		o.Set("name", str(a.value))
		return c.finish(a, uuid, o)
	case a.typ == "vulnerability":
		o := c.labelled("vulnerability", a, uuid, at)
		o.Set("name", str(a.value))
		o.Set("external_references", list(object(member("source_name", str("cve")), member("external_id", str(a.value)))))
		return c.finish(a, uuid, o)
	case ruleLanguages[a.typ]:
		return c.finish(a, uuid, c.indicator(a, uuid, at, "["+a.value+"]", a.typ))
	case a.typ == "attachment" || a.typ == "malware-sample":
		return c.file(a, uuid, at)
	case !mapped, !a.fits(), m.scos == nil && !a.toIDs:
		return []strictjson.Value{c.customAttribute(a, uuid, at)}
	case m.scos == nil:
		return c.finish(a, uuid, c.indicator(a, uuid, at, "["+m.conjunction(a.value)+"]", "stix"))
	}
	return c.observed(a, uuid, at, m.observables(uuid, a.value), m.conjunction(a.value))
}

// fits reports whether the value has the form its mapping takes for granted.
func (a *attribute) fits() bool {
	_, second := composite(a.value)
	switch {
	case hashNames[a.typ] != [2]string{}:
		return digest(a.typ, a.value)
	case strings.HasPrefix(a.typ, "filename|"):
		return second != "" && digest(a.typ[len("filename|"):], second)
	case strings.HasPrefix(a.typ, "x509-fingerprint-"):
		return digest(a.typ[len("x509-fingerprint-"):], a.value)
	case strings.Contains(a.typ, separator):
		return second != ""
	}
	return true
}

// conjunction is the pattern of a value, without its brackets.
func (m mapping) conjunction(v string) string {
	tests := make([]string, len(m.pattern))
	for i, p := range m.pattern {
		tests[i] = equals(p.path, p.from.of(v, p.lit))
	}
	return strings.Join(tests, " AND ")
}

// observed makes what was seen, and the indicator when it is to be looked for.
func (c *converter) observed(a *attribute, uuid string, at time.Time, scos []strictjson.Value, pattern string) []strictjson.Value {
	o := c.labelled("observed-data", a, uuid, at)
	c.seen(&o, &a.part, at)
	o.Set("number_observed", number("1"))
	refs := make([]string, len(scos))
	for i := range scos {
		refs[i] = scos[i].GetText("id")
	}
	o.Set("object_refs", texts(refs))
	made := append([]strictjson.Value{o}, scos...)
	if a.toIDs {
		made = append(made, c.indicator(a, uuid, at, "["+pattern+"]", "stix"))
		c.basedOn(uuid, at)
	}
	return c.finish(a, uuid, made...)
}

// seen sets when something was observed.
func (c *converter) seen(o *strictjson.Value, p *part, at time.Time) {
	first, last := at, at
	f, hasFirst := dated(p.tree.GetText("first_seen"))
	l, hasLast := dated(p.tree.GetText("last_seen"))
	if hasFirst {
		first = f
	}
	if hasLast {
		last = l
	}
	if first.After(last) {
		if hasLast {
			first = last
		} else {
			last = first
		}
	}
	o.Set("first_observed", str(first.Format(plainTime)))
	o.Set("last_observed", str(last.Format(plainTime)))
}

// labelled begins an object that stands for an attribute.
func (c *converter) labelled(typ string, a *attribute, uuid string, at time.Time) strictjson.Value {
	o := c.domain(typ, uuid, at)
	labels := []string{`misp:type="` + a.typ + `"`}
	if a.category != "" {
		labels = append(labels, `misp:category="`+a.category+`"`)
	}
	o.Set("labels", texts(labels))
	if is, _ := flag(&a.tree, "deleted"); is {
		o.Set("revoked", truth(true))
	}
	but := map[string]bool{}
	if g := a.tree.Get("Galaxy"); g != nil {
		but = clusterTags(g.Items)
	}
	if tags := a.tree.Get("Tag"); tags != nil {
		s := c.sort(tags.Items, but)
		s.apply(&o)
	}
	return o
}

func (c *converter) indicator(a *attribute, uuid string, at time.Time, pattern, language string) strictjson.Value {
	o := c.labelled("indicator", a, uuid, at)
	o.SetText("description", a.comment)
	c.detects(&o, a.category, at, pattern, language)
	return o
}

// detects sets what all indicators of MISP have.
func (c *converter) detects(o *strictjson.Value, phase string, at time.Time, pattern, language string) {
	o.Set("pattern", str(pattern))
	o.Set("pattern_type", str(language))
	if o.Get("pattern_version") == nil {
		o.Set("pattern_version", str("2.1"))
	}
	o.Set("valid_from", str(at.Format(plainTime)))
	if phase != "" {
		o.Set("kill_chain_phases", list(object(member("kill_chain_name", str("misp-category")), member("phase_name", str(phase)))))
	}
}

func (c *converter) customAttribute(a *attribute, uuid string, at time.Time) strictjson.Value {
	o := c.labelled("x-misp-attribute", a, uuid, at)
	o.Set("x_misp_category", str(a.category))
	o.SetText("x_misp_comment", a.comment)
	o.Set("x_misp_type", str(a.typ))
	o.Set("x_misp_value", str(a.value))
	return c.finish(a, uuid, o)[0]
}

// Files that are in the event. A malware sample is in a ZIP archive with the
// password everybody uses, and stays in it.
const samplePassword = "infected"

func (c *converter) file(a *attribute, uuid string, at time.Time) []strictjson.Value {
	name, hash := a.value, ""
	if a.typ == "malware-sample" {
		name, hash = composite(a.value)
	}
	file := object(member("type", str("file")), member("spec_version", str("2.1")), member("id", str("file--"+uuid)))
	named := equals("file:name", name)
	file.Set("name", str(name))
	if hash != "" {
		put(&file, "hashes/MD5", str(hash))
		named += " AND " + equals("file:hashes.MD5", hash)
	}
	if a.data == "" {
		return c.observed(a, uuid, at, []strictjson.Value{file}, named)
	}
	file.Set("content_ref", str("artifact--"+uuid))
	artifact := object(member("type", str("artifact")), member("spec_version", str("2.1")), member("id", str("artifact--"+uuid)), member("payload_bin", str(a.data)))
	data := equals("file:content_ref.payload_bin", a.data)
	pattern := named + " AND " + data
	if a.typ == "malware-sample" {
		sample(&artifact)
		pattern = data + " AND " + named + " AND " + sampleTests()
	}
	return c.observed(a, uuid, at, []strictjson.Value{file, artifact}, pattern)
}

func sample(artifact *strictjson.Value) {
	artifact.Set("mime_type", str("application/zip"))
	artifact.Set("encryption_algorithm", str("mime-type-indicated"))
	artifact.Set("decryption_key", str(samplePassword))
}

func sampleTests() string {
	return equals("file:content_ref.mime_type", "application/zip") + " AND " +
		equals("file:content_ref.encryption_algorithm", "mime-type-indicated") + " AND " +
		equals("file:content_ref.decryption_key", samplePassword)
}

// finish adds to the first object what the others cannot carry, so that the way
// back gives the same attribute. It tries the way back to find out.
func (c *converter) finish(a *attribute, uuid string, made ...strictjson.Value) []strictjson.Value {
	back := single(made)
	h := object()
	if original := scalar(&a.tree, "uuid"); original != uuid {
		h.SetText("uuid", original)
	}
	if back.value != a.value {
		h.Set("value", str(a.value))
	}
	if back.comment != a.comment {
		h.Set("comment", str(a.comment))
	}
	if back.toIDs != a.toIDs {
		h.Set("to_ids", truth(a.toIDs))
	}
	if a.data != back.data {
		h.Set("data", str(a.data))
	}
	c.common(&h, &a.part, back.category, a.category)
	var own []string // markings that the event has as well: on the way back they would be taken for its own
	for _, t := range a.tree.GetList("Tag") {
		if id := tlpMarking(t.GetText("name")); id != "" && slices.Contains(c.marks, id) {
			own = append(own, t.GetText("name"))
		}
	}
	if len(own) > 0 {
		h.Set("tags", texts(own))
	}
	extend(&made[0], h)
	share(made)
	return made
}

// share puts the markings of an attribute or object on the observables made of
// it: they are the same data.
func share(made []strictjson.Value) {
	refs := made[0].Get("object_marking_refs")
	if refs == nil {
		return
	}
	for i := range made[1:] {
		made[1+i].Set("object_marking_refs", refs.Clone())
	}
}

// common are the hints that attributes and objects share.
func (c *converter) common(h *strictjson.Value, p *part, backCategory, category string) {
	if backCategory != category {
		h.SetText("category", category)
	}
	if scalar(&p.tree, "timestamp") == "" {
		h.Set("timestamp", str(""))
	}
	for _, name := range []string{"first_seen", "last_seen"} {
		h.SetText(name, p.tree.GetText(name))
	}
	if d := scalar(&p.tree, "distribution"); d != "5" {
		h.SetText("distribution", d)
	}
	h.SetText("sharing_group", p.tree.Get("SharingGroup").GetText("uuid"))
	if is, _ := flag(&p.tree, "disable_correlation"); is {
		h.Set("disable_correlation", truth(true))
	}
}
