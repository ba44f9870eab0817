package instrument

import (
	"entente/internal/ident"
	"entente/internal/strictjson"
	"entente/party"
)

// instrument reads the whole document in the order of the fields of format 1.
func (r *reader) instrument(root *node) *Instrument {
	o := r.object(root, "")
	o.require("entente", "kind", "id", "title", "nature", "binding", "regime", "default", "version", "in_force", "clauses")
	o.number("entente", 1, 1)
	r.areas = readAreas(o)
	o.word("kind", oneOf([]string{"Instrument"}))
	i := &Instrument{
		ID:            o.word("id", slug),
		Title:         o.text("title"),
		Nature:        o.word("nature", oneOf(Natures())),
		Binding:       o.flag("binding"),
		Rank:          o.number("rank", 0, 1000),
		Regime:        o.word("regime", slug),
		Default:       Default(o.word("default", oneOf([]string{string(Prohibit), string(Permit), string(Silent)}))),
		Universal:     o.flag("universal"),
		Illustrative:  o.flag("illustrative"),
		Jurisdictions: o.jurisdictions("jurisdictions"),
		Areas:         r.areas,
		Short:         o.text("short"),
		AsOf:          o.date("as_of"),
		Depositary:    party.ID(o.word("depositary", partyID)),
		Version:       o.word("version", form(versionForm, "1.2.0")),
		Supersedes:    o.digest("supersedes").text(),
		Positions:     map[string]Position{"": r.position("")},
	}
	o.inner("language", func(o *object) {
		tag := form(languageForm, "en or pt-BR")
		i.Language = &Language{Authentic: o.words("authentic", tag), This: o.word("this", tag)}
	})
	o.inner("source", func(o *object) {
		i.Origin = &Origin{URI: o.text("uri"), ELI: o.text("eli"), AKN: o.text("akn"), SHA256: o.digest("sha256").Digest}
	})
	o.inner("in_force", func(o *object) { i.InForce = readInForce(o) })
	o.inner("term", func(o *object) { i.Term = readTerm(o) })
	o.objects("parties", func(o *object) { i.Parties = append(i.Parties, readParty(o)) })
	o.inner("applies_when", func(o *object) { i.AppliesWhen = new(When); *i.AppliesWhen = readWhen(o) })
	o.objects("definitions", func(o *object) { i.Definitions = append(i.Definitions, readDefinition(o)) })
	o.objects("clauses", func(o *object) { r.readClause(o, i) })
	o.inner("precedence", func(o *object) {
		i.Precedence = Precedence{SubjectTo: o.words("subject_to", slug), PrevailsOver: o.words("prevails_over", slug)}
	})
	o.inner("ranks", func(o *object) { i.Ranks = readRanks(o) })
	o.inner("amendment", func(o *object) { i.Amendment = readAmendment(o) })
	o.inner("dispute", func(o *object) { i.Dispute = readDispute(o) })
	o.inner("transposes", func(o *object) {
		o.require("instrument", "replaces")
		i.Transposes = &Transposition{Instrument: o.word("instrument", slug), Replaces: o.words("replaces", slug), Cite: o.text("cite")}
	})
	o.inner("reservable", func(o *object) {
		o.require("cite")
		i.Reservable = &Reservable{Clauses: o.words("clauses", slug), Cite: o.text("cite")}
	})
	o.objects("thresholds", func(o *object) { i.Thresholds = append(i.Thresholds, readThreshold(o)) })
	o.objects("procedures", func(o *object) { i.Procedures = append(i.Procedures, readProcedure(o)) })
	o.objects("review", func(o *object) { i.Review = append(i.Review, readReview(o)) })
	o.objects("vectors", func(o *object) { i.Vectors = append(i.Vectors, readVector(o)) })
	o.done()
	return i
}

// optionalDigest is a digest that may be absent.
type optionalDigest struct{ ident.Digest }

func (d optionalDigest) text() string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

func (o *object) digest(key string) optionalDigest {
	n := o.value(key, strictjson.String)
	if n == nil {
		return optionalDigest{}
	}
	d, err := ident.ParseDigest(n.text)
	if err != nil || d.IsZero() {
		o.r.refuse(o.at(key), "%s is not sha256: and 64 lower-case hexadecimal digits", quoted(n.text))
	}
	return optionalDigest{d}
}

func readInForce(o *object) InForce {
	f := InForce{From: o.date("from"), Until: o.date("until"), ProvisionalFrom: o.date("provisional_from")}
	o.inner("condition", func(o *object) {
		o.require("ratifications")
		f.Condition = &EntryConditions{
			Ratifications: o.number("ratifications", 1, 1000),
			Of:            o.words("of", partyID),
			ThenAfter:     o.period("then_after"),
		}
	})
	if f.Condition == nil {
		o.require("from")
	}
	return f
}

func readTerm(o *object) Term {
	return Term{
		Sunset:           o.date("sunset"),
		Renewal:          o.word("renewal", oneOf([]string{"none", tacit, "express"})),
		ReviewEvery:      o.period("review_every"),
		WithdrawalNotice: o.period("withdrawal_notice"),
		Survival:         o.words("survival", slug),
	}
}

