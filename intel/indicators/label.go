package indicators

import (
	"slices"
	"strings"

	"entente/intel"
	"entente/intel/conversion"
	"entente/intel/stix"
)

// columns are the columns of a CSV: where those that we know are, and how each
// says who may have its row.
type columns struct {
	at     map[string]int
	kinds  []columnKind
	stated conversion.Stated // what the header itself says
}

// columnKind is how the cells of a column say who may have a row. All are read:
// a row is under the strictest label that any of them has.
type columnKind int

const (
	ofText    columnKind = iota // may mention a label
	ofValues                    // where words mean nothing
	ofLabel                     // a TLP label and nothing else
	ofMarking                   // markings and nothing else: red alone is TLP:RED here
	ofClass                     // the same, or what others class by
	ofTags
)

func kindOfColumn(name string) columnKind {
	switch {
	case name == "tlp" || name == "tlp_label":
		return ofLabel
	case name == "marking" || name == "markings" || name == "tlp_marking":
		return ofMarking
	case name == "classification":
		return ofClass
	case strings.HasSuffix(name, "_tag") || strings.HasSuffix(name, "_tags") || slices.Contains(aliases["labels"], name):
		return ofTags
	}
	return ofText
}

// read takes in what the cells say. A label nobody can read costs the row:
// nobody knows who may have it.
func (e *entry) read(kinds []columnKind, cells []string) error {
	for i, c := range cells {
		kind := ofText
		if i < len(kinds) {
			kind = kinds[i]
		}
		c = strings.TrimSpace(revive(c))
		if kind == ofValues || c == "" {
			continue
		}
		if err := e.cell(kind, c); err != nil {
			return err
		}
	}
	return nil
}

func (e *entry) cell(kind columnKind, c string) error {
	if kind == ofLabel {
		t, given, _ := stix.ReadTLP(tagged(c))
		if !given {
			return lineFault("indicators.cell", "The TLP label is none of clear, green, amber, amber+strict and red.").Try("Correct the label.")
		}
		e.stated.Give(t)
		return nil
	}
	e.stated.Read(c)
	if kind == ofText {
		return nil
	}
	for _, one := range strings.FieldsFunc(c, betweenLabels) {
		if kind == ofMarking || kind == ofClass {
			one = tagged(one)
		}
		e.stated.Read(one)
		if _, given, _ := stix.ReadTLP(one); !given && kind == ofMarking {
			e.stated.Give(intel.Red)
			e.closed = "has a marking that is not one of TLP: it is closed as TLP:RED"
		}
	}
	return nil
}

func betweenLabels(r rune) bool { return r == ';' || r == ',' || r == '|' }

// tagged writes the word of a label, or the id of its marking, as the tag.
func tagged(s string) string {
	s = strings.TrimSpace(s)
	if word := stix.TLPLabel(s); word != "" {
		s = word
	}
	if len(s) < 4 || !strings.EqualFold(s[:4], "tlp:") {
		s = "tlp:" + s
	}
	return s
}

// uncommented is what a comment says.
func uncommented(s string) string {
	return strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(s), "#;/ \t"))
}

// remark reads what a line says beside its value: the comment after it, and all
// of a line that has no value.
func (r *reader) remark(p conversion.Part) {
	text := strings.TrimSpace(string(p.Raw))
	if len(text) > maxLine {
		r.stated.Hear(text)
		return
	}
	if r.columns.at != nil {
		cells, err := split(text, r.separator)
		if err != nil || len(cells) == 1 && len(r.columns.kinds) > 1 {
			r.stated.Hear(text) // no row: nobody knows what it is about
		}
		return
	}
	value := plain(text)
	if _, err := detect(value); err != nil {
		r.stated.Hear(value)
	}
	r.stated.Hear(text[len(value):])
}
