package instrument_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"entente/instrument"
	"entente/party"
)

// treaty loads a small treaty with the in_force, term and parties given.
func treaty(t testing.TB, force, term string, parties ...string) *instrument.Instrument {
	t.Helper()
	var src strings.Builder
	src.WriteString("entente: 1\nkind: Instrument\nid: treaty\ntitle: Treaty\nnature: treaty\nbinding: true\nregime: cooperation\ndefault: prohibit\nversion: 1.0.0\n")
	fmt.Fprintf(&src, "in_force: %s\n", force)
	if term != "" {
		fmt.Fprintf(&src, "term: %s\n", term)
	}
	fmt.Fprintf(&src, "parties:\n  - %s\nclauses:\n", strings.Join(parties, "\n  - "))
	for _, id := range []string{"art1", "art2", "art3"} {
		fmt.Fprintf(&src, "  - {id: %s, cite: %s, text: Text., modality: permission, act: share, when: {type: [incident]}}\n", id, id)
	}
	i, err := instrument.Load("treaty.yaml", []byte(src.String()))
	if err != nil {
		t.Fatal(err)
	}
	return i
}

const (
	simple = "{from: 2025-01-01}"
	boundA = "{party: a, events: [{signature: 2024-06-01}, {in-force: 2025-01-01}]}"
	boundB = "{party: b, events: [{signature: 2024-06-01}, {in-force: 2025-01-01}]}"
)

// moment is what the status must be just before and exactly at an instant.
type moment struct{ at, before, then string }

func describe(s instrument.Standing) string {
	switch {
	case !s.InForce:
		return s.Why
	case s.Provisional:
		return "provisional"
	default:
		return "in force"
	}
}

