package misp

import (
	"slices"
	"strconv"
	"strings"
)

// Bounds of a search: each term is compared with each value of each event.
const (
	maxTerms    = 1_000 // in all fields
	maxPatterns = 100   // of them with "%", which cost a comparison each
	maxTerm     = 1 << 10
)

// terms are what a field may be, as MISP writes it: a text, a list of them with
// "!" before what it may not be, or OR, AND and NOT.
type terms struct {
	any, none words
	all       []words // of one each
}

func (t *terms) empty() bool { return t.any.empty() && t.none.empty() && len(t.all) == 0 }

// words are terms that are looked for together, so that a list of hashes costs
// one look for each value. All is lower case.
type words struct {
	exact    map[string]bool
	patterns [][]string // what was between "%", which stands for anything, as in MISP
}

func (w *words) empty() bool { return len(w.exact)+len(w.patterns) == 0 }

func (w *words) add(word string) {
	if !strings.Contains(word, "%") {
		if w.exact == nil {
			w.exact = map[string]bool{}
		}
		w.exact[word] = true
		return
	}
	parts := strings.Split(word, "%")
	last := len(parts) - 1
	pattern := []string{parts[0]}
	for _, p := range parts[1:last] {
		if p != "" {
			pattern = append(pattern, p)
		}
	}
	w.patterns = append(w.patterns, append(pattern, parts[last]))
}

func (w *words) has(text string) bool {
	return w.exact[text] || slices.ContainsFunc(w.patterns, func(p []string) bool { return like(text, p) })
}

// like compares with a pattern in time that grows with both, never faster.
func like(s string, pattern []string) bool {
	rest, ok := strings.CutPrefix(s, pattern[0])
	if !ok {
		return false
	}
	last := len(pattern) - 1
	for _, p := range pattern[1:last] {
		_, after, found := strings.Cut(rest, p)
		if !found {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, pattern[last])
}

// look is which terms some texts have, so that what a whole event has is looked
// for once and not with each of its attributes.
type look struct {
	any, none bool
	all       []bool
}

func (t *terms) look(texts ...string) look {
	if t.empty() {
		return look{}
	}
	l := look{all: make([]bool, len(t.all))}
	for _, s := range texts {
		s = strings.ToLower(s)
		l.any = l.any || t.any.has(s)
		l.none = l.none || t.none.has(s)
		for i := range t.all {
			l.all[i] = l.all[i] || t.all[i].has(s)
		}
	}
	return l
}

// wanted reports whether the texts of all looks together are what the terms want.
func (t *terms) wanted(looks ...look) bool {
	if t.empty() {
		return true
	}
	found := t.any.empty()
	for _, l := range looks {
		if l.none {
			return false
		}
		found = found || l.any
	}
	for i := range t.all {
		if !slices.ContainsFunc(looks, func(l look) bool { return l.all[i] }) {
			return false
		}
	}
	return found
}

// match reports whether some text is what the terms want.
func (t *terms) match(texts ...string) bool { return t.wanted(t.look(texts...)) }

// word checks a term and counts it.
func (p *queryParser) word(w, name string) bool {
	if p.words++; strings.Contains(w, "%") {
		p.patterns++
	}
	switch {
	case len(w) > maxTerm:
		p.fail(name, "has a term of more than "+strconv.Itoa(maxTerm)+" bytes")
	case p.words > maxTerms:
		p.fail(name, "is beyond "+strconv.Itoa(maxTerms)+" terms in one search")
	case p.patterns > maxPatterns:
		p.fail(name, "is beyond "+strconv.Itoa(maxPatterns)+" terms with % in one search")
	default:
		return true
	}
	return false
}
