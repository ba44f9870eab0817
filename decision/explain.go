package decision

import (
	"fmt"
	"slices"
	"strings"

	"entente/instrument"
	"entente/privacy"
)

// explainer fills in why.
type explainer struct {
	*decider
	out     *Decision
	finding finding
}

func (x *explainer) lawful() bool { return x.finding.outcome != Deny && !x.finding.conflict }

// explain writes everything but the counterfactuals. What denies is said of the
// object as it is; bases and duties of the form that may leave.
func (x *explainer) explain() {
	x.reserved()
	asIs := x.view(x.q.has, false)
	x.unknowns()
	duties := x.duties()
	if !x.lawful() {
		x.out.Because = x.refusals(&asIs)
	} else {
		if x.finding.form.used != 0 {
			x.needs()
			x.out.Sent = x.categoriesOf(x.finding.form.has)
		}
		x.view(x.finding.form.has, false)
		x.unknowns()
		x.preconditions()
	}
	x.basis()
	x.lawApplied()
	x.warnings()
	x.dilemma(duties)
	slices.Sort(x.out.Unknowns)
	x.out.Unknowns = slices.Compact(x.out.Unknowns)
}

// reserved notes the clauses that a reservation takes out and that would have
// matched.
func (x *explainer) reserved() {
	for _, r := range x.q.pair.reserved {
		if x.e.wouldMatch(x.q, r.rule, x.e.looking(x.q.has)) {
			ref := x.e.ref(r.rule)
			x.out.NotUsed = append(x.out.NotUsed, NotUsed{ref.Instrument + " " + ref.Cite, r.why})
		}
	}
}

// unknowns notes the unknown facts that kept a clause in view from being
// certain. An exception to nothing that matched mattered to nobody.
func (x *explainer) unknowns() {
	note := func(n uint32) {
		for _, t := range x.e.rules[n].facts {
			if x.q.facts[t.fact] == unknown {
				x.out.Unknowns = append(x.out.Unknowns, x.e.vocabulary.factNames[t.fact])
			}
		}
	}
	for i := range x.v.hits {
		m := &x.v.hits[i]
		r := &x.e.rules[m.rule]
		if m.certain || r.advisory || !r.root && !x.hasParent(r) {
			continue
		}
		note(m.rule)
		if r.scoped {
			note(uint32(x.e.insts[r.inst].scope)) //nolint:gosec // G115: a rule number
		}
	}
	for _, in := range x.v.inside {
		note(uint32(x.e.insts[in].scope)) //nolint:gosec // G115: as above
	}
}

func (x *explainer) hasParent(r *rule) bool {
	return slices.ContainsFunc(x.v.hits, func(m Match) bool { return contains(r.parents, m.rule) })
}

// refusals is why the object may not leave as it is.
func (x *explainer) refusals(g *ruling) []Reason {
	var out []Reason
	if x.q.shut != "" {
		out = append(out, Reason{Text: x.q.shut})
	}
	out = append(out, x.terms.refused...)
	return append(out, x.reasons(g)...)
}

// reasons is why the form in view may not leave: clauses in their order, then
// the regimes nothing opens.
func (x *explainer) reasons(g *ruling) []Reason {
	var out []Reason
	shut := g.closed &^ g.opened
	for i := range x.v.hits {
		m := &x.v.hits[i]
		r := &x.e.rules[m.rule]
		switch {
		case r.advisory:
		case r.kind == kindProhibition && m.fate == stands:
			out = append(out, Reason{x.e.ref(m.rule), "prohibits"})
		case r.kind == kindPermission && m.fate == unmet && m.certain && (r.root && r.regime&shut != 0 || x.leaves(r)),
			r.kind == kindObligation && x.q.actName == r.clause.Act && (m.fate == stands || m.fate == excepted && x.v.lacks(m)):
			out = append(out, x.lacking(m.rule)...)
		}
	}
	for _, c := range g.conflicts {
		out = append(out, Reason{x.e.ref(c.parent), fmt.Sprintf("has two exceptions that contradict each other, %s and %s",
			x.e.ref(c.lifts).Cite, x.e.ref(c.restores).Cite)})
	}
	var gates []string
	for i, name := range x.e.vocabulary.regimeName {
		if shut&(1<<i) != 0 {
			gates = append(gates, name)
		}
	}
	slices.Sort(gates)
	for _, name := range gates {
		out = append(out, Reason{Text: "no clause of the " + name + " regime permits this transfer"})
	}
	return out
}

