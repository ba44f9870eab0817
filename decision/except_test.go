package decision_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"entente/decision"
	"entente/instrument"
	"entente/party"
	"entente/privacy"
)

// ruleFor is a universal instrument of the cooperation regime.
func ruleFor(clauses ...instrument.Clause) *instrument.Instrument {
	for i := range clauses {
		clauses[i].Act, clauses[i].Cite = "share", clauses[i].ID
	}
	return &instrument.Instrument{
		ID: "rules", Version: "1.0.0", Binding: true, Regime: "cooperation", Default: instrument.Prohibit, Universal: true,
		InForce: instrument.InForce{From: day("2020-01-01")}, Clauses: clauses,
	}
}

func permission(id string, parents ...string) instrument.Clause {
	return instrument.Clause{ID: id, Modality: instrument.Permission, ExceptionTo: parents}
}

func prohibition(id string, parents ...string) instrument.Clause {
	return instrument.Clause{ID: id, Modality: instrument.Prohibition, ExceptionTo: parents}
}

func fact(name string) instrument.When {
	return instrument.When{Facts: map[string]instrument.FactMatch{name: instrument.IsTrue}}
}

// decideWith answers about an indicator between two parties.
func decideWith(t *testing.T, facts map[string]bool, law ...*instrument.Instrument) decision.Decision {
	t.Helper()
	return compile(t, decision.Law{Instruments: law, Transforms: catalogue}).Decide(decision.Request{
		Subject: decision.Subject{ID: "x--1", Type: "indicator", Categories: []privacy.Category{privacy.Technical}},
		Sender:  csirtAA, Recipient: csirtBB, Purpose: "cyber-defence", At: day("2026-03-02"), Facts: facts,
	})
}

// TestP4ReliefFromADutyTakesNoBasisAway: a permission that relieves of a duty
// makes "must" into "may". Were the basis gone with the duty, withdrawing the
// fact that relieves would permit what was denied.
func TestP4ReliefFromADutyTakesNoBasisAway(t *testing.T) {
	t.Parallel()
	relief := permission("relief", "duty")
	relief.When = fact("emergency")
	duty := instrument.Clause{
		ID: "duty", Modality: instrument.Obligation, Grants: "cooperation",
		Duties: []instrument.Duty{{ID: "inform", What: "inform", Bearer: "sender"}},
	}
	for _, c := range []struct {
		facts  map[string]bool
		duties int
		effect string
	}{
		{map[string]bool{"emergency": true}, 0, decision.EffectPermits},
		{map[string]bool{"emergency": false}, 1, decision.EffectObliges},
		{nil, 1, decision.EffectObliges},
	} {
		d := decideWith(t, c.facts, ruleFor(duty, relief))
		if d.Outcome != decision.Permit || len(d.Duties) != c.duties || d.Basis[0].Effect != c.effect {
			t.Errorf("%v: %s", c.facts, d.Text())
		}
	}
}

// TestP2ReliefFromADutyWaitsForAPerson: a permission that rests on a consent
// nobody has given yet does not relieve of a duty. The duty takes something out
// of the object; sent once with it, asking afterwards would be too late.
func TestP2ReliefFromADutyWaitsForAPerson(t *testing.T) {
	t.Parallel()
	relief := permission("relief", "duty")
	relief.Consent = &instrument.Consent{Of: "victim"}
	duty := instrument.Clause{
		ID: "duty", Modality: instrument.Obligation,
		Requires: []instrument.Requirement{{Without: privacy.Technical, AtLeast: "pseudonymise"}},
	}
	for _, c := range []struct {
		facts map[string]bool
		want  decision.Outcome
	}{
		{map[string]bool{"victim_consent": true}, decision.Permit},
		{map[string]bool{"victim_consent": false}, decision.Deny},
		{nil, decision.Deny},
	} {
		if d := decideWith(t, c.facts, ruleFor(permission("base"), duty, relief)); d.Outcome != c.want {
			t.Errorf("%v: %s", c.facts, d.Text())
		}
	}
}

