package instrument_test

import (
	"fmt"
	"strings"
	"testing"

	"entente/instrument"
	"entente/party"
)

// TestT5AmendmentsBindWhomTheRuleSays: a, b and c are bound by the first text; the
// acts are on the second. What applies in July is written as the pairs under the
// new text; all others stay under the old one (Vienna Convention Arts. 30(4) and
// 40(4)).
func TestT5AmendmentsBindWhomTheRuleSays(t *testing.T) {
	t.Parallel()
	const accept, object, adopt = instrument.ActAmendmentAcceptance, instrument.ActAmendmentObjection, instrument.ActAdoption
	type on struct {
		day   string
		party party.ID
		kind  instrument.ActKind
	}
	for name, c := range map[string]struct {
		rule  string
		acts  []on
		pairs string
	}{
		"no rule: those who accepted":               {"", []on{{"2026-02-01", "a", accept}, {"2026-03-01", "b", accept}}, "ab"},
		"no rule: ratifying the new text accepts":   {"", []on{{"2026-02-01", "a", accept}, {"2026-03-01", "b", instrument.ActAccession}}, "ab"},
		"no rule: one alone":                        {"", []on{{"2026-02-01", "a", accept}}, ""},
		"consensus of all":                          {"{rule: consensus}", []on{{"2026-02-01", "a", accept}, {"2026-02-01", "b", accept}, {"2026-03-01", "c", accept}}, "ab ac bc"},
		"consensus lacks one":                       {"{rule: consensus}", []on{{"2026-02-01", "a", accept}, {"2026-02-01", "b", accept}}, ""},
		"consensus lacks one who took it back":      {"{rule: consensus}", []on{{"2026-02-01", "a", accept}, {"2026-02-02", "a", object}, {"2026-02-01", "b", accept}, {"2026-03-01", "c", accept}}, ""},
		"majority binds those who accepted":         {"{rule: majority}", []on{{"2026-02-01", "a", accept}, {"2026-02-01", "b", accept}}, "ab"},
		"majority binds all":                        {"{rule: majority, binds: all}", []on{{"2026-02-01", "a", accept}, {"2026-02-01", "b", accept}}, "ab ac bc"},
		"majority: one signing twice is one":        {"{rule: majority, binds: all}", []on{{"2026-02-01", "a", accept}, {"2026-02-02", "a", accept}, {"2026-02-03", "a", instrument.ActAccession}}, ""},
		"two thirds":                                {"{rule: two-thirds, binds: all}", []on{{"2026-02-01", "a", accept}, {"2026-02-01", "b", accept}}, "ab ac bc"},
		"two thirds lacks one":                      {"{rule: two-thirds, binds: all}", []on{{"2026-02-01", "a", accept}}, ""},
		"who accepts later is bound from then":      {"{rule: majority}", []on{{"2026-02-01", "a", accept}, {"2026-02-01", "b", accept}, {"2026-06-01", "c", accept}}, "ab ac bc"},
		"not before it takes effect":                {"{rule: majority, effective_after: P1Y}", []on{{"2026-02-01", "a", accept}, {"2026-02-01", "b", accept}}, ""},
		"tacit: silence accepts":                    {"{rule: tacit, tacit_after: P30D}", []on{{"2026-02-01", "d", adopt}}, "ab ac bc"},
		"tacit: who objected stays":                 {"{rule: tacit, tacit_after: P30D}", []on{{"2026-02-01", "d", adopt}, {"2026-02-20", "c", object}}, "ab"},
		"tacit for all fails on an objection":       {"{rule: tacit, tacit_after: P30D, binds: all}", []on{{"2026-02-01", "d", adopt}, {"2026-02-20", "c", object}}, ""},
		"tacit: too late to object":                 {"{rule: tacit, tacit_after: P30D, binds: all}", []on{{"2026-02-01", "d", adopt}, {"2026-04-01", "c", object}}, "ab ac bc"},
		"tacit: not over yet":                       {"{rule: tacit, tacit_after: P1Y}", []on{{"2026-02-01", "d", adopt}}, ""},
		"tacit: a party's own proposal means none":  {"{rule: tacit, tacit_after: P30D}", []on{{"2026-01-21", "a", adopt}}, ""},
		"depositary adopts for all":                 {"{rule: depositary, binds: all}", []on{{"2026-02-01", "d", adopt}}, "ab ac bc"},
		"depositary: a party cannot take its place": {"{rule: depositary, binds: all}", []on{{"2026-02-01", "a", adopt}}, ""},
	} {
		amendment := "depositary: d\n"
		if c.rule != "" {
			amendment += "amendment: " + c.rule + "\n"
		}
		old := pact(t, amendment, "a", "b", "c")
		next := pact(t, fmt.Sprintf("version: 1.1.0\nsupersedes: %s\ndepositary: d\n", old.Hash), "a", "b", "c")
		first, second := deskOf(old), deskOf(next)
		first.bind(t, "a", "b", "c")
		for _, a := range c.acts {
			second.does(t, a.party, a.day, a.kind)
		}
		derived := instrument.Derive([]*instrument.Instrument{old, next}, append(first.acts, second.acts...))
		var pairs []string
		for _, p := range []string{"ab", "ac", "bc"} {
			x, y := party.ID(p[:1]), party.ID(p[1:])
			if between(derived[next.Hash].Doc, x, y, date(t, "2026-07-01")).InForce {
				pairs = append(pairs, p)
			}
			if !between(derived[old.Hash].Doc, x, y, date(t, "2026-07-01")).InForce {
				t.Errorf("%s: the old text does not stand for %s", name, p)
			}
		}
		if got := strings.Join(pairs, " "); got != c.pairs {
			t.Errorf("%s: the new text applies to %q, want %q", name, got, c.pairs)
		}
	}
}

