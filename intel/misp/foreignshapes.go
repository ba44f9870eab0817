package misp

import (
	"slices"
	"strings"
)

// A foreignShape is what an observable that was never MISP becomes: an object of
// a template, or attributes. The paths of its slots are those of single values,
// with "*" for every position of a list and every name of a dictionary.
type foreignShape struct {
	name, meta string // of the template
	slots      []slot
	links      []link
	parts      []piece
	// plain observables are one attribute while they say one thing; bare ones
	// are attributes however much they say.
	plain, bare bool
}

// link is a reference to another observable that MISP has as a reference between
// objects. A reference that goes back is one of the other to this one.
type link struct {
	path, kind string
	back       bool
}

// piece is a part of an observable that is an object of its own in MISP.
type piece struct {
	path, name, kind string
	slots            []slot
	parts            []piece
}

var (
	peParts = []piece{{path: peExtension, name: "pe", kind: "includes", slots: []slot{
		s("imphash", "imphash", "imphash"), s("number-sections", "counter", "number_of_sections"), s("type", "text", "pe_type"), s("machine-type-hex", "hex", "machine_hex"),
		s("compilation-timestamp", "datetime", "time_date_stamp"), s("number-of-symbols", "counter", "number_of_symbols"),
		s("pointer-to-symbol-table", "hex", "pointer_to_symbol_table_hex"), s("size-of-optional-header", "size-in-bytes", "size_of_optional_header"),
		s("characteristics-hex", "hex", "characteristics_hex"), s("entrypoint-address", "text", "optional_header/address_of_entry_point"),
	}, parts: []piece{{path: "sections/*", name: "pe-section", kind: "includes", slots: sectionShape.slots}}}}
	valueParts = []piece{{path: "values/*", name: "registry-key-value", kind: "contains", slots: []slot{
		s("data", "text", "data"), s("data-type", "text", "data_type"), s("name", "text", "name"),
	}}}
)

const archive = "extensions/archive-ext"

