package instrument

import (
	"slices"
	"sort"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// commenting finds the comments of a YAML file and gives each to the part of
// the document it is about. The parser's own idea of that depends on the layout
// and loses some, so only its positions are used.
type commenting struct {
	lines   []string
	starts  map[[2]int]*piece // of what may hold a # that is no comment
	indents map[*piece]int    // of the part that a folded or literal text belongs to
	all     []*part           // in the order of the file
	opened  []*piece          // brackets not closed yet
	found   []comment
}

// comment is one comment of the source.
type comment struct {
	line, column int
	text         string
	own          bool // nothing but dashes stands before it on its line
}

// commentsIn lists the texts of all comments, sorted.
func commentsIn(src []byte) []string {
	var document yaml.Node
	if err := yaml.Unmarshal(src, &document); err != nil || len(document.Content) == 0 {
		return nil
	}
	c := newCommenting(src)
	c.piece(document.Content[0], nil, nil)
	c.scan()
	texts := make([]string, len(c.found))
	for i, f := range c.found {
		texts[i] = f.text
	}
	slices.Sort(texts)
	return texts
}

func newCommenting(src []byte) *commenting {
	return &commenting{
		lines:  strings.Split(strings.ReplaceAll(string(src), "\r\n", "\n"), "\n"),
		starts: map[[2]int]*piece{}, indents: map[*piece]int{},
	}
}

// note remembers a place at which a # may stand that begins no comment, or a
// bracket that has to be closed.
func (c *commenting) note(p *piece) {
	if p.flow || p.style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		c.starts[[2]int{p.line, p.column}] = p
	}
}

// scan reads the source once and finds every comment, and where every pair of
// brackets ends.
func (c *commenting) scan() {
	for at := (place{}); at.line < len(c.lines); {
		at = c.scanLine(at)
	}
}

// scanLine goes on from a place (line and column count from nought here) to the
// next line, or past a text of several lines.
func (c *commenting) scanLine(at place) place {
	line := []rune(c.lines[at.line])
	loose := at.column > 0 // a # right after a bracket, a comma or a quote begins a comment too
	for col := at.column; col < len(line); col++ {
		p := c.starts[[2]int{at.line + 1, col + 1}]
		switch r := line[col]; {
		case p != nil && p.style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
			c.comment(at.line, line, col)
			return place{line: c.endOfBlock(p, at.line)}
		case p != nil && !p.flow:
			end := c.endOfQuote(place{line: at.line, column: col})
			if end.line != at.line {
				return end
			}
			col, loose = end.column-1, true
			continue
		case p != nil && (r == '[' || r == '{'):
			c.opened = append(c.opened, p)
		case len(c.opened) > 0 && (r == ']' || r == '}'):
			last := c.opened[len(c.opened)-1]
			last.endLine, last.endColumn = at.line+1, col+1
			c.opened = c.opened[:len(c.opened)-1]
			loose = true
			continue
		case r == '#' && (loose || col == 0 || line[col-1] == ' ' || line[col-1] == '\t'):
			c.comment(at.line, line, col)
			return place{line: at.line + 1}
		}
		loose = len(c.opened) > 0 && strings.ContainsRune("[{,", line[col])
	}
	return place{line: at.line + 1}
}

// comment records the comment that starts at or after a column of a line.
func (c *commenting) comment(n int, line []rune, from int) {
	for col := from; col < len(line); col++ {
		if line[col] != '#' {
			continue
		}
		before := strings.TrimSpace(string(line[:col]))
		c.found = append(c.found, comment{n + 1, col + 1, strings.TrimRight(string(line[col:]), " \t\r"), strings.Trim(before, "- \t") == ""})
		return
	}
}

// endOfBlock returns the first line after a folded or literal text.
func (c *commenting) endOfBlock(p *piece, line int) int {
	parent := c.indents[p]
	inside := -1
	head := []rune(c.lines[line])
	if digits := strings.Trim(string(head[p.column-1:min(len(head), p.column+2)]), ">|+- \t"); digits != "" {
		if n, err := strconv.Atoi(digits[:1]); err == nil {
			inside = parent + n
		}
	}
	for n := line + 1; n < len(c.lines); n++ {
		text := strings.TrimLeft(c.lines[n], " ")
		if strings.TrimSpace(text) == "" {
			continue
		}
		indent := len(c.lines[n]) - len(text)
		if inside < 0 && indent > parent {
			inside = indent
		}
		if inside < 0 || indent < inside {
			return n
		}
	}
	return len(c.lines)
}

