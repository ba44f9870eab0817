package misp

import (
	"strconv"
	"strings"

	"entente/internal/strictjson"
)

// Short names: the tables of this package are made of these.

func str(s string) strictjson.Value { return strictjson.NewString(s) }

func number(literal string) strictjson.Value { return strictjson.NewNumber(literal) }

func truth(b bool) strictjson.Value { return strictjson.NewBool(b) }

func list(items ...strictjson.Value) strictjson.Value { return strictjson.NewList(items...) }

func texts(ss []string) strictjson.Value { return strictjson.NewStrings(ss...) }

func object(members ...strictjson.Member) strictjson.Value {
	return strictjson.Value{Kind: strictjson.Object, Members: members}
}

func member(name string, v strictjson.Value) strictjson.Member {
	return strictjson.Member{Name: name, Value: v}
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
		v.Set(name, to)
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
