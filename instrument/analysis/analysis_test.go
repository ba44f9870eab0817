package analysis

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"entente/decision"
	"entente/examples"
	"entente/instrument"
	"entente/party"
	"entente/privacy"
)

var monday = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func lantern(t testing.TB) decision.Law {
	t.Helper()
	files, err := examples.LanternInstruments()
	if err != nil {
		t.Fatal(err)
	}
	l := decision.Law{Transforms: privacy.Catalogue()}
	for _, f := range files {
		l.Instruments = append(l.Instruments, load(t, f.Name, f.Data))
	}
	return l
}

func load(t testing.TB, name string, src []byte) *instrument.Instrument {
	t.Helper()
	i, err := instrument.Load(name, src)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// TestAnalyseLantern is the report on the example law, worked out by hand.
func TestAnalyseLantern(t *testing.T) {
	t.Parallel()
	r, err := Analyse(lantern(t), Options{At: monday})
	if err != nil {
		t.Fatal(err)
	}
	var idle, gaps []string
	for _, i := range r.Idle {
		idle = append(idle, i.Kind+" "+i.String())
	}
	for _, g := range r.Gaps {
		gaps = append(gaps, fmt.Sprint(g.From, " ", g.To, " ", g.Missing))
	}
	// Art. 45(1) excepts transfers to DD, with which nobody has agreed anything.
	if d := cmp.Diff([]string{"shadowed union-data-protection Art. 45(1)"}, idle); d != "" {
		t.Error(d)
	}
	wantGaps := []string{
		"csirt-aurelia [gridshare-isac ncsc-cordova] [{incident [regulatory-reporting]}]",
		"csirt-borealis [gridshare-isac] [{incident [regulatory-reporting]}]",
		"csirt-borealis [ncsc-cordova] []",
		"dpa-aurelia [gridshare-isac ncsc-cordova] []",
		"gridshare-isac [ncsc-cordova] []",
		"ncsc-cordova [csirt-aurelia] [{incident [regulatory-reporting]}]",
		"ncsc-cordova [csirt-borealis dpa-aurelia gridshare-isac] []",
	}
	if d := cmp.Diff(wantGaps, gaps); d != "" {
		t.Error(d)
	}
	if len(r.Limits) > 0 || len(r.Leaks) > 0 || len(r.Duties) > 0 {
		t.Errorf("limits %v, leaks %v, duties %v", r.Limits, r.Leaks, r.Duties)
	}
	// What the Convention's Art. 8(2) keeps for sixty days may be kept for 180 or
	// for two years: no clash. What the community does not name, two of its
	// members may tell each other, and nothing says which text prevails.
	if len(r.Retention) > 0 || !slices.ContainsFunc(r.Contradictions, func(c Contradiction) bool {
		return c.A.String() == "northern-convention Art. 4(1)" && c.B.String() == "isac-rules Rule 3" && c.Unresolved && c.B.At == "isac-rules.yaml:34:5"
	}) {
		t.Errorf("retention %v, contradictions %v", r.Retention, r.Contradictions)
	}
}

// TestP3WitnessesAreReDecided asks the engine about every witness of the report
// on the example law: nothing is claimed that it does not confirm.
func TestP3WitnessesAreReDecided(t *testing.T) {
	t.Parallel()
	law := lantern(t)
	e, err := decision.Compile(law)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Analyse(law, Options{At: monday})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Contradictions {
		_, all := matches(e, c.Witness)
		if a := answer(t, e, c.Witness); answerKey(a) != answerKey(c.Answer) || !all[[2]string{c.A.Instrument, c.A.Clause}] || !all[[2]string{c.B.Instrument, c.B.Clause}] {
			t.Errorf("%v against %v: %v, matched %v", c.A, c.B, a, all)
		}
	}
}

func TestTheSameLawHasNoDifference(t *testing.T) {
	t.Parallel()
	d, err := Diff(lantern(t), lantern(t), Options{At: monday})
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Clauses)+len(d.Classes) > 0 || !d.Search.Exhaustive {
		t.Errorf("%+v", d)
	}
}

// TestDiffOfAnAmendment raises the limit of the memorandum between Aurelia and
// Cordova and admits a purpose.
func TestDiffOfAnAmendment(t *testing.T) {
	t.Parallel()
	before, after := lantern(t), lantern(t)
	at := slices.IndexFunc(before.Instruments, func(i *instrument.Instrument) bool { return i.ID == "mou-aurelia-cordova" })
	src := strings.Replace(string(after.Instruments[at].Source), "tlp: {max: amber}", "tlp: {max: amber+strict}", 1)
	src = strings.Replace(src, "version: 1.1.0", "version: 1.2.0", 1)
	after.Instruments[at] = load(t, "new.yaml", []byte(src))
	d, err := Diff(before, after, Options{At: monday})
	if err != nil {
		t.Fatal(err)
	}
	if !d.Search.Exhaustive || len(d.Clauses) != 1 || d.Clauses[0].Change != "changed" || d.Clauses[0].Clause != "art3" || !d.Clauses[0].Decides {
		t.Errorf("%+v %+v", d.Clauses, d.Search)
	}
	if len(d.Classes) == 0 {
		t.Fatal("nothing changed")
	}
	for _, c := range d.Classes {
		// AMBER+STRICT stays with whoever received it: only one's own may go.
		if c.Change != NewlyPermits || !slices.Equal(c.Box.TLP, []string{"amber+strict"}) || !slices.Equal(c.Box.Facts["own_object"], []string{"true"}) {
			t.Errorf("%s", c.Text)
		}
	}
}

