// Package attackflow reads the files of the Attack Flow Builder (.afb, schema
// attack_flow_v2) as STIX 2.1 with the Attack Flow extension, so that how an
// attack went is shared as objects and not as a drawing.
//
// It knows nothing of the layout of the drawing. Invariant: each node of the
// flow costs itself only. It is in one object that has its exact bytes beside
// it, or it is rejected with them and a reason; the flow has the whole file.
package attackflow

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"entente/intel/conversion"
	"entente/intel/stix"
	"entente/internal/fault"
	"entente/internal/strictjson"
)

// maxDocument is the size of a whole file; real ones have up to 2 MB. How many
// elements there may be is bound by package stix.
const maxDocument = 64 << 20

// Extension makes the types of Attack Flow 2 types of STIX.
const Extension = "extension-definition--fb9c968a-745b-4ade-9b25-c324172197f4"

// schema is the only version of the file there is.
const schema = `"attack_flow_v2"`

var namespace = uuid.MustParse("e2b7c4a8-15d3-4f6a-8b0c-9d41f7a6253e")

// Is reports whether a document is a file of the builder.
func Is(b []byte) bool {
	b = bytes.TrimSpace(b)
	if len(b) > maxDocument {
		return false
	}
	members, err := stix.Members(b)
	if err != nil {
		return false
	}
	for _, m := range members {
		if m.Name == "schema" {
			return bytes.HasPrefix(m.Raw, []byte(`"attack_flow`))
		}
	}
	return false
}

// Parse reads one file. It returns an error only when the file cannot be taken
// apart or has no flow; a node that cannot be read is in its Rejected, with
// codes attackflow.* and those of packages strictjson and stix.
//
// The result shares memory with b.
func Parse(b []byte) (stix.Bundle, error) {
	if len(b) > maxDocument {
		return stix.Bundle{}, stix.TooLong(maxDocument)
	}
	b = bytes.TrimSpace(b)
	members, err := stix.Members(b)
	if err != nil {
		return stix.Bundle{}, err
	}
	f := &flow{whole: b, byID: map[string]*node{}, anchors: map[string]socket{}, latches: map[string]string{}}
	for i, m := range members {
		switch {
		case m.Name == "schema" && string(m.Raw) != schema:
			return stix.Bundle{}, fault.New(fault.Invalid, "attackflow.schema", "The file is of another version of the builder.").At("/schema", "is not attack_flow_v2").
				Try("Open the file in the current Attack Flow Builder and save it.")
		case m.Name == "objects" && f.items == nil:
			if f.items, err = stix.Items(m.Raw); err != nil {
				return stix.Bundle{}, err
			}
		case m.Name == "objects":
			return stix.Bundle{}, fault.New(fault.Invalid, "json.duplicate", "A name occurs twice in one object.").At("/"+strconv.Itoa(i), "is the second list of objects").Try("Send each name once.")
		}
	}
	f.read()
	if f.root == nil {
		return stix.Bundle{}, fault.New(fault.Invalid, "attackflow.flow", "There is no flow in the file.").At("/objects", "has no flow that can be read").
			Try("Send the file as the Attack Flow Builder saves it.")
	}
	f.convert()
	return f.Bundle, nil
}

// flow is one file while it is read.
type flow struct {
	conversion.Account

	whole   []byte
	items   []stix.Part
	root    *node
	nodes   []*node
	byID    map[string]*node
	lines   []line
	anchors map[string]socket // by instance
	latches map[string]string // the anchor of a latch, by their instances
	created string
	stated  conversion.Stated // what any element says about who may have the flow
}

// node is one thing of the flow.
type node struct {
	conversion.Part

	kind, instance string
	tree, props    strictjson.Value
	object         strictjson.Value
	kept           bool
	out, in        []edge
}

// socket is a place of a node where lines begin and end.
type socket struct {
	of   *node
	name string // branch:True and branch:False of conditions
}

// line is a line between two latches, and edge what it means.
type (
	line struct{ source, target string }
	edge struct {
		to     *node
		branch string
	}
)

