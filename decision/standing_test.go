package decision_test

import (
	"strings"
	"testing"

	"entente/decision"
	"entente/instrument"
	"entente/party"
	"entente/privacy"
)

// TestP2AnUnverifiedPermissionIsNeverTheSoleBasis: a lawyer is asked first,
// unless something verified permits too.
func TestP2AnUnverifiedPermissionIsNeverTheSoleBasis(t *testing.T) {
	t.Parallel()
	doubtful := permission("doubtful")
	doubtful.Verified = instrument.Unverified
	d := decideWith(t, nil, ruleFor(doubtful))
	if d.Outcome != decision.Refer || d.Preconditions[0].ApprovalBy != "legal" {
		t.Errorf("alone: %s", d.Text())
	}
	if d := decideWith(t, nil, ruleFor(doubtful, permission("read"))); d.Outcome != decision.Permit {
		t.Errorf("beside another: %s", d.Text())
	}
	forbidden := prohibition("forbidden")
	forbidden.Verified = instrument.Unverified
	if d := decideWith(t, nil, ruleFor(permission("read"), forbidden)); d.Outcome != decision.Deny {
		t.Errorf("a prohibition nobody verified must count: %s", d.Text())
	}
}

// TestADerogationHoldsWhileItIsDeclared, and whoever relies on it tells those it
// names.
func TestADerogationHoldsWhileItIsDeclared(t *testing.T) {
	t.Parallel()
	aside := permission("aside")
	aside.Derogation = &instrument.Derogation{Of: []string{"closed"}, DeclaredBy: "csirt-aa", Fact: "emergency", Notify: []string{"secretariat"}}
	law := ruleFor(permission("base"), prohibition("closed"), aside)
	for _, c := range []struct {
		facts map[string]bool
		want  decision.Outcome
		told  bool
	}{
		{map[string]bool{"emergency": true}, decision.Permit, true},
		{map[string]bool{"emergency": false}, decision.Deny, false},
		{nil, decision.Deny, false},
	} {
		d := decideWith(t, c.facts, law)
		if told := len(d.Duties) == 1 && d.Duties[0].To == "secretariat"; d.Outcome != c.want || told != c.told {
			t.Errorf("%v: %s", c.facts, d.Text())
		}
	}
}

// TestNationalLawTakesThePlaceOfWhatItTransposes: only where it applies, and only
// the clauses it names.
func TestNationalLawTakesThePlaceOfWhatItTransposes(t *testing.T) {
	t.Parallel()
	directive := ruleFor(permission("art1"), prohibition("art2"))
	directive.ID = "directive"
	national := ruleFor(permission("s1"))
	national.ID, national.Universal, national.Jurisdictions = "national", false, []string{"AA"}
	national.Transposes = &instrument.Transposition{Instrument: "directive", Replaces: []string{"art2"}}
	if d := decideWith(t, nil, directive, national); d.Outcome != decision.Permit || !strings.Contains(d.Text(), "not used directive art2: national law national") {
		t.Errorf("at home: %s", d.Text())
	}
	national.Jurisdictions = []string{"BB"}
	if d := decideWith(t, nil, directive, national); d.Outcome != decision.Deny {
		t.Errorf("abroad: %s", d.Text())
	}
}

// TestRolesAndSectors: one of several in common is enough, none is not, and the
// role an instrument gives a party counts in that instrument alone.
func TestRolesAndSectors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		when          instrument.When
		roles, sector []string
		record        string
		want          decision.Outcome
	}{
		{"one in common", instrument.When{RecipientRole: []string{"member", "observer"}}, []string{"operator", "observer"}, nil, "", decision.Permit},
		{"none in common", instrument.When{RecipientRole: []string{"member"}}, []string{"operator"}, nil, "", decision.Deny},
		{"no role at all", instrument.When{RecipientRole: []string{"member"}}, nil, nil, "", decision.Deny},
		{"the role in the instrument", instrument.When{RecipientRole: []string{"member"}}, nil, nil, "member", decision.Permit},
		{"a sector", instrument.When{RecipientSector: []string{"energy"}}, nil, []string{"banking", "energy"}, "", decision.Permit},
		{"another sector", instrument.When{RecipientSector: []string{"energy"}}, []string{"energy"}, []string{"banking"}, "", decision.Deny},
		{"the kind of the sender", instrument.When{SenderKind: []string{"csirt"}}, nil, nil, "", decision.Permit},
		{"another kind", instrument.When{SenderKind: []string{"company"}}, nil, nil, "", decision.Deny},
	} {
		p := permission("base")
		p.When = c.when
		law := ruleFor(p)
		law.Universal = false
		for _, a := range []decision.Actor{csirtAA, csirtBB} {
			law.Parties = append(law.Parties, instrument.PartyRecord{Party: a.ID, Events: []instrument.Event{{Kind: "in-force", At: day("2021-01-01")}}})
		}
		law.Parties[1].Role = c.record
		other := ruleFor(prohibition("elsewhere"))
		other.ID, other.Clauses[0].When = "other", instrument.When{RecipientRole: []string{"member"}}
		to := csirtBB
		to.Roles, to.Sectors = c.roles, c.sector
		e := compile(t, decision.Law{Instruments: []*instrument.Instrument{law, other}, Transforms: catalogue})
		d := e.Decide(decision.Request{
			Subject: decision.Subject{ID: "x--1", Type: "indicator", Categories: []privacy.Category{privacy.Technical}},
			Sender:  csirtAA, Recipient: to, Purpose: "cyber-defence", At: day("2026-03-02"),
		})
		if d.Outcome != c.want {
			t.Errorf("%s: %s", c.name, d.Text())
		}
		// What was remembered of a pair is not used for the same pair with other roles.
		to.Roles, to.Sectors = []string{"stranger"}, []string{"none"}
		again := e.Between(decision.Request{Sender: csirtAA, Recipient: to, At: day("2026-03-02")})
		if !again.Valid(day("2026-03-02")) {
			t.Errorf("%s: not valid", c.name)
		}
	}
}

// TestATreatyReachesTheNodesOfItsStates: Vienna Convention Art. 29.
func TestATreatyReachesTheNodesOfItsStates(t *testing.T) {
	t.Parallel()
	law := ruleFor(permission("base"))
	law.Universal, law.Nature = false, "treaty"
	for _, state := range []party.ID{"aa", "bb"} {
		law.Parties = append(law.Parties, instrument.PartyRecord{
			Party: state, Territory: []string{strings.ToUpper(string(state))}, Events: []instrument.Event{{Kind: "in-force", At: day("2021-01-01")}},
		})
	}
	if d := decideWith(t, nil, law); d.Outcome != decision.Permit {
		t.Errorf("treaty: %s", d.Text())
	}
	law.Nature = "mou"
	if d := decideWith(t, nil, law); d.Outcome != decision.Deny {
		t.Errorf("memorandum: %s", d.Text())
	}
}
