package instrument

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"entente/internal/strictjson"
)

// lineWidth is how many characters a line of the canonical layout takes, but
// for words that cannot be broken.
const lineWidth = 120

// layoutWriter writes pieces in the canonical layout.
type layoutWriter struct{ b bytes.Buffer }

func (w *layoutWriter) indent(n int) { w.b.WriteString(strings.Repeat(" ", n)) }

func (w *layoutWriter) comments(indent int, lines []string) {
	for _, line := range lines {
		if line != "" {
			w.indent(indent)
		}
		w.b.WriteString(line + "\n")
	}
}

// parts writes a list or mapping, one part after the other. The first part of
// a mapping in a list follows the dash on its line.
func (w *layoutWriter) parts(p *piece, indent int, dashed bool) {
	for i, e := range p.parts {
		if e.blank && i > 0 {
			w.b.WriteByte('\n')
		}
		e.hoist(indent)
		if i > 0 || !dashed {
			w.comments(indent, e.head)
			w.indent(indent)
		}
		if p.kind == strictjson.Array {
			w.b.WriteByte('-')
			w.value(e, indent, 1)
		} else {
			key := oneLine(e.key, true)
			w.b.WriteString(key + ":")
			w.value(e, indent, 1+utf8.RuneCountInString(key))
		}
	}
	w.comments(indent, p.foot)
}

// hoist moves comments that have no place of their own to the lines above: the
// one at the end of a list item that takes several lines, and those above its
// first member.
func (e *part) hoist(indent int) {
	v := e.value
	if e.of.kind != strictjson.Array || len(v.parts) == 0 || v.fitsIn(lineWidth-indent-2) {
		return
	}
	if e.tail != "" {
		e.head, e.tail = append(e.head, e.tail), ""
	}
	for first := v.parts[0]; ; first = first.value.parts[0] { // of a list in a list too
		e.head, first.head = append(e.head, first.head...), nil
		if first.of.kind != strictjson.Array || len(first.value.parts) == 0 {
			return
		}
	}
}

// value writes what stands after a key or a dash, and ends the line.
func (w *layoutWriter) value(e *part, indent, used int) {
	v := e.value
	rigid := len(v.parts) == 0 && v.fits() && !foldable(v.text)
	if rigid || v.fitsIn(lineWidth-indent-used-1) {
		w.b.WriteString(" " + v.oneLine(false))
		w.tail(e)
		return
	}
	switch {
	case v.kind == strictjson.String:
		w.text(e, indent+2)
	case v.kind == strictjson.Array && v.plainList():
		w.wrapped(v, indent+2, indent+used+1)
		w.tail(e)
	case v.kind == strictjson.Object && e.key == "" && e.of.kind == strictjson.Array:
		w.b.WriteByte(' ')
		w.parts(v, indent+2, true)
	default:
		w.tail(e)
		w.parts(v, indent+2, false)
	}
}

func (w *layoutWriter) tail(e *part) {
	if e.tail != "" {
		w.b.WriteString("  " + e.tail)
	}
	w.b.WriteByte('\n')
}

// fits reports whether p may stand on one line, however long.
func (p *piece) fits() bool {
	if p.kind != strictjson.Array && p.kind != strictjson.Object {
		return !strings.Contains(p.text, "\n") || !literal(p.text) && !foldable(p.text)
	}
	if len(p.parts) == 0 {
		return true
	}
	if l := p.layout; l != nil && (p.kind == strictjson.Object && l.block || p.kind == strictjson.Array && l.items) {
		return false
	}
	return len(p.foot) == 0 && !slices.ContainsFunc(p.parts, func(e *part) bool {
		return len(e.head) > 0 || e.tail != "" || !e.value.fits()
	})
}

// fitsIn reports whether p may stand on one line and takes at most width
// characters there.
func (p *piece) fitsIn(width int) bool {
	return p.fits() && utf8.RuneCountInString(p.oneLine(false)) <= width
}

func (p *piece) oneLine(inBrackets bool) string {
	words := make([]string, len(p.parts))
	for i, e := range p.parts {
		words[i] = e.value.oneLine(true)
		if p.kind == strictjson.Object {
			words[i] = oneLine(e.key, true) + ": " + words[i]
		}
	}
	switch p.kind {
	case strictjson.Array:
		return "[" + strings.Join(words, ", ") + "]"
	case strictjson.Object:
		return "{" + strings.Join(words, ", ") + "}"
	case strictjson.String:
		return oneLine(p.text, inBrackets)
	default:
		return p.word
	}
}

