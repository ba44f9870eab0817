package analysis

import (
	"maps"
	"slices"
	"testing"

	"entente/decision"
	"entente/intel"
	"entente/privacy"
)

// everyCase calls f with every case of a small space: objects of the sender's
// own, shared between the known parties, of every type, purpose, label, set of
// categories, and with every fact true, false and unknown.
func everyCase(q *question, f func(decision.Request, pair)) {
	var sets [][]privacy.Category
	for m := range 1 << len(genCategories) {
		var cs []privacy.Category
		for i, c := range genCategories {
			if m&(1<<i) != 0 {
				cs = append(cs, c)
			}
		}
		slices.Sort(cs)
		sets = append(sets, cs)
	}
	for from, sender := range q.u.senders {
		for to, recipient := range q.u.recipients {
			if sender.ID == recipient.ID || !known(sender) || !known(recipient) {
				continue
			}
			p := pair{int32(from), int32(to)}
			for _, typ := range append(slices.Clone(genTypes), Other) {
				for _, purpose := range append(slices.Clone(genPurposes), Other) {
					for tlp := intel.Clear; tlp <= intel.Red; tlp++ {
						for _, cs := range sets {
							for _, facts := range everyFact() {
								f(decision.Request{
									Subject: decision.Subject{ID: "case", Type: typ, TLP: tlp, Origin: sender.ID, Categories: cs},
									Sender:  sender, Recipient: recipient, Act: "share", Purpose: purpose, At: q.at, Facts: facts,
								}, p)
							}
						}
					}
				}
			}
		}
	}
}

func known(a decision.Actor) bool {
	return slices.ContainsFunc(genParties, func(p decision.Actor) bool { return p.ID == a.ID })
}

func everyFact() []map[string]bool {
	out := []map[string]bool{{}}
	for _, name := range genFacts {
		for _, m := range slices.Clone(out) {
			for _, v := range []bool{true, false} {
				with := maps.Clone(m)
				with[name] = v
				out = append(out, with)
			}
		}
	}
	return out
}

// TestLG6DiffOverTheWholeSpace enumerates a small space completely: a case comes
// out differently exactly when one class of the difference holds it, and as that
// class says.
func TestLG6DiffOverTheWholeSpace(t *testing.T) {
	t.Parallel()
	looked, differing := 0, 0
	for seed := range rounds(12) {
		g := newGen(1_000 + seed)
		before := g.law()
		after := g.amended(before)
		a, errA := decision.Compile(before)
		b, errB := decision.Compile(after)
		if errA != nil || errB != nil {
			continue
		}
		norms, err := compare(before, after)
		if err != nil {
			t.Fatal(err)
		}
		q := newQuestion([2]decision.Law{before, after}, norms, newUniverse(slices.Concat(before.Instruments, after.Instruments), norms, genParties), genStart)
		search := Search{Exhaustive: true}
		d := differ{q: q, less: -1, budget: 20_000_000, search: &search}
		if err := d.run(changedNorms(norms)); err != nil || !search.Exhaustive {
			t.Fatal(err, search.Left)
		}
		all := merge(d.found)
		everyCase(q, func(r decision.Request, p pair) {
			looked++
			x, y := a.AnswerIn(r, a.Between(r)), b.AnswerIn(r, b.Between(r))
			var holding []Cell
			for i := range all {
				holding = append(holding, all[i].holds(r, p)...)
			}
			differs := answerKey(x) != answerKey(y)
			if differs {
				differing++
			}
			if differs != (len(holding) == 1) || differs && (answerKey(holding[0].From) != answerKey(x) || answerKey(holding[0].To) != answerKey(y)) {
				t.Fatalf("seed %d: %d classes hold a case decided %v and %v: %+v\n%s", seed, len(holding), x, y, r, lawText(before, after))
			}
		})
	}
	t.Logf("%d cases, %d of them differ", looked, differing)
	if differing < 1000 {
		t.Errorf("only %d of %d cases differed: the laws are too tame", differing, looked)
	}
}
