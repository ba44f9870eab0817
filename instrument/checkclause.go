package instrument

import (
	"slices"
	"strconv"
	"time"
)

func (r *reader) checkClauses(i *Instrument, clauses map[string]int) {
	for n, c := range i.Clauses {
		r.clause = c.ID
		at := clausePointer(n)
		r.checkMatcher(c, at+"/when")
		r.checkEffect(i, c, at)
		r.checkExceptions(i, c, at, clauses)
	}
	r.clause = ""
	r.checkDuties(i)
	exceptions := func(id string) []string {
		if n, ok := clauses[id]; ok {
			return i.Clauses[n].Exceptions()
		}
		return nil
	}
	for _, id := range circles(sortedKeys(clauses), exceptions) {
		r.refuse(clausePointer(clauses[id])+"/exception_to", "circular: clause %q is an exception to itself", id)
	}
}

// checkDuties refuses duties that cannot be told apart, and clocks that wait
// for each other.
func (r *reader) checkDuties(i *Instrument) {
	after, places := map[string][]string{}, map[string]string{}
	for n, c := range i.Clauses {
		for m, d := range c.Duties {
			at := clausePointer(n) + "/duties/" + strconv.Itoa(m)
			if _, taken := after[d.ID]; taken {
				r.refuse(at+"/id", "duty id %q is used twice", d.ID)
				continue
			}
			for _, c := range d.Clocks() {
				after[d.ID] = append(after[d.ID], c.After)
			}
			after[d.ID], places[d.ID] = append(after[d.ID], ""), at
		}
	}
	for _, id := range circles(sortedKeys(after), func(id string) []string { return after[id] }) {
		r.refuse(places[id]+"/after", "circular: duty %q waits for itself", id)
	}
}

// circles follows next from every id and returns one member of each circle.
func circles(ids []string, next func(string) []string) []string {
	const open, closed = 1, 2
	state := make(map[string]int, len(ids))
	var found []string
	var visit func(string)
	visit = func(id string) {
		state[id] = open
		for _, to := range next(id) {
			switch state[to] {
			case open:
				found = append(found, to)
			case closed:
			default:
				visit(to)
			}
		}
		state[id] = closed
	}
	for _, id := range ids {
		if state[id] == 0 {
			visit(id)
		}
	}
	return found
}

// checkMatcher refuses conditions that fail open (DECISION.md, "The document"):
// a permission that matches because of one category among ten, that is given to
// an open set of recipients, or that counts because nobody knows a fact; and a
// prohibition that one more category escapes.
func (r *reader) checkMatcher(c Clause, at string) {
	opens := c.Modality == Permission || c.Grants != ""
	w := c.When
	if s := w.Categories; s != nil {
		if opens && len(s.Any) > 0 {
			r.refuse(at+"/categories/any", "a permission uses within: any would let nine forbidden categories pass with one allowed")
		}
		if c.Modality == Prohibition && len(s.Within) > 0 {
			r.refuse(at+"/categories/within", "a prohibition uses any: with within, one more category would escape it")
		}
	}
	if opens {
		r.closedSet(at+"/recipient_jurisdiction", w.RecipientJurisdiction)
		r.closedSet(at+"/sender_jurisdiction", w.SenderJurisdiction)
		r.closedSet(at+"/origin", w.Origin)
		for _, fact := range sortedKeys(w.Facts) {
			if w.Facts[fact] == IsNotTrue {
				r.refuse(at+"/facts/"+fact, "a permission cannot rest on a fact nobody knows; write false instead of {not: true}")
			}
		}
	}
	for name, s := range map[string]*Set{"recipient_jurisdiction": w.RecipientJurisdiction, "sender_jurisdiction": w.SenderJurisdiction, "origin": w.Origin} {
		if s != nil && len(s.In) > 0 && !slices.ContainsFunc(s.In, func(w string) bool { return !slices.Contains(s.NotIn, w) }) {
			r.refuse(at+"/"+name, "everything in in is also in not_in, so it matches nothing")
		}
	}
}

// closedSet refuses the negation of an open set.
func (r *reader) closedSet(at string, s *Set) {
	if s != nil && len(s.In) == 0 && len(s.NotIn) > 0 {
		r.refuse(at+"/not_in", "a permission names whom it is for: not_in alone would open it to everybody else")
	}
}

