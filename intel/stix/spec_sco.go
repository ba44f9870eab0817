package stix

import (
	"slices"
	"strings"

	"entente/internal/strictjson"
)

// Cyber-observable objects (STIX 2.1, section 6).

// visible returns the shape of an observable with properties of its own.
func visible(props ...prop) *shape { return observable.with(props...) }

func names(props []prop) []string {
	var n []string
	for _, p := range props {
		n = append(n, p.name)
	}
	return n
}

// anyOfThese makes a shape that is void without one of its own properties.
func anyOfThese(base *shape, props ...prop) *shape {
	return base.with(props...).and(atLeastOne(names(props)...))
}

var (
	fileTimes = []prop{may("ctime", timestamp), may("mtime", timestamp), may("atime", timestamp)}

	resolved = []prop{
		may("resolves_to_refs", list(refToTypes("mac-addr"))), may("belongs_to_refs", list(refToTypes("autonomous-system"))),
	}

	hives = []string{"hklm", "hkcc", "hkcr", "hkcu", "hku"}

	registryTypes = []string{
		"REG_NONE", "REG_SZ", "REG_EXPAND_SZ", "REG_BINARY", "REG_DWORD", "REG_DWORD_BIG_ENDIAN", "REG_DWORD_LITTLE_ENDIAN", "REG_LINK",
		"REG_MULTI_SZ", "REG_RESOURCE_LIST", "REG_FULL_RESOURCE_DESCRIPTION", "REG_RESOURCE_REQUIREMENTS_LIST", "REG_QWORD", "REG_INVALID_TYPE",
	}

	registryValue = anyOfThese(shapeOf(), may("name", text), may("data", text), may("data_type", oneOf(registryTypes...))).check

	mimePart = shapeOf(may("body", text), may("body_raw_ref", refToTypes("artifact", "file")), may("content_type", text),
		may("content_disposition", text)).and(exactlyOne("body", "body_raw_ref")).check

	textOrNumber = func(c *checker, v *strictjson.Value) {
		if v.Kind != strictjson.String {
			anyInteger(c, v)
		}
	}

	textOrTexts = func(c *checker, v *strictjson.Value) {
		if v.Kind != strictjson.String {
			list(text)(c, v)
		}
	}
)

