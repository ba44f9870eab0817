package stix

import "strings"

// protecting are the properties whose absence opens an object: a reader that
// takes a misspelling for one of them and a reader that does not would treat
// the object differently.
var protecting = []string{
	"object_marking_refs", "granular_markings", "marking_ref", "selectors", "definition", "definition_type", "created_by_ref",
	"revoked", "labels", "extensions", "extension_type", "spec_version", "modified", "created", "type", "id", "lang", "tlp_2_0",
}

// mistakable returns the protecting property that a different name could be
// taken for: equal but for case, look-alikes, separators, or, when the name is
// long enough for that to mean something, one edit.
func mistakable(name string) string {
	if strings.HasPrefix(name, "x_") {
		return ""
	}
	folded := letters(name)
	for _, p := range protecting {
		want := letters(p)
		if name == p {
			return ""
		}
		if folded == want || len(want) >= 9 && oneEdit(folded, want) {
			return p
		}
	}
	return ""
}

// letters returns the skeleton of a name without separators.
func letters(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == ' ' || r == '.' {
			return -1
		}
		return r
	}, skeleton(name))
}

// oneEdit reports whether one insertion, deletion or substitution turns a into
// b.
func oneEdit(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if a == b || len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	return a[i:] == b[i+1:] || len(a) == len(b) && i < len(a) && a[i+1:] == b[i+1:]
}