// checkEffect refuses parts that do nothing on a clause of this kind.
func (r *reader) checkEffect(i *Instrument, c Clause, at string) {
	if c.Grants != "" && c.Modality != Obligation {
		r.refuse(at+"/grants", "only an obligation grants: performing it is itself a basis")
	}
	if c.Grants != "" && !i.Binding {
		r.refuse(at+"/grants", "an instrument that is not binding cannot grant a basis")
	}
	if c.Grants != "" && c.Verified == Unverified {
		r.refuse(at+"/grants", "nobody has verified the clause: it cannot be a basis")
	}
	if c.Derogation != nil && c.Modality != Permission {
		r.refuse(at+"/derogation", "only a permission sets clauses aside for a time")
	}
	if c.Derogation != nil {
		if want, asked := c.When.Facts[c.Derogation.Declared(c.ID)]; asked && want != IsTrue {
			r.refuse(at+"/derogation", "can never be declared: the clause asks for the contrary of %s", c.Derogation.Declared(c.ID))
		}
	}
	if c.Modality == Prohibition && len(c.Requires) > 0 {
		r.refuse(at+"/requires", "a prohibition requires nothing; put requires on the permission or obligation")
	}
	if f := c.InForce; f != nil {
		r.before(at+"/in_force/until", "in_force.until", f.Until, "in_force.from", f.From)
		if f.From.Before(i.InForce.From) && !f.From.IsZero() {
			r.refuse(at+"/in_force/from", "retroactive: the clause starts on %s, the instrument on %s", day(f.From), day(i.InForce.From))
		}
	}
	if k := c.Retention; k != nil {
		switch epoch := time.Unix(0, 0); {
		case k.AtLeast.IsZero() && k.AtMost.IsZero():
			r.refuse(at+"/retention", "says nothing; give at_least or at_most")
		case !k.AtMost.IsZero() && k.AtLeast.AddTo(epoch).After(k.AtMost.AddTo(epoch)):
			r.refuse(at+"/retention", "keeps for at least %s and at most %s", k.AtLeast, k.AtMost)
		}
	}
}

// checkExceptions refuses exceptions that could never take effect: to nothing,
// to a clause of the same effect, or to another act.
func (r *reader) checkExceptions(i *Instrument, c Clause, at string, clauses map[string]int) {
	for m, id := range c.Exceptions() {
		pointer := at + "/exception_to/" + strconv.Itoa(m)
		if m >= len(c.ExceptionTo) {
			pointer = at + "/derogation/of/" + strconv.Itoa(m-len(c.ExceptionTo))
		}
		r.known(pointer, id, clauses)
		n, ok := clauses[id]
		if !ok || id == c.ID {
			continue
		}
		rule := i.Clauses[n]
		if !c.Modality.SetsAside(rule.Modality) {
			r.refuse(pointer, "an exception is of the opposite effect: both are of the kind %s and %s", c.Modality, rule.Modality)
		}
		if rule.Act != c.Act {
			r.refuse(pointer, "clause %q is about %s and this one about %s", id, rule.Act, c.Act)
		}
	}
}

// checkReferences refuses names of clauses that do not exist.
func (r *reader) checkReferences(i *Instrument, clauses map[string]int) {
	for n, id := range i.Term.Survival {
		r.known("/term/survival/"+strconv.Itoa(n), id, clauses)
	}
	for n, p := range i.Parties {
		for m, v := range p.Reservations {
			for _, id := range v.Touches() {
				r.known("/parties/"+strconv.Itoa(n)+"/reservations/"+strconv.Itoa(m), id, clauses)
			}
			r.checkModifications(i, v, "/parties/"+strconv.Itoa(n)+"/reservations/"+strconv.Itoa(m), clauses)
		}
	}
	if i.Reservable != nil {
		for n, id := range i.Reservable.Clauses {
			r.known("/reservable/clauses/"+strconv.Itoa(n), id, clauses)
		}
	}
}

// checkModifications holds what a reservation puts in the place of a clause to
// the rules for that clause.
func (r *reader) checkModifications(i *Instrument, v Reservation, at string, clauses map[string]int) {
	for n, m := range v.Modifies {
		c, ok := clauses[m.Clause]
		if !ok {
			continue
		}
		pointer := at + "/modifies/" + strconv.Itoa(n)
		changed := m.Applied(i.Clauses[c])
		r.checkMatcher(changed, pointer+"/when")
		r.checkEffect(i, changed, pointer)
		if slices.Contains(v.Excludes, m.Clause) {
			r.refuse(pointer, "clause %q is excluded by the same reservation", m.Clause)
		}
	}
}
