package csaf

import (
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"
)

// weaknessNames are the names each CWE has had in any published version of the
// list: an advisory is not wrong because a weakness was renamed later.
var weaknessNames = sync.OnceValue(func() map[string][]string {
	names := map[string][]string{}
	b, err := schemas.ReadFile("schema/cwe.tsv")
	if err != nil {
		return names // embedded: it is there
	}
	for line := range strings.Lines(string(b)) {
		number, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		names["CWE-"+number] = append(names["CWE-"+number], name)
	}
	return names
})

// weaknesses is test 6.1.11.
func (d *document) weaknesses() {
	for _, v := range d.vulnerabilities {
		cwe := v.get("cwe")
		if !cwe.there() {
			continue
		}
		switch names := weaknessNames()[cwe.text("id")]; {
		case names == nil:
			d.fail("6.1.11", cwe.get("id"), "is no weakness of the CWE list")
		case !slices.Contains(names, cwe.text("name")):
			d.fail("6.1.11", cwe.get("name"), "is not the name of "+cwe.text("id"))
		}
	}
}

// languageTags are the places of type lang_t.
func (d *document) languageTags() []node {
	doc := d.root.get("document")
	var tags []node
	for _, name := range []string{"lang", "source_lang"} {
		if tag := doc.get(name); tag.there() {
			tags = append(tags, tag)
		}
	}
	return tags
}

// languages is test 6.1.12: BCP 47 and its registry.
func (d *document) languages() {
	for _, tag := range d.languageTags() {
		if _, err := language.Parse(tag.string()); err != nil && !privateLanguage(tag.string()) {
			d.fail("6.1.12", tag, "is not a language of the BCP 47 registry")
		}
	}
}

// translation are tests 6.1.15 and 6.1.28.
func (d *document) translation() {
	doc := d.root.get("document")
	source := doc.get("source_lang")
	if doc.text("publisher", "category") == "translator" && !source.there() {
		d.fail("6.1.15", doc, "is of a translator and has no source_lang")
	}
	if source.there() && strings.EqualFold(source.string(), doc.text("lang")) {
		d.fail("6.1.28", source, "is the language of the document itself")
	}
}

// duplicates are tests 6.1.23, 6.1.24 and 6.1.25.
func (d *document) duplicates() {
	cves := map[string]bool{}
	for _, v := range d.vulnerabilities {
		if cve := v.get("cve"); cve.there() {
			if cves[cve.string()] {
				d.fail("6.1.23", cve, "is the CVE of another vulnerability too")
			}
			cves[cve.string()] = true
		}
		parties := map[string]bool{}
		for _, i := range v.list("involvements") {
			key := i.text("party") + " " + instant(i.text("date")).String()
			if parties[key] {
				d.fail("6.1.24", i, "is a second involvement of that party at that date")
			}
			parties[key] = true
		}
	}
	for _, h := range d.hashes() {
		algorithms := map[string]bool{}
		for _, f := range h.list("file_hashes") {
			if algorithms[f.text("algorithm")] {
				d.fail("6.1.25", f.get("algorithm"), "is used twice for one file")
			}
			algorithms[f.text("algorithm")] = true
		}
	}
}

// hashes are the files by which products are known.
func (d *document) hashes() []node {
	var all []node
	for _, p := range d.products {
		all = append(all, p.list("product_identification_helper", "hashes")...)
	}
	return all
}

// The categories that are profiles of section 4.
const (
	base          = "csaf_base"
	incident      = "csaf_security_incident_response"
	informational = "csaf_informational_advisory"
	security      = "csaf_security_advisory"
	vex           = "csaf_vex"
)

var squeezed = strings.NewReplacer("-", "", "_", "", " ", "", "\t", "", "\n", "", "\r", "", "\u00a0", "")

// reservedCategory is test 6.1.26, of documents of the base profile.
func (d *document) reservedCategory() {
	profiles := []string{incident, informational, security, vex}
	category := d.category()
	if slices.Contains(profiles, category) || category == base {
		return
	}
	reserved := strings.HasPrefix(strings.ToLower(category), "csaf_")
	for _, p := range profiles {
		name := squeezed.Replace(strings.ToLower(category))
		reserved = reserved || name == squeezed.Replace(p) || name == squeezed.Replace(strings.TrimPrefix(p, "csaf_"))
	}
	if reserved {
		d.fail("6.1.26", d.root.get("document", "category"), "can be taken for a profile it does not name")
	}
}

// profile are the tests 6.1.27, each of some profiles.
func (d *document) profile() {
	doc, category := d.root.get("document"), d.category()
	is := func(of ...string) bool { return slices.Contains(of, category) }
	if is(incident, informational) {
		if !slices.ContainsFunc(doc.list("notes"), func(n node) bool {
			return slices.Contains([]string{"description", "details", "general", "summary"}, n.text("category"))
		}) {
			d.fail("6.1.27.1", doc, "has no note of category description, details, general or summary")
		}
		if !slices.ContainsFunc(doc.list("references"), func(r node) bool { return r.text("category") != "self" }) {
			d.fail("6.1.27.2", doc, "has no external reference")
		}
	}
	if is(informational) && d.root.get("vulnerabilities").there() {
		d.fail("6.1.27.3", d.root.get("vulnerabilities"), "is in an informational advisory")
	}
	if is(security, vex) {
		if !d.root.get("product_tree").there() {
			d.fail("6.1.27.4", d.root, "has no product_tree")
		}
		if !d.root.get("vulnerabilities").there() {
			d.fail("6.1.27.11", d.root, "has no vulnerabilities")
		}
	}
	for _, v := range d.vulnerabilities {
		if is(security, vex) && !v.get("notes").there() {
			d.fail("6.1.27.5", v, "has no notes")
		}
		if is(security) && !v.get("product_status").there() {
			d.fail("6.1.27.6", v, "has no product_status")
		}
		if is(vex) {
			d.exploitability(v)
		}
	}
}

// exploitability are the tests 6.1.27.7 to 6.1.27.10, of VEX documents.
func (d *document) exploitability(v node) {
	status := v.get("product_status")
	if !slices.ContainsFunc([]string{"fixed", "known_affected", "known_not_affected", "under_investigation"}, func(s string) bool { return status.get(s).there() }) {
		d.fail("6.1.27.7", status, "has none of fixed, known_affected, known_not_affected and under_investigation")
	}
	if !v.get("cve").there() && !v.get("ids").there() {
		d.fail("6.1.27.8", v, "has neither cve nor ids")
	}
	impact, action := map[string]bool{}, map[string]bool{}
	for _, f := range v.list("flags") {
		d.cover(impact, f)
	}
	for _, t := range v.list("threats") {
		if t.text("category") == "impact" {
			d.cover(impact, t)
		}
	}
	for _, r := range v.list("remediations") {
		d.cover(action, r)
	}
	for _, id := range status.list("known_not_affected") {
		if !impact[id.string()] {
			d.fail("6.1.27.9", id, "has no impact statement")
		}
	}
	for _, id := range status.list("known_affected") {
		if !action[id.string()] {
			d.fail("6.1.27.10", id, "has no action statement")
		}
	}
}

func (d *document) cover(set map[string]bool, n node) {
	for _, id := range d.covers(n) {
		set[id] = true
	}
}
