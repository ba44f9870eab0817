package privacy

import (
	"maps"
	"strings"
)

// role is what somebody or something is to an incident. It decides whether the
// same field is an attacker's tool or a victim's personal data.
type role uint8

const (
	bystander role = iota // nobody said: treated as a person's until somebody does
	adversary
	victim
)

// kind is how a value is read, and with it how it is pseudonymised or
// generalised.
type kind uint8

const (
	opaque      kind = iota // can only be kept or removed
	anAddress               // IPv4 or IPv6, with or without prefix length
	aMailbox                //
	aMAC                    //
	anAccount               // login, user id, handle
	aName                   // of a person or an organisation
	aContact                // contact details in free form
	aTime                   // second → hour → day
	aPlace                  // anything finer than a country
	anID                    // security identifier, national identifier
	aPhone                  //
	aProfile                // user name inside a path
	aQueryValue             // inside a URL
	aReference              // the id of an identity
)

// A rule says what one place of one type holds, by the role of who it belongs
// to. Path is type.property…; "*" is any one name, list positions are left out.
// An empty category is technical.
type rule struct {
	path                         string
	kind                         kind
	bystander, adversary, victim Category
}

func (r *rule) category(of role) Category {
	return [...]Category{r.bystander, r.adversary, r.victim}[of]
}

