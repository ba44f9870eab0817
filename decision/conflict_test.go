package decision_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"entente/decision"
	"entente/instrument"
	"entente/party"
	"entente/privacy"
)

// lawOf is a universal instrument with an id and a regime of its own.
func lawOf(id, regime string, clauses ...instrument.Clause) *instrument.Instrument {
	i := ruleFor(clauses...)
	i.ID, i.Regime, i.Default = id, regime, instrument.Silent
	return i
}

func obligation(id string, duties ...instrument.Duty) instrument.Clause {
	return instrument.Clause{ID: id, Modality: instrument.Obligation, Duties: duties}
}

// TestLG6ConflictsAreShownWithWhatResolvedThem: each kind of conflict between
// two instruments, who won, and by which rule.
func TestLG6ConflictsAreShownWithWhatResolvedThem(t *testing.T) {
	t.Parallel()
	clock := func(id, within, after, to string) instrument.Duty {
		p, err := instrument.ParsePeriod(within)
		if err != nil {
			t.Fatal(err)
		}
		return instrument.Duty{ID: id, What: id, Bearer: "sender", Within: p, After: after, To: to}
	}
	keep, drop := permission("a"), permission("b")
	keep.Retention = &instrument.Retention{AtLeast: instrument.Period{Years: 2}}
	drop.Retention = &instrument.Retention{AtMost: instrument.Period{Days: 180}}
	carved := prohibition("a")
	carved.Strength = "strict"
	demand := obligation("a", clock("tell", "PT24H", "aware", ""))
	demand.Grants = "cooperation"
	lapsed := lawOf("other", "cooperation", permission("b"))
	lapsed.Term.Sunset = day("2025-01-01")
	own := lawOf("own", "cooperation", demand, prohibition("b"))
	stale, fresh := permission("a"), permission("b")
	stale.InForce = &instrument.InForce{Until: day("2024-06-01")}
	renewed := lawOf("renewed", "cooperation", stale, fresh)
	renewed.Term.Sunset = day("2025-01-01")
	special := permission("b")
	special.When = instrument.When{Type: []string{"indicator"}}
	for _, c := range []struct {
		name       string
		one, other *instrument.Instrument
		want       []string
	}{
		{
			"two regimes", lawOf("one", "cooperation", permission("a")), lawOf("other", "data-protection", prohibition("b")),
			[]string{"permit-deny other b over one a: conjunction"},
		},
		{
			"the more specific of one regime", lawOf("one", "cooperation", prohibition("a")), lawOf("other", "cooperation", special),
			[]string{"permit-deny other b over one a: specialis"},
		},
		{
			"neither more specific", lawOf("one", "cooperation", prohibition("a")), lawOf("other", "cooperation", permission("b")),
			[]string{"permit-deny one a over other b: protective"},
		},
		{
			"a hard carve-out, though less specific", lawOf("one", "cooperation", carved), lawOf("other", "cooperation", special),
			[]string{"permit-deny one a over other b: strict"},
		},
		{
			"a duty and a prohibition", lawOf("one", "reporting", demand), lawOf("other", "cooperation", prohibition("b")),
			[]string{"must-must-not other b over one a: dilemma"},
		},
		{
			"how to share is no duty to share", lawOf("one", "reporting", obligation("a", clock("tell", "PT24H", "aware", ""))), lawOf("other", "cooperation", prohibition("b")),
			nil,
		},
		{
			"two clocks of one event", lawOf("one", "reporting", obligation("a", clock("tell", "PT72H", "aware", "csirt"))), lawOf("other", "reporting", obligation("b", clock("say", "PT24H", "aware", "csirt"))),
			[]string{"two-clocks other b over one a: earliest"},
		},
		{
			"two clocks, two addressees", lawOf("one", "reporting", obligation("a", clock("tell", "PT72H", "aware", "csirt"))), lawOf("other", "reporting", obligation("b", clock("say", "PT4H", "classified", "regulator"))),
			[]string{"two-addressees one a over other b: both", "two-clocks one a over other b: both"},
		},
		{
			"the first stages, of those with one event", lawOf("one", "reporting", obligation("a", clock("tell", "PT4H", "classified", "csirt"), clock("more", "PT72H", "aware", "csirt"))),
			lawOf("other", "reporting", obligation("b", clock("say", "PT24H", "aware", "csirt"), clock("say-more", "PT48H", "aware", "csirt"))),
			[]string{"two-clocks other b over one a: earliest"},
		},
		{
			"keep and delete", lawOf("one", "cooperation", keep), lawOf("other", "cooperation", drop),
			[]string{"keep-delete one a over other b: unsettled"},
		},
		{
			"a ground that lapsed", lawOf("one", "cooperation", permission("a")), lapsed,
			[]string{"status  over other b: status"},
		},
		{
			"a ground of a lapsed text that had ended before it", lawOf("one", "cooperation", permission("a")), renewed,
			[]string{"status  over renewed b: status"},
		},
		{
			"a duty and a prohibition of one text", own, lawOf("one", "data-protection", permission("a")),
			[]string{"must-must-not own b over own a: dilemma", "permit-deny own b over one a: conjunction"},
		},
		{
			"an exception of its own instrument", lawOf("one", "cooperation", permission("a")), lawOf("other", "data-protection", prohibition("b"), permission("c", "b"), permission("d")),
			nil,
		},
	} {
		got := inWords(decideWith(t, nil, c.one, c.other).Conflicts)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// inWords writes each conflict in a line, sorted.
func inWords(conflicts []decision.Conflict) []string {
	var out []string
	for _, x := range conflicts {
		winner := x.Winner.Instrument + " " + x.Winner.Clause
		if x.Winner == (decision.ClauseRef{}) {
			winner = ""
		}
		out = append(out, x.Kind+" "+winner+" over "+x.Loser.Instrument+" "+x.Loser.Clause+": "+x.By)
	}
	slices.Sort(out)
	return out
}

// TestLG6WhatLostInItsRegimeShutsNoOther: a prohibition that a more specific
// permission of its regime prevails over does not stand against another regime.
func TestLG6WhatLostInItsRegimeShutsNoOther(t *testing.T) {
	t.Parallel()
	special := permission("special")
	special.When = instrument.When{Type: []string{"indicator"}}
	d := decideWith(t, nil, lawOf("one", "cooperation", prohibition("bar")), lawOf("other", "cooperation", special), lawOf("third", "data-protection", permission("a")))
	if diff := cmp.Diff([]string{"permit-deny other special over one bar: specialis"}, inWords(d.Conflicts)); diff != "" || d.Outcome != decision.Permit {
		t.Errorf("%s (-want +got):\n%s", d.Outcome, diff)
	}
}

// TestLG6ATransformationSettlesAConflict: what is permitted in one regime and
// prohibited in another leaves in a form the prohibition does not speak of, and
// the decision still says what contradicted what.
func TestLG6ATransformationSettlesAConflict(t *testing.T) {
	t.Parallel()
	bar, secret := prohibition("bar"), prohibition("secret")
	bar.When = instrument.When{Categories: &instrument.CategorySet{Any: []privacy.Category{privacy.PersonalContact}}}
	secret.When = instrument.When{Categories: &instrument.CategorySet{Any: []privacy.Category{privacy.Evidence}}}
	law := []*instrument.Instrument{lawOf("one", "cooperation", permission("a")), lawOf("other", "data-protection", bar, secret)}
	r := decision.Request{
		Subject: decision.Subject{ID: "x--1", Type: "indicator", Categories: []privacy.Category{privacy.PersonalContact, privacy.Technical}},
		Sender:  csirtAA, Recipient: csirtBB, Purpose: "cyber-defence", At: day("2026-03-02"),
	}
	e := compile(t, decision.Law{Instruments: law, Transforms: catalogue})
	d := e.Decide(r)
	if diff := cmp.Diff([]string{"permit-deny other bar over one a: transformed"}, inWords(d.Conflicts)); diff != "" || d.Outcome != decision.Transform {
		t.Errorf("%s (-want +got):\n%s", d.Outcome, diff)
	}
	r.Subject.Categories = append(r.Subject.Categories, privacy.Evidence)
	d = e.Decide(r)
	want := []string{"permit-deny other bar over one a: conjunction", "permit-deny other secret over one a: conjunction"}
	if diff := cmp.Diff(want, inWords(d.Conflicts)); diff != "" || d.Outcome != decision.Deny {
		t.Errorf("what no transformation removes: %s (-want +got):\n%s", d.Outcome, diff)
	}
}

// TestLG6TheSenderIsTheOriginOfItsOwn: a duty of the origin and a duty of the
// sender have one bearer when the sender sends its own, and only then.
func TestLG6TheSenderIsTheOriginOfItsOwn(t *testing.T) {
	t.Parallel()
	clock := func(bearer string, hours int) instrument.Clause {
		return obligation("tell", instrument.Duty{
			ID: "tell", What: "tell", Bearer: bearer, After: "aware", Within: instrument.Period{Clock: time.Duration(hours) * time.Hour},
		})
	}
	e := compile(t, decision.Law{Instruments: []*instrument.Instrument{lawOf("one", "reporting", clock("origin", 72)), lawOf("other", "reporting", clock("sender", 24))}})
	for origin, want := range map[party.ID][]string{
		csirtAA.ID: {"two-clocks other tell over one tell: earliest"},
		csirtBB.ID: nil,
	} {
		d := e.Decide(decision.Request{
			Subject: decision.Subject{ID: "x--1", Type: "indicator", Categories: []privacy.Category{privacy.Technical}, Origin: origin},
			Sender:  csirtAA, Recipient: csirtBB, Purpose: "cyber-defence", At: day("2026-03-02"),
		})
		if diff := cmp.Diff(want, inWords(d.Conflicts)); diff != "" {
			t.Errorf("origin %s (-want +got):\n%s", origin, diff)
		}
	}
}
