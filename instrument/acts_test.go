package instrument_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"entente/instrument"
	"entente/internal/ident"
	"entente/party"
	"entente/privacy"
)

// pact loads a memorandum between parties without events, with more lines.
func pact(t testing.TB, more string, parties ...string) *instrument.Instrument {
	t.Helper()
	var src strings.Builder
	src.WriteString("entente: 1\nkind: Instrument\nid: pact\ntitle: Pact\nnature: mou\nbinding: true\nregime: cooperation\ndefault: prohibit\n")
	if !strings.Contains(more, "version:") {
		src.WriteString("version: 1.0.0\n")
	}
	src.WriteString("in_force: {from: 2026-01-01}\n" + more + "parties:\n")
	for _, p := range parties {
		fmt.Fprintf(&src, "  - {party: %s}\n", p)
	}
	src.WriteString("clauses:\n")
	for _, id := range []string{"art1", "art2", "art3"} {
		fmt.Fprintf(&src, "  - {id: %s, cite: %s, text: Text., modality: permission, act: share, when: {type: [incident]}}\n", id, id)
	}
	i, err := instrument.Load("pact.yaml", []byte(src.String()))
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// desk makes acts on a text, each party's in a chain.
type desk struct {
	doc  *instrument.Instrument
	last map[party.ID]ident.Digest
	acts []instrument.Signed
}

func deskOf(doc *instrument.Instrument) *desk {
	return &desk{doc: doc, last: map[party.ID]ident.Digest{}}
}

// does adds one act; more fills in what its kind carries.
func (d *desk) does(t testing.TB, p party.ID, day string, k instrument.ActKind, more ...func(*instrument.Act)) instrument.Signed {
	t.Helper()
	a := instrument.Act{
		Act: k, Instrument: d.doc.ID, Version: d.doc.Version, Hash: d.doc.Hash, Party: p, At: date(t, day), Previous: d.last[p],
	}
	for _, f := range more {
		f(&a)
	}
	s := instrument.Signed{Act: a, Digest: ident.Sum(encodeAct(t, a))}
	d.last[p] = s.Digest
	d.acts = append(d.acts, s)
	return s
}

func excludes(id string, clauses ...string) func(*instrument.Act) {
	return func(a *instrument.Act) {
		a.Reservation = &instrument.ReservationAct{ID: id, Excludes: clauses}
	}
}

func objects(to party.ID, id string) func(*instrument.Act) {
	return func(a *instrument.Act) {
		a.Objection = &instrument.ObjectionAct{To: to, Reservation: id, PrecludesEntryIntoForce: true}
	}
}

func withdrawsR1(a *instrument.Act) { a.Withdraws = "r1" }

// bind lets parties sign and ratify.
func (d *desk) bind(t testing.TB, parties ...party.ID) {
	t.Helper()
	for _, p := range parties {
		d.does(t, p, "2026-01-10", instrument.ActSignature)
		d.does(t, p, "2026-01-20", instrument.ActRatification)
	}
}

func (d *desk) why(a instrument.Signed) string {
	for _, j := range instrument.Judge(d.doc, d.acts) {
		if j.Digest == a.Digest {
			return j.Why
		}
	}
	return "lost"
}

func between(doc *instrument.Instrument, a, b party.ID, at time.Time) instrument.Standing {
	return doc.Status(instrument.Seat{Party: a}, instrument.Seat{Party: b}, at)
}

// TestT5TheLifeOfAText follows one memorandum through all its phases by
// signatures alone.
func TestT5TheLifeOfAText(t *testing.T) {
	t.Parallel()
	doc := pact(t, "term: {withdrawal_notice: P30D}\n", "a", "b")
	d := deskOf(doc)
	d.does(t, "a", "2026-01-02", instrument.ActAdoption)
	d.does(t, "a", "2026-01-03", instrument.ActSignature)
	d.does(t, "b", "2026-01-04", instrument.ActSignature)
	d.does(t, "a", "2026-01-05", instrument.ActRatification)
	d.does(t, "b", "2026-01-06", instrument.ActReservation, excludes("r1", "art2"))
	d.does(t, "b", "2026-01-06", instrument.ActRatification)
	d.does(t, "b", "2026-02-01", instrument.ActSuspension)
	d.does(t, "b", "2026-03-01", instrument.ActResumption)
	d.does(t, "b", "2026-04-01", instrument.ActReservationWithdrawal, withdrawsR1)
	d.does(t, "a", "2026-05-01", instrument.ActWithdrawal)
	now := instrument.WithActs(doc, d.acts)
	if now.Hash != doc.Hash || len(doc.Parties[0].Events) > 0 {
		t.Error("the text changed")
	}
	acts := instrument.Judge(doc, d.acts)
	for _, c := range []struct {
		at    string
		phase instrument.Phase
		why   string
	}{
		{"2026-01-01", "draft", "Nobody"},
		{"2026-01-02", "adopted", "Adopted by a"},
		{"2026-01-03", "signed", "b has not signed"},
		{"2026-01-05", "signed", "consent to be bound is missing from b"},
		{"2026-01-06", "in-force", "between a and b"},
		{"2026-02-01", "suspended", "between a and b"},
		{"2026-03-01", "in-force", "between a and b"},
		{"2026-05-30", "in-force", "between a and b"},
		{"2026-05-31", "terminated", "fewer than two parties"},
	} {
		phase, why := instrument.PhaseAt(now, acts, nil, date(t, c.at))
		if phase != c.phase || !strings.Contains(why, c.why) {
			t.Errorf("%s: %s (%s), want %s", c.at, phase, why, c.phase)
		}
	}
	for at, want := range map[string]map[string]string{"2026-01-06": {"art2": "reservation r1 of b"}, "2026-04-01": nil} {
		if got := between(now, "a", "b", date(t, at)).Excluded; !cmp.Equal(got, want) {
			t.Errorf("%s: excluded %v, want %v", at, got, want)
		}
	}
}

// TestActsThatDoNotCount holds acts against the rules. Articles are those of the
// Vienna Convention on the Law of Treaties.
func TestActsThatDoNotCount(t *testing.T) {
	t.Parallel()
	type act = func(d *desk) instrument.Signed
	does := func(p party.ID, day string, k instrument.ActKind, more ...func(*instrument.Act)) act {
		return func(d *desk) instrument.Signed { return d.does(t, p, day, k, more...) }
	}
	for name, c := range map[string]struct {
		act act
		why string
	}{
		"T2 a party the text does not name":           {does("c", "2026-01-10", instrument.ActSignature), "does not name c"},
		"T5 another text":                             {does("a", "2026-02-01", instrument.ActSuspension, func(a *instrument.Act) { a.Hash = ident.Sum(nil) }), "another text"},
		"T5 another version":                          {does("a", "2026-02-01", instrument.ActSuspension, func(a *instrument.Act) { a.Version = "0.9.0" }), "another text"},
		"T5 an act before it is missing":              {does("a", "2026-02-01", instrument.ActAcceptance, func(a *instrument.Act) { a.Previous = ident.Sum(nil) }), "has not come"},
		"T5 dated before the act it follows":          {does("a", "2026-01-01", instrument.ActAcceptance), "before the act it follows"},
		"a suspension counts even if one is missing":  {does("a", "2026-02-01", instrument.ActSuspension, func(a *instrument.Act) { a.Previous = ident.Sum(nil) }), ""},
		"Art. 14(1) ratified before it was signed":    {does("b", "2026-01-05", instrument.ActRatification), "14(1)"},
		"Art. 15 accession needs no signature":        {does("b", "2026-01-05", instrument.ActAccession), ""},
		"Art. 19 a reservation after ratification":    {does("a", "2026-02-01", instrument.ActReservation, excludes("r", "art1")), "Art. 19"},
		"a reservation to no clause":                  {does("b", "2026-01-05", instrument.ActReservation, excludes("r", "art9")), "no clause art9"},
		"Art. 19(b) a clause not open to reservation": {does("b", "2026-01-05", instrument.ActReservation, excludes("r", "art3")), "does not allow reservations to art3 (Art. 9)"},
		"T4 a change that fails open": {does("b", "2026-01-05", instrument.ActReservation, func(a *instrument.Act) {
			a.Reservation = &instrument.ReservationAct{ID: "r", Modifies: []instrument.Modification{{Clause: "art1", When: &instrument.When{Categories: &instrument.CategorySet{Any: []privacy.Category{privacy.Technical}}}}}}
		}), "any"},
		"T4 one clause changed twice": {does("b", "2026-01-05", instrument.ActReservation, func(a *instrument.Act) {
			when := &instrument.When{Type: []string{"report"}}
			a.Reservation = &instrument.ReservationAct{ID: "r", Modifies: []instrument.Modification{{Clause: "art1", When: when}, {Clause: "art1", When: when}}}
		}), "twice"},
		"Art. 20(4) an objection to nothing": {does("a", "2026-02-01", instrument.ActObjection, objects("b", "r")), "no reservation"},
		"only the depositary notifies": {does("a", "2026-02-01", instrument.ActNotification, func(a *instrument.Act) {
			a.Notified = &instrument.NotificationAct{Act: ident.Sum(nil), At: a.At}
		}), "depositary"},
		"a depositary's signature binds nobody": {does("dep", "2026-02-01", instrument.ActSignature), "does not name dep"},
	} {
		d := deskOf(pact(t, "depositary: dep\nreservable: {clauses: [art1, art2], cite: Art. 9}\n", "a", "b"))
		d.bind(t, "a")
		a := c.act(d)
		if why := d.why(a); c.why == "" && why != "" || !strings.Contains(why, c.why) {
			t.Errorf("%s: %q, want %q", name, why, c.why)
		}
	}
}

// TestConsentRestsOnAnAllowedReservation: whoever consents on a condition that
// the text does not allow has not consented, until it gives the condition up.
func TestConsentRestsOnAnAllowedReservation(t *testing.T) {
	t.Parallel()
	d := deskOf(pact(t, "reservable: {cite: Art. 9}\n", "a", "b"))
	d.bind(t, "a")
	d.does(t, "b", "2026-01-10", instrument.ActSignature)
	d.does(t, "b", "2026-01-11", instrument.ActReservation, excludes("r1", "art1"))
	first := d.does(t, "b", "2026-01-11", instrument.ActRatification)
	d.does(t, "b", "2026-02-01", instrument.ActReservationWithdrawal, withdrawsR1)
	d.does(t, "b", "2026-02-02", instrument.ActRatification)
	if why := d.why(first); !strings.Contains(why, "r1") {
		t.Errorf("first ratification: %q", why)
	}
	now := instrument.WithActs(d.doc, d.acts)
	if between(now, "a", "b", date(t, "2026-02-01")).InForce || !between(now, "a", "b", date(t, "2026-02-02")).InForce {
		t.Error("in force before the reservation was given up, or not after")
	}
}

// TestT3AReservationBindsItsMakersRelationsOnly (Art. 21(1)-(2)), and an
// objection within twelve months (Art. 20(5)) keeps only the two apart.
func TestT3AReservationBindsItsMakersRelationsOnly(t *testing.T) {
	t.Parallel()
	d := deskOf(pact(t, "", "a", "b", "c"))
	d.bind(t, "b", "c")
	d.does(t, "a", "2026-01-10", instrument.ActSignature)
	d.does(t, "a", "2026-01-11", instrument.ActReservation, excludes("r1", "art1"))
	d.does(t, "a", "2026-01-20", instrument.ActRatification)
	timely := d.does(t, "b", "2027-01-20", instrument.ActObjection, objects("a", "r1"))
	late := d.does(t, "c", "2027-01-21", instrument.ActObjection, objects("a", "r1"))
	if d.why(timely) != "" || !strings.Contains(d.why(late), "20(5)") {
		t.Errorf("timely %q, late %q", d.why(timely), d.why(late))
	}
	now := instrument.WithActs(d.doc, d.acts)
	at := date(t, "2027-02-01")
	for pair, want := range map[[2]party.ID]string{{"a", "b"}: "objected", {"a", "c"}: "art1", {"b", "c"}: "all"} {
		s := between(now, pair[0], pair[1], at)
		got := "all"
		switch {
		case !s.InForce:
			got = s.Why
		case len(s.Excluded) > 0:
			got = strings.Join(sortedKeys(s.Excluded), " ")
		}
		if !strings.Contains(got, want) {
			t.Errorf("%v: %s, want %s", pair, got, want)
		}
	}
}

func sortedKeys(m map[string]string) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	return keys
}

