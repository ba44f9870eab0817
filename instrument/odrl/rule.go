package odrl

import (
	"cmp"
	"slices"
	"strings"

	"entente/instrument"
	"entente/internal/strictjson"
)

// actions are the acts that mean what an action of ODRL means. The others are
// terms of the profile, each included in odrl:use.
var actions = map[string]string{"share": "distribute", "use": "use", "store": "archive", "delete": "delete"}

func action(act string) strictjson.Value {
	if a, ok := actions[act]; ok {
		return word(a)
	}
	return word("entente:" + act)
}

// refined is an action narrowed by what it is about (Information Model 2.2,
// section 2.4).
func refined(act string, by ...atom) strictjson.Value {
	t := thing{}
	t.add("rdf:value", ref(act))
	t.list("refinement", values(by))
	return list(t.value())
}

// clause writes one clause as rules.
func (x *exporter) clause(c *instrument.Clause) {
	switch {
	case c.Strength == "guidance":
		x.lose(c.ID, "guidance", "it only warns, and a policy has no rules that only warn")
		return
	case c.Refusal != nil:
		x.lose(c.ID, "refusal grounds", "ODRL has no coded refusal")
	}
	if _, modified := x.reserved(c.ID); modified && c.Modality != instrument.Permission {
		// A reservation may make it stricter: between those two the act is forbidden.
		t := x.rule(c, ":reserved")
		t.add("action", action(c.Act))
		t.list("constraint", values(append(x.scope(c), atom{unreserved, "neq", truth(true)})))
		x.prohibitions = append(x.prohibitions, t.value())
	}
	switch c.Modality {
	case instrument.Prohibition:
		x.prohibition(c)
	case instrument.Permission:
		x.permission(c)
	default:
		x.obligation(c)
	}
}

// scope is what every rule of the clause asks for: the time it is law, whom the
// document binds, and what its regime is about.
func (x *exporter) scope(c *instrument.Clause) []atom {
	var out []atom
	from, until := x.window(c)
	if !from.IsZero() {
		out = append(out, atom{"dateTime", "gteq", instant(from)})
	}
	if !until.IsZero() {
		out = append(out, atom{"dateTime", "lt", instant(until)})
	}
	i := x.doc
	if len(i.Parties) > 0 || i.InForce.Condition != nil {
		out = append(out, atom{"entente:inForceBetweenParties", "eq", truth(true)})
	}
	if len(i.Jurisdictions) > 0 {
		out = append(out, atom{"entente:senderJurisdiction", "isAnyOf", wordList(i.Jurisdictions)})
	}
	if i.AppliesWhen != nil {
		out = append(out, conditions(i.AppliesWhen)...)
	}
	return out
}

// unreserved is true when no reservation touches the clause between sender and
// recipient.
const unreserved = "entente:unreservedBetweenParties"

// reserved reports what reservations do to a clause, whoever made them.
func (x *exporter) reserved(id string) (excluded, modified bool) {
	for _, p := range x.doc.Parties {
		for _, r := range p.Reservations {
			excluded = excluded || slices.Contains(r.Excludes, id)
			modified = modified || slices.ContainsFunc(r.Modifies, func(m instrument.Modification) bool { return m.Clause == id })
		}
	}
	return excluded, modified
}

// opening is what a clause that opens asks for: where a reservation touches it,
// that there is none between the two.
func (x *exporter) opening(c *instrument.Clause) []atom {
	out := append(x.scope(c), conditions(&c.When)...)
	if excluded, modified := x.reserved(c.ID); excluded || modified {
		out = append(out, atom{unreserved, "eq", truth(true)})
	}
	return out
}

// restricting reads conditions as a prohibition or a duty does: it counts also
// when a fact is not known (P1: what is not known denies).
func restricting(atoms []atom) []atom {
	out := slices.Clone(atoms)
	for n, a := range out {
		if strings.HasPrefix(a.left, "entente:fact-") && a.operator == "eq" {
			out[n] = atom{a.left, "neq", truth(!a.right.Bool)}
		}
	}
	return out
}

