package misp

import (
	"slices"
	"strconv"
	"strings"

	"entente/internal/strictjson"
)

// Values are built as trees, so that what is written is what was meant and not
// what a format string made of it.

func str(s string) strictjson.Value { return strictjson.Value{Kind: strictjson.String, Text: s} }

func number(lit string) strictjson.Value {
	return strictjson.Value{Kind: strictjson.Number, Text: lit}
}

func truth(b bool) strictjson.Value { return strictjson.Value{Kind: strictjson.Bool, Bool: b} }

func list(items ...strictjson.Value) strictjson.Value {
	return strictjson.Value{Kind: strictjson.Array, Items: items}
}

func texts(ss []string) strictjson.Value {
	v := strictjson.Value{Kind: strictjson.Array}
	for _, s := range ss {
		v.Items = append(v.Items, str(s))
	}
	return v
}

func object(members ...strictjson.Member) strictjson.Value {
	return strictjson.Value{Kind: strictjson.Object, Members: members}
}

func member(name string, v strictjson.Value) strictjson.Member {
	return strictjson.Member{Name: name, Value: v}
}

// set gives v a member, in place of the one of that name.
func set(v *strictjson.Value, name string, to strictjson.Value) {
	if m := v.Get(name); m != nil {
		*m = to
		return
	}
	v.Members = append(v.Members, member(name, to))
}

// setText gives v a text member unless the text is empty.
func setText(v *strictjson.Value, name, s string) {
	if s != "" {
		set(v, name, str(s))
	}
}

// drop takes a member away.
func drop(v *strictjson.Value, name string) {
	v.Members = slices.DeleteFunc(v.Members, func(m strictjson.Member) bool { return m.Name == name })
}

// text returns a string member, and "" for anything else.
func text(v *strictjson.Value, name string) string {
	if m := v.Get(name); m != nil && m.Kind == strictjson.String {
		return m.Text
	}
	return ""
}

// scalar returns a member as MISP may write it: exports give numbers as text,
// the API gives them as numbers, and true as true, 1 or "1".
func scalar(v *strictjson.Value, name string) string { return asText(v.Get(name)) }

func asText(m *strictjson.Value) string {
	if m == nil {
		return ""
	}
	switch m.Kind {
	case strictjson.String, strictjson.Number:
		return m.Text
	case strictjson.Bool:
		if m.Bool {
			return "1"
		}
		return "0"
	case strictjson.Null, strictjson.Array, strictjson.Object:
	}
	return ""
}

// flag reads a truth value; given is false when there is none.
func flag(v *strictjson.Value, name string) (is, given bool) {
	switch s := strings.ToLower(scalar(v, name)); s {
	case "1", "true":
		return true, true
	case "0", "false":
		return false, true
	}
	return false, false
}

// put sets the value at a path of names and list positions separated by "/",
// making what is missing on the way. The paths are our own tables'.
func put(v *strictjson.Value, path string, to strictjson.Value) {
	name, rest, deeper := strings.Cut(path, "/")
	if at, err := strconv.Atoi(name); err == nil {
		v.Kind = strictjson.Array
		for len(v.Items) <= at {
			v.Items = append(v.Items, strictjson.Value{})
		}
		if !deeper {
			v.Items[at] = to
			return
		}
		put(&v.Items[at], rest, to)
		return
	}
	v.Kind = strictjson.Object
	if !deeper {
		set(v, name, to)
		return
	}
	if v.Get(name) == nil {
		v.Members = append(v.Members, member(name, strictjson.Value{}))
	}
	put(v.Get(name), rest, to)
}

// at returns the value at such a path, and nil when there is none.
func at(v *strictjson.Value, path string) *strictjson.Value {
	for name := range strings.SplitSeq(path, "/") {
		if v == nil {
			return nil
		}
		if i, err := strconv.Atoi(name); err == nil {
			if i >= len(v.Items) {
				return nil
			}
			v = &v.Items[i]
			continue
		}
		v = v.Get(name)
	}
	return v
}