// rules is the classification of STIX 2.1 fields. It follows the sector's
// default classification (levels P0 to P3) and these anchors: GDPR Art. 4(1)
// and recital 30 (online identifiers), CJEU C-582/14 Breyer (an IP address is
// personal for whoever has means to reach the subscriber), NIS2 recital 121
// (names IP addresses, URLs, domain names, e-mail addresses and time stamps),
// GDPR Art. 10 (offences) for persons named as offenders. Where a field is not
// listed, its text goes through the detectors (detect.go).
var rules = []rule{
	// Addresses: an attacker's infrastructure is the subject of the exchange
	// (NIS2 Art. 29(1)(a)); everybody else's is an online identifier.
	{"ipv4-addr.value", anAddress, PersonalIdentifier, "", PersonalIdentifier},
	{"ipv6-addr.value", anAddress, PersonalIdentifier, "", PersonalIdentifier},
	{"mac-addr.value", aMAC, PersonalIdentifier, "", PersonalIdentifier},
	{"network-traffic.start", aTime, "", "", PersonalIdentifier},
	{"network-traffic.end", aTime, "", "", PersonalIdentifier},

	// Mail: recipients are the persons who were attacked.
	{"email-addr.value", aMailbox, PersonalIdentifier, "", PersonalIdentifier},
	{"email-addr.display_name", aName, PersonalContact, "", PersonalContact},
	{"email-message.body", opaque, Unclassified, "", Unclassified},
	{"email-message.body_multipart.body", opaque, Unclassified, "", Unclassified},
	{"email-message.received_lines", opaque, Unclassified, "", Unclassified},
	{"email-message.additional_header_fields", opaque, Unclassified, "", Unclassified},
	{"email-message.message_id", opaque, PersonalIdentifier, "", PersonalIdentifier},

	// Accounts: a login is a person's whoever holds it now.
	{"user-account.user_id", anAccount, PersonalIdentifier, PersonalIdentifier, PersonalIdentifier},
	{"user-account.account_login", anAccount, PersonalIdentifier, PersonalIdentifier, PersonalIdentifier},
	{"user-account.display_name", aName, PersonalContact, PersonalContact, PersonalContact},
	{"user-account.credential", opaque, Credentials, Credentials, Credentials},
	{"user-account.account_created", aTime, "", "", PersonalIdentifier},
	{"user-account.account_first_login", aTime, "", "", PersonalIdentifier},
	{"user-account.account_last_login", aTime, "", "", PersonalIdentifier},
	{"user-account.credential_last_changed", aTime, "", "", PersonalIdentifier},
	{"user-account.extensions.unix-account-ext.home_dir", opaque, PersonalIdentifier, PersonalIdentifier, PersonalIdentifier},

	// What a program saw of its user.
	{"process.environment_variables.USERNAME", anAccount, PersonalIdentifier, "", PersonalIdentifier},
	{"process.environment_variables.USER", anAccount, PersonalIdentifier, "", PersonalIdentifier},
	{"process.environment_variables.LOGNAME", anAccount, PersonalIdentifier, "", PersonalIdentifier},
	{"process.environment_variables.USERDOMAIN", anAccount, PersonalIdentifier, "", PersonalIdentifier},
	{"process.environment_variables.COMPUTERNAME", anAccount, PersonalIdentifier, "", PersonalIdentifier},
	{"process.environment_variables.HOSTNAME", anAccount, PersonalIdentifier, "", PersonalIdentifier},
	{"artifact.payload_bin", opaque, Unclassified, Unclassified, Unclassified},
	{"network-traffic.src_payload_bin", opaque, Unclassified, Unclassified, Unclassified},
	{"file.extensions.pdf-ext.document_info_dict.Author", aName, PersonalContact, "", PersonalContact},
	{"file.extensions.raster-image-ext.exif_tags.Artist", aName, PersonalContact, "", PersonalContact},
	{"file.extensions.raster-image-ext.exif_tags.OwnerName", aName, PersonalContact, "", PersonalContact},
	{"file.extensions.raster-image-ext.exif_tags.GPSLatitude", aPlace, PersonalIdentifier, "", PersonalIdentifier},
	{"file.extensions.raster-image-ext.exif_tags.GPSLongitude", aPlace, PersonalIdentifier, "", PersonalIdentifier},
	{"network-traffic.extensions.http-request-ext.request_header.Cookie", opaque, Credentials, "", Credentials},
	{"network-traffic.extensions.http-request-ext.request_header.Authorization", opaque, Credentials, "", Credentials},
	{"network-traffic.extensions.http-request-ext.request_header.Proxy-Authorization", opaque, Credentials, "", Credentials},

	// Identities are handled as a whole in find_identity.go; contact details
	// of anybody are here. Organisation contacts are where most personal data
	// of real events sits.
	{"identity.contact_information", aContact, PersonalContact, PersonalContact, PersonalContact},
	{"identity.extensions." + contactExtension + ".*", opaque, PersonalContact, PersonalContact, PersonalContact},

	// Places and times of the attacked.
	{"location.street_address", aPlace, PersonalContact, "", VictimIdentity},
	{"location.postal_code", aPlace, PersonalContact, "", VictimIdentity},
	{"location.latitude", aPlace, PersonalContact, "", VictimIdentity},
	{"location.longitude", aPlace, PersonalContact, "", VictimIdentity},
	{"location.precision", aPlace, PersonalContact, "", VictimIdentity},
	{"location.city", aPlace, "", "", VictimIdentity},
	{"location.administrative_area", aPlace, "", "", VictimIdentity},
	{"location.name", aPlace, "", "", VictimIdentity},
	{"location.description", aPlace, "", "", VictimIdentity},
	{"observed-data.first_observed", aTime, "", "", PersonalIdentifier},
	{"observed-data.last_observed", aTime, "", "", PersonalIdentifier},
}

