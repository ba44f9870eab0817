package instrument

import (
	"slices"
	"strconv"
	"time"
)

// check refuses documents that are well formed and cannot mean what they say:
// contradictory dates, references to nothing, circles, matchers that fail open
// (ASSURANCE.md T4).
func (r *reader) check(i *Instrument) {
	r.checkBinding(i)
	r.checkTime(i)
	for n, p := range i.Parties {
		r.checkParty(i, p, "/parties/"+strconv.Itoa(n))
	}
	r.checkPrecedence(i)
	r.checkScope(i)
	clauses := make(map[string]int, len(i.Clauses))
	for n, c := range i.Clauses {
		if first, taken := clauses[c.ID]; taken {
			r.refuse(clausePointer(n)+"/id", "clause id %q is already used on line %d", c.ID, r.position(clausePointer(first)).Line)
			continue
		}
		clauses[c.ID] = n
	}
	r.checkClauses(i, clauses)
	r.checkReferences(i, clauses)
	r.checkProcedures(i)
	r.checkThresholds(i)
	r.checkReview(i)
	r.checkVectors(i, clauses)
}

func clausePointer(n int) string { return "/clauses/" + strconv.Itoa(n) }

// checkBinding refuses a text of which nobody can say whom it binds.
func (r *reader) checkBinding(i *Instrument) {
	ways := 0
	for _, way := range []bool{i.Universal, len(i.Jurisdictions) > 0, len(i.Parties) > 0} {
		if way {
			ways++
		}
	}
	switch {
	case ways == 0:
		r.refuse("", "binds nobody; give parties, jurisdictions or universal: true")
	case ways > 1:
		r.refuse("", "says more than once whom it binds; keep one of parties, jurisdictions and universal")
	}
	if (i.Nature == "norm" || i.Nature == "standard") && i.Binding {
		r.refuse("/binding", "a %s is not binding; it warns and scores (write binding: false)", i.Nature)
	}
	if t := i.Transposes; t != nil && (len(i.Jurisdictions) == 0 || t.Instrument == i.ID) {
		r.refuse("/transposes", "national law transposes a text other than itself; give the jurisdictions it is the law of")
	}
	if len(i.Ranks) > 0 && i.Nature != nodePolicy {
		r.refuse("/ranks", "only the policy of a node (nature: node-policy) says where its legal order places other instruments")
	}
	if a := i.Amendment; a != nil && a.Rule == tacit && a.TacitAfter.IsZero() {
		r.refuse("/amendment", "a tacit amendment needs tacit_after, or the text would amend itself at once")
	}
}

func (r *reader) checkTime(i *Instrument) {
	f := i.InForce
	r.before("/in_force/until", "in_force.until", f.Until, "in_force.from", f.From)
	r.before("/term/sunset", "term.sunset", i.Term.Sunset, "in_force.from", f.From)
	r.before("/in_force/provisional_from", "in_force.from", f.From, "in_force.provisional_from", f.ProvisionalFrom)
	if i.Term.Renewal != "" && i.Term.Sunset.IsZero() {
		r.refuse("/term/renewal", "renewal needs a sunset to renew from")
	}
	if c := f.Condition; c != nil && len(c.Of) > 0 && c.Ratifications > len(c.Of) {
		r.refuse("/in_force/condition", "asks for %s of %d named parties", plural(c.Ratifications, "ratification"), len(c.Of))
	}
}

// before refuses that later is not after earlier; unset times are open.
func (r *reader) before(pointer, laterName string, later time.Time, earlierName string, earlier time.Time) {
	if later.IsZero() || earlier.IsZero() || later.After(earlier) {
		return
	}
	r.refuse(pointer, "%s (%s) must be after %s (%s)", laterName, day(later), earlierName, day(earlier))
}

func (r *reader) checkParty(i *Instrument, p PartyRecord, pointer string) {
	for n, other := range i.Parties {
		if other.Party == p.Party && "/parties/"+strconv.Itoa(n) != pointer {
			r.refuse(pointer+"/party", "party %q is listed twice", p.Party)
			break
		}
	}
	var signed, consented time.Time
	for n, e := range p.Events {
		at := pointer + "/events/" + strconv.Itoa(n) + "/" + e.Kind
		switch {
		case e.Kind == signature:
			signed = earliest(signed, e.At)
		case isConsent(e.Kind):
			consented = earliest(consented, e.At)
		case e.Kind == inForce && e.At.Before(i.InForce.From):
			r.refuse(at, "in force for %s on %s, before the text itself (%s)", p.Party, day(e.At), day(i.InForce.From))
		}
	}
	r.checkOrder(p, pointer, signed, consented)
	for n, a := range p.Authorities {
		r.before(pointer+"/authorities/"+strconv.Itoa(n)+"/until", "until", a.Until, "from", a.From)
	}
	ids := map[string]bool{}
	for n, v := range p.Reservations {
		at := pointer + "/reservations/" + strconv.Itoa(n)
		if ids[v.ID] {
			r.refuse(at+"/id", "reservation id %q is used twice", v.ID)
		}
		ids[v.ID] = true
		r.before(at+"/withdrawn", "withdrawn", v.Withdrawn, "from", v.From)
		r.checkReservable(i, v, at)
		for m := range v.Modifies {
			if slices.ContainsFunc(v.Modifies[:m], func(o Modification) bool { return o.Clause == v.Modifies[m].Clause }) {
				r.refuse(at+"/modifies/"+strconv.Itoa(m)+"/clause", "clause %q is changed twice by one reservation", v.Modifies[m].Clause)
			}
		}
		for m, o := range v.Objections {
			if o.By == p.Party {
				r.refuse(at+"/objections/"+strconv.Itoa(m)+"/by", "%s cannot object to its own reservation", p.Party)
			}
		}
	}
}