var observableObjects = map[string]*shape{
	"artifact": visible(may("mime_type", mediaType), may("payload_bin", binary), may("url", link), may("hashes", hashes),
		may("encryption_algorithm", oneOf("AES-256-GCM", "ChaCha20-Poly1305", "mime-type-indicated")), may("decryption_key", text)).
		and(exactlyOne("payload_bin", "url"), needs("url", "hashes"), needs("decryption_key", "encryption_algorithm")),
	"autonomous-system": visible(must("number", anyInteger), may("name", text), may("rir", text)),
	"directory": visible(must("path", text), may("path_enc", charset), may("contains_refs", list(refToTypes("file", "directory")))).
		with(fileTimes...),
	"domain-name": visible(must("value", text), may("resolves_to_refs", list(refToTypes("ipv4-addr", "ipv6-addr", "domain-name")))),
	"email-addr":  visible(must("value", email), may("display_name", text), may("belongs_to_ref", refToTypes("user-account"))),
	"email-message": visible(must("is_multipart", boolean), may("date", timestamp), may("content_type", text),
		may("from_ref", refToTypes("email-addr")), may("sender_ref", refToTypes("email-addr")), may("to_refs", list(refToTypes("email-addr"))),
		may("cc_refs", list(refToTypes("email-addr"))), may("bcc_refs", list(refToTypes("email-addr"))), may("message_id", text),
		may("subject", text), may("received_lines", list(text)), may("additional_header_fields", dictionary(textOrTexts)),
		may("body", text), may("body_multipart", list(mimePart)), may("raw_email_ref", refToTypes("artifact"))).and(oneBody),
	"file": visible(may("hashes", hashes), may("size", count), may("name", text), may("name_enc", charset), may("magic_number_hex", hexadecimal),
		may("mime_type", text), may("parent_directory_ref", refToTypes("directory")), may("contains_refs", list(ref)),
		may("content_ref", refToTypes("artifact")), may("extensions", extensions(fileExtensions))).
		with(fileTimes...).and(atLeastOne("hashes", "name")),
	"ipv4-addr": visible(must("value", ipv4)).with(resolved...),
	"ipv6-addr": visible(must("value", ipv6)).with(resolved...),
	"mac-addr":  visible(must("value", mac)),
	"mutex":     visible(must("name", text)),
	"network-traffic": visible(may("start", timestamp), may("end", timestamp), may("is_active", boolean), may("src_ref", endpoint),
		may("dst_ref", endpoint), may("src_port", integer(0, 65535)), may("dst_port", integer(0, 65535)), must("protocols", list(text)),
		may("src_byte_count", count), may("dst_byte_count", count), may("src_packets", count), may("dst_packets", count),
		may("ipfix", dictionary(textOrNumber)), may("src_payload_ref", refToTypes("artifact")), may("dst_payload_ref", refToTypes("artifact")),
		may("encapsulates_refs", list(refToTypes("network-traffic"))), may("encapsulated_by_ref", refToTypes("network-traffic")),
		may("extensions", extensions(trafficExtensions))).
		and(atLeastOne("src_ref", "dst_ref"), inOrder("start", "end", false), endedIsNotActive),
	"process": anyOfThese(observable, may("extensions", extensions(processExtensions)), may("is_hidden", boolean), may("pid", anyInteger),
		may("created_time", timestamp), may("cwd", text), may("command_line", text), may("environment_variables", dictionary(text)),
		may("opened_connection_refs", list(refToTypes("network-traffic"))), may("creator_user_ref", refToTypes("user-account")),
		may("image_ref", refToTypes("file")), may("parent_ref", refToTypes("process")), may("child_refs", list(refToTypes("process")))),
	"software": visible(must("name", text), may("cpe", cpe), may("swid", text), may("languages", list(languageTag)), may("vendor", text), may("version", text)),
	"url":      visible(must("value", link)),
	"user-account": anyOfThese(observable, may("extensions", extensions(accountExtensions)), may("user_id", text), may("credential", text),
		may("account_login", text), may("account_type", text), may("display_name", text), may("is_service_account", boolean),
		may("is_privileged", boolean), may("can_escalate_privs", boolean), may("is_disabled", boolean), may("account_created", timestamp),
		may("account_expires", timestamp), may("credential_last_changed", timestamp), may("account_first_login", timestamp),
		may("account_last_login", timestamp)),
	"windows-registry-key": anyOfThese(observable, may("key", registryKey), may("values", list(registryValue)), may("modified_time", timestamp),
		may("creator_user_ref", refToTypes("user-account")), may("number_of_subkeys", count)),
	"x509-certificate": anyOfThese(observable, may("is_self_signed", boolean), may("hashes", hashes), may("version", text),
		may("serial_number", text), may("signature_algorithm", text), may("issuer", text), may("validity_not_before", timestamp),
		may("validity_not_after", timestamp), may("subject", text), may("subject_public_key_algorithm", text),
		may("subject_public_key_modulus", text), may("subject_public_key_exponent", anyInteger), may("x509_v3_extensions", certificateExtensions)),
}

var (
	endpoint = refToTypes("ipv4-addr", "ipv6-addr", "mac-addr", "domain-name")

	registryKey = when("stix.rule", func(s string) string {
		hive, _, _ := strings.Cut(strings.ToLower(s), `\`)
		if slices.Contains(hives, hive) {
			return "abbreviates the name of a hive"
		}
		return ""
	})

	cpe = when("stix.encoding", func(s string) string {
		if !strings.HasPrefix(s, "cpe:2.3:") || strings.Count(strings.ReplaceAll(s, `\:`, ""), ":") != 12 {
			return "must be a CPE 2.3 name of 13 parts"
		}
		return ""
	})
)

// needs says that one property is void without another.
func needs(name, other string) func(c *checker, v *strictjson.Value) {
	return func(c *checker, v *strictjson.Value) {
		if v.Get(name) != nil && v.Get(other) == nil {
			c.refuse("stix.required", "has "+name+" without "+other)
		}
	}
}

// oneBody is section 6.6.
func oneBody(c *checker, v *strictjson.Value) {
	multipart := v.Get("is_multipart")
	if multipart == nil {
		return
	}
	wrong := "body"
	if !multipart.Bool {
		wrong = "body_multipart"
	}
	if v.Get(wrong) != nil {
		c.refuseAt(wrong, "stix.rule", "contradicts is_multipart")
	}
}

// endedIsNotActive is section 6.12.
func endedIsNotActive(c *checker, v *strictjson.Value) {
	if active := v.Get("is_active"); active != nil && active.Bool && v.Get("end") != nil {
		c.refuseAt("end", "stix.rule", "contradicts is_active")
	}
}
