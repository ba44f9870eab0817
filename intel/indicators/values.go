package indicators

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"entente/intel/atom"
	"entente/internal/fault"
)

// value is a value of a list in its normal form.
type value struct {
	kind, text string
	warning    string // what a person should look at
}

// kinds are the words for what a value is, by our word. The first that has no
// other reading is how the writer calls it.
var kinds = map[string][]string{
	"ip":           {"ip", "ipv4", "ipv6", "ipv4-addr", "ipv6-addr", "ip-dst", "ip-src", "ip-address", "cidr", "ip:port", "ip-range"},
	"domain":       {"domain", "hostname", "host", "fqdn", "domain-name", "domain:port"},
	"url":          {"url", "uri"},
	"path":         {"path"},
	"hash":         {"hash", "md5", "sha1", "sha256", "sha512", "sha-1", "sha-256", "sha-512", "filehash-md5", "filehash-sha1", "filehash-sha256", "md5-hash", "sha1-hash", "sha256-hash"},
	"email":        {"email", "email-addr", "email-src", "email-dst", "email-address"},
	"mutex":        {"mutex"},
	"filename":     {"filename", "file-name"},
	"registry-key": {"registry-key", "regkey", "windows-registry-key"},
	"mac":          {"mac", "mac-address", "mac-addr"},
	"asn":          {"asn", "as", "autonomous-system"},
}

// family is kinds the other way round.
var family = func() map[string]string {
	m := map[string]string{}
	for ours, theirs := range kinds {
		for _, w := range theirs {
			m[w] = ours
		}
	}
	return m
}()

// read brings a value into its normal form. A type narrows what it can be.
func read(typ, text string) (value, error) {
	if text == "" {
		return value{}, lineFault("indicators.value", "The value is missing.").Try("Give each row a value.")
	}
	if typ == "" {
		return detect(text)
	}
	of := family[strings.NewReplacer("_", "-", " ", "-").Replace(strings.ToLower(typ))]
	switch of {
	case "":
		return value{}, lineFault("indicators.type", "The type is not one that is known here: %.40q.", typ).
			Try("Use one of ipv4, ipv6, cidr, ip:port, domain, url, path, md5, sha1, sha256, sha512, email, mutex, filename, registry-key, mac, asn.")
	case "mutex", "filename", "registry-key":
		return value{kind: of, text: text}, nil // as they are: brackets are part of such names
	}
	text = atom.Refang(text)
	for _, f := range forms {
		if f.family != of {
			continue
		}
		if v, ok := f.read(text); ok {
			return v, nil
		}
	}
	return value{}, unclear()
}

// forms are what a value can be by its form, the first that fits counts.
var forms = []struct {
	family string
	typed  bool // only where the type says so
	read   func(string) (value, bool)
}{
	{"hash", false, hash},
	{"url", false, webAddress},
	{"ip", false, address},
	{"email", false, mailbox},
	{"path", false, path},
	{"domain", false, endpoint},
	{"url", false, bareAddress},
	{"mac", true, hardware},
	{"asn", true, system},
}

// detect says what a value without a type is. A word with the ending of a file
// is not taken for a domain: a wrong block costs more than a question.
func detect(text string) (value, error) {
	text = atom.Refang(text)
	for _, f := range forms {
		if f.typed {
			continue
		}
		v, ok := f.read(text)
		if !ok {
			continue
		}
		if f.family == "domain" && slices.Contains(endings, text[strings.LastIndexByte(text, '.')+1:]) {
			return value{}, lineFault("indicators.value", "The value reads like the name of a file.").Try("Add a column type that says what it is.")
		}
		return v, nil
	}
	return value{}, unclear()
}

func unclear() *fault.Error {
	return lineFault("indicators.value", "The value is no address, domain, URL, hash or mailbox, or not what its type says.").
		Try("Correct the value, or add a column type that says what it is.")
}

// endings of files that are no top-level domains.
var endings = strings.Fields("7z bat bin csv dat dll dmg doc docx exe gif hta html img iso jar jpg js json lnk log msi pdf php png ps1 rar scr sys tmp txt vbs xls xlsx xml")

// hashes by their length in digits.
var hashes = map[int]string{32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}

func hash(s string) (value, bool) {
	kind := hashes[len(s)]
	return value{kind: kind, text: strings.ToLower(s)}, kind != "" && strings.Trim(s, "0123456789abcdefABCDEF") == ""
}

// address is one address, a range, or an address with a port.
func address(s string) (value, bool) {
	if ip, err := netip.ParseAddr(s); err == nil && ip.Zone() == "" {
		return value{kind: version(ip), text: ip.String(), warning: reserved(ip)}, true
	}
	if p, err := netip.ParsePrefix(s); err == nil {
		v := value{kind: "cidr", text: p.Masked().String(), warning: reserved(p.Addr())}
		switch {
		case p.IsSingleIP():
			v.kind, v.text = version(p.Addr()), p.Addr().String()
		case p != p.Masked():
			v.warning = "is read as the whole range " + v.text
		}
		return v, true
	}
	if ap, err := netip.ParseAddrPort(s); err == nil && ap.Addr().Zone() == "" && ap.Port() != 0 {
		return value{kind: "ip:port", text: ap.String(), warning: reserved(ap.Addr())}, true
	}
	return value{}, false
}

