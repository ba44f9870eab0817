package analysis

import (
	"fmt"
	"slices"
	"testing"

	"entente/decision"
	"entente/instrument"
	"entente/intel"
	"entente/party"
	"entente/privacy"
)

// The words of the generated laws: as many as a well connected node meets.
var (
	netTypes      = []string{"incident", "indicator", "vulnerability", "report", "malware", "campaign", "threat-actor", "observed-data"}
	netPurposes   = []string{"incident-response", "cyber-defence", "regulatory-reporting", "research", "law-enforcement", "exercise"}
	netKinds      = []string{"csirt", "isac", "regulator", "company"}
	netCountries  = []string{"AA", "BB", "CC", "DD", "EE", "FF", "GG", "HH", "II", "JJ"}
	netFacts      = []string{"emergency", "victim_consent", "significant", "cross_border", "originator_consent"}
	netCategories = []privacy.Category{
		privacy.Technical, privacy.PersonalContact, privacy.PersonalIdentifier, privacy.PersonalPseudonymous,
		privacy.VictimIdentity, privacy.SourceIdentity, privacy.Credentials, privacy.Commercial,
	}
)

// network is a law as a well connected node has it: nine instruments in ten are
// agreements between two of the parties, the others bind whoever is established
// somewhere, and a few everybody. Every instrument has ten clauses.
func networkLaw(clauses, parties int) (decision.Law, []decision.Actor) {
	g := newGen(uint64(clauses))
	l := decision.Law{Transforms: privacy.Catalogue()}
	actors := make([]decision.Actor, parties)
	for i := range actors {
		actors[i] = decision.Actor{ID: party.ID(fmt.Sprintf("party-%03d", i)), Kind: netKinds[i%len(netKinds)], Jurisdiction: netCountries[i%len(netCountries)]}
	}
	for n := range clauses / 10 {
		i := &instrument.Instrument{
			ID: fmt.Sprintf("i%04d", n), Version: "1.0.0", Binding: true, Regime: "cooperation", Default: instrument.Prohibit,
			InForce: instrument.InForce{From: genStart.AddDate(-1, 0, n%30)},
		}
		switch {
		case n%100 == 7:
			i.Universal, i.Regime, i.Default = true, "originator-marking", instrument.Permit
		case n%10 == 3:
			i.Jurisdictions, i.Regime, i.Default = shuffled(g, netCountries)[:1], pick(g, []string{"data-protection", "reporting"}), instrument.Silent
		default:
			for _, p := range g.Perm(parties)[:2] {
				i.Parties = append(i.Parties, instrument.PartyRecord{Party: actors[p].ID, Events: []instrument.Event{{Kind: "in-force", At: genStart.AddDate(-1, 0, 0)}}})
			}
		}
		for c := range 10 {
			i.Clauses = append(i.Clauses, g.netClause(i, c))
		}
		l.Instruments = append(l.Instruments, i)
	}
	return l, actors
}

func (g gen) netClause(i *instrument.Instrument, n int) instrument.Clause {
	c := instrument.Clause{ID: fmt.Sprintf("art%d", n+1), Cite: fmt.Sprintf("Art. %d", n+1), Act: "share"}
	c.When.Type = shuffled(g, netTypes)[:1+g.IntN(3)]
	c.When.Purpose = shuffled(g, netPurposes)[:2+g.IntN(2)]
	if g.pct(40) {
		c.When.Type = nil
	}
	switch {
	case n == 9:
		c.Modality = instrument.Obligation
		c.Retention = &instrument.Retention{AtLeast: instrument.Period{Days: 30 + g.IntN(60)}}
		c.When = instrument.When{Type: c.When.Type}
	case n == 8 && len(i.Parties) > 0:
		c.Modality, c.Act, c.When = instrument.Prohibition, onwardShare, instrument.When{Facts: map[string]instrument.FactMatch{originatorConsent: instrument.IsNotTrue}}
	case n%3 == 2:
		c.Modality = instrument.Prohibition
		c.When = instrument.When{Categories: &instrument.CategorySet{Any: shuffled(g, netCategories)[:1+g.IntN(2)]}}
		if g.pct(20) {
			c.When.Type = shuffled(g, netTypes)[:1]
		}
		if g.pct(30) {
			c.When.RecipientJurisdiction = &instrument.Set{NotIn: shuffled(g, netCountries)[:5]}
		}
	case n%3 == 0 && n > 0 && g.pct(60):
		c.Modality, c.When = instrument.Permission, instrument.When{Facts: map[string]instrument.FactMatch{pick(g, netFacts): instrument.IsTrue}}
		c.ExceptionTo = []string{fmt.Sprintf("art%d", n)}
	default:
		c.Modality = instrument.Permission
		c.When.TLP = &instrument.TLPRange{Max: intel.TLP(1 + g.IntN(3))}
		c.When.Categories = &instrument.CategorySet{Within: shuffled(g, netCategories)[:3+g.IntN(3)]}
		if g.pct(30) {
			c.When.RecipientKind = shuffled(g, netKinds)[:2]
		}
		if g.pct(30) {
			c.Requires = []instrument.Requirement{{Without: privacy.PersonalIdentifier, AtLeast: privacy.Pseudonymise}}
		}
		if g.pct(30) {
			c.Onward = &instrument.Onward{Allowed: pick(g, []string{"none", "originator-consent", "same-conditions"})}
		}
	}
	if len(c.ExceptionTo) > 0 && i.Clauses[n-1].Modality != instrument.Prohibition {
		c.ExceptionTo, c.Modality = nil, instrument.Prohibition
		c.When.Facts = map[string]instrument.FactMatch{pick(g, netFacts): instrument.IsNotTrue}
	}
	return c
}

func shuffled[T any](g gen, xs []T) []T {
	out := slices.Clone(xs)
	g.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// BenchmarkAnalyse is the full analysis of laws of several sizes; TestGrowth
// draws its growth.
func BenchmarkAnalyse(b *testing.B) {
	for _, n := range []int{100, 300, 1_000, 3_000, 10_000} {
		law, actors := networkLaw(n, max(10, n/50))
		b.Run(fmt.Sprintf("clauses=%d", n), func(b *testing.B) {
			for b.Loop() {
				if _, err := Analyse(law, Options{At: genStart, Parties: actors}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