// Fields of the sector's list that need no line of their own, because what can
// be personal in them is found elsewhere; the coverage test reads this.
var coveredElsewhere = map[string]string{
	"network-traffic.src_ref":                   "the address it refers to, by role",
	"network-traffic.dst_ref":                   "the address it refers to, by role",
	"email-message.from_ref":                    "the mailbox it refers to, by role",
	"email-message.to_refs":                     "recipients are victims",
	"email-message.cc_refs":                     "recipients are victims",
	"email-message.bcc_refs":                    "recipients are victims",
	"email-message.subject":                     "detectors",
	"email-message.raw_email_ref":               "the artifact it refers to",
	"domain-name.value":                         "technical; detectors for names",
	"url.value":                                 "detectors: userinfo, query, fragment, profile page",
	"file.name":                                 "detectors: user path, names",
	"directory.path":                            "detectors: user path, names",
	"process.command_line":                      "detectors: user path, secrets, names",
	"process.environment_variables":             "rules per variable, detectors",
	"process.cwd":                               "detectors: user path, names",
	"process.creator_user_ref":                  "the account it refers to",
	"windows-registry-key.key":                  "detector: security identifier",
	"windows-registry-key.creator_user_ref":     "the account it refers to",
	"x509-certificate.subject":                  "personal subjects, detectors",
	"x509-certificate.issuer":                   "personal subjects, detectors",
	"identity.name":                             "find_identity.go",
	"threat-actor.aliases":                      "names of persons from the context",
	"threat-actor.name":                         "names of persons from the context",
	"sighting.where_sighted_refs":               "victims from the context",
	"created_by_ref":                            "sources from the context",
	"note/report/opinion/incident free text":    "detectors",
	"identity (identity_class=individual).name": "find_identity.go",
	"identity (identity_class=individual).contact_information": "find_identity.go",
}

const (
	tlpExtension      = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
	incidentExtension = "extension-definition--ef765651-680c-498d-9894-99799f2fa126"
	contactExtension  = "extension-definition--66e2492a-bbd3-4be6-88f5-cc91a017a498"
)

// knownExtension reports whether we know what an extension holds: those of the
// specification, and three of the OASIS common objects whose fields were read.
func knownExtension(key string) bool {
	switch key {
	case "archive-ext", "ntfs-ext", "pdf-ext", "raster-image-ext", "windows-pebinary-ext", "http-request-ext", "icmp-ext", "socket-ext",
		"tcp-ext", "windows-process-ext", "windows-service-ext", "unix-account-ext", tlpExtension, incidentExtension, contactExtension:
		return true
	}
	return false
}

// compiledRule is a rule with its path split.
type compiledRule struct {
	rule
	names []string
}

// rulesOf is rules by type; kindOf is how a finding's rule is read.
var rulesOf, kindOf = func() (map[string][]compiledRule, map[string]kind) {
	by := map[string][]compiledRule{}
	kinds := map[string]kind{
		textEmail: aMailbox, textIP: anAddress, textMAC: aMAC, textPhone: aPhone, textIBAN: opaque, textCard: opaque, textUserinfo: aQueryValue,
		textQuery: aQueryValue, textURLSecret: aQueryValue, textUserPath: aProfile, textHandle: anAccount, textSID: anID, textSSN: anID,
		textSecret: opaque, textName: aName, textVictim: aName, textSource: aName, textOffender: aName, textPseudonym: opaque,
		ruleIdentity: aName, ruleSubject: aName, ruleReference: aReference,
	}
	maps.Copy(kinds, mispKinds)
	for _, r := range rules {
		typ, rest, _ := strings.Cut(r.path, ".")
		by[typ] = append(by[typ], compiledRule{r, strings.Split(rest, ".")})
		kinds[r.path] = r.kind
	}
	return by, kinds
}()

