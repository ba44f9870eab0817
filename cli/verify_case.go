package cli

import (
	"crypto/ed25519"
	"time"

	"entente/casework"
	"entente/party"
)

// caseReport is what the file of a case shows to somebody who trusts no node.
type caseReport struct {
	Case     string             `json:"case"`
	Title    string             `json:"title"`
	By       party.ID           `json:"by"` // who exported it
	At       time.Time          `json:"at"`
	State    string             `json:"state"`
	Events   int                `json:"events"`
	Findings []casework.Finding `json:"findings,omitempty"`
}

// verifyCase checks the file of a case by the cards of the parties trusted.
func (a *app) verifyCase(name string, data []byte, parties []party.Party) error {
	keys := keysOf(parties)
	b, err := casework.OpenBundle(data, keys)
	if err != nil {
		return err
	}
	c, err := b.Verify(keys)
	if err != nil {
		return err
	}
	report := caseReport{Case: b.Case, Title: c.Opening.Title, By: b.By, At: b.At, State: c.State, Events: c.Seq(), Findings: c.Findings}
	return a.print(report, func(t *table) {
		t.line("✓ %s holds", name)
		t.line("  case %s: %s", report.Case, report.Title)
		t.line("  %d events by %s, each signed by its author and ordered by %s", report.Events, joined(c.Opening.Participants()), string(c.Opening.Home))
		t.line("  it runs by %s of %s@%s and is %s", c.Opening.Procedure, c.Opening.Instrument, c.Opening.Version, report.State)
		t.line("  exported by %s at %s", string(report.By), when(report.At, ""))
	})
}

// keysOf finds the signing keys of parties by their cards.
func keysOf(parties []party.Party) func(party.ID, string, time.Time) (ed25519.PublicKey, bool) {
	return func(id party.ID, keyID string, at time.Time) (ed25519.PublicKey, bool) {
		for _, p := range parties {
			if p.ID == id {
				return p.VerifyKey(keyID, at)
			}
		}
		return nil, false
	}
}
