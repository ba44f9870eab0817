package analysis

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"entente/decision"
	"entente/privacy"
)

// differ looks for the cases two laws decide differently.
type differ struct {
	q      *question
	less   int                 // the norm left out of the second law, or -1
	first  bool                // one difference is enough
	near   func(norm int) bool // whether a norm can match where the one left out does; nil: every one
	budget int
	search *Search
	found  []found
	buf    []decision.Match
}

// found is one class of cases of one group of pairs.
type found struct {
	change   string
	cells    []Cell
	key      string // equal for equal cells
	pairs    []pair
	words    []wordSet // act after the lines of objectWords
	tlp, pap uint64
	receipt  []receipt
	facts    map[string]uint64
	witness  decision.Request // but for its categories
}

func (f *differ) run(asked []int) error {
	var failed error
	changed := newBits(len(f.q.norms))
	for _, n := range asked {
		changed.set(n)
	}
	f.q.groups(asked, func(g *group) bool {
		more, err := f.group(g, changed)
		failed = err
		return more && err == nil
	})
	return failed
}

// group finds the differences between the pairs of one group, after the engine
// has said which of them are alike.
func (f *differ) group(g *group, changed bits) (more bool, err error) {
	if f.near != nil {
		g = g.near(f.near)
	}
	f.budget -= len(g.norms) / 4 // to compile them
	var engines [2]*decision.Engine
	for side := range engines {
		less := -1
		if side == 1 {
			less = f.less
		}
		if engines[side], err = decision.Compile(f.q.slice(side, g, less)); err != nil {
			return false, err
		}
	}
	type class struct {
		laws  [2]decision.Pair
		pairs []pair
	}
	var order []string
	at := map[string]*class{}
	one := f.q.uniform(g)
	for _, p := range g.pairs {
		if one && len(order) > 0 {
			at[order[0]].pairs = g.pairs
			break
		}
		if f.budget--; f.budget < 0 {
			f.spent()
			return false, nil
		}
		laws, key := between(f.q, engines, p)
		if at[key] != nil {
			at[key].pairs = append(at[key].pairs, p)
			continue
		}
		at[key] = &class{laws, []pair{p}}
		order = append(order, key)
		if f.first && !f.cell(f.cases(engines, laws, p), g, nil, changed) {
			return false, nil
		}
	}
	if f.first {
		return true, nil
	}
	for _, key := range order {
		cl := at[key]
		if !f.cell(f.cases(engines, cl.laws, cl.pairs[0]), g, cl.pairs, changed) {
			return false, nil
		}
	}
	return true, nil
}

func (f *differ) cases(engines [2]*decision.Engine, laws [2]decision.Pair, sample pair) *cases {
	return &cases{q: f.q, engines: engines, pairs: laws, sample: sample, less: f.less, budget: &f.budget, onlyIf: true}
}

// between asks the engines about one pair; the key is equal for pairs to which
// the same norms apply under both laws.
func between(q *question, engines [2]*decision.Engine, p pair) (laws [2]decision.Pair, key string) {
	r := decision.Request{Sender: q.u.senders[p.from], Recipient: q.u.recipients[p.to], At: q.at}
	var classes [2]string
	for i, e := range engines {
		if e != nil {
			laws[i] = e.Between(r)
			classes[i] = laws[i].Class()
		}
	}
	return laws, classes[0] + "|" + classes[1]
}

func (f *differ) spent() {
	f.search.stop("the search stopped after its budget of classes of cases")
}

// cell walks through the cases of one class of pairs. It returns false when the
// search is over.
func (f *differ) cell(c *cases, g *group, pairs []pair, changed bits) bool {
	if !c.build(g, changed.has) {
		f.search.stop("clauses that tell more than " + strconv.Itoa(maxValues-1) + " words of one kind apart were not looked at")
		return true
	}
	memo := map[string][]bundled{}
	over := false
	c.visit = func(b box, live []int) bool {
		key := c.signature(b, live)
		ds, known := memo[key]
		if !known {
			ds = bundle(f.differences(c, b, live))
			memo[key] = ds
		}
		for _, d := range ds {
			f.found = append(f.found, c.found(b, d, pairs))
			if over = f.first; over {
				return false
			}
		}
		return f.budget >= 0
	}
	if !c.run() {
		if !over {
			f.spent()
		}
		return false
	}
	return true
}

// difference is sets of categories that come out differently.
type difference struct {
	from, to decision.Answer
	classes  []categoryClass
	cube     cube
}

