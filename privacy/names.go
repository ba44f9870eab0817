package privacy

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// names finds names of people and organisations in text by their words: case,
// normalisation form and what stands between the words do not matter. The key
// is the first word.
type names map[string][]nameEntry

type nameEntry struct {
	words []string
	rules []string // text/… rules the name counts for
}

// shortestName keeps "Li" and "Al" from marking half a language.
const shortestName = 4

func (n names) add(name, ruleName string) {
	var words []string
	eachWord(name, func(start, end int) { words = append(words, fold(name[start:end])) })
	if len(strings.Join(words, "")) < shortestName || genericNeedle(fold(name)) {
		return
	}
	for i, e := range n[words[0]] {
		if slices.Equal(e.words, words) {
			if !slices.Contains(e.rules, ruleName) {
				n[words[0]][i].rules = append(e.rules, ruleName)
			}
			return
		}
	}
	n[words[0]] = append(n[words[0]], nameEntry{words, []string{ruleName}})
}

// find calls f for every name in s, longest first where names begin alike.
func (n names) find(s string, f func(start, end int, rules []string)) {
	if len(n) == 0 {
		return
	}
	type word struct{ start, end int }
	var at []word
	eachWord(s, func(start, end int) { at = append(at, word{start, end}) })
	for i := 0; i < len(at); i++ {
		entries := n[fold(s[at[i].start:at[i].end])]
		best := nameEntry{}
		for _, e := range entries {
			if len(e.words) <= len(best.words) || i+len(e.words) > len(at) {
				continue
			}
			same := true
			for k := 1; k < len(e.words) && same; k++ {
				gap := s[at[i+k-1].end:at[i+k].start]
				same = len(gap) <= 3 && fold(s[at[i+k].start:at[i+k].end]) == e.words[k]
			}
			if same {
				best = e
			}
		}
		if k := len(best.words); k > 0 {
			f(at[i].start, at[i+k-1].end, best.rules)
			i += k - 1
		}
	}
}

// eachWord calls f for every run of letters, digits and combining marks.
func eachWord(s string, f func(start, end int)) {
	start := -1
	for i := 0; i < len(s); {
		r, n := rune(s[i]), 1
		in := alnum(s[i])
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(s[i:])
			in = unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
		}
		switch {
		case in && start < 0:
			start = i
		case !in && start >= 0:
			f(start, i)
			start = -1
		}
		i += n
	}
	if start >= 0 {
		f(start, len(s))
	}
}

// fold makes equal what a reader takes for equal: NFKC, no case.
func fold(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	return strings.ToLower(strings.ToUpper(norm.NFKC.String(s)))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func wholeToken(s string) bool {
	dash := len(s) - tokenLen - 1
	if dash < 1 || s[dash] != '-' {
		return false
	}
	start, end := tokenAround(s, dash)
	return start == 0 && end == len(s)
}

// genericNeedle reports whether a value is a word everybody uses, so that it
// names nobody and must not be hunted through other objects: account names that
// every system has, mailboxes of offices.
func genericNeedle(folded string) bool {
	switch folded {
	case "admin", "administrator", "root", "user", "guest", "test", "system", "service", "server", "default", "public", "info", "contact",
		"support", "security", "abuse", "noreply", "no-reply", "postmaster", "webmaster", "unknown", "none", "null", "true", "false", "malware",
		"victim", "organization", "organisation", "individual", "group", "identity", "name", "host", "localhost", "oracle", "postgres", "mysql",
		"nobody", "daemon", "backup", "operator", "domain", "client", "customer", "company":
		return true
	}
	return false
}
