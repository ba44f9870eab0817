package strictjson

// Documents are built as trees, so that what is written is what was meant and
// not what a format string made of it.

// NewString returns a string.
func NewString(s string) Value { return Value{Kind: String, Text: s} }

// NewStrings returns a list of strings.
func NewStrings(ss []string) Value {
	v := Value{Kind: Array, Items: make([]Value, len(ss))}
	for i, s := range ss {
		v.Items[i] = NewString(s)
	}
	return v
}

// NewList returns a list.
func NewList(items ...Value) Value { return Value{Kind: Array, Items: items} }

// Set gives an object a member, in place of the one of that name.
func (v *Value) Set(name string, to Value) {
	v.Kind = Object
	if m := v.Get(name); m != nil {
		*m = to
		return
	}
	v.Members = append(v.Members, Member{Name: name, Value: to})
}

// SetText gives an object a text member unless the text is empty.
func (v *Value) SetText(name, s string) {
	if s != "" {
		v.Set(name, NewString(s))
	}
}