// TestAnAmendmentKeepsReservationsAndSuspensions: a new version opens nothing
// that a party had closed.
func TestAnAmendmentKeepsReservationsAndSuspensions(t *testing.T) {
	t.Parallel()
	old := pact(t, "amendment: {rule: majority, binds: all}\n", "a", "b", "c")
	next := pact(t, fmt.Sprintf("version: 1.1.0\nsupersedes: %s\n", old.Hash), "a", "b", "c")
	first, second := deskOf(old), deskOf(next)
	first.bind(t, "b")
	first.does(t, "a", "2026-01-10", instrument.ActSignature)
	first.does(t, "a", "2026-01-10", instrument.ActReservation, excludes("r1", "art1"))
	first.does(t, "a", "2026-01-20", instrument.ActRatification)
	first.bind(t, "c")
	first.does(t, "c", "2026-02-01", instrument.ActSuspension)
	second.does(t, "a", "2026-03-01", instrument.ActAmendmentAcceptance)
	second.does(t, "b", "2026-03-01", instrument.ActAmendmentAcceptance)
	status := func(a, b party.ID, day string) instrument.Standing {
		derived := instrument.Derive([]*instrument.Instrument{old, next}, append(append([]instrument.Signed{}, first.acts...), second.acts...))
		return between(derived[next.Hash].Doc, a, b, date(t, day))
	}
	if s := status("a", "b", "2026-03-02"); !s.InForce || s.Excluded["art1"] == "" {
		t.Errorf("a and b: %+v", s)
	}
	if s := status("b", "c", "2026-03-02"); s.InForce || !strings.Contains(s.Why, "suspended") {
		t.Errorf("b and c: %+v", s)
	}
	// On the new text both can be taken back.
	second.does(t, "c", "2026-04-01", instrument.ActResumption)
	second.does(t, "a", "2026-04-01", instrument.ActReservationWithdrawal, withdrawsR1)
	if s := status("b", "c", "2026-04-02"); !s.InForce {
		t.Errorf("b and c after the resumption: %+v", s)
	}
	if s := status("a", "b", "2026-04-02"); len(s.Excluded) > 0 {
		t.Errorf("a and b after the withdrawal: %+v", s)
	}
}

// TestADraftThatBoundNobodyIsNoLaw: the next draft needs no amendment rule.
func TestADraftThatBoundNobodyIsNoLaw(t *testing.T) {
	t.Parallel()
	old := pact(t, "amendment: {rule: consensus}\n", "a", "b", "c")
	next := pact(t, fmt.Sprintf("version: 1.1.0\nsupersedes: %s\n", old.Hash), "a", "b", "c")
	d := deskOf(next)
	d.bind(t, "a", "b")
	derived := instrument.Derive([]*instrument.Instrument{old, next}, d.acts)
	if s := between(derived[next.Hash].Doc, "a", "b", date(t, "2026-07-01")); !s.InForce {
		t.Errorf("%+v", s)
	}
	later := []*instrument.Instrument{derived[next.Hash].Doc}
	if phase, why := instrument.PhaseAt(derived[old.Hash].Doc, nil, later, date(t, "2026-07-01")); phase != instrument.PhaseDraft {
		t.Errorf("the old draft is %s: %s", phase, why)
	}
}

// TestP2AnAmendmentOfAnUnknownTextWaits: a node without the text that is amended
// does not know the rule, and lets nobody be bound until it has it.
func TestP2AnAmendmentOfAnUnknownTextWaits(t *testing.T) {
	t.Parallel()
	old := pact(t, "amendment: {rule: consensus}\n", "a", "b", "c")
	next := pact(t, fmt.Sprintf("version: 1.1.0\nsupersedes: %s\n", old.Hash), "a", "b", "c")
	d := deskOf(next)
	d.bind(t, "a", "b")
	doc := instrument.Derive([]*instrument.Instrument{next}, d.acts)[next.Hash].Doc
	if s := between(doc, "a", "b", date(t, "2026-07-01")); s.InForce {
		t.Errorf("in force: %+v", s)
	}
	if phase, why := instrument.PhaseAt(doc, nil, nil, date(t, "2026-07-01")); phase != instrument.PhaseSigned {
		t.Errorf("%s: %s", phase, why)
	}
}