// TestP2NoProhibitionYieldsForAnUnknownFact: of two exceptions to one clause
// the stronger prevails, whether that clause matches, does not or perhaps does.
func TestP2NoProhibitionYieldsForAnUnknownFact(t *testing.T) {
	t.Parallel()
	parent := prohibition("parent")
	parent.When = fact("grave")
	for _, c := range []struct {
		name     string
		lifts    string
		restores string
		want     decision.Outcome
	}{
		{"the permission ranks higher", "strict", "", decision.Permit},
		{"the prohibition ranks higher", "", "strict", decision.Deny},
		{"neither: a drafting conflict (DECISION.md, step 3)", "", "", decision.Refer},
	} {
		lifts, restores := permission("lifts", "parent"), prohibition("restores", "parent")
		lifts.Strength, restores.Strength = c.lifts, c.restores
		law := ruleFor(permission("base"), parent, lifts, restores)
		for _, facts := range []map[string]bool{{"grave": true}, {"grave": false}, nil} {
			if d := decideWith(t, facts, law); d.Outcome != c.want {
				t.Errorf("%s, %v: %s", c.name, facts, d.Text())
			}
		}
	}
}

// TestP1ReservationsAboutOthersAreLeftOut: a clause that a reservation excludes
// is named where it would have matched this recipient, also when recipients are
// decided together.
func TestP1ReservationsAboutOthersAreLeftOut(t *testing.T) {
	t.Parallel()
	treaty := ruleFor(permission("for-csirts"), permission("base"))
	treaty.Universal = false
	treaty.Clauses[0].When.RecipientKind = []string{"csirt"}
	for _, p := range []party.ID{csirtAA.ID, csirtBB.ID, isacXX.ID} {
		treaty.Parties = append(treaty.Parties, instrument.PartyRecord{Party: p, Events: []instrument.Event{{Kind: "in-force", At: day("2021-01-01")}}})
	}
	treaty.Parties[0].Reservations = []instrument.Reservation{{ID: "R1", Excludes: []string{"for-csirts"}}}
	e := compile(t, decision.Law{Instruments: []*instrument.Instrument{treaty}})
	r := decision.Request{
		Subject: decision.Subject{ID: "x--1", Type: "indicator"}, Sender: csirtAA, Purpose: "cyber-defence",
		At: day("2026-03-02").Add(time.Hour),
	}
	both := []decision.Actor{csirtBB, isacXX}
	for i, together := range e.DecideAll(r, both) {
		r.Recipient = both[i]
		if diff := cmp.Diff(e.Decide(r), together); diff != "" {
			t.Errorf("%s (-alone +together):\n%s", both[i].ID, diff)
		}
		if named := len(together.NotUsed) == 1; named != (both[i].Kind == "csirt") {
			t.Errorf("%s", together.Text())
		}
	}
}

// TestP2WhoeverPrevailsIsAskedFor: a prohibition that yields to a stronger
// exception yields only once the person that exception waits for has been asked,
// also where the clause both are exceptions to does not match.
func TestP2WhoeverPrevailsIsAskedFor(t *testing.T) {
	t.Parallel()
	parent, stronger, weaker := permission("parent"), permission("stronger", "parent"), prohibition("weaker", "parent")
	parent.When = instrument.When{RecipientKind: []string{"isac"}} // not this recipient
	stronger.Strength, stronger.Consent = "strict", &instrument.Consent{Of: "victim"}
	for _, c := range []struct {
		facts map[string]bool
		want  decision.Outcome
	}{
		{map[string]bool{"victim_consent": true}, decision.Permit},
		{map[string]bool{"victim_consent": false}, decision.Deny},
		{nil, decision.Refer},
	} {
		if d := decideWith(t, c.facts, ruleFor(permission("base"), parent, stronger, weaker)); d.Outcome != c.want {
			t.Errorf("%v: %s", c.facts, d.Text())
		}
	}
}
