package misp

import (
	"strings"

	"entente/internal/strictjson"
)

// mapping says what an attribute type is in STIX, in both directions: the
// observables it becomes, and the comparisons of its pattern. What a type has
// no observables for is an indicator or nothing.
type mapping struct {
	scos    []template
	pattern []comparison
}

// template is one observable of an attribute.
type template struct {
	typ    string // "ip" is the type of the address
	leaves []leaf
}

// leaf is one property of an observable.
type leaf struct {
	path string // as in put
	from source
	lit  string
}

// source says where a value comes from.
type source uint8

const (
	whole   source = iota // the value
	first                 // before the separator
	second                // after it
	digits                // the digits of the value, as a number
	lower                 // the value in lower case
	hive                  // the first part, a registry key with its hive in full
	key                   // the value, a registry key with its hive in full
	literal               // lit
	isFalse               //
	isTrue                //
	refOf                 // the id of the observable of type lit
	address               // ipv4-addr or ipv6-addr, of the first part
	port                  // the second part as a number
	named                 // lit with the value in place of %
)

// comparison is one comparison of a pattern; comparisons are joined by AND.
type comparison struct {
	path string
	from source
	lit  string
}

func one(typ string, leaves ...leaf) []template { return []template{{typ, leaves}} }

func value(path string) leaf { return leaf{path: path} }

func is(path string) []comparison { return []comparison{{path: path}} }

// hashNames gives for each hash type its name in observables and in patterns.
// They differ where the reference converter spells them differently, and two
// names stand for two types: the label tells which.
var hashNames = map[string][2]string{
	"authentihash": {"AUTHENTIHASH", "AUTHENTIHASH"}, "cdhash": {"CDHASH", "CDHASH"}, "imphash": {"IMPHASH", "IMPHASH"},
	"impfuzzy": {"IMPFUZZY", "IMPFUZZY"}, "md5": {"MD5", "MD5"}, "pehash": {"PEHASH", "PEHASH"},
	"sha1": {"SHA-1", "SHA-1"}, "sha224": {"SHA224", "SHA-224"}, "sha256": {"SHA-256", "SHA-256"},
	"sha384": {"SHA384", "SHA-384"}, "sha512": {"SHA-512", "SHA-512"}, "sha512/224": {"SHA224", "SHA-224"},
	"sha512/256": {"SHA-256", "SHA-256"}, "sha3-224": {"SHA3224", "SHA3-224"}, "sha3-256": {"SHA3-256", "SHA3-256"},
	"sha3-384": {"SHA3384", "SHA3-384"}, "sha3-512": {"SHA3-512", "SHA3-512"}, "ssdeep": {"SSDEEP", "SSDEEP"},
	"telfhash": {"TELFHASH", "TELFHASH"}, "tlsh": {"TLSH", "TLSH"}, "vhash": {"VHASH", "VHASH"},
}

// digestLength are the hexadecimal digits of each hash that has a fixed number.
var digestLength = map[string]int{
	"md5": 32, "sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128, "sha512/224": 56, "sha512/256": 64,
	"sha3-224": 56, "sha3-256": 64, "sha3-384": 96, "sha3-512": 128, "imphash": 32, "authentihash": 64,
}

// digest reports whether s can be a hash of that type.
func digest(typ, s string) bool {
	n, fixed := digestLength[typ]
	if !fixed {
		return s != ""
	}
	return len(s) == n && strings.Trim(s, "0123456789abcdefABCDEF") == ""
}

func hashMapping(typ string, from source, name bool) mapping {
	n := hashNames[typ]
	m := mapping{
		scos:    one("file", leaf{path: "hashes/" + n[0], from: from}),
		pattern: []comparison{{path: "file:hashes." + segment(n[1]), from: from}},
	}
	if name {
		m.scos[0].leaves = append(m.scos[0].leaves, leaf{path: "name", from: first})
		m.pattern = append([]comparison{{path: "file:name", from: first}}, m.pattern...)
	}
	return m
}

func mailMapping(path, in string) mapping {
	return mapping{
		scos:    one("email-message", leaf{path: "is_multipart", from: isFalse}, value(path)),
		pattern: is("email-message:" + in),
	}
}

