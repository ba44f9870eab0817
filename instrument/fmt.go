package instrument

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"entente/internal/fault"
	"entente/internal/strictjson"
)

// Format returns src in the canonical layout: keys in the order of the format,
// two spaces of indentation, short lists and mappings on one line, long texts
// folded, every comment kept beside what it is about. A file whose name ends in
// .json becomes indented JSON with the keys in the same order.
//
// The data, and with it the hash that parties sign, never changes: the result is
// read again and compared before it is returned. Formatting what was formatted
// changes nothing. A document that breaks the format is laid out all the same as
// long as it is plain YAML or JSON; otherwise the fault is that of [Load]. The
// fault instrument.layout says that a file cannot be laid out safely.
func Format(file string, src []byte) ([]byte, error) {
	r := &reader{file: file, places: make(map[string]*node)}
	root, err := r.parse(src)
	if err != nil {
		return nil, err
	}
	if len(r.problems) > 0 {
		return nil, r.fault() // anchors, tags, keys twice: there is no one meaning to lay out
	}
	var out []byte
	if strings.HasSuffix(file, ".json") {
		out = formatJSON(root)
	} else if out, err = formatYAML(src); err != nil {
		return nil, err
	}
	again := &reader{file: file, places: make(map[string]*node)}
	same, err := again.parse(out)
	if err != nil || len(again.problems) > 0 || !bytes.Equal(canonicalOf(root), canonicalOf(same)) {
		return nil, unlaid("Its data would change.")
	}
	return out, nil
}

func canonicalOf(n *node) []byte {
	data := n.data()
	return strictjson.AppendCanonical(nil, &data)
}

func unlaid(why string) error {
	return fault.New(fault.Invalid, "instrument.layout", "The file cannot be laid out safely and stays as it is. %s", why).
		Try("Write the comments on lines of their own, and long texts in the plain or the folded form.")
}

// piece is a value on its way from one layout to the other. Everything that is
// not text, a list or a mapping is a word.
type piece struct {
	kind         strictjson.Kind
	word         string // as it is written, of what is no text
	text         string
	parts        []*part
	foot         []string // comments after the last part
	flow         bool     // written between brackets in the source
	line, column int      // where it starts
	endLine      int      // where a piece between brackets ends
	endColumn    int
	style        yaml.Style // of the source
	layout       *layout
}

// part is one member of a mapping, or one item of a list.
type part struct {
	key          string
	value        *piece
	of           *piece // the list or mapping it is in
	owner        *part  // the part whose value that is
	line, column int
	head         []string // comment lines above it; "" is an empty line
	tail         string   // the comment on its line
	blank        bool     // an empty line stands before it
}

func formatYAML(src []byte) ([]byte, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(src, &document); err != nil {
		return nil, err // unreachable: it was parsed before
	}
	c := newCommenting(src)
	if bytes.ContainsAny(src, "\u0085\u2028\u2029") || bytes.Contains(bytes.ReplaceAll(src, []byte("\r\n"), nil), []byte("\r")) {
		return nil, unlaid("It has line separators that editors show differently.")
	}
	root := c.piece(document.Content[0], documentLayout(), nil)
	top := c.attach(root)
	root.order()
	w := layoutWriter{}
	w.comments(0, top)
	w.parts(root, 0, false)
	out := w.b.Bytes()
	if !slices.Equal(commentsIn(src), commentsIn(out)) {
		return nil, unlaid("A comment would be lost.")
	}
	return out, nil
}

// piece converts a yaml node and remembers its parts in the order of the file.
func (c *commenting) piece(in *yaml.Node, l *layout, owner *part) *piece {
	p := &piece{line: in.Line, column: in.Column, style: in.Style, layout: l}
	switch in.Kind {
	case yaml.ScalarNode:
		var n node
		n.scalar(in)
		p.kind, p.text, p.word = n.kind, n.text, in.Value
		if n.kind == strictjson.Null {
			p.word = "null"
		}
		c.indents[p] = -1
		if owner != nil {
			c.indents[p] = owner.column - 1
		}
		c.note(p)
	case yaml.SequenceNode:
		p.kind, p.flow = strictjson.Array, in.Style&yaml.FlowStyle != 0
		c.note(p)
		for _, item := range in.Content {
			e := &part{of: p, owner: owner, line: item.Line, column: item.Column}
			if !p.flow {
				e.column = p.column // of the dash
			}
			p.parts, c.all = append(p.parts, e), append(c.all, e)
			e.value = c.piece(item, l, e)
		}
	case yaml.MappingNode:
		p.kind, p.flow = strictjson.Object, in.Style&yaml.FlowStyle != 0
		c.note(p)
		for i := 0; i+1 < len(in.Content); i += 2 {
			key := in.Content[i]
			e := &part{key: key.Value, of: p, owner: owner, line: key.Line, column: key.Column}
			p.parts, c.all = append(p.parts, e), append(c.all, e)
			c.note(&piece{line: key.Line, column: key.Column, style: key.Style})
			e.value = c.piece(in.Content[i+1], l.of(key.Value), e)
		}
	case yaml.DocumentNode, yaml.AliasNode:
		// Refused before.
	}
	return p
}

func (l *layout) of(key string) *layout {
	if l == nil {
		return nil
	}
	return l.inner[key]
}

// order puts the members of every mapping in the order of the format; members
// it does not know come last, as they were.
func (p *piece) order() {
	if p.kind == strictjson.Object && p.layout != nil && len(p.layout.keys) > 0 {
		slices.SortStableFunc(p.parts, func(a, b *part) int { return cmp.Compare(p.layout.rank(a.key), p.layout.rank(b.key)) })
	}
	for _, e := range p.parts {
		e.value.order()
	}
}

func (l *layout) rank(key string) int {
	if at := slices.Index(l.keys, key); at >= 0 {
		return at
	}
	return len(l.keys)
}

// formatJSON writes indented JSON.
func formatJSON(root *node) []byte {
	var b bytes.Buffer
	writeJSON(&b, root, documentLayout(), "\n")
	b.WriteByte('\n')
	return b.Bytes()
}

func writeJSON(b *bytes.Buffer, n *node, l *layout, newline string) {
	inner := newline + "  "
	switch n.kind {
	case strictjson.Array:
		writeJSONList(b, "[]", len(n.items), newline, func(i int) { writeJSON(b, n.items[i], l, inner) })
	case strictjson.Object:
		members := slices.Clone(n.members)
		if l != nil && len(l.keys) > 0 {
			slices.SortStableFunc(members, func(x, y member) int { return cmp.Compare(l.rank(x.name), l.rank(y.name)) })
		}
		writeJSONList(b, "{}", len(members), newline, func(i int) {
			b.Write(strictjson.AppendCanonical(nil, &strictjson.Value{Kind: strictjson.String, Text: members[i].name}))
			b.WriteString(": ")
			writeJSON(b, members[i].value, l.of(members[i].name), inner)
		})
	default:
		data := n.data()
		b.Write(strictjson.AppendCanonical(nil, &data))
	}
}

func writeJSONList(b *bytes.Buffer, brackets string, n int, newline string, item func(int)) {
	if n == 0 {
		b.WriteString(brackets)
		return
	}
	b.WriteByte(brackets[0])
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(newline + "  ")
		item(i)
	}
	b.WriteString(newline)
	b.WriteByte(brackets[1])
}
