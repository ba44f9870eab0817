package analysis

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"entente/decision"
	"entente/instrument"
	"entente/intel"
	"entente/party"
	"entente/privacy"
)

// The words of the random laws: few, so that clauses meet and every case can be
// enumerated.
var (
	genTypes         = []string{"incident", "indicator"}
	genPurposes      = []string{"incident-response", "research"}
	genKinds         = []string{"csirt", "isac"}
	genJurisdictions = []string{"AA", "BB"}
	genFacts         = []string{"emergency", "victim_consent"}
	genRegimes       = []string{"cooperation", "cooperation", "data-protection"}
	genCategories    = []privacy.Category{"technical", "personal-identifier", "victim-identity", privacy.Unclassified}
	genParties       = []decision.Actor{
		{ID: "aa", Kind: "csirt", Jurisdiction: "AA"},
		{ID: "bb", Kind: "csirt", Jurisdiction: "BB", Roles: []string{"authority"}},
		{ID: "cc", Kind: "isac", Jurisdiction: "CC", Sectors: []string{"energy"}},
	}
	genStart     = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	genCatalogue = []privacy.Transform{
		{ID: "pseudonymise", Cost: 1, Maps: map[privacy.Category]privacy.Category{"personal-identifier": "personal-pseudonymous"}},
		{ID: "redact-victim", Cost: 4, Maps: map[privacy.Category]privacy.Category{"victim-identity": ""}},
		{ID: "generalise", Cost: 3, Maps: map[privacy.Category]privacy.Category{"personal-identifier": "technical", "personal-pseudonymous": "technical"}},
	}
)

// rounds is how many random laws a property looks at: many more in the long run
// of make nightly, which sets ENTENTE_CASES.
func rounds(n uint64) uint64 {
	if os.Getenv("ENTENTE_CASES") != "" {
		return 20 * n
	}
	return n
}

// gen makes random laws and cases, the same from the same seed.
type gen struct{ *rand.Rand }

func newGen(seed uint64) gen { return gen{rand.New(rand.NewPCG(seed, 7))} }

func (g gen) pct(p int) bool { return g.IntN(100) < p }

func pick[T any](g gen, xs []T) T { return xs[g.IntN(len(xs))] }

func some[T any](g gen, xs []T) []T {
	out := slices.Clone(xs)
	g.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out[:1+g.IntN(max(1, len(out)-1))]
}

func (g gen) when(m instrument.Modality, likely int) instrument.When {
	var w instrument.When
	if g.pct(likely) {
		w.Type = some(g, genTypes)
	}
	if g.pct(likely) {
		w.Purpose = some(g, genPurposes)
	}
	if g.pct(likely / 2) {
		w.RecipientKind = some(g, genKinds)
	}
	if g.pct(likely / 4) {
		w.SenderKind = some(g, genKinds)
	}
	if g.pct(likely / 3) {
		w.RecipientJurisdiction = &instrument.Set{In: some(g, genJurisdictions)}
	} else if g.pct(likely / 3) {
		w.RecipientJurisdiction = &instrument.Set{NotIn: some(g, genJurisdictions)}
	}
	if g.pct(likely / 4) {
		w.SenderJurisdiction = &instrument.Set{In: some(g, genJurisdictions)}
	}
	if g.pct(likely / 5) {
		w.Recipient = []party.ID{pick(g, genParties).ID}
	}
	if g.pct(likely / 6) {
		w.RecipientRole = []string{"authority"}
	}
	if g.pct(likely / 6) {
		w.SenderSector = []string{"energy"}
	}
	if g.pct(likely) {
		low := intel.TLP(g.IntN(4))
		w.TLP = &instrument.TLPRange{Min: low, Max: low + intel.TLP(g.IntN(int(intel.Red-low)+1))}
	}
	if g.pct(likely / 5) {
		w.PAP = &instrument.PAPRange{Max: intel.PAP(g.IntN(4))}
	}
	if g.pct(likely / 8) {
		w.Origin = &instrument.Set{NotIn: []string{string(pick(g, genParties).ID)}}
	}
	if g.pct(likely / 8) {
		w.ReceivedUnder = []string{fmt.Sprintf("i%d", g.IntN(3))}
	}
	if g.pct(likely) {
		c := &instrument.CategorySet{}
		switch {
		case m == instrument.Permission && g.pct(70):
			c.Within = some(g, append(slices.Clone(genCategories), "personal-pseudonymous"))
		case m == instrument.Permission || g.pct(20):
			c.None = some(g, genCategories)[:1]
		default:
			c.Any = some(g, genCategories)
		}
		w.Categories = c
	}
	if g.pct(likely) {
		w.Facts = map[string]instrument.FactMatch{pick(g, genFacts): instrument.FactMatch(g.IntN(3))}
	}
	return w
}