// differences decides one case for every set of categories the norms in view
// tell apart.
func (f *differ) differences(c *cases, b box, live []int) []difference {
	v := c.view(live)
	classes := v.classes
	if len(classes) > maxClasses {
		f.search.stop("objects with more than " + strconv.Itoa(maxClasses) + " kinds of categories were not looked at")
		return nil
	}
	type key struct{ from, to string }
	masks := map[key][]uint32{}
	answers := map[key][2]decision.Answer{}
	switch agree, known := f.agree(c, b, live, v); {
	case agree:
		return nil
	case known && f.first:
		return []difference{{classes: classes}} // which one, nobody asks
	}
	r := c.request(b)
	differ, open := c.prospects(live, classes, c.transforms())
	for m := range uint32(1) << len(classes) {
		if !anyAdmits(differ, m) || !anyAdmits(open, m) {
			continue
		}
		if f.budget--; f.budget < 0 {
			f.spent()
			break
		}
		r.Subject.Categories = categoriesOf(classes, m)
		x, y := c.engines[0].AnswerIn(r, c.pairs[0]), c.engines[1].AnswerIn(r, c.pairs[1])
		k := key{answerKey(x), answerKey(y)}
		if k.from == k.to {
			continue
		}
		answers[k] = [2]decision.Answer{x, y}
		masks[k] = append(masks[k], m)
		if f.first {
			break
		}
	}
	var out []difference
	for k, ms := range masks {
		for _, cu := range cubes(ms, len(classes)) {
			out = append(out, difference{answers[k][0], answers[k][1], classes, cu})
		}
	}
	slices.SortFunc(out, func(x, y difference) int {
		return cmp.Or(cmp.Compare(answerKey(x.from), answerKey(y.from)), cmp.Compare(answerKey(x.to), answerKey(y.to)),
			cmp.Compare(x.cube.some, y.cube.some), cmp.Compare(x.cube.none, y.cube.none))
	})
	return out
}

// agree reports whether both laws judge every form of an object alike as it is.
// Then they answer alike, because the search for a lawful form asks nothing else;
// where a form is judged differently, the object that has it from the start comes
// out differently. known is false where a person might settle a contradiction.
func (f *differ) agree(c *cases, b box, live []int, v *view) (agree, known bool) {
	if c.engines[0].Contested() || c.engines[1].Contested() {
		return false, false
	}
	r := c.request(b)
	looks := [2][]decision.Look{}
	var queries [2]decision.Query
	for side, e := range c.engines {
		e.PrepareIn(r, c.pairs[side], &queries[side])
		for _, class := range v.classes {
			looks[side] = append(looks[side], e.Look(class[0]))
		}
	}
	var says [2]decision.Outcome
	for i, m := range c.worth(b, live, v) {
		if i%8 == 0 {
			f.budget -= 1 + len(live)/8 // many clauses at once take longer to settle
		}
		for side, e := range c.engines {
			var l decision.Look
			for k := range v.classes {
				if m&(1<<k) != 0 {
					l |= looks[side][k]
				}
			}
			says[side], f.buf = e.JudgeLook(&queries[side], l, f.buf)
		}
		if says[0] != says[1] {
			return false, true
		}
	}
	return true, true
}

func answerKey(a decision.Answer) string {
	return strings.Join(append([]string{string(a.Outcome)}, a.Transforms...), " ")
}

// signature is equal for two boxes in which the same norms match in the same
// way: they come out alike.
func (c *cases) signature(b box, live []int) string {
	key := make([]byte, 0, 4*len(live)+8)
	for _, i := range live {
		l := &c.norms[i]
		state := byte(0)
		if relation(b, l.sure) == inside {
			state = 1
		}
		key = strconv.AppendInt(key, int64(i), 36)
		key = append(key, ' ', '0'+state)
		for _, t := range l.ask {
			if b[t.attr]&t.in != 0 {
				key = append(key, '+')
			} else {
				key = append(key, '-')
			}
		}
	}
	if len(c.attrs[byReceipt].origin) > 1 {
		key = strconv.AppendUint(append(key, '/'), b[byReceipt], 36)
	}
	return string(key)
}

// bundled is the differences of one box that change in one way.
type bundled struct {
	change string
	cells  []Cell
	key    string
}

func bundle(ds []difference) []bundled {
	var out []bundled
	for _, d := range ds {
		cell := d.cell()
		how := change(d.from, d.to)
		at := slices.IndexFunc(out, func(b bundled) bool { return b.change == how })
		if at < 0 {
			at = len(out)
			out = append(out, bundled{change: how})
		}
		out[at].cells = append(out[at].cells, cell)
		out[at].key += fmt.Sprint(cell.Some, cell.None, answerKey(d.from), answerKey(d.to), ";")
	}
	return out
}

func (d *difference) cell() Cell {
	c := Cell{From: d.from, To: d.to, witness: categoriesOf(d.classes, d.cube.some)}
	for i, class := range d.classes {
		switch bit := uint32(1) << i; {
		case d.cube.some&bit != 0:
			c.Some = append(c.Some, class)
		case d.cube.none&bit != 0:
			c.None = append(c.None, class...)
		}
	}
	slices.Sort(c.None)
	slices.SortFunc(c.Some, func(x, y []privacy.Category) int { return slices.Compare(x, y) })
	return c
}

// found is a difference with the box it was found in, in words that do not
// depend on the group.
func (c *cases) found(b box, d bundled, pairs []pair) found {
	f := found{change: d.change, cells: d.cells, key: d.key, pairs: pairs, tlp: b[byTLP], pap: b[byPAP], facts: map[string]uint64{}, witness: c.request(b)}
	for i := range byTLP {
		f.words = append(f.words, c.attrs[i].wordSet(b[i]))
	}
	if len(c.attrs[byReceipt].origin) > 1 {
		for i, r := range c.attrs[byReceipt].origin {
			if b[byReceipt]&(1<<i) != 0 {
				f.receipt = append(f.receipt, r)
			}
		}
	}
	for i, name := range c.facts {
		if v := b[firstFact+i]; v != factAny {
			f.facts[name] = v
		}
	}
	return f
}