// rule starts a rule about the clause. Permissions and prohibitions must name
// one asset and one action (section 2.6).
func (x *exporter) rule(c *instrument.Clause, suffix string) thing {
	t := thing{}
	t.add("uid", word(x.uid+"#"+c.ID+suffix))
	t.add("target", word(everything))
	x.cited(&t, c.Cite, c.Text, string(c.Verified))
	return t
}

func (x *exporter) cited(t *thing, cite, text, verified string) {
	t.text("dct:bibliographicCitation", cite)
	t.text("dct:description", text)
	t.list("dct:source", sources(x.doc.Origin, cite))
	t.text("entente:verified", verified)
}

func (x *exporter) prohibition(c *instrument.Clause) {
	t := x.rule(c, "")
	t.add("action", action(c.Act))
	cs := values(restricting(append(x.scope(c), conditions(&c.When)...)))
	cs = append(cs, x.exceptions(c)...)
	t.list("constraint", cs)
	x.prohibitions = append(x.prohibitions, t.value())
	if len(c.Exceptions()) > 0 {
		x.lose(c.ID, "exception to "+strings.Join(c.Exceptions(), ", "), "under the conflict strategy prohibit it also defeats every other permission")
	}
}

// exceptions are constraints that take out of a prohibition what its exceptions
// allow. One that has an exception of its own, or cannot be negated, is left
// out: the prohibition then stands in full.
func (x *exporter) exceptions(c *instrument.Clause) []strictjson.Value {
	var out []strictjson.Value
	for n := range x.doc.Clauses {
		e := &x.doc.Clauses[n]
		if e.Modality == instrument.Prohibition || e.Strength == "guidance" || !slices.Contains(e.Exceptions(), c.ID) {
			continue
		}
		if slices.ContainsFunc(x.doc.Clauses, func(o instrument.Clause) bool { return slices.Contains(o.Exceptions(), e.ID) }) {
			x.lose(e.ID, "exception to "+c.ID, "it has an exception of its own; the prohibition stands in full")
			continue
		}
		v, ok := unless(x.granted(e))
		if !ok {
			x.lose(e.ID, "exception to "+c.ID, "its conditions cannot be negated in ODRL; the prohibition stands in full")
			continue
		}
		out = append(out, v)
	}
	return out
}

// granted is everything that has to hold for an exception to apply.
func (x *exporter) granted(e *instrument.Clause) []atom {
	out := conditions(&e.When)
	if excluded, modified := x.reserved(e.ID); excluded || modified {
		out = append(out, atom{unreserved, "eq", truth(true)})
	}
	if f := e.InForce; f != nil {
		if !f.From.IsZero() {
			out = append(out, atom{"dateTime", "gteq", instant(f.From)})
		}
		if !f.Until.IsZero() {
			out = append(out, atom{"dateTime", "lt", instant(f.Until)})
		}
	}
	if d := e.Derogation; d != nil {
		out = append(out, fact(d.Declared(e.ID), instrument.IsTrue))
		x.lose(e.ID, "derogation", "who declares it, how long it may last and who is told is not in the policy; its fact is")
	}
	if e.Consent != nil {
		out = append(out, fact(snake(e.Consent.Of)+"_consent", instrument.IsTrue))
	}
	for _, q := range e.Requires {
		if q.Without != "" {
			out = append(out, atom{"entente:category", "isNoneOf", wordList([]string{string(q.Without)})})
		}
		if q.Safeguard != "" {
			out = append(out, fact(snake(q.Safeguard), instrument.IsTrue))
		}
	}
	if e.Verified == instrument.Unverified {
		out = append(out, fact("human_approval", instrument.IsTrue))
	}
	return out
}

// snake is the name of the fact that a safeguard is met.
func snake(s string) string { return strings.ReplaceAll(s, "-", "_") }

func (x *exporter) permission(c *instrument.Clause) {
	if len(c.Exceptions()) > 0 {
		x.relief(c)
		return
	}
	t := x.rule(c, "")
	t.add("action", action(c.Act))
	cs := x.opening(c)
	t.list("constraint", values(cs))
	t.list("duty", x.first(c))
	x.permissions = append(x.permissions, t.value())
	x.afterwards(c, cs)
}

