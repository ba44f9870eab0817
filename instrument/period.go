package instrument

import (
	"strconv"
	"strings"
	"time"

	"entente/internal/fault"
)

// Period is an ISO 8601 duration with calendar parts: "P1M" after 31 January
// is the last day of February. Weeks are read as seven days.
type Period struct {
	Years, Months, Days int
	Clock               time.Duration
}

// Bounds on a period: no sum of parts overflows, and no due time leaves the
// years that RFC 3339 can write.
const (
	maxPart  = 1_000_000
	maxYears = 1_000
)

// ParsePeriod reads an ISO 8601 duration in whole, non-negative parts, such as
// "P1M", "PT72H" or "P1Y2M10DT2H30M". It returns an invalid fault for anything
// else: fractions, signs, parts out of order or a letter without a number.
func ParsePeriod(s string) (Period, error) {
	rest, ok := strings.CutPrefix(s, "P")
	if !ok || rest == "" {
		return Period{}, malformedPeriod(s)
	}
	var p Period
	date, clock, timed := strings.Cut(rest, "T")
	days, ok := readParts(date, "YMWD")
	if !ok || timed && clock == "" {
		return Period{}, malformedPeriod(s)
	}
	hours, ok := readParts(clock, "HMS")
	if !ok {
		return Period{}, malformedPeriod(s)
	}
	p.Years, p.Months, p.Days = days[0], days[1], 7*days[2]+days[3]
	p.Clock = time.Duration(hours[0])*time.Hour + time.Duration(hours[1])*time.Minute + time.Duration(hours[2])*time.Second
	if p.Years > maxYears || p.Months > 12*maxYears || p.Days > 366*maxYears {
		return Period{}, malformedPeriod(s)
	}
	return p, nil
}

// readParts reads numbers each followed by one of units, in that order and at
// most once.
func readParts(s, units string) ([4]int, bool) {
	var parts [4]int
	next := 0
	for s != "" {
		end := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
		if end < 1 {
			return parts, false
		}
		n, err := strconv.Atoi(s[:end])
		at := strings.IndexByte(units[next:], s[end])
		if err != nil || n > maxPart || at < 0 {
			return parts, false
		}
		parts[next+at] = n
		next += at + 1
		s = s[end+1:]
	}
	return parts, true
}

func malformedPeriod(s string) error {
	return fault.New(fault.Invalid, "period.malformed", "%.40q is not an ISO 8601 duration in whole parts.", s).
		Try("Write for example PT72H, P30D, P1M or P1Y6M.")
}

// IsZero reports whether p says nothing.
func (p Period) IsZero() bool { return p == Period{} }

// String returns the ISO 8601 form. Hours are not turned into days: PT72H and
// P3D are the same span in UTC and not the same wording.
func (p Period) String() string {
	if p.IsZero() {
		return "PT0S"
	}
	b := []byte{'P'}
	b = appendPart(b, p.Years, 'Y')
	b = appendPart(b, p.Months, 'M')
	b = appendPart(b, p.Days, 'D')
	if p.Clock > 0 {
		b = append(b, 'T')
		b = appendPart(b, int(p.Clock/time.Hour), 'H')
		b = appendPart(b, int(p.Clock%time.Hour/time.Minute), 'M')
		b = appendPart(b, int(p.Clock%time.Minute/time.Second), 'S')
	}
	return string(b)
}

func appendPart(b []byte, n int, unit byte) []byte {
	if n == 0 {
		return b
	}
	return append(strconv.AppendInt(b, int64(n), 10), unit)
}

// AddTo returns the instant p after t, in UTC. Years and months are calendar
// ones and end on the last day of a shorter month (Regulation (EEC) 1182/71
// Art. 3(2)(c)); days and hours are exact, because UTC has no summer time.
func (p Period) AddTo(t time.Time) time.Time {
	t = t.UTC()
	if p.Years != 0 || p.Months != 0 {
		t = addMonths(t, 12*p.Years+p.Months)
	}
	return t.AddDate(0, 0, p.Days).Add(p.Clock)
}

func addMonths(t time.Time, months int) time.Time {
	first := time.Date(t.Year(), t.Month(), 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC).AddDate(0, months, 0)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1)
}

// MarshalText implements [encoding.TextMarshaler].
func (p Period) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (p *Period) UnmarshalText(b []byte) (err error) {
	*p, err = ParsePeriod(string(b))
	return err
}