// plainList reports whether p is a list of words that wraps like a text.
func (p *piece) plainList() bool {
	return p.fits() && !slices.ContainsFunc(p.parts, func(e *part) bool { return len(e.value.parts) > 0 })
}

// wrapped writes a list of words over several lines.
func (w *layoutWriter) wrapped(p *piece, indent, column int) {
	w.b.WriteString(" [")
	column++
	for i, e := range p.parts {
		word := e.value.oneLine(true)
		if i < len(p.parts)-1 {
			word += ","
		} else {
			word += "]"
		}
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case column+1+n > lineWidth:
			w.b.WriteByte('\n')
			w.indent(indent)
			column = indent
		default:
			w.b.WriteByte(' ')
			column++
		}
		w.b.WriteString(word)
		column += n
	}
}

// text writes a text over several lines: folded when it is one paragraph, else
// line by line.
func (w *layoutWriter) text(e *part, indent int) {
	text, mark := strings.CutSuffix(e.value.text, "\n")
	chomp := "-"
	if mark {
		chomp = ""
	}
	if strings.Contains(text, "\n") {
		w.b.WriteString(" |" + chomp)
		w.tail(e)
		for line := range strings.SplitSeq(text, "\n") {
			if line != "" {
				w.indent(indent)
			}
			w.b.WriteString(line + "\n")
		}
		return
	}
	w.b.WriteString(" >" + chomp)
	w.tail(e)
	column := 0
	for i, word := range strings.Split(text, " ") {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
			w.indent(indent)
			column = indent
		case column+1+n > lineWidth:
			w.b.WriteByte('\n')
			w.indent(indent)
			column = indent
		default:
			w.b.WriteByte(' ')
			column++
		}
		w.b.WriteString(word)
		column += n
	}
	w.b.WriteByte('\n')
}

// foldable reports whether a text is one paragraph of single-spaced words, so
// that every break of a line in it reads as one space.
func foldable(s string) bool {
	text := strings.TrimSuffix(s, "\n")
	return (strings.Contains(text, " ") || text != s) && !strings.Contains(text, "\n") && !strings.Contains(text, "  ") &&
		text != "" && strings.TrimSpace(text) == text && shown(text)
}

// literal reports whether a text of several lines can be written line by line.
func literal(s string) bool {
	text := strings.TrimSuffix(s, "\n")
	lines := strings.Split(text, "\n")
	return len(lines) > 1 && lines[0] != "" && lines[len(lines)-1] != "" && !strings.HasPrefix(lines[0], " ") &&
		!slices.ContainsFunc(lines, func(l string) bool { return l != strings.TrimRight(l, " ") || !shown(l) })
}

// shown reports whether every character of s is visible, or a space.
func shown(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || hidden(r) })
}

var (
	// otherReaders take these plain words for something else than text.
	otherReaders = regexp.MustCompile(`^(?i:y|n|yes|no|on|off|true|false|null|~|=|<<|[-+]?\.inf|\.nan)$`)
	numberLike   = regexp.MustCompile(`^[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?|\.[0-9_]+([eE][-+]?[0-9]+)?|[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?)$`)
)

// oneLine writes a text as a YAML scalar: plain when every reader takes the plain
// form for this text, else in quotes.
func oneLine(s string, inBrackets bool) string {
	switch {
	case plain(s) && (!inBrackets || !strings.ContainsAny(s, ",[]{}?")):
		return s
	case strings.ContainsAny(s, `"\`) && shown(s):
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"', r == '\\':
			b.WriteString(`\` + string(r))
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r > 0xffff && !shown(string(r)):
			fmt.Fprintf(&b, `\U%08x`, r)
		case !shown(string(r)):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func plain(s string) bool {
	if s == "" || strings.TrimSpace(s) != s || !shown(s) || otherReaders.MatchString(s) || numberLike.MatchString(s) {
		return false
	}
	return !strings.ContainsAny(s[:1], "-?:,[]{}#&*!|>'\"%@`.=<~") && !strings.Contains(s, ": ") && !strings.Contains(s, " #") && !strings.HasSuffix(s, ":")
}
