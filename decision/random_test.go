package decision_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"entente/decision"
	"entente/instrument"
	"entente/intel"
	"entente/party"
	"entente/privacy"
)

// The words of the random laws: few, so that clauses meet.
var (
	genTypes         = []string{"incident", "indicator", "vulnerability"}
	genPurposes      = []string{"incident-response", "cyber-defence", "research"}
	genKinds         = []string{"csirt", "isac"}
	genJurisdictions = []string{"AA", "BB", "XX"}
	genFacts         = []string{"emergency", "victim_consent", "own_object"}
	genRegimes       = []string{"cooperation", "data-protection", "reporting"}
	genCategories    = []privacy.Category{"technical", "personal-contact", "personal-identifier", "personal-pseudonymous", "victim-identity", privacy.Unclassified}
	genParties       = []decision.Actor{csirtAA, csirtBB, csirtXX, isacXX}
	genStart         = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	genRoles         = []string{"operator", "member", "authority"}
	genLimits        = []string{"", "strict", "guidance"}
)

func genPartyIDs() []string {
	out := make([]string, len(genParties))
	for i, p := range genParties {
		out[i] = string(p.ID)
	}
	return out
}

func partyID(s string) party.ID { return party.ID(s) }

// gen makes random laws and requests, the same from the same seed.
type gen struct{ *rand.Rand }

func newGen(seed uint64) gen { return gen{rand.New(rand.NewPCG(seed, 1))} }

func (g gen) pct(p int) bool { return g.IntN(100) < p }

func some[T any](g gen, xs []T, low int) []T {
	k := low + g.IntN(len(xs)-low)
	out := make([]T, 0, k)
	for _, i := range g.Perm(len(xs))[:k] {
		out = append(out, xs[i])
	}
	return out
}

func one[T any](g gen, xs []T) T { return xs[g.IntN(len(xs))] }

func (g gen) day() time.Time { return genStart.AddDate(0, 0, g.IntN(6)) }

func (g gen) set() *instrument.Set {
	if g.pct(50) {
		return &instrument.Set{In: some(g, genJurisdictions, 1)}
	}
	return &instrument.Set{NotIn: some(g, genJurisdictions, 1)}
}

// when makes a matcher; share is how likely each attribute is constrained.
func (g gen) when(opens bool, share int) instrument.When {
	var w instrument.When
	if g.pct(share) {
		w.Type = some(g, genTypes, 1)
	}
	if g.pct(share) {
		w.Purpose = some(g, genPurposes, 1)
	}
	if g.pct(share / 2) {
		w.RecipientKind = some(g, genKinds, 1)
	}
	if g.pct(share / 2) {
		w.RecipientJurisdiction = g.set()
	}
	if g.pct(share / 4) {
		w.SenderJurisdiction = g.set()
	}
	for _, list := range []*[]string{&w.SenderRole, &w.RecipientRole, &w.SenderSector, &w.RecipientSector} {
		if g.pct(share / 6) {
			*list = some(g, genRoles, 1)
		}
	}
	if g.pct(share / 6) {
		w.SenderKind = some(g, genKinds, 1)
	}
	if g.pct(share / 4) {
		w.Recipient = []party.ID{one(g, genParties).ID, one(g, genParties).ID}
	}
	if g.pct(share) {
		low := intel.TLP(g.IntN(3))
		w.TLP = &instrument.TLPRange{Min: low, Max: low + intel.TLP(g.IntN(int(intel.Red-low)+1))}
		if opens {
			w.TLP.Min = intel.Clear
		}
	}
	if g.pct(share / 5) {
		w.PAP = &instrument.PAPRange{Min: intel.PAPClear, Max: intel.PAP(g.IntN(4))}
	}
	if g.pct(share) {
		c := &instrument.CategorySet{}
		switch {
		case opens && g.pct(60):
			c.Within = some(g, genCategories, 2)
		case opens || g.pct(20):
			c.None = some(g, genCategories, 1)[:1]
		default:
			c.Any = some(g, genCategories, 1)
		}
		w.Categories = c
	}
	if g.pct(share) {
		w.Facts = map[string]instrument.FactMatch{one(g, genFacts): instrument.FactMatch(g.IntN(3))}
	}
	return w
}

