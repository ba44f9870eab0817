package privacy

import (
	"slices"
	"strings"

	"entente/intel/stix"
	"entente/internal/strictjson"
)

// render writes every piece that leaves and looks all of them over for what
// was removed anywhere in the form. What it finds becomes an edit or costs the
// object, and then another round is needed.
func (b *builder) render() {
	needles := slices.Clone(b.sought)
	// Real feeds give one UUID to objects of two types; what leaves under it
	// anyway gives nothing away.
	leaving := map[string]bool{}
	for i := range b.pieces {
		if p := &b.pieces[i]; p.left == "" {
			leaving[uuidOf(p.id)] = true
			b.renderOne(p)
		}
	}
	for i := range b.pieces {
		p := &b.pieces[i]
		if uuid := uuidOf(p.obj.ID); !leaving[uuid] && (p.left != "" || p.id != p.obj.ID) {
			needles = append(needles, needle{text: strings.ToLower(uuid), id: true})
		}
	}
	if len(needles) == 0 || b.again {
		return
	}
	slices.SortFunc(needles, func(x, y needle) int { return strings.Compare(x.text, y.text) })
	s := sweeper{b: b, find: newAutomaton(slices.Compact(needles))}
	for _, n := range needles {
		s.squeeze = s.squeeze || n.squeezed
	}
	for i := range b.pieces {
		if p := &b.pieces[i]; p.left == "" && b.firstOf[p.id] == i {
			s.p = p
			s.object(p.obj.Tree)
		}
	}
}

// doom drops a piece in the next round: what the others look like in this one
// must not depend on which was looked at first.
func (b *builder) doom(p *piece, why string) {
	if p.doomed == "" {
		p.doomed = why
	}
	b.again = true
}

func uuidOf(id string) string { return id[strings.Index(id, "--")+2:] }

func (b *builder) renderOne(p *piece) {
	if !p.touched && p.id == p.obj.ID {
		p.out = p.obj
		return
	}
	tree, changes := b.write(p)
	if len(changes) == 0 {
		p.out = p.obj
		return
	}
	b.stamp(p, &tree)
	raw := strictjson.Append(nil, &tree)
	out, _, err := stix.ParseObject(raw)
	if err != nil {
		b.doom(p, "without what is withheld it is not a valid object")
		return
	}
	p.out, p.changes = out, changes
}

// stamp makes the version of a changed object tell its content: the fraction of
// modified is extended by digits that depend on what is sent. Two forms of one
// version, made on different days under different law, are then two versions
// and not one version with two contents (STIX 2.1, section 3.6; J9), and a newer
// original still gives a newer form.
func (b *builder) stamp(p *piece, tree *strictjson.Value) {
	m := tree.Get("modified")
	if m == nil || p.class || !timestamp(m.Text) {
		return
	}
	whole, fraction, _ := strings.Cut(strings.TrimSuffix(m.Text, "Z"), ".")
	for len(fraction)%3 != 0 || fraction == "" {
		fraction += "0"
	}
	const digits = 9
	sum := keyed(b.sc.Key, "version", string(strictjson.Append(nil, tree)))
	for i := 0; len(fraction) < digits; i++ {
		fraction += string('0' + sum[i]%10)
	}
	m.Text = whole + "." + fraction + "Z"
}

// sweeper searches one form.
type sweeper struct {
	b       *builder
	p       *piece
	find    *automaton
	squeeze bool
	steps   []pathStep
}

// object walks the original and looks at each string as it leaves, so that what
// is found can be planned away by its original path.
func (s *sweeper) object(tree *strictjson.Value) {
	for i := range tree.Members {
		m := &tree.Members[i]
		s.steps = append(s.steps[:0], pathStep{name: m.Name})
		switch m.Name {
		case "type", "spec_version", "created", "modified", "granular_markings":
			continue
		case "id":
			s.only(s.p.id)
			continue
		case "created_by_ref":
			s.only(s.p.out.Tree.GetText(m.Name))
			continue
		}
		s.node(m.Name, &m.Value)
	}
}

