package privacy

import "strings"

// findNumbers finds telephone, bank account, payment card and United States
// social security numbers: a number counts when its form or its check digits
// say so, not because it is long.
func findNumbers(dst []span, s string) []span {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if i > 0 && alnum(s[i-1]) {
			continue
		}
		end, rule := 0, ""
		switch {
		case c == '+':
			end, rule = internationalPhone(s, i), textPhone
		case c == '(' || digit(c):
			end, rule = groupedNumber(s, i)
		case c >= 'A' && c <= 'Z':
			end, rule = ibanAt(s, i), textIBAN
		}
		if end > i {
			dst = append(dst, span{i, end, rule})
			i = end - 1
		}
	}
	return dst
}

// internationalPhone reads "+44 20 7946 0000": E.164, 8 to 15 digits, written
// with spaces, dashes or brackets.
func internationalPhone(s string, i int) int {
	digits, end := 0, i+1
	for j := i + 1; j < len(s); j++ {
		if digit(s[j]) {
			if digits == 0 && s[j] == '0' {
				return 0
			}
			digits++
			end = j + 1
			continue
		}
		if strings.IndexByte(" -()/", s[j]) < 0 || j-end > 1 {
			break
		}
	}
	// A dot or a letter right after the digits: an address or an identifier.
	if digits < 8 || digits > 15 || end < len(s) && (alnum(s[end]) || strings.IndexByte(".[", s[end]) >= 0 && end+1 < len(s) && alnum(s[end+1])) {
		return 0
	}
	return end
}

// groupedNumber reads a run of digits in groups at i and says what it is.
func groupedNumber(s string, i int) (end int, rule string) {
	var digits []byte
	var shape strings.Builder // "123-456-7890" is "ddd-ddd-dddd"
	end = i
	for j := i; j < len(s) && len(digits) < 20; j++ {
		c := s[j]
		if digit(c) {
			digits = append(digits, c)
			shape.WriteByte('d')
			end = j + 1
			continue
		}
		if strings.IndexByte(" -()", c) < 0 || j > end && c != ' ' && s[j-1] != ')' {
			break
		}
		shape.WriteByte(c)
	}
	if end < len(s) && (alnum(s[end]) || s[end] == '-') || i > 0 && strings.IndexByte("-.", s[i-1]) >= 0 {
		return 0, ""
	}
	switch form := strings.TrimRight(shape.String(), " -()"); {
	case form == "ddd-ddd-dddd" || form == "(ddd) ddd-dddd" || form == "(ddd)ddd-dddd":
		return end, textPhone
	case form == "ddd-dd-dddd" && announced(s[:i]):
		return end, textSSN
	case len(digits) >= 13 && len(digits) <= 19 && cardBrand(digits) && luhn(digits) && evenGroups(form):
		return end, textCard
	}
	return 0, ""
}

// announced reports whether the words just before call the number a social
// security number; the bare form is too common.
func announced(before string) bool {
	before = strings.ToLower(before[max(0, len(before)-32):])
	return strings.Contains(before, "ssn") || strings.Contains(before, "social security")
}

func cardBrand(d []byte) bool {
	two := int(d[0]-'0')*10 + int(d[1]-'0')
	return d[0] == '4' || two >= 51 && two <= 55 || two >= 22 && two <= 27 || two == 34 || two == 37 || two == 36 || two == 60 || two == 62 || two == 65 || two == 35
}

// evenGroups accepts how cards are printed: no separators, or groups of three
// to six with one kind of separator.
func evenGroups(form string) bool {
	if strings.Trim(form, "d") == "" {
		return true
	}
	sep := " "
	if strings.Contains(form, "-") {
		sep = "-"
	}
	for g := range strings.SplitSeq(form, sep) {
		if strings.Trim(g, "d") != "" || len(g) < 3 || len(g) > 6 {
			return false
		}
	}
	return true
}

func luhn(d []byte) bool {
	sum := 0
	for i := range d {
		v := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			v *= 2
			if v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}

// ibanLengths is the length of an IBAN by country (ISO 13616 registry).
const ibanLengths = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BR29BY28CH21CR22CY28CZ24DE22DK18DO28EE20EG29ES24FI18FO18FR27GB22GE22GI23GL18GR27" +
	"GT28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MR27MT31MU30NL18NO15PK24PL28PS29PT25" +
	"QA29RO24RS22SA24SC31SE24SI19SK24SM27ST25SV28TN24TR26UA29VA22VG24XK20"

// ibanAt returns where the IBAN at i ends, or 0. The check is ISO 7064 MOD 97-10.
func ibanAt(s string, i int) int {
	if i+15 > len(s) || s[i+1] < 'A' || s[i+1] > 'Z' || !digit(s[i+2]) || !digit(s[i+3]) {
		return 0
	}
	want := 0
	for c := 0; c < len(ibanLengths); c += 4 {
		if ibanLengths[c:c+2] == s[i:i+2] {
			want = int(ibanLengths[c+2]-'0')*10 + int(ibanLengths[c+3]-'0')
		}
	}
	digits := make([]byte, 0, 34)
	end := i
	for ; end < len(s) && len(digits) < want; end++ {
		if s[end] == ' ' && len(digits)%4 == 0 {
			continue
		}
		if !digit(s[end]) && (s[end] < 'A' || s[end] > 'Z') {
			return 0
		}
		digits = append(digits, s[end])
	}
	if want == 0 || len(digits) != want || end < len(s) && alnum(s[end]) {
		return 0
	}
	rest := 0
	for _, c := range append(digits[4:len(digits):len(digits)], digits[:4]...) {
		if digit(c) {
			rest = (rest*10 + int(c-'0')) % 97
			continue
		}
		rest = (rest*100 + int(c-'A') + 10) % 97
	}
	if rest != 1 {
		return 0
	}
	return end
}