// foreignShapes are the shapes by the type of the observable.
var foreignShapes = map[string]foreignShape{
	"artifact":          {name: "artifact", meta: "file", slots: append(slices.Clone(shapes["artifact"].slots), s("payload_bin", "attachment", "payload_bin"))},
	"autonomous-system": {name: "asn", meta: "network", plain: true, slots: shapes["asn"].slots},
	"directory":         {name: "directory", meta: "file", slots: shapes["directory"].slots, links: []link{{path: "contains_refs/*", kind: "contains"}}},
	"domain-name": {
		name: "domain-ip", meta: "network", plain: true, slots: shapes["domain-ip"].slots,
		links: []link{{path: "resolves_to_refs/*", kind: "alias-of"}},
	},
	"email-addr": {bare: true, slots: []slot{s("", "email", "value"), s("", "email-dst-display-name", "display_name")}},
	"email-message": {name: "email", meta: "network", plain: true, slots: append(slices.Clone(emailShape().slots),
		s("header", "email-header", "received_lines/*"), s("email-body", "email-body", "body_multipart/*/body"),
		s("received-header-ip", "ip-src", "additional_header_fields/X-Originating-IP"),
	), links: []link{{path: "body_multipart/*/body_raw_ref", kind: "contains"}, {path: "raw_email_ref", kind: "contains"}}},
	"file": {name: "file", meta: "file", plain: true, slots: append(hashSlots(),
		s("filename", "filename", "name"), s("file-encoding", "text", "name_enc"), s("mimetype", "mime-type", "mime_type"), s("size-in-bytes", "size-in-bytes", "size"),
		s("access-time", "datetime", "atime"), s("creation-time", "datetime", "ctime"), s("modification-time", "datetime", "mtime"),
		refers("path", "text", "parent_directory_ref", "directory", "path", ""),
	), parts: peParts, links: []link{
		{path: "parent_directory_ref", kind: "contained-in"}, {path: "contains_refs/*", kind: "contains"}, {path: archive + "/contains_refs/*", kind: "contains"}, {path: "content_ref", kind: "content-of", back: true},
	}},
	"ipv4-addr": {bare: true, slots: []slot{s("", "ip-dst", "value")}},
	"ipv6-addr": {bare: true, slots: []slot{s("", "ip-dst", "value")}},
	"mac-addr":  {bare: true, slots: []slot{s("", "mac-address", "value")}},
	"mutex":     {bare: true, slots: []slot{s("", "mutex", "name")}},
	"url":       {bare: true, slots: []slot{s("", "url", "value")}},
	"identity":  {name: "identity", meta: "misc", slots: shapes["identity"].slots},
	// A sample is an object; a family is a cluster, see foreignCluster.
	"malware": {name: "malware", meta: "misc", slots: []slot{
		s("name", "text", "name"), s("description", "text", "description"), s("alias", "text", "aliases/*"), s("malware_type", "text", "malware_types/*"),
		typed("is_family", "boolean", "is_family", asTruth), s("architecture_execution_env", "text", "architecture_execution_envs/*"),
		s("implementation_language", "text", "implementation_languages/*"), s("capability", "text", "capabilities/*"),
		s("first_seen", "datetime", "first_seen"), s("last_seen", "datetime", "last_seen"),
	}, links: []link{{path: "sample_refs/*", kind: "related-to"}}},
	"malware-analysis": {name: "malware-analysis", meta: "misc", slots: []slot{
		s("product", "text", "product"), s("version", "text", "version"), s("configuration_version", "text", "configuration_version"), s("module", "text", "modules/*"),
		s("analysis_engine_version", "text", "analysis_engine_version"), s("analysis_definition_version", "text", "analysis_definition_version"),
		s("submitted_time", "datetime", "submitted"), s("start_time", "datetime", "analysis_started"), s("end_time", "datetime", "analysis_ended"),
		s("result", "text", "result"), s("result_name", "text", "result_name"),
	}},
	"network-traffic": {name: "network-traffic", meta: "network", slots: []slot{
		refers("src_ip", "ip-src", "src_ref", "ip", "value", ""), refers("dst_ip", "ip-dst", "dst_ref", "ip", "value", ""),
		refers("src_hostname", "hostname", "src_ref", "domain-name", "value", ""), refers("dst_hostname", "hostname", "dst_ref", "domain-name", "value", ""),
		refers("src_mac", "mac-address", "src_ref", "mac-addr", "value", ""), refers("dst_mac", "mac-address", "dst_ref", "mac-addr", "value", ""),
		s("src_port", "port", "src_port"), s("dst_port", "port", "dst_port"), s("protocol", "text", "protocols/*"),
		s("src_bytes_count", "size-in-bytes", "src_byte_count"), s("dst_bytes_count", "size-in-bytes", "dst_byte_count"),
		s("src_packets", "counter", "src_packets"), s("dst_packets", "counter", "dst_packets"),
		s("start_time", "datetime", "start"), s("end_time", "datetime", "end"), typed("is_active", "boolean", "is_active", asTruth),
	}, links: trafficLinks},
	"process": {name: "process", meta: "misc", slots: append(slices.Clone(shapes["process"].slots),
		s("name", "text", "name"), s("environment-variables", "text", "environment_variables/*"),
	), links: []link{
		{path: "image_ref", kind: "executes"},
		{path: "parent_ref", kind: "child-of"},
		{path: "child_refs/*", kind: "parent-of"},
		{path: "opened_connection_refs/*", kind: "connects-to"},
		{path: "creator_user_ref", kind: "creates", back: true},
	}},
	"software":     {name: "software", meta: "misc", slots: shapes["software"].slots},
	"user-account": {name: "user-account", meta: "misc", slots: userShape().slots},
	"windows-registry-key": {name: "registry-key", meta: "file", plain: true, slots: append(slices.Clone(shapes["registry-key"].slots[:2]),
		s("data", "text", "values/0/data"), s("data-type", "text", "values/0/data_type"), s("name", "text", "values/0/name"),
	), parts: valueParts, links: []link{{path: "creator_user_ref", kind: "creates", back: true}}},
	"x509-certificate": {name: "x509", meta: "network", slots: renamed(certificateShape().slots, "is_self_signed", "self_signed")},
}

var trafficLinks = []link{
	{path: "encapsulates_refs/*", kind: "encapsulates"},
	{path: "encapsulated_by_ref", kind: "encapsulated-by"},
	{path: "src_payload_ref", kind: "source-sent"},
	{path: "dst_payload_ref", kind: "destination-sent"},
}

// socketShape is traffic of which the socket is known.
var socketShape = foreignShape{name: "network-socket", meta: "network", slots: append(slices.Clone(shapes["network-socket"].slots),
	s("protocol", "text", "protocols/*"), typed("state", "text", "extensions/socket-ext/is_listening", asListening), typed("state", "text", "extensions/socket-ext/is_blocking", asBlocking),
), links: trafficLinks}

// renamed returns slots with one relation of another name: the template has two
// for the same.
func renamed(slots []slot, from, to string) []slot {
	out := slices.Clone(slots)
	for i := range out {
		if out[i].relation == from {
			out[i].relation = to
		}
	}
	return out
}

// meaningless reports whether a property says nothing of what was observed: it
// has its place elsewhere in an event, or nothing is lost without it.
func meaningless(path string) bool {
	switch path {
	case "type", "id", "spec_version", "is_multipart", "defanged", "created", "modified", "created_by_ref", "revoked", "confidence", "lang":
		return true
	}
	for _, p := range []string{"object_marking_refs/", "granular_markings/", "labels/", "external_references/", "extensions/extension-definition--"} {
		if strings.HasPrefix(path, p) {
			return true
		}
	}
	return strings.HasSuffix(path, "/extension_type")
}
