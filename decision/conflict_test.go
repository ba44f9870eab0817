package decision_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"entente/decision"
	"entente/instrument"
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
	demand := obligation("a", clock("tell", "PT24H", "aware", ""))
	demand.Grants = "cooperation"
	lapsed := lawOf("other", "cooperation", permission("b"))
	lapsed.Term.Sunset = day("2025-01-01")
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
			"keep and delete", lawOf("one", "cooperation", keep), lawOf("other", "cooperation", drop),
			[]string{"keep-delete one a over other b: unsettled"},
		},
		{
			"a ground that lapsed", lawOf("one", "cooperation", permission("a")), lapsed,
			[]string{"status  over other b: status"},
		},
		{
			"an exception of its own instrument", lawOf("one", "cooperation", permission("a")), lawOf("other", "data-protection", prohibition("b"), permission("c", "b"), permission("d")),
			nil,
		},
	} {
		var got []string
		for _, x := range decideWith(t, nil, c.one, c.other).Conflicts {
			winner := x.Winner.Instrument + " " + x.Winner.Clause
			if x.Winner == (decision.ClauseRef{}) {
				winner = ""
			}
			got = append(got, x.Kind+" "+winner+" over "+x.Loser.Instrument+" "+x.Loser.Clause+": "+x.By)
		}
		slices.Sort(got)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}