// TestT5ContradictingActsOfOneInstant: the cautious one counts and both are
// marked, as are two acts that follow the same one.
func TestT5ContradictingActsOfOneInstant(t *testing.T) {
	t.Parallel()
	d := deskOf(pact(t, "", "a", "b"))
	d.bind(t, "a", "b")
	d.does(t, "a", "2026-02-01", instrument.ActSuspension)
	before := d.last["a"]
	resumed := d.does(t, "a", "2026-03-01", instrument.ActResumption)
	d.last["a"] = before
	again := d.does(t, "a", "2026-03-01", instrument.ActSuspension)
	if between(instrument.WithActs(d.doc, d.acts), "a", "b", date(t, "2026-04-01")).InForce {
		t.Error("in force although the party suspended it at that instant")
	}
	for _, j := range instrument.Judge(d.doc, d.acts) {
		both := j.Digest == resumed.Digest || j.Digest == again.Digest
		if both != (j.Flag != "") {
			t.Errorf("%s of %s has flag %q", j.Act.Act, j.Party, j.Flag)
		}
	}
}

// drawActs draws a history of two texts and a third that amends the first.
func drawActs(t testing.TB, rt *rapid.T) ([]*instrument.Instrument, []instrument.Signed) {
	rule := rapid.SampledFrom([]string{"", "consensus", "majority", "two-thirds", "tacit", "depositary"}).Draw(rt, "rule")
	amendment := ""
	if rule != "" {
		amendment = fmt.Sprintf("amendment: {rule: %s, tacit_after: P30D, binds: %s}\n", rule, rapid.SampledFrom([]string{"all", "accepting"}).Draw(rt, "binds"))
	}
	old := pact(t, "depositary: d\n"+amendment, "a", "b", "c")
	next := pact(t, fmt.Sprintf("version: 1.1.0\nsupersedes: %s\ndepositary: d\n", old.Hash), "a", "b", "c")
	docs := []*instrument.Instrument{old, next}
	desks := []*desk{deskOf(old), deskOf(next)}
	if rapid.Bool().Draw(rt, "bound") {
		desks[0].bind(t, "a", "b", "c")
	}
	for range rapid.IntRange(0, 14).Draw(rt, "acts") {
		d := desks[rapid.IntRange(0, 1).Draw(rt, "text")]
		p := party.ID(rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(rt, "party"))
		day := fmt.Sprintf("2026-%02d-01", rapid.IntRange(2, 6).Draw(rt, "month"))
		k := rapid.SampledFrom(instrument.ActKinds()).Draw(rt, "kind")
		var more func(*instrument.Act)
		switch k {
		case instrument.ActReservation:
			more = excludes("r"+rapid.SampledFrom([]string{"1", "2"}).Draw(rt, "id"), rapid.SampledFrom([]string{"art1", "art2"}).Draw(rt, "clause"))
		case instrument.ActReservationWithdrawal:
			more = withdrawsR1
		case instrument.ActObjection:
			more = objects(map[party.ID]party.ID{"a": "b", "b": "c", "c": "a", "d": "a"}[p], "r1")
		case instrument.ActDeclaration:
			more = func(a *instrument.Act) { a.Declaration = &instrument.DeclarationAct{ID: "d", Text: "t"} }
		case instrument.ActNotification:
			more = func(a *instrument.Act) { a.Notified = &instrument.NotificationAct{Act: ident.Sum(nil), At: a.At} }
		default:
			more = func(*instrument.Act) {}
		}
		d.does(t, p, day, k, more)
	}
	return docs, append(desks[0].acts, desks[1].acts...)
}