// properties lists the properties of every type of STIX 2.1. Anything else at
// the root of an object is custom and unclassified (J20).
var properties = map[string]string{
	"attack-pattern":        "name description aliases kill_chain_phases",
	"campaign":              "name description aliases first_seen last_seen objective",
	"course-of-action":      "name description action",
	"grouping":              "name description context object_refs",
	"identity":              "name description roles identity_class sectors contact_information",
	"incident":              "name description",
	"indicator":             "name description indicator_types pattern pattern_type pattern_version valid_from valid_until kill_chain_phases",
	"infrastructure":        "name description infrastructure_types aliases kill_chain_phases first_seen last_seen",
	"intrusion-set":         "name description aliases first_seen last_seen goals resource_level primary_motivation secondary_motivations",
	"location":              "name description latitude longitude precision region country administrative_area city street_address postal_code",
	"malware":               "name description malware_types is_family aliases kill_chain_phases first_seen last_seen operating_system_refs architecture_execution_envs implementation_languages capabilities sample_refs",
	"malware-analysis":      "product version host_vm_ref operating_system_ref installed_software_refs configuration_version modules analysis_engine_version analysis_definition_version submitted analysis_started analysis_ended result_name result analysis_sco_refs sample_ref",
	"note":                  "abstract content authors object_refs",
	"observed-data":         "first_observed last_observed number_observed object_refs",
	"opinion":               "explanation authors opinion object_refs",
	"report":                "name description report_types published object_refs",
	"threat-actor":          "name description threat_actor_types aliases first_seen last_seen roles goals sophistication resource_level primary_motivation secondary_motivations personal_motivations",
	"tool":                  "name description tool_types aliases kill_chain_phases tool_version",
	"vulnerability":         "name description",
	"relationship":          "relationship_type description source_ref target_ref start_time stop_time",
	"sighting":              "description first_seen last_seen count sighting_of_ref observed_data_refs where_sighted_refs summary",
	"language-content":      "object_ref object_modified contents",
	"marking-definition":    "name definition_type definition",
	"extension-definition":  "name description schema version extension_types extension_properties",
	"artifact":              "mime_type payload_bin url hashes encryption_algorithm decryption_key",
	"autonomous-system":     "number name rir",
	"directory":             "path path_enc ctime mtime atime contains_refs",
	"domain-name":           "value resolves_to_refs",
	"email-addr":            "value display_name belongs_to_ref",
	"email-message":         "is_multipart date content_type from_ref sender_ref to_refs cc_refs bcc_refs message_id subject received_lines additional_header_fields body body_multipart raw_email_ref",
	"file":                  "hashes size name name_enc magic_number_hex mime_type ctime mtime atime parent_directory_ref contains_refs content_ref",
	"ipv4-addr":             "value resolves_to_refs belongs_to_refs",
	"ipv6-addr":             "value resolves_to_refs belongs_to_refs",
	"mac-addr":              "value",
	"mutex":                 "name",
	"network-traffic":       "start end is_active src_ref dst_ref src_port dst_port protocols src_byte_count dst_byte_count src_packets dst_packets ipfix src_payload_ref dst_payload_ref encapsulates_refs encapsulated_by_ref",
	"process":               "is_hidden pid created_time cwd command_line environment_variables opened_connection_refs creator_user_ref image_ref parent_ref child_refs",
	"software":              "name cpe swid languages vendor version",
	"url":                   "value",
	"user-account":          "user_id credential account_login account_type display_name is_service_account is_privileged can_escalate_privs is_disabled account_created account_expires credential_last_changed account_first_login account_last_login",
	"windows-registry-key":  "key values modified_time creator_user_ref number_of_subkeys",
	"x-misp-attribute":      "x_misp_type x_misp_value x_misp_category x_misp_comment",
	"x-misp-galaxy-cluster": "x_misp_name x_misp_type x_misp_value x_misp_description x_misp_meta",
	"x-misp-object":         "x_misp_name x_misp_attributes x_misp_comment x_misp_meta_category",
	"x509-certificate":      "is_self_signed hashes version serial_number signature_algorithm issuer validity_not_before validity_not_after subject subject_public_key_algorithm subject_public_key_modulus subject_public_key_exponent x509_v3_extensions",
}

const commonProperties = "type spec_version id created_by_ref created modified revoked labels confidence lang external_references object_marking_refs granular_markings defanged extensions"

var known = func() map[string]map[string]bool {
	m := map[string]map[string]bool{}
	for typ, names := range properties {
		set := map[string]bool{}
		for n := range strings.FieldsSeq(names + " " + commonProperties) {
			set[n] = true
		}
		m[typ] = set
	}
	return m
}()
