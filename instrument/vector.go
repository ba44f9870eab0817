package instrument

import (
	"slices"
	"time"

	"entente/intel"
	"entente/party"
	"entente/privacy"
)

// Vector is one negotiated test case, signed together with the text: what the
// parties say must come out, so that a reader of the text and a machine that
// applies it cannot drift apart. Package decision runs them.
//
// A vector asks what this instrument says by itself. The gate of a regime for
// which it neither speaks nor grants a basis counts as open: a data-protection
// act is not tested on whether some treaty allows the exchange.
type Vector struct {
	Name   string      `json:"name"`
	Given  Given       `json:"given"`
	Expect Expectation `json:"expect"`
}

// Given is the question of a vector.
type Given struct {
	Object    VectorObject    `json:"object"`
	Sender    VectorActor     `json:"sender"`
	Recipient VectorActor     `json:"recipient"`
	Act       string          `json:"act,omitempty"` // "" = share
	Purpose   string          `json:"purpose"`
	At        time.Time       `json:"at"`
	Facts     map[string]bool `json:"facts,omitempty"` // an absent fact is unknown
	Incident  *Incident       `json:"incident,omitempty"`
	Modelled  bool            `json:"modelled,omitempty"` // as if the text were in force between all its parties, see [Instrument.Modelled]
}

// VectorObject is what the law looks at in the object of a vector.
type VectorObject struct {
	Type          string             `json:"type"`
	TLP           intel.TLP          `json:"tlp"`
	PAP           intel.PAP          `json:"pap"`
	Categories    []privacy.Category `json:"categories"`
	Origin        party.ID           `json:"origin,omitempty"` // "" = the sender
	ReceivedUnder []string           `json:"received_under,omitempty"`
}

// VectorActor is what the law looks at in a party of a vector.
type VectorActor struct {
	ID           party.ID `json:"id"`
	Kind         string   `json:"kind"`
	Jurisdiction string   `json:"jurisdiction"`
	Roles        []string `json:"roles,omitempty"`
	Sectors      []string `json:"sectors,omitempty"`
}

// Expectation is the answer the parties agreed on. What is absent is not
// compared.
type Expectation struct {
	Outcome    string                `json:"outcome"`              // permit, transform, deny, refer
	Transforms []string              `json:"transforms,omitempty"` // ids, as a set
	Because    []string              `json:"because,omitempty"`    // clause ids that must be among the reasons or bases
	Duties     []string              `json:"duties,omitempty"`     // duty ids that must come with the answer
	NoDuties   []string              `json:"no_duties,omitempty"`  // duty ids that must not come with it
	Warnings   []string              `json:"warnings,omitempty"`   // clause ids, of norms and guidance, that must warn
	NotUsed    string                `json:"not_used,omitempty"`   // the instrument is not applied, and its reason has these words
	Thresholds map[string]Assessment `json:"thresholds,omitempty"` // threshold id → met, not-met, not-evaluable
}

// Supposing returns the text as its vectors ask it. Where it gives no date of any
// party, because only signed acts say when each is bound, all count as bound since
// the text is law: a text whose cases fail cannot be signed, so they have to hold
// before anybody signs.
func (i *Instrument) Supposing() *Instrument {
	if len(i.Parties) == 0 || slices.ContainsFunc(i.Parties, func(p PartyRecord) bool { return len(p.Events) > 0 }) {
		return i
	}
	out := *i
	out.InForce.Condition = nil
	out.Parties = slices.Clone(i.Parties)
	for n := range out.Parties {
		out.Parties[n].Events = []Event{{Kind: inForce, At: i.InForce.From}}
	}
	return &out
}
