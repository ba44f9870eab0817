package misp

import (
	"strconv"
	"strings"
	"time"

	"entente/internal/strictjson"
)

// plainTime is how the reference converter writes times of STIX that are not
// created or modified.
const plainTime = "2006-01-02T15:04:05.999999Z"

// unix reads a timestamp of MISP.
func unix(s string) (time.Time, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 || n > 1<<37 {
		return time.Time{}, false
	}
	return time.Unix(n, 0).UTC(), true
}

// written are the ways MISP writes a time with a date.
var written = []string{"2006-01-02T15:04:05.999999999Z07:00", "2006-01-02T15:04:05.999999999-0700", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02"}

func dated(s string) (time.Time, bool) {
	for _, layout := range written {
		if t, err := time.Parse(layout, strings.TrimSpace(s)); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// analystTime is how MISP writes times of analyst data: in UTC, without saying so.
// A part of a second is written only when there is one.
func analystTime(t time.Time) string {
	if t.Nanosecond() == 0 {
		return t.UTC().Format("2006-01-02 15:04:05")
	}
	return t.UTC().Format("2006-01-02 15:04:05.000000")
}

// analystMoment reads one; clients that make analyst data write seconds as a number.
func analystMoment(v *strictjson.Value) (time.Time, bool) {
	s := asText(v)
	if t, ok := dated(s); ok {
		return t, true
	}
	whole, _, _ := strings.Cut(s, ".")
	return unix(whole)
}

// instant is when a part of an event was last changed, or when its event was.
func (p *part) instant(otherwise time.Time) time.Time {
	if t, ok := unix(scalar(&p.tree, "timestamp")); ok {
		return t
	}
	return otherwise
}
