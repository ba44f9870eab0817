package privacy

import (
	"strings"

	"entente/intel/stix"
	"entente/internal/strictjson"
)

// mentions returns the ids that occur in running text. Ids in references are
// not text, and ids in member names are names.
func mentions(tree *strictjson.Value) []mention {
	var found []mention
	stix.Walk(tree, func(path string, v *strictjson.Value) {
		if v.Kind != strictjson.String || !strings.Contains(v.Text, "--") || path == "id" || isRefPath(path) {
			return
		}
		eachID(v.Text, func(start, end int) { found = append(found, mention{path, v.Text[start:end]}) })
	})
	return found
}

// isRefPath reports whether a selector ends in a reference.
func isRefPath(path string) bool {
	if i := strings.LastIndex(path, ".["); i >= 0 && strings.HasSuffix(path, "]") {
		return strings.HasSuffix(path[:i], "_refs")
	}
	return strings.HasSuffix(path, "_ref")
}

const uuidLen = 36

// eachID calls f for every STIX id in s.
func eachID(s string, f func(start, end int)) {
	for from := 0; ; {
		at := strings.Index(s[from:], "--")
		if at < 0 {
			return
		}
		at += from
		end := at + 2 + uuidLen
		start := at
		for start > 0 && (s[start-1] >= 'a' && s[start-1] <= 'z' || digit(s[start-1]) || s[start-1] == '-') {
			start--
		}
		if end > len(s) || start == at || !uuidAt(s[at+2:end]) {
			from = at + 1
			continue
		}
		f(start, end)
		from = end
	}
}

func uuidAt(s string) bool {
	for i := range uuidLen {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (s[i] == '-') || !dash && !hexDigit(s[i]) {
			return false
		}
	}
	return true
}

// renamed replaces the ids in a text by those they have in the form, and takes
// out those that do not leave.
func (b *builder) renamed(s string) string {
	if !strings.Contains(s, "--") {
		return s
	}
	var out strings.Builder
	last := 0
	eachID(s, func(start, end int) {
		id := s[start:end]
		to, ok := b.target(id)
		if ok && to == id {
			return
		}
		if !ok {
			to = Withheld
		}
		out.WriteString(s[last:start])
		out.WriteString(to)
		last = end
	})
	return out.String() + s[last:]
}

// target returns the id something has in the form; ok is false when it is not
// in it.
func (b *builder) target(id string) (to string, ok bool) {
	if i, item := b.at[id]; item {
		return b.pieces[i].id, b.pieces[i].left == ""
	}
	return id, b.stays(id)
}
