package stix

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"entente/internal/strictjson"
)

// timestamp is section 2.16: RFC 3339, in UTC with Z. Go's own parser takes a
// decimal comma and the year 0 and drops digits, so the grammar is written out.
var timestamp = when("stix.timestamp", notTimestamp)

// versionTime is the type of created and modified, which section 3.2 wants in
// milliseconds or finer. Real producers, ATT&CK among them, leave them out.
func versionTime(c *checker, v *strictjson.Value) {
	timestamp(c, v)
	if _, fraction, _ := strings.Cut(v.Text, "."); len(fraction) < len("000Z") {
		c.warn("stix.precision", "is not given in milliseconds")
	}
}

const timeForm = "dddd-dd-ddTdd:dd:dd" // d is a digit

// notTimestamp says what is wrong with s. Leap seconds are refused: they exist
// in the grammar, but no two systems order them alike.
func notTimestamp(s string) string {
	if len(s) < len(timeForm)+1 || s[len(s)-1] != 'Z' {
		return "must be an RFC 3339 time in UTC, ending in Z"
	}
	for i := range len(timeForm) {
		if timeForm[i] == 'd' && !isDigit(s[i]) || timeForm[i] != 'd' && s[i] != timeForm[i] {
			return "must be an RFC 3339 time in UTC, ending in Z"
		}
	}
	if fraction := s[len(timeForm) : len(s)-1]; fraction != "" && (fraction[0] != '.' || len(fraction) < 2 || !all(fraction[1:], isDigit)) {
		return "has a malformed fraction of a second"
	}
	at := func(from, to int) int { n, _ := strconv.Atoi(s[from:to]); return n }
	year, month, day := at(0, 4), at(5, 7), at(8, 10)
	switch {
	case year == 0:
		return "has the year 0"
	case month < 1 || month > 12 || day < 1 || day > daysIn(year, month):
		return "is a day that does not exist"
	case at(11, 13) > 23 || at(14, 16) > 59 || at(17, 19) > 59:
		return "is a time of day that does not exist"
	}
	return ""
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// CompareTimestamps orders two STIX timestamps as instants, to the last digit
// of their fractions: "…00Z" and "…00.000Z" are equal. It returns -1, 0 or +1
// and has no meaning for text that [Parse] would refuse as a timestamp.
func CompareTimestamps(a, b string) int {
	a, fractionA := splitFraction(a)
	b, fractionB := splitFraction(b)
	return cmp.Or(strings.Compare(a, b), strings.Compare(fractionA, fractionB))
}

func splitFraction(s string) (seconds, fraction string) {
	seconds, fraction, _ = strings.Cut(strings.TrimSuffix(s, "Z"), ".")
	return seconds, strings.TrimRight(fraction, "0")
}

// inOrder refuses a later time before an earlier one; strictly also refuses
// equal times.
func inOrder(first, second string, strictly bool) func(c *checker, v *strictjson.Value) {
	return func(c *checker, v *strictjson.Value) {
		a, b := v.GetText(first), v.GetText(second)
		if a == "" || b == "" || notTimestamp(a) != "" || notTimestamp(b) != "" {
			return
		}
		if order := CompareTimestamps(a, b); order > 0 || strictly && order == 0 {
			c.refuseAt(second, "stix.order", "is before "+first)
		}
	}
}
