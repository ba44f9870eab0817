package party

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const maxName = 120

// CheckName returns "" for a name that can be shown beside others, or what is
// wrong with it (ASSURANCE.md T2): names are NFC, have no invisible or
// bidirectional characters, no lettering that only looks like plain letters,
// and no word that mixes alphabets.
func CheckName(name string) string {
	if wrong := hiddenText(name, maxName); wrong != "" {
		return wrong
	}
	switch {
	case name == "":
		return "is empty"
	case strings.TrimSpace(name) != name || strings.Contains(name, "  "):
		return "has spaces at an end or two in a row"
	case !norm.NFC.IsNormalString(name):
		return fmt.Sprintf("is not in Unicode form NFC; write %q", norm.NFC.String(name))
	case norm.NFKC.String(name) != name:
		return fmt.Sprintf("has lettering that only looks plain; write %q", norm.NFKC.String(name))
	}
	for word := range strings.FieldsSeq(name) {
		if mixed(word) {
			return fmt.Sprintf("has a word that mixes alphabets: %+q", word)
		}
	}
	return ""
}

// hiddenText says what makes a text read differently from what it is. The two
// joiners are refused in names and contacts: nobody can tell them apart by eye.
func hiddenText(s string, limit int) string {
	if len(s) > limit {
		return fmt.Sprintf("is longer than %d bytes", limit)
	}
	if !utf8.ValidString(s) {
		return "is not UTF-8"
	}
	for _, c := range s {
		space := unicode.Is(unicode.Z, c) && c != ' '
		if space || !unicode.IsGraphic(c) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, c) || unicode.Is(unicode.Variation_Selector, c) {
			return fmt.Sprintf("contains the invisible character U+%04X", c)
		}
	}
	return ""
}

// mixed reports whether a word has letters of two alphabets that share shapes.
func mixed(word string) bool {
	found := 0
	for _, script := range []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Cherokee, unicode.Coptic, unicode.Lisu} {
		if strings.ContainsFunc(word, func(c rune) bool { return unicode.Is(script, c) }) {
			found++
		}
	}
	return found > 1
}

// Confusable reports whether two different names may look the same to a person,
// so that the second cannot be registered beside the first. It follows the
// skeletons of Unicode TS #39 for Latin, Cyrillic, Greek and the look-alike
// digits, folds case, and compares nothing else.
func Confusable(a, b string) bool { return skeleton(a) == skeleton(b) }

// skeleton maps a name to one form that all its look-alikes share.
func skeleton(name string) string {
	var b strings.Builder
	for _, c := range norm.NFD.String(pairs.Replace(norm.NFKC.String(name))) {
		if unicode.Is(unicode.Other_Default_Ignorable_Code_Point, c) || unicode.Is(unicode.Cf, c) || unicode.IsSpace(c) {
			continue
		}
		b.WriteString(lookAlike(c))
	}
	return norm.NFD.String(b.String())
}

// pairs are two letters that read as one; only in lower case, since CL does not
// look like D.
var pairs = strings.NewReplacer("rn", "m", "vv", "w", "cl", "d")

// lookAlike folds one letter. Upper case is looked up before folding, because
// Cyrillic Н looks like H while н does not look like h.
func lookAlike(c rune) string {
	if to, ok := shapes[c]; ok {
		return to
	}
	lower := unicode.ToLower(c)
	if to, ok := shapes[lower]; ok && unicode.Is(unicode.Latin, c) {
		return to
	}
	return string(lower)
}

// shapes are the look-alikes of Latin letters, by what they look like.
var shapes = invert(map[string]string{
	"a": "аΑАαɑ", "b": "ВΒЬьƄ", "c": "сСϲϹⅽ", "d": "ԁԀɗ", "e": "еЕΕҽєε", "f": "ϝẝ", "g": "ɡɢց", "h": "һНΗҺհ",
	"i": "іІΙιɩӏӀ|lI1", "j": "јЈϳ", "k": "кКΚκқ", "m": "МΜϺм", "n": "Νпոռη", "o": "оОΟοσօ0", "p": "рРΡρ",
	"q": "ԛԚգ", "r": "гᴦ", "s": "ѕЅ", "t": "тТΤτ", "u": "υцս", "v": "νѵѴ", "w": "ԝԜωѡ", "x": "хХΧχ",
	"y": "уУΥγүҮ", "z": "ΖᴢƵ", "-": "‐‑‒–—−_", "'": "’‘ʼ`´", "3": "зЗЗ", "6": "б",
})

func invert(by map[string]string) map[rune]string {
	shapes := make(map[rune]string)
	for to, all := range by {
		for _, c := range all {
			shapes[c] = to
		}
	}
	return shapes
}
