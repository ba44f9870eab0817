package stix

import (
	"slices"

	"entente/internal/strictjson"
)

// Meta objects (STIX 2.1, section 7).

var metaObjects = map[string]*shape{
	"extension-definition": core.with(must("created_by_ref", creator), must("name", text), may("description", text),
		must("schema", text), must("version", text), must("extension_types", list(oneOf(extensionTypes...))),
		may("extension_properties", list(text))).and(topLevelProperties),
	"language-content": core.with(must("object_ref", refTo(translatable, "an object that has text")), may("object_modified", timestamp),
		must("contents", contents)),
	"marking-definition": shapeOf(identified...).with(markings...).with(must("spec_version", specVersion), must("created", timestamp),
		may("created_by_ref", creator), may("external_references", list(externalReference)), may("extensions", extensions(nil)),
		may("name", text), may("definition_type", text), may("definition", present)).
		and(without(notOnMarkings), marksSomething, notItself, notForged),
}

func translatable(typ string) bool { return typ != "bundle" && typ != "language-content" }

// topLevelProperties is section 7.3.1.
func topLevelProperties(c *checker, v *strictjson.Value) {
	types := v.Get("extension_types")
	if types == nil || v.Get("extension_properties") == nil {
		return
	}
	for i := range types.Items {
		if types.Items[i].Text == "toplevel-property-extension" {
			return
		}
	}
	c.refuseAt("extension_properties", "stix.rule", "is only for toplevel-property-extension")
}

// contents is section 7.1: translations by language.
func contents(c *checker, v *strictjson.Value) {
	dictionary(dictionary(present))(c, v)
	for i := range v.Members {
		if wrong := notLanguage(v.Members[i].Name); wrong != "" {
			c.refuseAt(v.Members[i].Name, "stix.language", wrong)
		}
	}
}

// marksSomething is section 7.2.1: a definition of its type, or an extension.
func marksSomething(c *checker, v *strictjson.Value) {
	kind, definition := v.Get("definition_type"), v.Get("definition")
	switch {
	case (kind == nil) != (definition == nil), kind == nil && v.Get("extensions") == nil:
		c.refuse("stix.marking", "needs definition_type and definition, or an extension")
	case definition != nil && definition.Kind != strictjson.Object:
		c.refuseAt("definition", "stix.value", "must be an object")
	case v.GetText("definition_type") == "statement" && definition.GetText("statement") == "":
		c.refuseAt("definition", "stix.marking", "has no statement")
	}
}

// notItself is section 7.2.2: a marking does not mark itself. Longer cycles
// show only when markings are resolved.
func notItself(c *checker, v *strictjson.Value) {
	if slices.Contains(markingRefs(v), v.GetText("id")) {
		c.refuse("stix.rule", "is marked with itself")
	}
}