// TestSS2StatusChangesAtTheExactInstant (USERS.md SS-2) shifts the clock over
// each date of a party's record. Articles are those of the Vienna Convention on
// the Law of Treaties.
func TestSS2StatusChangesAtTheExactInstant(t *testing.T) {
	t.Parallel()
	const notYet = "not yet in force (adopted, modelled, not operable)"
	for _, tc := range []struct {
		name        string
		force, term string
		a, b        string
		moments     []moment
	}{
		{
			"Art. 24(1): in such manner and upon such date as it provides", simple, "", boundA, boundB,
			[]moment{{"2025-01-01", notYet, "in force"}},
		},
		{
			"an instant inside a day", "{from: '2025-01-01T12:30:00Z'}", "",
			"{party: a, events: [{in-force: '2025-01-01T12:30:00Z'}]}", "{party: b, events: [{in-force: '2025-01-01T12:30:00Z'}]}",
			[]moment{{"2025-01-01T12:30:00Z", notYet, "in force"}},
		},
		{
			"Art. 14 and 18: signature alone does not bind", simple, "", boundA, "{party: b, events: [{signature: 2024-06-01}]}",
			[]moment{{"2026-01-01", "not yet in force for b", "not yet in force for b"}},
		},
		{
			"Art. 24(3): consent established later binds from its date", simple, "", boundA, "{party: b, events: [{accession: 2026-05-01}]}",
			[]moment{{"2026-05-01", "not in force for b", "in force"}},
		},
		{
			"Art. 54(a): by its own terms", simple, "{sunset: 2028-01-01}", boundA, boundB,
			[]moment{{"2028-01-01", "in force", "lapsed on 2028-01-01"}},
		},
		{
			"tacit renewal carries it on", simple, "{sunset: 2028-01-01, renewal: tacit}", boundA, boundB,
			[]moment{{"2028-01-01", "in force", "in force"}},
		},
		{
			"Art. 56 and 54(a): denunciation with the notice agreed", simple, "{withdrawal_notice: P6M}", boundA,
			"{party: b, events: [{in-force: 2025-01-01}, {denunciation: 2026-08-31}]}",
			[]moment{{"2026-08-31", "in force", "in force"}, {"2027-02-28", "in force", "no longer in force for b since 2027-02-28"}},
		},
		{
			"Art. 56(2): twelve months when the text is silent", simple, "", boundA,
			"{party: b, events: [{in-force: 2025-01-01}, {withdrawal: 2026-03-01}]}",
			[]moment{{"2027-03-01", "in force", "no longer in force for b since 2027-03-01"}},
		},
		{
			"a party that left comes back", simple, "{withdrawal_notice: P1M}", boundA,
			"{party: b, events: [{accession: 2025-01-01}, {withdrawal: 2025-06-01}, {accession: 2026-01-01}]}",
			[]moment{{"2025-07-01", "in force", "no longer in force for b since 2025-07-01"}, {"2026-01-01", "no longer in force for b since 2025-07-01", "in force"}},
		},
		{
			"Art. 57(a): suspension and its end", simple, "", boundA,
			"{party: b, events: [{in-force: 2025-01-01}, {suspension: 2025-04-01}, {resumption: 2025-05-01}]}",
			[]moment{{"2025-04-01", "in force", "suspended since 2025-04-01 by b"}, {"2025-05-01", "suspended since 2025-04-01 by b", "in force"}},
		},
		{
			"Art. 25(1)(b): provisional application by a party that says so", "{from: 2025-01-01}", "",
			"{party: a, events: [{in-force: 2025-01-01}]}", "{party: b, events: [{signature: 2025-02-01}, {provisional-application: 2025-03-01}, {ratification: 2026-01-01}, {in-force: 2026-02-01}]}",
			[]moment{{"2025-03-01", "not yet in force for b", "provisional"}, {"2026-02-01", "provisional", "in force"}},
		},
		{
			"Art. 25(2): whoever applies it provisionally ends that at once", simple, "{withdrawal_notice: P1Y}", boundA,
			"{party: b, events: [{signature: 2025-02-01}, {provisional-application: 2025-03-01}, {withdrawal: 2025-09-01}]}",
			[]moment{{"2025-09-01", "provisional", "no longer in force for b since 2025-09-01"}},
		},
		{
			"Art. 25(1)(a): provisional application by the text itself", "{from: 2025-06-01, provisional_from: 2025-02-01}", "",
			"{party: a, events: [{signature: 2024-12-01}, {in-force: 2025-06-01}]}", "{party: b, events: [{signature: 2025-03-01}, {in-force: 2025-06-01}]}",
			[]moment{{"2025-03-01", notYet, "provisional"}, {"2025-06-01", "provisional", "in force"}},
		},
		{
			"Art. 24: two ratifications and three months", "{condition: {ratifications: 2, then_after: P3M}}", "",
			"{party: a, events: [{signature: 2024-01-01}, {ratification: 2024-05-01}]}", "{party: b, events: [{signature: 2024-01-01}, {ratification: 2024-11-30}]}",
			[]moment{{"2025-02-28", notYet, "in force"}},
		},
		{
			"adopted, and one ratification short", "{condition: {ratifications: 2}}", "",
			"{party: a, events: [{signature: 2024-01-01}, {ratification: 2024-05-01}]}", "{party: b, events: [{signature: 2024-01-01}]}",
			[]moment{{"2030-01-01", notYet, notYet}},
		},
		{
			"the other party does not count unless it is named", "{condition: {ratifications: 1, of: [b]}}", "",
			"{party: a, events: [{ratification: 2024-05-01}]}", "{party: b, events: [{ratification: 2024-07-01}]}",
			[]moment{{"2024-07-01", notYet, "in force"}},
		},
		{
			"Art. 55: fewer parties than it took to enter into force", "{condition: {ratifications: 3}}", "{withdrawal_notice: P1M}",
			"{party: a, events: [{ratification: 2024-01-01}]}", "{party: b, events: [{ratification: 2024-01-01}]}\n  - {party: c, events: [{ratification: 2024-02-01}, {denunciation: 2025-01-01}]}",
			[]moment{{"2024-02-01", notYet, "in force"}, {"2025-02-01", "in force", "in force"}},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			i := treaty(t, tc.force, tc.term, tc.a, tc.b)
			for _, m := range tc.moments {
				at := date(t, m.at)
				for _, pair := range [][2]party.ID{{"a", "b"}, {"b", "a"}} {
					if got := describe(i.Status(instrument.Seat{pair[0], "XX"}, instrument.Seat{pair[1], "XX"}, at.Add(-time.Nanosecond))); got != m.before {
						t.Errorf("just before %s: %q, want %q", m.at, got, m.before)
					}
					if got := describe(i.Status(instrument.Seat{pair[0], "XX"}, instrument.Seat{pair[1], "XX"}, at)); got != m.then {
						t.Errorf("at %s: %q, want %q", m.at, got, m.then)
					}
				}
			}
		})
	}
}

