package misp

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/intel/conversion"
	"entente/intel/stix"
	"entente/internal/fault"
	"entente/internal/strictjson"
)

// What people say about attributes, objects and events: reports, notes,
// opinions, sightings, and the clusters they attach.

// how a source type relates to a cluster of a target type; related-to where the
// table is silent.
var relates = map[string]map[string]string{
	"attack-pattern":   {"identity": "targets", "location": "targets", "tool": "uses", "vulnerability": "targets"},
	"campaign":         {"attack-pattern": "uses", "identity": "targets", "intrusion-set": "attributed-to", "malware": "uses", "threat-actor": "attributed-to", "tool": "uses", "vulnerability": "targets"},
	"course-of-action": {"attack-pattern": "mitigates", "tool": "mitigates"},
	"indicator":        {"attack-pattern": "indicates", "campaign": "indicates", "intrusion-set": "indicates", "malware": "indicates", "threat-actor": "indicates", "tool": "indicates"},
	"intrusion-set":    {"attack-pattern": "uses", "identity": "targets", "malware": "uses", "threat-actor": "attributed-to", "tool": "uses", "vulnerability": "targets"},
	"malware":          {"attack-pattern": "uses", "intrusion-set": "authored-by", "threat-actor": "authored-by"},
	"threat-actor":     {"attack-pattern": "uses", "malware": "uses", "tool": "uses", "vulnerability": "targets"},
	"tool":             {"identity": "targets", "location": "targets"},
}

// attach relates an object to the clusters MISP attached to it.
func (c *converter) attach(galaxies *strictjson.Value, source string, at time.Time) {
	if galaxies == nil {
		return
	}
	for i := range galaxies.Items {
		ids := c.galaxy(&galaxies.Items[i], at)
		for _, id := range ids {
			kind := relates[prefix(source)][prefix(id)]
			c.related = append(c.related, relation{source: source, target: id, kind: cmp.Or(kind, "related-to"), at: at})
		}
		c.addRefs(ids)
	}
}

// prefix is the type in an id.
func prefix(id string) string {
	typ, _, _ := strings.Cut(id, "--")
	return typ
}

// suffix is the uuid in an id.
func suffix(id string) string {
	_, uuid, _ := strings.Cut(id, "--")
	return uuid
}

// around converts notes, opinions and sightings of a part of the event.
func (c *converter) around(tree *strictjson.Value, ids []string, at time.Time) {
	c.analysis(tree, ids, at)
	c.ev.proposals += len(tree.GetList("ShadowAttribute"))
	for _, s := range tree.GetList("Sighting") {
		c.sighting(&s, ids, at)
	}
}

// keepOr keeps an object, or accounts for what it was made from: by itself when
// it is kept, with all that is said of it when it is not.
func (c *converter) keepOr(from *strictjson.Value, o strictjson.Value) {
	alone := from.Clone()
	for _, name := range analystData {
		alone.Drop(name)
	}
	p := conversion.Part{Raw: strictjson.Append(nil, &alone), Pointer: c.ev.Pointer}
	if err := c.keep(p, o); err != nil {
		p.Raw = strictjson.Append(nil, from)
		c.Reject(p, from.GetText("uuid"), err)
		return
	}
	c.refs = append(c.refs, o.GetText("id"))
}

// analystData are the members of a part that analysts added.
var analystData = []string{"Note", "Opinion", "Relationship", inbound}

// inbound are relationships to a part, which are at their source too.
const inbound = "RelationshipInbound"

// analysis converts analyst data about one thing: notes, opinions, what they
// relate it to, and what is said of these in turn. MISP 2.4 has that within what
// it is said of; MISP 2.5 has it beside that, and names it.
func (c *converter) analysis(tree *strictjson.Value, about []string, at time.Time) {
	for _, name := range []string{"Note", "Opinion"} {
		for _, n := range tree.GetList(name) {
			if uuid := n.GetText("uuid"); uuid != "" && c.by[uuid] == nil {
				c.by[uuid] = []string{strings.ToLower(name) + "--" + c.idOf(uuid, "")}
			}
		}
	}
	notes, opinions := tree.GetList("Note"), tree.GetList("Opinion")
	for i := range notes {
		n := &notes[i]
		o := c.said("note", n, about, at)
		o.Set("content", str(n.GetText("note")))
		o.Set("labels", texts([]string{`misp:context-layer="Analyst Note"`}))
		o.SetText("lang", n.GetText("language"))
		c.keepOr(n, o)
		c.saidOf(n, &o, at)
	}
	for i := range opinions {
		n := &opinions[i]
		o := c.said("opinion", n, about, at)
		level := scalar(n, "opinion")
		o.Set("opinion", str(agreement(level)))
		o.SetText("explanation", n.GetText("comment"))
		o.Set("labels", texts([]string{`misp:context-layer="Analyst Opinion"`}))
		if strings.Trim(level, "0123456789") == "" && level != "" {
			o.Set("x_misp_opinion", number(level))
		}
		c.keepOr(n, o)
		c.saidOf(n, &o, at)
	}
	c.draw(tree, about[0], at)
}

