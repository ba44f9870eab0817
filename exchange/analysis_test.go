package exchange_test

import (
	"bytes"
	"testing"

	"entente/exchange"
	"entente/instrument"
)

// TestLG6TheActiveLawIsAnalysedWithItsActs: what partners signed counts, and a
// draft is compared with the law as it is.
func TestLG6TheActiveLawIsAnalysedWithItsActs(t *testing.T) {
	t.Parallel()
	f, a, c := f2(t)
	before, err := a.Analyse(t.Context(), exchange.AnalysisRequest{})
	must(t, err)
	if before.Clauses == 0 || before.Totals.Contradictions == 0 {
		t.Fatalf("%+v", before.Totals)
	}
	f.does(c, exchange.ActRequest{Instrument: "charter", Act: instrument.ActSuspension, Note: "breach"})
	f.publishes(c, "charter")
	after, err := a.Analyse(t.Context(), exchange.AnalysisRequest{})
	must(t, err)
	if after.Totals.Gaps <= before.Totals.Gaps && after.Totals.Idle <= before.Totals.Idle {
		t.Errorf("a suspension changes nothing: %+v, then %+v", before.Totals, after.Totals)
	}
	old, err := a.Instrument(t.Context(), "mou-aurelia-cordova")
	must(t, err)
	draft, _, _ := bytes.Cut(bytes.Replace(old.Source, []byte("tlp: {max: amber}"), []byte("tlp: {max: green}"), 1), []byte("\nvectors:"))
	d, err := a.Compare(t.Context(), exchange.ComparisonRequest{File: "draft.yaml", Source: draft})
	must(t, err)
	if len(d.Classes) == 0 || d.Classes[0].From.Outcome == d.Classes[0].To.Outcome {
		t.Errorf("the draft changes nothing: %+v", d)
	}
	_, err = a.Analyse(t.Context(), exchange.AnalysisRequest{Cells: -1})
	wantCode(t, err, "analysis.cells")
	_, err = a.Compare(t.Context(), exchange.ComparisonRequest{File: "draft.yaml", Source: []byte("x")})
	wantCode(t, err, "instrument.invalid")
}