func (g gen) clause(i int) instrument.Clause {
	c := instrument.Clause{ID: fmt.Sprintf("c%d", i), Cite: fmt.Sprintf("Art. %d", i), Act: "share"}
	switch k := g.IntN(100); {
	case k < 45:
		c.Modality = instrument.Permission
	case k < 80:
		c.Modality = instrument.Prohibition
	default:
		c.Modality = instrument.Obligation
		if g.pct(60) {
			c.Grants = pick(g, genRegimes)
		}
		c.Duties = []instrument.Duty{{ID: fmt.Sprintf("d%d", i), What: "do it", Bearer: "sender"}}
	}
	c.When = g.when(c.Modality, 30)
	if g.pct(8) {
		c.Act = pick(g, []string{"report", "onward-share"})
	}
	if i > 0 && g.pct(40) {
		c.ExceptionTo = []string{fmt.Sprintf("c%d", g.IntN(i))}
	}
	if g.pct(15) {
		c.Strength = pick(g, []string{"strict", "guidance"})
	}
	if g.pct(10) {
		c.Onward = &instrument.Onward{Allowed: pick(g, []string{"none", "listed", "same-conditions", "originator-consent"})}
		if c.Onward.Allowed == "listed" {
			c.Onward.To = []string{"bb"}
		}
	}
	if c.Modality != instrument.Prohibition {
		if g.pct(20) {
			c.Requires = append(c.Requires, instrument.Requirement{Without: pick(g, genCategories)})
		}
		if g.pct(10) {
			c.Requires = append(c.Requires, instrument.Requirement{Safeguard: pick(g, []string{"human-approval", "sign"})})
		}
		if g.pct(8) {
			c.Consent = &instrument.Consent{Of: "victim"}
		}
		if c.Modality == instrument.Permission && g.pct(8) {
			c.Verified = instrument.Unverified
		}
	}
	if g.pct(6) {
		c.InForce = &instrument.InForce{From: genStart.AddDate(0, 0, g.IntN(3)-1)}
	}
	return c
}

func (g gen) instrument(n int) *instrument.Instrument {
	i := &instrument.Instrument{
		ID: fmt.Sprintf("i%d", n), Version: "1.0.0", Binding: g.pct(95), Regime: pick(g, genRegimes),
		Default: pick(g, []instrument.Default{instrument.Prohibit, instrument.Permit, instrument.Silent}),
		InForce: instrument.InForce{From: genStart.AddDate(-1, 0, g.IntN(3))}, Rank: max(0, g.IntN(6)-3),
	}
	switch k := g.IntN(100); {
	case k < 40:
		i.Universal = true
	case k < 60:
		i.Jurisdictions = some(g, genJurisdictions)
	default:
		for _, p := range some(g, append(slices.Clone(genParties), genParties[0])) {
			if i.Record(instrument.Seat{Party: p.ID, Jurisdiction: p.Jurisdiction}) == nil {
				i.Parties = append(i.Parties, instrument.PartyRecord{Party: p.ID, Events: []instrument.Event{{Kind: "in-force", At: genStart.AddDate(0, 0, -g.IntN(200))}}})
			}
		}
		if g.pct(20) {
			i.Parties[0].Reservations = []instrument.Reservation{{ID: "r1", Excludes: []string{"c0"}}}
		}
		if g.pct(20) {
			w := g.when(instrument.Permission, 40)
			i.Parties[0].Reservations = []instrument.Reservation{{ID: "r1", Modifies: []instrument.Modification{{Clause: "c0", When: &w}}}}
		}
		if g.pct(20) {
			i.Parties[0].Territory = []string{"AA"}
		}
		if g.pct(20) {
			i.Parties[0].Role = "authority"
		}
	}
	if g.pct(30) {
		w := g.when(instrument.Prohibition, 25)
		w.ReceivedUnder, w.Origin = nil, nil
		i.AppliesWhen = &w
	}
	if g.pct(15) {
		i.Precedence.PrevailsOver = []string{fmt.Sprintf("i%d", g.IntN(4))}
	}
	if g.pct(10) && n > 0 {
		i.Transposes = &instrument.Transposition{Instrument: fmt.Sprintf("i%d", n-1), Replaces: []string{"c0"}}
	}
	for c := range 1 + g.IntN(4) {
		i.Clauses = append(i.Clauses, g.clause(c))
	}
	return i
}

