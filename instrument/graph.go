package instrument

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// graph is what is drawn: boxes in groups and arrows between boxes.
type graph struct {
	groups []group
	loose  []box // instruments that are named and were not given
	arrows []arrow
}

type group struct {
	id, title string
	boxes     []box
}

type box struct {
	id, label string
	shape     shape
}

type shape uint8

const (
	document shape = iota
	permits
	forbids
	demands
	state
	finalState
	absent
)

type arrow struct {
	from, to, label string
	dashed          bool
}

// DOT draws instruments for Graphviz: clauses with what is an exception to what,
// which instrument gives way to which, and procedures with their states and
// steps. The same instruments always give the same text, whatever their order.
func DOT(docs []*Instrument) string { return graphOf(docs).dot() }

// Mermaid draws the same for Mermaid.
func Mermaid(docs []*Instrument) string { return graphOf(docs).mermaid() }

func graphOf(docs []*Instrument) *graph {
	docs = slices.Clone(docs)
	slices.SortFunc(docs, func(a, b *Instrument) int { return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Version, b.Version)) })
	g := &graph{}
	given := map[string]bool{}
	for _, d := range docs {
		given[d.ID] = true
	}
	for _, d := range docs {
		g.clauses(d)
		g.precedence(d, given)
		for n := range d.Procedures {
			g.procedure(d, &d.Procedures[n])
		}
	}
	slices.SortFunc(g.loose, func(a, b box) int { return cmp.Compare(a.id, b.id) })
	g.loose = slices.Compact(g.loose)
	return g
}

func (g *graph) clauses(d *Instrument) {
	top := group{id: d.ID, title: d.Title + " " + d.Version, boxes: []box{{d.ID, cmp.Or(d.Short, d.ID), document}}}
	for n := range d.Clauses {
		c := &d.Clauses[n]
		id := d.ID + "/" + c.ID
		kind := demands
		switch c.Modality {
		case Permission:
			kind = permits
		case Prohibition:
			kind = forbids
		case Obligation:
		}
		top.boxes = append(top.boxes, box{id, c.Cite + "\n" + c.ID + "\n" + string(c.Modality) + ": " + c.Act, kind})
		for _, to := range c.ExceptionTo {
			g.arrows = append(g.arrows, arrow{id, d.ID + "/" + to, "exception to", false})
		}
		if c.Derogation != nil {
			for _, to := range c.Derogation.Of {
				g.arrows = append(g.arrows, arrow{id, d.ID + "/" + to, "sets aside while " + c.Derogation.Declared(c.ID), true})
			}
		}
	}
	g.groups = append(g.groups, top)
}

func (g *graph) precedence(d *Instrument, given map[string]bool) {
	to := func(id, label string) {
		if !given[id] {
			g.loose = append(g.loose, box{id, id, absent})
		}
		g.arrows = append(g.arrows, arrow{d.ID, id, label, true})
	}
	for _, id := range d.Precedence.SubjectTo {
		to(id, "gives way to")
	}
	for _, id := range d.Precedence.PrevailsOver {
		to(id, "prevails over")
	}
	if d.Transposes != nil {
		to(d.Transposes.Instrument, "takes the place of "+list(d.Transposes.Replaces)+" of")
	}
}

func (g *graph) procedure(d *Instrument, p *Procedure) {
	prefix := d.ID + "/" + p.ID + "/"
	own := group{id: d.ID + "/" + p.ID, title: p.Title + " (" + d.ID + ", " + p.Cite + ")"}
	for _, s := range p.States {
		kind, label := state, s.ID
		if s.Final {
			kind = finalState
		}
		if s.ID == p.Initial {
			label += "\n(start)"
		}
		own.boxes = append(own.boxes, box{prefix + s.ID, label, kind})
	}
	for _, t := range p.Transitions {
		label := t.ID + " by " + t.By
		if !t.Within.IsZero() {
			label += "\nwithin " + t.Within.phrase() + " of " + t.After
		}
		if t.Quorum != "" {
			label += "\nquorum " + t.Quorum
		}
		for _, from := range t.From {
			g.arrows = append(g.arrows, arrow{prefix + from, prefix + t.To, label, false})
		}
	}
	g.groups = append(g.groups, own)
}

func (g *graph) dot() string {
	var b strings.Builder
	b.WriteString("digraph law {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\"];\n")
	for n, group := range g.groups {
		fmt.Fprintf(&b, "  subgraph cluster_%d {\n    label=%s;\n", n, dotText(group.title))
		for _, x := range group.boxes {
			fmt.Fprintf(&b, "    %s [label=%s%s];\n", dotText(x.id), dotText(x.label), x.shape.dot())
		}
		b.WriteString("  }\n")
	}
	for _, x := range g.loose {
		fmt.Fprintf(&b, "  %s [label=%s%s];\n", dotText(x.id), dotText(x.label), x.shape.dot())
	}
	for _, a := range g.arrows {
		style := ""
		if a.dashed {
			style = ", style=dashed"
		}
		fmt.Fprintf(&b, "  %s -> %s [label=%s%s];\n", dotText(a.from), dotText(a.to), dotText(a.label), style)
	}
	return b.String() + "}\n"
}

// dot tells the kinds apart by form, so that the picture needs no colour.
func (s shape) dot() string {
	switch s {
	case document:
		return ", shape=folder"
	case forbids:
		return ", shape=octagon"
	case demands:
		return ", shape=house"
	case state:
		return ", shape=ellipse"
	case finalState:
		return ", shape=ellipse, peripheries=2"
	case absent:
		return ", shape=folder, style=dashed"
	default: // permits
		return ""
	}
}

func dotText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}

func (g *graph) mermaid() string {
	names := map[string]string{} // Mermaid's own ids have letters and digits only
	for _, group := range g.groups {
		for _, x := range group.boxes {
			names[x.id] = fmt.Sprintf("n%d", len(names))
		}
	}
	for _, x := range g.loose {
		names[x.id] = fmt.Sprintf("n%d", len(names))
	}
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	for n, group := range g.groups {
		fmt.Fprintf(&b, "  subgraph g%d[%s]\n", n, mermaidText(group.title))
		for _, x := range group.boxes {
			fmt.Fprintf(&b, "    %s%s\n", names[x.id], x.mermaid())
		}
		b.WriteString("  end\n")
	}
	for _, x := range g.loose {
		fmt.Fprintf(&b, "  %s%s\n", names[x.id], x.mermaid())
	}
	for _, a := range g.arrows {
		line := "-->"
		if a.dashed {
			line = "-.->"
		}
		fmt.Fprintf(&b, "  %s %s|%s| %s\n", names[a.from], line, mermaidText(a.label), names[a.to])
	}
	return b.String()
}

func (x box) mermaid() string {
	text := mermaidText(x.label)
	switch x.shape {
	case document, absent:
		return "[(" + text + ")]"
	case forbids:
		return "{{" + text + "}}"
	case demands:
		return "[/" + text + "/]"
	case state:
		return "([" + text + "])"
	case finalState:
		return "(((" + text + ")))"
	default: // permits
		return "[" + text + "]"
	}
}

func mermaidText(s string) string {
	return `"` + strings.NewReplacer("#", "#35;", `"`, "#quot;", "<", "#lt;", ">", "#gt;", "`", "#96;", "\n", "<br>").Replace(s) + `"`
}
