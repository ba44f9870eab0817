package analysis

import (
	"cmp"
	"fmt"
	"slices"

	"entente/decision"
	"entente/party"
)

// Gap is what one party may not tell others because nothing anybody agreed or
// enacted is a basis for it, whatever is taken out.
type Gap struct {
	From    party.ID   `json:"from"`
	To      []party.ID `json:"to"`
	Missing []Missing  `json:"missing"` // none: everything is missing
}

// Missing is purposes for which a type has no basis.
type Missing struct {
	Type     string   `json:"type"`
	Purposes []string `json:"purposes"`
}

// Gaps returns, for the parties of the options, the types and purposes the law
// speaks of for which no clause that binds between two of them opens the
// exchange. The error is that of [decision.Compile].
func Gaps(law decision.Law, o Options) ([]Gap, error) {
	a, err := newAnalyser(law, o)
	if err != nil {
		return nil, err
	}
	return a.gaps(&Totals{}), nil
}

func (a *analyser) gaps(t *Totals) []Gap {
	openers, types, purposes := a.openers()
	var out []Gap
	known := map[string]*lack{}
	at := map[string]int{}
	for s := range a.q.u.known {
		for r := range a.q.u.known {
			from, to := a.q.u.senders[s].ID, a.q.u.recipients[r].ID
			if from == to {
				continue
			}
			open := a.open(pair{int32(s), int32(r)}, openers)
			missing, seen := known[fmt.Sprint(open)]
			if !seen {
				missing = a.missing(open, types, purposes)
				known[fmt.Sprint(open)] = missing
			}
			if missing == nil {
				continue
			}
			t.Gaps++
			key := string(from) + "\x00" + missing.key
			k, ok := at[key]
			if !ok {
				k = len(out)
				at[key] = k
				out = append(out, Gap{From: from, Missing: missing.list})
			}
			out[k].To = append(out[k].To, to)
		}
	}
	slices.SortStableFunc(out, func(x, y Gap) int { return cmp.Compare(x.From, y.From) })
	return listed(a.o, out)
}

// openers lists the clauses that open the exchange, and the types and purposes
// the law speaks of: "*" where it tells none apart.
func (a *analyser) openers() (openers []int, types, purposes []string) {
	words := []map[string]bool{{"*": true}, {"*": true}}
	m := a.meeter()
	for i := range a.q.norms {
		n := &a.q.norms[i]
		if n.opens() && n.clause.Act == share && !m.region(i).empty {
			openers = append(openers, i)
		}
		for w, of := range objectWords() {
			for _, v := range of.of(&n.meaning.When) {
				words[w][v] = true
				delete(words[w], "*")
			}
		}
	}
	return openers, sortedKeys(words[0]), sortedKeys(words[1])
}

// lack is what some clauses leave without a basis.
type lack struct {
	list []Missing
	key  string // equal for equal lists
}

// open lists the clauses that open the exchange between two parties.
func (a *analyser) open(p pair, openers []int) []int {
	m := a.meeter()
	var out []int
	for _, i := range openers {
		if m.from[i].has(int(p.from)) && m.to[i].has(int(p.to)) && m.bind(p, []int{i}) {
			out = append(out, i)
		}
	}
	return out
}

// missing lists what some clauses do not cover, nil when they cover everything;
// an empty list is everything.
func (a *analyser) missing(open []int, types, purposes []string) *lack {
	m := a.meeter()
	var l lack
	all := true
	for _, t := range types {
		var without []string
		for _, p := range purposes {
			covered := slices.ContainsFunc(open, func(i int) bool {
				g := m.region(i)
				return (g.words[0] == nil || slices.Contains(g.words[0], t)) && (g.words[1] == nil || slices.Contains(g.words[1], p))
			})
			if !covered {
				without = append(without, p)
			}
		}
		all = all && len(without) == len(purposes)
		if len(without) > 0 {
			l.list = append(l.list, Missing{Type: t, Purposes: without})
		}
	}
	switch {
	case l.list == nil:
		return nil
	case all:
		l.list = []Missing{}
	}
	l.key = fmt.Sprint(l.list)
	return &l
}