func TestStatusInTheWordsOfTheExampleOutput(t *testing.T) {
	t.Parallel()
	mou := load(t, "../examples/instruments/mou-aa-xx.yaml")
	dp := load(t, "../examples/instruments/eu-dp.yaml")
	tlp := load(t, "../examples/instruments/tlp.yaml")
	for _, tc := range []struct {
		i            *instrument.Instrument
		a, b         party.ID
		jurisdiction string
		at, want     string
	}{
		{mou, "csirt-aa", "csirt-xx", "AA", "2026-03-02", "in force"},
		{mou, "csirt-aa", "csirt-bb", "AA", "2026-03-02", "not in force between csirt-aa and csirt-bb"},
		{mou, "csirt-aa", "isac-xx", "AA", "2026-03-02", "not in force between csirt-aa and isac-xx"},
		{mou, "csirt-aa", "csirt-xx", "AA", "2028-03-02", "lapsed on 2028-02-01"},
		{dp, "csirt-aa", "csirt-xx", "AA", "2026-03-02", "in force"},
		{dp, "csirt-xx", "csirt-aa", "XX", "2026-03-02", "not the law of XX"},
		{dp, "csirt-aa", "csirt-xx", "AA", "2018-05-24", "not yet in force (adopted, modelled, not operable)"},
		{tlp, "anyone", "anybody", "ZZ", "2026-03-02", "in force"},
	} {
		if got := describe(tc.i.Status(instrument.Seat{tc.a, tc.jurisdiction}, instrument.Seat{tc.b, "XX"}, date(t, tc.at))); got != tc.want {
			t.Errorf("%s between %s and %s on %s: %q, want %q", tc.i.ID, tc.a, tc.b, tc.at, got, tc.want)
		}
	}
}

