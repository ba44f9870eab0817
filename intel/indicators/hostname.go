package indicators

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// hostname brings the name of a host into lower-case ASCII. Labels in other
// scripts become A-labels (RFC 5891), so that a name is the same however a list
// writes it. The last label is a word: a name of digits only is an address that
// somebody wrote wrongly.
func hostname(s string) (string, bool) {
	s = strings.TrimSuffix(strings.ToLower(norm.NFKC.String(s)), ".")
	s = strings.NewReplacer("。", ".", "．", ".", "｡", ".").Replace(s)
	labels := strings.Split(s, ".")
	if len(labels) < 2 || len(s) > 4*253 {
		return "", false
	}
	for i, l := range labels {
		a, ok := label(l)
		if !ok {
			return "", false
		}
		labels[i] = a
	}
	last := labels[len(labels)-1]
	name := strings.Join(labels, ".")
	word := len(last) >= 2 && (strings.Trim(last, "abcdefghijklmnopqrstuvwxyz") == "" || strings.HasPrefix(last, "xn--"))
	return name, word && len(name) <= 253
}

// label reads one label. Underscores are in no host name and in many names that
// attackers register below one.
func label(s string) (string, bool) {
	ascii := true
	for _, r := range s {
		switch {
		case r < 0x80 && (r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_'):
		case r >= 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)):
			ascii = false
		default:
			return "", false
		}
	}
	if !ascii {
		s = "xn--" + punycode([]rune(s))
	}
	return s, s != "" && len(s) <= 63 && s[0] != '-' && s[len(s)-1] != '-'
}

// Parameters of punycode (RFC 3492, section 5).
const (
	puBase, puMin, puMax, puSkew, puDamp = 36, 1, 26, 38, 700
	puDigits                             = "abcdefghijklmnopqrstuvwxyz0123456789"
)

// punycode is RFC 3492, section 6.3. Labels are bounded by the length of a
// name, so nothing overflows.
func punycode(label []rune) string {
	var out []byte
	for _, r := range label {
		if r < 0x80 {
			out = append(out, byte(r)) //nolint:gosec // ASCII, one line above
		}
	}
	basic := len(out)
	if basic > 0 {
		out = append(out, '-')
	}
	next, delta, bias := rune(0x80), 0, 72
	for done := basic; done < len(label); {
		least := slices.MinFunc(label, func(a, b rune) int { return rank(a, next) - rank(b, next) })
		delta += int(least-next) * (done + 1)
		next = least
		for _, r := range label {
			if r < next {
				delta++
			}
			if r == next {
				out = variable(out, delta, bias)
				done++
				bias, delta = adapt(delta, done, done == basic+1), 0
			}
		}
		delta++
		next++
	}
	return string(out)
}

// rank orders the code points that are still to come before all others.
func rank(r, next rune) int {
	if r < next {
		return unicode.MaxRune + 1
	}
	return int(r)
}

// variable writes one number as a generalised variable-length integer.
func variable(out []byte, n, bias int) []byte {
	for k := puBase; ; k += puBase {
		t := min(max(k-bias, puMin), puMax)
		if n < t {
			return append(out, puDigits[n])
		}
		out = append(out, puDigits[t+(n-t)%(puBase-t)])
		n = (n - t) / (puBase - t)
	}
}

func adapt(delta, points int, first bool) int {
	if first {
		delta /= puDamp
	} else {
		delta /= 2
	}
	delta += delta / points
	k := 0
	for delta > (puBase-puMin)*puMax/2 {
		delta /= puBase - puMin
		k += puBase
	}
	return k + (puBase-puMin+1)*delta/(delta+puSkew)
}
