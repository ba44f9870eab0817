// Package workload makes up treaty-like clauses and the questions put to them,
// so that every engine decides the same law.
//
// It uses the standard library only and its own random numbers, so that a seed
// and a size give the same output on every machine and with every Go version.
// It is not a picture of real law: real law is in the examples of the product.
// Invariant: [Evaluate] is what every engine must agree with.
package workload

import (
	"fmt"
	"slices"
	"sort"
)

// Everywhere is the agreement of a clause that is law whatever was agreed.
const Everywhere = "*"

// The effects of a clause.
const (
	EffectPermit = "permit"
	EffectForbid = "forbid"
	EffectOblige = "oblige"
)

// The answers to a case.
const (
	Permit      = "permit"
	Forbid      = "forbid"
	DefaultDeny = "default-deny"
)

// Policy is one clause. An empty list does not restrict.
type Policy struct {
	ID            string   `json:"id"`
	Agreement     string   `json:"agreement"` // or Everywhere
	Article       string   `json:"article"`
	Effect        string   `json:"effect"`
	Types         []string `json:"types"`
	TLPMin        int      `json:"tlp_min"` // 0 clear, 1 green, 2 amber, 3 amber+strict, 4 red
	TLPMax        int      `json:"tlp_max"`
	CatsAny       []string `json:"cats_any"`    // at least one of them is in the object
	CatsWithin    []string `json:"cats_within"` // all that is in the object is among them
	Purposes      []string `json:"purposes"`
	Jurisdictions []string `json:"jurisdictions"` // of the recipient
	Parties       []string `json:"parties"`       // recipients
	From          int64    `json:"from"`          // Unix seconds, inclusive
	Until         int64    `json:"until"`         // Unix seconds, exclusive
	Transforms    []string `json:"transforms"`    // what whoever relies on the clause must do
}

// Case is one question: may this object go to this recipient?
type Case struct {
	ID           string   `json:"id"`
	Type         string   `json:"type"`
	TLP          int      `json:"tlp"`
	Cats         []string `json:"cats"` // sorted
	Purpose      string   `json:"purpose"`
	Recipient    string   `json:"recipient"`
	Jurisdiction string   `json:"jurisdiction"`
	Agreement    string   `json:"agreement"`
	Now          int64    `json:"now"`
}

// NumParties is how many possible recipients there are.
const NumParties = 200

// T0 is 2025-01-01T00:00:00Z; the cases are in the year after it.
const T0 = int64(1735689600)

const year = int64(365 * 86400)

type vocabulary struct {
	types, categories, purposes, transforms, countries, parties []string
}

func words() vocabulary {
	v := vocabulary{
		types: []string{
			"indicator", "malware", "observed-data", "incident", "vulnerability", "attack-pattern", "report", "identity",
			"course-of-action", "threat-actor", "campaign", "intrusion-set", "infrastructure", "assistance-request",
		},
		categories: []string{
			"technical", "personal-contact", "personal-identifier", "personal-special", "victim-identity", "classified",
			"commercial", "vuln-undisclosed", "evidence", "financial", "health", "credentials",
		},
		purposes: []string{
			"cyber-defence", "incident-response", "law-enforcement", "research", "regulatory-reporting",
			"collective-defence", "exercise", "attribution",
		},
		transforms: []string{"pseudonymise", "redact-victim", "strip-evidence", "generalise-time", "drop-credentials", "mask-ip"},
		countries: []string{
			"AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV", "LT", "LU", "MT", "NL",
			"PL", "PT", "RO", "SK", "SI", "ES", "SE", "NO", "IS", "LI", "CH", "GB", "US", "CA", "AU", "NZ", "JP", "KR", "SG", "IL",
			"TR", "UA", "GE", "MD", "AL", "MK", "ME", "BR", "MX", "AR", "CL", "CO", "ZA", "KE", "NG", "MA", "IN", "ID", "MY", "TH",
		},
		parties: make([]string, NumParties),
	}
	for i := range v.parties {
		v.parties[i] = PartyID(i)
	}
	return v
}

// PartyJurisdiction is where a recipient is established; i is less than [NumParties].
func PartyJurisdiction(i int) string {
	countries := words().countries
	return countries[i*7%len(countries)]
}

// PartyID names a recipient; i is less than [NumParties].
func PartyID(i int) string { return fmt.Sprintf("party-%03d", i) }

// AgreementID names an agreement.
func AgreementID(i int) string { return fmt.Sprintf("a-%04d", i) }

// agreements is how many agreements n clauses are spread over: about ten
// clauses each, at least three agreements.
func agreements(n int) int { return max(n/10, 3) }

