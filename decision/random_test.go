package decision_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"entente/decision"
	"entente/instrument"
	"entente/intel"
	"entente/internal/ident"
	"entente/party"
	"entente/privacy"
)

// maker makes random laws and requests. The same seed makes the same case, so a
// failure is repeated by its seed alone.
type maker struct {
	r    *rand.Rand
	seed uint64
}

func newMaker(seed uint64) *maker { return &maker{rand.New(rand.NewPCG(seed, 1)), seed} }

var (
	monday     = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	kinds      = []string{"csirt", "isac", "regulator"}
	places     = []string{"AA", "BB", "CC"}
	types      = []string{"incident", "indicator", "malware"}
	purposes   = []string{"incident-response", "cyber-defence", "research"}
	factNames  = []string{"consent", "emergency", "significant"}
	regimes    = []string{"cooperation", "data-protection", "reporting"}
	categoryOf = []privacy.Category{
		privacy.Technical, privacy.PersonalContact, privacy.PersonalIdentifier, privacy.PersonalPseudonymous,
		privacy.PersonalSpecial, privacy.VictimIdentity, privacy.Credentials, privacy.Unclassified,
	}
	randomTransforms = []privacy.Transform{
		{ID: "a-pseudonymise", Maps: map[privacy.Category]privacy.Category{privacy.PersonalIdentifier: privacy.PersonalPseudonymous}, Cost: 1},
		{ID: "b-generalise", Maps: map[privacy.Category]privacy.Category{privacy.PersonalIdentifier: privacy.Technical, privacy.PersonalPseudonymous: privacy.Technical}, Cost: 3},
		{ID: "c-contact", Maps: map[privacy.Category]privacy.Category{privacy.PersonalContact: ""}, Cost: 2},
		{ID: "d-victim", Maps: map[privacy.Category]privacy.Category{privacy.VictimIdentity: ""}, Cost: 4},
		{ID: "e-text", Maps: map[privacy.Category]privacy.Category{privacy.Unclassified: ""}, Cost: 5},
	}
)

func (m *maker) chance(percent int) bool { return m.r.IntN(100) < percent }

func some[T any](m *maker, from []T, atMost int) []T {
	out := make([]T, 0, atMost)
	for _, i := range m.r.Perm(len(from))[:1+m.r.IntN(min(atMost, len(from)))] {
		out = append(out, from[i])
	}
	return out
}

func one[T any](m *maker, from []T) T { return from[m.r.IntN(len(from))] }

// law makes two to eight instruments. Within a regime they bind the same circle
// and start on different days, so that precedence never depends on how specific
// a clause is.
func (m *maker) law() decision.Law {
	l := decision.Law{Transforms: randomTransforms}
	for i := range 2 + m.r.IntN(7) {
		l.Instruments = append(l.Instruments, m.instrument(i))
	}
	return l
}

func (m *maker) instrument(n int) *instrument.Instrument {
	in := &instrument.Instrument{
		ID: fmt.Sprintf("law-%d", n), Title: "law", Nature: "treaty", Binding: true, Regime: one(m, regimes), Version: "1.0.0",
		Default: one(m, []instrument.Default{instrument.Prohibit, instrument.Permit, instrument.Silent, instrument.Silent}),
		InForce: instrument.InForce{From: monday.AddDate(-1, 0, -10*n)},
	}
	in.Hash = ident.Sum([]byte(in.ID))
	switch in.Regime {
	case "cooperation":
		in.Parties = m.parties(in)
	case "data-protection":
		in.Jurisdictions = []string{"AA", "BB"}
	default:
		in.Universal = true
	}
	if m.chance(30) {
		in.Rank = 1 + m.r.IntN(3)
	}
	if n > 0 && m.chance(15) {
		in.Precedence.PrevailsOver = []string{fmt.Sprintf("law-%d", m.r.IntN(n))}
	}
	if m.chance(15) {
		in.Term.Sunset = monday.AddDate(0, 0, m.r.IntN(60)-30)
	}
	if m.chance(30) {
		in.AppliesWhen = &instrument.When{Categories: &instrument.CategorySet{Any: some(m, categoryOf[:7], 3)}}
	}
	for c := range 1 + m.r.IntN(6) {
		in.Clauses = append(in.Clauses, m.clause(in, c))
	}
	return in
}

func (m *maker) parties(in *instrument.Instrument) []instrument.PartyRecord {
	var out []instrument.PartyRecord
	for _, id := range []party.ID{"sender", "recipient"} {
		rec := instrument.PartyRecord{Party: id, Events: []instrument.Event{{Kind: "in-force", At: in.InForce.From}}}
		if m.chance(15) {
			rec.Events = append(rec.Events, instrument.Event{Kind: "suspension", At: monday.AddDate(0, 0, m.r.IntN(40)-20)})
		}
		if m.chance(15) {
			rec.Reservations = []instrument.Reservation{{ID: "r", Excludes: []string{"c0"}}}
		}
		out = append(out, rec)
	}
	return out
}