func (g gen) law() decision.Law {
	l := decision.Law{Transforms: genCatalogue}
	base := g.instrument(0)
	base.Binding, base.Universal, base.Regime, base.AppliesWhen = true, true, "cooperation", nil
	base.Jurisdictions, base.Parties = nil, nil
	c := &base.Clauses[0]
	c.Modality, c.When, c.Act, c.Grants, c.Duties, c.Strength = instrument.Permission, instrument.When{}, "share", "", nil, ""
	l.Instruments = append(l.Instruments, base)
	for n := 1; n < 1+g.IntN(4); n++ {
		l.Instruments = append(l.Instruments, g.instrument(n))
	}
	return l
}

// amended is a law with some of its clauses changed.
func (g gen) amended(l decision.Law) decision.Law {
	out := l
	out.Instruments = nil
	for n, i := range l.Instruments {
		c := *i
		c.Clauses = slices.Clone(i.Clauses)
		switch k := g.IntN(10); {
		case k < 3:
			at := g.IntN(len(c.Clauses))
			next := g.clause(at)
			next.ExceptionTo = c.Clauses[at].ExceptionTo
			c.Clauses[at] = next
		case k < 5:
			c.Clauses = append(c.Clauses, g.clause(len(c.Clauses)))
		case k < 6 && n > 0:
			continue
		case k < 7:
			c.Default = pick(g, []instrument.Default{instrument.Prohibit, instrument.Permit})
		case k < 8:
			c.Rank = g.IntN(4)
		}
		c.Version = "1.1.0"
		out.Instruments = append(out.Instruments, &c)
	}
	return out
}

// sample is a case of the universe of a question, drawn at random.
func (g gen) sample(q *question) (decision.Request, pair) {
	for {
		p := pair{int32(g.IntN(len(q.u.senders))), int32(g.IntN(len(q.u.recipients)))}
		r := decision.Request{Sender: q.u.senders[p.from], Recipient: q.u.recipients[p.to], At: q.at, Facts: map[string]bool{}, Act: "share"}
		if r.Sender.ID == r.Recipient.ID {
			continue
		}
		if g.pct(5) {
			r.Act = pick(g, []string{"report", Other})
		}
		r.Purpose = pick(g, append(slices.Clone(genPurposes), Other))
		r.Subject = decision.Subject{
			ID: "case", Type: pick(g, append(slices.Clone(genTypes), Other)), TLP: intel.TLP(g.IntN(5)), PAP: intel.PAP(g.IntN(4)),
			Origin: r.Sender.ID,
		}
		for _, c := range append(slices.Clone(genCategories), "personal-pseudonymous", otherCategory) {
			if g.pct(35) {
				r.Subject.Categories = append(r.Subject.Categories, c)
			}
		}
		slices.Sort(r.Subject.Categories)
		if g.pct(25) {
			r.Subject.ReceivedUnder = []string{fmt.Sprintf("i%d", g.IntN(3))}
			r.Subject.Origin = pick(g, []party.ID{"a-third-party", "aa", r.Sender.ID, r.Recipient.ID})
		}
		for _, f := range append(slices.Clone(genFacts), "human_approval", "originator_consent") {
			if k := g.IntN(3); k < 2 {
				r.Facts[f] = k == 0
			}
		}
		return r, p
	}
}
