package instrument

import (
	"cmp"
	"maps"
	"slices"

	"entente/internal/strictjson"
)

// Threshold is a test of an incident that makes a fact true or false: from when
// on it is significant, say. It is three-valued, because on the first day of an
// incident most quantities are not known: a threshold that hangs on one of them
// is not evaluable, and its fact stays unknown.
type Threshold struct {
	ID        string       `json:"id"`
	Cite      string       `json:"cite"`
	Text      string       `json:"text,omitempty"`
	Verified  Verification `json:"verified,omitempty"`
	Fact      string       `json:"fact"`
	AppliesTo []string     `json:"applies_to,omitempty"` // roles of the reporting entity; absent: every one
	Test      Criterion    `json:"test"`
}

// Criterion is one condition: a quantity compared with a number or with another
// quantity, a fact, or a combination of others.
type Criterion struct {
	Any      []Criterion `json:"any,omitempty"`
	All      []Criterion `json:"all,omitempty"`
	Not      *Criterion  `json:"not,omitempty"`
	Fact     string      `json:"fact,omitempty"`
	Quantity string      `json:"quantity,omitempty"`
	Than     Comparison  `json:"than,omitempty"`
	Number   int64       `json:"number,omitempty"`
	Other    string      `json:"other,omitempty"` // a quantity instead of Number
	Cite     string      `json:"cite,omitempty"`
}

// Comparison says how a quantity is compared.
type Comparison string

// The comparisons.
const (
	Above   Comparison = "above"
	AtLeast Comparison = "at_least"
	Below   Comparison = "below"
	AtMost  Comparison = "at_most"
)

// Incident is what is known about an incident. An absent quantity or fact is
// unknown, not nought and not false. Quantities are whole numbers in the unit
// their name ends with (direct_loss_eur, outage_minutes, users_affected).
type Incident struct {
	Quantities map[string]int64 `json:"quantities,omitempty"`
	Facts      map[string]bool  `json:"facts,omitempty"`
	Roles      []string         `json:"roles,omitempty"` // of the reporting entity
}

// Assessment is what a threshold comes to.
type Assessment string

// The three assessments.
const (
	Met          Assessment = "met"
	NotMet       Assessment = "not-met"
	NotEvaluable Assessment = "not-evaluable"
)

// ThresholdResult is what a threshold came to and, when it is not evaluable, which
// quantities and facts would settle it, sorted.
type ThresholdResult struct {
	Threshold string     `json:"threshold"`
	Fact      string     `json:"fact"`
	Cite      string     `json:"cite"`
	Is        Assessment `json:"is"`
	Missing   []string   `json:"missing,omitempty"`
}

// Assess evaluates every threshold that applies to the reporting entity. A
// threshold may rest on the fact of another one: they are evaluated until
// nothing changes.
func (i *Instrument) Assess(in Incident) []ThresholdResult {
	known := Incident{Quantities: in.Quantities, Facts: maps.Clone(in.Facts), Roles: in.Roles}
	if known.Facts == nil {
		known.Facts = map[string]bool{}
	}
	for {
		results, news := i.assessOnce(known)
		if !news {
			return results
		}
	}
}

// assessOnce evaluates all thresholds and adds what is settled to the facts.
func (i *Instrument) assessOnce(known Incident) (results []ThresholdResult, news bool) {
	settled := map[string]Assessment{}
	for n := range i.Thresholds {
		t := &i.Thresholds[n]
		if !t.appliesTo(known.Roles) {
			continue
		}
		var missing []string
		is := t.Test.assess(known, &missing)
		if is != NotEvaluable {
			missing = nil
		}
		slices.Sort(missing)
		results = append(results, ThresholdResult{t.ID, t.Fact, t.Cite, is, slices.Compact(missing)})
		settled[t.Fact] = either(settled[t.Fact], is)
	}
	for fact, is := range settled {
		if _, had := known.Facts[fact]; !had && is != NotEvaluable {
			known.Facts[fact] = is == Met
			news = true
		}
	}
	return results, news
}

// either joins two thresholds for one fact: one that is met is enough.
func either(a, b Assessment) Assessment {
	switch {
	case a == Met || b == Met:
		return Met
	case a == NotEvaluable || b == NotEvaluable:
		return NotEvaluable
	default:
		return NotMet
	}
}

// FactsOf returns what results say about facts: true where a threshold is met,
// false where every one for that fact is not, and nothing where one is not
// evaluable.
func FactsOf(results []ThresholdResult) map[string]bool {
	settled := map[string]Assessment{}
	for _, r := range results {
		settled[r.Fact] = either(settled[r.Fact], r.Is)
	}
	facts := map[string]bool{}
	for fact, is := range settled {
		if is != NotEvaluable {
			facts[fact] = is == Met
		}
	}
	return facts
}

func (t *Threshold) appliesTo(roles []string) bool {
	return len(t.AppliesTo) == 0 || slices.ContainsFunc(roles, func(r string) bool { return slices.Contains(t.AppliesTo, r) })
}

// assess follows Kleene's three-valued logic: "any" is met when one part is,
// whatever the others are.
func (c *Criterion) assess(in Incident, missing *[]string) Assessment {
	switch {
	case c.Not != nil:
		return opposite(c.Not.assess(in, missing))
	case len(c.Any) > 0:
		return assessMany(c.Any, in, Met, missing)
	case len(c.All) > 0:
		return assessMany(c.All, in, NotMet, missing)
	case c.Fact != "":
		v, ok := in.Facts[c.Fact]
		if !ok {
			*missing = append(*missing, c.Fact)
			return NotEvaluable
		}
		return assessment(v)
	default:
		return c.compare(in, missing)
	}
}

// assessMany returns decisive as soon as one part is, its opposite when every
// part is that, and not evaluable otherwise.
func assessMany(parts []Criterion, in Incident, decisive Assessment, missing *[]string) Assessment {
	out := opposite(decisive)
	for n := range parts {
		switch parts[n].assess(in, missing) {
		case decisive:
			return decisive
		case NotEvaluable:
			out = NotEvaluable
		default:
		}
	}
	return out
}

func (c *Criterion) compare(in Incident, missing *[]string) Assessment {
	quantity, ok := in.Quantities[c.Quantity]
	if !ok {
		*missing = append(*missing, c.Quantity)
	}
	than, known := c.Number, true
	if c.Other != "" {
		if than, known = in.Quantities[c.Other]; !known {
			*missing = append(*missing, c.Other)
		}
	}
	if !ok || !known {
		return NotEvaluable
	}
	order := cmp.Compare(quantity, than)
	switch c.Than {
	case Above:
		return assessment(order > 0)
	case AtLeast:
		return assessment(order >= 0)
	case Below:
		return assessment(order < 0)
	default:
		return assessment(order <= 0)
	}
}

func assessment(met bool) Assessment {
	if met {
		return Met
	}
	return NotMet
}

func opposite(a Assessment) Assessment {
	switch a {
	case Met:
		return NotMet
	case NotMet:
		return Met
	default:
		return NotEvaluable
	}
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
