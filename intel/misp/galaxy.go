package misp

import (
	"cmp"
	"strings"
	"time"

	"entente/intel/conversion"
	"entente/intel/stix"
	"entente/internal/strictjson"
)

// galaxyTypes are the galaxies that STIX has a type for. All others become
// x-misp-galaxy-cluster.
var galaxyTypes = map[string]string{
	"cmtmf-attack-pattern": "attack-pattern", "mitre-attack-pattern": "attack-pattern", "mitre-enterprise-attack-attack-pattern": "attack-pattern",
	"mitre-ics-techniques": "attack-pattern", "mitre-mobile-attack-attack-pattern": "attack-pattern", "mitre-pre-attack-attack-pattern": "attack-pattern",
	"mitre-course-of-action": "course-of-action", "mitre-enterprise-attack-course-of-action": "course-of-action", "mitre-mobile-attack-course-of-action": "course-of-action",
	"mitre-enterprise-attack-intrusion-set": "intrusion-set", "mitre-intrusion-set": "intrusion-set", "mitre-mobile-attack-intrusion-set": "intrusion-set",
	"mitre-pre-attack-intrusion-set": "intrusion-set",
	"android":                        "malware", "backdoor": "malware", "banker": "malware", "cryptominers": "malware", "malpedia": "malware",
	"mitre-enterprise-attack-malware": "malware", "mitre-ics-software": "malware", "mitre-malware": "malware", "mitre-mobile-attack-malware": "malware",
	"ransomware": "malware", "stealer": "malware",
	"360net-threat-actor": "threat-actor", "microsoft-activity-group": "threat-actor", "mitre-ics-groups": "threat-actor", "threat-actor": "threat-actor",
	"botnet": "tool", "rat": "tool", "exploit-kit": "tool", "tds": "tool", "tool": "tool", "mitre-tool": "tool",
	"mitre-enterprise-attack-tool": "tool", "mitre-mobile-attack-tool": "tool",
	"branded-vulnerability": "vulnerability", "sector": "identity", "country": "location", "region": "location",
	"stix-2.1-attack-pattern": "attack-pattern", "stix-2.1-campaign": "campaign", "stix-2.1-course-of-action": "course-of-action",
	"stix-2.1-intrusion-set": "intrusion-set", "stix-2.1-location": "location", "stix-2.1-malware": "malware", "stix-2.1-threat-actor": "threat-actor",
	"stix-2.1-tool": "tool", "stix-2.1-vulnerability": "vulnerability",
	"stix-2.0-attack-pattern": "attack-pattern", "stix-2.0-campaign": "campaign", "stix-2.0-course-of-action": "course-of-action",
	"stix-2.0-intrusion-set": "intrusion-set", "stix-2.0-malware": "malware", "stix-2.0-threat-actor": "threat-actor",
	"stix-2.0-tool": "tool", "stix-2.0-vulnerability": "vulnerability",
}

// clusterTags are the tags that only repeat the clusters of galaxies that have
// a type of their own.
func clusterTags(galaxies []strictjson.Value) map[string]bool {
	tags := map[string]bool{}
	for i := range galaxies {
		g := &galaxies[i]
		if galaxyTypes[g.GetText("type")] == "" {
			continue
		}
		for _, cl := range clustersOf(g) {
			tags["misp-galaxy:"+g.GetText("type")+`="`+cl.GetText("value")+`"`] = true
		}
	}
	return tags
}

func clustersOf(g *strictjson.Value) []strictjson.Value {
	if cs := g.Get("GalaxyCluster"); cs != nil {
		return cs.Items
	}
	return nil
}

// galaxy converts the clusters of a galaxy and returns their ids. A cluster
// that several parts of the event name is made once.
func (c *converter) galaxy(g *strictjson.Value, at time.Time) (ids []string) {
	clusters := clustersOf(g)
	for i := range clusters {
		cl := &clusters[i]
		key := cl.GetText("uuid") + cl.GetText("value")
		if id := c.clusters[key]; id != "" {
			ids = append(ids, id)
			continue
		}
		uuid := usable(cl.GetText("uuid"))
		if uuid == "" || c.Has(cmp.Or(galaxyTypes[typeOfCluster(g, cl)], "x-misp-galaxy-cluster")+"--"+uuid) {
			uuid = stix.NameUUID(namespace, cl.GetText("uuid")+" - "+cl.GetText("type")+" - "+cl.GetText("value"))
		}
		o := c.cluster(g, cl, uuid, at)
		err := c.keep(conversion.Part{}, o)
		if err != nil && o.GetText("type") != "x-misp-galaxy-cluster" {
			o = c.customCluster(g, cl, uuid, at)
			err = c.keep(conversion.Part{}, o)
		}
		if err != nil {
			raw := strictjson.Append(nil, cl)
			c.Reject(conversion.Part{Raw: raw, Pointer: c.ev.Pointer + "/Galaxy"}, cl.GetText("uuid"), err)
			continue
		}
		c.clusters[key] = o.GetText("id")
		ids = append(ids, o.GetText("id"))
	}
	return ids
}

