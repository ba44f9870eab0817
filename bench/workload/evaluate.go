package workload

import "slices"

// Result is the answer to a case.
type Result struct {
	Decision string
	Matched  []string // ids of every clause that matches, in the order of the clauses
}

// Evaluate looks at every clause in turn. Any prohibition that matches forbids;
// otherwise any permission permits; otherwise nothing does. Obligations are
// reported and decide nothing.
func Evaluate(ps []Policy, c *Case) Result {
	var r Result
	permit, forbid := false, false
	for i := range ps {
		p := &ps[i]
		if !Matches(p, c) {
			continue
		}
		r.Matched = append(r.Matched, p.ID)
		permit = permit || p.Effect == EffectPermit
		forbid = forbid || p.Effect == EffectForbid
	}
	r.Decision = Combine(permit, forbid)
	return r
}

// Matches reports whether a clause applies to a case.
func Matches(p *Policy, c *Case) bool {
	if p.Agreement != Everywhere && p.Agreement != c.Agreement {
		return false
	}
	if c.TLP < p.TLPMin || c.TLP > p.TLPMax || c.Now < p.From || c.Now >= p.Until {
		return false
	}
	listed := func(list []string, w string) bool { return len(list) == 0 || slices.Contains(list, w) }
	if !listed(p.Types, c.Type) || !listed(p.Purposes, c.Purpose) ||
		!listed(p.Jurisdictions, c.Jurisdiction) || !listed(p.Parties, c.Recipient) {
		return false
	}
	if len(p.CatsAny) > 0 && !slices.ContainsFunc(c.Cats, func(w string) bool { return slices.Contains(p.CatsAny, w) }) {
		return false
	}
	return len(p.CatsWithin) == 0 ||
		!slices.ContainsFunc(c.Cats, func(w string) bool { return !slices.Contains(p.CatsWithin, w) })
}

// Combine is the answer when some permission or prohibition matched.
func Combine(permit, forbid bool) string {
	switch {
	case forbid:
		return Forbid
	case permit:
		return Permit
	default:
		return DefaultDeny
	}
}
