package privacy

import (
	"slices"
	"strconv"
	"strings"

	"entente/internal/strictjson"
)

// classTime stands in an identity of which only the class is left: when the
// original was made would tell one from another.
const classTime = "2000-01-01T00:00:00.000Z"

// write makes the tree of a piece as it leaves, under the ids of this round,
// and lists every difference in document order.
func (b *builder) write(p *piece) (strictjson.Value, []Change) {
	w := writer{b: b, p: p, gone: map[string]bool{}, moved: map[string][]int{}}
	out := strictjson.Value{Kind: strictjson.Object, Members: make([]strictjson.Member, 0, len(p.obj.Tree.Members)+1)}
	for i := range p.obj.Tree.Members {
		m := &p.obj.Tree.Members[i]
		w.steps = append(w.steps[:0], pathStep{name: m.Name})
		v, keep := w.root(m)
		if keep {
			out.Members = append(out.Members, strictjson.Member{Name: m.Name, Value: v})
		}
	}
	w.sign(&out)
	w.markings(&out)
	return out, w.changes
}

type writer struct {
	b       *builder
	p       *piece
	steps   []pathStep
	changes []Change
	gone    map[string]bool  // paths of what was taken out
	moved   map[string][]int // by path of a list: new index of every item, -1 = gone
}

func (w *writer) note(path string, before, after *strictjson.Value, by string) {
	c := Change{Path: path, By: by}
	if before != nil {
		c.Before = string(strictjson.Append(nil, before))
	}
	if after != nil {
		c.After = string(strictjson.Append(nil, after))
	}
	w.changes = append(w.changes, c)
}

func stringValue(s string) strictjson.Value {
	return strictjson.Value{Kind: strictjson.String, Text: s}
}

func (w *writer) root(m *strictjson.Member) (strictjson.Value, bool) {
	if w.p.class && (m.Name == "created" || m.Name == "modified") {
		v := stringValue(classTime)
		w.note(m.Name, &m.Value, &v, w.p.reason)
		return v, true
	}
	switch m.Name {
	case "id":
		v := stringValue(w.p.id)
		if w.p.id != m.Value.Text {
			w.note("id", &m.Value, &v, closure)
		}
		return v, true
	case "granular_markings":
		return m.Value, true // see markings
	case "created_by_ref":
		return w.creator(m)
	}
	return w.node(m.Name, &m.Value)
}

// creator names this node: whoever changes an object answers for what it says
// (STIX 2.1, section 3.6).
func (w *writer) creator(m *strictjson.Member) (strictjson.Value, bool) {
	v := stringValue(w.b.sc.Publisher)
	if v.Text == m.Value.Text {
		return v, true
	}
	by := closure
	if e, ok := w.p.edits["created_by_ref"]; ok {
		by = e.by
	}
	if v.Text == "" {
		w.gone["created_by_ref"] = true
		w.note("created_by_ref", &m.Value, nil, by)
		return v, false
	}
	w.note("created_by_ref", &m.Value, &v, by)
	return v, true
}

// sign adds created_by_ref to what had none.
func (w *writer) sign(out *strictjson.Value) {
	if observable(w.p.obj.Tree) || w.b.sc.Publisher == "" || out.Get("created_by_ref") != nil {
		return
	}
	v := stringValue(w.b.sc.Publisher)
	at := 1 + slices.IndexFunc(out.Members, func(m strictjson.Member) bool { return m.Name == "id" })
	out.Members = slices.Insert(out.Members, at, strictjson.Member{Name: "created_by_ref", Value: v})
	w.note("created_by_ref", nil, &v, closure)
}

// node writes one value; keep is false when nothing of it is left.
func (w *writer) node(name string, v *strictjson.Value) (out strictjson.Value, keep bool) {
	if len(w.p.edits) > 0 {
		path := pathOf(w.steps)
		if e, ok := w.p.edits[path]; ok {
			return w.edited(path, v, e)
		}
	}
	switch v.Kind {
	case strictjson.String:
		return w.string(name, v)
	case strictjson.Array:
		return w.list(name, v)
	case strictjson.Object:
		return w.object(v)
	case strictjson.Null, strictjson.Bool, strictjson.Number:
	}
	return *v, true
}

func (w *writer) edited(path string, v *strictjson.Value, e edit) (strictjson.Value, bool) {
	if e.remove {
		w.gone[path] = true
		w.note(path, v, nil, e.by)
		return strictjson.Value{}, false
	}
	out := stringValue(w.b.renamed(e.text))
	w.note(path, v, &out, e.by)
	return out, true
}

func (w *writer) string(name string, v *strictjson.Value) (strictjson.Value, bool) {
	if !strings.HasSuffix(name, "_ref") {
		out := stringValue(w.b.renamed(v.Text))
		if out.Text != v.Text {
			w.note(pathOf(w.steps), v, &out, closure)
		}
		return out, true
	}
	return w.reference(v)
}

