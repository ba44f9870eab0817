package instrument

import (
	"cmp"
	"maps"
	"math/bits"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"entente/internal/strictjson"
)

// stixTypes are the object types of STIX 2.1; those that begin with x- are
// somebody's own.
func stixTypes() []string {
	return []string{
		"artifact", "attack-pattern", "autonomous-system", "bundle", "campaign", "course-of-action", "directory", "domain-name",
		"email-addr", "email-message", "extension-definition", "file", "grouping", "identity", "incident", "indicator",
		"infrastructure", "intrusion-set", "ipv4-addr", "ipv6-addr", "language-content", "location", "mac-addr", "malware",
		"malware-analysis", "marking-definition", "mutex", "network-traffic", "note", "observed-data", "opinion", "process",
		"relationship", "report", "sighting", "software", "threat-actor", "tool", "url", "user-account", "vulnerability",
		"windows-registry-key", "x509-certificate",
	}
}

// knownPurposes are the purposes that every reader of an instrument knows. An
// instrument that uses another one defines it.
func knownPurposes() []string {
	return []string{
		"archive", "assistance", "attribution", "audit", "certification", "community-membership", "community-sharing",
		"countermeasure", "criminal-justice", "cyber-defence", "data-subject-rights", "dispute-settlement", "early-warning",
		"exercise", "external-relations", "immigration-control", "incident-response", "intelligence", "law-enforcement",
		"necessity", "public-disclosure", "publication", "regulatory-reporting", "resale", "research", "self-defence",
		"state-operation", "supervision", "threat-analysis", "training",
	}
}

// knownFacts are the facts that instruments have in common. One spelt almost
// like these is probably one of them.
func knownFacts() []string {
	return []string{
		"classified_agreement", "criminal_suspected", "cross_border", "data_subject_consent", "dpf_certified", "dual_criminality",
		"emergency", "enforceable_instrument", "essential_interest", "exercise", "explicit_consent", "human_approval",
		"important_public_interest", "legal_obligation", "legitimate_interest_assessed", "mla_request_pending",
		"official_authority", "originator_consent", "own_object", "personal_breach", "personal_unrelated_removed",
		"political_offence", "public_task", "significant", "urgent", "us_person_named", "victim_consent",
	}
}

// definitions names the legal orders of parties into which a term is not mapped,
// where a permission that uses the term does not count, and terms nobody uses.
func (l *linter) definitions() {
	for n, d := range l.i.Definitions {
		at := "/definitions/" + strconv.Itoa(n)
		if !l.usesTerm(&d) {
			l.say("definition-unused", Warning, at, "term "+quoted(d.Term)+" is defined and no clause uses it")
		}
		var orders []string
		for _, p := range l.i.Parties {
			orders = append(orders, p.Territory...)
		}
		orders = append(orders, l.i.Jurisdictions...)
		slices.Sort(orders)
		for _, order := range slices.Compact(orders) {
			mapped := slices.ContainsFunc(d.National, func(n NationalTerm) bool { return n.Jurisdiction == order })
			if len(d.National) > 0 && !mapped {
				l.say("term-unmapped", Warning, at, "term "+quoted(d.Term)+" is not mapped for "+order)
			}
		}
		for m, national := range d.National {
			if national.Relation == "none" {
				l.say("term-without-counterpart", Note, at+"/national/"+strconv.Itoa(m), "term "+quoted(d.Term)+" has no counterpart in "+national.Jurisdiction)
			}
		}
	}
}

func (l *linter) usesTerm(d *Definition) bool {
	return slices.ContainsFunc(l.i.Clauses, func(c Clause) bool {
		words := c.When.words()
		for _, q := range c.Requires {
			words[string(q.Without)] = true
		}
		return words[d.Term] || words[d.Means] || strings.Contains(strings.ToLower(c.Text), strings.ToLower(d.Term))
	})
}

// words names types and purposes that nothing explains: no object is ever of a
// misspelt type.
func (l *linter) words() {
	var defined []string
	for _, d := range l.i.Definitions {
		defined = append(defined, d.Term, d.Means)
		for _, n := range d.National {
			defined = append(defined, n.Term)
		}
	}
	types, purposes := slices.Concat(stixTypes(), defined), slices.Concat(knownPurposes(), defined)
	for n := range l.i.Clauses {
		at := clausePointer(n) + "/when/"
		for m, word := range l.i.Clauses[n].When.Type {
			if !strings.HasPrefix(word, "x-") {
				l.explained("type", word, types, at+"type/"+strconv.Itoa(m))
			}
		}
		for m, word := range l.i.Clauses[n].When.Purpose {
			l.explained("purpose", word, purposes, at+"purpose/"+strconv.Itoa(m))
		}
	}
}

func (l *linter) explained(what, word string, known []string, at string) {
	if slices.Contains(known, word) {
		return
	}
	message := what + " " + quoted(word) + " is explained by no definition and no common vocabulary"
	if near := nearest(word, known); near != "" {
		message += "; is " + quoted(near) + " meant?"
	}
	l.say("term-unknown", Warning, at, message)
}

var articleNumber = regexp.MustCompile(`^(?:Arts?\.|Articles?|Rules?|Clauses?|Sections?|Sec\.|§§?|Nos?\.|Points?) ?([0-9]{1,3})`)

