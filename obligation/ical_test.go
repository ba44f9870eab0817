package obligation_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"entente/obligation"
)

// TestFeed (RFC 5545): one event for each duty with a due time, under an id that
// stays, with a number that grows.
func TestFeed(t *testing.T) {
	t.Parallel()
	d := ruled(t, within("PT4H"), "", obligation.Calendars{}, map[string]time.Time{"aware": at("2026-03-02T09:00:00Z")})
	d.Duty.What, d.Duty.Cite, d.Bearer, d.Beneficiary, d.Matter = "report; \\ now,\nplease", "Art. 1", "csirt-aa", "authority", "INC-7"
	d.Duty.Soft = true
	waiting := ruled(t, within("PT4H"), "", obligation.Calendars{}, nil)
	feed := string(obligation.AppendFeed(nil, "csirt-aa", []obligation.Duty{d, waiting}))
	want := strings.ReplaceAll(`BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Entente//Obligations//EN
CALSCALE:GREGORIAN
METHOD:PUBLISH
BEGIN:VEVENT
UID:d@csirt-aa
DTSTAMP:20260101T000000Z
SEQUENCE:0
DTSTART:20260302T130000Z
SUMMARY:report\; \\ now\,\nplease
DESCRIPTION:i Art. 1\nOwed by: csirt-aa\nOwed to: authority\nAbout: INC-7\n
 Where possible
CATEGORIES:i
STATUS:CONFIRMED
BEGIN:VALARM
ACTION:DISPLAY
TRIGGER;VALUE=DATE-TIME:20260302T120000Z
DESCRIPTION:report\; \\ now\,\nplease
END:VALARM
END:VEVENT
END:VCALENDAR
`, "\n", "\r\n")
	if feed != want {
		t.Errorf("got\n%s\nwant\n%s", feed, want)
	}
	done, err := d.Complete(d.Due, obligation.Evidence{}, because(""))
	if err != nil {
		t.Fatal(err)
	}
	cancelled, err := d.Cancel(because("x"))
	if err != nil {
		t.Fatal(err)
	}
	for of, want := range map[string]string{
		string(obligation.AppendFeed(nil, "n", []obligation.Duty{done})):      "SUMMARY:Done: report|SEQUENCE:1|STATUS:CONFIRMED",
		string(obligation.AppendFeed(nil, "n", []obligation.Duty{cancelled})): "SUMMARY:Cancelled: report|SEQUENCE:1|STATUS:CANCELLED",
	} {
		for part := range strings.SplitSeq(want, "|") {
			if !strings.Contains(of, part) || strings.Contains(of, "VALARM") || !strings.Contains(of, "UID:d@n\r\n") {
				t.Errorf("no %q in\n%s", part, of)
			}
		}
	}
}

// FuzzFeed: whatever is in a duty, a feed is lines of at most 75 bytes that begin
// with a name, in UTF-8, with one event.
func FuzzFeed(f *testing.F) {
	f.Add("report", "INC-7")
	f.Add("\r\nEND:VEVENT\r\nBEGIN:VEVENT", "é"+strings.Repeat("語", 60))
	f.Add(strings.Repeat("\U0001F4C5", 40), "\x00\xff\u2028")
	f.Fuzz(func(t *testing.T, what, matter string) {
		d := obligation.Duty{ID: "d", Matter: matter, Due: at("2026-03-02T13:00:00Z")}
		d.Duty.What = what
		feed := string(obligation.AppendFeed(nil, "n", []obligation.Duty{d}))
		if !utf8.ValidString(feed) || strings.Count(feed, "\r\nBEGIN:VEVENT\r\n") != 1 || strings.Count(feed, "\r\nEND:VEVENT\r\n") != 1 {
			t.Fatalf("%q", feed)
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(feed, "\r\n"), "\r\n") {
			if len(line) > 75 || strings.ContainsAny(line, "\r\n\x00") || line == "" || line[0] != ' ' && !strings.Contains(line, ":") {
				t.Fatalf("%q", line)
			}
		}
		// Unfolded, the text is that of the duty.
		if one := strings.ReplaceAll(feed, "\r\n ", ""); !strings.Contains(one, "\r\nSUMMARY:") {
			t.Fatalf("%q", one)
		}
	})
}
