package analysis

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// parts are the attributes in which two classes may differ to be merged.
func (f *found) parts() []string {
	out := []string{pairKey(f.pairs)}
	for _, w := range f.words {
		out = append(out, w.key())
	}
	out = append(out, strconv.FormatUint(f.tlp, 16), strconv.FormatUint(f.pap, 16), fmt.Sprint(f.receipt), f.change+f.key)
	return append(out, factKey(f.facts))
}

func pairKey(ps []pair) string {
	b := make([]byte, 0, 8*len(ps))
	for _, p := range ps {
		b = fmt.Appendf(b, "%d.%d ", p.from, p.to)
	}
	return string(b)
}

func factKey(facts map[string]uint64) string {
	var b strings.Builder
	for _, k := range sortedKeys(facts) {
		fmt.Fprintf(&b, "%s=%d ", k, facts[k])
	}
	return b.String()
}

// maxMerge bounds the classes that are merged: past it, the list is left as it is.
const maxMerge = 20_000

// merge joins classes that differ in one attribute until none are left.
func merge(fs []found) []found {
	if len(fs) > maxMerge {
		return fs
	}
	for before := -1; before != len(fs); {
		before = len(fs)
		n := 0
		if len(fs) > 0 {
			n = len(fs[0].parts())
		}
		for part := range n {
			fs = mergeOn(fs, part)
		}
		for _, name := range factNames(fs) {
			fs = mergeFact(fs, name)
		}
	}
	return fs
}

func factNames(fs []found) []string {
	names := map[string]bool{}
	for i := range fs {
		for n := range fs[i].facts {
			names[n] = true
		}
	}
	return sortedKeys(names)
}

func mergeOn(fs []found, part int) []found {
	at := map[string]int{}
	var out []found
	for _, f := range fs {
		parts := f.parts()
		last := len(parts) - 1
		if part == last || part == last-1 || part == last-2 { // facts, categories, receipt
			out = append(out, f)
			continue
		}
		parts[part] = "*"
		key := strings.Join(parts, "\x00")
		k, ok := at[key]
		if !ok {
			at[key] = len(out)
			out = append(out, f)
			continue
		}
		out[k].join(&f, part)
	}
	return out
}

func (f *found) join(g *found, part int) {
	switch n := len(f.words); {
	case part == 0:
		f.pairs = slices.Concat(f.pairs, g.pairs)
		slices.SortFunc(f.pairs, comparePairs)
		f.pairs = slices.Compact(f.pairs)
	case part <= n:
		f.words = slices.Clone(f.words)
		f.words[part-1] = f.words[part-1].union(g.words[part-1])
	case part == n+1:
		f.tlp |= g.tlp
	default:
		f.pap |= g.pap
	}
}

func comparePairs(a, b pair) int {
	return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
}

func mergeFact(fs []found, name string) []found {
	at := map[string]int{}
	var out []found
	for _, f := range fs {
		v, bounded := f.facts[name]
		if !bounded {
			out = append(out, f)
			continue
		}
		rest := f
		rest.facts = maps.Clone(f.facts)
		delete(rest.facts, name)
		key := strings.Join(rest.parts(), "\x00")
		k, ok := at[key]
		if !ok {
			at[key] = len(out)
			out = append(out, f)
			continue
		}
		out[k].facts = maps.Clone(out[k].facts)
		if out[k].facts[name] |= v; out[k].facts[name] == factAny {
			delete(out[k].facts, name)
			delete(at, key)
		}
	}
	return out
}
