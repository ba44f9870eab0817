package search

import (
	"strings"
	"unicode/utf8"

	"entente/internal/strictjson"
)

// Fragment is a piece of text; Hit says that it is what was looked for.
type Fragment struct {
	Text string `json:"text"`
	Hit  bool   `json:"hit,omitzero"`
}

// margin is how many bytes are shown before and after the first hit.
const margin = 80

// Excerpt returns the piece of an object's text that shows why it was found, and
// its first text where that is not due to a text.
func (q Query) Excerpt(tree *strictjson.Value) []Fragment {
	all := readable(tree)
	for _, s := range all {
		if hits := q.hits(s); len(hits) > 0 {
			return cut(s, hits)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return cut(all[0], nil)
}

type span struct{ start, end int }

// hits returns where phrases of the query stand in a text, in order.
func (q Query) hits(s string) []span {
	in := words(s)
	if len(in) > mostWords {
		in = in[:mostWords]
	}
	var hits []span
	for i := 0; i < len(in); i++ {
		longest := 0
		for _, p := range q.Phrases {
			if len(p) > longest && i+len(p) <= len(in) && find(texts(in[i:i+len(p)]), p) == 0 {
				longest = len(p)
			}
		}
		if longest > 0 && (len(hits) == 0 || hits[len(hits)-1].end <= in[i].start) {
			hits = append(hits, span{in[i].start, in[i+longest-1].end})
			i += longest - 1
		}
	}
	return hits
}

// cut shows a text around its hits.
func cut(s string, hits []span) []Fragment {
	from, to := 0, 2*margin
	if len(hits) > 0 {
		from, to = hits[0].start-margin, hits[0].end+margin
	}
	from, to = boundary(s, max(from, 0)), boundary(s, min(to, len(s)))
	var out []Fragment
	add := func(text string, hit bool) {
		if text != "" {
			out = append(out, Fragment{text, hit})
		}
	}
	if from > 0 {
		add("…", false)
	}
	at := from
	for _, h := range hits {
		if h.end > to {
			break
		}
		add(s[at:h.start], false)
		add(s[h.start:h.end], true)
		at = h.end
	}
	add(s[at:to], false)
	if to < len(s) {
		add("…", false)
	}
	return out
}

// boundary moves a place in a text to the beginning of a character.
func boundary(s string, at int) int {
	for at > 0 && at < len(s) && !utf8.RuneStart(s[at]) {
		at--
	}
	return at
}

// Text joins fragments, with hits between the marks given.
func Text(fragments []Fragment, before, after string) string {
	var b strings.Builder
	for _, f := range fragments {
		if f.Hit {
			b.WriteString(before + f.Text + after)
		} else {
			b.WriteString(f.Text)
		}
	}
	return b.String()
}
