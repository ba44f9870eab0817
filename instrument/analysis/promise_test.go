package analysis

import (
	"fmt"
	"slices"
	"testing"

	"entente/decision"
	"entente/instrument"
	"entente/party"
	"entente/privacy"
)

// TestLG6ShadowedIffRemovingChangesNothing removes every clause of random laws
// and compares answers on cases drawn from the whole universe: a clause called
// shadowed changes none, and one that changes an answer is never called idle.
func TestLG6ShadowedIffRemovingChangesNothing(t *testing.T) {
	t.Parallel()
	shadowed, changing, missed := 0, 0, 0
	for seed := range rounds(150) {
		g := newGen(seed + 5_000)
		law := g.law()
		a, err := newAnalyser(law, Options{At: genStart, Parties: genParties, Cells: 2_000_000})
		if err != nil {
			continue
		}
		called := map[[2]string]string{}
		for _, i := range a.idle(&Totals{}) {
			called[[2]string{i.Instrument, i.Clause}] = i.Kind
		}
		for n, d := range law.Instruments {
			for c := range d.Clauses {
				less := without(law, n, c)
				b, err := decision.Compile(less)
				if err != nil {
					t.Fatal(err)
				}
				differs := false
				var at decision.Request
				for range 400 {
					r, _ := g.sample(a.q)
					if len(a.q.under) == 0 {
						r.Subject.ReceivedUnder, r.Subject.Origin = nil, r.Sender.ID
					}
					if answerKey(answer(t, a.engine, r)) != answerKey(answer(t, b, r)) {
						differs, at = true, r
						break
					}
				}
				kind := called[[2]string{d.ID, d.Clauses[c].ID}]
				switch {
				case differs && kind != "" && len(at.Subject.ReceivedUnder) == 0 && at.Subject.Origin == at.Sender.ID:
					t.Fatalf("seed %d: %s %s is called %s, and without it this changes: %+v\n%v", seed, d.ID, d.Clauses[c].ID, kind, at, texts(law))
				case differs:
					changing++
				case kind != "":
					shadowed++
				default:
					missed++ // rare cases the sample did not hit, or a clause with duties
				}
			}
		}
	}
	t.Logf("%d clauses idle, %d change something, %d neither seen to change anything nor called idle", shadowed, changing, missed)
	if shadowed < 200 || changing < 200 {
		t.Error("the laws are too tame")
	}
}

// TestLG6WhatIsNotShadowedChangesSomething asks the full diff about clauses that
// were not called idle: there is a witness, and the engine confirms it.
func TestLG6WhatIsNotShadowedChangesSomething(t *testing.T) {
	t.Parallel()
	for seed := range rounds(60) {
		g := newGen(seed + 9_000)
		law := g.law()
		a, err := newAnalyser(law, Options{At: genStart, Parties: genParties, Cells: 2_000_000})
		if err != nil {
			continue
		}
		m := a.meeter()
		for i := range a.q.norms {
			n := &a.q.norms[i]
			if n.clause == nil || n.clause.ID != n.stands || !n.decides() || n.terms() {
				continue
			}
			shadowed, known := a.shadowed(i, m)
			if !known {
				continue
			}
			at := slices.Index(law.Instruments, n.doc)
			c := slices.IndexFunc(n.doc.Clauses, func(c instrument.Clause) bool { return c.ID == n.clause.ID })
			d, err := Diff(law, without(law, at, c), Options{At: genStart, Parties: genParties, Cells: 10_000_000})
			if err != nil {
				t.Fatal(err)
			}
			if !d.Search.Exhaustive {
				continue
			}
			if shadowed != (len(d.Classes) == 0) {
				t.Fatalf("seed %d: %s %s shadowed=%v, and the diff has %d classes\n%v", seed, n.doc.ID, n.clause.ID, shadowed, len(d.Classes), texts(law))
			}
		}
	}
}

// without is a law in which a clause never applies.
func without(l decision.Law, n, c int) decision.Law {
	d := *l.Instruments[n]
	d.Clauses = slices.Clone(d.Clauses)
	silence(&d.Clauses[c])
	l.Instruments = slices.Clone(l.Instruments)
	l.Instruments[n] = &d
	return l
}

