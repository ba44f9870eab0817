package conversion

import (
	"slices"
	"strings"

	"entente/intel"
	"entente/intel/stix"
	"entente/internal/strictjson"
)

// Stated is what a document, or a part of one, says in its text about who may
// have it: labels that its format has no property for, or that stand elsewhere.
// The zero value says nothing.
//
// It follows the rule of [stix.Mark]: a text that is a tag is a label somebody
// gave, any other text that reads like one can only make stricter (J16).
type Stated struct {
	label, warning   intel.TLP
	labelled, warned bool
}

// Read takes in a text that stands where people label what it is about.
func (s *Stated) Read(text string) {
	switch t, given, ok := stix.ReadTLP(text); {
	case given:
		s.label, s.labelled = max(s.label, t), true
	case ok:
		s.warning, s.warned = max(s.warning, t), true
	}
}

// Give takes in a label that stands in a property for it.
func (s *Stated) Give(t intel.TLP) { s.label, s.labelled = max(s.label, t), true }

// Hear takes in any other text. A tag in it is a mention as well: what labels a
// part must not open the whole.
func (s *Stated) Hear(text string) {
	if t, _, ok := stix.ReadTLP(text); ok {
		s.warning, s.warned = max(s.warning, t), true
	}
}

// HearTree takes in all text of a document, names included.
func (s *Stated) HearTree(v *strictjson.Value) {
	if v == nil {
		return
	}
	if v.Kind == strictjson.String {
		s.Hear(v.Text)
	}
	for i := range v.Items {
		s.HearTree(&v.Items[i])
	}
	for i := range v.Members {
		s.Hear(v.Members[i].Name)
		s.HearTree(&v.Members[i].Value)
	}
}

// Add takes in what another part states.
func (s *Stated) Add(o Stated) {
	s.label, s.labelled = max(s.label, o.label), s.labelled || o.labelled
	s.warning, s.warned = max(s.warning, o.warning), s.warned || o.warned
}

// Key tells apart what is made under different labels, where an id is made of a
// name alone. It is empty when nothing is stated.
func (s *Stated) Key() string {
	key := ""
	if s.labelled {
		key = " TLP:" + s.label.String()
	}
	if s.warned && s.warning > intel.Clear {
		key += " reads like TLP:" + s.warning.String()
	}
	return key
}

// Mark puts an object under what is stated, where that is stricter than its own
// markings. An object without a label gets none from a mention: it is told as a
// label that [stix.Mark] hears, or, where STIX has no labels, closes the object.
func (s *Stated) Mark(o *strictjson.Value) {
	have, labelled := given(o)
	if s.labelled && (!labelled || s.label > have) {
		mark(o, s.label)
		have, labelled = s.label, true
	}
	switch {
	case !s.warned || s.warning == intel.Clear:
	case labelled && s.warning > have:
		mark(o, s.warning)
	case labelled:
	case o.Get("modified") == nil: // an observable
		mark(o, intel.Red)
	default:
		add(o, "labels", "reads like TLP:"+strings.ToUpper(s.warning.String()))
	}
}

// given is the strictest label an object has.
func given(o *strictjson.Value) (strictest intel.TLP, labelled bool) {
	refs := o.Get("object_marking_refs")
	if refs == nil {
		return strictest, false
	}
	for i := range refs.Items {
		if stix.WellKnownMarking(refs.Items[i].Text) {
			t, _, _ := stix.ReadTLP("tlp:" + stix.TLPLabel(refs.Items[i].Text))
			strictest, labelled = max(strictest, t), true
		}
	}
	return strictest, labelled
}

func mark(o *strictjson.Value, t intel.TLP) {
	add(o, "object_marking_refs", stix.TLPMarking(2, t.String()))
}

// add appends to a list of strings what is not in it.
func add(o *strictjson.Value, name, s string) {
	list := strictjson.NewList()
	if had := o.Get(name); had != nil {
		list = had.Clone() // others may share it
	}
	if !slices.ContainsFunc(list.Items, func(it strictjson.Value) bool { return it.Text == s }) {
		list.Items = append(list.Items, strictjson.NewString(s))
	}
	o.Set(name, list)
}
