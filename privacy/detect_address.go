package privacy

import (
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"
)

// findEmails finds mailboxes, also defanged ones ("john[at]example[.]org").
func findEmails(dst []span, s string) []span {
	for i := 0; i < len(s); i++ {
		n := atAt(s[i:])
		if n == 0 {
			continue
		}
		start := mailboxStart(s, i)
		end := domainEnd(s, i+n)
		if start < i && end > i+n && !strings.EqualFold(s[start:i], withheldWord) {
			dst = append(dst, span{start, end, textEmail})
		}
		i = max(i+n, end) - 1
	}
	return dst
}

// mailboxStart walks left over the local part that ends at i. Letters of every
// script count: RFC 6531 allows them and so do people's names.
func mailboxStart(s string, i int) int {
	start := i
	for start > 0 {
		r, n := utf8.DecodeLastRuneInString(s[:start])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._%+-", r) {
			break
		}
		start -= n
	}
	// A dot or a dash before a mailbox is punctuation of the text.
	return i - len(strings.TrimLeft(s[start:i], "._%+-"))
}

// domainEnd walks right over a domain and returns where its last alphabetic
// label ends, or start when there are not at least two labels. "example.org.1"
// ends after "org".
func domainEnd(s string, start int) int {
	end, i, labels := start, start, 0
	for i < len(s) {
		from, alpha := i, true
		for i < len(s) {
			r, n := utf8.DecodeRuneInString(s[i:])
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' {
				break
			}
			alpha = alpha && unicode.IsLetter(r)
			i += n
		}
		if i == from {
			break
		}
		labels++
		if labels > 1 && (alpha && i-from >= 2 || strings.HasPrefix(s[from:i], "xn--")) {
			end = i
		}
		n := dotAt(s[i:])
		if n == 0 {
			break
		}
		i += n
	}
	return end
}

// findMentions finds "@handle" that stands alone.
func findMentions(dst []span, s string) []span {
	for i := range len(s) {
		if s[i] != '@' || i > 0 && !strings.ContainsRune(" (\t\n,;:\"'", rune(s[i-1])) {
			continue
		}
		end := i + 1
		for end < len(s) && (alnum(s[end]) || s[end] == '_') {
			end++
		}
		follows := end < len(s) && strings.IndexByte(".=(/\\[@", s[end]) >= 0 && end+1 < len(s) && alnum(s[end+1])
		if end-i >= 5 && !follows && s[i+1:end] != withheldWord {
			dst = append(dst, span{i, end, textHandle})
		}
	}
	return dst
}

// findIPv4 finds dotted quads, also defanged, with a prefix length if there is
// one. Four-part version numbers are told apart by the word before them.
func findIPv4(dst []span, s string) []span {
	for i := 0; i < len(s); i++ {
		if !digit(s[i]) {
			continue
		}
		if i > 0 && (alnum(s[i-1]) || s[i-1] == '.' && i > 1 && digit(s[i-2])) {
			continue
		}
		end, ok := quadEnd(s, i)
		if !ok {
			for i+1 < len(s) && digit(s[i+1]) {
				i++
			}
			continue
		}
		end = prefixEnd(s, i, end)
		if !versionBefore(s[:i]) && identifyingAddress(s[i:end]) {
			dst = append(dst, span{i, end, textIP})
		}
		i = end - 1
	}
	return dst
}

func quadEnd(s string, i int) (end int, ok bool) {
	for octet := range 4 {
		n, v := 0, 0
		for i+n < len(s) && digit(s[i+n]) && n < 4 {
			v = v*10 + int(s[i+n]-'0')
			n++
		}
		if n == 0 || n > 3 || v > 255 {
			return 0, false
		}
		i += n
		if octet == 3 {
			break
		}
		dot := dotAt(s[i:])
		if dot == 0 {
			return 0, false
		}
		i += dot
	}
	if i < len(s) && (alnum(s[i]) || s[i] == '.' && i+1 < len(s) && digit(s[i+1])) {
		return 0, false
	}
	return i, true
}

// prefixEnd extends a span over "/24". In "http://198.51.100.3/24" the number
// is a path.
func prefixEnd(s string, start, end int) int {
	if end >= len(s) || s[end] != '/' || strings.HasSuffix(s[:start], "//") {
		return end
	}
	i := end + 1
	for i < len(s) && digit(s[i]) && i-end <= 4 {
		i++
	}
	if i == end+1 || i-end > 4 || i < len(s) && (alnum(s[i]) || s[i] == '/') {
		return end
	}
	return i
}

func versionBefore(s string) bool {
	s = strings.TrimRight(s, " :=")
	at := len(s)
	for at > 0 && letter(s[at-1]) {
		at--
	}
	switch strings.ToLower(s[at:]) {
	case "v", "ver", "version", "versions", "release", "build", "firmware", "update", "before", "revision":
		return true
	}
	return false
}

