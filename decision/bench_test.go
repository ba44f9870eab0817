package decision_test

import (
	"fmt"
	"testing"

	"entente/decision"
	"entente/instrument"
	"entente/party"
)

// benchLaw is a law of so many clauses in instruments of ten, as a well connected
// node has them: nine in ten are agreements between two parties, the rest binds
// whoever is established somewhere. Drawn by the same maker as the properties.
// The comparison with other engines, on a workload they can all express, is in
// bench/.
func benchLaw(clauses int) decision.Law {
	m := newGen(7)
	l := decision.Law{Transforms: catalogue}
	for n := range clauses / 10 {
		in := m.instrument(n)
		for n%10 != 0 && len(in.Parties) == 0 {
			in = m.instrument(n)
		}
		in.InForce.From = monday.AddDate(-1, 0, 0)
		in.Term, in.Clauses = instrument.Term{}, nil
		for c := range 10 {
			in.Clauses = append(in.Clauses, m.clause(c))
		}
		if n%10 > 1 && len(in.Parties) > 0 {
			in.Parties[1].Party = party.ID(fmt.Sprintf("other-%d", n))
		}
		l.Instruments = append(l.Instruments, in)
	}
	return l
}

func BenchmarkCompile(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		law := benchLaw(n)
		b.Run(fmt.Sprintf("clauses=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				compile(b, law)
			}
		})
	}
}

// BenchmarkJudge is one prepared question: outcome and every clause that matches.
func BenchmarkJudge(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		e := compile(b, benchLaw(n))
		m := newGen(11)
		queries := make([]decision.Query, 512)
		for i := range queries {
			req := m.request()
			e.Prepare(&req, &queries[i])
		}
		b.Run(fmt.Sprintf("clauses=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			buf := make([]decision.Match, 0, n)
			i, matched := 0, 0
			for b.Loop() {
				v := e.Judge(&queries[i%len(queries)], buf)
				matched += len(v.Matched)
				i++
			}
			b.ReportMetric(float64(matched)/float64(i), "matches/op")
		})
	}
}

// BenchmarkFan is one object for 200 parties at 1 000 clauses.
func BenchmarkFan(b *testing.B) {
	e := compile(b, benchLaw(1_000))
	m := newGen(13)
	req := m.request()
	pairs := make([]decision.Pair, 200)
	for i := range pairs {
		req.Recipient = decision.Actor{ID: party.ID(fmt.Sprintf("other-%d", i)), Kind: one(m, genKinds), Jurisdiction: one(m, genJurisdictions)}
		pairs[i] = e.Between(req)
	}
	b.ReportAllocs()
	buf := make([]decision.Match, 0, 1_000)
	for b.Loop() {
		f := e.Fan(req)
		for _, p := range pairs {
			e.JudgeIn(&f, p, buf)
		}
	}
}

// BenchmarkDecide is the whole answer with its explanation and what-ifs.
func BenchmarkDecide(b *testing.B) {
	e := compile(b, benchLaw(1_000))
	m := newGen(17)
	requests := make([]decision.Request, 512)
	for i := range requests {
		requests[i] = m.request()
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		e.Decide(requests[i%len(requests)])
		i++
	}
}
