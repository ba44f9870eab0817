package csaf

import (
	"slices"
	"strings"

	"entente/internal/strictjson"
)

// productRefs are all places that name a product, by id (test 6.1.1).
func (d *document) productRefs() []node {
	var refs []node
	for _, g := range d.root.list("product_tree", "product_groups") {
		refs = append(refs, g.list("product_ids")...)
	}
	for _, r := range d.root.list("product_tree", "relationships") {
		refs = append(refs, r.get("product_reference"), r.get("relates_to_product_reference"))
	}
	for _, v := range d.vulnerabilities {
		for _, g := range statuses(v) {
			refs = append(refs, g.items()...)
		}
		for _, s := range v.list("scores") {
			refs = append(refs, s.list("products")...)
		}
		for _, name := range []string{"flags", "remediations", "threats"} {
			for _, it := range v.list(name) {
				refs = append(refs, it.list("product_ids")...)
			}
		}
	}
	return refs
}

// statuses are the lists of product_status, in the order of the document.
func statuses(v node) []node {
	status := v.get("product_status")
	if !status.there() {
		return nil
	}
	var lists []node
	for i := range status.v.Members {
		m := &status.v.Members[i] // not looked up: there may be many
		lists = append(lists, node{&m.Value, status.at + strictjson.Pointer(m.Name)})
	}
	return lists
}

// productIDs are tests 6.1.1 and 6.1.2: every id named exists, once.
func (d *document) productIDs() {
	defined := map[string]bool{}
	for _, p := range d.products {
		id := p.text("product_id")
		if defined[id] {
			d.fail("6.1.2", p.get("product_id"), "is the id of another product too")
		}
		defined[id] = true
	}
	for _, ref := range d.productRefs() {
		if !defined[ref.string()] {
			d.fail("6.1.1", ref, "names no product of the product tree")
		}
	}
}

// circles is test 6.1.3: no product is made of itself.
func (d *document) circles() {
	parts := map[string][]string{}
	relationships := d.root.list("product_tree", "relationships")
	for _, r := range relationships {
		id := r.text("full_product_name", "product_id")
		parts[id] = append(parts[id], r.text("product_reference"), r.text("relates_to_product_reference"))
	}
	const inside, done = 1, 2
	state := map[string]int{}
	var circular func(id string) bool
	circular = func(id string) bool {
		switch state[id] {
		case inside:
			return true
		case done:
			return false
		}
		state[id] = inside
		found := slices.ContainsFunc(parts[id], circular)
		if !found {
			state[id] = done
		}
		return found
	}
	for _, r := range relationships {
		if circular(r.text("full_product_name", "product_id")) {
			d.fail("6.1.3", r.get("full_product_name", "product_id"), "is defined by itself")
		}
	}
}

// groupIDs are tests 6.1.4 and 6.1.5: every group named exists, once.
func (d *document) groupIDs() {
	defined := map[string]bool{}
	for _, g := range d.root.list("product_tree", "product_groups") {
		id := g.text("group_id")
		if defined[id] {
			d.fail("6.1.5", g.get("group_id"), "is the id of another group too")
		}
		defined[id] = true
	}
	for _, v := range d.vulnerabilities {
		for _, name := range []string{"flags", "remediations", "threats"} {
			for _, it := range v.list(name) {
				for _, ref := range it.list("group_ids") {
					if !defined[ref.string()] {
						d.fail("6.1.4", ref, "names no product group")
					}
				}
			}
		}
	}
}

// contradictions is test 6.1.6: a product has one status.
func (d *document) contradictions() {
	for _, v := range d.vulnerabilities {
		first := map[string]string{}
		for _, g := range statusGroups {
			for _, status := range g.statuses {
				for _, id := range v.list("product_status", status) {
					was := first[id.string()]
					if was == "" {
						first[id.string()] = g.name
					} else if was != g.name {
						d.fail("6.1.6", id, "is "+g.name+" and also "+was)
					}
				}
			}
		}
	}
}

// withoutProducts are tests 6.1.29 and 6.1.32.
func (d *document) withoutProducts() {
	for _, v := range d.vulnerabilities {
		for _, c := range []struct{ test, name string }{{"6.1.29", "remediations"}, {"6.1.32", "flags"}} {
			for _, it := range v.list(c.name) {
				if !it.get("product_ids").there() && !it.get("group_ids").there() {
					d.fail(c.test, it, "names neither products nor groups")
				}
			}
		}
	}
}

// rangeWords are what a product version may not say (test 6.1.31). The words
// count as words only: the standard's own valid example is "after-eight".
var rangeWords = []string{"after", "all", "before", "earlier", "later", "prior", "versions"}

func (d *document) ranges() {
	for _, b := range d.branches {
		name := strings.ToLower(b.text("name"))
		if b.text("category") != "product_version" {
			continue
		}
		if strings.ContainsAny(name, "<>") || slices.ContainsFunc(strings.Fields(name), func(w string) bool { return slices.Contains(rangeWords, w) }) {
			d.fail("6.1.31", b.get("name"), "is a range of versions, not a version")
		}
	}
}

// justifications is test 6.1.33: all labels there are so far are VEX
// justifications, of which a product has one.
func (d *document) justifications() {
	for _, v := range d.vulnerabilities {
		has := map[string]bool{}
		for _, f := range v.list("flags") {
			own := d.covers(f)
			slices.Sort(own)
			for _, id := range slices.Compact(own) {
				if has[id] {
					d.fail("6.1.33", f, "is a second justification for "+id)
				}
				has[id] = true
			}
		}
	}
}

// purls is test 6.1.13.
func (d *document) purls() {
	for _, p := range d.products {
		purl := p.get("product_identification_helper", "purl")
		if why := notPURL(purl.string()); purl.there() && why != "" {
			d.fail("6.1.13", purl, why)
		}
	}
}

// notPURL says what is wrong with a package URL, by the rules of the purl
// specification that hold for all types.
func notPURL(s string) string {
	rest, ok := strings.CutPrefix(s, "pkg:")
	if !ok {
		return "does not begin with pkg:"
	}
	rest, subpath, _ := strings.Cut(rest, "#")
	rest, qualifiers, _ := strings.Cut(rest, "?")
	typ, path, ok := strings.Cut(strings.TrimLeft(rest, "/"), "/")
	if !ok || !isPackageType(typ) {
		return "has no type"
	}
	if at := strings.LastIndexByte(path, '@'); at >= 0 {
		if path[at+1:] == "" {
			return "has an empty version"
		}
		if badEscape(path[at+1:]) {
			return "has a version that is not percent-encoded"
		}
		path = path[:at]
	}
	segments := strings.Split(strings.Trim(path, "/"), "/")
	if strings.HasSuffix(path, "/") || segments[len(segments)-1] == "" {
		return "has no name"
	}
	if badEscape(path) || badEscape(subpath) {
		return "is not percent-encoded"
	}
	for pair := range strings.SplitSeq(qualifiers, "&") {
		if key, value, ok := strings.Cut(pair, "="); qualifiers != "" && (!ok || key == "" || badEscape(value)) {
			return "has a qualifier that is none"
		}
	}
	return ""
}

func isPackageType(s string) bool {
	return s != "" && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789.+-") == "" && (s[0] < '0' || s[0] > '9')
}

// badEscape reports a % without two hexadecimal digits behind it.
func badEscape(s string) bool {
	for i := range len(s) {
		if s[i] == '%' && (len(s) < i+3 || strings.Trim(s[i+1:i+3], "0123456789abcdefABCDEF") != "") {
			return true
		}
	}
	return false
}