// TestReservations: Vienna Convention Arts. 19 to 23.
func TestReservations(t *testing.T) {
	t.Parallel()
	reserving := func(reservation string) string {
		return "{party: b, events: [{in-force: 2025-01-01}], reservations: [" + reservation + "]}"
	}
	out := map[string]string{"art2": "reservation R1 of b"}
	for _, tc := range []struct {
		name, reservation string
		a, b              party.ID
		at                string
		excluded          map[string]string
		why               string
	}{
		{"Art. 21(1)(a): between its maker and another party", "{id: R1, excludes: [art2]}", "a", "b", "2025-06-01", out, ""},
		{"Art. 21(1)(b): and the same way back", "{id: R1, excludes: [art2]}", "b", "a", "2025-06-01", out, ""},
		{"Art. 21(2): not between the others", "{id: R1, excludes: [art2]}", "a", "c", "2025-06-01", nil, ""},
		{"before it was made", "{id: R1, excludes: [art2], from: 2025-07-01}", "a", "b", "2025-06-30T23:59:59Z", nil, ""},
		{"from the day it was made", "{id: R1, excludes: [art2], from: 2025-07-01}", "a", "b", "2025-07-01", out, ""},
		{"Art. 22(1): until it is withdrawn", "{id: R1, excludes: [art2], withdrawn: 2025-07-01}", "a", "b", "2025-06-30T23:59:59Z", out, ""},
		{"Art. 22(3): no longer from that day", "{id: R1, excludes: [art2], withdrawn: 2025-07-01}", "a", "b", "2025-07-01", nil, ""},
		{"Art. 21(3): an objection without more excludes the same clauses", "{id: R1, excludes: [art2], objections: [{by: a}]}", "a", "b", "2025-06-01", out, ""},
		{
			"Art. 20(4)(b): an objection that precludes entry into force", "{id: R1, excludes: [art2], objections: [{by: a, precludes_entry_into_force: true}]}",
			"a", "b", "2025-06-01", nil, "not in force between b and a: a objected to reservation R1 of b",
		},
		{"the objection of one is not that of another", "{id: R1, excludes: [art2], objections: [{by: a, precludes_entry_into_force: true}]}", "b", "c", "2025-06-01", out, ""},
		{"before the objection", "{id: R1, excludes: [art2], objections: [{by: a, at: 2025-05-01, precludes_entry_into_force: true}]}", "a", "b", "2025-04-30", out, ""},
		{
			"Art. 20(5): an objection in the twelfth month", "{id: R1, excludes: [art2], from: 2025-01-01, objections: [{by: a, at: 2026-01-01, precludes_entry_into_force: true}]}",
			"a", "b", "2026-06-01", nil, "not in force between b and a: a objected to reservation R1 of b",
		},
		{"Art. 20(5): an objection a day late", "{id: R1, excludes: [art2], from: 2025-01-01, objections: [{by: a, at: 2026-01-02, precludes_entry_into_force: true}]}", "a", "b", "2026-06-01", out, ""},
		{"a withdrawn reservation takes the objection with it", "{id: R1, excludes: [art2], withdrawn: 2025-05-01, objections: [{by: a, precludes_entry_into_force: true}]}", "a", "b", "2025-06-01", nil, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			i := treaty(t, simple, "", boundA, reserving(tc.reservation), "{party: c, events: [{in-force: 2025-01-01}]}")
			s := i.Status(instrument.Seat{tc.a, "XX"}, instrument.Seat{tc.b, "XX"}, date(t, tc.at))
			if s.InForce != (tc.why == "") || s.Why != tc.why {
				t.Errorf("in force %v, why %q, want %q", s.InForce, s.Why, tc.why)
			}
			if d := cmp.Diff(tc.excluded, s.Excluded); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestSurvival: Vienna Convention Art. 70(1): the end of a treaty frees the
// parties from it unless the treaty provides otherwise.
func TestSurvival(t *testing.T) {
	t.Parallel()
	i := treaty(t, simple, "{sunset: 2028-01-01, withdrawal_notice: P1M, survival: [art3]}", boundA,
		"{party: b, events: [{in-force: 2025-01-01}, {withdrawal: 2026-01-01}]}", "{party: c, events: [{in-force: 2025-01-01}]}")
	for _, tc := range []struct {
		b    party.ID
		at   string
		want []string
	}{
		{"b", "2026-01-31", nil},
		{"b", "2026-02-01", []string{"art3"}},
		{"c", "2026-02-01", nil},
		{"c", "2028-01-01", []string{"art3"}},
		{"stranger", "2028-01-01", nil},
	} {
		if got := i.Status(instrument.Seat{"a", "XX"}, instrument.Seat{tc.b, "XX"}, date(t, tc.at)).Surviving; !slices.Equal(got, tc.want) {
			t.Errorf("towards %s on %s: %v, want %v", tc.b, tc.at, got, tc.want)
		}
	}
}

func TestClausesInForceApartFromTheirInstrument(t *testing.T) {
	t.Parallel()
	c := load(t, "testdata/base.yaml").Clauses[1] // Regulation (EU) 2024/2847 Art. 71(2) has such clauses
	at := date(t, "2026-01-01")
	if c.Operative(at.Add(-time.Nanosecond)) || !c.Operative(at) {
		t.Error("the clause does not start at its instant")
	}
	c.InForce.Until = at.Add(time.Hour)
	if c.Operative(c.InForce.Until) || !c.Operative(c.InForce.Until.Add(-time.Nanosecond)) {
		t.Error("the clause does not end at its instant")
	}
}

// TestStatusIsConstantBetweenInstants: whoever remembers an answer may do so
// until the next of [instrument.Instrument.Instants].
func TestStatusIsConstantBetweenInstants(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		i := drawTreaty(t, rt)
		instants := i.Instants()
		if !slices.IsSortedFunc(instants, time.Time.Compare) {
			rt.Fatalf("not sorted: %v", instants)
		}
		at := time.Unix(rapid.Int64Range(1_690_000_000, 1_950_000_000).Draw(rt, "at"), 0).UTC()
		n, exact := slices.BinarySearchFunc(instants, at, time.Time.Compare)
		last := time.Time{}
		switch {
		case exact:
			return
		case n > 0:
			last = instants[n-1]
		}
		if d := cmp.Diff(i.Status(instrument.Seat{"a", "XX"}, instrument.Seat{"b", "XX"}, at), i.Status(instrument.Seat{"a", "XX"}, instrument.Seat{"b", "XX"}, last)); d != "" && n > 0 {
			rt.Fatalf("changes between %v and %v:\n%s", last, at, d)
		}
	})
}

// TestStatusIsMutual: between parties, a treaty binds both or neither.
func TestStatusIsMutual(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		i := drawTreaty(t, rt)
		at := time.Unix(rapid.Int64Range(1_690_000_000, 1_950_000_000).Draw(rt, "at"), 0)
		there, back := i.Status(instrument.Seat{"a", "XX"}, instrument.Seat{"b", "XX"}, at), i.Status(instrument.Seat{"b", "XX"}, instrument.Seat{"a", "XX"}, at)
		if there.InForce != back.InForce || there.Provisional != back.Provisional || !cmp.Equal(there.Excluded, back.Excluded) {
			rt.Fatalf("%+v and %+v", there, back)
		}
		if there.InForce == (there.Why != "") {
			rt.Fatalf("a reason is given exactly when it is not in force: %+v", there)
		}
	})
}

