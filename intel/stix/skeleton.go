package stix

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// lookalikes maps letters of other scripts to the Latin letter a person reads,
// for the letters of TLP labels and property names (an extract in the manner
// of UTS #39, section 4). Latin i, l, 1 and | are one letter, as are o and 0.
var lookalikes = map[rune]rune{
	'а': 'a', 'α': 'a', 'ɑ': 'a', 'ᴀ': 'a', 'в': 'b', 'β': 'b', 'ʙ': 'b', 'с': 'c', 'ϲ': 'c', 'ᴄ': 'c', 'ԁ': 'd', 'ᴅ': 'd', 'ꭰ': 'd',
	'е': 'e', 'ε': 'e', 'ҽ': 'e', 'ᴇ': 'e', 'є': 'e', 'ғ': 'f', 'ɡ': 'g', 'ԍ': 'g', 'ɢ': 'g', 'ց': 'g', 'һ': 'h', 'н': 'h', 'η': 'n', 'ʜ': 'h',
	'і': 'l', 'ι': 'l', 'ı': 'l', 'ɪ': 'l', 'ⅼ': 'l', 'ӏ': 'l', 'ʟ': 'l', 'ꮮ': 'l', 'i': 'l', '1': 'l', '|': 'l', 'ǀ': 'l',
	'ј': 'j', 'к': 'k', 'κ': 'k', 'ᴋ': 'k', 'м': 'm', 'μ': 'm', 'ᴍ': 'm', 'ո': 'n', 'ɴ': 'n', 'ν': 'n', 'п': 'n', 'о': 'o', 'ο': 'o', 'օ': 'o', '0': 'o',
	'р': 'p', 'ρ': 'p', 'ᴘ': 'p', 'ꮲ': 'p', 'г': 'r', 'ʀ': 'r', 'ꮢ': 'r', 'я': 'r', 'ѕ': 's', 'ꜱ': 's', 'ʂ': 's', 'т': 't', 'τ': 't', 'ᴛ': 't', 'ꭲ': 't',
	'ս': 'u', 'υ': 'u', 'ᴜ': 'u', 'ѵ': 'v', 'ѡ': 'w', 'ԝ': 'w', 'ᴡ': 'w', 'ꮃ': 'w', 'х': 'x', 'χ': 'x', 'у': 'y', 'γ': 'y', 'ʏ': 'y',
}

// skeleton returns what a person is likely to read: lower case, compatibility
// forms and accents dissolved, invisible characters dropped, look-alikes
// folded. It is for comparing with other skeletons only.
func skeleton(s string) string {
	if plain(s) {
		return strings.Map(foldLookalike, strings.ToLower(s))
	}
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point) {
			return -1
		}
		return foldLookalike(unicode.ToLower(r))
	}, norm.NFKD.String(s))
}

func plain(s string) bool { return all(s, func(b byte) bool { return b < utf8.RuneSelf }) }

func foldLookalike(r rune) rune {
	if to, ok := lookalikes[r]; ok {
		return to
	}
	return r
}
