package decision_test

import (
	"maps"
	"slices"
	"strings"

	"entente/decision"
	"entente/instrument"
	"entente/intel"
)

// prohibitions lists those nothing has set aside (steps 3 and 4).
func (v *naiveView) prohibitions() []*naiveClause {
	var out []*naiveClause
	for i := range v.clauses {
		p := &v.clauses[i]
		if p.is(instrument.Prohibition) && v.stands(p) && len(v.overriding(p)) == 0 {
			out = append(out, p)
		}
	}
	return out
}

// overriding lists the permissions of other instruments that prevail.
func (v *naiveView) overriding(p *naiveClause) []*naiveClause {
	var out []*naiveClause
	if len(p.cl.ExceptionTo) > 0 {
		return nil
	}
	for i := range v.clauses {
		o := &v.clauses[i]
		if o.is(instrument.Permission) && len(o.cl.ExceptionTo) == 0 && o.in != p.in && o.in.Regime == p.in.Regime && v.stands(o) && v.prevails(o, p) {
			out = append(out, o)
		}
	}
	return out
}

func (v *naiveView) prevails(o, p *naiveClause) bool {
	a, b := o.in, p.in
	first := func(x, y *instrument.Instrument) bool {
		return slices.Contains(x.Precedence.PrevailsOver, y.ID) || slices.Contains(y.Precedence.SubjectTo, x.ID)
	}
	if first(a, b) != first(b, a) {
		return first(a, b)
	}
	if rankOf([]*naiveClause{p}) > rankOf([]*naiveClause{o}) {
		return false
	}
	rank := func(i *instrument.Instrument) int {
		if r, ok := v.law.Ranks[i.ID]; ok {
			return r
		}
		return i.Rank
	}
	if rank(a) != 0 && rank(b) != 0 && rank(a) != rank(b) {
		return rank(a) > rank(b)
	}
	if circle(a) == circle(b) {
		if !a.InForce.From.Equal(b.InForce.From) {
			return a.InForce.From.After(b.InForce.From)
		}
	} else {
		both := func(i *instrument.Instrument) bool {
			return i.Universal || len(i.Parties) > 0 || slices.Contains(i.Jurisdictions, v.req.Recipient.Jurisdiction)
		}
		if both(a) != both(b) {
			return both(a)
		}
	}
	return v.inside(o, p) && !v.inside(p, o)
}

func circle(i *instrument.Instrument) string {
	if i.Universal {
		return "everybody"
	}
	in := map[string]bool{}
	for _, p := range i.Parties {
		in[string(p.Party)] = true
	}
	for _, j := range i.Jurisdictions {
		in["in "+j] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(in)), ",")
}

// inside compares what two clauses match by trying every value of every
// attribute of a small world.
func (v *naiveView) inside(a, b *naiveClause) bool {
	worlds := v.worlds()
	empty := false
	for _, w := range worlds {
		none := true
		for _, x := range w {
			none = none && !x.matches(v, a)
		}
		empty = empty || none
	}
	if empty {
		return true
	}
	for _, w := range worlds {
		for _, x := range w {
			if x.matches(v, a) && !x.matches(v, b) {
				return false
			}
		}
	}
	return true
}

// world is a request in which one attribute has one value; the matchers of the
// other attributes are ignored.
type world struct {
	only string
	req  decision.Request
	cats set
}

