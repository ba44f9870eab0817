// Package warninglist reads lists of values that are often reported by mistake,
// public resolvers, addresses of the documentation, popular sites, in the format
// of the MISP project, and says which lists a value is on.
//
// A list is a remark for people. It suppresses nothing and no decision looks at
// it. Invariant: what a list costs to read and to match is bounded by its size;
// an entry that cannot be used costs itself only.
package warninglist

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"entente/intel/atom"
	"entente/internal/fault"
	"entente/internal/strictjson"
)

// The bounds of a list.
const (
	mostBytes      = 32 << 20
	mostEntries    = 1_000_000
	mostScanned    = 20_000 // entries that every value is compared with: substrings and expressions
	longestEntry   = 2_000
	longestPattern = 500
	longestName    = 200
	shownRejects   = 20
)

// List is one list, ready to be asked.
type List struct {
	ID          string // made of its name
	Name        string
	Description string
	Type        string // string, substring, hostname, cidr or regex
	Version     int64
	Entries     int      // in use
	Rejected    int      // not in use
	Because     []string // of the first that are not

	kinds      map[atom.Kind]bool // nil: every kind
	exact      map[string]bool    // values, or names whose subdomains count too
	ranges     map[netip.Prefix]bool
	lengths    []int // of the prefixes in ranges, each once
	substrings []string
	patterns   []*regexp.Regexp
}

// Parse reads a list. It returns an invalid fault "warninglist.malformed" when
// the document is no list, or holds no entry that can be used.
func Parse(b []byte) (*List, error) {
	bad := func(format string, args ...any) *fault.Error {
		return fault.New(fault.Invalid, "warninglist.malformed", "This is no warninglist: "+format+".", args...).
			Try("A list is a JSON document in the format of misp-warninglists, with name, type and list.")
	}
	if len(b) > mostBytes {
		return nil, bad("it is larger than %d MB", mostBytes>>20)
	}
	doc, err := strictjson.Parse(b, strictjson.Limits{Bytes: mostBytes, Depth: 8, Tokens: 2 * mostEntries})
	if err != nil {
		return nil, bad("it is not JSON that has one meaning").Because(err)
	}
	l := &List{Name: doc.GetText("name"), Description: doc.GetText("description"), Type: strings.ToLower(doc.GetText("type"))}
	l.ID = slug(l.Name)
	if l.ID == "" || len(l.Name) > longestName {
		return nil, bad("it has no name of at most %d bytes", longestName)
	}
	if v := doc.Get("version"); v != nil && v.Kind == strictjson.Number {
		_, _ = fmt.Sscan(v.Text, &l.Version) // another form of number is no version
	}
	use, ok := map[string]func(*List, string) string{
		"string": (*List).useString, "substring": (*List).useSubstring, "hostname": (*List).useHostname, "cidr": (*List).useRange, "regex": (*List).usePattern,
	}[l.Type]
	if !ok {
		return nil, bad("it has the type %q", l.Type)
	}
	entries := doc.Get("list")
	if entries == nil || entries.Kind != strictjson.Array || len(entries.Items) > mostEntries {
		return nil, bad("it has no list of at most %d entries", mostEntries)
	}
	l.kinds = kindsOf(doc.Get("matching_attributes"))
	l.exact, l.ranges = map[string]bool{}, map[netip.Prefix]bool{}
	for i := range entries.Items {
		l.take(i, &entries.Items[i], use)
	}
	if l.Entries == 0 {
		return nil, bad("none of its %d entries can be used", len(entries.Items))
	}
	return l, nil
}

func (l *List) take(i int, v *strictjson.Value, use func(*List, string) string) {
	why := "is not a text of 1 to 2000 bytes"
	if s := strings.TrimSpace(v.Text); v.Kind == strictjson.String && s != "" && len(s) <= longestEntry {
		why = use(l, s)
	}
	if why == "" {
		l.Entries++
		return
	}
	if l.Rejected++; len(l.Because) < shownRejects {
		l.Because = append(l.Because, fmt.Sprintf("/list/%d %s", i, why))
	}
}

func (l *List) useString(s string) string {
	for _, v := range atom.Values(s) {
		l.exact[v] = true
	}
	return ""
}

func (l *List) useHostname(s string) string {
	s = strings.ToLower(strings.Trim(s, "."))
	if s == "" || strings.ContainsAny(s, "/ ") {
		return "is no host name"
	}
	l.exact[s] = true
	return ""
}

func (l *List) useSubstring(s string) string {
	if len(l.substrings) == mostScanned {
		return "is one too many to search every value for"
	}
	l.substrings = append(l.substrings, strings.ToLower(s))
	return ""
}

func (l *List) useRange(s string) string {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		addr, err := netip.ParseAddr(s)
		if err != nil {
			return "is no address and no range of addresses"
		}
		p = netip.PrefixFrom(addr, addr.BitLen())
	}
	p = p.Masked()
	l.ranges[p] = true
	if !slices.Contains(l.lengths, p.Bits()) {
		l.lengths = append(l.lengths, p.Bits())
	}
	return ""
}

