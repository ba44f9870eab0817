package library_test

import (
	"strings"
	"testing"
	"time"

	"entente/decision"
	"entente/instrument/library"
	"entente/intel"
	"entente/party"
	"entente/privacy"
)

// mostWarnings is how many warnings somebody still reads before sending.
const mostWarnings = 6

// TestOrdinaryExchangesAreNotDrowned: norms and standards warn, they never
// decide. One that warns on every transfer warns of nothing, so three exchanges of
// every day, decided under the whole library, come with a handful of warnings at
// most.
func TestOrdinaryExchangesAreNotDrowned(t *testing.T) {
	t.Parallel()
	all, err := library.All()
	if err != nil {
		t.Fatal(err)
	}
	e, err := decision.Compile(decision.Law{Instruments: all, Transforms: privacy.Catalogue()})
	if err != nil {
		t.Fatal(err)
	}
	csirt := func(country string) decision.Actor {
		return decision.Actor{ID: party.ID("csirt-" + strings.ToLower(country)), Kind: "csirt", Jurisdiction: country, Roles: []string{"csirt"}}
	}
	technical := []privacy.Category{privacy.Technical}
	grid := decision.Actor{ID: "grid", Kind: "company", Jurisdiction: "NL", Roles: []string{"essential-entity"}}
	for _, tc := range []struct {
		name string
		ask  decision.Request
	}{
		{"an indicator from one CSIRT to another (NIS2 Art. 15(3))", decision.Request{
			Subject: decision.Subject{Type: "indicator", TLP: intel.Green, Categories: technical},
			Sender:  csirt("NL"), Recipient: csirt("BE"), Purpose: "cyber-defence",
			Facts: map[string]bool{"own_object": true},
		}},
		{"a report with addresses in it (NIS2 Art. 15(3), GDPR Art. 6(1)(e))", decision.Request{
			Subject: decision.Subject{Type: "report", TLP: intel.Amber, Categories: []privacy.Category{privacy.Technical, privacy.PersonalIdentifier}},
			Sender:  csirt("NL"), Recipient: csirt("DE"), Purpose: "incident-response",
			Facts: map[string]bool{"own_object": true, "public_task": true, "essential_interest": false},
		}},
		{"an incident that a company reports (NIS2 Art. 23(1))", decision.Request{
			Subject: decision.Subject{Type: "incident", TLP: intel.Amber, Categories: technical},
			Sender:  grid, Recipient: csirt("NL"), Purpose: "regulatory-reporting",
			Facts: map[string]bool{"own_object": true, "significant": true},
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tc.ask.Subject.Origin = tc.ask.Sender.ID
			tc.ask.At = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
			d := e.Decide(tc.ask)
			if d.Outcome == decision.Deny {
				t.Errorf("is denied: %v", d.Because)
			}
			var warned []string
			for _, w := range d.Warnings {
				warned = append(warned, w.Instrument+" "+w.Clause)
			}
			if len(warned) > mostWarnings {
				t.Errorf("%d warnings, at most %d are read:\n%s", len(warned), mostWarnings, strings.Join(warned, "\n"))
			}
		})
	}
}