func drawTreaty(t *testing.T, rt *rapid.T) *instrument.Instrument {
	day := func(label string, from int) string {
		d := rapid.IntRange(from, 1500).Draw(rt, label)
		return date(t, "2024-01-01").AddDate(0, 0, d).Format(time.DateOnly)
	}
	record := func(id string) string {
		events := []string{fmt.Sprintf("{ratification: %s}", day(id+" ratification", 0))}
		start := 1501
		if rapid.Bool().Draw(rt, id+" leaves") {
			events = append(events, "{withdrawal: "+date(t, "2024-01-01").AddDate(0, 0, start).Format(time.DateOnly)+"}")
		}
		if rapid.Bool().Draw(rt, id+" suspends") {
			events = append(events, "{suspension: "+date(t, "2024-01-01").AddDate(0, 0, start+100).Format(time.DateOnly)+"}")
		}
		reservation := ""
		if rapid.Bool().Draw(rt, id+" reserves") {
			other := map[string]string{"a": "b", "b": "a"}[id]
			reservation = fmt.Sprintf(", reservations: [{id: R, excludes: [art2], from: %s, objections: [{by: %s, at: %s, precludes_entry_into_force: %v}]}]",
				day(id+" reserved", 0), other, day(id+" objected", 0), rapid.Bool().Draw(rt, id+" precludes"))
		}
		return "{party: " + id + ", events: [" + strings.Join(events, ", ") + "]" + reservation + "}"
	}
	force := rapid.SampledFrom([]string{
		"{from: 2024-06-01}", "{from: 2025-06-01, provisional_from: 2024-06-01}", "{condition: {ratifications: 2, then_after: P1M}}",
		"{condition: {ratifications: 1, then_after: P3M}}", "{from: 2024-01-01, until: 2027-01-01}",
	}).Draw(rt, "force")
	term := rapid.SampledFrom([]string{"{review_every: P1Y}", "{sunset: 2028-06-01, survival: [art1]}", "{withdrawal_notice: P5M}"}).Draw(rt, "term")
	return treaty(t, force, term, record("a"), record("b"))
}
