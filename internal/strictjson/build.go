package strictjson

import "slices"

// Documents are built as trees, so that what is written is what was meant and
// not what a format string made of it.

// NewString returns a string.
func NewString(s string) Value { return Value{Kind: String, Text: s} }

// NewNumber returns the number with that literal.
func NewNumber(literal string) Value { return Value{Kind: Number, Text: literal} }

// NewBool returns true or false.
func NewBool(b bool) Value { return Value{Kind: Bool, Bool: b} }

// NewList returns a list.
func NewList(items ...Value) Value { return Value{Kind: Array, Items: items} }

// NewStrings returns a list of strings.
func NewStrings(ss ...string) Value {
	v := Value{Kind: Array, Items: make([]Value, len(ss))}
	for i, s := range ss {
		v.Items[i] = NewString(s)
	}
	return v
}

// NewObject returns an object of strings, given as name, value, name, value;
// members with an empty value are left out.
func NewObject(pairs ...string) Value {
	v := Value{Kind: Object}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.SetText(pairs[i], pairs[i+1])
	}
	return v
}

// Set gives an object a member, in place of the one of that name.
func (v *Value) Set(name string, to Value) {
	v.Kind = Object
	if m := v.Get(name); m != nil {
		*m = to
		return
	}
	v.Members = append(v.Members, Member{Name: name, Value: to})
}

// SetText gives an object a string unless the string is empty.
func (v *Value) SetText(name, s string) {
	if s != "" {
		v.Set(name, NewString(s))
	}
}

// SetTexts gives an object a list of strings unless the list is empty.
func (v *Value) SetTexts(name string, ss []string) {
	if len(ss) > 0 {
		v.Set(name, NewStrings(ss...))
	}
}

// Drop takes a member away from an object.
func (v *Value) Drop(name string) {
	v.Members = slices.DeleteFunc(v.Members, func(m Member) bool { return m.Name == name })
}

// GetText returns a member that is a string, and "" for anything else.
func (v *Value) GetText(name string) string {
	if m := v.Get(name); m != nil && m.Kind == String {
		return m.Text
	}
	return ""
}

// GetList returns the items of a member that is a list, and none for anything
// else. They can be changed in their place.
func (v *Value) GetList(name string) []Value {
	if m := v.Get(name); m != nil {
		return m.Items
	}
	return nil
}

// GetTexts returns the strings of a member that is a list, without empty ones.
func (v *Value) GetTexts(name string) []string {
	var out []string
	for _, it := range v.GetList(name) {
		if it.Kind == String && it.Text != "" {
			out = append(out, it.Text)
		}
	}
	return out
}