// checkReservable refuses a reservation that the text does not allow (Vienna
// Convention Art. 19).
func (r *reader) checkReservable(i *Instrument, v Reservation, at string) {
	for _, id := range v.Touches() {
		if i.Reservable != nil && !slices.Contains(i.Reservable.Clauses, id) {
			r.refuse(at, "reserves clause %q, to which %s allows no reservation", id, i.Reservable.Cite)
		}
	}
}

// checkThresholds refuses two tests under one name.
func (r *reader) checkThresholds(i *Instrument) {
	ids := map[string]bool{}
	for n, t := range i.Thresholds {
		if ids[t.ID] {
			r.refuse("/thresholds/"+strconv.Itoa(n)+"/id", "threshold id %q is used twice", t.ID)
		}
		ids[t.ID] = true
	}
}

func (r *reader) checkReview(i *Instrument) {
	ids := map[string]bool{}
	for n, v := range i.Review {
		if ids[v.ID] {
			r.refuse("/review/"+strconv.Itoa(n)+"/id", "review id %q is used twice", v.ID)
		}
		ids[v.ID] = true
	}
}

// checkOrder refuses a party's record in which effects come before their
// causes (Vienna Convention Arts. 11, 24, 54, 57).
func (r *reader) checkOrder(p PartyRecord, pointer string, signed, consented time.Time) {
	cause := consented
	if cause.IsZero() {
		cause = signed
	}
	start := earliest(signed, consented)
	for _, e := range p.Events {
		if e.Kind == inForce || e.Kind == provisional {
			start = earliest(start, e.At)
		}
	}
	for n, e := range p.Events {
		at := pointer + "/events/" + strconv.Itoa(n) + "/" + e.Kind
		switch e.Kind {
		case ratification, "acceptance", "approval":
			r.notBefore(at, e, signed, "comes before the signature on")
		case inForce:
			r.notBefore(at, e, cause, "is retroactive: consent was only on")
		case provisional:
			r.notBefore(at, e, signed, "is retroactive: signature was only on")
		case suspension, resumption, denunciation, withdrawal:
			if start.IsZero() || !e.At.After(start) {
				r.refuse(at, "%s on %s, but %s was not bound before that", e.Kind, day(e.At), p.Party)
			}
		}
		if e.Kind == resumption && !slices.ContainsFunc(p.Events, func(s Event) bool { return s.Kind == suspension && s.At.Before(e.At) }) {
			r.refuse(at, "resumption on %s without a suspension before it", day(e.At))
		}
	}
}

func (r *reader) notBefore(pointer string, e Event, cause time.Time, wrong string) {
	if !cause.IsZero() && e.At.Before(cause) {
		r.refuse(pointer, "%s on %s %s %s", e.Kind, day(e.At), wrong, day(cause))
	}
}

func (r *reader) checkPrecedence(i *Instrument) {
	for n, id := range i.Precedence.SubjectTo {
		at := "/precedence/subject_to/" + strconv.Itoa(n)
		if id == i.ID {
			r.refuse(at, "circular: an instrument cannot be subject to itself")
		}
		if slices.Contains(i.Precedence.PrevailsOver, id) {
			r.refuse(at, "circular: %q is named in subject_to and in prevails_over", id)
		}
	}
	if slices.Contains(i.Precedence.PrevailsOver, i.ID) {
		r.refuse("/precedence/prevails_over", "circular: an instrument cannot prevail over itself")
	}
}

// checkScope refuses a scope that one additional category would leave: whoever
// adds a word to an object must not take it out of the reach of the law.
func (r *reader) checkScope(i *Instrument) {
	w := i.AppliesWhen
	if w == nil || w.Categories == nil {
		return
	}
	if len(w.Categories.Within) > 0 || len(w.Categories.None) > 0 {
		r.refuse("/applies_when/categories", "scope uses any: with none or within, one more category takes an object out of the law")
	}
}

func (r *reader) checkVectors(i *Instrument, clauses map[string]int) {
	names, duties := map[string]bool{}, map[string]bool{}
	for _, c := range i.Clauses {
		for _, d := range c.Duties {
			duties[d.ID] = true
		}
	}
	for n, v := range i.Vectors {
		at := "/vectors/" + strconv.Itoa(n)
		if names[v.Name] {
			r.refuse(at+"/name", "vector name %q is used twice", v.Name)
		}
		names[v.Name] = true
		for m, id := range v.Expect.Because {
			r.known(at+"/expect/because/"+strconv.Itoa(m), id, clauses)
		}
		for m, id := range v.Expect.Warnings {
			r.known(at+"/expect/warnings/"+strconv.Itoa(m), id, clauses)
		}
		for _, id := range sortedKeys(v.Expect.Thresholds) {
			if !slices.ContainsFunc(i.Thresholds, func(t Threshold) bool { return t.ID == id }) {
				r.refuse(at+"/expect/thresholds/"+id, "there is no threshold %q", id)
			}
		}
		for key, ids := range map[string][]string{"duties": v.Expect.Duties, "no_duties": v.Expect.NoDuties} {
			for m, id := range ids {
				if !duties[id] {
					r.refuse(at+"/expect/"+key+"/"+strconv.Itoa(m), "there is no duty %q", id)
				}
			}
		}
	}
}

// known refuses a reference to a clause that does not exist.
func (r *reader) known(pointer, id string, clauses map[string]int) {
	if _, ok := clauses[id]; ok || r.full() {
		return
	}
	ids := make([]string, 0, len(clauses))
	for k := range clauses {
		ids = append(ids, k)
	}
	slices.Sort(ids)
	r.refuse(pointer, "there is no clause %q%s", id, didYouMean(id, ids))
}
