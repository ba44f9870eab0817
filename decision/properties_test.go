package decision_test

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"entente/decision"
	"entente/privacy"
)

// cases is how many random cases a property looks at; the nightly run sets
// ENTENTE_CASES to a million.
func cases(t testing.TB, normal int) int {
	if s := os.Getenv("ENTENTE_CASES"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	return normal
}

// forRandom runs f on a number of random laws and requests in all. rapid
// chooses the seeds and repeats a failing one.
func forRandom(t *testing.T, total int, f func(t *rapid.T, g gen, l decision.Law, e *decision.Engine, r decision.Request)) {
	t.Helper()
	const checks, perLaw = 100, 10 // rapid's default number of checks
	laws := max(1, total/checks/perLaw)
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		for i := range laws {
			g := newGen(seed + uint64(i)*0x9e3779b97f4a7c15)
			l := g.law()
			e, err := decision.Compile(l)
			if err != nil {
				t.Fatal(err)
			}
			for range perLaw {
				f(t, g, l, e, g.request())
			}
		}
	})
}

// TestP3EngineAgreesWithNaiveEvaluator: the compiled engine and an evaluator
// written straight from DECISION.md give the same outcome, the same
// transformations, the same matching clauses and the same reasons.
func TestP3EngineAgreesWithNaiveEvaluator(t *testing.T) {
	t.Parallel()
	forRandom(t, cases(t, 20_000), func(t *rapid.T, _ gen, l decision.Law, e *decision.Engine, r decision.Request) {
		n := naive{law: l, req: r}
		outcome, used, sent := n.answer()
		d := e.Decide(r)
		if d.Outcome != outcome || !slices.Equal(d.Transforms, used) {
			t.Fatalf("engine: %s %v\nnaive: %s %v\n%s", d.Outcome, d.Transforms, outcome, used, d.Text())
		}
		if len(used) > 0 && len(sent) != len(d.Sent) {
			t.Fatalf("engine sends %v, naive %v", d.Sent, sent)
		}
		start := set{}
		for _, c := range r.Subject.Categories {
			start[c] = true
		}
		v := n.view(start, false)
		if diff := cmp.Diff(naiveMatches(v), engineMatches(e, r)); diff != "" {
			t.Fatalf("matching clauses differ (-naive +engine):\n%s", diff)
		}
		if outcome == decision.Deny {
			if diff := cmp.Diff(naiveReasons(v), engineReasons(d)); diff != "" {
				t.Fatalf("reasons differ (-naive +engine):\n%s\n%s", diff, d.Text())
			}
		}
	})
}

func naiveMatches(v *naiveView) []string {
	var out []string
	for i := range v.clauses {
		out = append(out, v.clauses[i].in.ID+" "+v.clauses[i].cl.ID+" "+strconv.FormatBool(v.clauses[i].fit == surely))
	}
	slices.Sort(out)
	return out
}

func engineMatches(e *decision.Engine, r decision.Request) []string {
	var q decision.Query
	e.Prepare(&r, &q)
	var out []string
	for _, m := range e.Judge(&q, nil).Matched {
		c := e.Clause(m)
		out = append(out, c.Instrument+" "+c.Clause+" "+strconv.FormatBool(m.Certain()))
	}
	slices.Sort(out)
	return out
}

func naiveReasons(v *naiveView) []string {
	var out []string
	for _, p := range v.prohibitions() {
		out = append(out, p.in.ID+" "+p.cl.ID+" prohibits")
	}
	for _, c := range v.careless() {
		out = append(out, c.in.ID+" "+c.cl.ID+" requires")
	}
	for _, g := range v.gates() {
		out = append(out, "no clause of the "+g+" regime permits this transfer")
	}
	slices.Sort(out)
	return out
}