// findIPv6 finds IPv6 addresses by letting netip judge each run of the right
// characters.
func findIPv6(dst []span, s string) []span {
	for i := 0; i < len(s); i++ {
		if !colonRunByte(s[i]) && bracketed(s[i:], ":") == 0 {
			continue
		}
		start := i
		end, colons := colonRun(s, start)
		i = end
		if colons < 2 || start > 0 && alnum(s[start-1]) || i < len(s) && (letter(s[i]) || s[i] == '_') {
			continue
		}
		text := strings.TrimRight(s[start:i], ".")
		text = strings.TrimSuffix(text, ":")
		if _, ok := address(text); !ok || fingerprint(text) {
			continue
		}
		end = prefixEnd(s, start, start+len(text))
		if identifyingAddress(s[start:end]) {
			dst = append(dst, span{start, end, textIP})
		}
	}
	return dst
}

// fingerprint reports whether text is pairs of digits all through: a serial
// number of eight bytes, though it reads as an address.
func fingerprint(text string) bool {
	for pair := range strings.SplitSeq(text, ":") {
		if len(pair) != 2 {
			return false
		}
	}
	return true
}

func colonRunByte(c byte) bool { return hexDigit(c) || c == ':' || c == '.' }

// colonRun returns where a run of address characters ends and how many colons
// it has.
func colonRun(s string, i int) (end, colons int) {
	for i < len(s) {
		if n := bracketed(s[i:], ":"); n > 0 {
			colons++
			i += n
			continue
		}
		if !colonRunByte(s[i]) {
			break
		}
		if s[i] == ':' {
			colons++
		}
		i++
	}
	return i, colons
}

// refang takes the brackets out of a defanged value.
func refang(s string) string {
	if !strings.ContainsAny(s, `[({\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if n := dotAt(s[i:]); n > 1 {
			b.WriteByte('.')
			i += n
			continue
		}
		if n := atAt(s[i:]); n > 1 {
			b.WriteByte('@')
			i += n
			continue
		}
		if n := bracketed(s[i:], ":"); n > 0 {
			b.WriteByte(':')
			i += n
			continue
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

// address reads an address in any written form; without a prefix length the
// prefix is the whole address.
func address(s string) (netip.Prefix, bool) {
	s = refang(s)
	if p, err := netip.ParsePrefix(s); err == nil {
		return p, true
	}
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	return netip.Prefix{}, false
}

// The prefixes an address is cut to when it is generalised: 256 IPv4 addresses,
// one IPv6 site. Whoever cannot get at the provider's records cannot single out
// a subscriber by them (Breyer, C-582/14, para. 47 to 49).
const (
	keepIPv4 = 24
	keepIPv6 = 48
)

// identifyingAddress reports whether a written address can point at a line or a
// machine: not loopback, multicast or link-local, not a resolver everybody uses,
// not already generalised. Private addresses count only where the object itself
// is the address; in running text they say nothing outside their network.
func identifyingAddress(s string) bool {
	p, ok := address(s)
	return ok && !p.Addr().IsPrivate() && identifyingPrefix(p)
}

func identifyingPrefix(p netip.Prefix) bool {
	a := p.Addr().Unmap()
	if a.IsUnspecified() || a.IsLoopback() || a.IsMulticast() || a.IsLinkLocalUnicast() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return false
	}
	if a.Is4() {
		return p.Bits() > keepIPv4 && !publicResolver(a)
	}
	return p.Bits() > keepIPv6 && !publicResolver(a)
}

func publicResolver(a netip.Addr) bool {
	switch a.String() {
	case "1.1.1.1", "1.0.0.1", "8.8.8.8", "8.8.4.4", "9.9.9.9", "149.112.112.112", "208.67.222.222", "208.67.220.220",
		"2001:4860:4860::8888", "2001:4860:4860::8844", "2606:4700:4700::1111", "2606:4700:4700::1001", "2620:fe::fe":
		return true
	}
	return false
}

// findMACs finds six pairs of hexadecimal digits. Longer chains are serial
// numbers and fingerprints.
func findMACs(dst []span, s string) []span {
	const n = 17
	for i := 0; i+n <= len(s); i++ {
		if !hexDigit(s[i]) || i > 0 && (alnum(s[i-1]) || s[i-1] == ':' || s[i-1] == '-') {
			continue
		}
		if !macAt(s[i:i+n]) || i+n < len(s) && (alnum(s[i+n]) || s[i+n] == ':' || s[i+n] == '-') {
			continue
		}
		if !generalisedMAC(s[i : i+n]) {
			dst = append(dst, span{i, i + n, textMAC})
		}
		i += n - 1
	}
	return dst
}

func macAt(s string) bool {
	if len(s) != 17 || s[2] != ':' && s[2] != '-' {
		return false
	}
	for i := range len(s) {
		if i%3 == 2 && s[i] != s[2] || i%3 != 2 && !hexDigit(s[i]) {
			return false
		}
	}
	return true
}

// generalisedMAC reports whether only the manufacturer is left, or nothing:
// broadcast.
func generalisedMAC(s string) bool {
	return s[9:] == "00:00:00" || s[9:] == "00-00-00" || strings.EqualFold(s, "ff:ff:ff:ff:ff:ff")
}
