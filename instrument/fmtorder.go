package instrument

// layout is how one kind of mapping is written: its keys in the order of the
// format, what its values are in turn, and whether it may stand on one line.
type layout struct {
	keys  []string
	inner map[string]*layout // of a mapping, or of the mappings of a list
	block bool               // never on one line
	items bool               // the list it is an item of is never on one line
}

// row is a mapping without mappings inside.
func row(keys ...string) *layout { return &layout{keys: keys} }

// entries is a row whose list has one entry a line.
func entries(keys ...string) *layout { return &layout{keys: keys, items: true} }

// documentLayout returns the canonical order of format 1. A test compares it
// with the schema, so that no key of the format is left out.
func documentLayout() *layout {
	clause := clauseLayout()
	return &layout{
		block: true,
		keys: []string{
			"entente", "kind", "id", "title", "short", "nature", "binding", "illustrative", "rank", "ranks", "regime", "default",
			"universal", "jurisdictions", "language", "source", "version", "supersedes", "transposes", "as_of", "in_force",
			"term", "depositary", "parties", "reservable", "applies_when", "precedence", "amendment", "dispute", "review",
			"areas", "definitions", "thresholds", "clauses", "procedures", "vectors",
		},
		inner: map[string]*layout{
			"language":   row("authentic", "this"),
			"source":     row("uri", "eli", "akn", "sha256"),
			"transposes": row("instrument", "replaces", "cite"),
			"in_force": {
				keys:  []string{"from", "until", "provisional_from", "condition"},
				inner: map[string]*layout{"condition": row("ratifications", "of", "then_after")},
			},
			"term":         row("sunset", "renewal", "review_every", "withdrawal_notice", "survival"),
			"parties":      partyLayout(clause),
			"reservable":   row("clauses", "cite"),
			"applies_when": clause.inner["when"],
			"precedence":   row("subject_to", "prevails_over"),
			"amendment":    row("rule", "tacit_after", "effective_after", "binds"),
			"dispute":      row("steps", "interim"),
			"review":       entries("id", "what", "who", "at", "every", "cite", "verified"),
			"definitions": {
				keys:  []string{"term", "means", "text", "cite", "verified", "national"},
				inner: map[string]*layout{"national": row("jurisdiction", "term", "relation", "cite")},
				items: true,
			},
			"thresholds": thresholdLayout(),
			"clauses":    clause,
			"procedures": procedureLayout(),
			"vectors":    vectorLayout(),
		},
	}
}

func partyLayout(clause *layout) *layout {
	modifies := row("clause", "when", "requires", "text")
	modifies.inner = map[string]*layout{"when": clause.inner["when"], "requires": row(clause.inner["requires"].keys...)}
	reservations := entries("id", "excludes", "modifies", "from", "withdrawn", "cite", "verified", "note", "objections")
	reservations.inner = map[string]*layout{
		"modifies":   modifies,
		"objections": row("by", "at", "precludes_entry_into_force"),
	}
	p := entries("party", "role", "territory", "events", "verified", "authorities", "reservations", "declarations")
	p.inner = map[string]*layout{
		"authorities":  entries("role", "name", "contact", "from", "until", "cite", "verified"),
		"reservations": reservations,
		"declarations": entries("id", "text", "at"),
	}
	return p
}

func clauseLayout() *layout {
	duties := entries(
		"id", "what", "bearer", "to", "within", "after", "earliest_of", "latest_of", "soft", "calendar", "non_working_day",
		"extension", "every", "fields", "cite", "verified", "evidence",
	)
	duties.inner = map[string]*layout{
		"earliest_of": row("within", "after"), "latest_of": row("within", "after"),
		"non_working_day": row("until", "weekend", "not_for", "cite", "verified"),
		"extension":       row("at_most", "cite", "verified"),
	}
	set := row("in", "not_in")
	return &layout{
		block: true, items: true,
		keys: []string{
			"id", "cite", "text", "modality", "act", "verified", "bearer", "strength", "in_force", "exception_to",
			"derogation", "when", "requires", "grants", "consent", "onward", "retention", "duties", "refusal",
		},
		inner: map[string]*layout{
			"in_force": row("from", "until"),
			"when": {
				keys: []string{
					"type", "tlp", "pap", "purpose", "categories", "sender_kind", "sender_role", "sender_sector",
					"sender_jurisdiction", "recipient", "recipient_kind", "recipient_role", "recipient_sector",
					"recipient_jurisdiction", "origin", "received_under", "facts",
				},
				inner: map[string]*layout{
					"tlp": row("min", "max"), "pap": row("min", "max"), "categories": row("any", "none", "within"),
					"sender_jurisdiction": set, "recipient_jurisdiction": set, "origin": set,
				},
			},
			"requires":   entries("without", "at_least", "safeguard", "approval_by", "cite"),
			"consent":    row("of", "form", "withdrawable", "on_withdrawal"),
			"derogation": row("of", "declared_by", "fact", "max_duration", "notify"),
			"onward":     row("allowed", "to", "hops"),
			"retention":  row("at_least", "at_most"),
			"duties":     duties,
			"refusal":    refusalLayout(),
		},
	}
}

func refusalLayout() *layout {
	r := row("closed", "grounds")
	r.inner = map[string]*layout{"grounds": entries("code", "cite", "text", "verified", "reservation")}
	return r
}

// thresholdLayout is recursive: a criterion is made of criteria.
func thresholdLayout() *layout {
	criterion := row("quantity", "above", "at_least", "below", "at_most", "exceeds", "fact", "any", "all", "not", "cite")
	parts := map[string]*layout{"any": criterion, "all": criterion, "not": criterion}
	criterion.inner = parts
	t := entries(append([]string{"id", "cite", "text", "verified", "fact", "applies_to"}, criterion.keys...)...)
	t.block, t.inner = true, parts
	return t
}

func procedureLayout() *layout {
	p := entries("id", "cite", "title", "verified", "roles", "initial", "states", "transitions", "refusal")
	p.block = true
	p.inner = map[string]*layout{
		"states":      row("id", "final"),
		"transitions": entries("id", "from", "to", "by", "within", "not_before", "silence", "after", "preclusive", "quorum", "votes", "requires", "refusal", "cite"),
		"refusal":     refusalLayout(),
	}
	return p
}

func vectorLayout() *layout {
	actor := row("id", "kind", "jurisdiction", "roles", "sectors")
	return &layout{
		block: true, items: true,
		keys: []string{"name", "given", "expect"},
		inner: map[string]*layout{
			"given": {
				block: true,
				keys:  []string{"object", "sender", "recipient", "act", "purpose", "at", "facts", "incident", "modelled"},
				inner: map[string]*layout{
					"object": row("type", "tlp", "pap", "categories", "origin", "received_under"),
					"sender": actor, "recipient": actor,
				},
			},
			"expect": row("outcome", "transforms", "because", "duties", "no_duties", "warnings", "not_used", "thresholds"),
		},
	}
}