// TestLG6ContradictionsIffACommonCase checks both ways: every contradiction has a
// witness that the engine says both clauses match, and no case drawn from the
// universe is matched by a permission and a prohibition of one regime that were
// not reported.
func TestLG6ContradictionsIffACommonCase(t *testing.T) {
	t.Parallel()
	reported, seen := 0, 0
	for seed := range rounds(250) {
		g := newGen(seed + 20_000)
		law := g.law()
		a, err := newAnalyser(law, Options{At: genStart, Parties: genParties, Findings: 100_000})
		if err != nil {
			continue
		}
		known := map[[4]string]bool{}
		for _, c := range a.contradictions(&Totals{}) {
			if c.Kind != KindPermission {
				continue
			}
			reported++
			known[[4]string{c.A.Instrument, c.A.Clause, c.B.Instrument, c.B.Clause}] = true
			certain, all := matches(a.engine, c.Witness)
			if !certain[[2]string{c.A.Instrument, c.A.Clause}] || !all[[2]string{c.B.Instrument, c.B.Clause}] {
				t.Fatalf("seed %d: the witness of %v and %v is not matched by both: %+v\n%v", seed, c.A, c.B, c.Witness, texts(law))
			}
		}
		for range 400 {
			r, _ := g.sample(a.q)
			certain, all := matches(a.engine, r)
			for i := range a.q.norms {
				for j := range a.q.norms {
					x, y := &a.q.norms[i], &a.q.norms[j]
					if !x.is(instrument.Permission) || !y.is(instrument.Prohibition) || !x.root() || !y.root() || x.meaning.Advisory || y.meaning.Advisory ||
						x.doc.Regime != y.doc.Regime || len(x.meaning.Without) > 0 || !certain[[2]string{x.doc.ID, x.clause.ID}] || !all[[2]string{y.doc.ID, y.clause.ID}] {
						continue
					}
					seen++
					if !known[[4]string{x.doc.ID, x.clause.ID, y.doc.ID, y.clause.ID}] {
						t.Fatalf("seed %d: %s %s and %s %s both match and are not reported: %+v\n%v", seed, x.doc.ID, x.clause.ID, y.doc.ID, y.clause.ID, r, texts(law))
					}
				}
			}
		}
	}
	if reported < 100 || seen < 100 {
		t.Errorf("only %d reported, %d met", reported, seen)
	}
}

func matches(e *decision.Engine, r decision.Request) (certain, all map[[2]string]bool) {
	certain, all = map[[2]string]bool{}, map[[2]string]bool{}
	var q decision.Query
	e.Prepare(&r, &q)
	for _, m := range e.Judge(&q, nil).Matched {
		c := e.Clause(m)
		all[[2]string{c.Instrument, c.Clause}] = true
		if m.Certain() {
			certain[[2]string{c.Instrument, c.Clause}] = true
		}
	}
	return certain, all
}

// TestLG6LeaksIffAPath searches every path by brute force in random networks of
// agreements and compares.
func TestLG6LeaksIffAPath(t *testing.T) {
	t.Parallel()
	leaks := 0
	for seed := range rounds(60) {
		g := newGen(seed + 40_000)
		law, actors := g.agreements(6)
		a, err := newAnalyser(law, Options{At: genStart, Parties: actors, Findings: 10_000})
		if err != nil {
			t.Fatal(err)
		}
		found := map[[2]party.ID]bool{}
		for _, l := range a.leaks(&Totals{}) {
			leaks++
			found[[2]party.ID{l.From, l.To}] = true
			for _, h := range l.Path {
				if d := a.engine.Decide(h.Request); d.Outcome != h.Answer.Outcome || d.Outcome == decision.Deny || d.Outcome == decision.Refer {
					t.Fatalf("seed %d: a hop of %s is decided %s", seed, l.Text, d.Outcome)
				}
			}
			r := l.Path[0].Request
			r.Recipient = l.Path[len(l.Path)-1].Request.Recipient
			if d := a.engine.Decide(r); d.Outcome != decision.Deny {
				t.Fatalf("seed %d: %s, and directly it is decided %s", seed, l.Text, d.Outcome)
			}
		}
		want := map[[2]party.ID]bool{}
		for _, s := range a.specimens() {
			for from := range actors {
				bruteForce(a.engine, s, actors, []int{from}, nil, s.Subject.Categories, want, map[string]bool{})
			}
		}
		for k := range want {
			if !found[k] {
				t.Fatalf("seed %d: %v leaks and is not reported", seed, k)
			}
		}
		for k := range found {
			if !want[k] {
				t.Fatalf("seed %d: %v is reported and has no path", seed, k)
			}
		}
	}
	if leaks < 30 {
		t.Errorf("only %d leaks: the networks are too tame", leaks)
	}
}

