package exchange_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"entente/decision"
	"entente/exchange"
	"entente/internal/fault"
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
		{"before the calendar", "whatif.invalid", exchange.WhatIfRequest{Source: draft, Days: 1 << 40}},
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
