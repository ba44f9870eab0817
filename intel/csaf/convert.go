package csaf

import (
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"entente/intel"
	"entente/intel/conversion"
	"entente/intel/stix"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/internal/strictjson"
)

// namespace is where ids of what an advisory says are made. It is not that of
// observables, which STIX keeps for them (section 2.9).
var namespace = uuid.MustParse("5d8c1a47-2e0b-4f93-a6d1-7b3e90c25f68")

// epoch dates what has no date of its own: the day of the standard.
const epoch = "2022-11-18T00:00:00.000Z"

// converter makes the objects of one advisory.
type converter struct {
	conversion.Account

	d                 *document
	src               []byte
	key               string // of the advisory, whatever its version
	created, modified string
	marks             []string
	stated            conversion.Stated // what any text of the advisory says about who may have it
	creator           string
	refs              []string          // what the report is about
	software          map[string]string // by product id
	taken             map[string]int    // names that ids were made from
}

// convert makes everything, the report last, because it names the rest.
func (d *document) convert(src []byte) stix.Bundle {
	publisher := d.root.get("document", "publisher")
	c := &converter{
		d: d, src: src, software: map[string]string{}, taken: map[string]int{},
		key: name("csaf", publisher.text("namespace"), d.tracking.text("id")),
	}
	first, last := instant(d.tracking.text("initial_release_date")), instant(d.tracking.text("current_release_date"))
	if first.After(last) {
		first = last // created must not be after modified (STIX 2.1, section 3.2)
	}
	c.created, c.modified = conversion.Version(first), conversion.Version(last)
	c.stated.HearTree(d.root.v)
	c.mark()
	c.publisher(publisher)
	c.products()
	for i, v := range d.vulnerabilities {
		c.vulnerability(v, i)
	}
	c.report()
	return c.Bundle
}

// name joins what an id is made from; no part can look like two.
func name(parts ...string) string {
	v := strictjson.NewStrings(parts...)
	return string(strictjson.AppendCanonical(nil, &v))
}

// id makes the id of a part of the advisory. It stays when the part changes; a
// second part of the same name is told apart by its number.
func (c *converter) id(typ string, parts ...string) string {
	n := name(append([]string{c.key, typ}, parts...)...)
	c.taken[n]++
	if times := c.taken[n]; times > 1 {
		n = name(n, strconv.Itoa(times))
	}
	return typ + "--" + stix.NameUUID(namespace, n)
}

// identified gives an object an id made from all it says, marking included. Two
// advisories that say the same of a product or publisher have one object of it,
// and two that do not can never be two contents of one id.
func (c *converter) identified(typ string, o strictjson.Value) strictjson.Value {
	o.SetTexts("object_marking_refs", c.marks)
	c.stated.Mark(&o)
	content := strictjson.AppendCanonical(nil, &o)
	full := strictjson.NewObject("type", typ, "spec_version", "2.1", "id", typ+"--"+stix.NameUUID(namespace, string(content)))
	full.Members = append(full.Members, o.Members...)
	return full
}

// object begins an object in the version of the advisory.
func (c *converter) object(typ, id string) strictjson.Value {
	o := strictjson.NewObject("type", typ, "spec_version", "2.1", "id", id, "created_by_ref", c.creator, "created", c.created, "modified", c.modified)
	o.SetTexts("object_marking_refs", c.marks)
	return o
}

// mark works out what everything in the advisory is under: its label and its
// conditions, which bind whatever the label says. The conditions are under the
// label themselves: without one they could not go with what they bind.
func (c *converter) mark() {
	distribution := c.d.root.get("document", "distribution")
	// CSAF 2.0 has the labels of TLP 1, which are under the markings of TLP 2.0.
	if id := stix.TLPMarking(2, strings.ToLower(distribution.text("tlp", "label"))); id != "" {
		c.marks = append(c.marks, id)
	}
	if said := distribution.text("text"); said != "" {
		c.stated.Read(said)
		var o, definition strictjson.Value
		definition.SetText("statement", said)
		o.SetText("created", epoch)
		o.SetText("definition_type", "statement")
		o.Set("definition", definition)
		o = c.identified("marking-definition", o)
		c.keep(distribution, o)
		c.marks = append(c.marks, o.GetText("id"))
	}
}

// publisher is who published it. Contact details are people's: they stay in the
// document.
func (c *converter) publisher(p node) {
	var o strictjson.Value
	o.SetText("created", epoch)
	o.SetText("modified", epoch)
	o.SetText("name", p.text("name"))
	o.SetText("description", p.text("issuing_authority"))
	o.SetText("identity_class", "organization")
	o.Set("roles", strictjson.NewStrings(p.text("category")))
	o.Set("external_references", strictjson.NewList(reference(p.text("name"), "", p.text("namespace"), "")))
	o = c.identified("identity", o)
	if c.keep(p, o) {
		c.creator = o.GetText("id")
	}
}

