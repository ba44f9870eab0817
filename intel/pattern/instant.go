package pattern

import (
	"cmp"
	"strconv"
	"strings"
	"time"
)

// instant is a point in time, exact to any number of digits: what is compared
// must not be rounded.
type instant struct {
	seconds  int64  // since 1970
	fraction string // decimal digits without trailing zeros
}

const timeForm = "dddd-dd-ddTdd:dd:dd" // d is a digit

// isTimeForm is the TimestampLiteral of the grammar, which knows the numbers of
// months, days, hours, minutes and seconds (60 included) and no calendar.
func isTimeForm(s string) bool {
	if len(s) <= len(timeForm) || s[len(s)-1] != 'Z' {
		return false
	}
	for i := range len(timeForm) {
		if timeForm[i] == 'd' && !isDigit(s[i]) || timeForm[i] != 'd' && s[i] != timeForm[i] {
			return false
		}
	}
	if fraction := s[len(timeForm) : len(s)-1]; fraction != "" {
		if fraction[0] != '.' || len(fraction) == 1 || strings.Trim(fraction[1:], "0123456789") != "" {
			return false
		}
	}
	month, day := s[5:7], s[8:10]
	return month >= "01" && month <= "12" && day >= "01" && day <= "31" && s[11:13] <= "23" && s[14:16] <= "59" && s[17:19] <= "60"
}

// instantOf reads a timestamp; ok is false for a day that does not exist and for
// a leap second, which no two systems order alike.
func instantOf(s string) (t instant, ok bool) {
	if !isTimeForm(s) {
		return t, false
	}
	at := func(from, to int) int { n, _ := strconv.Atoi(s[from:to]); return n }
	day, second := at(8, 10), at(17, 19)
	read := time.Date(at(0, 4), time.Month(at(5, 7)), day, at(11, 13), at(14, 16), second, 0, time.UTC)
	fraction := strings.TrimPrefix(s[len(timeForm):len(s)-1], ".")
	return instant{read.Unix(), strings.TrimRight(fraction, "0")}, read.Day() == day && second < 60
}

func (t instant) compare(u instant) int {
	return cmp.Or(cmp.Compare(t.seconds, u.seconds), strings.Compare(t.fraction, u.fraction))
}

// span is a length of time above 0, exact like an instant.
type span instant

// spanOf reads the seconds of WITHIN. A span longer than all of history has no
// need of its last digits.
func spanOf(s string) span {
	const eternity = 1 << 40
	whole, fraction, _ := strings.Cut(s, ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || seconds > eternity {
		return span{seconds: eternity}
	}
	return span{seconds, strings.TrimRight(fraction, "0")}
}

// add returns the instant d after t. The fractions are added digit by digit.
func (t instant) add(d span) instant {
	a, b := t.fraction, d.fraction
	if len(a) < len(b) {
		a, b = b, a
	}
	sum, carry := []byte(a), byte(0)
	for i := len(b) - 1; i >= 0; i-- {
		digit := sum[i] - '0' + b[i] - '0' + carry
		sum[i], carry = '0'+digit%10, digit/10
	}
	return instant{t.seconds + d.seconds + int64(carry), strings.TrimRight(string(sum), "0")}
}
