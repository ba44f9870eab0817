package misp

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/internal/strictjson"
)

// compositions converts the objects of the event, then what refers to what: a
// reference may go to an object that comes later.
func (c *converter) compositions() {
	parts, taken := c.inside()
	c.parts, c.known = parts, map[string]bool{}
	for _, a := range c.ev.attributes {
		c.known[a.uuid] = true
	}
	for _, o := range c.ev.objects {
		if !taken[o.uuid] {
			c.known[o.uuid] = true
			for _, a := range o.attributes {
				c.known[a.uuid] = true
			}
		}
	}
	for i := range c.ev.objects {
		if !taken[c.ev.objects[i].uuid] {
			c.composition(&c.ev.objects[i])
		}
	}
	for i := range c.ev.objects {
		c.references(&c.ev.objects[i])
	}
}

// composition converts one object: into the shape of its template, and when
// that breaks a rule of STIX into a custom object.
func (c *converter) composition(o *composition) {
	at := o.instant(c.at)
	uuid := c.idOf(o.uuid, o.name+" - "+o.Pointer)
	if c.taken(uuid) || c.Has("x-misp-object--"+uuid) {
		uuid = c.idOf("", o.uuid+" - "+o.name+" - "+o.Pointer)
	}
	from := len(c.related)
	made := c.compositionObjects(o, uuid, at)
	err := c.keep(o.Part, made...)
	if err != nil && made[0].GetText("type") != "x-misp-object" {
		c.related = c.related[:from]
		made = []strictjson.Value{c.customObject(o, uuid, at)}
		if failed := err; c.keep(o.Part, made...) == nil {
			err = nil
			c.Warn("misp.custom: " + failed.Error())
		}
	}
	if err != nil {
		c.related = c.related[:from]
		c.Reject(o.Part, o.uuid, err)
		return
	}
	uuids := []string{o.uuid}
	for _, a := range o.attributes {
		uuids = append(uuids, a.uuid)
	}
	c.refer(uuids, made)
	var ids []string
	for i := range made {
		if made[i].Get("created") != nil {
			ids = append(ids, made[i].GetText("id"))
		}
	}
	c.around(&o.tree, ids, at)
	for i := range o.attributes {
		a := &o.attributes[i]
		c.around(&a.tree, ids, at)
		c.attach(a.tree.Get("Galaxy"), ids[0], at)
	}
}

// compositionObjects makes the objects of an object, that which stands for it
// first.
func (c *converter) compositionObjects(o *composition, uuid string, at time.Time) []strictjson.Value {
	of, isRule := ruleTemplates[o.name]
	switch {
	case isRule && o.first(of.pattern) != "":
		return []strictjson.Value{c.rule(o, uuid, at, of)}
	case o.name == "domain-ip" && !slices.ContainsFunc(o.attributes, func(a attribute) bool { return a.relation == "domain" || a.relation == "hostname" }):
		return []strictjson.Value{c.customObject(o, uuid, at)}
	}
	sh, ok := shapeOf(o.name)
	if !ok {
		return []strictjson.Value{c.customObject(o, uuid, at)}
	}
	if sh.alone {
		main := c.shaped(o, sh, c.named(sh.typ, o, uuid, at), uuid)[0]
		return c.finishObject(o, uuid, sh, main)
	}
	scos := c.observables(o, sh, uuid)
	c.takeIn(&scos[0], o)
	main := c.named("observed-data", o, uuid, at)
	c.seen(&main, &o.part, at)
	main.Set("number_observed", number("1"))
	refs := make([]string, len(scos))
	for i := range scos {
		refs[i] = scos[i].GetText("id")
	}
	main.Set("object_refs", texts(refs))
	made := append([]strictjson.Value{main}, scos...)
	if c.anyToIDs(o) {
		ind := c.named("indicator", o, uuid, at)
		ind.SetText("description", o.comment)
		c.detects(&ind, o.meta, at, "["+strings.Join(append(sh.tests(o), c.partTests(o)...), " AND ")+"]", "stix")
		made = append(made, ind)
		c.basedOn(uuid, at)
	}
	return c.finishObject(o, uuid, sh, made...)
}

// named begins an object that stands for a MISP object.
func (c *converter) named(typ string, o *composition, uuid string, at time.Time) strictjson.Value {
	v := c.domain(typ, uuid, at)
	v.Set("labels", texts([]string{
		`misp:name="` + strings.ReplaceAll(o.name, "|", "-") + `"`, `misp:meta-category="` + o.meta + `"`,
	}))

	if is, _ := flag(&o.tree, "deleted"); is {
		v.Set("revoked", truth(true))
	}
	if tags := o.tagged(); len(tags) > 0 {
		s := c.sort(tags, o.clusterTags())
		s.apply(&v)
	}
	return v
}

