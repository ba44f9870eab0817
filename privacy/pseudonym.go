package privacy

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strings"
)

// Pseudonyms are keyed (HMAC-SHA-256 under the key of the scope), so nobody
// without the key can try a dictionary, and they keep the type of what they
// stand for, so that a receiver's tools accept them. The forms and why they are
// safe to receive are in docs/decisions/005-pseudonym-forms.md.

// tokenAlphabet has no digits that look like letters and survives case folding.
var tokenAlphabet = base32.StdEncoding.WithPadding(base32.NoPadding)

const (
	tokenLen      = 16 // characters, 80 bits
	pseudonymHost = "pseudonym.invalid"
)

// The words before a token; see tokenAround.
var tokenWords = [...]string{"acct", "person", "tel", "contact", "user", "sid", "id", "org"}

// keyed is the one place a scope key is used. Kind separates what is named, so
// that a login and a file name that happen to be equal do not look equal.
func keyed(key []byte, kind, value string) [sha256.Size]byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(kind))
	m.Write([]byte{0})
	m.Write([]byte(value))
	return [sha256.Size]byte(m.Sum(nil))
}

func token(key []byte, word, value string) string {
	sum := keyed(key, word, value)
	return word + "-" + bare(sum)
}

func bare(sum [sha256.Size]byte) string {
	return strings.ToLower(tokenAlphabet.EncodeToString(sum[:tokenLen*5/8]))
}

// tokenAround returns the pseudonym whose dash is at s[dash], or 0, 0.
func tokenAround(s string, dash int) (start, end int) {
	end = dash + 1 + tokenLen
	if end > len(s) || end < len(s) && alnum(s[end]) {
		return 0, 0
	}
	for _, c := range []byte(s[dash+1 : end]) {
		if (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return 0, 0
		}
	}
	for _, w := range tokenWords {
		start = dash - len(w)
		if start >= 0 && s[start:dash] == w && (start == 0 || !alnum(s[start-1])) {
			return start, end
		}
	}
	return 0, 0
}

// pseudonymAddress maps an address into a range that is reserved and routed
// nowhere: 240.0.0.0/4 without 255.0.0.0/8, and the discard prefix 100::/64
// (RFC 6666). Nothing of the prefix survives.
func pseudonymAddress(key []byte, p netip.Prefix) string {
	if p.Addr().Is4() {
		sum := keyed(key, "ipv4", p.String())
		n := 240<<24 + binary.BigEndian.Uint64(sum[:8])%(15<<24)
		var b [8]byte
		binary.BigEndian.PutUint64(b[:], n)
		return netip.AddrFrom4([4]byte(b[4:])).String()
	}
	sum := keyed(key, "ipv6", p.String())
	b := [16]byte{0: 1, 1: 0}
	copy(b[8:], sum[:8])
	return netip.AddrFrom16(b).String()
}

func pseudonymousAddress(s string) bool {
	p, ok := address(s)
	if !ok || !p.IsSingleIP() {
		return false
	}
	a := p.Addr()
	if a.Is4() {
		return a.As4()[0] >= 240 && a.As4()[0] < 255
	}
	return netip.PrefixFrom(a, 64).Masked() == netip.MustParsePrefix("100::/64")
}

// macMark starts every pseudonymous MAC address: locally administered, unicast.
const macMark = "06:65"

func pseudonymMAC(key []byte, s string) string {
	sum := keyed(key, "mac", strings.ToLower(strings.ReplaceAll(s, "-", ":")))
	h := hex.EncodeToString(sum[:4])
	return macMark + ":" + h[:2] + ":" + h[2:4] + ":" + h[4:6] + ":" + h[6:]
}

func pseudonymMailbox(key []byte, s string) string {
	sum := keyed(key, "email", strings.ToLower(refang(s)))
	return bare(sum) + "@" + pseudonymHost
}

func pseudonymousMailbox(s string) bool { return strings.HasSuffix(s, "@"+pseudonymHost) }

// derivedID is the id of an object that was changed: the same for the same
// original under one scope key, and unrelated to it and to other scopes for
// whoever lacks the key. It is shaped as a version 5 UUID because the published
// schemas admit no version 8.
func derivedID(key []byte, typ, what string) string { return shapedID(key, typ, what, 5) }

func shapedID(key []byte, typ, what string, version byte) string {
	u := keyed(key, "object", typ+"\x00"+what)
	u[6] = u[6]&0x0f | version<<4
	u[8] = u[8]&0x3f | 0x80
	h := hex.EncodeToString(u[:16])
	return typ + "--" + h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
