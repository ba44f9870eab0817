package conversion

import "entente/internal/strictjson"

// Values are built as trees, so that what is written is what was meant and not
// what a format string made of it.

// Text is a string.
func Text(s string) strictjson.Value { return strictjson.Value{Kind: strictjson.String, Text: s} }

// Number is a number with that literal.
func Number(literal string) strictjson.Value {
	return strictjson.Value{Kind: strictjson.Number, Text: literal}
}

// Truth is true or false.
func Truth(b bool) strictjson.Value { return strictjson.Value{Kind: strictjson.Bool, Bool: b} }

// List is a list of values.
func List(items ...strictjson.Value) strictjson.Value {
	return strictjson.Value{Kind: strictjson.Array, Items: items}
}

// Texts is a list of strings.
func Texts(ss ...string) strictjson.Value {
	v := List()
	for _, s := range ss {
		v.Items = append(v.Items, Text(s))
	}
	return v
}

// Object is an object of string members, given as name, value, name, value;
// members with an empty value are left out.
func Object(pairs ...string) strictjson.Value {
	v := strictjson.Value{Kind: strictjson.Object}
	for i := 0; i+1 < len(pairs); i += 2 {
		SetText(&v, pairs[i], pairs[i+1])
	}
	return v
}

// Set gives v a member, in place of the one of that name.
func Set(v *strictjson.Value, name string, to strictjson.Value) {
	if m := v.Get(name); m != nil {
		*m = to
		return
	}
	v.Members = append(v.Members, strictjson.Member{Name: name, Value: to})
}

// SetText gives v a string member unless the string is empty.
func SetText(v *strictjson.Value, name, s string) {
	if s != "" {
		Set(v, name, Text(s))
	}
}

// SetTexts gives v a list of strings unless the list is empty.
func SetTexts(v *strictjson.Value, name string, ss []string) {
	if len(ss) > 0 {
		Set(v, name, Texts(ss...))
	}
}

// TextOf returns a string member, and "" for anything else.
func TextOf(v *strictjson.Value, name string) string {
	if m := v.Get(name); m != nil && m.Kind == strictjson.String {
		return m.Text
	}
	return ""
}

// TextsOf returns the strings of a list member.
func TextsOf(v *strictjson.Value, name string) []string {
	m := v.Get(name)
	if m == nil {
		return nil
	}
	var out []string
	for _, it := range m.Items {
		if it.Kind == strictjson.String && it.Text != "" {
			out = append(out, it.Text)
		}
	}
	return out
}

// Domain begins a domain object.
func Domain(typ, uuid, created, modified string) strictjson.Value {
	return Object("type", typ, "spec_version", "2.1", "id", typ+"--"+uuid, "created", created, "modified", modified)
}

// Relationship relates two objects.
func Relationship(uuid, kind, source, target, created, modified string) strictjson.Value {
	o := Domain("relationship", uuid, created, modified)
	SetText(&o, "relationship_type", kind)
	SetText(&o, "source_ref", source)
	SetText(&o, "target_ref", target)
	return o
}