// read sorts the elements of the file.
func (f *flow) read() {
	for i, it := range f.items {
		p := conversion.Part{Raw: it.Raw, Pointer: "/objects/" + strconv.Itoa(i)}
		tree, err := strictjson.Parse(it.Raw, strictjson.Default())
		if err != nil {
			f.Reject(p, "", err)
			continue
		}
		f.stated.HearTree(&tree)
		n := &node{Part: p, kind: tree.GetText("id"), instance: tree.GetText("instance"), tree: tree}
		switch {
		case n.kind == "dynamic_line":
			f.lines = append(f.lines, line{tree.GetText("source"), tree.GetText("target")})
		case strings.HasSuffix(n.kind, "_anchor"):
			for _, latch := range tree.GetTexts("latches") {
				f.latches[latch] = n.instance
			}
		case strings.HasSuffix(n.kind, "_latch"), strings.HasSuffix(n.kind, "_handle"):
		default:
			f.add(n)
		}
	}
}

// add takes a node in, or sets it aside.
func (f *flow) add(n *node) {
	if n.kind == "" || f.byID[n.instance] != nil {
		f.Reject(n.Part, "", fault.New(fault.Invalid, "attackflow.node", "An element has no id, or the instance of another one.").At("/instance", "is used twice, or the element has no id").
			Try("Open the file in the Attack Flow Builder and save it."))
		return
	}
	if n.kind == "flow" && f.root != nil {
		f.Reject(n.Part, "", fault.New(fault.Invalid, "attackflow.node", "The file has a second flow.").At("/id", "is flow again").Try("Save each flow in a file of its own."))
		return
	}
	n.props = plainProperties(n.tree.Get("properties"))
	f.byID[n.instance] = n
	if n.kind == "flow" {
		f.root = n
		return
	}
	f.nodes = append(f.nodes, n)
	if a := n.tree.Get("anchors"); a != nil {
		for _, m := range a.Members {
			f.anchors[m.Value.Text] = socket{n, m.Name}
		}
	}
}

// uuidOf is the uuid of a node: its instance when that can be one.
func uuidOf(n *node) string {
	if s := strings.ToLower(n.instance); stix.IsUUID(s) {
		return s
	}
	return stix.NameUUID(namespace, n.kind+" "+n.instance)
}

// plainProperties turns the lists of pairs in which the builder keeps
// properties into an object, without what is empty.
func plainProperties(v *strictjson.Value) strictjson.Value {
	o := strictjson.NewObject()
	if v == nil {
		return o
	}
	seen := make(map[string]bool, len(v.Items)) // a list of members is not looked through for each
	for i := range v.Items {
		pair := &v.Items[i]
		if len(pair.Items) != 2 || pair.Items[0].Kind != strictjson.String || seen[pair.Items[0].Text] {
			continue
		}
		if value, ok := plainValue(&pair.Items[1]); ok {
			seen[pair.Items[0].Text] = true
			o.Members = append(o.Members, strictjson.Member{Name: pair.Items[0].Text, Value: value})
		}
	}
	return o
}

// plainValue reads one value: a scalar, a time with its zone, a list whose items
// are keyed by a digest, or properties of its own.
func plainValue(v *strictjson.Value) (strictjson.Value, bool) {
	switch v.Kind {
	case strictjson.Null:
		return *v, false
	case strictjson.Object:
		t, ok := conversion.Time(v.GetText("time"))
		return strictjson.NewString(conversion.Version(t)), ok
	case strictjson.Array:
		return plainList(v)
	default:
		return *v, v.Kind != strictjson.String || v.Text != ""
	}
}

// plainList tells a list from properties by its keys: the builder makes those of
// lists, 32 hexadecimal digits, itself.
func plainList(v *strictjson.Value) (strictjson.Value, bool) {
	if len(v.Items) == 0 || len(v.Items[0].Items) != 2 {
		return *v, false
	}
	if key := v.Items[0].Items[0].Text; len(key) != 32 || strings.Trim(key, "0123456789abcdef") != "" {
		o := plainProperties(v)
		return o, len(o.Members) > 0
	}
	list := strictjson.NewList()
	for i := range v.Items {
		if pair := &v.Items[i]; len(pair.Items) == 2 {
			if value, ok := plainValue(&pair.Items[1]); ok {
				list.Items = append(list.Items, value)
			}
		}
	}
	return list, len(list.Items) > 0
}