// Policies makes up n clauses.
func Policies(seed uint64, n int) []Policy {
	r := random{seed*1000003 + uint64(n)} //nolint:gosec // G115: n counts clauses
	v := words()
	out := make([]Policy, n)
	for i := range out {
		none := []string{} // not nil, which some engines would read as null
		p := Policy{
			ID: fmt.Sprintf("c%05d", i), Agreement: Everywhere, TLPMax: 4,
			Types: none, CatsAny: none, CatsWithin: none, Purposes: none, Jurisdictions: none, Parties: none, Transforms: none,
		}
		law := r.percent(10)
		if !law {
			p.Agreement = AgreementID(r.below(agreements(n)))
		}
		p.Article = fmt.Sprintf("Art. %d(%d)", r.between(1, 60), r.between(1, 9))
		p.From = T0 - int64(r.between(0, 8))*year/2
		p.Until = T0 + int64(r.between(1, 16))*year/2
		switch k := r.below(100); {
		case !law && k < 60:
			r.permission(&p, &v)
		case k < 85:
			r.prohibition(&p, &v, law)
		default:
			r.obligation(&p, &v, law)
		}
		out[i] = p
	}
	return out
}

func (r *random) permission(p *Policy, v *vocabulary) {
	p.Effect = EffectPermit
	p.Types = r.subset(v.types, 4, 10)
	p.TLPMax = r.between(1, 4)
	p.CatsWithin = r.subset(v.categories, 6, 11)
	p.Purposes = r.subset(v.purposes, 2, 6)
	switch x := r.below(100); {
	case x < 50:
	case x < 85:
		p.Jurisdictions = r.subset(v.countries, 8, 40)
	default:
		p.Parties = r.subset(v.parties, 10, 60)
	}
	if r.percent(30) {
		p.Transforms = r.subset(v.transforms, 1, 2)
	}
}

func (r *random) prohibition(p *Policy, v *vocabulary, law bool) {
	p.Effect = EffectForbid
	p.CatsAny = r.subset(v.categories, 1, 2)
	p.TLPMin = r.between(0, 3)
	if r.percent(60) {
		p.Types = r.subset(v.types, 1, 5)
	}
	if r.percent(60) || law {
		p.Purposes = r.subset(v.purposes, 1, 3)
	}
	low, high := 3, 15
	if law {
		low, high = 1, 4 // a national law is about few countries
	}
	p.Jurisdictions = r.subset(v.countries, low, high)
}

func (r *random) obligation(p *Policy, v *vocabulary, law bool) {
	p.Effect = EffectOblige
	p.CatsAny = r.subset(v.categories, 1, 3)
	if r.percent(50) {
		p.Types = r.subset(v.types, 2, 8)
	}
	if r.percent(60) || law {
		p.Jurisdictions = r.subset(v.countries, 5, 30)
	}
	p.Transforms = r.subset(v.transforms, 1, 3)
}

// Cases makes up m questions to n clauses.
func Cases(seed uint64, n, m int) []Case {
	r := random{seed*7919 + uint64(n)*31 + 17} //nolint:gosec // G115: n counts clauses
	v := words()
	out := make([]Case, m)
	for i := range out {
		to := r.below(NumParties)
		c := Case{
			ID: fmt.Sprintf("case-%05d", i), Type: r.pick(v.types), Purpose: r.pick(v.purposes),
			Recipient: v.parties[to], Jurisdiction: PartyJurisdiction(to),
			Agreement: AgreementID(r.below(agreements(n))),
			Now:       T0 + int64(r.below(365))*86400,
		}
		switch x := r.below(100); { // most of what is shared is little restricted
		case x < 25:
		case x < 60:
			c.TLP = 1
		case x < 85:
			c.TLP = 2
		case x < 95:
			c.TLP = 3
		default:
			c.TLP = 4
		}
		c.Cats = r.subset(v.categories, 1, 3)
		out[i] = c
	}
	return out
}

// OneDay puts every case on one day, as a node meets them.
func OneDay(cs []Case) []Case {
	out := slices.Clone(cs)
	for i := range out {
		out[i].Now = T0 + year/2
	}
	return out
}

// random is splitmix64.
type random struct{ state uint64 }

func (r *random) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

func (r *random) below(n int) int {
	return int(r.next() % uint64(n)) //nolint:gosec // G115: n is small, and so is the rest
}

func (r *random) percent(p int) bool      { return r.below(100) < p }
func (r *random) between(lo, hi int) int  { return lo + r.below(hi-lo+1) }
func (r *random) pick(ws []string) string { return ws[r.below(len(ws))] }

// subset picks between low and high words, sorted.
func (r *random) subset(ws []string, low, high int) []string {
	k := r.between(low, high)
	from := slices.Clone(ws)
	for i := range k {
		j := i + r.below(len(from)-i)
		from[i], from[j] = from[j], from[i]
	}
	sort.Strings(from[:k])
	return from[:k:k]
}