func addressee(path, in string) mapping {
	return mapping{
		scos: []template{
			{"email-message", []leaf{{path: "is_multipart", from: isFalse}, {path: path, from: refOf, lit: "email-addr"}}},
			{"email-addr", []leaf{value("value")}},
		},
		pattern: is("email-message:" + in),
	}
}

func trafficMapping(side string, ported bool) mapping {
	m := mapping{
		scos: []template{
			{"network-traffic", []leaf{{path: side + "_ref", from: refOf, lit: "ip"}, {path: "protocols/0", from: literal, lit: "tcp"}}},
			{"ip", []leaf{{path: "value", from: first}}},
		},
		pattern: []comparison{
			{path: "network-traffic:" + side + "_ref.type", from: address},
			{path: "network-traffic:" + side + "_ref.value", from: first},
		},
	}
	if ported {
		m.scos[0].leaves = append(m.scos[0].leaves, leaf{path: side + "_port", from: port})
		m.pattern = append(m.pattern, comparison{path: "network-traffic:" + side + "_port", from: second})
	}
	return m
}

// separator is what composite types join their two values with.
const separator = "|"

// mappingOf returns what an attribute type is in STIX; ok is false for types
// that STIX has no object for.
func mappingOf(typ string) (m mapping, ok bool) {
	if _, isHash := hashNames[typ]; isHash {
		return hashMapping(typ, whole, false), true
	}
	if hash, composite := strings.CutPrefix(typ, "filename"+separator); composite {
		if _, isHash := hashNames[hash]; isHash {
			return hashMapping(hash, second, true), true
		}
	}
	if algorithm, isCertificate := strings.CutPrefix(typ, "x509-fingerprint-"); isCertificate {
		if n, isHash := hashNames[algorithm]; isHash {
			return mapping{one("x509-certificate", value("hashes/"+n[0])), is("x509-certificate:hashes." + segment(n[1]))}, true
		}
	}
	switch typ {
	case "url", "uri", "link":
		return mapping{one("url", value("value")), is("url:value")}, true
	case "domain", "hostname":
		return mapping{one("domain-name", value("value")), is("domain-name:value")}, true
	case "ip-src", "ip-dst":
		return trafficMapping(typ[3:], false), true
	case "ip-src|port", "ip-dst|port":
		return trafficMapping(typ[3:6], true), true
	}
	m, ok = attributeMappings[typ]
	return m, ok
}

const httpRequest = "network-traffic:extensions.'http-request-ext'"

// attributeMappings are the types that are not one of a family.
var attributeMappings = map[string]mapping{
	"AS": {one("autonomous-system", leaf{path: "number", from: digits}), []comparison{{path: "autonomous-system:number", from: digits}}},
	"domain|ip": {
		[]template{
			{"domain-name", []leaf{{path: "value", from: first}, {path: "resolves_to_refs/0", from: refOf, lit: "ip"}}},
			{"ip", []leaf{{path: "value", from: second}}},
		},
		[]comparison{{path: "domain-name:value", from: first}, {path: "domain-name:resolves_to_refs[*].value", from: second}},
	},
	"email": {one("email-addr", value("value")), is("email-addr:value")},
	"email-attachment": {
		[]template{
			{"email-message", []leaf{
				{path: "is_multipart", from: isTrue},
				{path: "body_multipart/0/content_disposition", from: named, lit: "attachment; filename='%'"},
				{path: "body_multipart/0/body_raw_ref", from: refOf, lit: "file"},
			}},
			{"file", []leaf{value("name")}},
		},
		is("email-message:body_multipart[*].body_raw_ref.name"),
	},
	"email-body":       mailMapping("body", "body"),
	"email-dst":        addressee("to_refs/0", "to_refs[*].value"),
	"email-header":     mailMapping("received_lines/0", "received_lines"),
	"email-message-id": mailMapping("message_id", "message_id"),
	"email-reply-to":   mailMapping("additional_header_fields/Reply-To", "additional_header_fields.reply_to"),
	"email-src":        addressee("from_ref", "from_ref.value"),
	"email-subject":    mailMapping("subject", "subject"),
	"email-x-mailer":   mailMapping("additional_header_fields/X-Mailer", "additional_header_fields.x_mailer"),
	"filename":         {one("file", value("name")), is("file:name")},
	"github-username": {
		one("user-account", leaf{path: "account_type", from: literal, lit: "github"}, value("account_login")),
		[]comparison{{path: "user-account:account_type", from: literal, lit: "github"}, {path: "user-account:account_login"}},
	},
	"hostname|port": {
		[]template{
			{"domain-name", []leaf{{path: "value", from: first}}},
			{"network-traffic", []leaf{{path: "dst_port", from: port}, {path: "dst_ref", from: refOf, lit: "domain-name"}, {path: "protocols/0", from: literal, lit: "tcp"}}},
		},
		[]comparison{{path: "domain-name:value", from: first}, {path: "network-traffic:dst_port", from: second}},
	},
	"http-method": {nil, is(httpRequest + ".request_method")},
	"mac-address": {one("mac-addr", leaf{path: "value", from: lower}), is("mac-addr:value")},
	"mutex":       {one("mutex", value("name")), is("mutex:name")},
	"port":        {nil, is("network-traffic:dst_port")},
	"regkey":      {one("windows-registry-key", leaf{path: "key", from: key}), []comparison{{path: "windows-registry-key:key", from: key}}},
	"regkey|value": {
		one("windows-registry-key", leaf{path: "key", from: hive}, leaf{path: "values/0/data", from: second}),
		[]comparison{{path: "windows-registry-key:key", from: hive}, {path: "windows-registry-key:values.data", from: second}},
	},
	"size-in-bytes": {nil, is("file:size")},
	"user-agent":    {nil, is(httpRequest + ".request_header.'User-Agent'")},
}

