package privacy

import (
	"cmp"
	"slices"
	"strings"
)

// Names of the text detectors, as they appear in [Finding.Rule].
const (
	textEmail     = "text/email"
	textIP        = "text/ip"
	textMAC       = "text/mac"
	textPhone     = "text/phone"
	textIBAN      = "text/iban"
	textCard      = "text/card"
	textUserinfo  = "text/url-userinfo"
	textQuery     = "text/url-query"
	textURLSecret = "text/url-secret" //nolint:gosec // the name of a detector
	textUserPath  = "text/user-path"
	textHandle    = "text/handle"
	textSID       = "text/sid"
	textSSN       = "text/ssn"
	textSecret    = "text/secret"
	textName      = "text/name"
	textVictim    = "text/victim-name"
	textSource    = "text/source-name"
	textOffender  = "text/offender-name"
	textPseudonym = "text/pseudonym"
)

// Withheld stands where a part of a text was taken out, and is the name of an
// identity whose name was. The detectors know it and never report it.
const Withheld = "[withheld]"

// withheldWord is Withheld where brackets would break the syntax around it: in
// URLs, paths and mailboxes.
const withheldWord = "withheld"

// span is a detected stretch of bytes in one string.
type span struct {
	start, end int
	rule       string
}

// detect appends the spans of s that are personal by their form alone, in
// order and without overlap. It allocates only for what it finds: most strings
// of most feeds hold nothing, and a scan of the bytes tells.
func detect(dst []span, s string) []span {
	if len(s) < 4 {
		return dst
	}
	h := look(s)
	from := len(dst)
	if h.at {
		dst = findEmails(dst, s)
		dst = findMentions(dst, s)
	}
	if h.digits >= 4 {
		dst = findIPv4(dst, s)
		dst = findNumbers(dst, s)
	}
	if h.colons >= 2 {
		dst = findIPv6(dst, s)
	}
	if h.colons >= 5 || h.dashes >= 5 {
		dst = findMACs(dst, s)
	}
	if h.scheme {
		dst = findURLs(dst, s)
	}
	if h.slash {
		dst = findUserPaths(dst, s)
	}
	if h.dashes > 0 {
		dst = findTokens(dst, s)
	}
	dst = findSecrets(dst, s, h)
	return append(dst[:from], untangle(dst[from:])...)
}

// hints are cheap facts about a string that rule detectors out.
type hints struct {
	at, scheme, slash, equals bool
	digits, colons, dashes    int
}

func look(s string) (h hints) {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			h.digits++
		case c == '@':
			h.at = true
		case c == ':':
			h.colons++
			h.scheme = h.scheme || strings.HasPrefix(s[i:], "://")
		case c == '-':
			h.dashes++
		case c == '/' || c == '\\':
			h.slash = true
		case c == '=':
			h.equals = true
		case c == '[' || c == '(' || c == '{':
			// Defanged: user[at]example.org, 2001[:]db8[:]…
			h.at = h.at || bracketed(s[i:], "@") > 0 || bracketed(s[i:], "at") > 0
			if bracketed(s[i:], ":") > 0 {
				h.colons++
			}
		}
	}
	return h
}

// bracketed returns the length of "[word]", "(word)" or "{word}" at the start
// of s, in any case, and 0 when it is not there.
func bracketed(s, word string) int {
	n := len(word) + 2
	if len(s) < n || !strings.EqualFold(s[1:n-1], word) {
		return 0
	}
	switch s[:1] + s[n-1:n] {
	case "[]", "()", "{}":
		return n
	}
	return 0
}

// dotAt returns the length of a dot at the start of s in any of the ways people
// write one to keep an address from being clickable.
func dotAt(s string) int {
	switch {
	case s == "":
		return 0
	case s[0] == '.':
		return 1
	case s[0] == '\\' && len(s) > 1 && s[1] == '.':
		return 2
	}
	return max(bracketed(s, "."), bracketed(s, "dot"))
}

// atAt is dotAt for the at sign.
func atAt(s string) int {
	if s != "" && s[0] == '@' {
		return 1
	}
	return max(bracketed(s, "@"), bracketed(s, "at"))
}

// untangle sorts spans and merges those that overlap under the name of the
// first, so that what two detectors saw together is taken out together.
func untangle(spans []span) []span {
	if len(spans) < 2 {
		return spans
	}
	slices.SortStableFunc(spans, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end))
	})
	kept := spans[:1]
	for _, s := range spans[1:] {
		last := &kept[len(kept)-1]
		if s.start >= last.end {
			kept = append(kept, s)
			continue
		}
		if last.rule != textUserinfo { // what follows it is the host
			last.end = max(last.end, s.end)
		}
	}
	return kept
}

func digit(c byte) bool { return c >= '0' && c <= '9' }
func letter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
func alnum(c byte) bool { return digit(c) || letter(c) }
func hexDigit(c byte) bool {
	return digit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