func version(ip netip.Addr) string {
	if ip.Is4() {
		return "ipv4"
	}
	return "ipv6"
}

// unrouted are ranges that netip has no name for: shared address space,
// documentation, benchmarking and what is reserved (RFC 6890).
var unrouted = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("2001:db8::/32"),
}

func reserved(ip netip.Addr) string {
	ip = ip.Unmap()
	if ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified() ||
		slices.ContainsFunc(unrouted, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return "is a private or reserved address, which means something else in each network"
	}
	return ""
}

// webAddress is a URL. Scheme and host have no case; the rest has.
func webAddress(s string) (value, bool) {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok || scheme == "" || strings.Trim(strings.ToLower(scheme), "abcdefghijklmnopqrstuvwxyz0123456789+.-") != "" || strings.ContainsAny(s, " \t\r\n<>\"`") {
		return value{}, false
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	host := rest[:end]
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		host = host[:at+1] + strings.ToLower(host[at+1:])
	} else {
		host = strings.ToLower(host)
	}
	text := strings.ToLower(scheme) + "://" + host + rest[end:]
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return value{}, false
	}
	v := value{kind: "url", text: text}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil {
		v.warning = reserved(ip)
	}
	return v, true
}

// bareAddress is a URL without a scheme.
func bareAddress(s string) (value, bool) {
	host, rest, ok := strings.Cut(s, "/")
	v, isName := endpoint(host)
	if !isName {
		v, isName = address(host)
	}
	if !ok || !isName {
		return value{}, false
	}
	if _, whole := webAddress("http://" + v.text + "/" + rest); !whole {
		return value{}, false
	}
	return value{kind: "bare-url", text: v.text + "/" + rest, warning: "has no scheme: it is looked for with http and with https"}, true
}

func mailbox(s string) (value, bool) {
	local, domain, ok := strings.Cut(s, "@")
	name, valid := hostname(domain)
	if !ok || !valid || local == "" || len(local) > 64 || strings.ContainsAny(local, " \t\r\n<>()[]:;,\\\"/") {
		return value{}, false
	}
	return value{kind: "email", text: local + "@" + name}, true
}

// path is the path of a URL on any host.
func path(s string) (value, bool) {
	if len(s) < 3 || s[0] != '/' || s[1] == '/' || strings.ContainsAny(s, " \t\r\n") {
		return value{}, false
	}
	return value{kind: "path", text: s, warning: "is a path without a host, which others may use as well"}, true
}

// endpoint is a domain, with or without a port.
func endpoint(s string) (value, bool) {
	name, port, with := strings.Cut(s, ":")
	host, ok := hostname(name)
	if !ok {
		return value{}, false
	}
	if !with {
		return value{kind: "domain", text: host}, true
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return value{kind: "domain:port", text: host + ":" + strconv.FormatUint(n, 10)}, err == nil && n != 0
}

// hardware is a MAC address, in the form STIX wants (section 6.8).
func hardware(s string) (value, bool) {
	s = strings.ToLower(strings.ReplaceAll(s, "-", ":"))
	parts := strings.Split(s, ":")
	for _, p := range parts {
		if len(p) != 2 || strings.Trim(p, "0123456789abcdef") != "" {
			return value{}, false
		}
	}
	return value{kind: "mac", text: s}, len(parts) == 6
}

func system(s string) (value, bool) {
	n, err := strconv.ParseUint(strings.TrimPrefix(strings.ToUpper(s), "AS"), 10, 32)
	return value{kind: "asn", text: strconv.FormatUint(n, 10)}, err == nil
}

// compared are the paths that single values are compared with.
var compared = map[string]string{
	"ipv4": "ipv4-addr:value", "ipv6": "ipv6-addr:value", "domain": "domain-name:value", "url": "url:value", "email": "email-addr:value",
	"md5": "file:hashes.MD5", "sha1": "file:hashes.'SHA-1'", "sha256": "file:hashes.'SHA-256'", "sha512": "file:hashes.'SHA-512'",
	"mutex": "mutex:name", "filename": "file:name", "registry-key": "windows-registry-key:key", "mac": "mac-addr:value",
	"path": "network-traffic:extensions.'http-request-ext'.request_value",
}

// literal is a string constant of a pattern.
func literal(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// pattern looks for the value.
func (v value) pattern() string {
	switch v.kind {
	case "asn":
		return "[autonomous-system:number = " + v.text + "]"
	case "cidr":
		return "[" + compared[version(netip.MustParsePrefix(v.text).Addr())] + " ISSUBSET " + literal(v.text) + "]"
	case "bare-url":
		return "[url:value = " + literal("http://"+v.text) + " OR url:value = " + literal("https://"+v.text) + "]"
	case "ip:port":
		ap := netip.MustParseAddrPort(v.text)
		return traffic(version(ap.Addr())+"-addr", ap.Addr().String(), strconv.Itoa(int(ap.Port())))
	case "domain:port":
		host, port, _ := strings.Cut(v.text, ":")
		return traffic("domain-name", host, port)
	}
	return "[" + compared[v.kind] + " = " + literal(v.text) + "]"
}

func traffic(typ, host, port string) string {
	return "[network-traffic:dst_ref.type = '" + typ + "' AND network-traffic:dst_ref.value = " + literal(host) + " AND network-traffic:dst_port = " + port + "]"
}
