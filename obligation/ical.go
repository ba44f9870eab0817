package obligation

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// AppendFeed appends duties as a calendar (iCalendar, RFC 5545) for programs that
// show and remind. Duties without a due time are left out. The id of an event is
// that of the duty at a node and stays; SEQUENCE grows with every change, so that a
// program moves the event and does not add another. All times are UTC: the program
// shows them in the zone of its reader (section 3.3.5, form 2).
func AppendFeed(b []byte, node string, duties []Duty) []byte {
	b = line(b, "BEGIN", "VCALENDAR")
	b = line(b, "VERSION", "2.0")
	b = line(b, "PRODID", "-//Entente//Obligations//EN")
	b = line(b, "CALSCALE", "GREGORIAN")
	b = line(b, "METHOD", "PUBLISH")
	for _, d := range duties {
		if !d.Due.IsZero() {
			b = d.appendEvent(b, node)
		}
	}
	return line(b, "END", "VCALENDAR")
}

func (d Duty) appendEvent(b []byte, node string) []byte {
	b = line(b, "BEGIN", "VEVENT")
	b = line(b, "UID", escape(d.ID+"@"+node))
	b = line(b, "DTSTAMP", stamp(d.changed()))
	b = line(b, "SEQUENCE", strconv.Itoa(max(len(d.History)-1, 0)))
	b = line(b, "DTSTART", stamp(d.Due))
	b = line(b, "SUMMARY", escape(d.heading()))
	b = line(b, "DESCRIPTION", escape(d.describe()))
	b = line(b, "CATEGORIES", escape(d.Duty.Instrument))
	if d.Cancelled != nil {
		b = line(b, "STATUS", "CANCELLED")
	} else {
		b = line(b, "STATUS", "CONFIRMED")
	}
	if !d.Closed() {
		b = line(b, "BEGIN", "VALARM")
		b = line(b, "ACTION", "DISPLAY")
		b = line(b, "TRIGGER;VALUE=DATE-TIME", stamp(d.Warn()))
		b = line(b, "DESCRIPTION", escape(d.heading()))
		b = line(b, "END", "VALARM")
	}
	return line(b, "END", "VEVENT")
}

// changed is when the duty last changed: the same feed twice has the same bytes.
func (d Duty) changed() time.Time {
	if n := len(d.History); n > 0 {
		return d.History[n-1].At
	}
	return d.Started
}

func (d Duty) heading() string {
	switch {
	case !d.Done.IsZero():
		return "Done: " + d.Summary()
	case d.Cancelled != nil:
		return "Cancelled: " + d.Summary()
	}
	return d.Summary()
}

func (d Duty) describe() string {
	rows := []string{d.Duty.Instrument + " " + d.Duty.Cite}
	for _, row := range []struct{ name, value string }{
		{"Owed by: ", string(d.Bearer)}, {"Owed to: ", string(d.Beneficiary)}, {"About: ", d.About()},
	} {
		if row.value != "" {
			rows = append(rows, row.name+row.value)
		}
	}
	if d.Duty.Soft {
		rows = append(rows, "Where possible")
	}
	if d.Provisional() {
		rows = append(rows, "Can become due earlier: nobody recorded "+strings.Join(d.Waits(), ", "))
	}
	return strings.Join(rows, "\n")
}

func stamp(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

// escape writes text (section 3.3.11). Control characters cannot be written at
// all and are left out.
func escape(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`).Replace(s)
}

// line appends one content line, folded to 75 bytes without cutting a character
// (section 3.1).
func line(b []byte, name, value string) []byte {
	const most = 75
	s := name + ":" + value
	for limit := most; len(s) > limit; limit = most - 1 {
		cut := limit
		for !utf8.RuneStart(s[cut]) {
			cut--
		}
		b = append(append(b, s[:cut]...), "\r\n "...)
		s = s[cut:]
	}
	return append(append(b, s...), "\r\n"...)
}
