package misp

import (
	"strconv"
	"strings"
	"time"

	"entente/intel/conversion"
	"entente/intel/stix"
	"entente/internal/fault"
	"entente/internal/strictjson"
)

// converter makes the STIX objects of one event.
type converter struct {
	conversion.Account

	ev        *event
	at        time.Time         // of the event
	creator   string            // identity id, "" when the event does not say
	marks     []string          // markings of the event, which its parts are under
	labels    []string          // tags of the event that are no markings
	stated    conversion.Stated // what these and its info say about who may have it
	level     string            // confidence, a number literal
	refs      []string          // object_refs of the report
	listed    map[string]bool   // in refs, of clusters, which several parts may have
	clusters  map[string]string // uuid of a galaxy cluster → id
	related   []relation
	parts     map[string][]*composition // what an object takes in, by its uuid
	known     map[string]bool           // uuids that a relationship can go to
	by        map[string][]string       // uuid of an attribute or object → ids made of it
	empty     bool                      // no attribute, object, galaxy or report
	elsewhere int                       // relationships analysts drew with what is not in the event
}

// relation is a relationship whose target may be made later.
type relation struct {
	part
	id, source, target, kind string // target is an id or the uuid of a part of the event
	at                       time.Time
	comment                  string
	analyst                  *strictjson.Value // who drew it, when it is not of the event itself
	inbound                  bool              // listed with its target: counts only if it is not with its source
}

func newConverter(ev *event) *converter {
	c := &converter{ev: ev, listed: map[string]bool{}, clusters: map[string]string{}, by: map[string][]string{}}
	c.at = ev.instant(conversion.Epoch)
	if c.at.Equal(conversion.Epoch) {
		if day, ok := dated(ev.tree.GetText("date")); ok {
			c.at = day
		}
	}
	return c
}

// event converts everything, the report last, because it names the rest.
func (c *converter) event() {
	collection := c.ev.tree.Get("info") == nil && c.ev.tree.Get("Orgc") == nil
	c.markEvent()
	c.identity()
	for i := range c.ev.attributes {
		c.attribute(&c.ev.attributes[i])
	}
	c.compositions()
	for i := range c.ev.reports {
		c.eventReport(&c.ev.reports[i])
	}
	for i := range c.ev.galaxies {
		c.addRefs(c.galaxy(&c.ev.galaxies[i], c.at))
	}
	c.empty = len(c.refs) == 0
	if !collection {
		id := c.reportID()
		c.by[c.ev.tree.GetText("uuid")] = []string{id}
		c.analysis(&c.ev.tree, []string{id}, c.at)
	}
	c.relationships()
	if !collection {
		c.report()
	}
	c.remark()
}

// remark tells what is true of the event as a whole.
func (c *converter) remark() {
	if len(c.Bundle.Accepted) == 0 {
		return
	}
	if is, _ := flag(&c.ev.tree, "protected"); is {
		c.Warn("misp.protected: The event is protected by signatures of MISP servers, which are not in it and were not verified. What is handed on of it is signed by this node.")
	}
	if n := c.ev.proposals; n > 0 {
		c.Warn("misp.proposal: " + strconv.Itoa(n) + " proposals to change the event are in its bytes only. Whoever made it accepts them there or not.")
	}
	if n := c.elsewhere; n > 0 {
		c.Warn("misp.relationship: " + strconv.Itoa(n) + " relationships that analysts drew are in the bytes of the event only, since their other end is not in it.")
	}
}

// reportID is the id of what the event itself becomes.
func (c *converter) reportID() string {
	return c.reportType() + "--" + c.idOf(c.ev.tree.GetText("uuid"), "event")
}

// identity is the organisation that made the event. Only its name and id: its
// contacts are of the envelope.
func (c *converter) identity() {
	org := c.ev.tree.Get("Orgc")
	id, name := usable(org.GetText("uuid")), org.GetText("name")
	if id == "" || name == "" {
		return
	}
	c.creator = c.organisation(id, name)
}