// TestDiffSaysWhatItLeftOut stops the search at once.
func TestDiffSaysWhatItLeftOut(t *testing.T) {
	t.Parallel()
	after := lantern(t)
	after.Instruments = after.Instruments[1:]
	d, err := Diff(lantern(t), after, Options{At: monday, Cells: 3})
	if err != nil {
		t.Fatal(err)
	}
	if d.Search.Exhaustive || d.Search.Left == "" {
		t.Errorf("%+v", d.Search)
	}
}

// mou is an agreement between some parties.
func mou(id string, parties []party.ID, clauses ...instrument.Clause) *instrument.Instrument {
	i := &instrument.Instrument{
		ID: id, Version: "1.0.0", Binding: true, Regime: cooperation, Default: instrument.Prohibit,
		InForce: instrument.InForce{From: monday.AddDate(-1, 0, 0)}, Clauses: clauses,
	}
	for _, p := range parties {
		i.Parties = append(i.Parties, instrument.PartyRecord{Party: p, Events: []instrument.Event{{Kind: "in-force", At: monday.AddDate(-1, 0, 0)}}})
	}
	for n := range clauses {
		if clauses[n].Act == "" {
			clauses[n].Act = share
		}
		clauses[n].Cite = "Art. " + clauses[n].ID
	}
	return i
}

func actors(ids ...party.ID) []decision.Actor {
	out := make([]decision.Actor, len(ids))
	for i, id := range ids {
		out[i] = decision.Actor{ID: id, Kind: "csirt", Jurisdiction: "AA"}
	}
	return out
}

