package csaf

import (
	"slices"
	"strconv"
	"strings"

	"entente/internal/fault"
	"entente/internal/strictjson"
)

// node is a value of the document and where it is.
type node struct {
	v  *strictjson.Value // nil when it is not there
	at string            // JSON Pointer
}

func (n node) get(names ...string) node {
	for _, name := range names {
		n = node{n.v.Get(name), n.at + strictjson.Pointer(name)}
	}
	return n
}

func (n node) there() bool { return n.v != nil }

// items are the items of a list, none when there is none.
func (n node) items() []node {
	if n.v == nil {
		return nil
	}
	out := make([]node, len(n.v.Items))
	for i := range n.v.Items {
		out[i] = node{&n.v.Items[i], n.at + "/" + strconv.Itoa(i)}
	}
	return out
}

// list are the items of a member.
func (n node) list(names ...string) []node { return n.get(names...).items() }

// text is a member's text, "" when there is none.
func (n node) text(names ...string) string { return n.get(names...).string() }

func (n node) string() string {
	if n.v == nil || n.v.Kind != strictjson.String {
		return ""
	}
	return n.v.Text
}

func (n node) strings() []string {
	var out []string
	for _, it := range n.items() {
		out = append(out, it.string())
	}
	return out
}

// document is an advisory that keeps the schema, with what is looked up often.
type document struct {
	root            node
	tracking        node
	vulnerabilities []node
	products        []product           // every full_product_name_t
	branches        []node              // every branch
	groups          map[string][]string // product ids by group id
	badScores       []Finding           // against the schemas of CVSS
	badScore        map[string]bool     // places of scores they are in
	found           []Finding
}

// product is a full product name and what the branches above it say.
type product struct {
	node
	above []node // branches, the outermost first
}

// maxCovered bounds how many products the groups of a document may stand for
// together: they name many with few bytes.
const maxCovered = 400_000

// newDocument reads what keeps the schema. badScores break those of CVSS.
func newDocument(tree *strictjson.Value, badScores []Finding) (*document, error) {
	d := &document{root: node{v: tree}, groups: map[string][]string{}, badScores: badScores, badScore: map[string]bool{}}
	for _, f := range badScores {
		d.badScore[strings.TrimSuffix(scorePlace.FindString(f.Pointer+"/"), "/")] = true
	}
	d.tracking = d.root.get("document", "tracking")
	d.vulnerabilities = d.root.list("vulnerabilities")
	d.walk(d.root.list("product_tree", "branches"), nil)
	for _, p := range d.root.list("product_tree", "full_product_names") {
		d.products = append(d.products, product{node: p})
	}
	for _, r := range d.root.list("product_tree", "relationships") {
		d.products = append(d.products, product{node: r.get("full_product_name")})
	}
	for _, g := range d.root.list("product_tree", "product_groups") {
		id := g.text("group_id")
		d.groups[id] = append(d.groups[id], g.get("product_ids").strings()...)
	}
	if d.covered() > maxCovered {
		return nil, fault.New(fault.Invalid, "csaf.size", "The groups of the advisory stand for more than %d products.", maxCovered).
			At("/product_tree/product_groups", "are used too often").Try("Ask the publisher for an advisory for each product line.")
	}
	return d, nil
}

// covered counts what [document.covers] returns for all items.
func (d *document) covered() int {
	n := 0
	for _, v := range d.vulnerabilities {
		for _, name := range []string{"flags", "remediations", "threats"} {
			for _, it := range v.list(name) {
				for _, g := range it.list("group_ids") {
					n += len(d.groups[g.string()])
				}
			}
		}
	}
	return n
}

func (d *document) walk(branches, above []node) {
	for _, b := range branches {
		d.branches = append(d.branches, b)
		path := append(slices.Clip(above), b)
		if p := b.get("product"); p.there() {
			d.products = append(d.products, product{p, path})
		}
		d.walk(b.list("branches"), path)
	}
}

// category is that of the document, which names its profile (section 4).
func (d *document) category() string { return d.root.text("document", "category") }

// covers are the product ids an item of flags, threats or remediations is for,
// those of its groups included.
func (d *document) covers(n node) []string {
	ids := n.get("product_ids").strings()
	for _, g := range n.get("group_ids").strings() {
		ids = append(ids, d.groups[g]...)
	}
	return ids
}

// statusGroups are the product statuses by what they mean (section 3.2.3.9);
// the groups contradict each other. Recommended products contradict nothing.
var statusGroups = []struct {
	name     string
	statuses []string
}{
	{"affected", []string{"first_affected", "known_affected", "last_affected"}},
	{"not affected", []string{"known_not_affected"}},
	{"fixed", []string{"first_fixed", "fixed"}},
	{"under investigation", []string{"under_investigation"}},
}
