package exchange_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
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

const memorandum = "mou-aurelia-cordova"

// draftOf is the memorandum with Cordova with something in it replaced, without
// its vectors, which are about the text before.
func draftOf(t testing.TB, n *testNode, replacements ...string) []byte {
	t.Helper()
	v, err := n.Instrument(t.Context(), memorandum)
	must(t, err)
	src, _, _ := bytes.Cut(v.Source, []byte("\nvectors:"))
	for i := 0; i < len(replacements); i += 2 {
		if !bytes.Contains(src, []byte(replacements[i])) {
			t.Fatalf("the memorandum has no %q", replacements[i])
		}
		src = bytes.Replace(src, []byte(replacements[i]), []byte(replacements[i+1]), 1)
	}
	return slices.Concat(src, []byte{'\n'})
}

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

// TestLG3WhatIfChangesNothing: the same answer twice, and the node is as it was.
func TestLG3WhatIfChangesNothing(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis, cordova)
	a := f.nodes[aurelia]
	a.imports(t, bundleOf(indicator("0001", tlpAmber)))
	f.decide(a, idOf("indicator", "0001"))
	state := func() string {
		rep, err := a.VerifyLog(t.Context())
		must(t, err)
		views, err := a.Instruments(t.Context())
		must(t, err)
		releases, err := a.Releases(t.Context(), exchange.ReleaseFilter{})
		must(t, err)
		recalls, err := a.Recalls(t.Context(), "")
		must(t, err)
		return fmt.Sprint(rep.Size, rep.Root, len(views), releases, recalls, len(a.decisions(t)))
	}
	before := state()
	in := exchange.WhatIfRequest{File: "draft.yaml", Source: draftOf(t, a, "tlp: {max: amber}", "tlp: {max: green}")}
	w, err := a.WhatIf(t.Context(), in)
	must(t, err)
	again, err := a.WhatIf(t.Context(), in)
	must(t, err)
	if diff := cmp.Diff(w, again); diff != "" {
		t.Errorf("the same question was answered differently\n%s", diff)
	}
	if after := state(); after != before {
		t.Errorf("the node changed:\n%s\n%s", before, after)
	}
	want := []exchange.Change{{Old: decision.Permit, New: decision.Deny, Count: 1}}
	if diff := cmp.Diff(want, w.Changes); diff != "" || len(w.Examples) != 1 || w.Examples[0].Recipient != cordova {
		t.Errorf("%+v", w)
	}
	wantCause := func(law, clause, text string) {
		t.Helper()
		if !slices.ContainsFunc(w.Clauses, func(c exchange.Cause) bool {
			return c.Law == law && c.Clause == clause && strings.Contains(c.Text, text)
		}) {
			t.Errorf("no cause %s %s %q in %+v", law, clause, text, w.Clauses)
		}
	}
	wantCause(exchange.CauseRecorded, "art3", "permits")
	wantCause(exchange.CauseDraft, "", "no clause of the cooperation regime permits")
	if w.Replaces != memorandum+"@1.1.0" || !w.Assumed {
		t.Errorf("replaces %q, assumed %t", w.Replaces, w.Assumed)
	}
}

// TestWhatIfTakesADraftAsInForce: a next version that starts next year is tried
// on the past as if it had been law, unless its own dates are to count.
func TestWhatIfTakesADraftAsInForce(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, cordova)
	a := f.nodes[aurelia]
	a.imports(t, bundleOf(indicator("0001", tlpAmber)))
	for range 3 { // on 2, 12 and 22 March
		f.decide(a, idOf("indicator", "0001"))
		f.now = f.now.AddDate(0, 0, 10)
	}
	version := func(from string) []byte {
		return draftOf(t, a, "version: 1.1.0", "version: 1.2.0", "in_force: {from: 2025-06-01}", "in_force: {from: "+from+"}",
			"events: [{signature: 2025-05-04}, {in-force: 2025-06-01}]", "events: [{signature: "+from+"}, {in-force: "+from+"}]",
			"events: [{signature: 2025-05-12}, {in-force: 2025-06-01}]", "events: [{signature: "+from+"}, {in-force: "+from+"}]",
			"tlp: {max: amber}", "tlp: {max: green}")
	}
	for _, c := range []struct {
		name    string
		in      exchange.WhatIfRequest
		changed int64
	}{
		{"next year, assumed", exchange.WhatIfRequest{Source: version("2027-01-01")}, 3},
		{"next year, as dated", exchange.WhatIfRequest{Source: version("2027-01-01"), AsDated: true}, 0},
		{"in the middle of a day, as dated", exchange.WhatIfRequest{Source: version("2026-03-12T08:59:59Z"), AsDated: true}, 2},
		{"a moment too late, as dated", exchange.WhatIfRequest{Source: version("2026-03-12T09:00:01Z"), AsDated: true}, 1},
		{"as dated, decided now", exchange.WhatIfRequest{Source: version("2026-03-20"), AsDated: true, Now: true}, 3},
		{"only the last fifteen days", exchange.WhatIfRequest{Source: version("2027-01-01"), Days: 15}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.in.File = "draft.yaml"
			w, err := a.WhatIf(t.Context(), c.in)
			must(t, err)
			if w.Changed != c.changed {
				t.Errorf("%d changed, want %d: %+v", w.Changed, c.changed, w)
			}
		})
	}
}

