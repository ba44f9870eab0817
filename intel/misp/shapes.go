package misp

// kind says how the value of a slot is written.
type kind uint8

const (
	asString kind = iota
	asNumber
	asSystem // an autonomous system number, digits only
	asMoment
	asTruth
	asKey // a registry key
	asFloat
	asThousandth // kilometres, which STIX has in metres
	asRef        // an observable of its own, under the attribute's uuid
	asListening  // a state of a socket, which STIX has as two truths
	asBlocking
)

// slot is where one relation of an object template is in STIX, both ways.
type slot struct {
	relation string
	misp     string // the attribute type the template gives it
	path     string // as in put; "/*" at the end takes every value
	kind     kind
	to, leaf string // of asRef: the type ("ip": by the address) and its property
	tests    string // path in a pattern; "" is path with dots
}

// shape is an object template in STIX: one main object, others it refers to,
// and x_misp_* properties for all relations that have no slot.
type shape struct {
	typ      string
	fixed    map[string]string // properties with one value
	slots    []slot
	alone    bool // a domain object of its own, neither observed nor detected
	always   []leaf
	contacts []string // relations that are contact details of an identity
	spoken   bool     // protocols are those the object names, not those of its addresses
	rest     string   // where relations without a slot go, "" for the main object
}

func s(relation, misp, path string) slot { return slot{relation: relation, misp: misp, path: path} }

func typed(relation, misp, path string, k kind) slot {
	return slot{relation: relation, misp: misp, path: path, kind: k}
}

func refers(relation, misp, path, to, leaf, tests string) slot {
	return slot{relation: relation, misp: misp, path: path, kind: asRef, to: to, leaf: leaf, tests: tests}
}

// hashSlots are the hashes a file can have, in the order of patterns.
func hashSlots() []slot {
	var out []slot
	for _, h := range []string{
		"md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha512/224", "sha512/256", "ssdeep", "authentihash", "imphash",
		"sha3-224", "sha3-256", "sha3-384", "sha3-512", "tlsh", "vhash",
	} {
		n := hashNames[h]
		out = append(out, slot{relation: h, misp: h, path: "hashes/" + n[0], tests: "hashes." + segment(n[1])})
	}
	return out
}

func account(typ, id, login, display string) shape {
	sh := shape{typ: "user-account", fixed: map[string]string{"account_type": typ}, slots: []slot{s(id, "text", "user_id")}}
	if display != "" {
		sh.slots = append(sh.slots, s(display, "text", "display_name"))
	}
	sh.slots = append(sh.slots, s(login, "text", "account_login"))
	return sh
}

func traffic(extra ...slot) []slot {
	return append([]slot{
		refers("ip-src", "ip-src", "src_ref", "ip", "value", "src_ref"),
		refers("ip-dst", "ip-dst", "dst_ref", "ip", "value", "dst_ref"),
	}, extra...)
}

// shapeOf returns the shape of an object template; ok is false for templates
// that stay x-misp-object. Those that are here cover the templates of real
// events by frequency; docs/guide/misp.md lists the rest.
func shapeOf(name string) (sh shape, ok bool) {
	sh, ok = shapes[name]
	return sh, ok
}

const (
	peExtension = "extensions/windows-pebinary-ext"
	peTests     = "extensions.'windows-pebinary-ext'"
)

