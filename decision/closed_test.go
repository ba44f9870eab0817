package decision_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"entente/decision"
	"entente/instrument"
	"entente/privacy"
)

var monday = day("2026-03-02")

func canonical(t testing.TB, d decision.Decision) []byte {
	t.Helper()
	b, err := d.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestP3Replay: a decision read back from its own bytes is decided again, by an
// engine compiled anew, to the same bytes.
func TestP3Replay(t *testing.T) {
	t.Parallel()
	forRandom(t, cases(t, 3_000), func(r *rapid.T, _ gen, l decision.Law, e *decision.Engine, req decision.Request) {
		want := canonical(t, e.Decide(req))
		var read decision.Decision
		if err := json.Unmarshal(want, &read); err != nil {
			r.Fatal(err)
		}
		if got := canonical(t, mustCompile(r, l).Decide(read.Request)); !bytes.Equal(got, want) {
			r.Fatalf("replayed\n%s\ninstead of\n%s", got, want)
		}
	})
}

// TestP2WhatIsNotKnownDenies is the closed side of every door.
func TestP2WhatIsNotKnownDenies(t *testing.T) {
	t.Parallel()
	open := &instrument.Instrument{
		ID: "open", Version: "1.0.0", Binding: true, Regime: "cooperation", Default: instrument.Prohibit,
		InForce: instrument.InForce{From: monday.AddDate(-1, 0, 0)}, Term: instrument.Term{Sunset: monday.AddDate(1, 0, 0)},
		Parties: []instrument.PartyRecord{
			{Party: "sender", Events: []instrument.Event{{Kind: "in-force", At: monday.AddDate(-1, 0, 0)}}},
			{Party: "recipient", Events: []instrument.Event{{Kind: "in-force", At: monday.AddDate(-1, 0, 0)}}},
		},
		Clauses: []instrument.Clause{{
			ID: "c0", Cite: "Art. 1", Modality: instrument.Permission, Act: "share",
			When: instrument.When{
				Type: []string{"indicator"}, Purpose: []string{"cyber-defence"}, RecipientKind: []string{"csirt"},
				Categories: &instrument.CategorySet{Within: []privacy.Category{privacy.Technical}},
				Facts:      map[string]instrument.FactMatch{"agreed": instrument.IsTrue},
			},
		}},
	}
	good := func() decision.Request {
		return decision.Request{
			Subject:   decision.Subject{ID: "indicator--1", Type: "indicator", Categories: []privacy.Category{privacy.Technical}, Origin: "sender"},
			Sender:    decision.Actor{ID: "sender", Kind: "csirt", Jurisdiction: "AA"},
			Recipient: decision.Actor{ID: "recipient", Kind: "csirt", Jurisdiction: "BB"},
			Act:       "share", Purpose: "cyber-defence", At: monday, Facts: map[string]bool{"agreed": true},
		}
	}
	law := decision.Law{Instruments: []*instrument.Instrument{open}}
	if d := compile(t, law).Decide(good()); d.Outcome != decision.Permit {
		t.Fatalf("the open door is %s: %+v", d.Outcome, d.Because)
	}
	for name, spoil := range map[string]func(*decision.Request){
		"unknown marking": func(r *decision.Request) { r.Subject.Closed = "unknown marking" },
		"unclassified data": func(r *decision.Request) {
			r.Subject.Categories = []privacy.Category{privacy.Technical, privacy.Unclassified}
		},
		"a category nobody mentions":   func(r *decision.Request) { r.Subject.Categories = []privacy.Category{"brand-new"} },
		"an unknown fact":              func(r *decision.Request) { r.Facts = nil },
		"a false fact":                 func(r *decision.Request) { r.Facts["agreed"] = false },
		"an unknown type":              func(r *decision.Request) { r.Subject.Type = "x-new" },
		"an unknown purpose":           func(r *decision.Request) { r.Purpose = "curiosity" },
		"an unknown kind of recipient": func(r *decision.Request) { r.Recipient.Kind = "" },
		"an unknown party":             func(r *decision.Request) { r.Recipient.ID = "stranger" },
		"another act":                  func(r *decision.Request) { r.Act = "use" },
		"after the sunset":             func(r *decision.Request) { r.At = monday.AddDate(1, 0, 0) },
		"before entry into force":      func(r *decision.Request) { r.At = monday.AddDate(-1, 0, 0).Add(-time.Nanosecond) },
		"no time at all":               func(r *decision.Request) { r.At = time.Time{} },
		"terms that are not in the law": func(r *decision.Request) {
			r.Subject.Origin, r.Subject.ReceivedUnder = "another", []string{"unheard-of"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := good()
			spoil(&r)
			if d := compile(t, law).Decide(r); d.Outcome != decision.Deny || len(d.Because) == 0 {
				t.Errorf("%s because %+v", d.Outcome, d.Because)
			}
		})
	}
	if d := compile(t, decision.Law{}).Decide(good()); d.Outcome != decision.Deny {
		t.Errorf("without any law: %s", d.Outcome)
	}
}
