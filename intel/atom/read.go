package atom

import (
	"encoding/hex"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"entente/internal/ident"
)

// longest is how much of a value is kept. What is cut off is replaced by its
// digest, so that values that differ still do.
const longest = 256

// Read takes a value as a person pastes it, also one that was made harmless
// ("hxxp://evil[.]example"), and says what it is; ok is false when it is none.
// What looks like a domain name may be the name of a file: ask for the value and
// not for the kind.
func Read(pasted string) (a Atom, ok bool) {
	s := Refang(plain(pasted))
	for _, k := range order {
		if k == AS && !asn.MatchString(s) {
			continue // a bare number is one only where it is known to be
		}
		if a, ok := normal(k, s); ok {
			return a, true
		}
	}
	return Atom{}, false
}

// order is what a pasted value is tried as: what can be told by its form.
var order = [...]Kind{Address, Hash, CVE, Attack, AS, MAC, Registry, URL, Email, Domain}

// Values returns the forms under which a value may be kept, whatever its kind:
// what [Read] makes of it, and what it is as the name of something.
func Values(pasted string) []string {
	var all []string
	if a, ok := Read(pasted); ok {
		all = append(all, a.Value)
	}
	if a, ok := named(Mutex, pasted); ok && (len(all) == 0 || all[0] != a.Value) {
		all = append(all, a.Value)
	}
	return all
}

// Around returns the ranges that an address or a range lies in, itself included:
// what to ask for to find every object about it.
func Around(value string) []string {
	if !strings.Contains(value, "/") {
		addr, err := netip.ParseAddr(value)
		if err != nil {
			return []string{value}
		}
		return append([]string{value}, wider(netip.PrefixFrom(addr, addr.BitLen()))...)
	}
	p, err := netip.ParsePrefix(value)
	if err != nil {
		return []string{value}
	}
	return wider(p)
}

func wider(p netip.Prefix) []string {
	all := make([]string, 0, p.Bits()+1)
	for bits := p.Bits(); bits >= 0; bits-- {
		all = append(all, netip.PrefixFrom(p.Addr(), bits).Masked().String())
	}
	return all
}

// normal writes a value of a kind in its one form; ok is false when it cannot be
// one of that kind.
func normal(k Kind, raw string) (a Atom, ok bool) {
	raw = plain(raw)
	if k == Address || k == Domain || k == URL || k == Email {
		raw = Refang(raw)
	}
	if k != Registry && strings.ContainsAny(raw, " \t\r\n\"") {
		return Atom{}, false
	}
	value, ok := form(k, raw)
	if k == Address && strings.Contains(value, "/") {
		k = Range
	}
	return Atom{k, short(value)}, ok && value != ""
}

// named takes a value that is no more than a name. Case may matter to who gave
// it, and not to who looks for it.
func named(k Kind, raw string) (a Atom, ok bool) {
	value := strings.ToLower(plain(raw))
	return Atom{k, short(value)}, value != ""
}

// plain takes blanks off the ends and replaces what a database cannot hold.
func plain(s string) string {
	return strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", "\uFFFD"), "\uFFFD"))
}

func form(k Kind, raw string) (string, bool) {
	switch k {
	case Address, Range:
		return address(raw)
	case Domain:
		return domain(raw)
	case URL:
		return link(raw)
	case Email:
		return email(raw)
	case Hash:
		return hash(raw)
	case MAC:
		return mac(raw)
	case AS:
		return system(raw)
	case CVE:
		s := strings.ToUpper(raw)
		return s, cve.MatchString(s)
	case Attack:
		s := strings.ToUpper(raw)
		return s, attack.MatchString(s)
	case Registry:
		return registry(raw)
	default:
		return strings.ToLower(raw), true
	}
}

var (
	cve    = regexp.MustCompile(`^CVE-[0-9]{4}-[0-9]{4,19}$`)
	attack = regexp.MustCompile(`^(T[0-9]{4}(\.[0-9]{3})?|TA[0-9]{4}|G[0-9]{4}|S[0-9]{4}|M[0-9]{4}|C[0-9]{4}|DS[0-9]{4})$`)
	asn    = regexp.MustCompile(`^(?i:as)([0-9]{1,10})$`)
)

// short keeps a long value comparable.
func short(s string) string {
	if len(s) <= longest {
		return s
	}
	digest := ident.Sum([]byte(s))
	head := strings.ToValidUTF8(s[:longest-2*16-1], "")
	return head + "#" + hex.EncodeToString(digest[:16])
}

