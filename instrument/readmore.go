package instrument

import "entente/internal/strictjson"

// readAreas reads the names a document gives to lists of jurisdictions.
func readAreas(o *object) map[string][]string {
	var areas map[string][]string
	o.inner("areas", func(o *object) {
		o.notEmpty("a name and its jurisdictions")
		if o.n == nil {
			return
		}
		areas = make(map[string][]string, len(o.n.members))
		for _, m := range o.n.members {
			if wrong := jurisdiction(m.name); wrong != "" {
				o.r.refuse(o.at(m.name), "%s", wrong)
			}
			areas[m.name] = o.words(m.name, jurisdiction)
		}
	})
	return areas
}

// jurisdictions reads a list of jurisdictions in which an area stands for what
// is in it.
func (o *object) jurisdictions(key string) []string {
	written := o.words(key, jurisdiction)
	var out []string
	seen := map[string]bool{}
	for _, w := range written {
		codes := o.r.areas[w]
		if codes == nil {
			codes = []string{w}
		}
		for _, c := range codes {
			if !seen[c] {
				seen[c] = true
				out = append(out, c)
			}
		}
	}
	return out
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

// readThreshold reads a threshold, whose test stands in the threshold itself.
func readThreshold(o *object) Threshold {
	o.require("id", "cite", "fact")
	t := Threshold{
		ID: o.word("id", slug), Cite: o.text("cite"), Text: o.text("text"), Verified: o.verified(),
		AppliesTo: o.words("applies_to", slug), Fact: o.word("fact", fact),
	}
	t.Test = readCriterion(o, false)
	return t
}

// readCriterion reads one condition of a threshold: exactly one of any, all,
// not, quantity and (inside) fact.
func readCriterion(o *object, inside bool) Criterion {
	var c Criterion
	if inside {
		c.Cite = o.text("cite")
		c.Fact = o.word("fact", fact)
	}
	o.objects("any", func(o *object) { c.Any = append(c.Any, readCriterion(o, true)) })
	o.objects("all", func(o *object) { c.All = append(c.All, readCriterion(o, true)) })
	o.inner("not", func(o *object) { c.Not = new(Criterion); *c.Not = readCriterion(o, true) })
	c.Quantity = o.word("quantity", fact)
	readComparison(o, &c)
	ways := 0
	for _, way := range []bool{len(c.Any) > 0, len(c.All) > 0, c.Not != nil, c.Fact != "", c.Quantity != ""} {
		if way {
			ways++
		}
	}
	if o.n != nil && ways != 1 {
		o.r.refuse(o.pointer, "tests one thing: give exactly one of any, all, not, quantity and fact")
	}
	return c
}

func readComparison(o *object, c *Criterion) {
	given := 0
	for _, than := range []Comparison{Above, AtLeast, Below, AtMost} {
		if o.has(string(than)) {
			given++
			c.Than, c.Number = than, int64(o.number(string(than), 0, maxQuantity))
		} else {
			o.asked = append(o.asked, string(than))
		}
	}
	if c.Other = o.word("exceeds", fact); c.Other != "" {
		given++
		c.Than = Above
	}
	if o.n != nil && given != min(1, len(c.Quantity)) {
		o.r.refuse(o.pointer, "compares a quantity: give it one of above, at_least, below, at_most and exceeds")
	}
}

// maxQuantity bounds a number in a threshold: a thousand million million.
const maxQuantity = 1_000_000_000_000_000

// readIncident reads {direct_loss_eur: 500001, trade_secrets: false}.
func readIncident(o *object, roles []string) *Incident {
	in := &Incident{Quantities: map[string]int64{}, Facts: map[string]bool{}, Roles: roles}
	if o.n == nil {
		return in
	}
	o.notEmpty("at least one quantity or fact")
	for _, m := range o.n.members {
		switch {
		case fact(m.name) != "": // done reports the key as unknown
		case m.value.kind == strictjson.Number:
			in.Quantities[m.name] = int64(o.number(m.name, 0, maxQuantity))
		default:
			in.Facts[m.name] = o.flag(m.name)
		}
	}
	return in
}
