package library_test

import (
	"io/fs"
	"strings"
	"testing"

	"entente/decision"
	"entente/instrument"
	"entente/instrument/library"
	"entente/privacy"
)

// TestReservationToPreservation: no State's reservation under Art. 29(4) of the
// Budapest Convention is known here, so the file has none. One is invented for
// the test, to see what it would do.
func TestReservationToPreservation(t *testing.T) {
	t.Parallel()
	const (
		events   = "    events: [{in-force: 2026-01-01}]\n"
		question = `
    given:
      object: {type: report, tlp: amber, categories: [technical]}
      sender: {id: point-nl, kind: contact-point, jurisdiction: NL, roles: [contact-point-24-7]}
      recipient: {id: point-no, kind: contact-point, jurisdiction: "NO", roles: [contact-point-24-7]}
      act: assist
      purpose: law-enforcement
      at: 2026-11-22
      facts: {data_in_requested_territory: true, mla_request_intended: true, `
	)
	src, err := fs.ReadFile(library.Files(), "coe-budapest.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text, _, _ := strings.Cut(string(src), "\nvectors:\n")
	if strings.Count(text, events) != 1 {
		t.Fatalf("Norway's events are not %q any more", events)
	}
	text = strings.Replace(text, events, events+"    reservations: [{id: invented, excludes: [art29-3], cite: Art. 29(4)}]\n", 1)
	doc, err := instrument.Load("coe-budapest.yaml", []byte(text+"\nvectors:"+
		"\n  - name: where dual criminality will be missing a person decides whether to ask"+question+
		"convention_offence: false, dual_criminality: false}\n    expect: {outcome: refer, because: [art29-4-ask]}"+
		"\n  - name: where both punish the conduct the reservation does not matter"+question+
		"convention_offence: false, dual_criminality: true}\n    expect: {outcome: permit}"+
		"\n  - name: for Arts. 2-11 it does not matter either"+question+
		"convention_offence: true}\n    expect: {outcome: permit}\n"))
	if err != nil {
		t.Fatal(err)
	}
	results, err := decision.TestInstrument(doc, privacy.Catalogue())
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != 3 {
		t.Fatalf("%d vectors, want 3", len(results))
	}
	for _, r := range results {
		if !r.OK() {
			t.Errorf("%s: %s", r.Name, r.Diff)
		}
	}
}