var shapes = map[string]shape{
	"android-app": {typ: "software", slots: []slot{s("name", "text", "name")}},
	"artifact": {typ: "artifact", slots: append(hashSlots(),
		s("mime_type", "mime-type", "mime_type"), s("url", "url", "url"), s("encryption_algorithm", "text", "encryption_algorithm"), s("decryption_key", "text", "decryption_key"),
	)},
	"asn": {typ: "autonomous-system", slots: []slot{
		typed("asn", "AS", "number", asSystem), s("description", "text", "name"),
	}},
	"course-of-action": {typ: "course-of-action", alone: true, slots: []slot{s("name", "text", "name"), s("description", "text", "description")}},
	"cpe-asset": {typ: "software", slots: []slot{
		s("cpe", "cpe", "cpe"), s("language", "text", "languages/*"), s("product", "text", "name"), s("vendor", "text", "vendor"), s("version", "text", "version"),
	}},
	"credential": {typ: "user-account", slots: []slot{s("username", "text", "user_id"), s("password", "text", "credential")}},
	"directory": {typ: "directory", slots: []slot{
		s("path", "text", "path"), s("path-encoding", "text", "path_enc"),
		typed("access-time", "datetime", "atime", asMoment), typed("creation-time", "datetime", "ctime", asMoment), typed("modification-time", "datetime", "mtime", asMoment),
	}},
	"domain-ip": {typ: "domain-name", slots: []slot{
		s("domain", "domain", "value"), refers("ip", "ip-dst", "resolves_to_refs/*", "ip", "value", "resolves_to_refs[*].value"),
	}},
	"email": emailShape(),
	"file":  fileShape(),
	"geolocation": {typ: "location", alone: true, slots: []slot{
		s("address", "text", "street_address"), s("city", "text", "city"), s("countrycode", "text", "country"), typed("latitude", "float", "latitude", asFloat),
		typed("longitude", "float", "longitude", asFloat), s("region", "text", "region"), s("text", "text", "description"), s("zipcode", "text", "postal_code"),
		typed("accuracy-radius", "float", "precision", asThousandth),
	}},
	"employee":         identityShape("individual", []string{"email-address"}, s("full-name", "full-name", "name"), s("employee-type", "text", "roles/*"), s("text", "text", "description")),
	"identity":         identityShape("", nil, s("name", "text", "name"), s("description", "text", "description"), s("identity_class", "text", "identity_class"), s("roles", "text", "roles/*"), s("sectors", "text", "sectors/*"), s("contact_information", "text", "contact_information")),
	"legal-entity":     identityShape("organization", []string{"phone-number", "website"}, s("name", "text", "name"), s("business", "text", "sectors/*"), s("text", "text", "description")),
	"news-agency":      identityShape("organization", []string{"address", "e-mail", "fax-number", "phone-number", "link"}, s("name", "text", "name")),
	"organization":     identityShape("organization", []string{"address", "e-mail", "fax-number", "phone-number"}, s("name", "text", "name"), s("description", "text", "description"), s("role", "text", "roles/*")),
	"person":           identityShape("individual", []string{"address", "e-mail", "fax-number", "phone-number"}, s("full-name", "full-name", "name"), s("text", "text", "description"), s("role", "text", "roles/*")),
	"lnk":              lnkShape(),
	"github-user":      account("github", "id", "username", "user-fullname"),
	"gitlab-user":      account("gitlab", "id", "username", "name"),
	"parler-account":   account("parler", "account-id", "account-name", ""),
	"reddit-account":   account("reddit", "account-id", "account-name", ""),
	"facebook-account": account("facebook", "account-id", "account-name", ""),
	"telegram-account": account("telegram", "id", "username", ""),
	"twitter-account":  account("twitter", "id", "name", "displayed-name"),
	"hashlookup": {typ: "file", slots: []slot{
		s("FileName", "filename", "name"), typed("FileSize", "size-in-bytes", "size", asNumber), s("MD5", "md5", "hashes/MD5"),
		{relation: "SHA-1", misp: "sha1", path: "hashes/SHA-1", tests: "hashes.'SHA-1'"},
		{relation: "SHA-256", misp: "sha256", path: "hashes/SHA-256", tests: "hashes.'SHA-256'"},
		s("SSDEEP", "ssdeep", "hashes/SSDEEP"), s("TLSH", "tlsh", "hashes/TLSH"),
	}},
	"intrusion-set": {typ: "intrusion-set", alone: true, slots: []slot{
		s("name", "text", "name"), s("aliases", "text", "aliases/*"), s("description", "text", "description"), s("goals", "text", "goals/*"),
		s("primary-motivation", "text", "primary_motivation"), s("resource_level", "text", "resource_level"), s("secondary-motivation", "text", "secondary_motivations/*"),
		typed("first_seen", "datetime", "first_seen", asMoment), typed("last_seen", "datetime", "last_seen", asMoment),
	}},
	"ip-port": {typ: "network-traffic", slots: traffic(
		refers("ip", "ip-dst", "dst_ref", "ip", "value", "dst_ref"),
		typed("dst-port", "port", "dst_port", asNumber), typed("src-port", "port", "src_port", asNumber),
		typed("first-seen", "datetime", "start", asMoment), typed("last-seen", "datetime", "end", asMoment),
	)},
	"mutex": {typ: "mutex", slots: []slot{s("name", "mutex", "name")}},
	"network-connection": {typ: "network-traffic", spoken: true, slots: traffic(
		refers("hostname-src", "hostname", "src_ref", "domain-name", "value", "src_ref"), refers("hostname-dst", "hostname", "dst_ref", "domain-name", "value", "dst_ref"),
		typed("dst-port", "port", "dst_port", asNumber), typed("src-port", "port", "src_port", asNumber),
		typed("first-packet-seen", "datetime", "start", asMoment),
	)},
	"network-socket": {typ: "network-traffic", spoken: true, slots: traffic(
		refers("hostname-src", "hostname", "src_ref", "domain-name", "value", "src_ref"), refers("hostname-dst", "hostname", "dst_ref", "domain-name", "value", "dst_ref"),
		typed("dst-port", "port", "dst_port", asNumber), typed("src-port", "port", "src_port", asNumber),
		s("address-family", "text", "extensions/socket-ext/address_family"), s("socket-type", "text", "extensions/socket-ext/socket_type"),
	)},
	"pe": {typ: "file", rest: peExtension, slots: []slot{
		{relation: "imphash", misp: "imphash", path: peExtension + "/imphash", tests: peTests + ".imphash"},
		{relation: "number-sections", misp: "counter", path: peExtension + "/number_of_sections", kind: asNumber, tests: peTests + ".number_of_sections"},
		{relation: "type", misp: "text", path: peExtension + "/pe_type", tests: peTests + ".pe_type"},
		{relation: "entrypoint-address", misp: "text", path: peExtension + "/optional_header/address_of_entry_point", kind: asNumber, tests: peTests + ".optional_header.address_of_entry_point"},
	}},
	"process": {typ: "process", slots: []slot{
		typed("pid", "text", "pid", asNumber), s("command-line", "text", "command_line"), typed("creation-time", "datetime", "created_time", asMoment),
		s("current-directory", "text", "cwd"), typed("hidden", "boolean", "is_hidden", asTruth),
		refers("image", "filename", "image_ref", "file", "name", "image_ref.name"),
	}},
	"registry-key": {typ: "windows-registry-key", slots: []slot{
		typed("key", "regkey", "key", asKey), typed("last-modified", "datetime", "modified_time", asMoment),
		{relation: "data", misp: "text", path: "values/0/data", tests: "values[0].data"},
		{relation: "data-type", misp: "text", path: "values/0/data_type", tests: "values[0].data_type"},
		{relation: "name", misp: "text", path: "values/0/name", tests: "values[0].name"},
	}},
	"software": {typ: "software", slots: []slot{
		s("name", "text", "name"), s("cpe", "cpe", "cpe"), s("language", "text", "languages/*"), s("swid", "text", "swid"), s("vendor", "text", "vendor"), s("version", "text", "version"),
	}},
	"url":           {typ: "url", slots: []slot{s("url", "url", "value")}},
	"user-account":  userShape(),
	"vulnerability": {typ: "vulnerability", alone: true, slots: []slot{s("id", "vulnerability", "name"), s("description", "text", "description"), s("summary", "text", "description")}},
	"x509":          certificateShape(),
}

