package csaf

import (
	"regexp"
	"slices"
	"strings"

	"entente/internal/strictjson"
)

// optional makes the tests of section 6.2.
func (d *document) optional() {
	d.unusedProducts()
	for _, v := range d.vulnerabilities {
		d.unremedied(v)
		d.unscored(v)
		for _, i := range v.list("involvements") {
			if !i.get("date").there() {
				d.warn("6.2.7", i, "has no date")
			}
		}
		for _, id := range v.list("ids") {
			if isCVE.MatchString(id.text("text")) {
				d.warn("6.2.17", id, "is a CVE, which belongs in cve")
			}
		}
		d.scoredFixed(v)
	}
	d.dates()
	d.weakHashes()
	d.missing()
	d.unsorted(d.root)
	d.productHints()
	d.unknownMembers()
}

var (
	isCVE  = regexp.MustCompile(`^CVE-[0-9]{4}-[0-9]{4,}$`)
	isVers = regexp.MustCompile(`^vers:[a-z\.\-\+][a-z0-9\.\-\+]*/.+`)
)

// unusedProducts is test 6.2.1.
func (d *document) unusedProducts() {
	if d.category() == informational {
		return
	}
	used := map[string]bool{}
	for _, ref := range d.productRefs() {
		used[ref.string()] = true
	}
	for _, p := range d.products {
		if !used[p.text("product_id")] {
			d.warn("6.2.1", p.get("product_id"), "is not referred to")
		}
	}
}

// unremedied is test 6.2.2.
func (d *document) unremedied(v node) {
	covered := map[string]bool{}
	for _, r := range v.list("remediations") {
		d.cover(covered, r)
	}
	for _, s := range []string{"first_affected", "known_affected", "last_affected", "under_investigation"} {
		for _, id := range v.list("product_status", s) {
			if !covered[id.string()] {
				d.warn("6.2.2", id, "has no remediation")
			}
		}
	}
}

// unscored is test 6.2.3.
func (d *document) unscored(v node) {
	scored := map[string]bool{}
	for _, s := range v.list("scores") {
		for _, id := range s.get("products").strings() {
			scored[id] = true
		}
	}
	for _, s := range statusGroups[0].statuses {
		for _, id := range v.list("product_status", s) {
			if !scored[id.string()] {
				d.warn("6.2.3", id, "has no score")
			}
		}
	}
}

// scoredFixed is test 6.2.19: where a product is fixed, nothing is left to score.
func (d *document) scoredFixed(v node) {
	fixed := map[string]bool{}
	for _, s := range []string{"first_fixed", "fixed"} {
		for _, id := range v.list("product_status", s) {
			fixed[id.string()] = true
		}
	}
	for _, r := range d.ratings(v) {
		if r.computed == nil {
			continue
		}
		score, given := number(r.get("environmentalScore"))
		i := slices.IndexFunc(r.products, func(id string) bool { return fixed[id] })
		if i >= 0 && (!given || score != 0) && r.computed.EnvironmentalScore() != 0 {
			d.warn("6.2.19", r.node, "is not 0 in the environment of "+r.products[i]+", which is fixed")
		}
	}
}

// dates are tests 6.2.4, 6.2.5 and 6.2.6.
func (d *document) dates() {
	history := d.history()
	for _, r := range history {
		if strings.Contains(r.version, "+") {
			d.warn("6.2.4", r.get("number"), "has build metadata")
		}
	}
	if len(history) == 0 {
		return
	}
	if initial := d.tracking.get("initial_release_date"); instant(initial.string()).Before(history[0].date) {
		d.warn("6.2.5", initial, "is before the oldest revision")
	}
	if current := d.tracking.get("current_release_date"); instant(current.string()).Before(history[len(history)-1].date) {
		d.warn("6.2.6", current, "is before the newest revision")
	}
}

// weakHashes are tests 6.2.8 and 6.2.9.
func (d *document) weakHashes() {
	for _, h := range d.hashes() {
		only := map[string]bool{}
		for _, f := range h.list("file_hashes") {
			only[f.text("algorithm")] = true
		}
		for _, c := range []struct{ test, algorithm string }{{"6.2.8", "md5"}, {"6.2.9", "sha1"}} {
			if len(only) == 1 && only[c.algorithm] {
				d.warn(c.test, h.get("file_hashes"), "has no hash but "+c.algorithm)
			}
		}
	}
}

// missing are tests 6.2.10, 6.2.11, 6.2.12, 6.2.14 and 6.2.15.
func (d *document) missing() {
	doc := d.root.get("document")
	if label := doc.get("distribution", "tlp", "label"); !label.there() {
		d.warn("6.2.10", label, "is missing")
	}
	if d.canonicalURL() == "" {
		d.warn("6.2.11", doc.get("references"), "has no canonical URL")
	}
	if !doc.get("lang").there() {
		d.warn("6.2.12", doc.get("lang"), "is missing")
	}
	for _, tag := range d.languageTags() {
		if privateLanguage(tag.string()) {
			d.warn("6.2.14", tag, "has a subtag for private use")
		}
		if strings.EqualFold(tag.string(), "i-default") {
			d.warn("6.2.15", tag, "is i-default")
		}
	}
}

// privateLanguage knows the ranges that BCP 47 leaves to private use: languages
// qaa to qtz, scripts Qaaa to Qabx, regions AA, QM to QZ, XA to XZ and ZZ, and
// what follows x.
func privateLanguage(tag string) bool {
	for i, sub := range strings.Split(strings.ToLower(tag), "-") {
		switch {
		case sub == "x",
			i == 0 && len(sub) == 3 && sub >= "qaa" && sub <= "qtz",
			i > 0 && len(sub) == 4 && sub >= "qaaa" && sub <= "qabx",
			i > 0 && len(sub) == 2 && (sub == "aa" || sub >= "qm" && sub <= "qz" || sub[0] == 'x' || sub == "zz"):
			return true
		}
	}
	return false
}

// canonicalURL is a reference to itself by the file name of section 5.1.
func (d *document) canonicalURL() string {
	name := fileName(d.tracking.text("id"))
	for _, r := range d.root.list("document", "references") {
		if url := r.text("url"); r.text("category") == "self" && strings.HasPrefix(url, "https://") && strings.HasSuffix(url, "/"+name) {
			return url
		}
	}
	return ""
}

var notInFileNames = regexp.MustCompile(`[^+\-a-z0-9]+`)

func fileName(id string) string {
	return notInFileNames.ReplaceAllString(strings.ToLower(id), "_") + ".json"
}

// unsorted is test 6.2.13.
func (d *document) unsorted(n node) {
	if n.v.Kind == strictjson.Array {
		for _, it := range n.items() {
			d.unsorted(it)
		}
		return
	}
	for i := range n.v.Members {
		name := n.v.Members[i].Name
		if i > 0 && name < n.v.Members[i-1].Name {
			d.warn("6.2.13", n.get(name), "is not in alphabetical order")
		}
		d.unsorted(n.get(name))
	}
}

// productHints are tests 6.2.16 and 6.2.18.
func (d *document) productHints() {
	for _, p := range d.products {
		if !p.get("product_identification_helper").there() {
			d.warn("6.2.16", p.node, "has no product_identification_helper")
		}
	}
	for _, b := range d.branches {
		if b.text("category") == "product_version_range" && !isVers.MatchString(b.text("name")) {
			d.warn("6.2.18", b.get("name"), "is not a vers range")
		}
	}
}