// ruleLanguages are the attribute types that are a rule of another language.
var ruleLanguages = map[string]bool{"sigma": true, "snort": true, "suricata": true, "yara": true}

// addressType tells the two kinds of address apart as the reference does.
func addressType(s string) string {
	if strings.Contains(s, ":") {
		return "ipv6-addr"
	}
	return "ipv4-addr"
}

// hives are the short names of registry hives, which STIX does not allow
// (section 6.14).
var hives = map[string]string{
	"HKCR": "HKEY_CLASSES_ROOT", "HKCU": "HKEY_CURRENT_USER", "HKLM": "HKEY_LOCAL_MACHINE", "HKU": "HKEY_USERS", "HKCC": "HKEY_CURRENT_CONFIG",
}

func fullHive(key string) string {
	key = strings.TrimSpace(key)
	name, rest, _ := strings.Cut(key, `\`)
	if full := hives[strings.ToUpper(name)]; full != "" {
		return full + `\` + rest
	}
	return key
}

// composite splits the value of a composite type.
func composite(s string) (a, b string) {
	a, b, _ = strings.Cut(s, separator)
	return a, b
}

// of returns what a source makes of an attribute value; "" for a source
// that is not a value.
func (from source) of(v, lit string) string {
	a, b := composite(v)
	switch from {
	case whole:
		return v
	case first:
		return a
	case second, port:
		return b
	case lower:
		return strings.ToLower(v)
	case hive:
		return fullHive(a)
	case key:
		return fullHive(v)
	case digits:
		return strings.TrimLeft(strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, v), "0")
	case literal:
		return lit
	case named:
		return strings.Replace(lit, "%", v, 1)
	case address:
		return addressType(a)
	case isFalse, isTrue, refOf:
	}
	return ""
}

// observables builds the observables of an attribute value. The ids reuse the
// attribute's own.
func (m mapping) observables(id, v string) []strictjson.Value {
	ipOf, _ := composite(v)
	for _, t := range m.scos {
		if t.typ == "ip" && t.leaves[0].from == second {
			_, ipOf = composite(v)
		}
	}
	resolve := func(typ string) string {
		if typ == "ip" {
			return addressType(ipOf)
		}
		return typ
	}
	var made []strictjson.Value
	for _, t := range m.scos {
		typ := resolve(t.typ)
		o := object(member("type", str(typ)), member("spec_version", str("2.1")), member("id", str(typ+"--"+id)))
		for _, l := range t.leaves {
			switch l.from {
			case refOf:
				put(&o, l.path, str(resolve(l.lit)+"--"+id))
			case isFalse, isTrue:
				put(&o, l.path, truth(l.from == isTrue))
			case digits, port:
				put(&o, l.path, number(l.from.of(v, l.lit)))
			default:
				put(&o, l.path, str(l.from.of(v, l.lit)))
			}
		}
		made = append(made, o)
	}
	return made
}
