package analysis

import (
	"slices"

	"entente/decision"
	"entente/privacy"
)

// Difference is what two laws decide differently. Texts, citations, duties and
// vectors are no part of it; what changes there is in Clauses.
type Difference struct {
	Clauses []ClauseChange `json:"clauses"`
	Classes []Class        `json:"classes"`
	Search  Search         `json:"search"`
}

// ClauseChange is one clause that is not the same in both laws.
type ClauseChange struct {
	Place
	Change  string `json:"change"`  // added, removed, changed, or head: the instrument apart from its clauses
	Decides bool   `json:"decides"` // it can have a part in an outcome
}

// Class is a class of cases that change in one way: let through, referred or
// denied before and after. Cells say for which categories, and into what.
type Class struct {
	Change  string           `json:"change"` // see the constants
	Box     Box              `json:"box"`
	Cells   []Cell           `json:"cells"` // disjoint; together they are the class
	Text    string           `json:"text"`  // the class in one sentence
	Witness decision.Request `json:"witness"`
	From    decision.Answer  `json:"from"` // what the engine says about the witness under the first law
	To      decision.Answer  `json:"to"`   // and under the second
}

// Cell is sets of categories, and what becomes of an object that has one.
type Cell struct {
	Some [][]privacy.Category `json:"some,omitempty"` // of each list, at least one category
	None []privacy.Category   `json:"none,omitempty"` // none of these
	From decision.Answer      `json:"from"`
	To   decision.Answer      `json:"to"`

	witness []privacy.Category
}

// The changes.
const (
	NewlyPermits = "newly-permits"
	NewlyAsks    = "newly-asks" // a person is asked, where it was denied
	NoLonger     = "no-longer-permits"
	NowAsks      = "now-asks"   // a person is asked, where it was let through
	NowDenies    = "now-denies" // where a person was asked
	Reshapes     = "reshapes"   // let through before and after, in another form
)

// change names how an answer changes.
func change(from, to decision.Answer) string {
	through := func(a decision.Answer) bool { return a.Outcome == decision.Permit || a.Outcome == decision.Transform }
	switch {
	case through(from) && through(to):
		return Reshapes
	case through(to):
		return NewlyPermits
	case through(from) && to.Outcome == decision.Deny:
		return NoLonger
	case through(from):
		return NowAsks
	case from.Outcome == decision.Deny:
		return NewlyAsks
	case to.Outcome == decision.Deny:
		return NowDenies
	default:
		return Reshapes
	}
}

// Diff returns exactly the classes of cases that the two laws decide
// differently at the instant of the options, over this universe: the parties of
// the options, every party a clause names, and strangers of every kind; every
// type, purpose and act a clause names and one it does not; every TLP and PAP
// label; every set of categories; every fact true, false and unknown; and objects
// of the sender's own or, where a clause that differs or is in question looks at
// it, received under one instrument. Each class carries a witness that was
// decided by the engine under both laws.
//
// The error is that of [decision.Compile].
func Diff(before, after decision.Law, o Options) (Difference, error) {
	o = o.withDefaults(before.Instruments, after.Instruments)
	for _, l := range []decision.Law{before, after} {
		if _, err := decision.Compile(l); err != nil {
			return Difference{}, err
		}
	}
	norms, err := compare(before, after)
	if err != nil {
		return Difference{}, err
	}
	both := slices.Concat(before.Instruments, after.Instruments)
	u := newUniverse(both, norms, o.Parties)
	d := Difference{Clauses: changes(norms), Search: Search{Exhaustive: true}}
	if u.cut {
		d.Search.stop("parties that nobody knows were told apart by fewer words than the law uses")
	}
	f := differ{q: newQuestion([2]decision.Law{before, after}, norms, u, o.At), less: -1, budget: o.Cells, search: &d.Search}
	if err := f.run(changedNorms(norms)); err != nil {
		return Difference{}, err
	}
	d.Search.Cells = o.Cells - max(f.budget, 0)
	d.Classes = classesOf(f.q, f.found)
	return d, nil
}

func changedNorms(norms []norm) []int {
	var out []int
	for i := range norms {
		if norms[i].changed {
			out = append(out, i)
		}
	}
	return out
}

// changes lists the clauses that differ, a clause that was there before and
// after once.
func changes(norms []norm) []ClauseChange {
	out := []ClauseChange{}
	at := map[[2]string]int{}
	for i := range norms {
		n := &norms[i]
		if !n.changed {
			continue
		}
		key := [2]string{n.doc.ID, idOf(n)}
		k, seen := at[key]
		if seen {
			out[k].Place, out[k].Change = placeOf(n.doc, n.clause), "changed"
			out[k].Decides = out[k].Decides || n.decides() || n.terms()
		} else {
			k = len(out)
			at[key] = k
			c := ClauseChange{Place: placeOf(n.doc, n.clause), Change: "removed", Decides: n.decides() || n.terms()}
			if n.in == inNew {
				c.Change = "added"
			}
			out = append(out, c)
		}
		if n.clause == nil {
			out[k].Change, out[k].Decides = "head", true
		}
	}
	return out
}
