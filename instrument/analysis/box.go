package analysis

import (
	"cmp"
	"fmt"
	"slices"

	"entente/intel"
)

// Box is a class of cases: every attribute that is absent may be anything.
type Box struct {
	Senders    []string            `json:"senders,omitempty"`
	Recipients []string            `json:"recipients,omitempty"`
	Pairs      []string            `json:"pairs,omitempty"` // instead of the two, where not every sender goes with every recipient
	Type       *Words              `json:"type,omitempty"`
	Purpose    *Words              `json:"purpose,omitempty"`
	Act        *Words              `json:"act,omitempty"`
	TLP        []string            `json:"tlp,omitempty"`
	PAP        []string            `json:"pap,omitempty"`
	Received   []string            `json:"received,omitempty"` // how the sender came by it; absent: it is its own
	Facts      map[string][]string `json:"facts,omitempty"`    // true, false, unknown
}

// Words is a set of words.
type Words struct {
	In  []string `json:"in,omitempty"`
	But []string `json:"but,omitempty"` // every word but these
}

// wordSet is a set of words, or everything but some.
type wordSet struct {
	but   bool
	words []string // sorted
}

// wordSet names a set of values of one attribute.
func (a *attribute) wordSet(v uint64) wordSet {
	var in, out []string
	but := false
	for i, class := range a.words {
		switch chosen := v&(1<<i) != 0; {
		case len(class) == 0:
			but = chosen
		case chosen:
			in = append(in, class...)
		default:
			out = append(out, class...)
		}
	}
	if but {
		in = out
	}
	slices.Sort(in)
	return wordSet{but: but, words: in}
}

func (s wordSet) union(t wordSet) wordSet {
	if t.but && !s.but {
		s, t = t, s
	}
	switch {
	case s.but && t.but:
		return wordSet{but: true, words: intersect(s.words, t.words)}
	case s.but:
		return wordSet{but: true, words: slices.DeleteFunc(slices.Clone(s.words), func(w string) bool { return slices.Contains(t.words, w) })}
	default:
		return wordSet{words: merged(s.words, t.words)}
	}
}

func intersect(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(w string) bool { return !slices.Contains(b, w) })
}

func merged[T cmp.Ordered](a, b []T) []T {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

func (s wordSet) key() string { return fmt.Sprint(s.but, s.words) }

// words is the set as a result, nil for everything.
func (s wordSet) result() *Words {
	switch {
	case !s.but:
		return &Words{In: s.words}
	case len(s.words) == 0:
		return nil
	default:
		return &Words{But: s.words}
	}
}

// classesOf merges what was found and says it in words, what newly leaves first.
func classesOf(q *question, fs []found) []Class {
	out := []Class{}
	for _, f := range merge(fs) {
		c := Class{Change: f.change, Box: f.box(q.u), Cells: f.cells, Witness: f.witness}
		best := f.cells[0]
		for _, cell := range f.cells[1:] {
			if size(&cell) < size(&best) {
				best = cell
			}
		}
		c.Witness.Subject.Categories, c.From, c.To = best.witness, best.From, best.To
		c.Text = c.text()
		out = append(out, c)
	}
	order := []string{NewlyPermits, NewlyAsks, Reshapes, NowAsks, NowDenies, NoLonger}
	slices.SortStableFunc(out, func(a, b Class) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Change), slices.Index(order, b.Change)), cmp.Compare(a.Text, b.Text))
	})
	return out
}

// size orders cells by how much there is to say about them.
func size(c *Cell) int { return 10*(len(c.From.Transforms)+len(c.To.Transforms)) + len(c.Some) }

func (f *found) box(u *universe) Box {
	b := Box{Type: f.words[0].result(), Purpose: f.words[1].result(), Act: f.words[2].result()}
	b.TLP = names(f.tlp, int(intel.Red)+1, func(i int) string { return intel.TLP(i).String() })    //nolint:gosec // G115: at most 4
	b.PAP = names(f.pap, int(intel.PAPRed)+1, func(i int) string { return intel.PAP(i).String() }) //nolint:gosec // G115: at most 3
	b.Senders, b.Recipients, b.Pairs = u.describe(f.pairs)
	for _, r := range f.receipt {
		b.Received = append(b.Received, r.text())
	}
	for _, n := range sortedKeys(f.facts) {
		if b.Facts == nil {
			b.Facts = map[string][]string{}
		}
		b.Facts[n] = names(f.facts[n], 3, func(i int) string { return [...]string{"true", "false", "unknown"}[i] })
	}
	return b
}