func engineReasons(d decision.Decision) []string {
	var out []string
	for _, b := range d.Because {
		switch {
		case b.Instrument == "":
			out = append(out, b.Text)
		case b.Text == "prohibits":
			out = append(out, b.Instrument+" "+b.Clause+" prohibits")
		case strings.HasPrefix(b.Text, "requires at least"):
			if s := b.Instrument + " " + b.Clause + " requires"; !permissionLacks(b) {
				out = append(out, s)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// permissionLacks tells a permission that could have opened a gate from a duty:
// the random laws give duties a cite of their own.
func permissionLacks(b decision.Reason) bool { return !strings.HasPrefix(b.Cite, "Duty") }

// TestP4AddingAProhibitionNeverPermitsMore, and so for taking away a consent:
// what was unlawful stays so, and what is lawful loses no less.
func TestP4AddingAProhibitionNeverPermitsMore(t *testing.T) {
	t.Parallel()
	forRandom(t, cases(t, 4_000), func(t *rapid.T, g gen, l decision.Law, e *decision.Engine, r decision.Request) {
		before := e.Decide(r)
		at := g.IntN(len(l.Instruments))
		stricter := l
		stricter.Instruments = slices.Clone(l.Instruments)
		changed := *l.Instruments[at]
		c := g.clause(len(changed.Clauses))
		c.Modality, c.Grants, c.Requires, c.Consent, c.Duties = "prohibition", "", nil, nil, nil
		changed.Clauses = append(slices.Clone(changed.Clauses), c)
		stricter.Instruments[at] = &changed
		after := mustCompile(t, stricter).Decide(r)
		noMore(t, l, before, after)
	})
}

func mustCompile(t *rapid.T, l decision.Law) *decision.Engine {
	e, err := decision.Compile(l)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// noMore fails when after lets through what before did not.
func noMore(t *rapid.T, l decision.Law, before, after decision.Decision) {
	t.Helper()
	cost := func(d decision.Decision) (c int) {
		for _, x := range l.Transforms {
			if slices.Contains(d.Transforms, x.ID) {
				c += x.Cost
			}
		}
		return c
	}
	if after.Outcome == decision.Deny {
		return
	}
	if before.Outcome == decision.Deny || after.Outcome != decision.Refer && cost(after) < cost(before) {
		t.Fatalf("permits more\nbefore: %safter: %s", before.Text(), after.Text())
	}
}

// TestP4WithdrawingConsentNeverPermitsMore: a fact that only ever helps a
// permission, made false or unknown.
func TestP4WithdrawingConsentNeverPermitsMore(t *testing.T) {
	t.Parallel()
	forRandom(t, cases(t, 4_000), func(t *rapid.T, g gen, l decision.Law, _ *decision.Engine, r decision.Request) {
		law := helpful(l, "emergency")
		e := mustCompile(t, law)
		r.Facts["emergency"] = true
		before := e.Decide(r)
		r.Facts["emergency"] = false
		refused := e.Decide(r)
		delete(r.Facts, "emergency")
		unsaid := e.Decide(r)
		noMore(t, law, before, refused)
		noMore(t, law, before, unsaid)
	})
}

// TestP2UnknownPermitsNoMoreThanKnown: whatever the truth about a fact is,
// knowing it never denies what not knowing it permitted.
func TestP2UnknownPermitsNoMoreThanKnown(t *testing.T) {
	t.Parallel()
	forRandom(t, cases(t, 4_000), func(t *rapid.T, g gen, l decision.Law, e *decision.Engine, r decision.Request) {
		f := one(g, genFacts)
		delete(r.Facts, f)
		unsaid := e.Decide(r)
		if unsaid.Outcome == decision.Deny || unsaid.Outcome == decision.Refer { // a consent to be asked for
			return
		}
		// An obligation that an unknown fact leaves open opens nothing, so that
		// either answer can only add to what is lawful.
		for _, v := range []bool{true, false} {
			r.Facts[f] = v
			noMore(t, l, e.Decide(r), unsaid)
		}
	})
}

// TestOrderNeverMatters: of instruments, of their clauses, of the catalogue.
func TestOrderNeverMatters(t *testing.T) {
	t.Parallel()
	forRandom(t, cases(t, 3_000), func(t *rapid.T, g gen, l decision.Law, e *decision.Engine, r decision.Request) {
		mixed := decision.Law{Ranks: l.Ranks, Transforms: slices.Clone(l.Transforms)}
		for _, i := range g.Perm(len(l.Instruments)) {
			c := *l.Instruments[i]
			c.Clauses = slices.Clone(c.Clauses)
			g.Shuffle(len(c.Clauses), func(a, b int) { c.Clauses[a], c.Clauses[b] = c.Clauses[b], c.Clauses[a] })
			mixed.Instruments = append(mixed.Instruments, &c)
		}
		g.Shuffle(len(mixed.Transforms), func(a, b int) {
			mixed.Transforms[a], mixed.Transforms[b] = mixed.Transforms[b], mixed.Transforms[a]
		})
		other := mustCompile(t, mixed)
		if a, b := digest(t, e.Decide(r)), digest(t, other.Decide(r)); a != b {
			t.Fatalf("%s\n%s", e.Decide(r).Text(), other.Decide(r).Text())
		}
		if e.LawHash() != other.LawHash() {
			t.Fatal("the same law has two hashes")
		}
	})
}

func digest(t *rapid.T, d decision.Decision) string {
	t.Helper()
	h, err := d.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return h.String()
}

// TestTransformedObjectSatisfiesTheDecision: deciding again on what is sent
// changes nothing more, and each transformation has its reason.
func TestTransformedObjectSatisfiesTheDecision(t *testing.T) {
	t.Parallel()
	forRandom(t, cases(t, 4_000), func(t *rapid.T, _ gen, _ decision.Law, e *decision.Engine, r decision.Request) {
		d := e.Decide(r)
		if d.Outcome != decision.Transform {
			return
		}
		for _, id := range d.Transforms {
			if !slices.ContainsFunc(d.Needs, func(n decision.Need) bool { return n.Transform == id }) {
				t.Fatalf("%s has no reason\n%s", id, d.Text())
			}
		}
		r.Subject.Categories = append([]privacy.Category{}, d.Sent...)
		if again := e.Decide(r); again.Outcome != decision.Permit {
			t.Fatalf("not lawful as sent\n%s%s", d.Text(), again.Text())
		}
	})
}

// TestP1DecidedTogetherEqualsDecidedAlone: N recipients decided together equal
// N decided alone, byte for byte.
func TestP1DecidedTogetherEqualsDecidedAlone(t *testing.T) {
	t.Parallel()
	forRandom(t, cases(t, 3_000), func(t *rapid.T, g gen, _ decision.Law, e *decision.Engine, r decision.Request) {
		all := slices.DeleteFunc(slices.Clone(genParties), func(a decision.Actor) bool { return a.ID == r.Sender.ID })
		for i := range 8 {
			all = append(all, decision.Actor{ID: partyID("p-" + strconv.Itoa(i)), Kind: one(g, genKinds), Jurisdiction: one(g, genJurisdictions)})
		}
		for i, together := range e.DecideAll(r, all) {
			r.Recipient = all[i]
			if alone := e.Decide(r); digest(t, alone) != digest(t, together) {
				t.Fatalf("%s", cmp.Diff(alone, together))
			}
		}
	})
}

// TestJudgeAgreesWithDecide: the fast path says permit exactly when the full
// answer is to send the object unchanged.
func TestJudgeAgreesWithDecide(t *testing.T) {
	t.Parallel()
	forRandom(t, cases(t, 4_000), func(t *rapid.T, _ gen, _ decision.Law, e *decision.Engine, r decision.Request) {
		var q decision.Query
		e.Prepare(&r, &q)
		d := e.Decide(r)
		v := e.Judge(&q, nil)
		fan := e.Fan(r)
		f := e.JudgeIn(&fan, e.Between(r), nil)
		if f.Outcome != v.Outcome || f.Prohibited != v.Prohibited || len(f.Matched) != len(v.Matched) {
			t.Fatalf("alone %v, fanned %v", v, f)
		}
		asIs := d.Outcome == decision.Permit || d.Outcome == decision.Refer && len(d.Transforms) == 0 && len(d.Preconditions) > 0
		if (v.Outcome != decision.Deny) != asIs || v.Outcome == decision.Permit && d.Outcome != decision.Permit {
			t.Fatalf("judge says %s\n%s", v.Outcome, d.Text())
		}
	})
}
