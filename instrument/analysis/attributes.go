package analysis

import (
	mathbits "math/bits"
	"slices"
	"strconv"

	"entente/decision"
	"entente/intel"
	"entente/party"
)

// maxValues bounds the values of one attribute that one group of norms tells
// apart: one bit of a word each.
const maxValues = 64

// attribute is one attribute and the values the norms in view tell apart.
type attribute struct {
	name   string
	words  [][]string // of words: each value is a class of words treated alike; nil is every other word
	all    uint64
	origin []receipt // of byReceipt
}

// receipt is how the sender came by the object.
type receipt struct {
	under string // id of the instrument it came under
	from  int    // 0: the sender's own, 1: the recipient's, 2: somebody's, 3: named
	named string
}

// box is a set of cases: of each attribute, the values it may have.
type box []uint64

// attributes collects the values that the local norms tell apart. It reports
// false when there are too many.
func (c *cases) attributes() bool {
	words := objectWords()
	lists := make([][][]string, len(words))
	var acts [][]string
	facts := map[string]bool{}
	for i := range c.norms {
		n := &c.q.norms[c.norms[i].norm]
		n.meanings(func(m *decision.Meaning) {
			for w := range words {
				lists[w] = append(lists[w], words[w].of(&m.When))
			}
			for _, f := range m.Facts {
				facts[f.Fact] = true
			}
			for _, f := range m.Asks {
				facts[f] = true
			}
		})
		if n.clause != nil {
			acts = append(acts, []string{n.clause.Act})
		}
	}
	for w := range lists {
		c.attrs = append(c.attrs, wordClasses(words[w].name, lists[w]))
	}
	c.attrs = append(c.attrs, wordClasses("act", acts),
		attribute{name: "tlp", all: 1<<(intel.Red+1) - 1}, attribute{name: "pap", all: 1<<(intel.PAPRed+1) - 1}, c.receipts())
	if ways := c.attrs[byReceipt].origin; len(ways) > 1 {
		facts[originatorConsent] = true
		for _, o := range ways {
			c.always = append(c.always, c.passedOn(o.under))
		}
	}
	c.facts = sortedKeys(facts)
	for _, f := range c.facts {
		c.attrs = append(c.attrs, attribute{name: f, all: factAny})
	}
	return !slices.ContainsFunc(c.attrs, func(a attribute) bool { return len(a.words) > maxValues || len(a.origin) > maxValues })
}

// wordClasses groups the words of several lists: two words in the same lists are
// one value. Value 0 is every other word.
func wordClasses(name string, lists [][]string) attribute {
	in := map[string][]byte{}
	for i, l := range lists {
		for _, w := range l {
			in[w] = strconv.AppendInt(append(in[w], ' '), int64(i), 36)
		}
	}
	at := map[string]int{}
	a := attribute{name: name, words: [][]string{nil}}
	for _, w := range sortedKeys(in) {
		k, ok := at[string(in[w])]
		if !ok {
			k = len(a.words)
			at[string(in[w])] = k
			a.words = append(a.words, nil)
		}
		a.words[k] = append(a.words[k], w)
	}
	a.all = 1<<len(a.words) - 1
	if len(a.words) >= maxValues {
		a.all = ^uint64(0)
	}
	return a
}

// receipts lists the ways a sender may have come by an object that the local
// norms tell apart: its own, and those a norm names or whose terms changed.
func (c *cases) receipts() attribute {
	under, named := map[string]bool{}, map[string]bool{}
	for i := range c.norms {
		n := &c.q.norms[c.norms[i].norm]
		if c.norms[i].changed && n.terms() && !n.restated {
			under[n.doc.ID] = true
		}
		n.meanings(func(m *decision.Meaning) {
			for _, u := range m.When.ReceivedUnder {
				under[u] = true
			}
			if o := m.When.Origin; o != nil {
				for _, w := range slices.Concat(o.In, o.NotIn) {
					named[w] = true
				}
			}
		})
	}
	a := attribute{name: "received", origin: []receipt{{}}}
	from := []receipt{{from: 1}, {from: 2}}
	for _, w := range sortedKeys(named) {
		from = append(from, receipt{from: 3, named: w})
	}
	if len(named) > 0 {
		a.origin = append(a.origin, from...)
	}
	for _, u := range sortedKeys(under) {
		for _, f := range append([]receipt{{}}, from...) {
			f.under = u
			a.origin = append(a.origin, f)
		}
	}
	a.all = 1<<len(a.origin) - 1
	if len(a.origin) >= maxValues {
		a.all = ^uint64(0)
	}
	return a
}

// who is the origin of an object received so, between two parties.
func (r receipt) who(sender, recipient party.ID) party.ID {
	switch r.from {
	case 0:
		return sender
	case 1:
		return recipient
	case 3:
		return party.ID(r.named)
	default:
		return "a-third-party"
	}
}

func (c *cases) fact(name string) int {
	at, _ := slices.BinarySearch(c.facts, name)
	return firstFact + at
}

func span(low, high int) (in uint64) {
	for i := low; i <= high; i++ {
		in |= 1 << i
	}
	return in
}

// values is the set of values that some words are.
func (a *attribute) values(words []string) (in uint64) {
	for i, class := range a.words {
		if len(class) > 0 && slices.Contains(words, class[0]) {
			in |= 1 << i
		}
	}
	return in
}

// word is one word of a set of values; of several, the first that is no other
// word.
func (a *attribute) word(v uint64) string {
	if rest := v &^ 1; rest != 0 {
		v = rest
	}
	if class := a.words[mathbits.TrailingZeros64(v)]; len(class) > 0 {
		return class[0]
	}
	return Other
}