// draw notes what analysts relate one thing to, and what they relate to it.
func (c *converter) draw(tree *strictjson.Value, id string, at time.Time) {
	for _, name := range []string{"Relationship", inbound} {
		drawn := tree.GetList(name)
		for i := range drawn {
			r := &drawn[i]
			source, target := id, r.GetText("related_object_uuid")
			if name == inbound {
				source, target = r.GetText("object_uuid"), id
			}
			kind := r.GetText("relationship_type")
			c.related = append(c.related, relation{
				id:     c.idOf(r.GetText("uuid"), "relationship - "+source+" - "+target+" - "+kind),
				source: source, target: target, kind: kind, at: at, analyst: r, inbound: name == inbound,
			})
		}
	}
}

// saidOf converts what analysts say of what another said.
func (c *converter) saidOf(n, o *strictjson.Value, at time.Time) {
	if id := o.GetText("id"); c.Has(id) {
		c.analysis(n, []string{id}, at)
	}
}

// drawn makes a relationship that of an analyst.
func drawn(o *strictjson.Value, r relation) {
	signed(o, r.analyst)
	o.Set("labels", texts([]string{`misp:context-layer="` + analystRelationship + `"`}))
	if r.kind != kindOf(r.kind) {
		o.Set("x_misp_relationship_type", str(r.kind))
	}
}

const analystRelationship = "Analyst Relationship"

func (c *converter) said(typ string, n *strictjson.Value, about []string, at time.Time) strictjson.Value {
	o := c.domain(typ, c.idOf(n.GetText("uuid"), typ+" - "+n.GetText("note")+n.GetText("comment")), at)
	o.Drop("created_by_ref")
	if parent := c.by[n.GetText("object_uuid")]; len(parent) == 1 && (prefix(parent[0]) == "note" || prefix(parent[0]) == "opinion") {
		about = parent // and not what this is listed with
	}
	o.Set("object_refs", texts(about))
	signed(&o, n)
	return o
}

// signed sets when something was said, and by whom.
func signed(o, n *strictjson.Value) {
	for _, name := range []string{"created", "modified"} {
		if t, ok := analystMoment(n.Get(name)); ok {
			o.Set(name, str(conversion.Version(t)))
		}
	}
	authors := "authors"
	if o.GetText("type") == "relationship" {
		authors = "x_misp_authors" // STIX has none for it
	}
	if who := n.GetText("authors"); who != "" && !strings.Contains(who, "@") {
		o.Set(authors, texts([]string{who})) // an address would be the analyst's own: of the envelope
	}
}

// agreement turns an opinion from 0 to 100 into the scale of STIX.
func agreement(level string) string {
	switch {
	case len(level) >= 3 || level > "80" && len(level) == 2:
		return "strongly-agree"
	case level > "60" && len(level) == 2:
		return "agree"
	case level > "40" && len(level) == 2:
		return "neutral"
	case level > "20" && len(level) == 2:
		return "disagree"
	}
	return "strongly-disagree"
}