func (c *converter) cluster(g, cl *strictjson.Value, uuid string, at time.Time) strictjson.Value {
	kind := typeOfCluster(g, cl)
	typ := galaxyTypes[kind]
	switch {
	case typ == "":
		return c.customCluster(g, cl, uuid, at)
	case kind == "country" || kind == "region":
		return c.place(g, cl, uuid, at)
	}
	o := c.domain(typ, uuid, at)
	o.Drop("created_by_ref")
	name := cl.GetText("value")
	if strings.HasPrefix(kind, "mitre-") {
		if short, _, long := strings.Cut(name, " - "); long {
			name = strings.TrimSpace(short)
		}
	}
	o.Set("name", str(name))
	o.Set("labels", clusterLabels(g, cl))
	if typ == "identity" {
		o.Set("identity_class", str("class"))
		o.SetText("description", cmp.Or(cl.GetText("description"), g.GetText("description")))
		return o
	}
	if typ == "malware" {
		o.Set("is_family", truth(false))
	}
	o.SetText("description", cl.GetText("description"))
	if meta := cl.Get("meta"); meta != nil {
		for i := range meta.Members {
			applyMeta(&o, typ, name, &meta.Members[i])
		}
	}
	return o
}

func typeOfCluster(g, cl *strictjson.Value) string {
	return cmp.Or(cl.GetText("type"), g.GetText("type"))
}

func clusterLabels(g, cl *strictjson.Value) strictjson.Value {
	labels := []string{`misp:galaxy-name="` + g.GetText("name") + `"`, `misp:galaxy-type="` + typeOfCluster(g, cl) + `"`}
	if tag := cl.GetText("tag_name"); tag != "" {
		labels = append(labels, tag)
	}
	return texts(labels)
}

// typedMeta are fields of a cluster's meta that are properties of the type:
// true for those with one value.
var typedMeta = map[string]map[string]bool{
	"campaign":      {"objective": true},
	"intrusion-set": {"goals": false, "primary_motivation": true, "resource_level": true, "secondary_motivations": false},
	"malware":       {"architecture_execution_envs": false, "capabilities": false, "implementation_languages": false},
	"threat-actor": {
		"goals": false, "resource_level": true, "personal_motivations": false, "primary_motivation": true, "roles": false,
		"secondary_motivations": false, "sophistication": true,
	},
	"tool":     {"tool_version": true},
	"location": {"administrative_area": true, "region": true},
}

// typesMeta are fields that classify an object of the type.
var typesMeta = map[string]string{"malware": "malware_types", "threat-actor": "threat_actor_types", "tool": "tool_types"}

func applyMeta(o *strictjson.Value, typ, name string, m *strictjson.Member) {
	values := itemsOf(&m.Value)
	if len(values) == 0 {
		return
	}
	if single, typed := typedMeta[typ][m.Name]; typed {
		if single {
			o.Set(m.Name, str(values[0]))
		} else {
			o.Set(m.Name, texts(values))
		}
		return
	}
	switch m.Name {
	case "country":
		if typ == "location" {
			o.Set("country", str(values[0]))
			return
		}
		o.Set(metaName(m.Name), m.Value.Clone())
	case "created", "modified", "first_seen", "last_seen":
		applyTime(o, m.Name, values[0])
	case "external_id", "refs", "Technique ID":
		for _, v := range values {
			reference(o, m.Name, v)
		}
	case "synonyms":
		aliases(o, name, values)
	case "kill_chain":
		for _, v := range values {
			chain(o, v)
		}
	case "is_family":
		o.Set("is_family", truth(strings.EqualFold(values[0], "true") || values[0] == "1"))
	case "type", "labels", "malware_types", "tool_types", "threat_actor_types":
		if property := typesMeta[typ]; property != "" {
			o.Set(property, texts(values))
			return
		}
		o.Set(metaName(m.Name), m.Value.Clone())
	default:
		o.Set(metaName(m.Name), m.Value.Clone())
	}
}

func applyTime(o *strictjson.Value, name, v string) {
	t, ok := dated(v)
	switch {
	case !ok:
		o.Set(metaName(name), str(v))
	case name == "created":
		o.Set("created", str(conversion.Version(t)))
		o.Set("modified", str(conversion.Version(t)))
	case name == "modified":
		o.Set("modified", str(conversion.Version(t)))
	default:
		o.Set(name, str(t.Format(plainTime)))
	}
}

// metaName gives a name of a cluster's meta a form properties have.
func metaName(s string) string {
	return "x_misp_" + strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '_'
	}, s)
}

