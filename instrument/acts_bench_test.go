package instrument_test

import (
	"fmt"
	"testing"

	"entente/instrument"
	"entente/party"
)

// BenchmarkDerive is what a new legal epoch costs for a treaty of 200 parties,
// each with four acts.
func BenchmarkDerive(b *testing.B) {
	parties := make([]string, 200)
	for i := range parties {
		parties[i] = fmt.Sprintf("party-%d", i)
	}
	d := deskOf(pact(b, "", parties...))
	for _, p := range parties {
		d.bind(b, party.ID(p))
		d.does(b, party.ID(p), "2026-02-01", instrument.ActSuspension)
		d.does(b, party.ID(p), "2026-03-01", instrument.ActResumption)
	}
	docs := []*instrument.Instrument{d.doc}
	for b.Loop() {
		instrument.Derive(docs, d.acts)
	}
}

// BenchmarkParseAct is the reading of one act.
func BenchmarkParseAct(b *testing.B) {
	raw := encodeAct(b, everyAct()[1])
	for b.Loop() {
		if _, err := instrument.ParseAct(raw); err != nil {
			b.Fatal(err)
		}
	}
}
