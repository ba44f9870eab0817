package misp

import (
	"strings"
	"unicode/utf8"

	"entente/internal/strictjson"
)

// Bounds of what an event says of itself where it stands in a list: a list has
// many, and whoever wrote one of them chose its length.
const (
	maxBrief  = 64 << 10 // of {"Event": …}
	maxInfo   = 4 << 10  // bytes of text
	maxScalar = 256      // of anything else that is one value
)

// short is a value as a list has it: the title cut, what is one value as it is,
// and nothing that is longer than it can mean anything.
func short(name string, v *strictjson.Value) (strictjson.Value, bool) {
	switch {
	case v == nil:
		return strictjson.Value{}, false
	case name == "info" && v.Kind == strictjson.String:
		return str(cutText(v.Text, maxInfo)), true
	case name == "name" && v.Kind == strictjson.String:
		return str(cutText(v.Text, maxScalar)), true
	}
	plain := v.Kind != strictjson.Object && v.Kind != strictjson.Array
	return *v, plain && len(v.Text) <= maxScalar
}

// cutText cuts between characters and says so.
func cutText(s string, most int) string {
	const mark = "…"
	if len(s) <= most {
		return s
	}
	n := most - len(mark)
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.Clone(s[:n]) + mark
}

// briefly returns an event as a list has it, with as many of its tags as there is
// room for.
func briefly(ev *strictjson.Value) strictjson.Value {
	b := object()
	for _, m := range ev.Members {
		if m.Name == "Org" || m.Name == "Orgc" {
			if m.Value.Kind == strictjson.Object {
				(&b).Set(m.Name, organisation(&m.Value))
			}
		} else if v, ok := short(m.Name, &m.Value); ok {
			b.Members = append(b.Members, member(m.Name, v))
		}
	}
	room := maxBrief - len(strictjson.Append(nil, &b)) - len(`{"Event":,"Tag":[]}`)
	tags, all := list(), ev.GetList("Tag")
	for i := range all {
		if room -= len(strictjson.Append(nil, &all[i])) + 1; room < 0 {
			break
		}
		tags.Items = append(tags.Items, all[i])
	}
	if len(tags.Items) > 0 {
		(&b).Set("Tag", tags)
	}
	return b
}

// organisation is what a list says of one.
func organisation(v *strictjson.Value) strictjson.Value {
	o := object()
	for _, name := range []string{"id", "name", "uuid", "local"} {
		if m, ok := short(name, v.Get(name)); ok {
			(&o).Set(name, m)
		}
	}
	return o
}