func (g gen) clause(i int) instrument.Clause {
	id := fmt.Sprintf("c%d", i)
	c := instrument.Clause{ID: id, Cite: "Art. " + id[1:], Act: "share"}
	if g.pct(12) {
		c.Act = "report"
	}
	k := g.IntN(100)
	switch {
	case k < 45:
		c.Modality = instrument.Permission
	case k < 80:
		c.Modality = instrument.Prohibition
	default:
		c.Modality, c.Cite = instrument.Obligation, "Duty "+id[1:]
		if g.pct(50) {
			c.Grants = one(g, genRegimes)
		}
		c.Duties = []instrument.Duty{{ID: "d", What: "do it", Bearer: "sender"}}
	}
	c.When = g.when(c.Modality == instrument.Permission, 25)
	if i > 0 && g.pct(45) {
		c.ExceptionTo = []string{fmt.Sprintf("c%d", g.IntN(i))}
		if g.pct(15) {
			c.ExceptionTo = append(c.ExceptionTo, fmt.Sprintf("c%d", g.IntN(i)))
		}
	}
	if g.pct(20) {
		c.Strength = one(g, genLimits)
	}
	if c.Modality != instrument.Prohibition {
		if g.pct(20) {
			c.Requires = append(c.Requires, instrument.Requirement{Without: one(g, genCategories), AtLeast: "redact"})
		}
		if g.pct(10) {
			c.Requires = append(c.Requires, instrument.Requirement{Safeguard: one(g, []string{"human-approval", "sign"})})
		}
		if g.pct(8) {
			c.Consent = &instrument.Consent{Of: one(g, []string{"victim", "party"})}
		}
	}
	if c.Modality == instrument.Permission && g.pct(10) {
		c.Verified = instrument.Unverified
	}
	if c.Modality == instrument.Permission && i > 0 && g.pct(8) {
		c.Derogation = &instrument.Derogation{Of: []string{fmt.Sprintf("c%d", g.IntN(i))}, Fact: "emergency"}
		delete(c.When.Facts, "emergency") // Load refuses a derogation that cannot be declared
	}
	if g.pct(10) {
		c.InForce = &instrument.InForce{From: g.day()}
		if g.pct(50) {
			c.InForce.Until = g.day()
		}
	}
	return c
}

func (g gen) instrument(n int) *instrument.Instrument {
	i := &instrument.Instrument{
		ID: fmt.Sprintf("i%d", n), Version: "1.0.0", Binding: g.pct(92), Regime: one(g, genRegimes),
		Default: one(g, []instrument.Default{instrument.Prohibit, instrument.Permit, instrument.Silent}),
		InForce: instrument.InForce{From: genStart.AddDate(-1, 0, g.IntN(3))}, Rank: max(0, g.IntN(6)-3),
	}
	switch k := g.IntN(100); {
	case k < 25:
		i.Universal = true
	case k < 50:
		i.Jurisdictions = some(g, genJurisdictions, 1)
		if g.pct(30) {
			i.Transposes = &instrument.Transposition{Instrument: fmt.Sprintf("i%d", g.IntN(8)), Replaces: []string{"c0", "c1"}}
		}
	default:
		for _, p := range some(g, genParties, 2) {
			r := instrument.PartyRecord{Party: p.ID, Events: []instrument.Event{{Kind: "signature", At: genStart.AddDate(-1, 0, 0)}, {Kind: "in-force", At: genStart.AddDate(0, 0, -g.IntN(200))}}}
			if g.pct(15) {
				r.Events[1].At = g.day()
			}
			if g.pct(15) {
				r.Reservations = []instrument.Reservation{{ID: "R1", Excludes: []string{"c0"}}}
			} else if g.pct(15) {
				w := g.when(true, 25)
				delete(w.Facts, "emergency") // as below
				r.Reservations = []instrument.Reservation{{ID: "R2", Modifies: []instrument.Modification{{Clause: "c1", When: &w}}}}
			}
			if g.pct(20) {
				r.Role = one(g, genRoles)
			}
			i.Parties = append(i.Parties, r)
		}
	}
	if g.pct(20) {
		i.InForce.Until = g.day()
	}
	if g.pct(15) {
		i.Term.Sunset = g.day()
	}
	if g.pct(35) {
		w := g.when(false, 20)
		i.AppliesWhen = &w
	}
	if g.pct(15) {
		i.Precedence.PrevailsOver = []string{fmt.Sprintf("i%d", g.IntN(8))}
	}
	if g.pct(10) {
		i.Precedence.SubjectTo = []string{fmt.Sprintf("i%d", g.IntN(8))}
	}
	for c := range 1 + g.IntN(6) {
		i.Clauses = append(i.Clauses, g.clause(c))
	}
	return i
}

