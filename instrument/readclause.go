package instrument

import (
	"entente/intel"
	"entente/internal/strictjson"
	"entente/party"
	"entente/privacy"
)

const tacit = "tacit"

// readClause appends one clause. Its id is looked up before anything else, so
// that every message about the clause can name it.
func (r *reader) readClause(o *object, i *Instrument) {
	if id := o.n.get("id"); id != nil && slug(id.text) == "" {
		r.clause = id.text
	}
	defer func() { r.clause = "" }()
	o.require("id", "cite", "modality", "act")
	c := Clause{
		ID:       o.word("id", slug),
		Cite:     o.text("cite"),
		Text:     o.text("text"),
		Modality: Modality(o.word("modality", oneOf([]string{string(Permission), string(Prohibition), string(Obligation)}))),
		Act:      o.word("act", oneOf(Acts())),
		Bearer:   o.word("bearer", slug),
		Strength: o.word("strength", oneOf([]string{"strict", "default", "guidance"})),
		Grants:   o.word("grants", slug),
		Verified: o.verified(),
		Refusal:  readRefusal(o),
	}
	o.inner("when", func(o *object) { c.When = readWhen(o) })
	o.inner("in_force", func(o *object) { c.InForce = readClauseForce(o) })
	c.ExceptionTo = o.words("exception_to", slug)
	o.objects("requires", func(o *object) { c.Requires = append(c.Requires, readRequirement(o)) })
	o.inner("onward", func(o *object) { c.Onward = readOnward(o) })
	o.inner("retention", func(o *object) {
		c.Retention = &Retention{AtLeast: o.period("at_least"), AtMost: o.period("at_most")}
	})
	o.inner("consent", func(o *object) { c.Consent = readConsent(o) })
	o.inner("derogation", func(o *object) { c.Derogation = readDerogation(o) })
	o.objects("duties", func(o *object) { c.Duties = append(c.Duties, readDuty(o)) })
	i.Clauses = append(i.Clauses, c)
	if _, taken := i.Positions[c.ID]; !taken {
		i.Positions[c.ID] = r.position(o.pointer)
	}
}

// readClauseForce reads when a clause starts or ends apart from its instrument,
// as in acts that apply in steps (Regulation (EU) 2024/2847 Art. 71(2)).
func readClauseForce(o *object) *InForce {
	f := &InForce{From: o.date("from"), Until: o.date("until")}
	if o.n != nil && f.From.IsZero() && f.Until.IsZero() {
		o.r.refuse(o.pointer, "says nothing; give from or until")
	}
	return f
}

func readWhen(o *object) When {
	w := When{
		Type:          o.words("type", slug),
		Purpose:       o.words("purpose", slug),
		RecipientKind: o.words("recipient_kind", partyKind),
		SenderKind:    o.words("sender_kind", partyKind),
		ReceivedUnder: o.words("received_under", slug),
		RecipientRole: o.words("recipient_role", slug), SenderRole: o.words("sender_role", slug),
		RecipientSector: o.words("recipient_sector", slug), SenderSector: o.words("sender_sector", slug),
	}
	for _, id := range o.words("recipient", partyID) {
		w.Recipient = append(w.Recipient, party.ID(id))
	}
	o.inner("tlp", func(o *object) {
		o.notEmpty("min or max")
		w.TLP = &TLPRange{Min: intel.Clear, Max: intel.Red}
		rangeOf(o, intel.ParseTLP, &w.TLP.Min, &w.TLP.Max)
	})
	o.inner("pap", func(o *object) {
		o.notEmpty("min or max")
		w.PAP = &PAPRange{Min: intel.PAPClear, Max: intel.PAPRed}
		rangeOf(o, intel.ParsePAP, &w.PAP.Min, &w.PAP.Max)
	})
	o.inner("categories", func(o *object) {
		o.notEmpty("any, none or within")
		w.Categories = &CategorySet{Any: o.categories("any"), None: o.categories("none"), Within: o.categories("within")}
	})
	w.RecipientJurisdiction = o.set("recipient_jurisdiction", (*object).jurisdictions)
	w.SenderJurisdiction = o.set("sender_jurisdiction", (*object).jurisdictions)
	w.Origin = o.set("origin", func(o *object, key string) []string { return o.words(key, partyID) })
	o.inner("facts", func(o *object) { w.Facts = readFacts(o) })
	if o.n != nil && len(o.n.members) == 0 {
		o.r.refuse(o.pointer, "is empty; leave it out to match everything")
	}
	return w
}

func (o *object) notEmpty(what string) {
	if o.n != nil && len(o.n.members) == 0 {
		o.r.refuse(o.pointer, "says nothing; give %s", what)
	}
}