// tagged are the tags of all attributes: in STIX they can only be on the whole.
func (o *composition) tagged() []strictjson.Value {
	var tags []strictjson.Value
	for i := range o.attributes {
		tags = append(tags, o.attributes[i].tree.GetList("Tag")...)
	}
	return tags
}

func (o *composition) clusterTags() map[string]bool {
	var all []strictjson.Value
	for i := range o.attributes {
		all = append(all, o.attributes[i].tree.GetList("Galaxy")...)
	}
	return clusterTags(all)
}

// shaped fills the main object from the slots of its shape; what has no slot
// becomes x_misp_*. Objects it refers to follow it.
func (c *converter) shaped(o *composition, sh shape, main strictjson.Value, uuid string) []strictjson.Value {
	for name, v := range sh.fixed {
		main.Set(name, str(v))
	}
	for _, l := range sh.always {
		put(&main, l.path, truth(l.from == isTrue))
	}
	others, left := c.fill(&main, o, sh, uuid)
	switch o.name {
	case "domain-ip":
		hostname(&main, &left)
	case "vulnerability":
		catalogued(&main, o, &left)
	case "file", "lnk":
		others = append(others, c.contents(&main, &left)...)
	case "artifact":
		payload(&main, &left)
	case "email":
		others = append(others, c.mail(&main, others, &left, uuid)...)
	case "network-socket":
		listening(&main, &left)
	}
	if sh.contacts != nil {
		contact(&main, sh.contacts, &left)
	}
	if sh.typ == "network-traffic" {
		protocols(&main, &left, sh.spoken)
	}
	if sh.rest == "" {
		rest(&main, left)
		return append([]strictjson.Value{main}, others...)
	}
	if at(&main, sh.rest) == nil {
		put(&main, sh.rest, object())
	}
	rest(at(&main, sh.rest), left)
	main.Set("name", str(cmp.Or(o.first("original-filename"), o.first("internal-filename"))))
	return append([]strictjson.Value{main}, others...)
}

// fill puts values into the slots of a shape. It returns the objects that slots
// refer to, and the attributes that have no slot.
func (c *converter) fill(main *strictjson.Value, o *composition, sh shape, uuid string) (others []strictjson.Value, left []*attribute) {
	filled := map[string]int{}
	for i := range o.attributes {
		a := &o.attributes[i]
		sl := sh.slot(a.relation, filled)
		path, ok := "", false
		if sl != nil && a.data == "" {
			path, ok = sl.open(filled)
		}
		if !ok {
			left = append(left, a)
			continue
		}
		if sl.kind != asRef {
			put(main, path, sl.kind.write(a.value))
			continue
		}
		to := sl.to
		if to == "ip" {
			to = addressType(a.value)
		}
		id := to + "--" + c.idOf(a.uuid, uuid+" - "+a.relation+" - "+a.value)
		other := object(member("type", str(to)), member("spec_version", str("2.1")), member("id", str(id)))
		put(&other, sl.leaf, str(a.value))
		others = append(others, other)
		put(main, path, str(id))
	}
	return others, left
}

// slot returns the free slot of a relation, and nil when there is none.
func (sh *shape) slot(relation string, filled map[string]int) *slot {
	for i := range sh.slots {
		if sl := &sh.slots[i]; sl.relation == relation && (strings.HasSuffix(sl.path, "/*") || filled[sl.path] == 0) {
			return sl
		}
	}
	return nil
}

// open returns the place for the next value of a slot.
func (sl *slot) open(filled map[string]int) (path string, ok bool) {
	n := filled[sl.path]
	filled[sl.path]++
	if many, yes := strings.CutSuffix(sl.path, "/*"); yes {
		return many + "/" + strconv.Itoa(n), true
	}
	return sl.path, n == 0
}

func (k kind) write(v string) strictjson.Value {
	switch k {
	case asNumber:
		if isInteger(v) {
			return number(v)
		}
	case asSystem:
		if n := digits.of(v, ""); isInteger(n) {
			return number(n)
		}
	case asMoment:
		if t, ok := dated(v); ok {
			return str(t.Format(plainTime))
		}
	case asTruth:
		return truth(v == "1" || strings.EqualFold(v, "true"))
	case asKey:
		return str(fullHive(v))
	case asFloat:
		if f, err := strconv.ParseFloat(v, 64); err == nil {
			return number(strconv.FormatFloat(f, 'f', -1, 64))
		}
	case asThousandth:
		if f, err := strconv.ParseFloat(v, 64); err == nil {
			return number(strconv.FormatFloat(f*1000, 'f', -1, 64))
		}
	case asString, asRef, asListening, asBlocking:
	}
	return str(v)
}