func (g gen) law() decision.Law {
	l := decision.Law{Transforms: some(g, append(slices.Clone(catalogue), privacy.Transform{
		ID: "strip-custom", Maps: map[privacy.Category]privacy.Category{privacy.Unclassified: ""}, Cost: 2,
	}, privacy.Transform{ID: "rough", Maps: map[privacy.Category]privacy.Category{"personal-contact": "technical", "victim-identity": "technical"}, Cost: 5}), 2)}
	// One agreement that opens much, or nearly every answer would be no.
	base := g.instrument(0)
	base.Binding, base.Universal, base.Regime, base.AppliesWhen = true, true, "cooperation", nil
	base.Jurisdictions, base.Parties = nil, nil
	base.Clauses[0].Modality, base.Clauses[0].When, base.Clauses[0].Act = instrument.Permission, instrument.When{}, "share"
	base.Clauses[0].Grants, base.Clauses[0].Duties, base.Clauses[0].Cite = "", nil, "Art. 0"
	l.Instruments = append(l.Instruments, base)
	for n := 1; n < 2+g.IntN(7); n++ {
		l.Instruments = append(l.Instruments, g.instrument(n))
	}
	if g.pct(20) {
		l.Ranks = map[string]int{"i1": 1 + g.IntN(3)}
	}
	return l
}

func (g gen) request() decision.Request {
	r := decision.Request{
		Subject: decision.Subject{ID: "x--1", Type: one(g, genTypes), TLP: intel.TLP(g.IntN(5)), PAP: intel.PAP(g.IntN(4)), Categories: some(g, genCategories, 0)},
		Sender:  genParties[g.IntN(2)], Act: "share", Purpose: one(g, genPurposes), At: g.day(), Facts: map[string]bool{},
	}
	r.Recipient = one(g, genParties)
	for r.Recipient.ID == r.Sender.ID {
		r.Recipient = one(g, genParties)
	}
	for _, a := range []*decision.Actor{&r.Sender, &r.Recipient} {
		if g.pct(40) {
			a.Roles = some(g, genRoles, 0)
		}
		if g.pct(40) {
			a.Sectors = some(g, genRoles, 0)
		}
	}
	if g.pct(80) {
		r.Subject.Categories = slices.DeleteFunc(r.Subject.Categories, func(c privacy.Category) bool { return c == privacy.Unclassified })
	}
	if g.pct(5) {
		r.Subject.Categories = append(r.Subject.Categories, "a-word-no-law-knows")
	}
	if g.pct(8) {
		r.Act = "report"
	}
	for _, f := range append(slices.Clone(genFacts), "human_approval", "party_consent") {
		if k := g.IntN(3); k < 2 {
			r.Facts[f] = k == 0
		}
	}
	return r
}

// helpful rewrites a law so that a fact can only ever help a permission.
func helpful(l decision.Law, fact string) decision.Law {
	out := l
	out.Instruments = nil
	for _, i := range l.Instruments {
		c := *i
		if c.AppliesWhen != nil {
			w := *c.AppliesWhen
			w.Facts = nil
			c.AppliesWhen = &w
		}
		c.Clauses = slices.Clone(c.Clauses)
		c.Parties = slices.Clone(c.Parties)
		for k := range c.Parties {
			c.Parties[k].Reservations = slices.DeleteFunc(slices.Clone(c.Parties[k].Reservations), func(r instrument.Reservation) bool {
				return slices.ContainsFunc(r.Modifies, func(m instrument.Modification) bool { return len(m.When.Facts) > 0 })
			})
		}
		for k := range c.Clauses {
			cl := &c.Clauses[k]
			if _, ok := cl.When.Facts[fact]; !ok {
				continue
			}
			if cl.Modality == instrument.Permission {
				cl.When.Facts = map[string]instrument.FactMatch{fact: instrument.IsTrue}
			} else {
				cl.When.Facts = nil
			}
		}
		out.Instruments = append(out.Instruments, &c)
	}
	return out
}