// clause makes a root, or an exception of the opposite modality to an earlier clause.
func (m *maker) clause(in *instrument.Instrument, n int) instrument.Clause {
	c := instrument.Clause{ID: fmt.Sprintf("c%d", n), Cite: fmt.Sprintf("Art. %d", n), Act: "share"}
	c.Modality = one(m, []instrument.Modality{instrument.Permission, instrument.Permission, instrument.Permission, instrument.Prohibition, instrument.Obligation})
	if n > 0 && m.chance(35) {
		parent := &in.Clauses[m.r.IntN(n)]
		switch parent.Modality {
		case instrument.Prohibition:
			c.Modality, c.ExceptionTo = instrument.Permission, []string{parent.ID}
		case instrument.Permission:
			c.Modality, c.ExceptionTo = instrument.Prohibition, []string{parent.ID}
		case instrument.Obligation:
		}
	}
	c.When = m.when(c.Modality)
	if c.Modality != instrument.Prohibition && m.chance(25) {
		c.Requires = []instrument.Requirement{{Without: one(m, categoryOf[1:7]), AtLeast: "something"}}
	}
	if c.Modality == instrument.Obligation {
		c.Act = one(m, []string{"share", "share", "report"})
		c.Duties = []instrument.Duty{{ID: "duty-" + c.ID, What: "do it", Bearer: "sender"}}
		if m.chance(50) {
			c.Grants = one(m, regimes)
		}
	}
	if m.chance(10) {
		c.InForce = &instrument.InForce{From: monday.AddDate(0, 0, m.r.IntN(40)-20)}
	}
	return c
}

func (m *maker) when(modality instrument.Modality) instrument.When {
	var w instrument.When
	if m.chance(25) {
		w.Type = some(m, types, 2)
	}
	if m.chance(20) {
		w.Purpose = some(m, purposes, 2)
	}
	if m.chance(30) {
		w.RecipientKind = some(m, kinds, 2)
	}
	if m.chance(25) {
		w.RecipientJurisdiction = &instrument.Set{In: some(m, places, 2)}
		if m.chance(40) {
			w.RecipientJurisdiction = &instrument.Set{NotIn: some(m, places, 2)}
		}
	}
	if m.chance(30) {
		low := intel.TLP(m.r.IntN(3))
		w.TLP = &instrument.TLPRange{Min: low, Max: low + intel.TLP(m.r.IntN(int(intel.Red-low)+1))}
	}
	m.matchCategories(&w, modality)
	if m.chance(30) {
		w.Facts = map[string]instrument.FactMatch{one(m, factNames): one(m, []instrument.FactMatch{instrument.IsTrue, instrument.IsTrue, instrument.IsFalse})}
		if modality == instrument.Prohibition && m.chance(30) {
			w.Facts = map[string]instrument.FactMatch{one(m, factNames): instrument.IsNotTrue}
		}
	}
	return w
}

func (m *maker) matchCategories(w *instrument.When, modality instrument.Modality) {
	switch {
	case !m.chance(50):
	case modality == instrument.Permission && m.chance(70):
		w.Categories = &instrument.CategorySet{Within: append(some(m, categoryOf, 6), privacy.Technical)}
	case modality == instrument.Permission:
		w.Categories = &instrument.CategorySet{None: some(m, categoryOf[1:7], 3)}
	default:
		w.Categories = &instrument.CategorySet{Any: some(m, categoryOf[1:7], 2)}
	}
}

func (m *maker) request() decision.Request {
	cats := some(m, categoryOf, 4)
	slices.Sort(cats)
	r := decision.Request{
		Subject: decision.Subject{
			ID: "incident--1", Type: one(m, types), Hash: ident.Sum([]byte("o")), TLP: intel.TLP(m.r.IntN(5)), Categories: cats, Origin: "sender",
		},
		Sender:    decision.Actor{ID: "sender", Kind: "csirt", Jurisdiction: one(m, places)},
		Recipient: decision.Actor{ID: one(m, []party.ID{"recipient", "recipient", "recipient", "stranger"}), Kind: one(m, kinds), Jurisdiction: one(m, places)},
		Act:       "share", Purpose: one(m, purposes), At: monday.AddDate(0, 0, m.r.IntN(20)-10), Facts: map[string]bool{},
	}
	for _, f := range factNames {
		if m.chance(70) {
			r.Facts[f] = m.chance(50)
		}
	}
	if m.chance(3) {
		r.Subject.Closed = "unknown marking"
	}
	return r
}
