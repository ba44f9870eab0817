package odrl_test

import (
	"maps"
	"slices"
	"strings"
	"time"

	"entente/decision"
	"entente/instrument"
	"entente/intel"
	"entente/internal/ident"
	"entente/internal/strictjson"
)

// evaluate reads a policy as somebody does who knows ODRL and the profile: a
// prohibition that applies wins, otherwise a permission that applies permits,
// whatever has to be done first. Silence permits only by entente:default permit.
func evaluate(policy *strictjson.Value, doc *instrument.Instrument, v instrument.Vector) bool {
	q := asked{doc, question(v)}
	if slices.ContainsFunc(rules(policy, "prohibition"), q.applies) {
		return false
	}
	return doc.Default == instrument.Permit || slices.ContainsFunc(rules(policy, "permission"), q.applies)
}

func rules(policy *strictjson.Value, kind string) []strictjson.Value {
	if l := policy.Get(kind); l != nil {
		return l.Items
	}
	return nil
}

// asked is a question put to a policy.
type asked struct {
	doc *instrument.Instrument
	r   decision.Request
}

func (q asked) applies(rule strictjson.Value) bool {
	act := q.r.Act
	if act == "" {
		act = "share"
	}
	named := []string{"entente:" + act, map[string]string{"share": "distribute", "use": "use", "store": "archive", "delete": "delete"}[act]}
	if act == "share" && slices.Contains(q.r.Subject.ReceivedUnder, q.doc.ID) && q.r.Subject.Origin != q.r.Sender.ID {
		named = append(named, "entente:onward-share") // passing on what was received under the policy
	}
	if !slices.Contains(named, rule.Get("action").Text) {
		return false
	}
	cs := rule.Get("constraint")
	return cs == nil || !slices.ContainsFunc(cs.Items, func(c strictjson.Value) bool { return !q.holds(c) })
}

func (q asked) holds(c strictjson.Value) bool {
	if or := c.Get("or"); or != nil {
		return slices.ContainsFunc(or.Get("@list").Items, q.holds)
	}
	left, operator, right := c.Get("leftOperand").Text, c.Get("operator").Text, c.Get("rightOperand")
	if left == "dateTime" {
		t, err := time.Parse(time.RFC3339Nano, right.Get("@value").Text)
		return err == nil && compare(q.r.At.Compare(t), operator)
	}
	if rank, of, ok := q.label(left, right.Text); ok {
		return compare(rank-of, operator)
	}
	words, known := q.words(left)
	switch operator {
	case "eq", "neq":
		is := known && len(words) == 1 && words[0] == literal(right)
		return is == (operator == "eq")
	case "isPartOf":
		return !slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(literals(right), w) })
	default:
		some := slices.ContainsFunc(words, func(w string) bool { return slices.Contains(literals(right), w) })
		return some == (operator == "isAnyOf")
	}
}

func compare(c int, operator string) bool {
	switch operator {
	case "gteq":
		return c >= 0
	case "gt":
		return c > 0
	case "lteq":
		return c <= 0
	case "lt":
		return c < 0
	default:
		return c == 0
	}
}

func (q asked) label(left, right string) (rank, of int, ok bool) {
	switch left {
	case "entente:tlp":
		t, ok := intel.ParseTLP(right)
		return int(q.r.Subject.TLP), int(t), ok
	case "entente:pap":
		p, ok := intel.ParsePAP(right)
		return int(q.r.Subject.PAP), int(p), ok
	default:
		return 0, 0, false
	}
}

// words are what the question says about a left operand.
func (q asked) words(left string) (ws []string, known bool) {
	r := &q.r
	seat := func(a decision.Actor) instrument.Seat {
		return instrument.Seat{Party: a.ID, Jurisdiction: a.Jurisdiction}
	}
	switch left {
	case "purpose":
		return []string{r.Purpose}, true
	case "recipient":
		return []string{"urn:entente:party:" + string(r.Recipient.ID)}, true
	case "entente:objectType":
		return []string{r.Subject.Type}, true
	case "entente:category":
		for _, c := range r.Subject.Categories {
			ws = append(ws, string(c))
		}
		return ws, true
	case "entente:recipientKind":
		return []string{r.Recipient.Kind}, true
	case "entente:senderKind":
		return []string{r.Sender.Kind}, true
	case "entente:recipientRole":
		return q.roles(r.Recipient), true
	case "entente:senderRole":
		return q.roles(r.Sender), true
	case "entente:recipientSector":
		return r.Recipient.Sectors, true
	case "entente:senderSector":
		return r.Sender.Sectors, true
	case "entente:recipientJurisdiction":
		return []string{r.Recipient.Jurisdiction}, true
	case "entente:senderJurisdiction":
		return []string{r.Sender.Jurisdiction}, true
	case "entente:origin":
		return []string{string(r.Subject.Origin)}, true
	case "entente:receivedUnder":
		return r.Subject.ReceivedUnder, true
	case "entente:inForceBetweenParties":
		return []string{truth(q.doc.Status(seat(r.Sender), seat(r.Recipient), r.At).InForce)}, true
	case "entente:unreservedBetweenParties":
		s := q.doc.Status(seat(r.Sender), seat(r.Recipient), r.At)
		return []string{truth(len(s.Excluded)+len(s.Modified) == 0)}, true
	default:
		is, known := r.Facts[strings.TrimPrefix(left, "entente:fact-")]
		return []string{truth(is)}, known
	}
}

// roles are those of an actor and those the document gives it.
func (q asked) roles(a decision.Actor) []string {
	out := slices.Clone(a.Roles)
	for _, p := range q.doc.Parties {
		if p.Party == a.ID || slices.Contains(p.Territory, a.Jurisdiction) {
			out = append(out, p.Role)
		}
	}
	return out
}

func truth(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

func literal(v *strictjson.Value) string {
	switch {
	case v.Kind == strictjson.Bool:
		return truth(v.Bool)
	case v.Get("@id") != nil:
		return v.Get("@id").Text
	default:
		return v.Text
	}
}

func literals(v *strictjson.Value) []string {
	var out []string
	for i := range v.Items {
		out = append(out, literal(&v.Items[i]))
	}
	return out
}

// question is the request a vector stands for.
func question(v instrument.Vector) decision.Request {
	g := v.Given
	origin := g.Object.Origin
	if origin == "" {
		origin = g.Sender.ID
	}
	facts := maps.Clone(g.Facts)
	return decision.Request{
		Subject: decision.Subject{
			ID: "vector", Type: g.Object.Type, Hash: ident.Sum(nil), TLP: g.Object.TLP, PAP: g.Object.PAP,
			Categories: g.Object.Categories, Origin: origin, ReceivedUnder: g.Object.ReceivedUnder,
		},
		Sender: decision.Actor(g.Sender), Recipient: decision.Actor(g.Recipient),
		Act: g.Act, Purpose: g.Purpose, At: g.At, Facts: facts,
	}
}
