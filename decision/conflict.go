package decision

import (
	"slices"
	"time"

	"entente/instrument"
)

// Conflict is two clauses that cannot both have their way in a case, and what
// settled it. They are of different instruments, but for a duty and a prohibition
// of one text of which neither is an exception to the other. Winner is empty
// where nobody won: the clause of the loser would speak if its instrument were
// law.
type Conflict struct {
	Kind   string    `json:"kind"`
	Winner ClauseRef `json:"winner,omitzero"`
	Loser  ClauseRef `json:"loser"`
	By     string    `json:"by"`
}

// Kinds of conflict.
const (
	PermitDeny  = "permit-deny"   // one permits what the other prohibits
	MustMustNot = "must-must-not" // one demands what the other prohibits
	TwoClocks   = "two-clocks"    // two duties of one bearer, about one case, with different clocks
	TwoAddress  = "two-addressees"
	KeepDelete  = "keep-delete" // one keeps for longer than the other allows
	NotInForce  = "status"      // a ground that is not law between the two: adopted and not in force, lapsed, suspended
)

// What settles a conflict, besides the steps of DECISION.md step 4 (explicit,
// superior, posterior, bound-by-both, specialis, protective).
const (
	byStrict      = "strict"      // a strict prohibition yields to nothing that is not strict itself
	byConjunction = "conjunction" // between regimes each must open (step 5)
	byDilemma     = "dilemma"     // a person settles which duty yields (step 8)
	byEarliest    = "earliest"    // the earlier clock is kept, and the later one with it
	byBoth        = "both"        // both are done
	byStatus      = "status"      // step 1
	byForm        = "transformed" // the form that leaves is nothing the winner prohibits (step 6)
	unsettled     = "unsettled"   // nobody here can say; a person must
)

// conflicts lists what contradicts what in the form that may leave, and what
// would if it left as it is.
func (x *explainer) conflicts() []Conflict {
	out := x.clashes()
	out = append(out, x.dutyConflicts()...)
	out = append(out, x.retentions()...)
	out = append(out, x.dormant()...)
	return append(out, x.transformed()...)
}

// transformed lists the conflicts of the object as it is that its transformations
// settle: a prohibition won, and what it prohibits is not in the form that may
// leave, which the loser still speaks of. It leaves that form in view.
func (x *explainer) transformed() []Conflict {
	if x.finding.form.used == 0 || !x.lawful() {
		return nil
	}
	left := map[ClauseRef]bool{}
	for i := range x.v.hits {
		left[x.e.ref(x.v.hits[i].rule)] = true
	}
	x.view(x.q.has, false)
	out := slices.DeleteFunc(x.clashes(), func(c Conflict) bool {
		won := x.clause(c.Winner)
		return left[c.Winner] || !left[c.Loser] || won == nil || won.kind != kindProhibition
	})
	x.view(x.finding.form.has, false)
	for i := range out {
		out[i].By = byForm
	}
	return out
}

// clashes lists what permits or demands what something else in view prohibits.
func (x *explainer) clashes() []Conflict {
	var out []Conflict
	x.v.precede(func(winner, loser uint32, by string) {
		out = append(out, Conflict{PermitDeny, x.e.ref(winner), x.e.ref(loser), by})
	})
	for i := range x.v.hits {
		p := &x.v.hits[i]
		if r := &x.e.rules[p.rule]; r.kind != kindProhibition || r.advisory || p.fate == excepted {
			continue
		}
		for j := range x.v.hits {
			if c, ok := x.opposed(p, &x.v.hits[j]); ok {
				out = append(out, c)
			}
		}
	}
	return out
}

// opposed reports the conflict of a prohibition with what another instrument
// permits in another regime, or with what any demands.
func (x *explainer) opposed(p, o *Match) (Conflict, bool) {
	no, yes := &x.e.rules[p.rule], &x.e.rules[o.rule]
	if yes.advisory || o.fate == excepted {
		return Conflict{}, false
	}
	c := Conflict{Winner: x.e.ref(p.rule), Loser: x.e.ref(o.rule)}
	switch {
	case yes.kind == kindPermission && yes.root && o.certain && p.fate == stands && yes.regime != no.regime: // so of another instrument
		c.Kind, c.By = PermitDeny, byConjunction
	case yes.demands(x.q.actName):
		c.Kind, c.By = MustMustNot, byDilemma
		if p.fate == outranked {
			c.Winner, c.Loser, c.By = c.Loser, c.Winner, byBoth
		}
	default:
		return c, false
	}
	return c, true
}

