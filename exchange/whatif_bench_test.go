package exchange_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"entente/decision"
	"entente/exchange"
	"entente/intel"
	"entente/internal/ident"
	"entente/party"
	"entente/privacy"
)

// BenchmarkSend measures a release of 120 objects to four parties with
// everything that is kept of it: 480 decisions with a log leaf each, their
// questions, releases, duties and deliveries, committed and flushed.
func BenchmarkSend(b *testing.B) {
	f := newFederation(b, aurelia, borealis, cordova, gridshare, vendor)
	a := f.nodes[aurelia]
	report := f.importHelioGrid()
	decided := 0
	b.ResetTimer()
	for b.Loop() {
		rep, err := a.Send(b.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{report}}})
		must(b, err)
		decided += 120 * len(rep.Releases)
	}
	b.ReportMetric(float64(decided)/b.Elapsed().Seconds(), "decisions/s")
}

// BenchmarkWhatIf replays a history of ENTENTE_WHATIF decisions (default
// 100 000) of ENTENTE_WHATIF_QUESTIONS different questions (default 10 000) under
// a memorandum that no longer covers amber. Making the history takes longer than
// replaying it.
func BenchmarkWhatIf(b *testing.B) {
	decisions, questions := number("ENTENTE_WHATIF", 100_000), number("ENTENTE_WHATIF_QUESTIONS", 10_000)
	f := newFederation(b, aurelia, borealis, cordova, gridshare, vendor)
	a := f.nodes[aurelia]
	different := a.history(b, f.now, decisions, questions)
	draft := exchange.WhatIfRequest{File: "draft.yaml", Source: draftOf(b, a, "tlp: {max: amber}", "tlp: {max: green}")}
	b.ResetTimer()
	for b.Loop() {
		w, err := a.WhatIf(b.Context(), draft)
		must(b, err)
		if w.Decisions != int64(decisions) || w.Changed == 0 {
			b.Fatalf("%d decisions, %d changed", w.Decisions, w.Changed)
		}
		b.ReportMetric(float64(w.Questions), "questions")
		b.ReportMetric(float64(w.Changed), "changed")
	}
	b.ReportMetric(float64(decisions)/b.Elapsed().Seconds()*float64(b.N), "decisions/s")
	b.Logf("%d decisions, %d different questions", decisions, different)
}

func number(variable string, otherwise int) int {
	n, err := strconv.Atoi(os.Getenv(variable))
	if err != nil {
		return otherwise
	}
	return n
}

// history keeps so many decisions of so many different questions, spread over
// the eighty days before now, as this node would have made them.
func (n *testNode) history(b *testing.B, now time.Time, decisions, questions int) int {
	b.Helper()
	engine := n.engine(b)
	random := rand.New(rand.NewPCG(1, 2))
	kinds := make([]exchange.DecisionRecord, questions)
	seen := map[string]bool{}
	for i := range kinds {
		d := engine.Decide(randomRequest(random, now.AddDate(0, 0, -80)))
		body, err := d.Canonical()
		must(b, err)
		question, err := exchange.QuestionOf(body)
		must(b, err)
		seen[string(question)] = true
		kinds[i] = exchange.DecisionRecord{Recipient: d.Request.Recipient.ID, Outcome: d.Outcome, Question: question, Epoch: 9}
	}
	const atOnce = 5000
	for done := 0; done < decisions; done += atOnce {
		must(b, n.store.Write(b.Context(), func(tx exchange.Tx) error {
			for i := done; i < min(done+atOnce, decisions); i++ {
				rec := kinds[i%questions]
				rec.Body = fmt.Appendf(nil, `{"decision":%d}`, i)
				rec.Digest = ident.Sum(rec.Body)
				rec.ObjectID = fmt.Sprintf("indicator--%08x-0000-4000-8000-%012x", uint32(i), binary.BigEndian.Uint32(rec.Digest[:]))
				rec.At = now.Add(-80 * 24 * time.Hour / time.Duration(decisions) * time.Duration(decisions-i))
				if err := tx.AddDecision(b.Context(), rec); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	return len(seen)
}

// engine compiles the law that the node applies.
func (n *testNode) engine(t testing.TB) *decision.Engine {
	t.Helper()
	views, err := n.Instruments(t.Context())
	must(t, err)
	law := decision.Law{Transforms: privacy.Catalogue()}
	for _, v := range views {
		law.Instruments = append(law.Instruments, v.Doc)
	}
	e, err := decision.Compile(law)
	must(t, err)
	return e
}

var benchCategories = []privacy.Category{ //nolint:gochecknoglobals // a list
	privacy.Technical, privacy.PersonalIdentifier, privacy.PersonalContact, privacy.VictimIdentity, privacy.PersonalPseudonymous,
}

// randomRequest draws what a node of Operation Lantern is asked.
func randomRequest(r *rand.Rand, at time.Time) decision.Request {
	to := []decision.Actor{
		{ID: borealis, Kind: "csirt", Jurisdiction: "BB"},
		{ID: cordova, Kind: "csirt", Jurisdiction: "CC"},
		{ID: gridshare, Kind: "isac", Jurisdiction: "AA"},
		{ID: vendor, Kind: "company", Jurisdiction: "CC"},
	}
	req := decision.Request{
		Sender:    decision.Actor{ID: aurelia, Kind: "csirt", Jurisdiction: "AA"},
		Recipient: to[r.IntN(len(to))], Act: "share", At: at,
		Purpose: []string{"incident-response", "cyber-defence", "research"}[r.IntN(3)],
		Facts:   map[string]bool{"own_object": true},
	}
	s := &req.Subject
	s.Type = []string{"indicator", "malware", "identity", "report", "relationship", "observed-data", "note", "sighting", "vulnerability", "tool"}[r.IntN(10)]
	s.TLP, s.PAP, s.Origin = intel.TLP(r.IntN(5)), intel.PAP(r.IntN(4)), aurelia
	for _, c := range benchCategories {
		if r.IntN(3) == 0 {
			s.Categories = append(s.Categories, c)
		}
	}
	for _, f := range []string{"victim_consent", "significant", "cross_border"} {
		switch r.IntN(4) {
		case 0:
			req.Facts[f] = true
		case 1:
			req.Facts[f] = false
		}
	}
	if r.IntN(3) == 0 {
		s.Origin, s.ReceivedUnder = party.ID(fmt.Sprintf("party-%02d", r.IntN(20))), []string{"isac-rules"}
		req.Facts["own_object"] = false
	}
	return req
}