// leaves reports whether an exception that cannot be relied on leaves a
// prohibition standing.
func (x *explainer) leaves(r *rule) bool {
	return slices.ContainsFunc(x.v.hits, func(m Match) bool {
		return m.fate == stands && x.e.rules[m.rule].kind == kindProhibition && contains(r.parents, m.rule)
	})
}

// lacking is what a clause requires and the form in view is not.
func (x *explainer) lacking(n uint32) []Reason {
	var out []Reason
	defs := x.e.insts[x.e.rules[n].inst].doc.Definitions
	for _, q := range x.e.rules[n].clause.Requires {
		if q.Without == "" || !x.present(expand([]privacy.Category{q.Without}, defs, loose)) {
			continue
		}
		text := fmt.Sprintf("requires at least %s of %s", q.AtLeast, q.Without)
		if q.AtLeast == "" {
			text = fmt.Sprintf("requires the removal of %s", q.Without)
		}
		ref := x.e.ref(n)
		if q.Cite != "" {
			ref.Cite = q.Cite
		}
		out = append(out, Reason{ref, text})
	}
	return out
}

func (x *explainer) present(cs []privacy.Category) bool {
	return slices.ContainsFunc(cs, func(c privacy.Category) bool {
		return x.e.vocabulary.categories[c]&x.v.look.possible() != 0
	})
}

// needs says of each transformation what the law says without it.
func (x *explainer) needs() {
	used := x.finding.form.used
	x.out.Transforms = x.ids(used)
	for i := range x.e.catalogue {
		if used&(1<<i) == 0 {
			continue
		}
		g := x.view(x.without(used, i), false)
		for _, r := range x.reasons(&g) {
			x.out.Needs = append(x.out.Needs, Need{x.e.catalogue[i].id, r})
		}
	}
}

// basis lists the clauses in view and what they did, the duties they bring, and
// what contradicted what.
func (x *explainer) basis() {
	for i := range x.v.hits {
		m := &x.v.hits[i]
		r := &x.e.rules[m.rule]
		if r.advisory || r.kind == kindPermission && !m.certain {
			continue
		}
		b := Basis{ClauseRef: x.e.ref(m.rule), Text: r.clause.Text}
		switch {
		case m.fate == excepted && r.grants != 0 && x.v.opens(m, r):
			b.Effect = EffectPermits // it need not be done and may be
		case m.fate == excepted:
			b.Effect, b.DefeatedBy = EffectDefeated, x.e.ref(m.by).Cite
		case m.fate == outranked:
			by := x.e.ref(m.by)
			b.Effect, b.DefeatedBy = EffectDefeated, by.Instrument+" "+by.Cite
		case m.fate == unmet, r.kind == kindProhibition:
			continue // among the reasons
		case r.kind == kindObligation:
			b.Effect = EffectObliges
		case r.root:
			b.Effect = EffectPermits
		case x.applies(r):
			b.Effect = EffectExcepts
		default:
			continue // an exception to nothing that matched
		}
		x.out.Basis = append(x.out.Basis, b)
	}
	x.out.Duties = x.duties()
	x.out.Conflicts = x.conflicts()
}

// applies reports whether an exception has set something aside.
func (x *explainer) applies(r *rule) bool {
	return slices.ContainsFunc(x.v.hits, func(m Match) bool {
		return m.fate == excepted && contains(r.parents, m.rule)
	})
}

// duties lists the duties of the clauses in view: of the obligations always, of
// the permissions only where they are relied on.
func (x *explainer) duties() []DutyRef {
	var out []DutyRef
	for i := range x.v.hits {
		m := &x.v.hits[i]
		r := &x.e.rules[m.rule]
		if r.advisory || m.fate != stands {
			continue
		}
		relied := m.certain && x.lawful() && (r.root || x.applies(r))
		if r.kind == kindObligation || r.kind == kindPermission && relied {
			for j := range r.clause.Duties {
				out = append(out, DutyOf(x.e.ref(m.rule), &r.clause.Duties[j]))
			}
			out = append(out, notices(x.e.ref(m.rule), r.clause.Derogation)...)
		}
	}
	return out
}

// DutyOf is how a duty of a clause is referred to.
func DutyOf(ref ClauseRef, d *instrument.Duty) DutyRef {
	if d.Cite != "" {
		ref.Cite = d.Cite
	}
	out := DutyRef{ClauseRef: ref, ID: d.ID, What: d.What, Bearer: d.Bearer, To: d.To, After: d.After, Soft: d.Soft}
	if !d.Within.IsZero() {
		out.Within = d.Within.String()
	}
	switch {
	case len(d.EarliestOf) > 0:
		out.Clock = "the earliest of " + clocks(d.EarliestOf)
	case len(d.LatestOf) > 0:
		out.Clock = "the latest of " + clocks(d.LatestOf)
	}
	return out
}

