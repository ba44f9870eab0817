package misp

// templates are the attribute types of the relations of those object templates
// that have a shape here (misp-objects, CC0-1.0 or BSD-2-Clause). They serve to
// read what another converter wrote, which leaves the types out.
var templates = map[string]map[string]string{
	"android-app": {
		"appid": "text", "certificate": "sha1", "certificate-sha256": "sha256", "domain": "domain", "name": "text", "sha256": "sha256",
	},
	"artifact": {
		"decryption_key": "text", "encryption_algorithm": "text", "md5": "md5", "mime_type": "mime-type", "payload_bin": "attachment", "sha1": "sha1",
		"sha256": "sha256", "sha3-256": "sha3-256", "sha3-512": "sha3-512", "sha512": "sha512", "ssdeep": "ssdeep", "tlsh": "tlsh", "url": "url",
	},
	"asn": {
		"asn": "AS", "country": "text", "description": "text", "export": "text", "first-seen": "datetime", "import": "text", "last-seen": "datetime",
		"mp-export": "text", "mp-import": "text", "name": "text", "organization": "text", "subnet-announced": "ip-src",
	},
	"course-of-action": {
		"cost": "text", "description": "text", "efficacy": "text", "impact": "text", "name": "text", "objective": "text", "stage": "text", "type": "text",
	},
	"cpe-asset": {
		"cpe": "cpe", "description": "text", "edition": "text", "language": "text", "other": "text", "part": "text", "product": "text", "sw_edition": "text",
		"target_hw": "text", "target_sw": "text", "update": "text", "vendor": "text", "version": "text",
	},
	"credential": {
		"format": "text", "notification": "text", "origin": "text", "password": "text", "text": "text", "type": "text", "use-at": "link", "username": "text",
	},
	"directory": {
		"access-time": "datetime", "creation-time": "datetime", "modification-time": "datetime", "path": "text", "path-encoding": "text",
	},
	"domain-ip": {
		"domain": "domain", "first-seen": "datetime", "hostname": "hostname", "ip": "ip-dst", "last-seen": "datetime", "port": "port",
		"registration-date": "datetime", "text": "text",
	},
	"email": {
		"attachment": "email-attachment", "bcc": "email-dst", "bcc-display-name": "email-dst-display-name", "cc": "email-dst",
		"cc-display-name": "email-dst-display-name", "email-body": "email-body", "email-body-attachment": "attachment", "eml": "attachment",
		"from": "email-src", "from-display-name": "email-src-display-name", "from-domain": "domain", "header": "email-header", "ip-src": "ip-src",
		"message-id": "email-message-id", "mime-boundary": "email-mime-boundary", "msg": "attachment", "received-header-hostname": "hostname",
		"received-header-ip": "ip-src", "reply-to": "email-reply-to", "reply-to-display-name": "email-dst-display-name", "return-path": "email-src",
		"screenshot": "attachment", "send-date": "datetime", "subject": "email-subject", "thread-index": "email-thread-index", "to": "email-dst",
		"to-display-name": "email-dst-display-name", "user-agent": "text", "x-mailer": "email-x-mailer",
	},
	"employee": {
		"business-unit": "target-org", "email-address": "target-email", "employee-type": "text", "first-name": "first-name", "full-name": "full-name",
		"last-name": "last-name", "primary-asset": "target-machine", "text": "text", "userid": "target-user",
	},
	"facebook-account": {
		"account-id": "text", "account-name": "text", "archive": "link", "attachment": "attachment", "description": "text", "link": "link", "url": "url",
		"user-avatar": "attachment",
	},
	"file": {
		"access-time": "datetime", "attachment": "attachment", "authentihash": "authentihash", "certificate": "x509-fingerprint-sha1",
		"compilation-timestamp": "datetime", "creation-time": "datetime", "dom-hash": "dom-hash", "entropy": "float", "file-encoding": "text",
		"filename": "filename", "fullpath": "text", "imphash": "imphash", "magic": "text", "malware-sample": "malware-sample", "md5": "md5",
		"mimetype": "mime-type", "modification-time": "datetime", "path": "text", "pattern-in-file": "pattern-in-file", "sha1": "sha1", "sha224": "sha224",
		"sha256": "sha256", "sha3-224": "sha3-224", "sha3-256": "sha3-256", "sha3-384": "sha3-384", "sha3-512": "sha3-512", "sha384": "sha384",
		"sha512": "sha512", "sha512/224": "sha512/224", "sha512/256": "sha512/256", "size-in-bytes": "size-in-bytes", "ssdeep": "ssdeep", "state": "text",
		"telfhash": "telfhash", "text": "text", "tlsh": "tlsh", "vhash": "vhash",
	},
	"geolocation": {
		"accuracy-radius": "float", "address": "text", "altitude": "float", "city": "text", "country": "text", "countrycode": "text", "epsg": "text",
		"first-seen": "datetime", "last-seen": "datetime", "latitude": "float", "longitude": "float", "neighborhood": "text", "region": "text",
		"spacial-reference": "text", "text": "text", "zipcode": "text",
	},
	"github-user": {
		"avatar_url": "link", "bio": "text", "blog": "text", "company": "text", "follower": "github-username", "following": "github-username", "id": "text",
		"link": "link", "location": "text", "node_id": "text", "organisation": "github-organisation", "profile-image": "attachment", "public_gists": "text",
		"public_repos": "text", "repository": "github-repository", "ssh-public-key": "text", "twitter_username": "text", "user-fullname": "text",
		"username": "github-username", "verified": "text",
	},
	"gitlab-user": {
		"avatar_url": "link", "id": "text", "name": "text", "state": "text", "username": "text", "web_url": "link",
	},
	"hashlookup": {
		"FileName": "filename", "FileSize": "size-in-bytes", "KnownMalicious": "text", "MD5": "md5", "PackageArch": "text", "PackageDescription": "text",
		"PackageMaintainer": "text", "PackageName": "text", "PackageRelease": "text", "PackageVersion": "text", "SHA-1": "sha1", "SHA-256": "sha256",
		"SSDEEP": "ssdeep", "TLSH": "tlsh", "source": "text",
	},
	"identity": {
		"contact_information": "text", "description": "text", "identity_class": "text", "name": "text", "roles": "text", "sectors": "text",
	},
	"intrusion-set": {
		"aliases": "text", "description": "text", "first_seen": "datetime", "goals": "text", "last_seen": "datetime", "name": "text",
		"primary-motivation": "text", "resource_level": "text", "secondary-motivation": "text",
	},
	"ip-port": {
		"AS": "AS", "country-code": "text", "domain": "domain", "dst-port": "port", "first-seen": "datetime", "hostname": "hostname", "ip": "ip-dst",
		"ip-dst": "ip-dst", "ip-src": "ip-src", "last-seen": "datetime", "protocol": "text", "ptr-record": "domain", "src-port": "port", "text": "text",
	},
	"legal-entity": {
		"business": "text", "commercial-name": "text", "legal-form": "text", "logo": "attachment", "name": "text", "phone-number": "phone-number",
		"registration-number": "text", "text": "text", "website": "link",
	},
	"lnk": {
		"birth-droid-file-identifier": "text", "birth-droid-volume-identifier": "text", "droid-file-identifier": "text", "droid-volume-identifier": "text",
		"entropy": "float", "filename": "filename", "fullpath": "text", "lnk-access-time": "datetime", "lnk-command-line-arguments": "text",
		"lnk-creation-time": "datetime", "lnk-description": "text", "lnk-drive-serial-number": "text", "lnk-drive-type": "text",
		"lnk-file-attribute-flags": "text", "lnk-file-size": "size-in-bytes", "lnk-hot-key-value": "text", "lnk-icon-index": "text",
		"lnk-local-path": "text", "lnk-mft-object": "text", "lnk-modification-time": "datetime", "lnk-propertystore-sid": "text",
		"lnk-relative-path": "text", "lnk-show-window-value": "text", "lnk-volume-label": "text", "lnk-working-directory": "text",
		"machine-identifier": "text", "malware-sample": "malware-sample", "md5": "md5", "path": "text", "pattern-in-file": "pattern-in-file", "sha1": "sha1",
		"sha224": "sha224", "sha256": "sha256", "sha384": "sha384", "sha512": "sha512", "sha512/224": "sha512/224", "sha512/256": "sha512/256",
		"size-in-bytes": "size-in-bytes", "ssdeep": "ssdeep", "state": "text", "text": "text", "tlsh": "tlsh",
	},
	"mutex": {
		"description": "text", "name": "text", "operating-system": "text",
	},
	"network-connection": {
		"community-id": "community-id", "count": "counter", "dst-bytes-count": "size-in-bytes", "dst-packets-count": "counter", "dst-port": "port",
		"first-packet-seen": "datetime", "hostname-dst": "hostname", "hostname-src": "hostname", "ip-dst": "ip-dst", "ip-src": "ip-src",
		"last-packet-seen": "datetime", "layer3-protocol": "text", "layer4-protocol": "text", "layer7-protocol": "text", "mac-dst": "mac-address",
		"mac-src": "mac-address", "src-bytes-count": "size-in-bytes", "src-packets-count": "counter", "src-port": "port",
	},
	"network-socket": {
		"address-family": "text", "domain-family": "text", "dst-bytes-count": "size-in-bytes", "dst-packets-count": "counter", "dst-port": "port",
		"filename": "filename", "first-packet-seen": "datetime", "hostname-dst": "hostname", "hostname-src": "hostname", "ip-dst": "ip-dst",
		"ip-src": "ip-src", "last-packet-seen": "datetime", "mac-dst": "mac-address", "mac-src": "mac-address", "option": "text", "protocol": "text",
		"socket-type": "text", "src-bytes-count": "size-in-bytes", "src-packets-count": "counter", "src-port": "port", "state": "text",
	},
	"news-agency": {
		"address": "text", "alias": "text", "archive": "link", "attachment": "attachment", "e-mail": "email-src", "fax-number": "phone-number",
		"link": "link", "name": "text", "phone-number": "phone-number", "url": "url",
	},
	"nova-rule": {
		"author": "text", "category": "text", "condition": "text", "description": "text", "file": "filename", "keyword": "text", "keyword-id": "text",
		"llm-check": "text", "llm-threshold": "float", "raw-rule": "text", "reference": "link", "rule-name": "text", "semantic-pattern": "text",
		"semantic-threshold": "float", "severity": "text",
	},
	"organization": {
		"VAT": "text", "address": "text", "alias": "text", "contact_information": "text", "date-of-inception": "datetime", "description": "text",
		"e-mail": "email-src", "fax-number": "phone-number", "misp-uuid": "text", "name": "text", "phone-number": "phone-number",
		"registration-number": "text", "role": "text", "sector": "text", "type-of-organization": "text",
	},
	"owasp-crs-rule": {
		"action": "text", "category": "text", "crs-version": "text", "file": "filename", "message": "text", "operator": "text", "paranoia-level": "text",
		"phase": "text", "raw-rule": "text", "reference": "link", "rule-id": "text", "severity": "text", "tag": "text", "target": "text",
	},
	"parler-account": {
		"account-id": "text", "account-name": "text", "archive": "link", "attachment": "attachment", "badge": "float", "bio": "text", "comments": "text",
		"cover-photo": "attachment", "followers": "text", "following": "text", "human": "boolean", "interactions": "float", "likes": "text", "link": "link",
		"posts": "text", "profile-photo": "attachment", "score": "text", "url": "url", "verified": "boolean",
	},
	"pe": {
		"authentihash": "authentihash", "characteristics": "text", "characteristics-hex": "hex", "company-name": "text", "compilation-timestamp": "datetime",
		"entrypoint-address": "text", "entrypoint-section-at-position": "text", "file-description": "text", "file-version": "text", "impfuzzy": "impfuzzy",
		"imphash": "imphash", "internal-filename": "filename", "lang-id": "text", "legal-copyright": "text", "machine-type": "text",
		"machine-type-hex": "hex", "number-of-symbols": "counter", "number-sections": "counter", "original-filename": "filename", "pdb": "pdb",
		"pehash": "pehash", "pointer-to-symbol-table": "hex", "product-name": "text", "product-version": "text", "richpe": "md5",
		"size-of-optional-header": "size-in-bytes", "text": "text", "type": "text",
	},
	"person": {
		"address": "text", "alias": "text", "birth-certificate-number": "text", "date-of-birth": "date-of-birth", "dni": "text", "e-mail": "email-src",
		"fax-number": "phone-number", "first-name": "first-name", "full-name": "full-name", "function": "text", "gender": "gender", "handle": "text",
		"identity-card-number": "identity-card-number", "instant-messaging-used": "text", "ip-src": "ip-src", "last-name": "last-name",
		"middle-name": "middle-name", "mothers-name": "text", "nationality": "nationality", "nic-hdl": "text", "nie": "text", "nif": "text",
		"occupation": "text", "ofac-identification-number": "text", "passport-country": "passport-country", "passport-creation": "datetime",
		"passport-expiration": "passport-expiration", "passport-number": "passport-number", "phone-number": "phone-number",
		"place-of-birth": "place-of-birth", "portrait": "attachment", "redress-number": "redress-number", "role": "text", "social-security-number": "text",
		"text": "text", "title": "text",
	},
	"process": {
		"args": "text", "child-pid": "text", "command-line": "text", "creation-time": "datetime", "current-directory": "text",
		"environment-variables": "text", "fake-process-name": "boolean", "guid": "text", "hidden": "boolean", "image": "filename", "integrity-level": "text",
		"name": "text", "parent-command-line": "text", "parent-guid": "text", "parent-image": "filename", "parent-pid": "text",
		"parent-process-name": "text", "parent-process-path": "text", "pgid": "text", "pid": "text", "port": "port", "process-state": "process-state",
		"start-time": "datetime", "user-creator": "text", "user-process": "text",
	},
	"reddit-account": {
		"account-avatar": "attachment", "account-avatar-url": "url", "account-id": "text", "account-name": "text", "archive": "link",
		"attachment": "attachment", "description": "text", "link": "link", "moderator-of": "text", "trophies": "text", "url": "url",
	},
	"registry-key": {
		"data": "text", "data-type": "text", "hive": "text", "key": "regkey", "last-modified": "datetime", "name": "text", "root-keys": "text",
	},
	"sigma": {
		"comment": "comment", "context": "text", "reference": "link", "sigma": "sigma", "sigma-rule-name": "text",
	},
	"software": {
		"cpe": "cpe", "language": "text", "name": "text", "swid": "text", "vendor": "text", "version": "text",
	},
	"suricata": {
		"comment": "comment", "ref": "link", "suricata": "suricata", "version": "text",
	},
	"telegram-account": {
		"first_name": "text", "id": "text", "last_name": "text", "phone": "text", "username": "text", "verified": "text",
	},
	"twitter-account": {
		"archive": "link", "attachment": "attachment", "bio": "text", "description": "text", "displayed-name": "text", "embedded-link": "url",
		"embedded-safe-link": "link", "followers": "text", "following": "text", "hashtag": "text", "id": "text", "joined-date": "datetime", "likes": "text",
		"link": "link", "listed": "text", "location": "text", "media": "text", "name": "text", "private": "text", "profile-banner": "attachment",
		"profile-banner-url": "url", "profile-image": "attachment", "profile-image-url": "url", "tweets": "text", "twitter-followers": "text",
		"twitter-following": "text", "url": "url", "verified": "text",
	},
	"url": {
		"credential": "text", "dom-hash": "dom-hash", "domain": "domain", "domain_without_tld": "text", "first-seen": "datetime", "fragment": "text",
		"host": "hostname", "ip": "ip-dst", "last-seen": "datetime", "port": "port", "query_string": "text", "resource_path": "text", "scheme": "text",
		"subdomain": "text", "text": "text", "tld": "text", "url": "url",
	},
	"user-account": {
		"account-type": "text", "can_escalate_privs": "boolean", "created": "datetime", "description": "text", "disabled": "boolean", "display-name": "text",
		"email": "email", "expires": "datetime", "first_login": "datetime", "group": "text", "group-id": "text", "home_dir": "text",
		"is_service_account": "boolean", "last_login": "datetime", "link": "link", "password": "text", "password_last_changed": "datetime",
		"privileged": "boolean", "shell": "text", "user-avatar": "attachment", "user-id": "text", "username": "text",
	},
	"vulnerability": {
		"created": "datetime", "credit": "text", "cvss-score": "float", "cvss-string": "text", "description": "text", "id": "vulnerability",
		"impact": "text", "modified": "datetime", "payload": "text", "published": "datetime", "references": "link", "state": "text", "summary": "text",
		"vulnerable-configuration": "cpe",
	},
	"wazuh-rule": {
		"comment": "comment", "decoded_as": "text", "description": "text", "field": "text", "frequency": "text", "group": "text", "if_group": "text",
		"if_level": "text", "if_matched_group": "text", "if_matched_sid": "text", "if_sid": "text", "ignore": "text", "level": "text", "match": "text",
		"mitre-id": "text", "noalert": "text", "options": "text", "reference": "link", "rule-id": "text", "timeframe": "text", "version": "text",
		"wazuh-rule": "text",
	},
	"x509": {
		"dns_names": "hostname", "email": "email-dst", "extended_key_usage": "text", "ip": "ip-dst", "is_ca": "boolean", "is_self_signed": "boolean",
		"issuer": "text", "issuer-common-name": "text", "issuer-country": "text", "issuer-distinguished-name-qualifier": "text",
		"issuer-generation-qualifier": "text", "issuer-given-name": "text", "issuer-initials": "text", "issuer-key-id": "text", "issuer-locality": "text",
		"issuer-organization": "text", "issuer-organizational-unit": "text", "issuer-pseudonym": "text", "issuer-serial-number": "text",
		"issuer-state-or-province-name": "text", "issuer-surname": "text", "issuer-title": "text", "issuing_certificate": "uri", "key_usage": "text",
		"ocsp_server": "uri", "pem": "text", "pubkey-info-algorithm": "text", "pubkey-info-exponent": "text", "pubkey-info-modulus": "text",
		"pubkey-info-size": "text", "raw-base64": "text", "rid": "text", "self_signed": "boolean", "serial-number": "text", "signature_algorithm": "text",
		"subject": "text", "subject-common-name": "text", "subject-country": "text", "subject-distinguished-name-qualifier": "text",
		"subject-generation-qualifier": "text", "subject-given-name": "text", "subject-initials": "text", "subject-key-id": "text",
		"subject-locality": "text", "subject-organization": "text", "subject-organizational-unit": "text", "subject-pseudonym": "text",
		"subject-serial-number": "text", "subject-state-or-province-name": "text", "subject-surname": "text", "subject-title": "text", "text": "text",
		"uri": "uri", "validity-not-after": "datetime", "validity-not-before": "datetime", "version": "text", "x509-fingerprint-md5": "x509-fingerprint-md5",
		"x509-fingerprint-sha1": "x509-fingerprint-sha1", "x509-fingerprint-sha256": "x509-fingerprint-sha256",
	},
	"yara": {
		"comment": "comment", "context": "text", "false-positive": "boolean", "md5": "md5", "reference": "link", "sha1": "sha1", "sha256": "sha256",
		"sha512": "sha512", "ssdeep": "ssdeep", "tlsh": "tlsh", "version": "text", "yara": "yara", "yara-rule-name": "text",
	},
}