func itemsOf(v *strictjson.Value) []string {
	if v.Kind != strictjson.Array {
		if s := asText(v); s != "" {
			return []string{s}
		}
		return nil
	}
	var out []string
	for i := range v.Items {
		if s := asText(&v.Items[i]); s != "" {
			out = append(out, s)
		}
	}
	return out
}

func aliases(o *strictjson.Value, name string, values []string) {
	var others []string
	for _, v := range values {
		if v != name {
			others = append(others, v)
		}
	}
	switch {
	case len(others) == 0:
	case o.GetText("type") == "vulnerability":
		for _, v := range others {
			reference(o, "external_id", v)
		}
	default:
		o.Set("aliases", texts(others))
	}
}

// chain reads a kill chain phase, "kill_chain:matrix:phase".
func chain(o *strictjson.Value, s string) {
	parts := strings.Split(s, ":")
	phase := object(member("kill_chain_name", str(parts[0])), member("phase_name", str(parts[len(parts)-1])))
	if k := o.Get("kill_chain_phases"); k != nil {
		k.Items = append(k.Items, phase)
		return
	}
	o.Set("kill_chain_phases", list(phase))
}

// catalogues are who gave an external id, by its prefix.
var catalogues = []struct{ prefix, source string }{
	{"CAPEC-", "capec"}, {"CVE-", "cve"}, {"CWE-", "cwe"}, {"MOB-", "mitre-mobile-attack"}, {"PRE-", "mitre-pre-attack"}, {"REF-", "reference_from_CAPEC"},
}

func catalogue(id string) string {
	for _, k := range catalogues {
		if strings.HasPrefix(id, k.prefix) {
			return k.source
		}
	}
	switch {
	case strings.Contains(id, "-"):
		return "NIST Mobile Threat Catalogue"
	case strings.Trim(id, "0123456789") == "":
		return "WASC"
	}
	return "mitre-attack"
}

func reference(o *strictjson.Value, kind, v string) {
	r := object(member("source_name", str("url")), member("url", str(v)))
	if kind != "refs" {
		r = object(member("source_name", str(catalogue(v))), member("external_id", str(v)))
	}
	if refs := o.Get("external_references"); refs != nil {
		refs.Items = append(refs.Items, r)
		return
	}
	o.Set("external_references", list(r))
}

// place is a country or a region.
func (c *converter) place(g, cl *strictjson.Value, uuid string, at time.Time) strictjson.Value {
	o := c.domain("location", uuid, at)
	o.Drop("created_by_ref")
	o.Set("labels", clusterLabels(g, cl))
	meta := cl.Get("meta")
	if typeOfCluster(g, cl) == "country" {
		var iso string
		if v := meta.Get("ISO"); v != nil {
			iso = cmp.Or(itemsOf(v)...)
		}
		o.SetText("country", cmp.Or(iso, cl.GetText("value")))
		o.SetText("name", cl.GetText("description"))
		o.SetText("description", g.GetText("description")+" | "+cl.GetText("value"))
	} else {
		_, region, _ := strings.Cut(cl.GetText("value"), " - ")
		region = cmp.Or(region, cl.GetText("value"))
		o.Set("name", str(region))
		o.Set("region", str(regionName(region)))
		o.SetText("description", g.GetText("description")+" | "+cl.GetText("description"))
	}
	if meta != nil {
		for i := range meta.Members {
			m := &meta.Members[i]
			if m.Name == "external_id" || m.Name == "refs" {
				applyMeta(&o, "location", "", m)
				continue
			}
			o.Set(metaName(m.Name), m.Value.Clone())
		}
	}
	return o
}

func regionName(s string) string {
	switch s {
	case "Latin America and the Caribbean":
		return "latin-america-caribbean"
	case "Australia and New Zealand":
		return "australia-new-zealand"
	}
	return strings.ReplaceAll(strings.ToLower(s), " ", "-")
}

func (c *converter) customCluster(g, cl *strictjson.Value, uuid string, at time.Time) strictjson.Value {
	o := c.domain("x-misp-galaxy-cluster", uuid, at)
	o.Drop("created_by_ref")
	o.Set("labels", clusterLabels(g, cl))
	o.Set("x_misp_name", str(g.GetText("name")))
	o.Set("x_misp_type", str(typeOfCluster(g, cl)))
	o.Set("x_misp_value", str(cl.GetText("value")))
	o.Set("x_misp_description", str(g.GetText("description")+" | "+cl.GetText("description")))
	if meta := cl.Get("meta"); meta != nil && len(meta.Members) > 0 {
		m := object()
		for i := range meta.Members {
			if len(itemsOf(&meta.Members[i].Value)) > 0 {
				name := strings.NewReplacer(" ", "_", ".", "_").Replace(meta.Members[i].Name)
				m.Set(name, meta.Members[i].Value.Clone())
			}
		}
		if len(m.Members) > 0 {
			o.Set("x_misp_meta", m)
		}
	}
	return o
}
