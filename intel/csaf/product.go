package csaf

import (
	"slices"
	"strings"

	"entente/intel/conversion"
	"entente/internal/strictjson"
)

// products makes a software object of each product of the tree.
func (c *converter) products() {
	for _, p := range c.d.products {
		id := p.text("product_id")
		if c.software[id] != "" {
			continue // a second product of that id: test 6.1.2 tells
		}
		if o := c.product(p); c.keep(p.node, o) {
			c.software[id] = o.GetText("id")
		}
	}
	for _, r := range c.d.root.list("product_tree", "relationships") {
		of, to := c.software[r.text("product_reference")], c.software[r.text("relates_to_product_reference")]
		if of != "" && to != "" {
			c.relate(r, of, strings.ReplaceAll(r.text("category"), "_", "-"), to, r.text("full_product_name", "name"), strictjson.Value{},
				"product", r.text("full_product_name", "product_id"))
		}
	}
}

// product is one full product name. What its branches say is vendor and version.
func (c *converter) product(p product) strictjson.Value {
	var o, more strictjson.Value
	helper := p.get("product_identification_helper")
	o.SetText("name", p.text("name"))
	if cpe := helper.text("cpe"); isCPE23(cpe) {
		o.SetText("cpe", cpe)
	} else {
		more.SetText("cpe", cpe)
	}
	for _, b := range p.above {
		switch b.text("category") {
		case "vendor":
			o.SetText("vendor", b.text("name"))
		case "product_version":
			o.SetText("version", b.text("name"))
		case "product_version_range":
			more.SetText("version_range", b.text("name"))
		}
	}
	more.SetText("purl", helper.text("purl"))
	for _, list := range []string{"model_numbers", "sbom_urls", "serial_numbers", "skus"} {
		more.SetTexts(list, helper.get(list).strings())
	}
	var files []strictjson.Value
	for _, h := range helper.list("hashes") {
		var file strictjson.Value
		var digests []strictjson.Value
		for _, f := range h.list("file_hashes") {
			digests = append(digests, *f.v)
		}
		file.SetText("filename", h.text("filename"))
		file.Set("hashes", conversion.Digests(digests, "algorithm", "value"))
		files = append(files, file)
	}
	if len(files) > 0 {
		more.Set("files", strictjson.NewList(files...))
	}
	extend(&o, more)
	return c.identified("software", o)
}

// isCPE23 reports whether STIX takes the name; CSAF has the older form too.
func isCPE23(s string) bool {
	return strings.HasPrefix(s, "cpe:2.3:") && strings.Count(strings.ReplaceAll(s, `\:`, ""), ":") == 12
}

// relate keeps a relationship. Its id is of the key, not of what it says, so that
// a product that is fixed in the next version does not stay affected beside.
func (c *converter) relate(from node, source, kind, target, description string, more strictjson.Value, key ...string) {
	o := c.object("relationship", c.id("relationship", key...))
	o.SetText("relationship_type", kind)
	o.SetText("description", description)
	o.SetText("source_ref", source)
	o.SetText("target_ref", target)
	extend(&o, more)
	c.keep(from, o)
}

// softwareOf are the software objects of product ids, each once.
func (c *converter) softwareOf(ids []string) []string {
	var all []string
	seen := map[string]bool{}
	for _, id := range ids {
		if s := c.software[id]; s != "" && !seen[s] {
			seen[s] = true
			all = append(all, s)
		}
	}
	slices.Sort(all)
	return all
}