// thousandths is the way back from metres to kilometres.
func thousandths(s string) string {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return s
	}
	return strconv.FormatFloat(f/1000, 'f', -1, 64)
}

func isInteger(v string) bool {
	n, err := strconv.Atoi(v)
	return err == nil && strconv.Itoa(n) == v
}

// hostname gives a domain object without a domain the host's name.
func hostname(main *strictjson.Value, left *[]*attribute) {
	if main.Get("value") != nil {
		return
	}
	i := slices.IndexFunc(*left, func(a *attribute) bool { return a.relation == "hostname" })
	put(main, "value", str((*left)[i].value))
	*left = slices.Delete(*left, i, i+1)
}

// observables makes what an object is about. Names and addresses with nothing
// else are each an observable of their own.
func (c *converter) observables(o *composition, sh shape, uuid string) []strictjson.Value {
	plain := func(a attribute) bool {
		return a.relation == "domain" || a.relation == "hostname" || a.relation == "ip"
	}
	if o.name != "domain-ip" || slices.ContainsFunc(o.attributes, func(a attribute) bool { return !plain(a) }) {
		start := object(member("type", str(sh.typ)), member("spec_version", str("2.1")), member("id", str(sh.typ+"--"+uuid)))
		return c.shaped(o, sh, start, uuid)
	}
	var ips, domains []strictjson.Value
	var ids []string
	for _, a := range o.attributes {
		typ := "domain-name"
		if a.relation == "ip" {
			typ = addressType(a.value)
		}
		id := typ + "--" + c.idOf(a.uuid, uuid+" - "+a.relation+" - "+a.value)
		v := object(member("type", str(typ)), member("spec_version", str("2.1")), member("id", str(id)), member("value", str(a.value)))
		if a.relation == "ip" {
			ips, ids = append(ips, v), append(ids, id)
		} else {
			domains = append(domains, v)
		}
	}
	for i := range domains {
		if len(ids) > 0 {
			domains[i].Set("resolves_to_refs", texts(ids))
		}
	}
	return append(ips, domains...)
}

// protocols sets what STIX demands of traffic.
func protocols(main *strictjson.Value, left *[]*attribute, spoken bool) {
	var names []string
	for _, ref := range []string{"src_ref", "dst_ref"} {
		if ip, _, ok := strings.Cut(prefix(main.GetText(ref)), "-addr"); ok && !spoken && !slices.Contains(names, ip) {
			names = append(names, ip)
		}
	}
	*left = slices.DeleteFunc(*left, func(a *attribute) bool {
		if a.relation == "protocol" {
			names = append(names, strings.ToLower(a.value))
			return true
		}
		return false
	})
	if len(names) == 0 {
		names = []string{"tcp"}
	}
	main.Set("protocols", texts(names))
}

// catalogued are the references of a vulnerability.
func catalogued(main *strictjson.Value, o *composition, left *[]*attribute) {
	var refs []strictjson.Value
	for _, a := range o.attributes {
		if a.relation == "id" {
			source := "vulnerability"
			if strings.HasPrefix(a.value, "CVE") {
				source = "cve"
			}
			refs = append(refs, object(member("source_name", str(source)), member("external_id", str(a.value))))
		}
	}
	*left = slices.DeleteFunc(*left, func(a *attribute) bool {
		if a.relation == "references" {
			refs = append(refs, object(member("source_name", str("url")), member("url", str(a.value))))
		}
		return a.relation == "references" || a.relation == "id"
	})
	if len(refs) > 0 {
		main.Set("external_references", texts(nil))
		main.Get("external_references").Items = refs
	}
}

// rest keeps the relations that STIX has no property for.
func rest(main *strictjson.Value, left []*attribute) {
	for _, a := range left {
		v := str(a.value)
		if a.data != "" {
			v = object(member("value", str(a.value)), member("data", str(a.data)))
		}
		name := metaName(a.relation)
		switch have := main.Get(name); {
		case have == nil:
			main.Set(name, v)
		case have.Kind == strictjson.Array:
			have.Items = append(have.Items, v)
		default:
			*have = list(*have, v)
		}
	}
}
