package csaf

import "regexp"

var vBeforeNumber = regexp.MustCompile(`^[vV][0-9].*$`)

// informative makes the tests of section 6.3 that need neither network nor
// dictionary.
func (d *document) informative() {
	for _, v := range d.vulnerabilities {
		for _, s := range v.list("scores") {
			if s.get("cvss_v2").there() && !s.get("cvss_v3").there() {
				d.note("6.3.1", s, "has CVSS 2 only")
			}
			if s.text("cvss_v3", "version") == "3.0" {
				d.note("6.3.2", s.get("cvss_v3", "version"), "is not 3.1")
			}
		}
		if !v.get("cve").there() {
			d.note("6.3.3", v.get("cve"), "is missing")
		}
		if !v.get("cwe").there() {
			d.note("6.3.4", v.get("cwe"), "is missing")
		}
	}
	d.shortHashes()
	d.branching()
}

// shortHashes is test 6.3.5.
func (d *document) shortHashes() {
	for _, h := range d.hashes() {
		for _, f := range h.list("file_hashes") {
			if len(f.text("value")) < 64 {
				d.note("6.3.5", f.get("value"), "is shorter than 64 characters")
			}
		}
	}
}

// branching are tests 6.3.9, 6.3.10 and 6.3.11.
func (d *document) branching() {
	for _, p := range d.products {
		if p.above != nil && !inOrder(p.above) {
			d.note("6.3.9", p.node, "has not vendor, product_name and product_version above it in that order")
		}
	}
	for _, b := range d.branches {
		if b.text("category") == "product_version_range" {
			d.note("6.3.10", b.get("category"), "is a range of versions")
		}
		if b.text("category") == "product_version" && vBeforeNumber.MatchString(b.text("name")) {
			d.note("6.3.11", b.get("name"), "begins with v")
		}
	}
}

// inOrder is test 6.3.9.
func inOrder(branches []node) bool {
	wanted := []string{"vendor", "product_name", "product_version"}
	for _, b := range branches {
		if len(wanted) > 0 && b.text("category") == wanted[0] {
			wanted = wanted[1:]
		}
	}
	return len(wanted) == 0
}