// dutyConflicts compares the duties with clocks that come with an answer: one
// bearer, one act, two instruments, and two clocks or two addressees. Of two
// instruments it lists one conflict of each kind, of their first duties: whoever
// reports under both needs to know that, not every pair of stages. Two clocks of
// one event come before two that cannot be compared.
func (x *explainer) dutyConflicts() []Conflict {
	var out []Conflict
	at := map[string]int{} // kind and instruments → index in out
	add := func(c Conflict, pair string) {
		n, seen := at[c.Kind+pair]
		switch {
		case !seen:
			at[c.Kind+pair] = len(out)
			out = append(out, c)
		case c.By == byEarliest && out[n].By != byEarliest:
			out[n] = c
		}
	}
	duties := x.timed()
	for i := range duties {
		for j := range duties[:i] {
			a, b := &duties[j], &duties[i]
			if a.Instrument == b.Instrument || a.bearer != b.bearer || a.act != b.act {
				continue
			}
			pair := " " + a.Instrument + " " + b.Instrument
			if a.Within != b.Within || a.After != b.After || a.Clock != b.Clock {
				add(twoClocks(a.DutyRef, b.DutyRef), pair)
			}
			if a.To != "" && b.To != "" && a.To != b.To {
				add(Conflict{TwoAddress, a.ClauseRef, b.ClauseRef, byBoth}, pair)
			}
		}
	}
	return out
}

// timed is a duty with a clock, the act of its clause and who bears it.
type timed struct {
	*DutyRef
	act, bearer string
}

// timed lists the duties with clocks. What falls on the origin falls on the
// sender of its own object.
func (x *explainer) timed() []timed {
	var out []timed
	for i := range x.out.Duties {
		d := &x.out.Duties[i]
		r := x.clause(d.ClauseRef)
		if d.Within+d.Clock == "" || r == nil {
			continue
		}
		t := timed{d, r.clause.Act, d.Bearer}
		if d.Bearer == "origin" && x.q.origin == string(x.q.pair.sender.ID) {
			t.bearer = "sender"
		}
		out = append(out, t)
	}
	return out
}

func twoClocks(a, b *DutyRef) Conflict {
	if a.After != b.After || a.Clock != "" || b.Clock != "" {
		return Conflict{TwoClocks, a.ClauseRef, b.ClauseRef, byBoth}
	}
	if span(b.Within).Before(span(a.Within)) {
		a, b = b, a
	}
	return Conflict{TwoClocks, a.ClauseRef, b.ClauseRef, byEarliest}
}

// span is a period as an instant, for comparing.
func span(within string) time.Time {
	p, err := instrument.ParsePeriod(within)
	if err != nil {
		return time.Time{}
	}
	return p.AddTo(time.Unix(0, 0))
}

// retentions reports that one instrument keeps for longer than another allows.
func (x *explainer) retentions() []Conflict {
	var out []Conflict
	epoch := time.Unix(0, 0)
	for i := range x.v.hits {
		for j := range x.v.hits {
			a, b := &x.e.rules[x.v.hits[i].rule], &x.e.rules[x.v.hits[j].rule]
			keep, drop := a.clause.Retention, b.clause.Retention
			if a.inst == b.inst || a.advisory || b.advisory || keep == nil || drop == nil || keep.AtLeast.IsZero() || drop.AtMost.IsZero() {
				continue
			}
			if keep.AtLeast.AddTo(epoch).After(drop.AtMost.AddTo(epoch)) {
				out = append(out, Conflict{KeepDelete, x.e.ref(x.v.hits[i].rule), x.e.ref(x.v.hits[j].rule), unsettled})
			}
		}
	}
	return out
}

// dormant reports, for each instrument that concerns the two and is not law
// between them now, the first clause that would permit this.
func (x *explainer) dormant() []Conflict {
	var out []Conflict
	last := -1
	for _, n := range x.q.pair.dormant {
		r := &x.e.rules[n]
		if in := int(r.inst); in != last && r.clause.Operative(x.q.pair.from) && x.e.wouldMatch(x.q, n, x.e.looking(x.q.has)) {
			out = append(out, Conflict{Kind: NotInForce, Loser: x.e.ref(n), By: byStatus})
			last = in
		}
	}
	return out
}