func (c *converter) organisation(uuid, name string) string {
	o := c.domain("identity", uuid, c.at)
	o.Set("name", str(name))
	o.Set("identity_class", str("organization"))
	o.Drop("created_by_ref")
	id := "identity--" + uuid
	if !c.Has(id) {
		_ = c.keep(conversion.Part{}, o) // a name and a class break no rule
	}
	return id
}

// usable returns a uuid in the form ids need, and "" when it has none.
func usable(uuid string) string {
	if s := strings.ToLower(uuid); stix.IsUUID(s) {
		return s
	}
	return ""
}

// idOf returns the uuid under which a part of the event is known in STIX: its
// own when that can be one, else one made from it. seed keeps parts without
// any id apart.
func (c *converter) idOf(uuid, seed string) string {
	if s := usable(uuid); s != "" {
		return s
	}
	if uuid == "" {
		uuid = c.ev.tree.GetText("uuid") + " - " + seed
	}
	return stix.NameUUID(namespace, uuid)
}

// domain begins a domain object.
func (c *converter) domain(typ, uuid string, at time.Time) strictjson.Value {
	o := object(
		member("type", str(typ)), member("spec_version", str("2.1")), member("id", str(typ+"--"+uuid)),
	)
	o.SetText("created_by_ref", c.creator)
	o.Set("created", str(conversion.Version(at)))
	o.Set("modified", str(conversion.Version(at)))
	return o
}

// keep puts what was made of one part under the markings of the event, and under
// what its comment says, and keeps it. In an event each id is there once.
func (c *converter) keep(from conversion.Part, made ...strictjson.Value) error {
	var stated conversion.Stated
	for i := range made {
		stated.Hear(made[i].GetText("description"))
	}
	for i := range made {
		c.mark(&made[i], stated)
		if c.Has(made[i].GetText("id")) {
			return fault.New(fault.Invalid, "misp.duplicate", "Two parts of the event have the same id.").At("/uuid", "is used twice").
				Try("Give each attribute and object its own uuid.")
		}
	}
	return c.Keep(from, nil, made...)
}

func (c *converter) addRefs(ids []string) {
	for _, id := range ids {
		if !c.listed[id] {
			c.listed[id] = true
			c.refs = append(c.refs, id)
		}
	}
}

// refer puts objects under the report and remembers them for references to the
// parts of the event they were made of.
func (c *converter) refer(uuids []string, made []strictjson.Value) {
	for i := range made {
		id := made[i].GetText("id")
		c.refs = append(c.refs, id)
		if made[i].GetText("type") == "indicator" || made[i].Get("created") != nil {
			for _, u := range uuids {
				c.by[u] = append(c.by[u], id)
			}
		}
	}
}

// basedOn relates an indicator to what it was made from.
func (c *converter) basedOn(uuid string, at time.Time) {
	c.related = append(c.related, relation{source: "indicator--" + uuid, target: "observed-data--" + uuid, kind: "based-on", at: at})
}

// relationships come last: their ends are known only then. Those that are listed
// with their target come after the others, which they may be once more.
func (c *converter) relationships() {
	var late []relation
	for {
		switch { // what is said of a relationship may relate it too
		case len(c.related) > 0:
			r := c.related[0]
			c.related = c.related[1:]
			if r.inbound {
				late = append(late, r)
			} else {
				c.relationship(r)
			}
		case len(late) > 0:
			r := late[0]
			late = late[1:]
			if !c.Has("relationship--" + r.id) {
				c.relationship(r)
			}
		default:
			return
		}
	}
}

// end returns the id of one end of a relationship, "" when it is not in the event.
func (c *converter) end(ref string) string {
	if strings.Contains(ref, "--") {
		return ref
	}
	if cluster := c.clusters[ref]; cluster != "" {
		return cluster
	}
	if ids := c.by[ref]; ref != "" && len(ids) > 0 {
		return ids[0]
	}
	return ""
}

