package stix

import (
	"slices"

	"entente/internal/strictjson"
)

// Domain and relationship objects (STIX 2.1, sections 4 and 5).

func domain(props ...prop) *shape { return core.with(props...) }

var (
	seen = []prop{may("first_seen", timestamp), may("last_seen", timestamp)}

	seenInOrder = inOrder("first_seen", "last_seen", false)

	motives = []prop{
		may("goals", list(text)), may("resource_level", text), may("primary_motivation", text), may("secondary_motivations", list(text)),
	}

	opinions = []string{"strongly-disagree", "disagree", "neutral", "agree", "strongly-agree"}
)

var domainObjects = map[string]*shape{
	"attack-pattern":   domain(must("name", text), may("description", text), may("aliases", list(text)), may("kill_chain_phases", killChains)),
	"campaign":         domain(must("name", text), may("description", text), may("aliases", list(text)), may("objective", text)).with(seen...).and(seenInOrder),
	"course-of-action": domain(must("name", text), may("description", text)),
	"grouping":         domain(may("name", text), may("description", text), must("context", text), must("object_refs", list(ref))),
	"identity": domain(must("name", text), may("description", text), may("roles", list(text)), may("identity_class", text),
		may("sectors", list(text)), may("contact_information", text)),
	"incident": domain(must("name", text), may("description", text)),
	"indicator": domain(may("name", text), may("description", text), may("indicator_types", list(text)), must("pattern", text),
		must("pattern_type", text), may("pattern_version", text), must("valid_from", timestamp), may("valid_until", timestamp),
		may("kill_chain_phases", killChains)).and(inOrder("valid_from", "valid_until", true), stixPattern),
	"infrastructure": domain(must("name", text), may("description", text), may("infrastructure_types", list(text)), may("aliases", list(text)),
		may("kill_chain_phases", killChains)).with(seen...).and(seenInOrder),
	"intrusion-set": domain(must("name", text), may("description", text), may("aliases", list(text))).with(seen...).with(motives...).and(seenInOrder),
	"location": domain(may("name", text), may("description", text), may("latitude", number(-90, 90)), may("longitude", number(-180, 180)),
		may("precision", number(0, 1e9)), may("region", text), may("country", text), may("administrative_area", text), may("city", text),
		may("street_address", text), may("postal_code", text)).and(somewhere),
	"malware": domain(may("name", text), may("description", text), may("malware_types", list(text)), must("is_family", boolean),
		may("aliases", list(text)), may("kill_chain_phases", killChains), may("operating_system_refs", list(refToTypes("software"))),
		may("architecture_execution_envs", list(text)), may("implementation_languages", list(text)), may("capabilities", list(text)),
		may("sample_refs", list(refToTypes("artifact", "file")))).with(seen...).and(seenInOrder, namedFamily),
	"malware-analysis": domain(must("product", text), may("version", text), may("host_vm_ref", refToTypes("software")),
		may("operating_system_ref", refToTypes("software")), may("installed_software_refs", list(refToTypes("software"))),
		may("configuration_version", text), may("modules", list(text)), may("analysis_engine_version", text),
		may("analysis_definition_version", text), may("submitted", timestamp), may("analysis_started", timestamp),
		may("analysis_ended", timestamp), may("result_name", text), may("result", text), may("analysis_sco_refs", list(refToObservable)),
		may("sample_ref", refToTypes("artifact", "file", "network-traffic"))).and(atLeastOne("result", "analysis_sco_refs")),
	"note": domain(may("abstract", text), must("content", text), may("authors", list(text)), must("object_refs", list(ref))),
	"observed-data": domain(must("first_observed", timestamp), must("last_observed", timestamp), must("number_observed", integer(1, 999999999)),
		may("objects", dictionary(embedded)), may("object_refs", list(refTo(observed, "an observable or a relationship")))).
		and(inOrder("first_observed", "last_observed", false), exactlyOne("objects", "object_refs")),
	"opinion": domain(may("explanation", text), may("authors", list(text)), must("opinion", oneOf(opinions...)), must("object_refs", list(ref))),
	"report": domain(must("name", text), may("description", text), may("report_types", list(text)), must("published", timestamp),
		must("object_refs", list(ref))),
	"threat-actor": domain(must("name", text), may("description", text), may("threat_actor_types", list(text)), may("aliases", list(text)),
		may("roles", list(text)), may("sophistication", text), may("personal_motivations", list(text))).
		with(seen...).with(motives...).and(seenInOrder),
	"tool": domain(must("name", text), may("description", text), may("tool_types", list(text)), may("aliases", list(text)),
		may("kill_chain_phases", killChains), may("tool_version", text)),
	"vulnerability": domain(must("name", text), may("description", text)),

	"relationship": domain(must("relationship_type", relationshipType), may("description", text), must("source_ref", related),
		must("target_ref", related), may("start_time", timestamp), may("stop_time", timestamp)).and(inOrder("start_time", "stop_time", true)),
	"sighting": domain(may("description", text), may("count", integer(0, 999999999)), must("sighting_of_ref", related),
		may("observed_data_refs", list(refToTypes("observed-data"))), may("where_sighted_refs", list(refToTypes("identity", "location"))),
		may("summary", boolean)).with(seen...).and(seenInOrder),
}

var (
	// linking are the types that a relationship or sighting may not point at
	// (sections 5.1 and 5.2).
	linking = []string{"relationship", "sighting", "bundle", "marking-definition", "language-content"}

	related = refTo(func(typ string) bool { return !slices.Contains(linking, typ) }, "a domain object or an observable")

	// domainTypes are named apart from their table, which refers to them.
	domainTypes = []string{
		"attack-pattern", "campaign", "course-of-action", "grouping", "identity", "incident", "indicator", "infrastructure", "intrusion-set",
		"location", "malware", "malware-analysis", "note", "observed-data", "opinion", "report", "threat-actor", "tool", "vulnerability",
	}

	refToObservable = refTo(func(typ string) bool { return observed(typ) && typ != "relationship" && typ != "sighting" }, "an observable")

	relationshipType = when("stix.name", func(s string) string {
		if s == "" || len(s) > 250 || !all(s, func(b byte) bool { return isLower(b) || isDigit(b) || b == '-' }) {
			return "must be of lower-case letters, digits and hyphens"
		}
		return ""
	})

	// embedded is the deprecated form of observed-data: observables keyed by
	// numbers, which refer to each other by key.
	embedded = shapeOf(must("type", text)).check
)

// observed is section 4.14: what object_refs of observed-data may name. A
// custom type may be an observable; its id does not say.
func observed(typ string) bool {
	return !slices.Contains(domainTypes, typ) && !slices.Contains([]string{"bundle", "marking-definition", "language-content", "extension-definition"}, typ)
}

// somewhere is section 4.10: a location is at least a region, a country or a
// point, and a point has both coordinates.
func somewhere(c *checker, v *strictjson.Value) {
	point := howMany(v, []string{"latitude", "longitude"})
	switch {
	case point == 1:
		c.refuse("stix.rule", "has one of latitude and longitude without the other")
	case point == 0 && howMany(v, []string{"region", "country"}) == 0:
		c.refuse("stix.required", "has none of region, country, or latitude and longitude")
	case point == 0 && v.Get("precision") != nil:
		c.refuse("stix.rule", "has precision without latitude and longitude")
	}
}

// namedFamily is section 4.11.
func namedFamily(c *checker, v *strictjson.Value) {
	if family := v.Get("is_family"); family != nil && family.Bool && v.Get("name") == nil {
		c.refuse("stix.required", "is a malware family without a name")
	}
}
