package decision

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"entente/intel"
)

// whatIf lists the single changes that would make the answer better: a fact
// that were true, a less restrictive label, another purpose the law speaks of,
// another recipient.
func (x *explainer) whatIf(r *Request, o Options) []WhatIf {
	var out []WhatIf
	try := func(change string, q *Query) bool {
		d := x.e.newDecider(q)
		f := d.find()
		if !f.better(x.finding) {
			return false
		}
		out = append(out, WhatIf{Change: change, Outcome: f.outcome, Transforms: d.ids(f.form.used)})
		return true
	}
	for _, f := range x.openFacts() {
		q := *x.q
		q.facts = slices.Clone(q.facts)
		q.facts[x.e.vocabulary.facts[f]] = isTrue
		try(f+" were true", &q)
	}
	for t := min(r.Subject.TLP, intel.Red); t > intel.Clear; {
		t--
		q := *x.q
		q.tlp = x.e.matchers.tlp[t]
		if try("TLP:"+strings.ToUpper(t.String()), &q) {
			break
		}
	}
	for _, p := range slices.Sorted(maps.Keys(x.e.matchers.purpose.of)) {
		if p != r.Purpose {
			q := *x.q
			q.purpose = x.e.matchers.purpose.bits(p)
			try("purpose "+p, &q)
		}
	}
	others := slices.Clone(o.Alternatives)
	slices.SortFunc(others, func(a, b Actor) int { return cmp.Compare(a.ID, b.ID) })
	for _, to := range others {
		if to.ID != r.Recipient.ID {
			q := *x.q
			q.pair = x.e.between(r, &to)
			try(string(to.ID)+" instead", &q)
		}
	}
	return out
}

// openFacts lists the facts that clauses left over look at and that are not
// known to be true, sorted.
func (x *explainer) openFacts() []string {
	var out []string
	note := func(f uint32) {
		if x.q.facts[f] != isTrue {
			out = append(out, x.e.vocabulary.factNames[f])
		}
	}
	for _, n := range x.cands {
		for _, t := range x.e.rules[n].facts {
			note(t.fact)
		}
	}
	if x.q.onward {
		note(x.e.vocabulary.facts[originatorConsent])
	}
	slices.Sort(out)
	return slices.Compact(out)
}
