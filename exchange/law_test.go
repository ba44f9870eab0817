package exchange_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"entente/decision"
	"entente/examples"
	"entente/exchange"
)

// successor is the memorandum with Cordova in a next version that names the one
// it replaces, starts later and no longer covers amber.
func successor(t *testing.T, old exchange.InstrumentView) []byte {
	t.Helper()
	src := old.Source
	for _, r := range [][2]string{
		{"version: 1.1.0\n", fmt.Sprintf("version: 1.2.0\nsupersedes: %s\n", old.Hash)},
		{"in_force: {from: 2025-06-01}", "in_force: {from: 2026-04-01}"},
		{"{in-force: 2025-06-01}]}\n  - {party: ncsc", "{in-force: 2026-04-01}]}\n  - {party: ncsc"},
		{"2025-05-12}, {in-force: 2025-06-01}", "2025-05-12}, {in-force: 2026-04-01}"},
		{"tlp: {max: amber}", "tlp: {max: green}"},
	} {
		if !bytes.Contains(src, []byte(r[0])) {
			t.Fatalf("the example has no %q", r[0])
		}
		src = bytes.Replace(src, []byte(r[0]), []byte(r[1]), 1)
	}
	at := bytes.Index(src, []byte("\nvectors:"))
	return src[:at+1]
}

// TestANewVersionCountsFromItsInstant (SS-2): the old version is the law until
// the very instant at which the new one is in force.
func TestANewVersionCountsFromItsInstant(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, cordova)
	a := f.nodes[aurelia]
	a.imports(t, bundleOf(indicator("0001", tlpAmber)))
	old, err := a.Instrument(t.Context(), "mou-aurelia-cordova")
	must(t, err)
	_, err = a.AddInstrument(t.Context(), exchange.AddInstrumentRequest{File: "mou.yaml", Source: successor(t, old), By: "test"})
	must(t, err)
	start := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	for at, want := range map[time.Time]decision.Outcome{start.Add(-time.Microsecond): decision.Permit, start: decision.Deny} {
		f.now = at
		d, err := a.Why(t.Context(), exchange.WhyRequest{Object: idOf("indicator", "0001"), Recipient: cordova})
		must(t, err)
		if d.Outcome != want {
			t.Errorf("at %s: %s, want %s", at, d.Outcome, want)
		}
	}
}

// TestT5AVersionCannotBeRolledBack: the same document again changes nothing; an
// older or unrelated one under the same id is refused.
func TestT5AVersionCannotBeRolledBack(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia, cordova)
	a := f.nodes[aurelia]
	old, err := a.Instrument(t.Context(), "mou-aurelia-cordova")
	must(t, err)
	add := func(src []byte) error {
		_, err := a.AddInstrument(t.Context(), exchange.AddInstrumentRequest{File: "mou.yaml", Source: src, By: "test"})
		return err
	}
	must(t, add(old.Source))
	next := successor(t, old)
	must(t, add(next))
	must(t, add(old.Source)) // known, and still not the newest
	newest, err := a.Instrument(t.Context(), "mou-aurelia-cordova")
	must(t, err)
	if newest.Version != "1.2.0" {
		t.Errorf("version %s is the newest", newest.Version)
	}
	wantCode(t, add([]byte(strings.Replace(string(next), "1.2.0", "1.1.5", 1))), "instrument.rollback")
	wantCode(t, add([]byte(strings.Replace(string(old.Source), "version: 1.1.0", "version: 1.3.0", 1))), "instrument.rollback")
}

// TestInstrumentsAreRefusedWithReason: no owner, failing vectors, broken text.
func TestInstrumentsAreRefusedWithReason(t *testing.T) {
	t.Parallel()
	f := newFederation(t, aurelia)
	a := f.nodes[aurelia]
	laws, err := examples.LanternInstruments()
	must(t, err)
	src := string(laws[0].Data)
	for name, c := range map[string]struct{ src, by, code string }{
		"nobody answers for it":  {strings.Replace(strings.Replace(src, "illustrative: true\n", "", 1), "id: isac-rules", "id: other-rules", 1), "", "instrument.owner"},
		"its vectors fail":       {strings.Replace(strings.Replace(src, "outcome: deny", "outcome: permit", 1), "id: isac-rules", "id: other-rules", 1), "test", "instrument.vectors"},
		"it cannot be read":      {src + "\nunheard-of: 1\n", "test", "instrument.invalid"},
		"it is not YAML at all ": {"\t{", "test", "instrument.syntax"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := a.AddInstrument(t.Context(), exchange.AddInstrumentRequest{File: "law.yaml", Source: []byte(c.src), By: c.by})
			wantCode(t, err, c.code)
		})
	}
}