func fileShape() shape {
	return shape{typ: "file", slots: append(hashSlots(),
		s("filename", "filename", "name"), s("file-encoding", "text", "name_enc"), s("mime-type", "mime-type", "mime_type"),
		typed("size-in-bytes", "size-in-bytes", "size", asNumber),
		typed("access-time", "datetime", "atime", asMoment), typed("creation-time", "datetime", "ctime", asMoment), typed("modification-time", "datetime", "mtime", asMoment),
		refers("path", "text", "parent_directory_ref", "directory", "path", "parent_directory_ref.path"),
	)}
}

func identityShape(class string, contacts []string, slots ...slot) shape {
	sh := shape{typ: "identity", alone: true, slots: slots, contacts: contacts}
	if class != "" {
		sh.fixed = map[string]string{"identity_class": class}
	}
	return sh
}

func lnkShape() shape {
	return shape{typ: "file", slots: append([]slot{s("filename", "filename", "name")}, append(hashSlots(),
		typed("lnk-access-time", "datetime", "atime", asMoment), typed("lnk-creation-time", "datetime", "ctime", asMoment), typed("lnk-modification-time", "datetime", "mtime", asMoment),
		refers("path", "text", "parent_directory_ref", "directory", "path", "parent_directory_ref.path"),
		refers("fullpath", "text", "parent_directory_ref", "directory", "path", "parent_directory_ref.path"),
		typed("size-in-bytes", "size-in-bytes", "size", asNumber),
	)...)}
}