// TestWhatIfAPartyIsLeftOut: it stays bound by the version before, until that is
// withdrawn as well. One that names the version it replaces takes its place.
func TestWhatIfAPartyIsLeftOut(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis, cordova)
	a := f.nodes[aurelia]
	a.imports(t, bundleOf(indicator("0001", tlpAmber)))
	f.decide(a, idOf("indicator", "0001"))
	old, err := a.Instrument(t.Context(), memorandum)
	must(t, err)
	leftOut := draftOf(t, a, "version: 1.1.0\n", fmt.Sprintf("version: 1.2.0\nsupersedes: %s\n", old.Hash), "{party: ncsc-cordova, territory: [CC]", "{party: other-team, territory: [CC]")
	for _, c := range []struct {
		withdraw []string
		changed  int64
	}{{nil, 0}, {[]string{memorandum}, 1}} {
		w, err := a.WhatIf(t.Context(), exchange.WhatIfRequest{File: "draft.yaml", Source: leftOut, Withdraw: c.withdraw})
		must(t, err)
		if w.Changed != c.changed || w.Replaces != memorandum+"@1.1.0" {
			t.Errorf("withdrawn %v: %+v", c.withdraw, w)
		}
	}
}

// TestWhatIfAnInstrumentEnded: what rested on it alone is denied, and the record
// serves although the object is gone.
func TestWhatIfAnInstrumentEnded(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, borealis, cordova)
	a, b := f.nodes[aurelia], f.nodes[borealis]
	a.imports(t, bundleOf(indicator("0001", tlpClear)))
	release := f.send(aurelia, borealis, idOf("indicator", "0001"))
	f.decide(b, idOf("indicator", "0001"))
	decided := int64(len(b.decisions(t)))
	_, err := a.Recall(t.Context(), exchange.RecallRequest{Release: release, Reason: "mistake"})
	must(t, err)
	f.deliver(a)
	if _, err := b.Object(t.Context(), idOf("indicator", "0001")); fault.KindOf(err) != fault.NotFound {
		t.Fatalf("the object is still there: %v", err)
	}
	w, err := b.WhatIf(t.Context(), exchange.WhatIfRequest{Withdraw: []string{memorandum}})
	must(t, err)
	if w.Decisions != decided || w.Changed != 0 {
		t.Errorf("%+v", w)
	}
	w, err = a.WhatIf(t.Context(), exchange.WhatIfRequest{Withdraw: []string{"northern-convention"}})
	must(t, err)
	if len(w.Changes) != 1 || w.Changes[0].New != decision.Deny || w.ByRecipient[0].Party != borealis {
		t.Errorf("%+v", w)
	}
	if diff := cmp.Diff([]string{"northern-convention"}, w.Withdraws); diff != "" || w.Draft != "" {
		t.Error(diff, w.Draft)
	}
}

// TestWhatIfTellsOldChangesApart: what the law has changed since is not counted
// against a draft.
func TestWhatIfTellsOldChangesApart(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, cordova)
	a := f.nodes[aurelia]
	a.imports(t, bundleOf(indicator("0001", tlpAmber)))
	f.now = time.Date(2026, 4, 2, 9, 0, 0, 0, time.UTC)
	f.decide(a, idOf("indicator", "0001"), cordova)
	old, err := a.Instrument(t.Context(), memorandum)
	must(t, err)
	_, err = a.AddInstrument(t.Context(), exchange.AddInstrumentRequest{File: "mou.yaml", Source: successor(t, old), By: "test"})
	must(t, err)
	w, err := a.WhatIf(t.Context(), exchange.WhatIfRequest{Withdraw: []string{"isac-rules"}})
	must(t, err)
	if w.Overtaken != 1 || w.Changed != 0 {
		t.Errorf("%+v", w)
	}
}

// TestWhatIfRefuses: a draft with errors, and a question that is none.
func TestWhatIfRefuses(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia)
	a := f.nodes[aurelia]
	v, err := a.Instrument(t.Context(), memorandum)
	must(t, err)
	draft := draftOf(t, a)
	for _, c := range []struct {
		name, code string
		in         exchange.WhatIfRequest
	}{
		{"nothing asked", "whatif.invalid", exchange.WhatIfRequest{}},
		{"nothing takes its place", "whatif.invalid", exchange.WhatIfRequest{Replaces: memorandum, Withdraw: []string{memorandum}}},
		{"the future", "whatif.invalid", exchange.WhatIfRequest{Source: draft, Days: -1}},
		{"a broken draft", "instrument.invalid", exchange.WhatIfRequest{Source: slices.Concat(draft, []byte("unheard-of: 1\n"))}},
		{"its vectors fail", "instrument.vectors", exchange.WhatIfRequest{Source: bytes.Replace(v.Source, []byte("tlp: {max: amber}"), []byte("tlp: {max: clear}"), 1)}},
		{"it replaces nothing known", "instrument.unknown", exchange.WhatIfRequest{Source: draft, Replaces: memorandum + "@9.0.0"}},
		{"nothing to withdraw", "instrument.unknown", exchange.WhatIfRequest{Withdraw: []string{"mou-x"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.in.File = "draft.yaml"
			_, err := a.WhatIf(t.Context(), c.in)
			wantCode(t, err, c.code)
		})
	}
}
