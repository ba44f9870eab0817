package analysis

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"entente/decision"
	"entente/intel"
	"entente/party"
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

// parts are the attributes in which two classes may differ to be merged.
func (f *found) parts() []string {
	out := []string{pairKey(f.pairs)}
	for _, w := range f.words {
		out = append(out, w.key())
	}
	out = append(out, fmt.Sprint(f.tlp), fmt.Sprint(f.pap), fmt.Sprint(f.receipt), f.change+f.key)
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

// names lists the members of a set of n values, nil for all of them.
func names(v uint64, n int, name func(int) string) []string {
	if v == 1<<n-1 {
		return nil
	}
	var out []string
	for i := range n {
		if v&(1<<i) != 0 {
			out = append(out, name(i))
		}
	}
	return out
}

func (r receipt) text() string {
	from := [...]string{"the sender's own", "the recipient's own", "somebody else's", r.named + "'s"}[r.from]
	if r.under == "" {
		return from
	}
	return from + ", received under " + r.under
}

// describe names the senders and the recipients of some pairs.
func (u *universe) describe(ps []pair) (senders, recipients, pairs []string) {
	from, to := map[int32]bool{}, map[int32]bool{}
	for _, p := range ps {
		from[p.from], to[p.to] = true, true
	}
	possible := 0
	for s := range from {
		for r := range to {
			if u.senders[s].ID != u.recipients[r].ID {
				possible++
			}
		}
	}
	if possible == len(ps) {
		return u.people(u.senders, from), u.people(u.recipients, to), nil
	}
	for _, p := range ps {
		if len(pairs) == 50 {
			pairs = append(pairs, fmt.Sprintf("and %d more", len(ps)-len(pairs)))
			break
		}
		pairs = append(pairs, u.name(u.senders, p.from)+" to "+u.name(u.recipients, p.to))
	}
	return nil, nil, pairs
}

// name is one party: a known one by its id alone.
func (u *universe) name(all []decision.Actor, i int32) string {
	if int(i) < u.known {
		return string(all[i].ID)
	}
	return personText(all[i])
}

// people names a set of parties: nobody when it is everybody.
func (u *universe) people(all []decision.Actor, in map[int32]bool) []string {
	if len(in) == len(all) {
		return nil
	}
	total, chosen := map[party.ID]int{}, map[party.ID]int{}
	for i := range all {
		total[all[i].ID]++
		if in[int32(i)] { //nolint:gosec // G115: a universe is small
			chosen[all[i].ID]++
		}
	}
	var out []string
	for _, i := range sortedKeys(in) {
		a := all[i]
		if chosen[a.ID] == total[a.ID] {
			a = decision.Actor{ID: a.ID} // whatever it is
		}
		out = append(out, personText(a))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// personText names a party, or a kind of parties nobody knows.
func personText(a decision.Actor) string {
	if a.ID != Somebody && a.ID != SomebodyElse {
		return string(a.ID) + strangerText(a, " as ")
	}
	if text := strangerText(a, " that is "); text != "" {
		return "any other party" + text
	}
	return "anybody else"
}

func strangerText(a decision.Actor, lead string) string {
	var b strings.Builder
	add := func(s string) {
		if b.Len() == 0 {
			b.WriteString(lead)
		} else {
			b.WriteString(", ")
		}
		b.WriteString(s)
	}
	if a.Kind != "" && a.Kind != Other {
		add(a.Kind)
	}
	if a.Jurisdiction != "" && a.Jurisdiction != Other {
		add("in " + a.Jurisdiction)
	}
	for _, r := range a.Roles {
		add(r)
	}
	for _, s := range a.Sectors {
		add("in the sector " + s)
	}
	return b.String()
}

// text is the class in one sentence.
func (c *Class) text() string {
	verb := map[string]string{
		NewlyPermits: "newly permits ", NewlyAsks: "newly asks a person about ", Reshapes: "permits in another form ",
		NowAsks: "now asks a person about ", NowDenies: "no longer asks a person about, and denies, ", NoLonger: "no longer permits ",
	}[c.Change]
	return verb + c.Box.String() + c.forms()
}

// forms says in which form what changes leaves, or left.
func (c *Class) forms() string {
	whole := false
	var transforms []string
	for i := range c.Cells {
		a := c.Cells[i].To
		if a.Outcome == decision.Deny {
			a = c.Cells[i].From
		}
		whole = whole || len(a.Transforms) == 0
		transforms = merged(transforms, a.Transforms)
	}
	switch {
	case len(transforms) == 0:
		return "; as it is"
	case whole:
		return "; as it is where nothing in it stands against it, else after " + someOf(transforms)
	default:
		return "; after " + someOf(transforms)
	}
}

// String is the box as the object of a sentence.
func (b Box) String() string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	parts = append(parts, b.Type.text("anything", "anything but %s"))
	if b.Act != nil && (len(b.Act.In) != 1 || b.Act.In[0] != share) {
		add("act %s", b.Act.text("", "any but %s"))
	}
	if len(b.TLP) > 0 {
		add("TLP %s", rangeText(b.TLP, []string{"clear", "green", "amber", "amber+strict", "red"}))
	}
	if len(b.PAP) > 0 {
		add("PAP %s", rangeText(b.PAP, []string{"clear", "green", "amber", "red"}))
	}
	if b.Purpose != nil {
		add("purpose %s", b.Purpose.text("", "any but %s"))
	}
	for _, f := range slices.Sorted(maps.Keys(b.Facts)) {
		add("%s %s", f, strings.Join(b.Facts[f], " or "))
	}
	if len(b.Received) > 0 {
		add("%s", someOf(b.Received))
	}
	if len(b.Senders) > 0 {
		add("from %s", someOf(b.Senders))
	}
	if len(b.Recipients) > 0 {
		add("to %s", someOf(b.Recipients))
	}
	if len(b.Pairs) > 0 {
		add("from %s", someOf(b.Pairs))
	}
	return strings.Join(parts, ", ")
}

// someOf lists a few of many.
func someOf(all []string) string {
	if len(all) > 8 {
		return strings.Join(all[:7], ", ") + fmt.Sprintf(" and %d more", len(all)-7)
	}
	return strings.Join(all, " or ")
}

func (w *Words) text(anything, but string) string {
	switch {
	case w == nil:
		return anything
	case len(w.In) > 0:
		return strings.Join(w.In, " or ")
	default:
		return fmt.Sprintf(but, strings.Join(w.But, " or "))
	}
}

// rangeText writes labels that follow each other as a limit.
func rangeText(have, all []string) string {
	switch first, last := slices.Index(all, have[0]), slices.Index(all, have[len(have)-1]); {
	case len(have) == 1 || last-first+1 != len(have) || first < 0:
		return strings.Join(have, " or ")
	case first == 0:
		return "up to " + have[len(have)-1]
	case last == len(all)-1:
		return "from " + have[0]
	default:
		return have[0] + " to " + have[len(have)-1]
	}
}