// articles names the articles of a text its parties wrote themselves that nothing
// cites, between the first and the last that something does (LG-1). Laws are
// encoded in part, and the gaps in them say nothing.
func (l *linter) articles() {
	own := []string{"mou", "community-rules", "contract", "node-policy"}
	if l.places == nil || !slices.Contains(own, l.i.Nature) {
		return
	}
	var cited []int
	for pointer, n := range l.places.places {
		if m := articleNumber.FindStringSubmatch(n.text); m != nil && strings.HasSuffix(pointer, "/cite") {
			if number, err := strconv.Atoi(m[1]); err == nil {
				cited = append(cited, number)
			}
		}
	}
	slices.Sort(cited)
	for n := range len(cited) - 1 {
		if first, last := cited[n]+1, cited[n+1]-1; first == last {
			l.say("article-gap", Note, "/clauses", "nothing cites article "+strconv.Itoa(first)+": does it permit, forbid or demand anything?")
		} else if first < last {
			l.say("article-gap", Note, "/clauses", "nothing cites articles "+strconv.Itoa(first)+" to "+strconv.Itoa(last)+": do they permit, forbid or demand anything?")
		}
	}
}

// areas names those that nothing uses.
func (l *linter) areas() {
	if l.places == nil {
		return
	}
	used := map[string]bool{}
	for pointer, n := range l.places.places {
		if n.kind == strictjson.String && !strings.HasPrefix(pointer, "/areas/") {
			used[n.text] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.i.Areas)) {
		if !used[name] {
			l.say("area-unused", Warning, "/areas"+strictjson.Pointer(name), "area "+quoted(name)+" is listed and nothing uses it")
		}
	}
}

// factsUsed maps every fact something looks at to where it is first mentioned.
func (l *linter) factsUsed() map[string]string {
	used := map[string]string{}
	add := func(fact, at string) {
		if _, had := used[fact]; !had {
			used[fact] = at
		}
	}
	if w := l.i.AppliesWhen; w != nil {
		for f := range w.Facts {
			add(f, "/applies_when/facts/"+f)
		}
	}
	for n := range l.i.Clauses {
		c := &l.i.Clauses[n]
		for f := range c.factsUsed() {
			at := clausePointer(n)
			if _, own := c.When.Facts[f]; own {
				at += "/when/facts/" + f
			}
			add(f, at)
		}
	}
	for n := range l.i.Thresholds {
		for _, f := range l.i.Thresholds[n].Test.names() {
			add(f, "/thresholds/"+strconv.Itoa(n))
		}
	}
	for n := range l.i.Parties {
		for _, f := range l.i.Parties[n].factsReserved() {
			add(f, "/parties/"+strconv.Itoa(n))
		}
	}
	return used
}

// factsReserved are the facts that reservations of a party look at.
func (p *PartyRecord) factsReserved() []string {
	var out []string
	for _, v := range p.Reservations {
		for _, m := range v.Modifies {
			if m.When != nil {
				out = slices.AppendSeq(out, maps.Keys(m.When.Facts))
			}
		}
	}
	return out
}

// names are the facts and quantities a criterion looks at.
func (c *Criterion) names() []string {
	var out []string
	for _, word := range []string{c.Fact, c.Quantity, c.Other} {
		if word != "" {
			out = append(out, word)
		}
	}
	for _, parts := range [][]Criterion{c.Any, c.All} {
		for n := range parts {
			out = append(out, parts[n].names()...)
		}
	}
	if c.Not != nil {
		out = append(out, c.Not.names()...)
	}
	return out
}

// facts names those spelt almost like another one, and those a vector gives and
// nothing looks at.
func (l *linter) facts() {
	names := slices.Sorted(maps.Keys(l.used))
	for n, fact := range names {
		if slices.Contains(knownFacts(), fact) {
			continue
		}
		if near := cmp.Or(nearest(fact, knownFacts()), nearest(fact, names[:n])); near != "" {
			l.say("fact-near", Warning, l.used[fact], "the fact "+fact+" is spelt almost like "+near+": is it the same one?")
		}
	}
	for n := range l.i.Thresholds {
		names = append(names, l.i.Thresholds[n].Fact)
	}
	for n, v := range l.i.Vectors {
		for _, fact := range slices.Sorted(maps.Keys(v.Given.Facts)) {
			if slices.Contains(names, fact) {
				continue
			}
			message := "vector " + quoted(v.Name) + " gives the fact " + fact + ", at which nothing looks"
			if near := nearest(fact, names); near != "" {
				message += "; is " + near + " meant?"
			}
			l.say("fact-unused", Warning, "/vectors/"+strconv.Itoa(n)+"/given/facts/"+fact, message)
		}
	}
}

// nearest returns the known word that a word is probably a slip of the pen for,
// or "": one letter in five, two in ten, and digits only on purpose.
func nearest(word string, known []string) string {
	const longest = 60
	allowed := min(2, len(word)/5)
	if allowed == 0 || len(word) > longest {
		return ""
	}
	mine := letterSet(word)
	for _, k := range known {
		// Every edit changes the set of letters by two at most; most words are told apart by that.
		if max(len(k)-len(word), len(word)-len(k)) > allowed || bits.OnesCount64(mine^letterSet(k)) > 2*allowed || k == word {
			continue
		}
		if !sameButDigits(word, k) && editDistance(word, k) <= allowed {
			return k
		}
	}
	return ""
}

func letterSet(s string) (set uint64) {
	for i := range len(s) {
		set |= 1 << (s[i] & 63)
	}
	return set
}

// sameButDigits reports whether two words have the same letters in the same order.
func sameButDigits(a, b string) bool {
	skip := func(s string, i int) int {
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		return i
	}
	i, j := skip(a, 0), skip(b, 0)
	for i < len(a) && j < len(b) {
		if a[i] != b[j] {
			return false
		}
		i, j = skip(a, i+1), skip(b, j+1)
	}
	return i == len(a) && j == len(b)
}
