package indicators

import (
	"bytes"
	"cmp"
	"strconv"
	"strings"
	"time"

	"entente/intel/conversion"
	"entente/internal/fault"
)

// scanner takes a list apart into lines, and a CSV into rows, which may run
// over several lines inside quotes.
type scanner struct {
	src   []byte
	at    int
	count int  // of lines before at
	comma byte // of a CSV, 0 in a list of values
}

// line returns the next line or row without its end.
func (s *scanner) line() (conversion.Part, bool) {
	if s.at >= len(s.src) {
		return conversion.Part{}, false
	}
	rest := s.src[s.at:]
	end := lineEnd(rest)
	if s.comma != 0 {
		end = rowEnd(rest, s.comma)
	}
	p := conversion.Part{Raw: bytes.TrimSuffix(rest[:end:end], []byte("\r")), Pointer: "/" + strconv.Itoa(s.count+1)}
	s.count += 1 + bytes.Count(rest[:end], []byte("\n"))
	s.at += end + 1
	return p, true
}

func lineEnd(b []byte) int {
	if n := bytes.IndexByte(b, '\n'); n >= 0 {
		return n
	}
	return len(b)
}

// rowEnd returns where a row ends. One whose quotes do not end within the limits
// of a row is its first line only, so that it does not swallow the others, and
// looking for the end of each costs little.
func rowEnd(b []byte, comma byte) int {
	first, quoted, start := lineEnd(b), false, true
	if bytes.IndexByte(b[:first], '"') < 0 || plain(string(b[:min(first, maxLine)])) == "" {
		return first
	}
	breaks := 0
	for i := range b[:min(len(b), maxLine)] {
		switch c := b[i]; {
		case c == '"' && (quoted || start):
			quoted, start = !quoted, quoted && start
		case c == '\n' && !quoted:
			return i
		case c == '\n' && breaks == maxBreaks:
			return first
		case c == '\n':
			breaks++
		default:
			start = !quoted && (c == comma || start && c == ' ')
		}
	}
	if quoted || len(b) > maxLine {
		return first
	}
	return len(b)
}

// plain is a line without its comment. A comment within a line begins after a
// space: a # in a URL is a fragment.
func plain(s string) string {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "#") || strings.HasPrefix(s, ";") || strings.HasPrefix(s, "//") {
		return ""
	}
	for _, mark := range []string{" #", "\t#"} {
		s, _, _ = strings.Cut(s, mark)
	}
	return strings.TrimSpace(s)
}

// aliases are the names that columns have in lists of others, by our name.
var aliases = map[string][]string{
	"value":       {"value", "indicator", "ioc", "ioc_value", "indicator_value", "observable"},
	"type":        {"type", "ioc_type", "indicator_type", "kind"},
	"name":        {"name", "title"},
	"description": {"description", "comment", "comments", "notes", "context"},
	"created":     {"created", "first_seen", "first_seen_utc", "date_added"},
	"modified":    {"modified", "updated", "last_seen", "last_seen_utc"},
	"from":        {"valid_from"},
	"until":       {"valid_until", "expires", "expiration"},
	"confidence":  {"confidence", "confidence_level"},
	"labels":      {"labels", "label", "tags", "tag"},
}

var separators = []byte{',', ';', '\t'}

// header reads a line as the header of a CSV: one column of values, and others
// of any name. Some publishers write it as a comment.
func header(raw []byte) (found columns, separator byte, is bool, err error) {
	if len(raw) > maxLine {
		return found, 0, false, nil
	}
	line := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(string(raw)), "#"))
	commented := bytes.HasPrefix(bytes.TrimSpace(raw), []byte("#"))
	for _, c := range separators {
		cells, err := split(line, c)
		if err != nil {
			continue
		}
		found, is := columnsIn(cells)
		if !is || commented && len(cells) < 2 {
			continue
		}
		if len(cells) > maxColumns {
			return found, 0, false, fault.New(fault.Invalid, "indicators.columns", "The list has more than %d columns.", maxColumns).At("/1", "has too many columns").
				Try("Send the columns that say something about the values.")
		}
		return found, c, true, nil
	}
	return found, 0, false, nil
}

// columnsIn finds the columns we know. Of two with one meaning the first in the
// order of [aliases] counts.
func columnsIn(cells []string) (found columns, is bool) {
	at := make(map[string]int, len(cells))
	for i, c := range cells {
		name := strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(strings.TrimSpace(c)))
		if _, twice := at[name]; !twice {
			at[name] = i
		}
		found.kinds = append(found.kinds, kindOfColumn(name))
		found.stated.Hear(c) // some write the label of the list where its columns are named
	}
	found.at = map[string]int{}
	for ours, theirs := range aliases {
		for _, name := range theirs {
			if i, ok := at[name]; ok {
				found.at[ours] = i
				break
			}
		}
	}
	at0, is := found.at["value"]
	if is {
		found.kinds[at0] = ofValues
	}
	return found, is
}

