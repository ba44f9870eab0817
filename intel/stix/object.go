package stix

import (
	"strings"

	"entente/internal/strictjson"
)

// reserved is section 3.8, in the spellings of the text and of the schemas.
var reserved = map[string]bool{"severity": true, "username": true, "phone_numbers": true, "phone_number": true, "action": true}

// object checks a whole object: its type, its id and the shape of its type.
func (c *checker) object(v *strictjson.Value) {
	if v.Kind != strictjson.Object {
		c.refuse("stix.not-object", "is not an object")
		return
	}
	typ := v.GetText("type")
	if !isTypeName(typ) || typ == "bundle" || reserved[typ] {
		c.refuseAt("type", "stix.type", "is missing or not the type of an object")
		return
	}
	c.identity(v, typ)
	c.shapeFor(v, typ).check(c, v)
	for i := range v.Members {
		if name := v.Members[i].Name; reserved[name] {
			c.refuseAt(name, "stix.reserved", "is a reserved name")
		}
	}
	c.scoID(v, typ)
	c.selectors(v)
}

// identity checks that the id is one and of the object's own type (J10).
func (c *checker) identity(v *strictjson.Value, typ string) {
	id := v.Get("id")
	if id == nil {
		return // the shape reports it
	}
	if of, ok := typeOf(id.Text); !ok || of != typ {
		c.refuseAt("id", "stix.id", "is not "+typ+"-- and a UUID")
	}
}

// shapeFor returns the rules for a type. A custom type is an observable when
// an extension says so, or when it has no version, as custom observables had
// before there were extensions (section 11.3); otherwise it has what domain
// objects have in common.
func (c *checker) shapeFor(v *strictjson.Value, typ string) *shape {
	for _, table := range []map[string]*shape{domainObjects, observableObjects, metaObjects} {
		if s := table[typ]; s != nil {
			return s
		}
	}
	if declares(v, "new-sco") {
		return observable
	}
	if declares(v, "new-sdo") || declares(v, "new-sro") {
		return core
	}
	c.warn("stix.custom-type", "is a type outside the standard, without an extension")
	if howMany(v, []string{"created", "modified"}) == 0 {
		return observable
	}
	return core
}

func declares(v *strictjson.Value, extensionType string) bool {
	x := v.Get("extensions")
	if x == nil {
		return false
	}
	for i := range x.Members {
		if x.Members[i].Value.GetText("extension_type") == extensionType {
			return true
		}
	}
	return false
}

// custom is the rule for a property the standard does not know: it must have
// the form of one, hold no empty values, and not be mistakable for a property
// that protects (J3).
func custom(c *checker, v *strictjson.Value) {
	name := c.path[len(c.path)-1].name
	if meant := mistakable(name); meant != "" && c.guarded() {
		c.refuse("stix.near-miss", "looks like "+meant)
		return
	}
	if c.property() && !isPropertyName(name) || !isKey(name) {
		c.refuse("stix.name", "is not a property name")
		return
	}
	if strings.HasSuffix(name, "_hex") {
		hexadecimal(c, v)
	}
	if strings.HasSuffix(name, "_bin") {
		binary(c, v)
	}
	present(c, v)
}

// guarded reports whether the current place is one where properties protect:
// the object itself, its granular markings and its extensions.
func (c *checker) guarded() bool {
	return len(c.path) == 1 || c.path[0].name == "granular_markings" || c.path[0].name == "extensions"
}

// property reports whether the current place is a property of the object or of
// one of its extensions, where section 3.1 rules.
func (c *checker) property() bool {
	return len(c.path) == 1 || len(c.path) == 3 && c.path[0].name == "extensions"
}