// endOfQuote returns the place after the quote that closes the one at a place.
func (c *commenting) endOfQuote(at place) place {
	quote := []rune(c.lines[at.line])[at.column]
	for at.column++; at.line < len(c.lines); at.line, at.column = at.line+1, 0 {
		line := []rune(c.lines[at.line])
		for ; at.column < len(line); at.column++ {
			switch r := line[at.column]; {
			case r == '\\' && quote == '"':
				at.column++
			case r == quote && quote == '\'' && at.column+1 < len(line) && line[at.column+1] == quote:
				at.column++
			case r == quote:
				return place{line: at.line, column: at.column + 1}
			}
		}
	}
	return at
}

// attach gives every comment to a part, and returns those above the first.
func (c *commenting) attach(root *piece) (top []string) {
	c.scan()
	heads := map[*part][]comment{}
	feet := map[*piece][]comment{}
	var above []comment
	for _, f := range c.found {
		n := sort.Search(len(c.all), func(i int) bool { return c.all[i].after(f) })
		switch {
		case n == 0:
			above = append(above, f)
		case f.own:
			if foot := c.footOf(root, n, f); foot != nil {
				feet[foot] = append(feet[foot], f)
			} else {
				heads[c.all[n]] = append(heads[c.all[n]], f)
			}
		default:
			if e := c.all[n-1].beside(f); e.tail == "" {
				e.tail = f.text
			} else {
				heads[e] = append(heads[e], f)
			}
		}
	}
	for n, e := range c.all {
		line := e.line
		if h := heads[e]; len(h) > 0 {
			e.head = c.spaced(h, e.line)
			line = h[0].line
		}
		first := n == 0 || c.all[n-1].line != e.line // of its line
		e.blank = first && c.empty(line-1)
	}
	for p, f := range feet {
		p.foot = c.spaced(f, 0)
		if c.empty(f[0].line - 1) {
			p.foot = append([]string{""}, p.foot...)
		}
	}
	if len(c.all) > 0 {
		c.all[0].blank = false // the empty line belongs to the comments above it
		top = c.spaced(above, c.all[0].line)
	}
	return top
}

func (e *part) after(f comment) bool {
	return e.line > f.line || e.line == f.line && e.column > f.column
}

// footOf returns the list or mapping after whose last part an own-line comment
// stands, or nil when it is about the part that follows, number n.
func (c *commenting) footOf(root *piece, n int, f comment) *piece {
	last := c.all[n-1]
	for e := last; e != nil; e = e.owner {
		if e.of.flow && e.of.holds(f) {
			if n < len(c.all) && c.all[n].inside(e.of) {
				return nil
			}
			return e.of
		}
	}
	if n < len(c.all) && f.column <= c.all[n].column {
		return nil
	}
	for e := last; e != nil; e = e.owner {
		if e.of.flow || e.column > f.column {
			continue
		}
		if n < len(c.all) && e.column <= c.all[n].column {
			return nil
		}
		return e.of
	}
	if n < len(c.all) {
		return nil
	}
	return root
}

// holds reports whether a comment stands between the brackets of p.
func (p *piece) holds(f comment) bool {
	return p.endLine > f.line || p.endLine == f.line && p.endColumn > f.column
}

func (e *part) inside(p *piece) bool {
	for ; e != nil; e = e.owner {
		if e.of == p {
			return true
		}
	}
	return false
}

// beside is the part at whose end a comment stands: not the last word between
// brackets, when the brackets were closed before it.
func (e *part) beside(f comment) *part {
	for e.owner != nil && e.of.flow && !e.of.holds(f) {
		e = e.owner
	}
	return e
}

// spaced returns the texts of comments, with "" where the file has an empty
// line between them or before the line that follows.
func (c *commenting) spaced(fs []comment, next int) []string {
	var out []string
	for i, f := range fs {
		if i > 0 && c.empty(f.line-1) {
			out = append(out, "")
		}
		out = append(out, f.text)
	}
	if len(fs) > 0 && next > 0 && c.empty(next-1) {
		out = append(out, "")
	}
	return out
}

// empty reports whether a line, counted from one, is there and empty.
func (c *commenting) empty(line int) bool {
	return line > 0 && strings.TrimSpace(c.lines[line-1]) == ""
}