func (w *writer) reference(v *strictjson.Value) (strictjson.Value, bool) {
	to, ok := w.b.target(v.Text)
	if !ok && !strings.Contains(v.Text, "--") {
		return *v, true // not an id: a custom property named like one
	}
	if !ok {
		path := pathOf(w.steps)
		w.gone[path] = true
		w.note(path, v, nil, closure)
		return strictjson.Value{}, false
	}
	out := stringValue(to)
	if to != v.Text {
		w.note(pathOf(w.steps), v, &out, closure)
	}
	return out, true
}

func (w *writer) list(name string, v *strictjson.Value) (strictjson.Value, bool) {
	refs := strings.HasSuffix(name, "_refs")
	out := strictjson.Value{Kind: strictjson.Array, Items: make([]strictjson.Value, 0, len(v.Items))}
	moved := make([]int, len(v.Items))
	seen := map[string]int{}
	for i := range v.Items {
		w.steps = append(w.steps, pathStep{index: i})
		item := &v.Items[i]
		visit := func(v *strictjson.Value) (strictjson.Value, bool) { return w.node("", v) }
		if _, edited := w.p.edits[pathOf(w.steps)]; refs && item.Kind == strictjson.String && !edited {
			visit = w.reference
		}
		to, keep := visit(item)
		moved[i] = -1
		if keep {
			// Two objects that became the same are one reference.
			if at, twice := seen[to.Text]; refs && twice && to.Text != item.Text {
				moved[i] = at
			} else {
				moved[i] = len(out.Items)
				seen[to.Text] = moved[i]
				out.Items = append(out.Items, to)
			}
		}
		w.steps = w.steps[:len(w.steps)-1]
	}
	w.moved[pathOf(w.steps)] = moved
	return out, w.filled(len(v.Items), len(out.Items))
}

func (w *writer) object(v *strictjson.Value) (strictjson.Value, bool) {
	out := strictjson.Value{Kind: strictjson.Object, Members: make([]strictjson.Member, 0, len(v.Members))}
	for i := range v.Members {
		m := &v.Members[i]
		w.steps = append(w.steps, pathStep{name: m.Name})
		if to, keep := w.node(m.Name, &m.Value); keep {
			out.Members = append(out.Members, strictjson.Member{Name: m.Name, Value: to})
		}
		w.steps = w.steps[:len(w.steps)-1]
	}
	return out, w.filled(len(v.Members), len(out.Members))
}

// filled reports whether a list or dictionary may stay: STIX has no empty ones
// (sections 2.3 and 2.12).
func (w *writer) filled(before, after int) bool {
	if before > 0 && after == 0 {
		w.gone[pathOf(w.steps)] = true
		return false
	}
	return true
}

// markings follows the selectors of granular markings to where their content is
// now, and drops those whose content is gone (STIX 2.1, section 7.2.3).
func (w *writer) markings(out *strictjson.Value) {
	at := slices.IndexFunc(out.Members, func(m strictjson.Member) bool { return m.Name == "granular_markings" })
	if at < 0 {
		return
	}
	before := &out.Members[at].Value
	after := strictjson.Value{Kind: strictjson.Array}
	for i := range before.Items {
		entry := before.Items[i].Clone()
		var kept []strictjson.Value
		for j := range entry.Members {
			m := &entry.Members[j]
			switch m.Name {
			case "marking_ref":
				m.Value.Text, _ = w.b.target(m.Value.Text)
			case "selectors":
				for k := range m.Value.Items {
					if s, ok := w.follow(m.Value.Items[k].Text); ok {
						kept = append(kept, stringValue(s))
					}
				}
				m.Value.Items = kept
			}
		}
		if len(kept) > 0 {
			after.Items = append(after.Items, entry)
		}
	}
	if string(strictjson.Append(nil, before)) == string(strictjson.Append(nil, &after)) {
		return
	}
	if len(after.Items) == 0 {
		w.note("granular_markings", before, nil, closure)
		out.Members = slices.Delete(out.Members, at, at+1)
		return
	}
	w.note("granular_markings", before, &after, closure)
	out.Members[at].Value = after
}

// follow maps a selector into the original to one into the result.
func (w *writer) follow(selector string) (string, bool) {
	var from, to []string
	for comp := range strings.SplitSeq(selector, ".") {
		moved, list := w.moved[strings.Join(from, ".")]
		from = append(from, comp)
		if w.gone[strings.Join(from, ".")] {
			return "", false
		}
		n, err := strconv.Atoi(strings.Trim(comp, "[]"))
		if list && strings.HasPrefix(comp, "[") && err == nil && n < len(moved) {
			if moved[n] < 0 {
				return "", false
			}
			comp = "[" + strconv.Itoa(moved[n]) + "]"
		}
		to = append(to, comp)
	}
	return strings.Join(to, "."), true
}