// rangeOf reads min and max of an ordered label.
func rangeOf[T ~uint8](o *object, parse func(string) (T, bool), low, high *T) {
	for _, bound := range []struct {
		key string
		to  *T
	}{{"min", low}, {"max", high}} {
		n := o.value(bound.key, strictjson.String)
		if n == nil {
			continue
		}
		v, ok := parse(n.text)
		if !ok {
			o.r.refuse(o.at(bound.key), "%s is not a label; write it in lower case, like amber", quoted(n.text))
			continue
		}
		*bound.to = v
	}
	if *low > *high {
		o.r.refuse(o.pointer, "min is stricter than max, so it matches nothing")
	}
}

func (o *object) categories(key string) []privacy.Category {
	var out []privacy.Category
	for _, w := range o.words(key, oneOf(categories())) {
		out = append(out, privacy.Category(w))
	}
	return out
}

func (o *object) set(key string, read func(o *object, key string) []string) *Set {
	var s *Set
	o.inner(key, func(o *object) {
		o.notEmpty("in or not_in")
		s = &Set{In: read(o, "in"), NotIn: read(o, "not_in")}
	})
	return s
}

// readFacts reads {emergency: true, own_object: {not: true}}.
func readFacts(o *object) map[string]FactMatch {
	if o.n == nil {
		return nil
	}
	o.notEmpty("at least one fact")
	facts := make(map[string]FactMatch, len(o.n.members))
	for _, m := range o.n.members {
		o.asked = append(o.asked, m.name)
		pointer := o.pointer + strictjson.Pointer(m.name)
		if wrong := fact(m.name); wrong != "" {
			o.r.refuse(pointer, "%s", wrong)
		}
		not := m.value.get("not")
		switch {
		case m.value.kind == strictjson.Bool && m.value.flag:
			facts[m.name] = IsTrue
		case m.value.kind == strictjson.Bool:
			facts[m.name] = IsFalse
		case len(m.value.members) == 1 && not != nil && not.kind == strictjson.Bool && not.flag:
			facts[m.name] = IsNotTrue
		default:
			o.r.refuse(pointer, "must be true, false or {not: true}")
		}
	}
	return facts
}

func readRequirement(o *object) Requirement {
	q := Requirement{
		Without:    privacy.Category(o.word("without", oneOf(categories()))),
		AtLeast:    o.word("at_least", slug),
		Cite:       o.text("cite"),
		Safeguard:  o.word("safeguard", oneOf(Safeguards())),
		ApprovalBy: o.word("approval_by", slug),
	}
	switch {
	case o.n == nil:
	case (q.Without == "") != (q.AtLeast == ""):
		o.r.refuse(o.pointer, "without and at_least belong together")
	case q.Without == "" && q.Safeguard == "" && q.ApprovalBy == "":
		o.r.refuse(o.pointer, "requires nothing; give without with at_least, safeguard or approval_by")
	}
	return q
}

func readOnward(o *object) *Onward {
	o.require("allowed")
	v := &Onward{
		Allowed: o.word("allowed", oneOf([]string{"never", "originator-consent", "same-conditions", "listed"})),
		To:      o.words("to", partyID),
		Hops:    o.number("hops", 1, 100),
	}
	if o.n != nil && (v.Allowed == "listed") != (len(v.To) > 0) {
		o.r.refuse(o.pointer, "allowed: listed and to belong together")
	}
	return v
}

func readConsent(o *object) *Consent {
	o.require("of")
	return &Consent{
		Of:           o.word("of", oneOf([]string{"data-subject", "victim", "originator", "party"})),
		Form:         o.word("form", oneOf([]string{"explicit", "written", "any"})),
		Withdrawable: o.flag("withdrawable"),
		OnWithdrawal: o.word("on_withdrawal", oneOf([]string{"stop", "recall", "delete"})),
	}
}

func readDerogation(o *object) *Derogation {
	o.require("of", "declared_by")
	return &Derogation{
		Of:          o.words("of", slug),
		DeclaredBy:  o.word("declared_by", partyID),
		Fact:        o.word("fact", fact),
		MaxDuration: o.period("max_duration"),
		Notify:      o.words("notify", partyID),
	}
}

func readDuty(o *object) Duty {
	o.require("id", "what", "bearer")
	d := Duty{
		ID:       o.word("id", slug),
		What:     o.text("what"),
		Bearer:   o.word("bearer", slug),
		To:       o.word("to", slug),
		Within:   o.period("within"),
		After:    o.word("after", slug),
		Calendar: o.word("calendar", oneOf([]string{"hours", "days", "working-days"})),
		Every:    o.period("every"),
		Cite:     o.text("cite"),
		Evidence: o.text("evidence"),
		Soft:     o.flag("soft"),
		Fields:   o.words("fields", fieldName),
		Verified: o.verified(),
	}
	d.EarliestOf, d.LatestOf = readClocks(o, "earliest_of"), readClocks(o, "latest_of")
	o.inner("non_working_day", func(o *object) { d.NonWorkingDay = readNonWorkingDay(o) })
	o.inner("extension", func(o *object) {
		o.require("at_most")
		d.Extension = &Extension{AtMost: o.period("at_most"), Cite: o.text("cite"), Verified: o.verified()}
	})
	if !d.Within.IsZero() && d.After == "" {
		o.r.refuse(o.pointer, "within needs after: the event that starts the clock")
	}
	ways := 0
	for _, way := range []bool{d.After != "", len(d.EarliestOf) > 0, len(d.LatestOf) > 0} {
		if way {
			ways++
		}
	}
	if ways > 1 {
		o.r.refuse(o.pointer, "has more than one clock; give after, earliest_of or latest_of")
	}
	return d
}

