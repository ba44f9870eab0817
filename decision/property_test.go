package decision_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"entente/decision"
	"entente/instrument"
	"entente/party"
	"entente/privacy"
)

// eachCase runs f on random cases, each repeatable by its seed: so many by
// default, or in proportion when ENTENTE_CASES says how many the oracle gets.
func eachCase(t *testing.T, byDefault int, f func(t *testing.T, m *maker)) {
	t.Helper()
	n := byDefault
	if s := os.Getenv("ENTENTE_CASES"); s != "" {
		oracle, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		n = n * oracle / oracleCases
	}
	first := rand.Uint64()
	for i := range uint64(n) {
		m := newMaker(first + i)
		f(t, m)
		if t.Failed() {
			t.Fatalf("seed %d", m.seed)
		}
	}
}

func costOf(l decision.Law, ids []string) int {
	cost := 0
	for _, t := range l.Transforms {
		if slices.Contains(ids, t.ID) {
			cost += t.Cost
		}
	}
	return cost
}

// oracleCases is how many cases the oracle gets by default.
const oracleCases = 20_000

// TestNaiveAgreesWithEngine is the oracle: the engine and the page say the same.
func TestNaiveAgreesWithEngine(t *testing.T) {
	t.Parallel()
	seen := map[decision.Outcome]int{}
	eachCase(t, oracleCases, func(t *testing.T, m *maker) {
		law, req := m.law(), m.request()
		e := compile(t, law)
		n := naive{law, req}
		want, cost := n.decide()
		got := e.Decide(req)
		seen[want]++
		if got.Outcome != want || costOf(law, got.Transforms) != cost {
			t.Errorf("engine %s %v, page %s at cost %d", got.Outcome, got.Transforms, want, cost)
			return
		}
		var q decision.Query
		e.Prepare(&req, &q)
		verdict := e.Judge(&q, nil)
		if plain := n.judge(req.Subject.Categories); req.Subject.Closed == "" && (verdict.Outcome == decision.Permit) != plain.open {
			t.Errorf("judge says %s, page says open=%v", verdict.Outcome, plain.open)
		} else if req.Subject.Closed == "" {
			sameClauses(t, e, verdict.Matched, plain.matched)
		}
	})
	for _, o := range []decision.Outcome{decision.Permit, decision.Transform, decision.Deny} {
		if seen[o] == 0 {
			t.Errorf("no case came out as %s", o)
		}
	}
	t.Logf("%v", seen)
}

func sameClauses(t *testing.T, e *decision.Engine, got []decision.Match, want []string) {
	t.Helper()
	var ids []string
	for _, m := range got {
		ref := e.Clause(m)
		ids = append(ids, ref.Instrument+"/"+ref.Clause)
	}
	slices.Sort(ids)
	slices.Sort(want)
	if !slices.Equal(ids, want) {
		t.Errorf("matched %v, page %v", ids, want)
	}
}

// sendsNoMore reports whether nothing may leave after a change, or only a form
// that has lost at least as much as the one before it.
func sendsNoMore(law decision.Law, after, before decision.Decision) bool {
	let := func(d decision.Decision) bool {
		return d.Outcome == decision.Permit || d.Outcome == decision.Transform
	}
	switch {
	case !let(after):
		return true
	case !let(before):
		return false
	}
	return costOf(law, after.Transforms) >= costOf(law, before.Transforms)
}

// TestP4RestrictionsNeverPermitMore: adding a prohibition, forgetting a fact, or
// denying a consent on which only permissions rest, never lets more out.
func TestP4RestrictionsNeverPermitMore(t *testing.T) {
	t.Parallel()
	eachCase(t, 6_000, func(t *testing.T, m *maker) {
		law, req := m.law(), m.request()
		before := compile(t, law).Decide(req)

		stricter := law
		stricter.Instruments = append(slices.Clone(law.Instruments), &instrument.Instrument{
			ID: "ban", Version: "1.0.0", Binding: true, Regime: "ban", Default: instrument.Silent, Universal: true,
			InForce: instrument.InForce{From: monday.AddDate(-5, 0, 0)},
			Clauses: []instrument.Clause{{ID: "c0", Cite: "Art. 1", Modality: instrument.Prohibition, Act: "share", When: m.when(instrument.Prohibition)}},
		})
		if after := compile(t, stricter).Decide(req); !sendsNoMore(law, after, before) {
			t.Errorf("with a ban %s %v, without %s %v", after.Outcome, after.Transforms, before.Outcome, before.Transforms)
		}

		forgotten := req
		forgotten.Facts = map[string]bool{}
		for f, v := range req.Facts {
			if f != "consent" {
				forgotten.Facts[f] = v
			}
		}
		if after := compile(t, law).Decide(forgotten); !sendsNoMore(law, after, before) {
			t.Errorf("without knowing of consent %s %v, with %s %v", after.Outcome, after.Transforms, before.Outcome, before.Transforms)
		}
	})
}

