package odrl

import (
	"cmp"
	"strconv"

	"entente/decision"
	"entente/instrument"
	"entente/internal/strictjson"
)

// FromDecision writes a decision as a policy about one object, one sender and one
// recipient at one instant: a permission with what has to be done first, or a
// prohibition. The clauses it rests on are cited, with the places where the legal
// text is published for the instruments of law.
//
// A decision that waits for a person is a permission with the safeguards as
// duties: by ODRL it does not hold before they are fulfilled.
func FromDecision(d decision.Decision, law []*instrument.Instrument) (Policy, error) {
	digest, err := d.Digest()
	if err != nil {
		return Policy{}, err
	}
	w := ruling{d: d, uid: "urn:entente:decision:" + digest.String(), origins: map[string]*instrument.Origin{}}
	for _, i := range law {
		w.origins[i.ID] = i.Origin
	}
	p := head("Set", w.uid)
	p.add("conflict", word("prohibit"))
	p.add("entente:outcome", word(string(d.Outcome)))
	p.list("dct:references", w.law())
	p.list("entente:basis", w.basis())
	r := list(w.rule())
	if d.Outcome == decision.Deny {
		p.add("prohibition", r)
	} else {
		p.add("permission", r)
	}
	p.list("obligation", w.duties())
	return finish(p.value(), w.lost())
}

// ruling writes the parts of one decision.
type ruling struct {
	d       decision.Decision
	uid     string
	origins map[string]*instrument.Origin
}

func (w *ruling) rule() strictjson.Value {
	r := &w.d.Request
	t := thing{}
	t.add("uid", word(w.uid+"#ruling"))
	t.add("target", word("urn:entente:object:"+r.Subject.ID))
	t.add("action", action(cmp.Or(r.Act, "share")))
	t.add("assigner", word(partyIRI(string(r.Sender.ID))))
	t.add("assignee", word(partyIRI(string(r.Recipient.ID))))
	t.add("entente:objectSHA256", word(r.Subject.Hash.String()))
	t.list("constraint", values([]atom{{"purpose", "eq", word(r.Purpose)}, at(r.At)}))
	if w.d.Outcome != decision.Deny {
		t.list("duty", w.first())
	}
	return t.value()
}

// first is what has to be done before the object may leave.
func (w *ruling) first() []strictjson.Value {
	var out []strictjson.Value
	for n, name := range w.d.Transforms {
		t := thing{}
		t.add("uid", word(w.uid+"#transform-"+strconv.Itoa(n+1)))
		t.add("action", refined("entente:transform", atom{"entente:transformation", "eq", word(name)}))
		for _, need := range w.d.Needs {
			if need.Transform == name {
				w.cite(&t, need.ClauseRef, need.Text)
				break
			}
		}
		out = append(out, t.value())
	}
	for n, p := range w.d.Preconditions {
		t := thing{}
		t.add("uid", word(w.uid+"#safeguard-"+strconv.Itoa(n+1)))
		by := []atom{{"entente:safeguard", "eq", word(p.Safeguard)}}
		if p.ApprovalBy != "" {
			by = append(by, atom{"entente:approvalBy", "eq", word(p.ApprovalBy)})
		}
		t.add("action", refined("entente:meet-safeguard", by...))
		w.cite(&t, p.ClauseRef, "")
		out = append(out, t.value())
	}
	return out
}

func (w *ruling) duties() []strictjson.Value {
	var out []strictjson.Value
	for n, d := range w.d.Duties {
		t := thing{}
		t.add("uid", word(w.uid+"#duty-"+strconv.Itoa(n+1)))
		t.add("target", word("urn:entente:object:"+w.d.Request.Subject.ID))
		t.add("action", word("entente:fulfil"))
		t.add("assignee", word(who(d.Bearer)))
		t.text("informedParty", who(d.To))
		w.cite(&t, d.ClauseRef, d.What)
		var when []atom
		if d.After != "" {
			when = append(when, after(d.After))
		}
		if d.Within != "" {
			when = append(when, atom{"elapsedTime", "lteq", typed(d.Within, "duration")})
		}
		t.list("constraint", values(when))
		out = append(out, t.value())
	}
	return out
}

// cite names the clause something rests on, and where its text is.
func (w *ruling) cite(t *thing, c decision.ClauseRef, text string) {
	if c.Instrument != "" {
		t.add("entente:instrument", word(c.Instrument))
		t.text("entente:clause", c.Clause)
	}
	t.text("dct:bibliographicCitation", c.Cite)
	t.text("dct:description", text)
	t.list("dct:source", sources(w.origins[c.Instrument], c.Cite))
}

// basis lists the clauses that matched with what they did, and the reasons.
func (w *ruling) basis() []strictjson.Value {
	var out []strictjson.Value
	for _, b := range w.d.Basis {
		t := thing{}
		w.cite(&t, b.ClauseRef, b.Text)
		t.add("entente:effect", word(b.Effect))
		t.text("entente:defeatedBy", b.DefeatedBy)
		out = append(out, t.value())
	}
	for _, r := range w.d.Because {
		t := thing{}
		w.cite(&t, r.ClauseRef, r.Text)
		t.add("entente:effect", word("because"))
		out = append(out, t.value())
	}
	return out
}

func (w *ruling) law() []strictjson.Value {
	var out []strictjson.Value
	for _, l := range w.d.LawApplied {
		t := thing{}
		t.add("@id", word("urn:entente:instrument:"+l.Instrument+":"+l.Version))
		t.add("entente:sha256", word(l.Hash.String()))
		t.list("dct:source", sources(w.origins[l.Instrument], ""))
		out = append(out, t.value())
	}
	return out
}

func (w *ruling) lost() []Loss {
	var out []Loss
	lose := func(there bool, what, why string) {
		if there {
			out = append(out, Loss{What: what, Why: why})
		}
	}
	d := &w.d
	lose(len(d.WhatIf) > 0, "what-if", "a policy says what is, and not what would change it")
	lose(len(d.Unknowns) > 0, "unknown facts", "ODRL has no value for what is not known; the outcome already counts them")
	lose(len(d.Warnings) > 0, "warnings of norms", "a policy has no rules that only warn")
	lose(len(d.NotUsed) > 0, "instruments not used", "a policy cites what it rests on only")
	lose(len(d.Conflicts) > 0, "conflicts", "who prevailed stands as entente:defeatedBy, by which step does not")
	lose(d.Dilemma != nil, "dilemma", "ODRL has no duty that is left unfulfilled")
	return out
}