// usePattern takes /expression/flags. Only expressions that are matched in
// linear time are used.
func (l *List) usePattern(s string) string {
	if len(l.patterns) == mostScanned || len(s) > longestPattern {
		return "is too long, or one too many to try on every value"
	}
	flags := ""
	if end := strings.LastIndexByte(s, '/'); s[0] == '/' && end > 0 {
		if strings.ContainsRune(s[end:], 'i') {
			flags = "(?i)"
		}
		s = s[1:end]
	}
	// MISP writes expressions for PCRE, in which \@ is an @.
	re, err := regexp.Compile(flags + strings.ReplaceAll(s, `\@`, "@"))
	if err != nil {
		return "is no expression that can be matched in linear time"
	}
	l.patterns = append(l.patterns, re)
	return ""
}

// Has reports whether a value is on the list.
func (l *List) Has(a atom.Atom) bool {
	kind := a.Kind
	if kind == atom.Range {
		kind = atom.Address
	}
	if l.kinds != nil && !l.kinds[kind] {
		return false
	}
	switch l.Type {
	case "string":
		return l.exact[a.Value] || l.exact[strings.ToLower(a.Value)]
	case "hostname":
		return l.hasHost(host(a))
	case "cidr":
		return l.hasAddress(a)
	case "substring":
		value := strings.ToLower(a.Value)
		return slices.ContainsFunc(l.substrings, func(s string) bool { return strings.Contains(value, s) })
	}
	return slices.ContainsFunc(l.patterns, func(re *regexp.Regexp) bool { return re.MatchString(a.Value) })
}

// hasHost looks for a name and the domains above it.
func (l *List) hasHost(name string) bool {
	for name != "" {
		if l.exact[name] {
			return true
		}
		_, name, _ = strings.Cut(name, ".")
	}
	return false
}

// hasAddress looks an address, or a whole range, up in the ranges around it.
func (l *List) hasAddress(a atom.Atom) bool {
	value := a.Value
	if a.Kind == atom.URL {
		value = host(a)
	}
	p, err := netip.ParsePrefix(value)
	if err != nil {
		addr, err := netip.ParseAddr(value)
		if err != nil {
			return false
		}
		p = netip.PrefixFrom(addr, addr.BitLen())
	}
	for _, bits := range l.lengths {
		if bits > p.Bits() {
			continue
		}
		if around, err := p.Addr().Prefix(bits); err == nil && l.ranges[around] {
			return true
		}
	}
	return false
}

// host returns the name of the host that a value is about.
func host(a atom.Atom) string {
	s := a.Value
	if a.Kind == atom.URL {
		_, s, _ = strings.Cut(s, "://")
		if end := strings.IndexAny(s, "/?#"); end >= 0 {
			s = s[:end]
		}
		s = s[strings.LastIndexByte(s, '@')+1:]
		if strings.HasPrefix(s, "[") {
			s, _, _ = strings.Cut(s[1:], "]")
			return s
		}
		s, _, _ = strings.Cut(s, ":")
	}
	if a.Kind == atom.Email {
		s = s[strings.LastIndexByte(s, '@')+1:]
	}
	return strings.ToLower(s)
}

// kindsOf translates the types of MISP attributes that a list is meant for.
func kindsOf(v *strictjson.Value) map[atom.Kind]bool {
	if v == nil || len(v.Items) == 0 {
		return nil
	}
	kinds := map[atom.Kind]bool{}
	for i := range v.Items {
		for part := range strings.SplitSeq(strings.ToLower(v.Items[i].Text), "|") {
			if k, ok := meant[part]; ok {
				kinds[k] = true
			}
		}
	}
	return kinds
}

var meant = map[string]atom.Kind{
	"ip": atom.Address, "ip-src": atom.Address, "ip-dst": atom.Address, "domain": atom.Domain, "hostname": atom.Domain, "url": atom.URL, "uri": atom.URL,
	"email": atom.Email, "email-src": atom.Email, "email-dst": atom.Email, "target-email": atom.Email, "whois-registrant-email": atom.Email, "dns-soa-email": atom.Email,
	"md5": atom.Hash, "sha1": atom.Hash, "sha224": atom.Hash, "sha256": atom.Hash, "sha384": atom.Hash, "sha512": atom.Hash, "ssdeep": atom.Hash, "tlsh": atom.Hash,
	"x509-fingerprint-md5": atom.Hash, "x509-fingerprint-sha1": atom.Hash, "x509-fingerprint-sha256": atom.Hash, "filename": atom.FileName, "as": atom.AS,
	"mac-address": atom.MAC, "vulnerability": atom.CVE, "mutex": atom.Mutex, "regkey": atom.Registry,
}

// slug makes an id of a name.
func slug(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-")
}