func (w *world) matches(v *naiveView, c *naiveClause) bool {
	n := naive{v.law, w.req, true}
	ok := func(x *instrument.When) bool {
		one := instrument.When{}
		switch w.only {
		case "type":
			one.Type = x.Type
		case "purpose":
			one.Purpose = x.Purpose
		case "kind":
			one.RecipientKind = x.RecipientKind
		case "recipient":
			one.Recipient = x.Recipient
		case "to":
			one.RecipientJurisdiction = x.RecipientJurisdiction
		case "from":
			one.SenderJurisdiction = x.SenderJurisdiction
		case "sender-kind":
			one.SenderKind = x.SenderKind
		case "sender-role":
			one.SenderRole = x.SenderRole
		case "recipient-role":
			one.RecipientRole = x.RecipientRole
		case "sender-sector":
			one.SenderSector = x.SenderSector
		case "recipient-sector":
			one.RecipientSector = x.RecipientSector
		case "tlp":
			one.TLP = x.TLP
		case "pap":
			one.PAP = x.PAP
		case "categories":
			one.Categories = x.Categories
		case "facts":
			one.Facts = x.Facts
		}
		return n.fits(c.in, &one, w.cats, false) == surely
	}
	return (c.in.AppliesWhen == nil || ok(c.in.AppliesWhen)) && ok(&c.cl.When)
}

func subsets(words []string) [][]string {
	var out [][]string
	for m := range 1 << len(words) {
		var s []string
		for i, w := range words {
			if m&(1<<i) != 0 {
				s = append(s, w)
			}
		}
		out = append(out, s)
	}
	return out
}

func (v *naiveView) worlds() [][]world {
	var out [][]world
	add := func(only string, values []string, f func(*decision.Request, string)) {
		var ws []world
		for _, x := range append(slices.Clone(values), "something else") {
			w := world{only: only, req: v.req}
			f(&w.req, x)
			ws = append(ws, w)
		}
		out = append(out, ws)
	}
	add("type", genTypes, func(r *decision.Request, x string) { r.Subject.Type = x })
	add("purpose", genPurposes, func(r *decision.Request, x string) { r.Purpose = x })
	add("kind", genKinds, func(r *decision.Request, x string) { r.Recipient.Kind = x })
	add("to", genJurisdictions, func(r *decision.Request, x string) { r.Recipient.Jurisdiction = x })
	add("from", genJurisdictions, func(r *decision.Request, x string) { r.Sender.Jurisdiction = x })
	add("recipient", genPartyIDs(), func(r *decision.Request, x string) { r.Recipient = decision.Actor{ID: partyID(x)} })
	add("sender-kind", genKinds, func(r *decision.Request, x string) { r.Sender.Kind = x })
	for _, a := range []struct {
		only string
		set  func(r *decision.Request, words []string)
	}{
		{"sender-role", func(r *decision.Request, words []string) { r.Sender = decision.Actor{Roles: words} }},
		{"recipient-role", func(r *decision.Request, words []string) { r.Recipient = decision.Actor{Roles: words} }},
		{"sender-sector", func(r *decision.Request, words []string) { r.Sender = decision.Actor{Sectors: words} }},
		{"recipient-sector", func(r *decision.Request, words []string) { r.Recipient = decision.Actor{Sectors: words} }},
	} {
		var ws []world
		for _, words := range subsets(append(slices.Clone(genRoles), "something else")) {
			w := world{only: a.only, req: v.req}
			a.set(&w.req, words)
			ws = append(ws, w)
		}
		out = append(out, ws)
	}
	var tlps, paps, cats, facts []world
	for t := intel.Clear; t <= intel.Red; t++ {
		w := world{only: "tlp", req: v.req}
		w.req.Subject.TLP = t
		tlps = append(tlps, w)
	}
	for p := intel.PAPClear; p <= intel.PAPRed; p++ {
		w := world{only: "pap", req: v.req}
		w.req.Subject.PAP = p
		paps = append(paps, w)
	}
	all := append(slices.Clone(genCategories), "something else")
	for m := range 1 << len(all) {
		w := world{only: "categories", req: v.req, cats: set{}}
		for i, c := range all {
			if m&(1<<i) != 0 {
				w.cats[c] = true
			}
		}
		cats = append(cats, w)
	}
	for m := range 1 << len(genFacts) {
		w := world{only: "facts", req: v.req}
		w.req.Facts = map[string]bool{}
		for i, f := range genFacts {
			w.req.Facts[f] = m&(1<<i) != 0
		}
		facts = append(facts, w)
	}
	return append(out, tlps, paps, cats, facts)
}