// TestLeaksKeepToTheTerms is one network with one term changed at a time.
func TestLeaksKeepToTheTerms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		onward *instrument.Onward
		want   []string
	}{
		{"no terms at all", nil, []string{"a → b → c", "a → b → c → d"}},
		{"none", &instrument.Onward{Allowed: "none"}, nil},
		{"the originator's consent, which nobody has given", &instrument.Onward{Allowed: "originator-consent"}, nil},
		{"the same conditions, which bind nobody else", &instrument.Onward{Allowed: "same-conditions"}, nil},
		{"listed", &instrument.Onward{Allowed: "listed", To: []string{"c"}}, []string{"a → b → c", "a → b → c → d"}},
		{"one hop", &instrument.Onward{Allowed: "listed", To: []string{"c"}, Hops: 1}, []string{"a → b → c"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			permit := func(o *instrument.Onward) instrument.Clause {
				return instrument.Clause{ID: "1", Modality: instrument.Permission, Onward: o}
			}
			law := decision.Law{Instruments: []*instrument.Instrument{
				mou("ab", []party.ID{"a", "b"}, permit(c.onward)), mou("bc", []party.ID{"b", "c"}, permit(nil)), mou("cd", []party.ID{"c", "d"}, permit(nil)),
			}}
			found, _, err := Leaks(law, Options{At: monday, Parties: actors("a", "b", "c", "d")})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, l := range found {
				if l.From == "a" {
					got = append(got, l.Text[strings.Index(l.Text, ": ")+2:][strings.Index(l.Text[strings.Index(l.Text, ": ")+2:], "a → "):])
				}
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestDutiesThatCannotBeMet(t *testing.T) {
	t.Parallel()
	duty := func(id, after string) []instrument.Duty {
		return []instrument.Duty{{ID: id, What: "do it", Bearer: "sender", Within: instrument.Period{Days: 1}, After: after}}
	}
	law := decision.Law{Instruments: []*instrument.Instrument{
		mou("m", []party.ID{"a", "b"},
			instrument.Clause{ID: "1", Modality: instrument.Obligation, Grants: cooperation, When: instrument.When{Type: []string{"incident"}}},
			instrument.Clause{ID: "2", Modality: instrument.Prohibition, When: instrument.When{Type: []string{"incident", "report"}}},
			instrument.Clause{ID: "3", Modality: instrument.Obligation, Grants: cooperation, When: instrument.When{Type: []string{"indicator"}}},
			instrument.Clause{ID: "4", Modality: instrument.Prohibition, When: instrument.When{Type: []string{"vulnerability"}}, Duties: duty("never", "aware")},
			instrument.Clause{ID: "5", Modality: instrument.Obligation, Act: "notify", Duties: duty("waits", "never")},
			instrument.Clause{ID: "6", Modality: instrument.Obligation, Act: "notify", Duties: duty("x", "y")},
			instrument.Clause{ID: "7", Modality: instrument.Obligation, Act: "notify", Duties: duty("y", "x")},
		),
	}}
	found, _, err := UnmeetableDuties(law, Options{At: monday, Parties: actors("a", "b")})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, u := range found {
		got = append(got, u.Kind+" "+u.Clause+" "+u.Duty)
	}
	if d := cmp.Diff([]string{"no-start 5 waits", "circular 6 x", "circular 7 y", "blocked 1 "}, got); d != "" {
		t.Error(d)
	}
	if b := found[3]; b.By == nil || b.By.Clause != "2" || b.Witness.Subject.Type != "incident" {
		t.Errorf("%+v", b)
	}
}

func TestRetentionThatCannotBeKept(t *testing.T) {
	t.Parallel()
	keep := func(id string, r instrument.Retention, types ...string) instrument.Clause {
		return instrument.Clause{ID: id, Modality: instrument.Obligation, Act: "store", Retention: &r, When: instrument.When{Type: types}}
	}
	month, days := instrument.Period{Months: 1}, instrument.Period{Days: 30}
	law := decision.Law{Instruments: []*instrument.Instrument{
		mou("m", []party.ID{"a", "b"},
			keep("1", instrument.Retention{AtLeast: instrument.Period{Years: 1}}, "incident"),
			keep("2", instrument.Retention{AtMost: days}, "incident"),
			keep("3", instrument.Retention{AtLeast: instrument.Period{Years: 1}}, "report"),
			keep("4", instrument.Retention{AtLeast: month}, "incident"),
		),
		mou("n", []party.ID{"b", "c"}, keep("1", instrument.Retention{AtMost: days})),
	}}
	found, err := Clashes(law, Options{At: monday, Parties: actors("a", "b", "c")})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range found {
		got = append(got, fmt.Sprint(c.Keep.Instrument, c.Keep.Clause, " ", c.Erase.Instrument, c.Erase.Clause, " ", c.Always))
	}
	// A month is longer than thirty days seven times a year; n binds other parties.
	if d := cmp.Diff([]string{"m1 m2 true", "m4 m2 false"}, got); d != "" {
		t.Error(d)
	}
}

func TestIdleClausesByKind(t *testing.T) {
	t.Parallel()
	incident := instrument.When{Type: []string{"incident"}}
	ended := instrument.InForce{Until: monday.AddDate(0, -1, 0)}
	law := decision.Law{Instruments: []*instrument.Instrument{
		mou("m", []party.ID{"a", "b"},
			instrument.Clause{ID: "1", Modality: instrument.Permission},
			instrument.Clause{ID: "2", Modality: instrument.Permission, When: incident},
			instrument.Clause{ID: "3", Modality: instrument.Prohibition, When: instrument.When{Type: []string{"report"}}},
			instrument.Clause{ID: "4", Modality: instrument.Permission, When: incident, ExceptionTo: []string{"3"}},
			instrument.Clause{ID: "5", Modality: instrument.Prohibition, InForce: &ended},
			instrument.Clause{ID: "6", Modality: instrument.Obligation, Act: "notify"},
		),
		func() *instrument.Instrument {
			i := mou("old", []party.ID{"a", "b"}, instrument.Clause{ID: "1", Modality: instrument.Permission})
			i.InForce.Until = monday.AddDate(0, -1, 0)
			return i
		}(),
	}}
	found, _, err := IdleClauses(law, Options{At: monday, Parties: actors("a", "b")})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, i := range found {
		by := ""
		if i.By != nil {
			by = " by " + i.By.Clause
		}
		got = append(got, i.Kind+" "+i.Instrument+" "+i.Clause+by)
	}
	want := []string{"dead old ", "shadowed m 2 by 1", "vacuous m 4", "dead m 5", "vacuous m 6"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestPrecedenceThatSettlesAContradiction walks through the steps of DECISION.md,
// step 4 (P4: the step that decided is shown).
func TestP4TheStepThatSettlesIsNamed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(permits, prohibits *instrument.Instrument)
		by     string
		winner string
	}{
		{"explicit", func(p, _ *instrument.Instrument) { p.Precedence.PrevailsOver = []string{"no"} }, "explicit", "a"},
		{"superior", func(p, x *instrument.Instrument) { p.Rank, x.Rank = 1, 2 }, "superior", "b"},
		{"posterior", func(p, _ *instrument.Instrument) { p.InForce.From = p.InForce.From.AddDate(0, 1, 0) }, "posterior", "a"},
		{"specialis", func(p, _ *instrument.Instrument) { p.Clauses[0].When.Type = []string{"incident"} }, "specialis", "a"},
		{"protective", func(*instrument.Instrument, *instrument.Instrument) {}, "protective", "b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			yes := mou("yes", []party.ID{"a", "b"}, instrument.Clause{ID: "1", Modality: instrument.Permission})
			no := mou("no", []party.ID{"a", "b"}, instrument.Clause{ID: "1", Modality: instrument.Prohibition})
			c.change(yes, no)
			found, err := Contradictions(decision.Law{Instruments: []*instrument.Instrument{yes, no}}, Options{At: monday, Parties: actors("a", "b")})
			if err != nil {
				t.Fatal(err)
			}
			if len(found) != 1 || found[0].By != c.by || found[0].Winner != c.winner || found[0].Unresolved != (c.by == "protective") {
				t.Errorf("%+v", found)
			}
		})
	}
}
