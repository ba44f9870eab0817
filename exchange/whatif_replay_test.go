package exchange_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"entente/decision"
	"entente/exchange"
	"entente/instrument"
	"entente/internal/fault"
	"entente/party"
	"entente/privacy"
)

// decide asks to release an indicator to everybody; a refusal is a decision too.
func (f *federation) decide(n *testNode, object string, to ...party.ID) {
	f.t.Helper()
	_, err := n.Send(f.t.Context(), exchange.SendRequest{PreviewRequest: exchange.PreviewRequest{Objects: []string{object}, To: to, Alone: true}})
	if err != nil && fault.CodeOf(err) != "release.denied" {
		f.t.Fatal(err)
	}
}

// decisions returns the whole record.
func (n *testNode) decisions(t testing.TB) []decision.Decision {
	t.Helper()
	records, err := n.Decisions(t.Context(), 0, 10_000)
	must(t, err)
	out := make([]decision.Decision, len(records))
	for i, rec := range records {
		must(t, json.Unmarshal(rec.Body, &out[i]))
	}
	return out
}

// live lets a node decide this and that over sixty days, with facts that come
// and go.
func (f *federation) live(n *testNode, random *rand.Rand) {
	f.t.Helper()
	first := len(n.decisions(f.t)) // objects of its own each time
	for i := range 6 {
		marking := []string{tlpClear, tlpAmber, tlpAmber, tlpRed, tlpClear, ""}[i]
		more := ""
		if i%2 == 0 {
			more = `,"description":"seen by anna.weber@helio.example"`
		}
		n.imports(f.t, bundleOf(variant(fmt.Sprintf("%04d", first+i), jan, marking, "file", more)))
	}
	for range 20 {
		f.now = f.now.Add(time.Duration(random.IntN(72)) * time.Hour)
		object := idOf("indicator", fmt.Sprintf("%04d", first+random.IntN(6)))
		switch random.IntN(8) {
		case 0:
			_, err := n.RecordFact(f.t.Context(), exchange.Fact{
				Name: "victim_consent", Value: random.IntN(2) == 0, About: object, Issuer: "helio", Evidence: "letter",
				Expires: f.now.AddDate(0, 0, random.IntN(20)+1),
			})
			must(f.t, err)
		default:
			f.decide(n, object)
		}
	}
	f.now = f.now.Add(time.Hour)
}

// TestP3UnchangedLawChangesNothing: every instrument, tried as it is, changes no
// decision, whatever was recorded and although the law has changed meanwhile.
func TestP3UnchangedLawChangesNothing(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 3))
			f := newFederation(t, aurelia, borealis, cordova, gridshare, vendor)
			a := f.nodes[aurelia]
			f.live(a, random)
			if seed%2 == 1 {
				old, err := a.Instrument(t.Context(), memorandum)
				must(t, err)
				_, err = a.AddInstrument(t.Context(), exchange.AddInstrumentRequest{File: "mou.yaml", Source: successor(t, old), By: "test"})
				must(t, err)
				f.live(a, random)
			}
			all := int64(len(a.decisions(t)))
			views, err := a.Instruments(t.Context())
			must(t, err)
			for _, v := range views {
				w, err := a.WhatIf(t.Context(), exchange.WhatIfRequest{File: v.ID, Source: v.Source, Replaces: v.ID + "@" + v.Version, Days: 365, AsDated: true})
				must(t, err)
				if w.Changed != 0 || len(w.Changes)+len(w.ByRecipient)+len(w.Clauses)+len(w.Examples) != 0 || w.Decisions != all || w.Unchanged+w.Overtaken != all {
					t.Errorf("%s: %+v of %d decisions", v.ID, w, all)
				}
				if seed%2 == 0 && w.Overtaken != 0 {
					t.Errorf("%s: %d decisions overtaken although nothing has changed", v.ID, w.Overtaken)
				}
			}
		})
	}
}

// TestP3WhatIfIsDecidingAgain: the sums are those of decoding every decision and
// deciding it alone, at its own moment, under the law with the draft in it.
func TestP3WhatIfIsDecidingAgain(t *testing.T) {
	t.Parallel()
	drafts := [][]string{
		{"tlp: {max: amber}", "tlp: {max: green}"},
		{"tlp: {max: amber}", "tlp: {max: amber}\n      facts: {victim_consent: true}"}, // as known at the time
		{"purpose: [incident-response, cyber-defence]", "purpose: [research]"},
		{"{in-force: 2025-06-01}]}\n  - {party: ncsc", "{in-force: 2025-06-01}, {suspension: 2026-03-12T13:00:00Z}]}\n  - {party: ncsc"},
		{"term: {sunset: 2028-06-01,", "term: {sunset: 2026-03-15,"},
	}
	for i, edits := range drafts {
		t.Run(fmt.Sprint("draft ", i), func(t *testing.T) {
			t.Parallel()
			f := newFederation(t, aurelia, borealis, cordova, gridshare)
			a := f.nodes[aurelia]
			f.live(a, rand.New(rand.NewPCG(3, 5)))
			src := draftOf(t, a, edits...)
			w, err := a.WhatIf(t.Context(), exchange.WhatIfRequest{File: "draft.yaml", Source: src, AsDated: true})
			must(t, err)
			want := map[string]int64{}
			var changed int64
			other := a.engineWith(t, src)
			for _, d := range a.decisions(t) {
				then := other.Decide(d.Request)
				if then.Outcome != d.Outcome || !slices.Equal(then.Transforms, d.Transforms) {
					want[fmt.Sprint(d.Request.Recipient.ID, d.Outcome, then.Outcome)]++
					changed++
				}
			}
			got := map[string]int64{}
			for _, r := range w.ByRecipient {
				for _, c := range r.Changes {
					got[fmt.Sprint(r.Party, c.Old, c.New)] = c.Count
				}
			}
			if diff := cmp.Diff(want, got); diff != "" || w.Changed != changed || changed == 0 {
				t.Errorf("%d changed, want %d\n%s", w.Changed, changed, diff)
			}
			for _, e := range w.Examples {
				a.confirm(t, other, e)
			}
		})
	}
}

// engineWith compiles the law with a document in place of the version it is of.
func (n *testNode) engineWith(t testing.TB, src []byte) *decision.Engine {
	t.Helper()
	draft, err := instrument.Load("draft.yaml", src)
	must(t, err)
	views, err := n.Instruments(t.Context())
	must(t, err)
	law := decision.Law{Transforms: privacy.Catalogue()}
	for _, v := range views {
		if v.Doc.Ref() == draft.Ref() {
			v.Doc = draft
		}
		law.Instruments = append(law.Instruments, v.Doc)
	}
	e, err := decision.Compile(law)
	must(t, err)
	return e
}

// confirm decides an example again and compares it with the record.
func (n *testNode) confirm(t testing.TB, other *decision.Engine, e exchange.Replayed) {
	t.Helper()
	for _, d := range n.decisions(t) {
		digest, err := d.Digest()
		must(t, err)
		if digest != e.Decision {
			continue
		}
		then := other.Decide(d.Request)
		if d.Request.Subject.ID != e.Object || d.Request.Recipient.ID != e.Recipient || !d.Request.At.Equal(e.At) ||
			d.Outcome != e.Old.Outcome || then.Outcome != e.New.Outcome || !slices.Equal(then.Transforms, e.New.Transforms) {
			t.Errorf("example %+v is not what deciding again gives: %s", e, then.Outcome)
		}
		return
	}
	t.Errorf("example %+v is not on record", e)
}