func clocks(cs []instrument.Clock) string {
	out := make([]string, len(cs))
	for i, c := range cs {
		out[i] = c.After
		if !c.Within.IsZero() {
			out[i] = c.Within.String() + " after " + c.After
		}
	}
	return strings.Join(out, ", ")
}

// notices are the duties of whoever relies on a derogation to tell of it.
func notices(ref ClauseRef, d *instrument.Derogation) []DutyRef {
	if d == nil {
		return nil
	}
	out := make([]DutyRef, len(d.Notify))
	for i, to := range d.Notify {
		out[i] = DutyRef{ClauseRef: ref, ID: "notify-" + to, What: "tell " + to + " that the derogation was relied on", Bearer: "sender", To: to}
	}
	return out
}

// preconditions lists the safeguards to be met, and what only a person can
// meet as reasons to refer.
func (x *explainer) preconditions() {
	x.out.Preconditions = slices.Clone(x.terms.ask)
	x.v.relied(func(n uint32) {
		for _, s := range x.e.rules[n].safeguards {
			p := Precondition{x.e.ref(n), s.name, s.by}
			p.Cite = s.cite
			if x.q.facts[s.fact] != isTrue && !slices.Contains(x.out.Preconditions, p) {
				x.out.Preconditions = append(x.out.Preconditions, p)
			}
		}
	})
	if x.finding.outcome != Refer {
		return
	}
	for _, p := range x.out.Preconditions {
		if byPerson(p.Safeguard) {
			x.out.Because = append(x.out.Because, Reason{p.ClauseRef, "requires " + p.Safeguard})
		}
	}
}

func (x *explainer) lawApplied() {
	for _, i := range x.q.pair.inForce {
		if x.e.insts[i].scope < 0 || slices.Contains(x.v.inside, i) {
			x.applied(i)
		}
	}
	for _, i := range x.terms.consulted {
		d := x.e.insts[i].doc
		if !slices.ContainsFunc(x.out.LawApplied, func(l LawRef) bool { return l.Instrument == d.ID && l.Version == d.Version }) {
			x.applied(i)
		}
		x.out.NotUsed = slices.DeleteFunc(slices.Clone(x.out.NotUsed), func(n NotUsed) bool { return n.Instrument == d.ID })
	}
}

func (x *explainer) applied(i uint32) {
	d := x.e.insts[i].doc
	x.out.LawApplied = append(x.out.LawApplied, LawRef{Instrument: d.ID, Version: d.Version, Hash: d.Hash, Records: x.e.insts[i].records, Illustrative: d.Illustrative})
}

// warnings is what norms that do not bind have to say.
func (x *explainer) warnings() {
	if x.q.has&x.e.vocabulary.categories[privacy.Unclassified] != 0 {
		x.out.Warnings = append(x.out.Warnings, Reason{Text: "data nobody has classified is treated as personal data of every kind"})
	}
	for i := range x.v.hits {
		m := &x.v.hits[i]
		r := &x.e.rules[m.rule]
		if !r.advisory || r.kind == kindPermission {
			continue
		}
		ref := x.e.ref(m.rule)
		text := r.clause.Text
		if text == "" {
			text = "speaks of this case"
		}
		x.out.Warnings = append(x.out.Warnings, Reason{ref, text})
	}
}

// dilemma reports the duties to do what was asked that the answer leaves undone:
// denied, or done in a form the duty does not speak of any more.
func (x *explainer) dilemma(before []DutyRef) {
	if x.finding.outcome == Refer || x.finding.outcome == Permit {
		return
	}
	var left []DutyRef
	for _, d := range before {
		r := x.clause(d.ClauseRef)
		if r == nil || !r.demands(x.q.actName) {
			continue
		}
		if x.finding.outcome == Deny || !slices.Contains(x.out.Duties, d) {
			left = append(left, d)
		}
	}
	if left == nil {
		return
	}
	x.out.Dilemma = &Dilemma{Duties: left, Text: "the law requires what it also forbids: a person must settle which duty yields"}
	if x.finding.outcome == Transform {
		x.out.Dilemma.Text = "what the duty speaks of is taken out of the form that may leave"
	}
}

func (x *explainer) clause(ref ClauseRef) *rule {
	for _, n := range x.cands {
		if r := &x.e.rules[n]; r.clause.ID == ref.Clause && x.e.insts[r.inst].doc.ID == ref.Instrument {
			return r
		}
	}
	return nil
}