func readParty(o *object) PartyRecord {
	o.require("party")
	p := PartyRecord{
		Party:     party.ID(o.word("party", partyID)),
		Role:      o.word("role", slug),
		Territory: o.jurisdictions("territory"),
		Verified:  o.verified(),
	}
	o.each("events", func(n *node, pointer string) {
		if e, ok := o.r.event(n, pointer); ok {
			p.Events = append(p.Events, e)
		}
	})
	o.objects("reservations", func(o *object) { p.Reservations = append(p.Reservations, readReservation(o)) })
	o.objects("declarations", func(o *object) {
		o.require("id", "text")
		p.Declarations = append(p.Declarations, Declaration{ID: o.text("id"), Text: o.text("text"), At: o.date("at")})
	})
	o.objects("authorities", func(o *object) {
		o.require("role", "name")
		p.Authorities = append(p.Authorities, Authority{
			Role: o.word("role", slug), Name: o.text("name"), Contact: o.text("contact"),
			From: o.date("from"), Until: o.date("until"), Cite: o.text("cite"), Verified: o.verified(),
		})
	})
	return p
}

// event reads {signature: 2025-01-10}.
func (r *reader) event(n *node, pointer string) (Event, bool) {
	if n.kind != strictjson.Object || len(n.members) != 1 {
		r.refuse(pointer, "must be one event with its date, like {signature: 2025-01-10}")
		return Event{}, false
	}
	m := n.members[0]
	inner := pointer + strictjson.Pointer(m.name)
	if wrong := oneOf(EventKinds())(m.name); wrong != "" {
		r.refuse(inner, "%s", wrong)
		return Event{}, false
	}
	if !r.want(m.value, inner, strictjson.String) {
		return Event{}, false
	}
	return Event{Kind: m.name, At: r.date(m.value, inner)}, true
}

func readReservation(o *object) Reservation {
	o.require("id")
	v := Reservation{
		ID:        o.text("id"),
		Excludes:  o.words("excludes", slug),
		Cite:      o.text("cite"),
		Verified:  o.verified(),
		From:      o.date("from"),
		Withdrawn: o.date("withdrawn"),
		Note:      o.text("note"),
	}
	o.objects("modifies", func(o *object) { v.Modifies = append(v.Modifies, readModification(o)) })
	if o.n != nil && len(v.Excludes) == 0 && len(v.Modifies) == 0 {
		o.r.refuse(o.pointer, "changes nothing; give excludes or modifies")
	}
	o.objects("objections", func(o *object) {
		o.require("by")
		v.Objections = append(v.Objections, Objection{
			By:                      party.ID(o.word("by", partyID)),
			At:                      o.date("at"),
			PrecludesEntryIntoForce: o.flag("precludes_entry_into_force"),
		})
	})
	return v
}

func readDefinition(o *object) Definition {
	o.require("term", "means")
	d := Definition{Term: o.text("term"), Means: o.text("means"), Text: o.text("text"), Cite: o.text("cite"), Verified: o.verified()}
	o.objects("national", func(o *object) {
		o.require("jurisdiction", "term", "relation")
		d.National = append(d.National, NationalTerm{
			Jurisdiction: o.word("jurisdiction", jurisdiction),
			Term:         o.text("term"),
			Relation:     o.word("relation", oneOf([]string{"exact", "broader", "narrower", "overlaps", "none"})),
			Cite:         o.text("cite"),
		})
	})
	return d
}

func readAmendment(o *object) *Amendment {
	o.require("rule")
	return &Amendment{
		Rule:           o.word("rule", oneOf([]string{"consensus", "majority", "two-thirds", tacit, "depositary"})),
		TacitAfter:     o.period("tacit_after"),
		EffectiveAfter: o.period("effective_after"),
		Binds:          o.word("binds", oneOf([]string{"all", "accepting"})),
	}
}

func readDispute(o *object) *Dispute {
	d := &Dispute{Interim: o.word("interim", oneOf([]string{"continue", "suspend-clause", "protective"}))}
	o.each("steps", func(n *node, pointer string) {
		if n.kind != strictjson.Object || len(n.members) != 1 {
			o.r.refuse(pointer, "must be one step with its time limit, like {consultation: P30D}")
			return
		}
		m := n.members[0]
		inner := pointer + strictjson.Pointer(m.name)
		if !o.r.want(m.value, inner, strictjson.String) {
			return
		}
		if wrong := slug(m.name); wrong != "" {
			o.r.refuse(inner, "%s", wrong)
		}
		d.Steps = append(d.Steps, DisputeStep{Kind: m.name, Within: o.r.period(m.value, inner)})
	})
	return d
}

// readRanks reads {eu-gdpr: 100, our-mou: 10}.
func readRanks(o *object) map[string]int {
	o.notEmpty("at least one instrument and its rank")
	ranks := map[string]int{}
	if o.n == nil {
		return ranks
	}
	for _, m := range o.n.members {
		if wrong := slug(m.name); wrong != "" {
			o.r.refuse(o.at(m.name), "%s", wrong)
		}
		ranks[m.name] = o.number(m.name, 1, 1000)
	}
	return ranks
}

// verified reads how far an entry was checked.
func (o *object) verified() Verification {
	return Verification(o.word("verified", oneOf(Verifications())))
}

func readReview(o *object) Review {
	o.require("id", "what")
	v := Review{
		ID: o.word("id", slug), What: o.text("what"), Who: o.text("who"), At: o.date("at"), Every: o.period("every"),
		Cite: o.text("cite"), Verified: o.verified(),
	}
	if !v.At.IsZero() && !v.Every.IsZero() {
		o.r.refuse(o.pointer, "is either at a date or every so often")
	}
	return v
}

func readModification(o *object) Modification {
	o.require("clause")
	m := Modification{Clause: o.word("clause", slug), Text: o.text("text")}
	o.inner("when", func(o *object) { m.When = new(When); *m.When = readWhen(o) })
	o.objects("requires", func(o *object) { m.Requires = append(m.Requires, readRequirement(o)) })
	if o.n != nil && m.When == nil && len(m.Requires) == 0 {
		o.r.refuse(o.pointer, "changes nothing; give when or requires")
	}
	return m
}
