package instrument

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"entente/internal/fault"
	"entente/internal/strictjson"
)

// Bounds on what one document may cost. The largest real instruments have a
// few hundred clauses of about twenty nodes.
const (
	maxBytes = 4 << 20
	maxDepth = 24
	maxNodes = 400_000
	maxWidth = 2_000 // entries of one list or mapping, but for clauses and vectors
)

// readYAML parses src as the small part of YAML that means the same to every
// reader: no anchors, aliases, merge keys, tags, or second document, and no
// duplicate keys (ASSURANCE.md T1).
func (r *reader) readYAML(src []byte) (*node, error) {
	start := Position{File: r.file, Line: 1, Column: 1}
	if len(src) > maxBytes {
		return nil, syntaxFault(start, "", "The document is longer than %d bytes.", maxBytes).Try("Split the instrument.")
	}
	if !utf8.Valid(src) || bytes.HasPrefix(src, []byte("\ufeff")) {
		return nil, syntaxFault(start, "", "The document is not UTF-8 without a byte order mark.").Try("Save the file as UTF-8.")
	}
	decoder := yaml.NewDecoder(bytes.NewReader(src))
	var document, second yaml.Node
	if err := decoder.Decode(&document); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, syntaxFault(start, "", "The document is empty.")
		}
		return nil, r.yamlFault(err)
	}
	if err := decoder.Decode(&second); err == nil {
		return nil, syntaxFault(Position{r.file, second.Line, second.Column}, "", "A second document starts here.").
			Try("Write one instrument in one file.")
	} else if !errors.Is(err, io.EOF) {
		return nil, r.yamlFault(err)
	}
	y := yamlTree{reader: r}
	n := y.node(document.Content[0], "", 0)
	if y.failed != nil {
		return nil, y.failed
	}
	return n, nil
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// yamlFault turns the parser's message, which carries the line in its text,
// into ours.
func (r *reader) yamlFault(err error) error {
	text, line := err.Error(), 1
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		text = text[len(m[0]):]
		if n, err := strconv.Atoi(m[1]); err == nil {
			line = n
		}
	}
	return syntaxFault(Position{r.file, line, 1}, "", "This is not YAML: %s.", strings.TrimSuffix(text, ".")).Because(err)
}

// yamlTree converts yaml nodes and refuses what our subset leaves out. The
// first refusal that is about size stops it; the others are collected.
type yamlTree struct {
	reader *reader
	nodes  int
	failed *fault.Error
}

func (y *yamlTree) node(in *yaml.Node, pointer string, depth int) *node {
	n := &node{line: in.Line, column: in.Column}
	y.nodes++
	switch {
	case y.failed != nil:
		return n
	case y.nodes > maxNodes:
		y.failed = syntaxFault(Position{y.reader.file, in.Line, in.Column}, pointer, "The document has more than %d values.", maxNodes)
		return n
	case depth > maxDepth:
		y.failed = syntaxFault(Position{y.reader.file, in.Line, in.Column}, pointer, "The document is nested deeper than %d levels.", maxDepth)
		return n
	}
	y.reader.places[pointer] = n
	y.plainNode(in, pointer)
	switch in.Kind {
	case yaml.ScalarNode:
		n.scalar(in)
	case yaml.SequenceNode:
		n.kind = strictjson.Array
		for i, item := range in.Content {
			n.items = append(n.items, y.node(item, pointer+"/"+strconv.Itoa(i), depth+1))
		}
	case yaml.MappingNode:
		n.kind = strictjson.Object
		y.members(n, in, pointer, depth)
	case yaml.DocumentNode, yaml.AliasNode:
		// An alias was refused above; a document is never inside another node.
	}
	return n
}

func (y *yamlTree) plainNode(in *yaml.Node, pointer string) {
	if in.Anchor != "" {
		y.reader.refuse(pointer, "anchors are not allowed; write the value out (&%s)", in.Anchor)
	}
	if in.Kind == yaml.AliasNode {
		y.reader.refuse(pointer, "aliases are not allowed; write the value out (*%s)", in.Value)
	}
	if in.Style&yaml.TaggedStyle != 0 {
		y.reader.refuse(pointer, "tags are not allowed (%s)", in.Tag)
	}
}

func (y *yamlTree) members(n *node, in *yaml.Node, pointer string, depth int) {
	seen := make(map[string]int, len(in.Content)/2)
	for i := 0; i+1 < len(in.Content); i += 2 {
		key, value := in.Content[i], in.Content[i+1]
		inner := pointer + strictjson.Pointer(key.Value)
		y.reader.places[inner] = &node{line: key.Line, column: key.Column}
		first, duplicate := seen[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode:
			y.reader.refuse(inner, "a key must be a word")
			continue
		case key.Tag == "!!merge":
			y.reader.refuse(inner, "merge keys are not allowed; write the values out")
			continue
		case duplicate:
			y.reader.refuse(inner, "key %q is already on line %d", key.Value, first)
			continue
		}
		seen[key.Value] = key.Line
		y.plainNode(key, inner)
		n.members = append(n.members, member{name: key.Value, line: key.Line, column: key.Column, value: y.node(value, inner, depth+1)})
	}
}

var wholeNumber = regexp.MustCompile(`^(0|-?[1-9][0-9]{0,14})$`)

// scalar gives an unquoted word one of JSON's meanings. Everything that is not
// exactly a JSON literal or a whole number is text as written: dates, 0777,
// 1.0, yes, no and True are what their author typed.
func (n *node) scalar(in *yaml.Node) {
	n.kind, n.text = strictjson.String, in.Value
	if in.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return
	}
	switch {
	case in.Value == "true", in.Value == "false":
		n.kind, n.flag, n.text = strictjson.Bool, in.Value == "true", ""
	case in.Value == "", in.Value == "null", in.Value == "~":
		n.kind, n.text = strictjson.Null, ""
	case wholeNumber.MatchString(in.Value):
		n.kind = strictjson.Number
	}
}
