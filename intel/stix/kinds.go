package stix

import (
	"encoding/base64"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/language"

	"entente/internal/strictjson"
)

// Rules for the property types of STIX 2.1, section 2.

func ofKind(k strictjson.Kind, what string) rule {
	return func(c *checker, v *strictjson.Value) {
		if v.Kind != k {
			c.refuse("stix.value", "must be "+what)
		}
	}
}

var (
	text    = ofKind(strictjson.String, "a string")
	boolean = ofKind(strictjson.Bool, "true or false")
)

// when applies a test to strings and refuses others; test returns what is
// wrong, or "".
func when(code string, test func(s string) string) rule {
	return func(c *checker, v *strictjson.Value) {
		if v.Kind != strictjson.String {
			c.refuse("stix.value", "must be a string")
			return
		}
		if wrong := test(v.Text); wrong != "" {
			c.refuse(code, wrong)
		}
	}
}

func oneOf(words ...string) rule {
	return when("stix.enum", func(s string) string {
		if slices.Contains(words, s) {
			return ""
		}
		return "must be one of " + strings.Join(words, ", ")
	})
}

// integer is section 2.8: no fraction and no exponent, so that 1.0 is not 1.
func integer(least, most int64) rule {
	return func(c *checker, v *strictjson.Value) {
		if v.Kind != strictjson.Number {
			c.refuse("stix.value", "must be an integer")
			return
		}
		n, err := strconv.ParseInt(v.Text, 10, 64)
		switch {
		case err != nil:
			c.refuse("stix.value", "must be an integer without fraction and exponent")
		case n < least || n > most:
			c.refuse("stix.value", "must be from "+strconv.FormatInt(least, 10)+" to "+strconv.FormatInt(most, 10))
		}
	}
}

const maxInteger = 1<<53 - 1 // section 2.8

var (
	anyInteger = integer(-maxInteger, maxInteger)
	count      = integer(0, maxInteger)
)

func number(least, most float64) rule {
	return func(c *checker, v *strictjson.Value) {
		f, err := strconv.ParseFloat(v.Text, 64)
		if v.Kind != strictjson.Number || err != nil || f < least || f > most {
			c.refuse("stix.value", "must be a number in its range")
		}
	}
}

// list is section 2.11 and 2.12: a list has items.
func list(item rule) rule {
	return func(c *checker, v *strictjson.Value) {
		if v.Kind != strictjson.Array {
			c.refuse("stix.value", "must be a list")
			return
		}
		if len(v.Items) == 0 {
			c.refuse("stix.empty", "is an empty list")
			return
		}
		for i := range v.Items {
			c.under(step{index: i}, item, &v.Items[i])
		}
	}
}

// dictionary is section 2.3.
func dictionary(value rule) rule {
	return func(c *checker, v *strictjson.Value) {
		if v.Kind != strictjson.Object {
			c.refuse("stix.value", "must be a dictionary")
			return
		}
		if len(v.Members) == 0 {
			c.refuse("stix.empty", "is an empty dictionary")
			return
		}
		for i := range v.Members {
			m := &v.Members[i]
			if !isKey(m.Name) {
				c.refuse("stix.name", "a key must be of ASCII letters, digits, hyphens and underscores, 1 to 250 characters")
				return
			}
			c.under(step{name: m.Name}, value, &m.Value)
		}
	}
}

func isKey(s string) bool {
	return s != "" && len(s) <= 250 && all(s, func(b byte) bool { return isLower(b) || b >= 'A' && b <= 'Z' || isDigit(b) || b == '-' || b == '_' })
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }
func isLower(b byte) bool { return b >= 'a' && b <= 'z' }
func isHexDigit(b byte) bool {
	return isDigit(b) || b >= 'a' && b <= 'f' || b >= 'A' && b <= 'F'
}

func all(s string, f func(byte) bool) bool {
	for i := range len(s) {
		if !f(s[i]) {
			return false
		}
	}
	return true
}

// present accepts any value that STIX can hold: no null, nothing empty, keys
// that a selector can name. Deeper inside custom properties nothing empty is
// only a warning, since ATT&CK itself has empty lists there.
func present(c *checker, v *strictjson.Value) {
	empty := v.Kind == strictjson.Null || v.Kind == strictjson.Array && len(v.Items) == 0 || v.Kind == strictjson.Object && len(v.Members) == 0
	switch {
	case empty && !c.property():
		c.warn("stix.empty", "is null or empty")
	case empty:
		c.refuse("stix.empty", "is null or empty")
	case v.Kind == strictjson.Array:
		list(present)(c, v)
	case v.Kind == strictjson.Object:
		dictionary(present)(c, v)
	}
}

// isPropertyName is section 3.1.
func isPropertyName(s string) bool {
	return len(s) >= 3 && len(s) <= 250 && isLower(s[0]) && all(s, func(b byte) bool { return isLower(b) || isDigit(b) || b == '_' })
}

// isTypeName is section 3.1.
func isTypeName(s string) bool {
	return len(s) >= 3 && len(s) <= 250 && isLower(s[0]) && !strings.Contains(s, "--") &&
		all(s, func(b byte) bool { return isLower(b) || isDigit(b) || b == '-' })
}