// sighting converts a sighting (type 0) or a false positive (type 1). Expiry
// (type 2) is about one server's use of an attribute and stays with it.
func (c *converter) sighting(s *strictjson.Value, ids []string, at time.Time) {
	if t, ok := unix(scalar(s, "date_sighting")); ok {
		at = t
	}
	uuid := c.idOf(s.GetText("uuid"), "sighting - "+ids[0]+" - "+scalar(s, "date_sighting"))
	org := s.Get("Organisation")
	where := ""
	if id := usable(org.GetText("uuid")); id != "" && org.GetText("name") != "" {
		where = c.organisation(id, org.GetText("name"))
	}
	switch scalar(s, "type") {
	case "0", "":
		o := c.domain("sighting", uuid, at)
		o.Drop("created_by_ref")
		of, observed := ids[0], []string{}
		for _, id := range ids {
			if prefix(id) == "observed-data" && len(ids) > 1 {
				observed = append(observed, id)
			} else {
				of = id
			}
		}
		o.Set("sighting_of_ref", str(of))
		if len(observed) > 0 {
			o.Set("observed_data_refs", texts(observed))
		}
		if where != "" {
			o.Set("where_sighted_refs", texts([]string{where}))
		}
		o.SetText("description", s.GetText("source"))
		c.keepOr(s, o)
	case "1":
		o := c.domain("opinion", uuid, at)
		o.Drop("created_by_ref")
		o.Set("explanation", str("False positive Sighting"))
		o.Set("opinion", str("strongly-disagree"))
		o.Set("object_refs", texts(ids))
		if where != "" {
			o.Set("authors", texts([]string{org.GetText("name")}))
			o.Set("x_misp_author_ref", str(where))
		}
		c.keepOr(s, o)
	}
}

// eventReport converts a report in prose. What it mentions as @[attribute](uuid)
// is what it is about.
func (c *converter) eventReport(p *part) {
	v := &p.tree
	content, at := v.GetText("content"), p.instant(c.at)
	o := c.domain("note", c.idOf(v.GetText("uuid"), "report - "+v.GetText("name")), at)
	o.SetText("abstract", v.GetText("name"))
	o.Set("content", str(content))
	o.Set("labels", texts([]string{`misp:data-layer="Event Report"`}))
	var about []string
	for rest := content; ; {
		_, after, found := strings.Cut(rest, "[")
		if !found {
			break
		}
		rest = after
		what, ref, ok := strings.Cut(after, "](")
		if !ok || what != "attribute" && what != "object" || len(ref) < 37 || ref[36] != ')' {
			continue
		}
		for _, id := range c.by[ref[:36]] {
			if !slices.Contains(about, id) {
				about = append(about, id)
			}
		}
	}
	if len(about) == 0 {
		about = []string{c.reportID()}
	}
	o.Set("object_refs", texts(about))
	if err := c.keep(p.Part, o); err != nil {
		c.Reject(p.Part, v.GetText("uuid"), err)
		return
	}
	c.refs = append(c.refs, o.GetText("id"))
	if uuid := v.GetText("uuid"); uuid != "" {
		c.by[uuid] = []string{o.GetText("id")}
	}
	c.around(v, []string{o.GetText("id")}, at)
}

// reportType is what the event becomes: a report once it is published.
func (c *converter) reportType() string {
	if is, _ := flag(&c.ev.tree, "published"); is {
		if _, ok := unix(scalar(&c.ev.tree, "publish_timestamp")); ok {
			return "report"
		}
	}
	return "grouping"
}

// Seen is what sightings are about: objects that one attribute or object of MISP
// is, with their markings, which what is said of them is under too.
type Seen struct {
	IDs      []string
	Markings []string
}

// ParseSightings reads a list of sightings of one thing, as MISP's API has them.
// by is who saw it, where a sighting does not say; it happened at now where it
// does not say when. A sighting without a UUID gets one from what it says, so
// that the same one sent twice is one.
func ParseSightings(list []byte, of Seen, by Organisation, now time.Time) (stix.Bundle, error) {
	r := &reader{}
	ev := event{part: part{tree: object(member("uuid", str(by.UUID)))}} // ids are made of it
	c := newConverter(&ev)
	c.marks = of.Markings
	for _, p := range r.elements(list, "/0") {
		s := p.tree
		if kind := scalar(&s, "type"); kind != "" && kind != "0" && kind != "1" {
			c.Reject(p.Part, s.GetText("uuid"), fault.New(fault.Invalid, "misp.sighting", "The sighting is of a type that stays with one server.").
				At("/type", "is neither 0 (seen) nor 1 (false positive)").Try("Send type 0 or 1."))
			continue
		}
		if scalar(&s, "date_sighting") == "" {
			s.Set("date_sighting", str(cmp.Or(scalar(&s, "timestamp"), strconv.FormatInt(now.Unix(), 10))))
		}
		if s.Get("Organisation") == nil {
			s.Set("Organisation", object(member("uuid", str(by.UUID)), member("name", str(by.Name))))
		}
		c.sighting(&s, of.IDs, now)
	}
	r.take(c)
	return r.Bundle, nil
}