func (s *sweeper) node(name string, v *strictjson.Value) {
	path := ""
	if len(s.p.edits) > 0 {
		path = pathOf(s.steps)
	}
	if e, ok := s.p.edits[path]; ok && path != "" {
		if !e.remove {
			s.string(name, s.b.renamed(e.text))
		}
		return
	}
	switch v.Kind {
	case strictjson.String:
		out := v.Text
		if s.p.out != s.p.obj {
			out = s.b.renamed(out)
		}
		s.string(name, out)
	case strictjson.Array:
		for i := range v.Items {
			s.steps = append(s.steps, pathStep{index: i})
			s.node(name, &v.Items[i])
			s.steps = s.steps[:len(s.steps)-1]
		}
	case strictjson.Object:
		for i := range v.Members {
			m := &v.Members[i]
			s.steps = append(s.steps, pathStep{name: m.Name})
			s.key(m.Name)
			s.node(m.Name, &m.Value)
			s.steps = s.steps[:len(s.steps)-1]
		}
	case strictjson.Null, strictjson.Bool, strictjson.Number:
	}
}

// key looks at the name of a dictionary entry, which is data in some.
func (s *sweeper) key(name string) {
	if known[s.p.obj.Type][name] || len(name) < shortestNeedle {
		return
	}
	if s.anywhere(name) {
		s.plan(edit{remove: true, by: closure})
	}
}

// only looks for ids in an id.
func (s *sweeper) only(id string) {
	s.find.find(id, func(n *needle, _, _ int) bool {
		if n.id {
			s.leave()
		}
		return !n.id
	})
}

func (s *sweeper) leave() { s.b.doom(s.p, "it would show what is withheld elsewhere") }

func (s *sweeper) string(name, v string) {
	if len(v) < shortestNeedle || timestamp(v) && len(v) <= 30 {
		return
	}
	if strings.HasSuffix(name, "_ref") || strings.HasSuffix(name, "_refs") {
		if to, ok := s.b.target(v); ok {
			s.only(to)
		}
		return
	}
	folded := fold(v)
	var cuts []span
	s.find.find(folded, func(n *needle, start, end int) bool {
		if !n.squeezed {
			cuts = append(cuts, span{start: start, end: end})
		}
		return true
	})
	root := s.steps[0].name
	switch {
	case len(cuts) == 0 && !s.anywhere(v):
		return
	case s.b.strict || root == "pattern":
		s.leave()
	case len(cuts) == 0 || len(folded) != len(v):
		// It is there in some other writing: the whole value goes.
		if root == "name" {
			s.plan(edit{text: Withheld, by: closure})
			return
		}
		s.plan(edit{remove: true, by: closure})
	default:
		s.plan(edit{text: blank(v, untangle(cuts)), by: closure})
	}
}

func (s *sweeper) plan(e edit) {
	path := pathOf(s.steps)
	if old, ok := s.p.edits[path]; ok {
		e.by = old.by
	}
	s.p.edits[path] = e
	s.b.again = true
}

func blank(v string, cuts []span) string {
	var out strings.Builder
	last := 0
	for _, c := range cuts {
		out.WriteString(v[last:c.start])
		out.WriteString(Withheld)
		last = c.end
	}
	return out.String() + v[last:]
}

// anywhere reports whether any reading of v holds something that was removed.
func (s *sweeper) anywhere(v string) (found bool) {
	unfold(v, 0, func(t string) {
		if found {
			return
		}
		s.find.find(fold(t), func(n *needle, _, _ int) bool {
			found = found || !n.squeezed
			return !found
		})
		if !s.squeeze || found {
			return
		}
		s.find.find(squeezed(t), func(n *needle, _, _ int) bool {
			found = found || n.squeezed
			return !found
		})
	})
	return found
}

func squeezed(s string) string {
	var b strings.Builder
	eachWord(s, func(start, end int) { b.WriteString(fold(s[start:end])) })
	return b.String()
}
