package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v3"

	"entente/internal/fault"
)

// print writes v as JSON or YAML, or lets draw write the form for people.
func (a *app) print(v any, draw func(t *table)) error {
	if a.output != "table" {
		return a.encode(a.stdout, v)
	}
	t := newTable(a.stdout)
	draw(t)
	return t.flush()
}

// encode writes v in the machine-readable form asked for.
func (a *app) encode(w io.Writer, v any) error {
	b, err := json.Marshal(v, json.Deterministic(true), jsontext.WithIndent("  "), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return fmt.Errorf("encode output: %w", err)
	}
	if a.output == "yaml" {
		if b, err = toYAML(escapeUnsafe(b, yamlEscape)); err != nil {
			return fmt.Errorf("encode output: %w", err)
		}
		b = escapeUnsafe(b, yamlEscape)
	} else {
		b = append(escapeUnsafe(b, escape), '\n')
	}
	_, err = w.Write(b)
	return err
}

// escapeUnsafe escapes what JSON and YAML allow raw inside a string and a
// terminal may obey. In both such a character can only be inside a quoted string.
func escapeUnsafe(b []byte, escape func(rune) string) []byte {
	dangerous := func(r rune) bool { return r != '\n' && unsafe(r) }
	if bytes.IndexFunc(b, dangerous) < 0 {
		return b
	}
	var out bytes.Buffer
	for _, r := range string(b) {
		if dangerous(r) {
			out.WriteString(escape(r))
		} else {
			out.WriteRune(r)
		}
	}
	return out.Bytes()
}

// yamlEscape writes a rune the way YAML does, which knows no surrogates.
func yamlEscape(r rune) string {
	if r > 0xffff {
		return fmt.Sprintf(`\U%08x`, r)
	}
	return escape(r)
}

// toYAML turns JSON into YAML, keeping the order of members.
func toYAML(b []byte) ([]byte, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(b, &doc); err != nil {
		return nil, err
	}
	blockStyle(&doc)
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := errors.Join(enc.Encode(&doc), enc.Close()); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func blockStyle(n *yaml.Node) {
	n.Style = 0
	if n.Kind == yaml.ScalarNode && n.Tag == "!!str" && strings.IndexFunc(n.Value, unsafe) >= 0 {
		n.Style = yaml.DoubleQuotedStyle
	}
	if len(n.Content) == 0 && n.Kind != yaml.ScalarNode {
		n.Style = yaml.FlowStyle // an empty list stays []
	}
	for _, c := range n.Content {
		blockStyle(c)
	}
}

// printError tells a person, or a program in its own form, what went wrong.
func (a *app) printError(err error) {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		f = fault.New(fault.Internal, "internal", "%s", err)
	}
	if a.output == "json" || a.output == "yaml" {
		doc := struct {
			Code    string        `json:"code"`
			Message string        `json:"message"`
			Errors  []fault.Field `json:"errors,omitempty"`
			Next    string        `json:"next,omitempty"`
		}{f.Code, f.Message, f.Fields, f.Next}
		if a.encode(a.stderr, doc) == nil {
			return
		}
	}
	a.say("entente: %s (%s)", clean(f.Message), clean(f.Code))
	for _, field := range f.Fields {
		a.say("  %s", clean(strings.TrimPrefix(field.Pointer+": "+field.Detail, ": ")))
	}
	if f.Next != "" {
		a.say("  next: %s", clean(f.Next))
	}
	if cause := errors.Unwrap(f); a.verbose && cause != nil {
		a.say("  cause: %s", clean(cause.Error()))
	}
}

// table is aligned plain text. Every cell is cleaned on its way in, and no line
// ends in blanks.
type table struct {
	w       *tabwriter.Writer
	aligned bytes.Buffer
	out     io.Writer
	err     error
}

func newTable(out io.Writer) *table {
	t := &table{out: out}
	t.w = tabwriter.NewWriter(&t.aligned, 0, 0, 2, ' ', 0)
	return t
}

// row writes one line of cells.
func (t *table) row(cells ...any) {
	for i, c := range cells {
		s := clean(fmt.Sprint(c))
		if i < len(cells)-1 {
			s += "\t"
		}
		t.write(s)
	}
	t.write("\n")
}

// line writes one line that is no part of the columns around it.
func (t *table) line(format string, args ...any) {
	for i, arg := range args {
		if s, ok := arg.(string); ok {
			args[i] = clean(s)
		}
	}
	t.end()
	t.write(fmt.Sprintf(format, args...) + "\n")
	t.end()
}

// end closes the current columns, so that the next rows align anew.
func (t *table) end() {
	err := t.w.Flush()
	for line := range strings.Lines(t.aligned.String()) {
		_, werr := io.WriteString(t.out, strings.TrimRight(line, " \n")+"\n")
		err = errors.Join(err, werr)
	}
	t.aligned.Reset()
	t.err = errors.Join(t.err, err)
}

func (t *table) write(s string) {
	_, err := io.WriteString(t.w, s)
	t.err = errors.Join(t.err, err)
}

func (t *table) flush() error {
	t.end()
	return t.err
}

// list prints a page of things: an array for programs, rows under a header for
// people, and where to go on.
func list[T any](a *app, items []T, next, noun string, header []any, row func(T) []any) error {
	if items == nil {
		items = []T{}
	}
	err := a.print(items, func(t *table) {
		if len(items) == 0 {
			return
		}
		t.row(header...)
		for _, item := range items {
			t.row(row(item)...)
		}
	})
	if len(items) == 0 && a.output == "table" {
		a.say("No %s.", noun)
	}
	if next != "" {
		a.say("There is more: --after %s", clean(next))
	}
	return err
}
