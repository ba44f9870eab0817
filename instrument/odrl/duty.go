package odrl

import (
	"cmp"
	"slices"
	"time"

	"entente/instrument"
	"entente/party"
)

// afterwards writes what follows once the clause was relied on: its duties, how
// long the object is kept, and what may be done next. They are obligations of the
// policy, because a duty of a permission would have to come first.
func (x *exporter) afterwards(c *instrument.Clause, cs []atom) {
	for n := range c.Duties {
		x.duty(c, &c.Duties[n], cs)
	}
	keep := func(suffix, act, operator string, p instrument.Period) {
		if p.IsZero() {
			return
		}
		t := x.rule(c, suffix)
		t.add("action", word(act))
		t.add("assignee", word("entente:recipient"))
		t.list("constraint", values(append(restricting(cs), after("receipt"), atom{"elapsedTime", operator, typed(p.String(), "duration")})))
		x.obligations = append(x.obligations, t.value())
	}
	if r := c.Retention; r != nil {
		keep(":keep", "archive", "gteq", r.AtLeast)
		keep(":delete", "delete", "lteq", r.AtMost)
	}
	if c.Onward != nil {
		x.onward(c)
	}
}

// onward is what the recipient may do next. Like the engine it looks only at the
// type of the object: what was done to it since does not loosen the terms.
func (x *exporter) onward(c *instrument.Clause) {
	t := x.rule(c, ":onward")
	cs := conditions(&instrument.When{Type: c.When.Type})
	switch o := c.Onward; o.Allowed {
	case "same-conditions":
		n := x.rule(c, ":next")
		n.add("action", word("nextPolicy"))
		n.add("assignee", word("entente:recipient"))
		n.list("constraint", values(cs))
		x.obligations = append(x.obligations, n.value())
		cs = append(cs, atom{"entente:inForceBetweenParties", "neq", truth(true)})
	case "originator-consent":
		cs = append(cs, fact("originator_consent", instrument.IsNotTrue))
	case "listed":
		to := make([]party.ID, len(o.To))
		for n, id := range o.To {
			to[n] = party.ID(id)
		}
		cs = append(cs, atom{"recipient", "isNoneOf", partyList(to)})
	}
	t.add("action", action("onward-share"))
	t.list("constraint", values(cs))
	x.prohibitions = append(x.prohibitions, t.value())
	if c.Onward.Hops > 0 {
		x.lose(c.ID, "onward.hops", "ODRL does not count how often something was passed on")
	}
}

func after(event string) atom {
	return atom{"event", "gt", ref("entente:event-" + event)}
}

func (x *exporter) duty(c *instrument.Clause, d *instrument.Duty, cs []atom) {
	t := thing{}
	t.add("uid", word(x.uid+"#"+c.ID+":duty:"+d.ID))
	t.add("target", word(everything))
	x.cited(&t, cmp.Or(d.Cite, c.Cite), d.What, string(d.Verified))
	t.add("action", word("entente:fulfil"))
	t.add("assignee", word(who(d.Bearer)))
	t.text("informedParty", who(d.To))
	when := restricting(cs)
	switch {
	case len(d.EarliestOf)+len(d.LatestOf) > 0:
		x.lose(c.ID, "clocks of the duty "+d.ID, "ODRL has no earliest or latest of several time limits")
	case d.After != "":
		when = append(when, after(d.After))
		if !d.Within.IsZero() {
			when = append(when, atom{"elapsedTime", "lteq", typed(d.Within.String(), "duration")})
		}
	}
	if !d.Every.IsZero() {
		when = append(when, atom{"timeInterval", "eq", typed(d.Every.String(), "duration")})
	}
	t.list("constraint", values(when))
	for _, f := range []struct {
		there bool
		what  string
	}{{d.Soft, "where possible"}, {d.Calendar != "", "calendar of the clock"}, {len(d.Fields) > 0, "required fields"}, {d.Evidence != "", "evidence"}} {
		if f.there {
			x.lose(c.ID, f.what+" of the duty "+d.ID, "ODRL has no term for it")
		}
	}
	x.obligations = append(x.obligations, t.value())
}

// who is the IRI of a party, or of a role in the exchange; "" stays "".
func who(name string) string {
	switch {
	case name == "":
		return ""
	case slices.Contains(instrument.Bearers(), name):
		return "entente:" + name
	default:
		return partyIRI(name)
	}
}

// at is a time constraint for one instant.
func at(t time.Time) atom { return atom{"dateTime", "eq", instant(t)} }
