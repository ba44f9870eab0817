package strictjson

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Append appends v in compact form: members in their order, number literals as
// they were written.
func Append(dst []byte, v *Value) []byte { return appendValue(dst, v, false) }

// AppendCanonical appends v in the canonical form of RFC 8785.
func AppendCanonical(dst []byte, v *Value) []byte { return appendValue(dst, v, true) }

// Canonical returns the canonical form (RFC 8785) of a document, or the fault
// of [Parse].
func Canonical(b []byte) ([]byte, error) {
	v, err := Parse(b, Default())
	if err != nil {
		return nil, err
	}
	return AppendCanonical(make([]byte, 0, len(b)), &v), nil
}

func appendValue(dst []byte, v *Value, canonical bool) []byte {
	switch v.Kind {
	case Null:
		return append(dst, "null"...)
	case Bool:
		return strconv.AppendBool(dst, v.Bool)
	case Number:
		if canonical {
			return appendNumber(dst, v.Text)
		}
		return append(dst, v.Text...)
	case String:
		return appendQuote(dst, v.Text)
	case Array:
		dst = append(dst, '[')
		for i := range v.Items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendValue(dst, &v.Items[i], canonical)
		}
		return append(dst, ']')
	default:
		return appendObject(dst, v.Members, canonical)
	}
}

func appendObject(dst []byte, members []Member, canonical bool) []byte {
	if canonical {
		members = slices.Clone(members)
		slices.SortFunc(members, func(a, b Member) int { return compareUTF16(a.Name, b.Name) })
	}
	dst = append(dst, '{')
	for i := range members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendQuote(dst, members[i].Name), ':')
		dst = appendValue(dst, &members[i].Value, canonical)
	}
	return append(dst, '}')
}

// compareUTF16 orders as RFC 8785, section 3.2.3 does: by UTF-16 code units,
// which differs from UTF-8 order only beyond the basic plane.
func compareUTF16(a, b string) int {
	if isASCII(a) && isASCII(b) {
		return strings.Compare(a, b)
	}
	return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
}

// appendNumber writes a literal as ECMAScript does (RFC 8785, section 3.2.2.3).
func appendNumber(dst []byte, lit string) []byte {
	f, err := strconv.ParseFloat(lit, 64)
	if err != nil {
		return append(dst, lit...) // not from Parse; leave it recognisable
	}
	if f == 0 {
		return append(dst, '0')
	}
	if abs := max(f, -f); abs >= 1e-6 && abs < 1e21 {
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	text := strconv.FormatFloat(f, 'e', -1, 64)
	return append(dst, strings.NewReplacer("e-0", "e-", "e+0", "e+").Replace(text)...)
}

const hexDigits = "0123456789abcdef"

// appendQuote writes a string with the only escapes that RFC 8785 has. Bytes
// that are not UTF-8, which [Parse] never returns, become U+FFFD.
func appendQuote(dst []byte, s string) []byte {
	dst = append(dst, '"')
	plain := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				dst = append(append(dst, s[plain:i]...), "\ufffd"...)
				plain = i + 1
			}
			i += n
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[plain:i]...)
		dst = appendEscape(dst, c)
		i++
		plain = i
	}
	return append(append(dst, s[plain:]...), '"')
}

func appendEscape(dst []byte, c byte) []byte {
	if at := strings.IndexByte("\b\t\n\f\r\"\\", c); at >= 0 {
		return append(dst, '\\', "btnfr\"\\"[at])
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}
