package odrl

import (
	"regexp"
	"strings"

	"entente/instrument"
	"entente/internal/strictjson"
)

// article is a citation that begins with an article, the one part of a citation
// that Akoma Ntoso names alike for every document.
var article = regexp.MustCompile(`^(?:Art\.|Arts\.|Article) ([0-9]+[a-z]?)\b`)

// sources are the places the legal text is published at, most exact first. In an
// Akoma Ntoso document the article of a citation is named by its eId (Naming
// Convention, portions of a work); paragraphs and points stand in the citation
// only, because what they are called depends on how the document was marked up.
// An ELI and a plain address are given as they are.
func sources(o *instrument.Origin, cite string) []strictjson.Value {
	if o == nil {
		return nil
	}
	var out []strictjson.Value
	if o.AKN != "" {
		out = append(out, ref(portion(o.AKN, cite)))
	}
	for _, iri := range []string{o.ELI, o.URI} {
		if iri != "" {
			out = append(out, ref(iri))
		}
	}
	return out
}

// portion is the IRI of an article in an Akoma Ntoso document, or of the
// document when the citation names none or the IRI already names a portion.
func portion(akn, cite string) string {
	m := article.FindStringSubmatch(cite)
	if m == nil || strings.Contains(akn, "~") {
		return akn
	}
	return strings.TrimSuffix(akn, "/") + "/~art_" + m[1]
}