func readNonWorkingDay(o *object) *NonWorkingDay {
	o.require("until", "weekend")
	n := &NonWorkingDay{
		Until:    o.word("until", timeOfDay),
		Weekend:  o.words("weekend", oneOf(Weekdays())),
		NotFor:   o.words("not_for", slug),
		Cite:     o.text("cite"),
		Verified: o.verified(),
	}
	if len(n.Weekend) == len(Weekdays()) {
		o.r.refuse(o.at("weekend"), "leaves no working day")
	}
	return n
}

func readClocks(o *object, key string) []Clock {
	var clocks []Clock
	o.objects(key, func(o *object) {
		o.require("after")
		clocks = append(clocks, Clock{Within: o.period("within"), After: o.word("after", slug)})
	})
	if len(clocks) == 1 {
		o.r.refuse(o.at(key), "is one clock; give within and after instead")
	}
	return clocks
}

func readVector(o *object) Vector {
	o.require("name", "given", "expect")
	v := Vector{Name: o.text("name")}
	o.inner("given", func(o *object) { v.Given = readGiven(o) })
	o.inner("expect", func(o *object) {
		o.require("outcome")
		v.Expect = Expectation{
			Outcome:    o.word("outcome", oneOf(Outcomes())),
			Transforms: o.words("transforms", slug),
			Because:    o.words("because", slug),
			Duties:     o.words("duties", slug),
			NoDuties:   o.words("no_duties", slug),
			Warnings:   o.words("warnings", slug),
			NotUsed:    o.text("not_used"),
		}
		o.inner("thresholds", func(o *object) { v.Expect.Thresholds = readAssessments(o) })
		if transforms := len(v.Expect.Transforms) > 0; transforms && v.Expect.Outcome != "transform" {
			o.r.refuse(o.pointer, "only the outcome transform has transforms")
		}
	})
	return v
}

func readGiven(o *object) Given {
	o.require("object", "sender", "recipient", "purpose", "at")
	g := Given{
		Act:     o.word("act", oneOf(Acts())),
		Purpose: o.word("purpose", slug),
		At:      o.date("at"),

		Modelled: o.flag("modelled"),
	}
	o.inner("object", func(o *object) {
		o.require("type", "tlp", "categories")
		g.Object = VectorObject{
			Type:          o.word("type", slug),
			TLP:           label(o, "tlp", intel.ParseTLP),
			PAP:           label(o, "pap", intel.ParsePAP),
			Categories:    o.categories("categories"),
			Origin:        party.ID(o.word("origin", partyID)),
			ReceivedUnder: o.words("received_under", slug),
		}
	})
	o.inner("sender", func(o *object) { g.Sender = readActor(o) })
	o.inner("incident", func(o *object) { g.Incident = readIncident(o, g.Sender.Roles) })
	o.inner("recipient", func(o *object) { g.Recipient = readActor(o) })
	o.inner("facts", func(o *object) {
		if o.n == nil {
			return
		}
		g.Facts = make(map[string]bool, len(o.n.members))
		for _, m := range o.n.members {
			if fact(m.name) != "" {
				continue // done reports the key as unknown
			}
			g.Facts[m.name] = o.flag(m.name)
		}
	})
	return g
}

func readActor(o *object) VectorActor {
	o.require("id", "kind", "jurisdiction")
	return VectorActor{
		ID:           party.ID(o.word("id", partyID)),
		Kind:         o.word("kind", partyKind),
		Jurisdiction: o.word("jurisdiction", jurisdiction),
		Roles:        o.words("roles", slug),
		Sectors:      o.words("sectors", slug),
	}
}

// readAssessments reads {art3-1: met, art7: not-evaluable}.
func readAssessments(o *object) map[string]Assessment {
	if o.n == nil {
		return nil
	}
	o.notEmpty("at least one threshold")
	out := make(map[string]Assessment, len(o.n.members))
	for _, m := range o.n.members {
		if slug(m.name) == "" {
			out[m.name] = Assessment(o.word(m.name, oneOf([]string{string(Met), string(NotMet), string(NotEvaluable)})))
		}
	}
	return out
}

// label reads one ordered label; an absent one is the least strict.
func label[T ~uint8](o *object, key string, parse func(string) (T, bool)) T {
	n := o.value(key, strictjson.String)
	if n == nil {
		return 0
	}
	v, ok := parse(n.text)
	if !ok {
		o.r.refuse(o.at(key), "%s is not a label; write it in lower case, like amber", quoted(n.text))
	}
	return v
}