// statuses is what a set of acts comes to between every two parties.
func statuses(docs []*instrument.Instrument, acts []instrument.Signed) map[string]instrument.Standing {
	out := map[string]instrument.Standing{}
	derived := instrument.Derive(docs, acts)
	for _, doc := range docs {
		for month := 1; month <= 12; month++ {
			for _, p := range [][2]party.ID{{"a", "b"}, {"b", "c"}, {"a", "c"}} {
				at := time.Date(2026, time.Month(month), 15, 0, 0, 0, 0, time.UTC)
				out[fmt.Sprint(doc.Version, " ", p, " ", month)] = between(derived[doc.Hash].Doc, p[0], p[1], at)
			}
		}
	}
	return out
}

// TestT5TheSameActsGiveTheSameStatus: whatever the order in which acts and texts
// come, and however often.
func TestT5TheSameActsGiveTheSameStatus(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		docs, acts := drawActs(t, rt)
		want := statuses(docs, acts)
		mixed := rapid.Permutation(append(acts, acts...)).Draw(rt, "order")
		if diff := cmp.Diff(want, statuses([]*instrument.Instrument{docs[1], docs[0]}, mixed)); diff != "" {
			rt.Fatal(diff)
		}
	})
}

// TestP4HoldingAnActBackPermitsNoMore: a node that did not get an act of a party,
// but did get a later one, never finds more in force between that party and
// others on one text than a node that has both. Acts that nothing follows cannot
// be missed; that they may be outstanding is a matter of freshness.
func TestP4HoldingAnActBackPermitsNoMore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		doc := pact(t, "", "a", "b", "c")
		d := deskOf(doc)
		d.does(t, "a", "2026-01-02", instrument.ActSignature)
		d.does(t, "a", "2026-01-03", instrument.ActReservation, excludes("r1", "art1"))
		d.does(t, "a", "2026-01-04", instrument.ActRatification)
		d.does(t, "a", "2026-02-01", instrument.ActSuspension)
		d.does(t, "a", "2026-03-01", instrument.ActResumption)
		d.bind(t, "b", "c")
		gone := rapid.IntRange(0, 3).Draw(rt, "withheld")
		partial := append(append([]instrument.Signed{}, d.acts[:gone]...), d.acts[gone+1:]...)
		full, less := instrument.WithActs(doc, d.acts), instrument.WithActs(doc, partial)
		at := time.Date(2026, time.Month(rapid.IntRange(1, 6).Draw(rt, "month")), 28, 0, 0, 0, 0, time.UTC)
		f, l := between(full, "a", "b", at), between(less, "a", "b", at)
		if gone == 3 && at.Before(date(t, "2026-03-01")) {
			rt.Skip("the suspension itself: nothing has followed it yet")
		}
		if l.InForce && (!f.InForce || len(f.Excluded) > len(l.Excluded)) {
			rt.Fatalf("without act %d: %+v, with it %+v", gone, l, f)
		}
	})
}

// TestThePhaseIsASummaryOfTheStatus: a text is in force or provisional exactly
// when it is so between some two parties that no later version has taken over.
func TestThePhaseIsASummaryOfTheStatus(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		docs, acts := drawActs(t, rt)
		derived := instrument.Derive(docs, acts)
		for month := 1; month <= 12; month++ {
			at := time.Date(2026, time.Month(month), 15, 0, 0, 0, 0, time.UTC)
			for n, doc := range docs {
				var later []*instrument.Instrument
				if n == 0 {
					later = append(later, derived[docs[1].Hash].Doc)
				}
				d := derived[doc.Hash]
				alive := false
				for _, p := range [][2]party.ID{{"a", "b"}, {"b", "c"}, {"a", "c"}} {
					replaced := len(later) > 0 && between(later[0], p[0], p[1], at).InForce
					alive = alive || between(d.Doc, p[0], p[1], at).InForce && !replaced
				}
				phase, why := instrument.PhaseAt(d.Doc, d.Acts, later, at)
				if says := phase == instrument.PhaseInForce || phase == instrument.PhaseProvisional; says != alive || why == "" {
					rt.Fatalf("%s in month %d is %s (%s)", doc.Ref(), month, phase, why)
				}
			}
		}
	})
}
