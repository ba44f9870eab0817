package decision_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"entente/decision"
	"entente/instrument"
	"entente/internal/ident"
	"entente/party"
)

// TestWhatWasReplacedDoesNotComeBack: between two parties bound by a successor
// the old text is gone for good, also after the successor has lapsed (Vienna
// Convention Art. 59); between others it goes on (Art. 40(4)).
func TestWhatWasReplacedDoesNotComeBack(t *testing.T) {
	t.Parallel()
	version := func(number string, from time.Time) *instrument.Instrument {
		in := &instrument.Instrument{
			ID: "mou", Version: number, Binding: true, Regime: "cooperation", Default: instrument.Prohibit,
			InForce: instrument.InForce{From: from}, Hash: ident.Sum([]byte(number)),
			Clauses: []instrument.Clause{{ID: "c0", Cite: "Art. 1 of " + number, Modality: instrument.Permission, Act: "share"}},
		}
		for _, p := range []string{"sender", "recipient"} {
			in.Parties = append(in.Parties, instrument.PartyRecord{Party: "sender", Events: []instrument.Event{{Kind: "in-force", At: from}}})
			in.Parties[len(in.Parties)-1].Party = party.ID(p)
		}
		return in
	}
	old := version("1.0.0", monday.AddDate(-2, 0, 0))
	old.Parties = append(old.Parties, instrument.PartyRecord{Party: "third", Events: []instrument.Event{{Kind: "in-force", At: old.InForce.From}}})
	next := version("2.0.0", monday)
	next.Supersedes, next.Term.Sunset = old.Hash.String(), monday.AddDate(1, 0, 0)
	e := compile(t, decision.Law{Instruments: []*instrument.Instrument{old, next}})
	for _, c := range []struct {
		to   string
		at   time.Time
		want string
	}{
		{"recipient", monday.Add(-time.Nanosecond), "1.0.0"},
		{"recipient", monday, "2.0.0"},
		{"recipient", monday.AddDate(1, 0, 0).Add(-time.Nanosecond), "2.0.0"},
		{"recipient", monday.AddDate(1, 0, 0), ""},
		{"third", monday.AddDate(0, 6, 0), "1.0.0"},
	} {
		t.Run(fmt.Sprint(c.to, c.at), func(t *testing.T) {
			t.Parallel()
			d := e.Decide(decision.Request{
				Subject: decision.Subject{Type: "indicator", Origin: "sender"}, Sender: decision.Actor{ID: "sender"},
				Recipient: decision.Actor{ID: party.ID(c.to)}, At: c.at,
			})
			got := ""
			if d.Outcome == decision.Permit {
				got = d.LawApplied[0].Version
			}
			if got != c.want {
				t.Errorf("version %q applies, want %q: %+v", got, c.want, d.NotUsed)
			}
		})
	}
}

// TestNoAgreementsIsNotAllAgreements: the answer does not depend on which of the
// two was asked about first, and survives being written down.
func TestNoAgreementsIsNotAllAgreements(t *testing.T) {
	t.Parallel()
	ask := func(under []string) decision.Request {
		return decision.Request{
			Subject: decision.Subject{Type: "indicator", Origin: "sender"}, Sender: decision.Actor{ID: "sender"},
			Recipient: decision.Actor{ID: "recipient"}, At: monday, Under: under,
		}
	}
	law := decision.Law{Instruments: []*instrument.Instrument{{
		ID: "mou", Version: "1.0.0", Binding: true, Regime: "cooperation", Default: instrument.Prohibit,
		InForce: instrument.InForce{From: monday.AddDate(-1, 0, 0)},
		Parties: []instrument.PartyRecord{
			{Party: "sender", Events: []instrument.Event{{Kind: "in-force", At: monday.AddDate(-1, 0, 0)}}},
			{Party: "recipient", Events: []instrument.Event{{Kind: "in-force", At: monday.AddDate(-1, 0, 0)}}},
		},
		Clauses: []instrument.Clause{{ID: "c0", Cite: "Art. 1", Modality: instrument.Permission, Act: "share"}},
	}}}
	want := map[bool]decision.Outcome{true: decision.Permit, false: decision.Deny}
	for _, order := range [][][]string{{nil, {}}, {{}, nil}} {
		e := compile(t, law)
		for _, under := range order {
			d := e.Decide(ask(under))
			if d.Outcome != want[under == nil] {
				t.Errorf("under %#v: %s", under, d.Outcome)
			}
			var read decision.Decision
			if err := json.Unmarshal(canonical(t, d), &read); err != nil {
				t.Fatal(err)
			}
			if again := e.Decide(read.Request); again.Outcome != d.Outcome {
				t.Errorf("under %#v, read back: %s", under, again.Outcome)
			}
		}
	}
}

// TestAWithdrawnSuccessorRevivesNothing: it ends by withdrawal, and the old text
// stays replaced.
func TestAWithdrawnSuccessorRevivesNothing(t *testing.T) {
	t.Parallel()
	version := func(number string, from time.Time, more ...instrument.Event) *instrument.Instrument {
		return &instrument.Instrument{
			ID: "mou", Version: number, Binding: true, Regime: "cooperation", Default: instrument.Prohibit,
			InForce: instrument.InForce{From: from}, Hash: ident.Sum([]byte(number)),
			Parties: []instrument.PartyRecord{
				{Party: "sender", Events: append([]instrument.Event{{Kind: "in-force", At: from}}, more...)},
				{Party: "recipient", Events: []instrument.Event{{Kind: "in-force", At: from}}},
			},
			Clauses: []instrument.Clause{{ID: "c0", Cite: "Art. 1", Modality: instrument.Permission, Act: "share"}},
		}
	}
	old := version("1.0.0", monday.AddDate(-3, 0, 0))
	next := version("2.0.0", monday.AddDate(-2, 0, 0), instrument.Event{Kind: "withdrawal", At: monday.AddDate(-1, 0, 0)})
	next.Supersedes = old.Hash.String()
	next.Term.WithdrawalNotice = instrument.Period{Months: 1}
	e := compile(t, decision.Law{Instruments: []*instrument.Instrument{old, next}})
	for at, want := range map[time.Time]decision.Outcome{
		monday.AddDate(-2, 0, 1): decision.Permit, monday.AddDate(-1, 0, 1): decision.Permit, monday: decision.Deny,
	} {
		d := e.Decide(decision.Request{
			Subject: decision.Subject{Type: "indicator", Origin: "sender"}, Sender: decision.Actor{ID: "sender"},
			Recipient: decision.Actor{ID: "recipient"}, At: at,
		})
		if d.Outcome != want {
			t.Errorf("at %s: %s, want %s: %+v", at, d.Outcome, want, d.NotUsed)
		}
	}
}