// relationship converts one whose ends are in the event. Any other reference of
// an object is in the hints of its source; what an analyst drew is in the bytes.
func (c *converter) relationship(r relation) {
	source, target := c.end(r.source), c.end(r.target)
	if source == "" || target == "" {
		if r.analyst != nil {
			c.elsewhere++
		}
		return
	}
	if r.id == "" {
		r.id = stix.NameUUID(namespace, source+" - "+r.kind+" - "+target)
	}
	id := "relationship--" + r.id
	o := object(
		member("type", str("relationship")), member("spec_version", str("2.1")), member("id", str(id)),
		member("created", str(conversion.Version(r.at))), member("modified", str(conversion.Version(r.at))),
		member("relationship_type", str(kindOf(r.kind))), member("source_ref", str(source)), member("target_ref", str(target)),
	)
	o.SetText("description", r.comment)
	if r.analyst != nil {
		drawn(&o, r)
		c.keepOr(r.analyst, o)
		c.saidOf(r.analyst, &o, r.at)
		return
	}
	if err := c.keep(r.Part, o); err != nil {
		if r.Raw != nil {
			c.Reject(r.Part, "", err)
		}
		return
	}
	c.refs = append(c.refs, id)
}

// kindOf gives a relationship type a form STIX allows.
func kindOf(s string) string {
	out := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, s)
	if out == "" {
		return "related-to"
	}
	return out
}

// report is the event itself.
func (c *converter) report() {
	ev := &c.ev.tree
	typ, uuid, _ := strings.Cut(c.reportID(), "--")
	published, _ := unix(scalar(ev, "publish_timestamp"))
	o := c.domain(typ, uuid, c.at)
	name := ev.GetText("info")
	if name == "" {
		name = "MISP event without a title"
	}
	o.Set("name", str(name))
	if typ == "report" {
		o.Set("published", str(published.Format(plainTime)))
	} else {
		o.Set("context", str("suspicious-activity"))
	}
	if c.empty {
		note := c.domain("note", uuid, c.at)
		note.Set("content", str(emptyEvent))
		note.Set("object_refs", texts([]string{typ + "--" + uuid}))
		if c.keep(conversion.Part{}, note) == nil {
			c.refs = append(c.refs, "note--"+uuid)
		}
	}
	o.Set("object_refs", texts(c.refs))
	o.Set("labels", texts(append([]string{"Threat-Report", `misp:tool="MISP-STIX-Converter"`}, c.labels...)))
	if c.level != "" {
		o.Set("confidence", number(c.level))
	}
	extend(&o, c.eventHints(uuid))
	if err := c.keep(c.ev.Part, o); err != nil {
		c.Reject(c.ev.Part, typ+"--"+uuid, err)
		return
	}
	c.Bundle.ID = "bundle--" + uuid
}

// emptyEvent is the note of an event that has nothing in it, as the reference
// has it: a report has to refer to something.
const emptyEvent = "This MISP Event is empty and contains no attribute, object, galaxy or tag."

// eventHints is what an event says that a report has no place for. Everything
// of the envelope stays out: this list is all there is.
func (c *converter) eventHints(uuid string) strictjson.Value {
	ev, h := &c.ev.tree, object()
	for _, name := range []string{"date", "threat_level_id", "analysis", "distribution", "extends_uuid"} {
		h.SetText(name, scalar(ev, name))
	}
	if original := scalar(ev, "uuid"); original != uuid {
		h.SetText("uuid", original)
	}
	if is, _ := flag(ev, "published"); is {
		h.Set("published", truth(true))
	}
	h.SetText("sharing_group", ev.Get("SharingGroup").GetText("uuid"))
	return h
}

// extend adds the hints of a conversion to an object that has any.
func extend(o *strictjson.Value, hints strictjson.Value) {
	if len(hints.Members) == 0 {
		return
	}
	x := object(member("extension_type", str("property-extension")))
	x.Members = append(x.Members, hints.Members...)
	conversion.Extend(o, stix.MISPExtension, x)
}

// hints returns what [extend] added, and nil when there is nothing.
func hints(o *strictjson.Value) *strictjson.Value { return o.Get("extensions").Get(stix.MISPExtension) }
