package search

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// gap stands between two texts of an object, so that no phrase is found across
// them. No word contains it.
const gap = "="

// longestWord is how many bytes of a word count.
const longestWord = 64

// word is one word of a text and where it stands.
type word struct {
	text       string // as it is compared
	start, end int
}

// words cuts a text into its words: runs of letters and digits, without case
// and accents. Scripts written without spaces count each character.
func words(s string) []word {
	var all []word
	start := -1
	end := func(at int) {
		if start >= 0 {
			for _, text := range split(fold(s[start:at])) {
				all = append(all, word{text, start, at})
			}
		}
		start = -1
	}
	for i, r := range s {
		switch {
		case alone(r):
			end(i)
			start = i
			end(i + len(string(r)))
		case !unicode.In(r, unicode.Letter, unicode.Digit, unicode.Mark):
			end(i)
		case start < 0:
			start = i
		}
	}
	end(len(s))
	return all
}

func alone(r rune) bool {
	return r >= 0x0e00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// split cuts a folded word at characters that count alone: one character may
// stand for several of them.
func split(s string) []string {
	if s == "" {
		return nil
	}
	if ascii(s) {
		return []string{s}
	}
	var all []string
	start := 0
	for i, r := range s {
		if !alone(r) {
			continue
		}
		if start < i {
			all = append(all, s[start:i])
		}
		start = i + len(string(r))
		all = append(all, s[i:start])
	}
	if start < len(s) {
		all = append(all, s[start:])
	}
	return all
}

// fold makes a word comparable.
func fold(s string) string {
	s = strings.ToLower(s)
	if !ascii(s) {
		s = strings.Map(func(r rune) rune {
			if unicode.In(r, unicode.Letter, unicode.Digit) {
				return unicode.ToLower(r)
			}
			return -1
		}, norm.NFKD.String(s))
	}
	if len(s) > longestWord {
		s = strings.ToValidUTF8(s[:longestWord], "")
	}
	return s
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func texts(all []word) []string {
	out := make([]string, len(all))
	for i, w := range all {
		out[i] = w.text
	}
	return out
}