func address(raw string) (string, bool) {
	if p, err := netip.ParsePrefix(raw); err == nil {
		p = p.Masked()
		if p.IsSingleIP() {
			return p.Addr().String(), true
		}
		return p.String(), true
	}
	addr, err := netip.ParseAddr(strings.Trim(raw, "[]"))
	if err != nil {
		return "", false
	}
	return addr.Unmap().WithZone("").String(), true
}

// domain lower-cases a name and leaves its last dot off. A name that is not in
// ASCII stays in its own script.
func domain(raw string) (string, bool) {
	s := strings.TrimSuffix(strings.ToLower(raw), ".")
	last := s[strings.LastIndexByte(s, '.')+1:]
	if len(s) > 253 || last == s || utf8.RuneCountInString(last) < 2 || s[0] == '.' || strings.Contains(s, "..") {
		return "", false
	}
	inName := func(r rune) bool {
		return unicode.In(r, unicode.Letter, unicode.Mark, unicode.Digit) || r == '-' || r == '_' || r == '.'
	}
	if strings.ContainsFunc(s, func(r rune) bool { return !inName(r) }) || !strings.ContainsFunc(last, unicode.IsLetter) {
		return "", false // 1.2.34 is a version
	}
	return s, true
}

// link lower-cases scheme and host; the rest of a URL may depend on its case.
func link(raw string) (string, bool) {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok || scheme == "" || rest == "" || strings.ContainsAny(scheme, "/.?#@:[]") {
		return "", false
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	host, path := rest[:end], rest[end:]
	if path == "/" {
		path = ""
	}
	user := strings.LastIndexByte(host, '@') + 1
	return strings.ToLower(scheme) + "://" + host[:user] + strings.ToLower(host[user:]) + path, true
}

// email lower-cases the whole address: no mail server in use tells cases apart.
func email(raw string) (string, bool) {
	s := strings.ToLower(raw)
	at := strings.LastIndexByte(s, '@')
	if at <= 0 || strings.ContainsAny(s, "/<>,;") {
		return "", false
	}
	host, ok := domain(s[at+1:])
	return s[:at+1] + host, ok
}

// hash takes hexadecimal digests in the lengths of MD5, SHA-1, SHA-2 and SHA-3,
// and other digests (ssdeep, TLSH) as they are.
func hash(raw string) (string, bool) {
	switch len(raw) {
	case 32, 40, 56, 64, 96, 128:
		if _, err := hex.DecodeString(raw); err == nil {
			return strings.ToLower(raw), true
		}
	}
	return fuzzyHash(raw)
}

// fuzzyHash reads ssdeep (block size, two digests) and TLSH.
func fuzzyHash(raw string) (string, bool) {
	if tlsh.MatchString(raw) {
		return strings.ToUpper(raw), true
	}
	return raw, ssdeep.MatchString(raw)
}

var (
	tlsh   = regexp.MustCompile(`^(?i:T1)[0-9A-Fa-f]{70}$`)
	ssdeep = regexp.MustCompile(`^[0-9]{1,10}:[A-Za-z0-9+/]{3,64}:[A-Za-z0-9+/]{3,64}$`)
)

func mac(raw string) (string, bool) {
	s := strings.ReplaceAll(strings.ToLower(raw), "-", ":")
	if len(s) != 17 {
		return "", false
	}
	for i, r := range s {
		if i%3 == 2 && r != ':' || i%3 != 2 && !strings.ContainsRune("0123456789abcdef", r) {
			return "", false
		}
	}
	return s, true
}

// system writes the number of an autonomous system as AS64500.
func system(raw string) (string, bool) {
	if m := asn.FindStringSubmatch(raw); m != nil {
		raw = m[1]
	}
	n, err := strconv.ParseUint(raw, 10, 32)
	if err != nil {
		return "", false
	}
	return "AS" + strconv.FormatUint(n, 10), true
}

var hives = map[string]string{
	"hklm": "hkey_local_machine", "hkcu": "hkey_current_user", "hkcr": "hkey_classes_root", "hku": "hkey_users", "hkcc": "hkey_current_config",
}

// registry spells the hive out and lower-cases: Windows tells no cases apart.
func registry(raw string) (string, bool) {
	hive, rest, ok := strings.Cut(strings.ToLower(raw), `\`)
	if long, short := hives[hive]; short {
		hive = long
	}
	if !ok || !strings.HasPrefix(hive, "hkey_") {
		return "", false
	}
	return hive + `\` + strings.TrimSuffix(rest, `\`), true
}