// split takes a row apart (RFC 4180); blanks before a quote are tolerated.
func split(row string, comma byte) ([]string, error) {
	var cells []string
	for {
		lead := strings.TrimLeft(row, " ")
		if !strings.HasPrefix(lead, `"`) {
			cell, rest, more := strings.Cut(row, string(comma))
			if strings.Contains(cell, `"`) {
				return nil, unbalanced()
			}
			cells = append(cells, cell)
			if !more {
				return cells, nil
			}
			row = rest
			continue
		}
		cell, rest, ok := quoted(lead[1:])
		if !ok || rest != "" && rest[0] != comma {
			return nil, unbalanced()
		}
		cells = append(cells, cell)
		if rest == "" {
			return cells, nil
		}
		row = rest[1:]
	}
}

// quoted reads up to the closing quote and the blanks after it.
func quoted(s string) (cell, rest string, ok bool) {
	var b strings.Builder
	for {
		part, after, found := strings.Cut(s, `"`)
		if !found {
			return "", "", false
		}
		b.WriteString(part)
		if !strings.HasPrefix(after, `"`) {
			return b.String(), strings.TrimLeft(after, " "), true
		}
		b.WriteByte('"')
		s = after[1:]
	}
}

func unbalanced() error {
	return lineFault("indicators.quotes", "The quotes of the row are not balanced.").Try("Double each quote inside a quoted cell (RFC 4180).")
}

// row reads one row of a CSV.
func (r *reader) row(raw []byte) (entry, error) {
	cells, err := split(string(raw), r.separator)
	if err != nil {
		return entry{}, err
	}
	if len(cells) > maxColumns {
		return entry{}, lineFault("indicators.columns", "The row has more than %d cells.", maxColumns).Try("Give each row the columns of the header.")
	}
	cell := func(name string) string {
		i, ok := r.columns.at[name]
		if !ok || i >= len(cells) {
			return ""
		}
		return strings.TrimSpace(revive(cells[i]))
	}
	e := entry{
		value: cell("value"), kind: cell("type"), name: cell("name"), description: cell("description"), created: cell("created"),
		modified: cell("modified"), from: cell("from"), until: cell("until"), confidence: cell("confidence"),
	}
	if err := e.read(r.columns.kinds, cells); err != nil {
		return entry{}, err
	}
	seen := map[string]bool{"": true}
	for _, l := range strings.FieldsFunc(cell("labels"), betweenLabels) {
		if l = strings.TrimSpace(l); !seen[l] {
			seen[l] = true
			e.labels = append(e.labels, l)
		}
	}
	return e, nil
}

// moments are the times of an indicator.
type moments struct{ created, modified, from, until time.Time }

// times fills in what the row does not say: an indicator holds from when it was
// made, which is the epoch when nobody says.
func (e *entry) times() (moments, error) {
	var m moments
	for _, t := range []struct {
		to   *time.Time
		text string
	}{
		{&m.created, cmp.Or(e.created, e.from)}, {&m.modified, e.modified}, {&m.from, e.from}, {&m.until, e.until},
	} {
		at, ok := conversion.Time(t.text)
		if !ok && t.text != "" {
			return m, lineFault("indicators.cell", "A cell is not a time.").Try("Write times as 2026-11-24T15:00:00Z.")
		}
		*t.to = at
	}
	if e.created == "" && e.from == "" {
		m.created = conversion.Epoch
	}
	if e.from == "" {
		m.from = m.created
	}
	if m.modified.Before(m.created) {
		m.modified = m.created
	}
	return m, nil
}

// Cells of a CSV that a spreadsheet would take for a formula begin with one of
// these; the wide forms count as well in some (OWASP, CSV injection).
const formula = "=+-@\t\r\n＝＋－＠"

// neutral puts an apostrophe before what a spreadsheet would run, and before
// what [revive] would take one from.
func neutral(s string) string {
	if active(s) {
		return "'" + s
	}
	return s
}

// revive undoes neutral.
func revive(s string) string {
	if strings.HasPrefix(s, "'") && active(s) {
		return s[1:]
	}
	return s
}

func active(s string) bool {
	s = strings.TrimLeft(s, "'")
	for _, r := range s {
		return strings.ContainsRune(formula, r)
	}
	return false
}
