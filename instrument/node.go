package instrument

import (
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"entente/internal/fault"
	"entente/internal/strictjson"
)

// node is one value of a document with its place, whether the document was
// YAML or JSON: the same data in either has the same canonical bytes.
type node struct {
	kind         strictjson.Kind
	text         string // of a String, or the digits of a Number
	flag         bool
	items        []*node
	members      []member
	line, column int
}

// member is one key and value of a mapping.
type member struct {
	name         string
	line, column int
	value        *node
}

func (n *node) get(name string) *node {
	if n == nil {
		return nil
	}
	for i := range n.members {
		if n.members[i].name == name {
			return n.members[i].value
		}
	}
	return nil
}

// data returns n without its places.
func (n *node) data() strictjson.Value {
	v := strictjson.Value{Kind: n.kind, Text: n.text, Bool: n.flag}
	for _, item := range n.items {
		v.Items = append(v.Items, item.data())
	}
	for _, m := range n.members {
		v.Members = append(v.Members, strictjson.Member{Name: m.name, Value: m.value.data()})
	}
	return v
}

func kindName(k strictjson.Kind) string {
	return [...]string{"nothing", "true or false", "a whole number", "text", "a list", "a mapping"}[k]
}

// readJSON parses src as strict JSON.
func (r *reader) readJSON(src []byte) (*node, error) {
	j := jsonSource{src: src, lines: []int{0}}
	for at, c := range src {
		if c == '\n' {
			j.lines = append(j.lines, at+1)
		}
	}
	v, err := strictjson.Parse(src, strictjson.Limits{Bytes: maxBytes, Depth: maxDepth, Tokens: 2 * maxNodes})
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return nil, j.located(r.file, f)
	}
	if err != nil {
		return nil, err
	}
	return j.node(&v), nil
}

// located puts file:line:column in front of a refusal that knows its byte.
func (j *jsonSource) located(file string, f *fault.Error) *fault.Error {
	at := Position{File: file, Line: 1, Column: 1}
	for n, field := range f.Fields {
		var offset int
		if _, err := fmt.Sscanf(field.Detail, "at byte %d", &offset); err == nil && offset <= len(j.src) {
			at.Line, at.Column = j.position(offset)
		}
		f.Fields[n].Detail = at.String() + ": " + field.Detail
	}
	f.Message = at.String() + ": " + f.Message
	return f
}

type jsonSource struct {
	src   []byte
	lines []int // offset at which each line starts
	last  place // counting goes on from here, or a long line would be counted again for every value
}

// place is an offset and the column it is at.
type place struct{ offset, line, column int }

func (j *jsonSource) position(offset int) (line, column int) {
	line = sort.SearchInts(j.lines, offset+1)
	from := place{j.lines[line-1], line, 1}
	if j.last.line == line && j.last.offset <= offset {
		from = j.last
	}
	j.last = place{offset, line, from.column + utf8.RuneCount(j.src[from.offset:offset])}
	return line, j.last.column
}

func (j *jsonSource) node(v *strictjson.Value) *node {
	n := &node{kind: v.Kind, text: v.Text, flag: v.Bool}
	n.line, n.column = j.position(v.Start)
	for i := range v.Items {
		n.items = append(n.items, j.node(&v.Items[i]))
	}
	for i := range v.Members {
		value := j.node(&v.Members[i].Value)
		n.members = append(n.members, member{name: v.Members[i].Name, line: value.line, column: value.column, value: value})
	}
	return n
}

// index remembers where every value of the document is, so that any later
// check can speak of it by its JSON Pointer alone, and refuses characters that
// make a text read differently from what it is.
//
// It also refuses lists and mappings wider than any real one, so that the
// checks that compare every entry with every other stay cheap.
func (r *reader) index(n *node, pointer string) error {
	r.places[pointer] = n
	if n.kind == strictjson.String {
		r.plainText(pointer, n.text)
	}
	if len(n.items)+len(n.members) > maxWidth && pointer != "/clauses" && pointer != "/vectors" {
		return syntaxFault(r.position(pointer), pointer, "The value has more than %d entries.", maxWidth)
	}
	for i, item := range n.items {
		if err := r.index(item, pointer+"/"+strconv.Itoa(i)); err != nil {
			return err
		}
	}
	for _, m := range n.members {
		if err := r.index(m.value, pointer+strictjson.Pointer(m.name)); err != nil {
			return err
		}
	}
	return nil
}

// plainText refuses bidirectional controls and invisible characters
// (ASSURANCE.md T2): what a signatory sees must be what the machine reads. The
// two joiners stay, because Persian and Indic words are spelt with them.
func (r *reader) plainText(pointer, s string) {
	if at := strings.IndexFunc(s, hidden); at >= 0 {
		c, _ := utf8.DecodeRuneInString(s[at:])
		r.refuse(pointer, "contains the invisible character U+%04X", c)
	}
}

func hidden(c rune) bool {
	switch {
	case c == '\n', c == '\t':
		return false
	case c < 0x20, c >= 0x7f && c < 0xa0, c == 0xad:
		return true
	case c == 0x200b, c == 0x200e, c == 0x200f, c == 0x061c:
		return true
	case c >= 0x2028 && c <= 0x202e, c >= 0x2060 && c <= 0x206f:
		return true
	case c == 0xfeff, c >= 0xfff0 && c <= 0xffff, c >= 0xe0000 && c <= 0xe0fff:
		return true
	default:
		return false
	}
}

// position of a value, or of the nearest value around it when it is missing.
func (r *reader) position(pointer string) Position {
	for {
		if n, ok := r.places[pointer]; ok {
			return Position{File: r.file, Line: n.line, Column: n.column}
		}
		at := strings.LastIndexByte(pointer, '/')
		if at < 0 {
			return Position{File: r.file, Line: 1, Column: 1}
		}
		pointer = pointer[:at]
	}
}

func (p Position) String() string {
	return p.File + ":" + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Column)
}

// syntaxFault is the refusal of bytes that are no document at all.
func syntaxFault(p Position, pointer, format string, args ...any) *fault.Error {
	f := fault.New(fault.Invalid, "instrument.syntax", format, args...)
	f.Message = p.String() + ": " + f.Message
	return f.At(pointer, f.Message)
}