// TestOrderNeverMatters: the order of instruments and of clauses changes nothing.
func TestOrderNeverMatters(t *testing.T) {
	t.Parallel()
	eachCase(t, 3_000, func(t *testing.T, m *maker) {
		law, req := m.law(), m.request()
		want := canonical(t, compile(t, law).Decide(req))
		shuffled := decision.Law{Transforms: slices.Clone(law.Transforms)}
		slices.Reverse(shuffled.Transforms)
		for _, i := range m.r.Perm(len(law.Instruments)) {
			in := *law.Instruments[i]
			in.Clauses = slices.Clone(in.Clauses)
			m.r.Shuffle(len(in.Clauses), func(a, b int) { in.Clauses[a], in.Clauses[b] = in.Clauses[b], in.Clauses[a] })
			shuffled.Instruments = append(shuffled.Instruments, &in)
		}
		if got := canonical(t, compile(t, shuffled).Decide(req)); !bytes.Equal(got, want) {
			t.Errorf("in another order\n%s\ninstead of\n%s", got, want)
		}
	})
}

func canonical(t testing.TB, d decision.Decision) []byte {
	t.Helper()
	b, err := d.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestP1DecideAllEqualsDecide: many recipients together get what each gets alone.
func TestP1DecideAllEqualsDecide(t *testing.T) {
	t.Parallel()
	eachCase(t, 1_500, func(t *testing.T, m *maker) {
		law, req := m.law(), m.request()
		e := compile(t, law)
		var to []decision.Actor
		for i := range 8 {
			to = append(to, decision.Actor{ID: party.ID(fmt.Sprintf("p%d", i)), Kind: one(m, kinds), Jurisdiction: one(m, places)})
		}
		to = append(to, decision.Actor{ID: "recipient", Kind: one(m, kinds), Jurisdiction: one(m, places)})
		for i, d := range e.DecideAll(req, to) {
			alone := req
			alone.Recipient = to[i]
			if got, want := canonical(t, d), canonical(t, e.Decide(alone)); !bytes.Equal(got, want) {
				t.Errorf("%s together\n%s\nalone\n%s", to[i].ID, got, want)
			}
		}
	})
}

// TestP3Replay: a decision read back from its own bytes is decided again, by an
// engine compiled anew, to the same bytes.
func TestP3Replay(t *testing.T) {
	t.Parallel()
	eachCase(t, 3_000, func(t *testing.T, m *maker) {
		law, req := m.law(), m.request()
		want := canonical(t, compile(t, law).Decide(req))
		var read decision.Decision
		if err := json.Unmarshal(want, &read); err != nil {
			t.Fatal(err)
		}
		if got := canonical(t, compile(t, law).Decide(read.Request)); !bytes.Equal(got, want) {
			t.Errorf("replayed\n%s\ninstead of\n%s", got, want)
		}
	})
}

// TestTransformedFormIsLawfulAsItIs: what is left after the transformations is
// permitted without any (DECISION.md, idempotent).
func TestTransformedFormIsLawfulAsItIs(t *testing.T) {
	t.Parallel()
	eachCase(t, 6_000, func(t *testing.T, m *maker) {
		law, req := m.law(), m.request()
		e := compile(t, law)
		d := e.Decide(req)
		if d.Outcome != decision.Transform {
			return
		}
		req.Subject.Categories = d.Sent
		if again := e.Decide(req); again.Outcome != decision.Permit {
			t.Errorf("after %v, %v is %s", d.Transforms, d.Sent, again.Outcome)
		}
		for _, id := range d.Transforms {
			if !slices.ContainsFunc(d.Needs, func(n decision.Need) bool { return n.Transform == id }) {
				t.Errorf("nothing says why %s is needed", id)
			}
		}
	})
}

// TestP2WhatIsNotKnownDenies is the closed side of every door.
func TestP2WhatIsNotKnownDenies(t *testing.T) {
	t.Parallel()
	open := &instrument.Instrument{
		ID: "open", Version: "1.0.0", Binding: true, Regime: "cooperation", Default: instrument.Prohibit,
		InForce: instrument.InForce{From: monday.AddDate(-1, 0, 0)}, Term: instrument.Term{Sunset: monday.AddDate(1, 0, 0)},
		Parties: []instrument.PartyRecord{
			{Party: "sender", Events: []instrument.Event{{Kind: "in-force", At: monday.AddDate(-1, 0, 0)}}},
			{Party: "recipient", Events: []instrument.Event{{Kind: "in-force", At: monday.AddDate(-1, 0, 0)}}},
		},
		Clauses: []instrument.Clause{{
			ID: "c0", Cite: "Art. 1", Modality: instrument.Permission, Act: "share",
			When: instrument.When{
				Type: []string{"indicator"}, Purpose: []string{"cyber-defence"}, RecipientKind: []string{"csirt"},
				Categories: &instrument.CategorySet{Within: []privacy.Category{privacy.Technical}},
				Facts:      map[string]instrument.FactMatch{"agreed": instrument.IsTrue},
			},
		}},
	}
	good := func() decision.Request {
		return decision.Request{
			Subject:   decision.Subject{ID: "indicator--1", Type: "indicator", Categories: []privacy.Category{privacy.Technical}, Origin: "sender"},
			Sender:    decision.Actor{ID: "sender", Kind: "csirt", Jurisdiction: "AA"},
			Recipient: decision.Actor{ID: "recipient", Kind: "csirt", Jurisdiction: "BB"},
			Act:       "share", Purpose: "cyber-defence", At: monday, Facts: map[string]bool{"agreed": true},
		}
	}
	law := decision.Law{Instruments: []*instrument.Instrument{open}}
	if d := compile(t, law).Decide(good()); d.Outcome != decision.Permit {
		t.Fatalf("the open door is %s: %+v", d.Outcome, d.Because)
	}
	for name, spoil := range map[string]func(*decision.Request){
		"unknown marking": func(r *decision.Request) { r.Subject.Closed = "unknown marking" },
		"unclassified data": func(r *decision.Request) {
			r.Subject.Categories = []privacy.Category{privacy.Technical, privacy.Unclassified}
		},
		"a category nobody mentions":   func(r *decision.Request) { r.Subject.Categories = []privacy.Category{"brand-new"} },
		"an unknown fact":              func(r *decision.Request) { r.Facts = nil },
		"a false fact":                 func(r *decision.Request) { r.Facts["agreed"] = false },
		"an unknown type":              func(r *decision.Request) { r.Subject.Type = "x-new" },
		"an unknown purpose":           func(r *decision.Request) { r.Purpose = "curiosity" },
		"an unknown kind of recipient": func(r *decision.Request) { r.Recipient.Kind = "" },
		"an unknown party":             func(r *decision.Request) { r.Recipient.ID = "stranger" },
		"another act":                  func(r *decision.Request) { r.Act = "use" },
		"after the sunset":             func(r *decision.Request) { r.At = monday.AddDate(1, 0, 0) },
		"before entry into force":      func(r *decision.Request) { r.At = monday.AddDate(-1, 0, 0).Add(-time.Nanosecond) },
		"no time at all":               func(r *decision.Request) { r.At = time.Time{} },
		"terms that are not in the law": func(r *decision.Request) {
			r.Subject.Origin, r.Subject.ReceivedUnder = "another", []string{"unheard-of"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := good()
			spoil(&r)
			if d := compile(t, law).Decide(r); d.Outcome != decision.Deny || len(d.Because) == 0 {
				t.Errorf("%s because %+v", d.Outcome, d.Because)
			}
		})
	}
	if d := compile(t, decision.Law{}).Decide(good()); d.Outcome != decision.Deny {
		t.Errorf("without any law: %s", d.Outcome)
	}
}