// bruteForce walks every way, as a node after a node would decide; never back to
// where it came from.
func bruteForce(e *decision.Engine, s decision.Request, actors []decision.Actor, path []int, under []string, sent []privacy.Category, want map[[2]party.ID]bool, seen map[string]bool) {
	if len(path) > maxHops {
		return
	}
	at, before := path[len(path)-1], -1
	if len(path) > 1 {
		before = path[len(path)-2]
	}
	key := fmt.Sprint(at, before, under, sent, len(path))
	if seen[key] {
		return
	}
	seen[key] = true
	for to := range actors {
		if to == at || to == path[0] || to == before {
			continue
		}
		r := s
		r.Sender, r.Recipient = actors[at], actors[to]
		r.Subject.Categories, r.Subject.ReceivedUnder, r.Subject.Origin = sent, under, actors[at].ID
		r.Facts = map[string]bool{ownObject: len(path) == 1}
		if len(path) > 1 {
			r.Subject.Origin = actors[path[len(path)-2]].ID
		}
		d := e.Decide(r)
		if d.Outcome != decision.Permit && d.Outcome != decision.Transform {
			continue
		}
		direct := s
		direct.Sender, direct.Recipient, direct.Subject.Origin = actors[path[0]], actors[to], actors[path[0]].ID
		direct.Facts = map[string]bool{ownObject: true}
		if e.Decide(direct).Outcome == decision.Deny {
			want[[2]party.ID{actors[path[0]].ID, actors[to].ID}] = true
		}
		var relied []string
		for _, b := range d.Basis {
			if b.Effect == decision.EffectPermits || b.Effect == decision.EffectObliges {
				relied = append(relied, b.Instrument)
			}
		}
		slices.Sort(relied)
		left := sent
		if d.Outcome == decision.Transform {
			left = d.Sent
		}
		bruteForce(e, s, actors, append(slices.Clone(path), to), slices.Compact(relied), left, want, seen)
	}
}

// agreements is a random network of agreements between two parties each.
func (g gen) agreements(n int) (decision.Law, []decision.Actor) {
	law, actors := networkLaw(10, n)
	law.Instruments = nil
	for i := range n + g.IntN(n) {
		d := &instrument.Instrument{
			ID: "m" + string(rune('a'+i)), Version: "1.0.0", Binding: true, Regime: "cooperation", Default: instrument.Prohibit,
			InForce: instrument.InForce{From: genStart.AddDate(-1, 0, 0)},
		}
		for _, p := range g.Perm(n)[:2+g.IntN(2)] {
			d.Parties = append(d.Parties, instrument.PartyRecord{Party: actors[p].ID, Events: []instrument.Event{{Kind: "in-force", At: genStart.AddDate(-1, 0, 0)}}})
		}
		c := instrument.Clause{ID: "art1", Cite: "Art. 1", Modality: instrument.Permission, Act: share, When: g.when(instrument.Permission, 15)}
		c.When.Facts, c.When.Origin, c.When.ReceivedUnder = nil, nil, nil
		if g.pct(70) {
			c.Onward = &instrument.Onward{Allowed: pick(g, []string{"none", "listed", "same-conditions", "originator-consent"})}
			if c.Onward.Allowed == "listed" {
				c.Onward.To = []string{string(actors[g.IntN(n)].ID)}
			}
		}
		d.Clauses = append(d.Clauses, c)
		law.Instruments = append(law.Instruments, d)
	}
	return law, actors
}
