package stix

import (
	"crypto/fips140"

	"github.com/google/uuid"

	"entente/internal/strictjson"
)

// scoNamespace is the namespace of deterministic ids (STIX 2.1, section 2.9).
var scoNamespace = uuid.MustParse("00abedb4-aa42-466c-9c01-fed23315a9b7")

// contributing are the properties that make an observable what it is (STIX
// 2.1, section 6; STIX 2.2 is about to change the list of directory).
var contributing = map[string][]string{
	"artifact":             {"hashes", "payload_bin"},
	"autonomous-system":    {"number"},
	"directory":            {"path"},
	"domain-name":          {"value"},
	"email-addr":           {"value"},
	"email-message":        {"from_ref", "subject", "body"},
	"file":                 {"hashes", "name", "extensions", "parent_directory_ref"},
	"ipv4-addr":            {"value"},
	"ipv6-addr":            {"value"},
	"mac-addr":             {"value"},
	"mutex":                {"name"},
	"network-traffic":      {"start", "end", "src_ref", "dst_ref", "src_port", "dst_port", "protocols", "extensions"},
	"process":              {},
	"software":             {"name", "cpe", "swid", "vendor", "version"},
	"url":                  {"value"},
	"user-account":         {"account_type", "user_id", "account_login"},
	"windows-registry-key": {"key", "values"},
	"x509-certificate":     {"hashes", "serial_number"},
}

// SCOID returns the deterministic id of an observable: a UUIDv5 over the
// canonical form of its contributing properties. ok is false when the type has
// none, or the object has none of them. The id is a fingerprint of the values:
// whoever can guess them can check the guess.
func SCOID(tree *strictjson.Value) (id string, ok bool) {
	typ := tree.GetText("type")
	var identity strictjson.Value
	identity.Kind = strictjson.Object
	for _, name := range contributing[typ] {
		v := tree.Get(name)
		if v == nil {
			continue
		}
		m := strictjson.Member{Name: name, Value: *v}
		if name == "hashes" {
			m.Value = oneHash(v)
		}
		identity.Members = append(identity.Members, m)
	}
	if len(identity.Members) == 0 {
		return "", false
	}
	return typ + "--" + nameUUID(scoNamespace, strictjson.AppendCanonical(nil, &identity)), true
}

// nameUUID is a UUIDv5. SHA-1 is what the standard prescribes for a name, not
// a protection, so it is allowed in FIPS mode.
func nameUUID(namespace uuid.UUID, name []byte) (id string) {
	fips140.WithoutEnforcement(func() { id = uuid.NewSHA1(namespace, name).String() })
	return id
}

// oneHash returns the one hash that contributes (section 2.9): the first of a
// fixed order, else the first in the order of names.
func oneHash(v *strictjson.Value) strictjson.Value {
	one := strictjson.Value{Kind: strictjson.Object}
	for _, name := range []string{"MD5", "SHA-1", "SHA-256", "SHA-512"} {
		if h := v.Get(name); h != nil {
			one.Members = []strictjson.Member{{Name: name, Value: *h}}
			return one
		}
	}
	for i := range v.Members {
		if m := v.Members[i]; len(one.Members) == 0 || m.Name < one.Members[0].Name {
			one.Members = []strictjson.Member{m}
		}
	}
	return one
}

// scoID compares the id of an observable with its content (J10). A UUIDv5 that
// does not match is a claim: the object is kept under the id it has, and must
// not be merged with one that has the id by right.
func (c *checker) scoID(v *strictjson.Value, typ string) {
	id := v.GetText("id")
	if _, isSCO := contributing[typ]; !isSCO || len(c.problems) > 0 {
		return
	}
	want, ok := SCOID(v)
	switch {
	case !ok && uuidVersion(id) != '4':
		c.refuseAt("id", "stix.sco-id", "must be a UUIDv4")
	case ok && uuidVersion(id) == '5' && id != want:
		c.under(step{name: "id"}, func(c *checker, _ *strictjson.Value) {
			c.warn("stix.sco-claim", "is not made from the content, which would give "+want)
		}, v)
	}
}
