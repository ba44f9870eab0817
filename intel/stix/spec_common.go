package stix

import (
	"strings"

	"entente/internal/strictjson"
)

// The parts that several types share (STIX 2.1, sections 2 and 3.2).

var (
	killChains = list(shapeOf(must("kill_chain_name", text), must("phase_name", text)).check)

	externalReference = shapeOf(
		must("source_name", text), may("description", text), may("url", link), may("hashes", hashes), may("external_id", text),
	).and(atLeastOne("description", "url", "external_id"), namedCatalogue).check

	granularMarking = shapeOf(
		may("lang", languageTag), may("marking_ref", refToTypes("marking-definition")), must("selectors", list(selector)),
	).and(exactlyOne("lang", "marking_ref")).check

	markings = []prop{
		may("object_marking_refs", list(refToTypes("marking-definition"))),
		may("granular_markings", list(granularMarking)),
	}

	specVersion = when("stix.spec-version", func(s string) string {
		if s != "2.1" {
			return "is not 2.1"
		}
		return ""
	})

	// creator is a claim, whatever it names (section 3.2 means an identity), and
	// proves nothing: a wrong type is told and tolerated.
	creator rule = func(c *checker, v *strictjson.Value) {
		ref(c, v)
		if typ, ok := typeOf(v.Text); ok && typ != "identity" {
			c.warn("stix.creator", "does not refer to an identity")
		}
	}

	identified = []prop{may("type", text), must("id", text)} // both are checked by checker.object

	// core is what domain, relationship and custom objects have in common.
	core = shapeOf(identified...).with(markings...).with(
		must("spec_version", specVersion), may("created_by_ref", creator),
		must("created", versionTime), must("modified", versionTime), may("revoked", boolean),
		may("labels", list(text)), may("confidence", integer(0, 100)), may("lang", languageTag),
		may("external_references", list(externalReference)), may("extensions", extensions(nil)),
	).and(inOrder("created", "modified", false))

	// observable is what cyber-observable objects have in common.
	observable = shapeOf(identified...).with(markings...).with(
		may("spec_version", specVersion), may("defanged", boolean), may("extensions", extensions(nil)),
	).and(without(notOnObservables))
)

// What section 3.2 does not allow on a class of objects. Labels and the like
// on an observable would be read by some and ignored by others.
var (
	notOnObservables = []string{"created", "modified", "created_by_ref", "revoked", "labels", "confidence", "lang", "external_references"}
	notOnMarkings    = []string{"modified", "revoked", "labels", "confidence", "lang", "defanged"}
)

func without(names []string) func(c *checker, v *strictjson.Value) {
	return func(c *checker, v *strictjson.Value) {
		for _, name := range names {
			if v.Get(name) != nil {
				c.refuseAt(name, "stix.misplaced", "is not a property of this kind of object")
			}
		}
	}
}

func atLeastOne(names ...string) func(c *checker, v *strictjson.Value) {
	return func(c *checker, v *strictjson.Value) {
		if howMany(v, names) == 0 {
			c.refuse("stix.required", "has none of "+strings.Join(names, ", "))
		}
	}
}

func exactlyOne(names ...string) func(c *checker, v *strictjson.Value) {
	return func(c *checker, v *strictjson.Value) {
		if howMany(v, names) != 1 {
			c.refuse("stix.rule", "must have exactly one of "+strings.Join(names, ", "))
		}
	}
}

func howMany(v *strictjson.Value, names []string) int {
	n := 0
	for _, name := range names {
		if v.Get(name) != nil {
			n++
		}
	}
	return n
}

// namedCatalogue holds a CVE or CAPEC number and the name of its catalogue
// together (sections 4.1 and 4.18).
func namedCatalogue(c *checker, v *strictjson.Value) {
	source, id := v.GetText("source_name"), v.GetText("external_id")
	if (source == "cve") != isCVE(id) || (source == "capec") != isCAPEC(id) {
		c.refuse("stix.rule", "source_name and external_id disagree on whether this is a CVE or CAPEC entry")
	}
}

func isCVE(s string) bool {
	year, n, ok := strings.Cut(strings.TrimPrefix(s, "CVE-"), "-")
	return ok && strings.HasPrefix(s, "CVE-") && len(year) == 4 && all(year, isDigit) && len(n) >= 4 && all(n, isDigit)
}

func isCAPEC(s string) bool {
	n, ok := strings.CutPrefix(s, "CAPEC-")
	return ok && n != "" && all(n, isDigit)
}

var (
	extensionTypes = []string{"new-sdo", "new-sco", "new-sro", "property-extension", "toplevel-property-extension"}
	extensionType  = shapeOf(must("extension_type", oneOf(extensionTypes...))).check

	unknownExtension = shapeOf().check
)

// understood are the extensions whose content this package interprets.
var understood = map[string]bool{tlp2Extension: true, papExtension: true, iepExtension: true, MISPExtension: true, CSAFExtension: true, KEVExtension: true}

// extensions is section 7.3 with the predefined extensions of one type.
func extensions(predefined map[string]*shape) rule {
	return func(c *checker, v *strictjson.Value) {
		if v.Kind != strictjson.Object || len(v.Members) == 0 {
			dictionary(present)(c, v)
			return
		}
		for i := range v.Members {
			m := &v.Members[i]
			c.under(step{name: m.Name}, extension(m.Name, predefined), &m.Value)
		}
	}
}

func extension(name string, predefined map[string]*shape) rule {
	return func(c *checker, v *strictjson.Value) {
		typ, isID := typeOf(name)
		switch {
		case isID && typ == "extension-definition":
			extensionType(c, v)
			if !understood[name] {
				c.warn("stix.extension-unknown", "is kept and not interpreted")
			}
		case predefined[name] != nil:
			predefined[name].check(c, v)
		case isTypeName(name) && strings.HasSuffix(name, "-ext"):
			unknownExtension(c, v)
			c.warn("stix.extension-unknown", "is kept and not interpreted")
		default:
			c.refuse("stix.extension", "is not keyed by an extension-definition id")
		}
	}
}