func emailShape() shape {
	sh := shape{typ: "email-message", always: []leaf{{path: "is_multipart", from: isFalse}}}
	for _, to := range []string{"to", "cc", "bcc"} {
		sh.slots = append(sh.slots, refers(to, "email-dst", to+"_refs/*", "email-addr", "value", to+"_refs[#].value"))
	}
	sh.slots = append(sh.slots,
		refers("from", "email-src", "from_ref", "email-addr", "value", "from_ref.value"),
		s("email-body", "email-body", "body"), s("message-id", "email-message-id", "message_id"),
		typed("send-date", "datetime", "date", asMoment), s("subject", "email-subject", "subject"),
		slot{relation: "reply-to", misp: "email-reply-to", path: "additional_header_fields/Reply-To", tests: "additional_header_fields.reply_to"},
		slot{relation: "x-mailer", misp: "email-x-mailer", path: "additional_header_fields/X-Mailer", tests: "additional_header_fields.x_mailer"},
	)
	return sh
}

func userShape() shape {
	return shape{typ: "user-account", slots: []slot{
		s("account-type", "text", "account_type"), typed("can_escalate_privs", "boolean", "can_escalate_privs", asTruth),
		typed("disabled", "boolean", "is_disabled", asTruth), s("display-name", "text", "display_name"),
		typed("is_service_account", "boolean", "is_service_account", asTruth), s("password", "text", "credential"),
		typed("privileged", "boolean", "is_privileged", asTruth), s("user-id", "text", "user_id"), s("username", "text", "account_login"),
		s("group", "text", "extensions/unix-account-ext/groups/*"), typed("group-id", "text", "extensions/unix-account-ext/gid", asNumber),
		s("home_dir", "text", "extensions/unix-account-ext/home_dir"), s("shell", "text", "extensions/unix-account-ext/shell"),
		typed("created", "datetime", "account_created", asMoment), typed("expires", "datetime", "account_expires", asMoment),
		typed("first_login", "datetime", "account_first_login", asMoment), typed("last_login", "datetime", "account_last_login", asMoment),
		typed("password_last_changed", "datetime", "credential_last_changed", asMoment),
	}}
}

func certificateShape() shape {
	return shape{typ: "x509-certificate", slots: []slot{
		s("x509-fingerprint-md5", "x509-fingerprint-md5", "hashes/MD5"),
		{relation: "x509-fingerprint-sha1", misp: "x509-fingerprint-sha1", path: "hashes/SHA-1", tests: "hashes.'SHA-1'"},
		{relation: "x509-fingerprint-sha256", misp: "x509-fingerprint-sha256", path: "hashes/SHA-256", tests: "hashes.'SHA-256'"},
		s("issuer", "text", "issuer"), s("pubkey-info-algorithm", "text", "subject_public_key_algorithm"),
		typed("pubkey-info-exponent", "text", "subject_public_key_exponent", asNumber), s("pubkey-info-modulus", "text", "subject_public_key_modulus"),
		s("serial-number", "text", "serial_number"), s("signature_algorithm", "text", "signature_algorithm"), s("subject", "text", "subject"),
		typed("validity-not-after", "datetime", "validity_not_after", asMoment), typed("validity-not-before", "datetime", "validity_not_before", asMoment),
		s("version", "text", "version"), typed("is_self_signed", "boolean", "is_self_signed", asTruth),
	}}
}
