package analysis

import (
	"cmp"
	"slices"
	"strings"

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
	at := map[string]int{}
	for s := range a.q.u.known {
		for r := range a.q.u.known {
			from, to := a.q.u.senders[s].ID, a.q.u.recipients[r].ID
			if from == to {
				continue
			}
			missing, all := a.missing(s, r, openers, types, purposes)
			if len(missing) == 0 {
				continue
			}
			t.Gaps++
			if all {
				missing = []Missing{}
			}
			key := string(from) + "\x00" + missingKey(missing)
			k, ok := at[key]
			if !ok {
				k = len(out)
				at[key] = k
				out = append(out, Gap{From: from, Missing: missing})
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

// missing lists what no opener covers between two parties, and whether that is
// everything.
func (a *analyser) missing(s, r int, openers []int, types, purposes []string) (out []Missing, all bool) {
	m := a.meeter()
	var open []*region
	for _, i := range openers {
		if m.from[i].has(s) && m.to[i].has(r) && m.bind(pair{int32(s), int32(r)}, []int{i}) { //nolint:gosec // G115: a universe is small
			open = append(open, m.region(i))
		}
	}
	all = true
	for _, t := range types {
		var without []string
		for _, p := range purposes {
			covered := slices.ContainsFunc(open, func(g *region) bool {
				return (g.words[0] == nil || slices.Contains(g.words[0], t)) && (g.words[1] == nil || slices.Contains(g.words[1], p))
			})
			if !covered {
				without = append(without, p)
			}
		}
		all = all && len(without) == len(purposes)
		if len(without) > 0 {
			out = append(out, Missing{Type: t, Purposes: without})
		}
	}
	return out, all
}

func missingKey(ms []Missing) string {
	var b strings.Builder
	for _, m := range ms {
		b.WriteString(m.Type + ":" + strings.Join(m.Purposes, ",") + ";")
	}
	return b.String()
}