// keep checks an object and takes it into the result, or rejects the part it was
// made of. It reports whether the object is there.
func (c *converter) keep(from node, o strictjson.Value) bool {
	id := o.GetText("id")
	if c.Has(id) {
		return true
	}
	c.stated.Mark(&o)
	if err := c.Keep(conversion.Part{Pointer: from.at}, nil, o); err != nil {
		c.Reject(conversion.Part{Raw: c.src[from.v.Start:from.v.End], Pointer: from.at}, id, err)
		return false
	}
	if o.GetText("type") != "marking-definition" {
		c.refs = append(c.refs, id)
	}
	return true
}

// report is the advisory itself, with the whole document beside it and what is
// wrong with it as warnings.
func (c *converter) report() {
	doc := c.d.root.get("document")
	o := c.object("report", c.id("report"))
	o.SetText("name", doc.text("title"))
	o.SetText("description", prose(doc))
	o.Set("report_types", strictjson.NewStrings("vulnerability"))
	o.SetText("published", c.created)
	o.SetTexts("labels", c.labels(doc))
	refs := []strictjson.Value{reference(doc.text("publisher", "name"), c.d.tracking.text("id"), c.d.canonicalURL(), "")}
	for _, alias := range c.d.tracking.get("aliases").strings() {
		refs = append(refs, reference(doc.text("publisher", "name"), alias, "", "alias"))
	}
	o.Set("external_references", strictjson.NewList(append(refs, links(doc)...)...))
	c.remarks(doc, []string{o.GetText("id")}, o.GetText("id"))
	o.Set("object_refs", strictjson.NewStrings(c.refs...))
	c.Bundle.ID = "bundle--" + stix.NameUUID(namespace, name(c.key, "bundle", c.modified))
	if !c.keep(c.d.root, o) {
		return
	}
	report := c.Last()
	report.Object.Upgraded = &intel.Upgrade{Raw: c.src, Hash: ident.Sum(c.src)}
	failed := c.d.mandatory()
	for _, f := range failed[:min(len(failed), maxNamed)] {
		report.Warnings = append(report.Warnings, fault.Field{Pointer: f.Pointer, Detail: "fails mandatory test " + f.Test + " of CSAF 2.0: " + f.Detail})
	}
	if more := len(failed) - maxNamed; more > 0 {
		report.Warnings = append(report.Warnings, fault.Field{Detail: strconv.Itoa(more) + " more failures of mandatory tests; entente object validate names them"})
	}
}

// labels say what STIX has no property for.
func (c *converter) labels(doc node) []string {
	labels := []string{
		"csaf:category=" + doc.text("category"), "csaf:status=" + c.d.tracking.text("status"), "csaf:version=" + c.d.tracking.text("version"),
	}
	if severity := doc.text("aggregate_severity", "text"); severity != "" {
		labels = append(labels, "csaf:aggregate-severity="+severity)
	}
	return labels
}

// described are the categories of notes that say what something is.
var described = []string{"summary", "description", "details", "general"}

// prose joins the notes that describe, the summary first.
func prose(n node) string {
	var all []string
	for _, category := range described {
		for _, note := range n.list("notes") {
			if note.text("category") == category {
				all = append(all, strings.TrimPrefix(note.text("title")+": "+note.text("text"), ": "))
			}
		}
	}
	return strings.Join(all, "\n\n")
}

// remarks keep the other notes: questions, legal notices, the rest.
func (c *converter) remarks(n node, about []string, key string) {
	for i, note := range n.list("notes") {
		if category := note.text("category"); !slices.Contains(described, category) {
			c.say(note, about, strings.TrimSuffix(category+": "+note.text("title"), ": "), note.text("text"), key, "notes", strconv.Itoa(i))
		}
	}
}

// say keeps a statement about objects as a note.
func (c *converter) say(from node, about []string, abstract, content string, key ...string) {
	o := c.object("note", c.id("note", key...))
	o.SetText("abstract", abstract)
	o.SetText("content", content)
	o.Set("object_refs", strictjson.NewStrings(about...))
	c.keep(from, o)
}

// links are the references of a document or vulnerability.
func links(n node) []strictjson.Value {
	var all []strictjson.Value
	for _, r := range n.list("references") {
		category := r.text("category")
		if category == "" {
			category = "external" // the default of the schema
		}
		all = append(all, reference(category, "", r.text("url"), r.text("summary")))
	}
	return all
}

// reference makes an external reference. An id that reads like one of a
// catalogue may have no other source (STIX 2.1, sections 4.1 and 4.18), so it is
// told in words then; VEX documents are often named after their CVE.
func reference(source, id, url, description string) strictjson.Value {
	cve := isCVE.MatchString(id)
	if source == "capec" || source == "cve" && !cve {
		source = "csaf:" + source
	}
	if cve && source != "cve" || strings.HasPrefix(id, "CAPEC-") {
		description = strings.TrimSpace(description + " " + id)
		id = ""
	}
	return strictjson.NewObject("source_name", source, "description", description, "url", url, "external_id", id)
}

// extend adds what STIX has no property for.
func extend(o *strictjson.Value, more strictjson.Value) {
	if len(more.Members) == 0 {
		return
	}
	x := strictjson.NewObject("extension_type", "property-extension")
	x.Members = append(x.Members, more.Members...)
	conversion.Extend(o, stix.CSAFExtension, x)
}
