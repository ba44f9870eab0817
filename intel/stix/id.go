package stix

import (
	"slices"
	"strings"

	"entente/internal/strictjson"
)

const uuidForm = "xxxxxxxx-xxxx-Mxxx-Nxxx-xxxxxxxxxxxx"

// isUUID accepts RFC 4122 UUIDs and the versions RFC 9562 added, in lower case
// only: in two cases one id would be two keys here and one key elsewhere.
func isUUID(s string) bool {
	if len(s) != len(uuidForm) {
		return false
	}
	for i := range len(s) {
		switch b := s[i]; uuidForm[i] {
		case '-':
			if b != '-' {
				return false
			}
		case 'M':
			if b < '1' || b > '8' {
				return false
			}
		case 'N':
			if strings.IndexByte("89ab", b) < 0 {
				return false
			}
		default:
			if !isDigit(b) && (b < 'a' || b > 'f') {
				return false
			}
		}
	}
	return true
}

// typeOf returns the type in an identifier (section 2.9).
func typeOf(s string) (typ string, ok bool) {
	at := len(s) - len(uuidForm)
	if at < 3 || s[at-2:at] != "--" || !isTypeName(s[:at-2]) || !isUUID(s[at:]) {
		return "", false
	}
	return s[:at-2], true
}

// uuidVersion returns the version digit of a well-formed id.
func uuidVersion(id string) byte { return id[len(id)-len(uuidForm)+14] }

// ref is a reference to an object of any type but bundle.
var ref = refTo(func(typ string) bool { return typ != "bundle" }, "an object")

// refTo is a reference whose target types section by section are restricted.
func refTo(allowed func(typ string) bool, what string) rule {
	return func(c *checker, v *strictjson.Value) {
		if v.Kind != strictjson.String {
			c.refuse("stix.value", "must be a string")
			return
		}
		typ, ok := typeOf(v.Text)
		if !ok {
			c.refuse("stix.id", "is not an identifier")
			return
		}
		if !allowed(typ) {
			c.refuse("stix.reference", "must refer to "+what)
		}
	}
}

func refToTypes(types ...string) rule {
	return refTo(func(typ string) bool { return slices.Contains(types, typ) }, "one of "+strings.Join(types, ", "))
}
