package instrument

import (
	"slices"
	"strconv"
	"strings"

	"entente/party"
)

func (l *linter) clause(n int) {
	c, at := &l.i.Clauses[n], clausePointer(n)
	if c.Text == "" {
		l.say("text-missing", Warning, at, "has no text: people cannot read what the machine applies")
	}
	if why := l.idle(c); why != "" {
		l.say("effect-missing", Warning, at, "has no effect: "+why)
	}
	if c.Modality == Permission && l.decides(c) && len(l.conditions[n]) == 0 && len(c.ExceptionTo) == 0 && c.Derogation == nil && c.Consent == nil {
		l.say("permits-everything", Warning, at, "permits "+c.Act+" of everything to everybody the instrument covers")
	}
	if c.Consent != nil && c.Modality != Permission && len(c.When.Facts) == 0 {
		l.say("consent-unasked", Warning, at+"/consent", "speaks of consent and asks for no fact: it applies without consent")
	}
	for m := range c.Duties {
		l.duty(c, &c.Duties[m], at+"/duties/"+strconv.Itoa(m))
	}
}

// decides reports whether a clause decides; others warn.
func (l *linter) decides(c *Clause) bool { return l.i.Binding && c.Strength != "guidance" }

func (l *linter) duty(c *Clause, d *Duty, at string) {
	if !slices.Contains(Bearers(), d.Bearer) && !slices.ContainsFunc(l.i.Parties, func(p PartyRecord) bool { return p.Party == party.ID(d.Bearer) }) {
		l.say("bearer-unknown", Warning, at, "duty "+d.ID+" falls on "+quoted(d.Bearer)+", which is neither a role nor a party")
	}
	clocks := d.Clocks()
	if len(clocks) == 0 && d.Every.IsZero() && c.Act == "report" && c.Modality != Prohibition {
		l.say("clock-missing", Note, at, "duty "+d.ID+" has no time limit")
	}
	for _, clock := range clocks {
		l.clock(d, clock.After, at)
	}
}

// clock remarks on a duty that waits for something no other part of the
// instrument brings about.
func (l *linter) clock(d *Duty, after, at string) {
	switch {
	case slices.Contains(l.starts, after):
	case nearest(after, l.starts) != "":
		l.say("clock-unknown", Warning, at, "duty "+d.ID+" waits for "+quoted(after)+", which nothing here brings about; is "+quoted(nearest(after, l.starts))+" meant?")
	default:
		l.say("clock-outside", Note, at, "duty "+d.ID+" waits for "+quoted(after)+": its clock starts when somebody records that")
	}
}

// idle says why a clause changes no answer and brings no duty, or "".
func (l *linter) idle(c *Clause) string {
	brings := len(c.Duties) > 0 || len(c.Requires) > 0 || c.Retention != nil || c.Onward != nil || c.Refusal != nil || c.Consent != nil || c.Derogation != nil
	switch {
	case !l.decides(c):
		return "" // it warns
	case c.Modality == Obligation && c.Grants == "" && !brings && len(c.ExceptionTo) == 0:
		return "an obligation without duties, requires or grants"
	case c.Modality == Prohibition && len(c.Duties) > 0:
		return "duties of a prohibition are never relied upon"
	case c.Modality == Permission && l.i.Default == Permit && !brings && len(c.ExceptionTo) == 0:
		return "the regime permits what it does not forbid"
	default:
		return ""
	}
}

// exercised names the clauses that decide and that no vector expects: nobody
// would notice if they meant something else.
func (l *linter) exercised() {
	if len(l.i.Vectors) == 0 {
		return // said already
	}
	named := map[string]bool{}
	for _, v := range l.i.Vectors {
		for _, id := range slices.Concat(v.Expect.Because, v.Expect.Warnings) {
			named[id] = true
		}
	}
	for n := range l.i.Clauses {
		c := &l.i.Clauses[n]
		if c.Modality != Obligation && l.decides(c) && !named[c.ID] {
			l.say("vector-missing", Warning, clausePointer(n), "is named by no vector: nobody would notice if it meant something else")
		}
	}
}

// contradictions names clauses that match exactly the same and say the
// opposite, when neither is an exception: one of them can never have effect.
func (l *linter) contradictions() {
	same := map[string][]int{}
	for n := range l.i.Clauses {
		if c := &l.i.Clauses[n]; l.decides(c) && !c.excepts() {
			key := c.Act + "\n" + strings.Join(l.conditions[n], "\n")
			same[key] = append(same[key], n)
		}
	}
	for _, group := range same {
		for k, n := range group {
			for _, m := range group[:k] {
				a, b := &l.i.Clauses[m], &l.i.Clauses[n]
				if (a.Modality == Prohibition) != (b.Modality == Prohibition) && overlap(a.InForce, b.InForce) {
					l.say("contradiction", Error, clausePointer(n), "matches exactly what "+a.Cite+" ["+a.ID+"] matches and says the opposite; make one of them an exception_to the other")
				}
			}
		}
	}
}

// excepts reports whether the clause sets others aside.
func (c *Clause) excepts() bool { return len(c.ExceptionTo) > 0 || c.Derogation != nil }

// overlap reports whether there is an instant at which both are in force.
func overlap(a, b *InForce) bool {
	if a == nil || b == nil {
		return true
	}
	ends := func(x, y *InForce) bool { return !x.Until.IsZero() && !y.From.IsZero() && !x.Until.After(y.From) }
	return !ends(a, b) && !ends(b, a)
}

// sorted is the matcher with its lists in one order, so that equal ones read
// the same.
func (w *When) sorted() When {
	out := *w
	for _, words := range []*[]string{
		&out.Type, &out.Purpose, &out.SenderKind, &out.SenderRole, &out.SenderSector, &out.RecipientKind, &out.RecipientRole,
		&out.RecipientSector, &out.ReceivedUnder,
	} {
		*words = slices.Sorted(slices.Values(*words))
	}
	out.Recipient = slices.Sorted(slices.Values(w.Recipient))
	for _, set := range []**Set{&out.SenderJurisdiction, &out.RecipientJurisdiction, &out.Origin} {
		if s := *set; s != nil {
			*set = &Set{slices.Sorted(slices.Values(s.In)), slices.Sorted(slices.Values(s.NotIn))}
		}
	}
	if c := w.Categories; c != nil {
		out.Categories = &CategorySet{slices.Sorted(slices.Values(c.Any)), slices.Sorted(slices.Values(c.None)), slices.Sorted(slices.Values(c.Within))}
	}
	return out
}

// unchecked names permissions that rest on text nobody checked, when no checked
// one permits as much: the engine then asks a person.
func (l *linter) unchecked() {
	for n := range l.i.Clauses {
		c := &l.i.Clauses[n]
		if c.Modality != Permission || c.Verified != Unverified || !l.decides(c) {
			continue
		}
		covered := false
		for m := range l.i.Clauses {
			o := &l.i.Clauses[m]
			covered = covered || m != n && o.Modality == Permission && o.Act == c.Act && o.Verified != Unverified &&
				slices.Equal(o.ExceptionTo, c.ExceptionTo) && subset(l.conditions[m], l.conditions[n])
		}
		if !covered {
			l.say("unverified-basis", Warning, clausePointer(n), "permits on text that nobody has checked: a person is asked every time")
		}
	}
}

// subset reports whether every word of a is in b.
func subset(a, b []string) bool {
	return !slices.ContainsFunc(a, func(w string) bool { return !slices.Contains(b, w) })
}
