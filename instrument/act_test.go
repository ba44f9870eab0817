package instrument_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"entente/instrument"
	"entente/intel"
	"entente/internal/fault"
	"entente/internal/ident"
)

// everyAct is one act of each kind with all it can carry.
func everyAct() []instrument.Act {
	at := time.Date(2026, 3, 2, 9, 0, 0, 123456000, time.UTC)
	var acts []instrument.Act
	for _, k := range instrument.ActKinds() {
		a := instrument.Act{
			Act: k, Instrument: "mou-a-b", Version: "1.0.0", Hash: ident.Sum([]byte("text")), Party: "csirt-a", At: at,
			Previous: ident.Sum([]byte("before")), Note: "Gâteau <&>",
		}
		switch k {
		case instrument.ActReservation:
			a.Reservation = &instrument.ReservationAct{
				ID: "r1", Excludes: []string{"art4"},
				Modifies: []instrument.Modification{{
					Clause: "art5", Text: "Only green.", When: &instrument.When{TLP: &instrument.TLPRange{Min: intel.Clear, Max: intel.Green}, Type: []string{"indicator"}},
				}},
			}
		case instrument.ActReservationWithdrawal:
			a.Withdraws = "No. 1"
		case instrument.ActObjection:
			a.Objection = &instrument.ObjectionAct{To: "csirt-b", Reservation: "r1", PrecludesEntryIntoForce: true}
		case instrument.ActDeclaration:
			a.Declaration = &instrument.DeclarationAct{ID: "d1", Text: "We read Art. 3 narrowly."}
		case instrument.ActNotification:
			a.Notified = &instrument.NotificationAct{Act: ident.Sum([]byte("act")), At: at}
		default: // carries nothing else
		}
		acts = append(acts, a)
	}
	return acts
}

func encodeAct(t testing.TB, a instrument.Act) []byte {
	t.Helper()
	b, err := a.Encode()
	if err != nil {
		t.Fatalf("%s: %v", a.Act, err)
	}
	return b
}

func TestActsRoundTrip(t *testing.T) {
	t.Parallel()
	for _, a := range everyAct() {
		b := encodeAct(t, a)
		read, err := instrument.ParseAct(b)
		if err != nil {
			t.Errorf("%s: %v", a.Act, err)
			continue
		}
		if again := encodeAct(t, read); !bytes.Equal(again, b) {
			t.Errorf("%s\n%s", b, again)
		}
	}
}

// TestT5MalformedActs: what is signed has one reading. A part that the kind does
// not have, a wildcard, a second encoding or a hidden character is refused.
func TestT5MalformedActs(t *testing.T) {
	t.Parallel()
	const good = `{"act":"signature","at":"2026-03-02T09:00:00Z","entente":1,"hash":"sha256:1111111111111111111111111111111111111111111111111111111111111111","instrument":"mou","kind":"Act","party":"csirt-a","version":"1.0.0"}`
	if _, err := instrument.ParseAct([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string][2]string{
		"no JSON":               {good, `[]`},
		"another order":         {`"act":"signature","at":"2026-03-02T09:00:00Z",`, `"at":"2026-03-02T09:00:00Z","act":"signature",`},
		"white space":           {`"entente":1`, `"entente": 1`},
		"a day for an instant":  {"2026-03-02T09:00:00Z", "2026-03-02"},
		"another time zone":     {"09:00:00Z", "09:00:00+01:00"},
		"a number written long": {`"entente":1`, `"entente":1.0`},
		"an unknown kind":       {`"signature"`, `"blessing"`},
		"an unknown member":     {`"kind"`, `"extra":1,"kind"`},
		"a member twice":        {`"entente":1`, `"entente":1,"entente":1`},
		"a wildcard party":      {`"csirt-a"`, `"*"`},
		"everybody":             {`"csirt-a"`, `"everyone"`},
		"no hash":               {`"hash":"sha256:1111111111111111111111111111111111111111111111111111111111111111",`, ``},
		"a zero hash":           {`sha256:1111111111111111111111111111111111111111111111111111111111111111`, `sha256:` + strings.Repeat("0", 64)},
		"a null":                {`"version":"1.0.0"`, `"previous":null,"version":"1.0.0"`},
		"a part of another":     {`"version"`, `"reservation":{"excludes":["a"],"id":"r"},"version"`},
		"a part that is empty":  {`"version"`, `"withdraws":"","version"`},
		"bidirectional text":    {`"party"`, "\"note\":\"a\u202eb\",\"party\""},
		"an older version":      {`"entente":1`, `"entente":0`},
		"too long":              {`"party"`, `"note":"` + strings.Repeat("x", 1<<16) + `","party"`},
		"no reservation":        {`"signature"`, `"reservation"`},
		"no objection":          {`"signature"`, `"objection"`},
	} {
		_, err := instrument.ParseAct([]byte(strings.Replace(good, c[0], c[1], 1)))
		if fault.CodeOf(err) != "act.malformed" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, a := range map[string]instrument.Act{
		"an objection to itself":         {Act: instrument.ActObjection, Objection: &instrument.ObjectionAct{To: "csirt-a", Reservation: "r1"}},
		"a reservation with a dotted id": {Act: instrument.ActReservation, Reservation: &instrument.ReservationAct{ID: "a.b", Excludes: []string{"x"}}},
		"an empty reservation":           {Act: instrument.ActReservation, Reservation: &instrument.ReservationAct{ID: "r1"}},
		"no date":                        {Act: instrument.ActSignature},
	} {
		a.Instrument, a.Version, a.Party, a.Hash = "mou", "1.0.0", "csirt-a", ident.Sum(nil)
		if name != "no date" {
			a.At = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		}
		if _, err := a.Encode(); fault.CodeOf(err) != "act.malformed" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseReservation(f *testing.F) {
	f.Add([]byte("id: only-green\nexcludes: [art1]\nmodifies:\n  - {clause: art2, when: {tlp: {max: green}}}\n"))
	f.Add([]byte(`{"id":"r","excludes":["a"],"excludes":[]}`))
	f.Add([]byte("id: &x r\nexcludes: [*x]\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		v, err := instrument.ParseReservation(src)
		if err != nil && fault.CodeOf(err) != "act.reservation" {
			t.Fatalf("%v", err)
		}
		if err == nil && (v.ID == "" || len(v.Excludes)+len(v.Modifies) == 0) {
			t.Fatalf("it reserves nothing: %+v", v)
		}
	})
}

func FuzzParseAct(f *testing.F) {
	for _, a := range everyAct() {
		b, err := a.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"act":"signature","previous":null}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := instrument.ParseAct(b)
		if err != nil {
			if fault.CodeOf(err) != "act.malformed" {
				t.Fatalf("not a fault of the act: %v", err)
			}
			return
		}
		if again := encodeAct(t, a); !bytes.Equal(again, b) {
			t.Fatalf("accepted %s and would write %s", b, again)
		}
	})
}