// relief names the exceptions that no prohibition carries.
func (x *exporter) relief(c *instrument.Clause) {
	for _, id := range c.Exceptions() {
		if n := slices.IndexFunc(x.doc.Clauses, func(p instrument.Clause) bool { return p.ID == id }); n >= 0 && x.doc.Clauses[n].Modality == instrument.Obligation {
			x.lose(c.ID, "relief from "+id, "ODRL cannot relieve of a duty; the duty stands in full")
		}
	}
	if len(c.Duties) > 0 || c.Onward != nil || c.Retention != nil {
		x.lose(c.ID, "duties, onward terms or retention of an exception", "an exception is a constraint in the policy, and a constraint has no duties")
	}
}

// first are the duties to be fulfilled before the permission holds: an ODRL duty
// of a permission is a pre-condition (section 2.6.3).
func (x *exporter) first(c *instrument.Clause) []strictjson.Value {
	var out []strictjson.Value
	duty := func(suffix string, act strictjson.Value, cite string) *thing {
		t := thing{}
		t.add("uid", word(x.uid+"#"+c.ID+suffix))
		t.add("action", act)
		x.cited(&t, cmp.Or(cite, c.Cite), "", "")
		return &t
	}
	for _, q := range c.Requires {
		switch {
		case q.Without != "":
			out = append(out, duty(":without-"+string(q.Without), refined("entente:transform",
				atom{"entente:category", "eq", word(string(q.Without))}, atom{"entente:transformation", "gteq", word(q.AtLeast)}), q.Cite).value())
		case q.Safeguard != "":
			by := []atom{{"entente:safeguard", "eq", word(q.Safeguard)}}
			if q.ApprovalBy != "" {
				by = append(by, atom{"entente:approvalBy", "eq", word(q.ApprovalBy)})
			}
			out = append(out, duty(":"+q.Safeguard, refined("entente:meet-safeguard", by...), q.Cite).value())
		}
	}
	if c.Consent != nil {
		t := duty(":consent", word("obtainConsent"), "")
		t.add("consentingParty", word("entente:"+c.Consent.Of))
		out = append(out, t.value())
		if c.Consent.Withdrawable {
			x.lose(c.ID, "withdrawal of consent", "what it does to what was sent is not in the policy")
		}
	}
	if c.Verified == instrument.Unverified {
		out = append(out, duty(":unverified", refined("entente:meet-safeguard",
			atom{"entente:safeguard", "eq", word("human-approval")}, atom{"entente:approvalBy", "eq", word("legal")}), "").value())
	}
	return out
}

func (x *exporter) obligation(c *instrument.Clause) {
	cs := append(x.scope(c), conditions(&c.When)...)
	t := x.rule(c, "")
	t.add("action", action(c.Act))
	if c.Bearer != "" {
		t.add("assignee", word(who(c.Bearer)))
	}
	t.list("constraint", values(restricting(cs)))
	x.obligations = append(x.obligations, t.value())
	if c.Grants != "" {
		g := x.rule(c, ":basis")
		g.add("action", action(c.Act))
		g.list("constraint", values(x.opening(c)))
		g.list("duty", x.first(c))
		x.permissions = append(x.permissions, g.value())
	}
	x.required(c, cs)
	x.afterwards(c, cs)
	if len(c.Exceptions()) > 0 && len(c.Duties) > 0 {
		x.lose(c.ID, "exception to "+strings.Join(c.Exceptions(), ", "), "the prohibition makes room for it, and does not take up its duties")
	}
}

// required forbids to do the duty in a form it does not speak of.
func (x *exporter) required(c *instrument.Clause, cs []atom) {
	for _, q := range c.Requires {
		var missing atom
		suffix := ":lacking-" + cmp.Or(q.Safeguard, string(q.Without))
		switch {
		case q.Without != "":
			missing = atom{"entente:category", "isAnyOf", wordList([]string{string(q.Without)})}
		case q.Safeguard != "":
			missing = fact(snake(q.Safeguard), instrument.IsNotTrue)
		default:
			x.lose(c.ID, "approval by "+q.ApprovalBy, "ODRL has no approval apart from a safeguard")
			continue
		}
		t := x.rule(c, suffix)
		t.add("action", action(c.Act))
		t.list("constraint", values(append(restricting(cs), missing)))
		x.prohibitions = append(x.prohibitions, t.value())
	}
}