var (
	hexadecimal = when("stix.encoding", func(s string) string {
		if s == "" || len(s)%2 != 0 || !all(s, isHexDigit) {
			return "must be an even number of hexadecimal digits"
		}
		return ""
	})
	binary = when("stix.encoding", func(s string) string {
		if _, err := base64.StdEncoding.DecodeString(s); err != nil || s == "" || strings.ContainsAny(s, "\r\n") {
			return "must be base64 (RFC 4648, section 4)"
		}
		return ""
	})
	languageTag = when("stix.language", notLanguage)
	charset     = when("stix.encoding", func(s string) string {
		if len(s) < 2 || len(s) > 250 || !all(s, func(b byte) bool { return isLower(b|0x20) || isDigit(b) || strings.IndexByte("/.+_:-", b) >= 0 }) {
			return "must be the IANA name of a character set"
		}
		return ""
	})
)

func notLanguage(s string) string {
	// The parser also takes underscores, and tags of any length.
	if _, err := language.Parse(s); err != nil || strings.Contains(s, "_") || len(s) > 100 {
		return "is not a language tag"
	}
	return ""
}

// digestSizes is hash-algorithm-ov with the number of hexadecimal digits.
var digestSizes = map[string]int{"MD5": 32, "SHA-1": 40, "SHA-256": 64, "SHA-512": 128, "SHA3-256": 64, "SHA3-512": 128}

// hashes is section 2.7.
func hashes(c *checker, v *strictjson.Value) {
	dictionary(text)(c, v)
	for i := range v.Members {
		m := &v.Members[i]
		size, known := digestSizes[m.Name]
		switch {
		case len(m.Name) < 3:
			c.refuse("stix.name", "the name of a hash algorithm has at least 3 characters")
		case known && (len(m.Value.Text) != size || !all(m.Value.Text, isHexDigit)):
			c.refuseAt(m.Name, "stix.hash", "must be "+strconv.Itoa(size)+" hexadecimal digits")
		case m.Name == "TLSH" && !isTLSH(m.Value.Text), m.Name == "SSDEEP" && !isSSDEEP(m.Value.Text):
			c.refuseAt(m.Name, "stix.hash", "is not a fuzzy hash of that name")
		}
	}
}

func isTLSH(s string) bool {
	return len(s) >= 70 && len(s) <= 72 && all(s, func(b byte) bool { return isLower(b|0x20) || isDigit(b) })
}

func isSSDEEP(s string) bool {
	return s != "" && len(s) <= 160 && all(s, func(b byte) bool { return isLower(b|0x20) || isDigit(b) || strings.IndexByte("/+:.", b) >= 0 })
}

// prefixed reports whether s is an address, or an address and a prefix length
// without leading zeros.
func prefixed(s string, is func(netip.Addr) bool, bits int) bool {
	addr, length, cut := strings.Cut(s, "/")
	a, err := netip.ParseAddr(addr)
	if err != nil || !is(a) {
		return false
	}
	n, err := strconv.Atoi(length)
	return !cut || err == nil && n >= 0 && n <= bits && strconv.Itoa(n) == length
}

var (
	ipv4 = when("stix.address", func(s string) string {
		if prefixed(s, netip.Addr.Is4, 32) {
			return ""
		}
		return "must be an IPv4 address, or one in CIDR notation"
	})
	ipv6 = when("stix.address", func(s string) string {
		if prefixed(s, netip.Addr.Is6, 128) {
			return ""
		}
		return "must be an IPv6 address, or one in CIDR notation"
	})
	mac = when("stix.address", func(s string) string {
		for i := range len(s) {
			if i%3 == 2 && s[i] != ':' || i%3 != 2 && (!isHexDigit(s[i]) || s[i] >= 'A' && s[i] <= 'F') {
				return "must be six colon-separated octets in lower-case hexadecimal digits"
			}
		}
		if len(s) != 17 {
			return "must be six colon-separated octets in lower-case hexadecimal digits"
		}
		return ""
	})
	email = when("stix.address", func(s string) string {
		local, domain, ok := strings.Cut(s, "@")
		if !ok || local == "" || domain == "" || strings.ContainsAny(s, " <>\t\r\n") {
			return "must be an e-mail address without a display name"
		}
		return ""
	})
	mediaType = when("stix.encoding", func(s string) string {
		family, sub, ok := strings.Cut(s, "/")
		if !ok || sub == "" || !slices.Contains([]string{"application", "audio", "font", "image", "message", "model", "multipart", "text", "video"}, family) {
			return "must be a media type, such as application/zip"
		}
		return ""
	})
)

// link is a URL. Feeds send many without a scheme; they are told and kept.
func link(c *checker, v *strictjson.Value) {
	if v.Kind != strictjson.String {
		c.refuse("stix.value", "must be a string")
		return
	}
	if v.Text == "" || strings.ContainsFunc(v.Text, unicode.IsSpace) {
		c.refuse("stix.address", "must be a URL (RFC 3986)")
		return
	}
	scheme, rest, ok := strings.Cut(v.Text, ":")
	if !ok || scheme == "" || rest == "" || !all(scheme, func(b byte) bool { return isLower(b|0x20) || isDigit(b) || strings.IndexByte("+-.", b) >= 0 }) {
		c.warn("stix.relative-url", "has no scheme")
	}
}
