package instrument_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"entente/instrument"
	"entente/internal/fault"
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

// TestAssertedAndSignedStandTogether: what the file says of a party counts as the
// word of whoever activated it, and acts build on it.
func TestAssertedAndSignedStandTogether(t *testing.T) {
	t.Parallel()
	src := "entente: 1\nkind: Instrument\nid: pact\ntitle: Pact\nnature: mou\nbinding: true\nregime: cooperation\ndefault: prohibit\nversion: 1.0.0\n" +
		"in_force: {from: 2026-01-01}\nparties:\n  - {party: a}\n  - party: b\n    events: [{signature: 2026-01-05}, {in-force: 2026-01-20}]\n" +
		"    reservations: [{id: No. 1, excludes: [art1], from: 2026-01-20}]\n" +
		"clauses:\n  - {id: art1, cite: Art. 1, text: T., modality: permission, act: share, when: {type: [incident]}}\n"
	doc, err := instrument.Load("pact.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	d := deskOf(doc)
	d.bind(t, "a")
	d.does(t, "b", "2026-02-01", instrument.ActReservationWithdrawal, func(a *instrument.Act) { a.Withdraws = "No. 1" })
	d.does(t, "b", "2026-03-01", instrument.ActSuspension)
	before, err := doc.RecordsDigest()
	if err != nil {
		t.Fatal(err)
	}
	now := instrument.WithActs(doc, d.acts)
	if after, err := now.RecordsDigest(); err != nil || after == before {
		t.Errorf("the records changed and their digest did not: %v", err)
	}
	for day, want := range map[string]string{"2026-01-25": "art1", "2026-02-02": "", "2026-03-02": "suspended"} {
		s := between(now, "a", "b", date(t, day))
		if got := strings.Join(sortedKeys(s.Excluded), "") + s.Why; !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%s: %q, want %q", day, got, want)
		}
	}
	if bound, suspended := now.Binds("b", date(t, "2026-03-02")); !bound || !suspended {
		t.Error("b is bound and has suspended")
	}
	if bound, _ := now.Binds("c", date(t, "2026-03-02")); bound {
		t.Error("c is no party")
	}
}

// TestTwoReservationsOfOneID: both count, and taking the id back takes back both.
func TestTwoReservationsOfOneID(t *testing.T) {
	t.Parallel()
	d := deskOf(pact(t, "", "a", "b"))
	d.bind(t, "b")
	d.does(t, "a", "2026-01-10", instrument.ActSignature)
	d.does(t, "a", "2026-01-11", instrument.ActReservation, excludes("r1", "art1"))
	d.does(t, "a", "2026-01-11", instrument.ActReservation, excludes("r1", "art2"))
	d.does(t, "a", "2026-01-20", instrument.ActRatification)
	d.does(t, "a", "2026-02-01", instrument.ActReservationWithdrawal, withdrawsR1)
	now := instrument.WithActs(d.doc, d.acts)
	if s := between(now, "a", "b", date(t, "2026-01-21")); len(s.Excluded) != 2 {
		t.Errorf("%+v", s)
	}
	if s := between(now, "a", "b", date(t, "2026-02-01")); !s.InForce || len(s.Excluded) != 0 {
		t.Errorf("%+v", s)
	}
}

// TestPhasesOfTextsWithoutParties: law is in force by its own dates.
func TestPhasesOfTextsWithoutParties(t *testing.T) {
	t.Parallel()
	doc, err := instrument.Load("law.yaml", []byte("entente: 1\nkind: Instrument\nid: law\ntitle: Law\nnature: statute\nbinding: true\nregime: reporting\ndefault: silent\nversion: 1.0.0\n"+
		"universal: true\nin_force: {provisional_from: 2026-01-01, from: 2026-02-01, until: 2026-03-01}\nclauses:\n  - {id: s1, cite: s. 1, text: T., modality: permission, act: share, when: {type: [incident]}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for day, want := range map[string]instrument.Phase{"2025-12-31": "adopted", "2026-01-01": "provisional", "2026-02-01": "in-force", "2026-03-01": "terminated"} {
		if phase, why := instrument.PhaseAt(doc, nil, nil, date(t, day)); phase != want || why == "" {
			t.Errorf("%s: %s (%s), want %s", day, phase, why, want)
		}
	}
}

func TestParseReservation(t *testing.T) {
	t.Parallel()
	v, err := instrument.ParseReservation([]byte("id: only-green\nexcludes: [art1]\nmodifies:\n  - {clause: art2, when: {tlp: {max: green}}}\n"))
	if err != nil || v.ID != "only-green" || len(v.Excludes) != 1 || len(v.Modifies) != 1 {
		t.Errorf("%+v, %v", v, err)
	}
	for _, bad := range []string{"", "- 1\n", "id: r\n", "id: r\nexcludes: []\n", "id: r\nexcludes: [a]\nfrom: 2026-01-01\n", "id: &x r\nexcludes: [a]\n", "excludes: [a]\n"} {
		if _, err := instrument.ParseReservation([]byte(bad)); fault.CodeOf(err) != "act.reservation" {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
