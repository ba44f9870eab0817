package odrl_test

import (
	"slices"
	"strings"

	"entente/internal/strictjson"
)

// The rules of the ODRL Information Model 2.2 that a policy has to keep, by
// section. No JSON Schema of ODRL has a licence, so they are a table.
var modelRules = []struct {
	section, says string
	broken        func(p *strictjson.Value) string
}{
	{"2.1", "a policy has one uid", func(p *strictjson.Value) string { return want(p.Get("uid"), strictjson.String, "uid") }},
	{"2.1", "a policy has a type", func(p *strictjson.Value) string {
		if t := p.Get("@type"); t == nil || !slices.Contains([]string{"Set", "Offer", "Agreement"}, t.Text) {
			return "no type"
		}
		return ""
	}},
	{"2.1", "a policy has at least one permission, prohibition or obligation", func(p *strictjson.Value) string {
		if p.Get("permission") == nil && p.Get("prohibition") == nil && p.Get("obligation") == nil {
			return "no rule"
		}
		return ""
	}},
	{"2.1", "terms of a profile need a profile", func(p *strictjson.Value) string { return want(p.Get("profile"), strictjson.String, "profile") }},
	{"2.1.3", "an agreement has one assigner and one assignee", func(p *strictjson.Value) string {
		if p.Get("@type").Text == "Agreement" && (p.Get("assigner") == nil || p.Get("assignee") == nil) {
			return "a party is missing"
		}
		return ""
	}},
	{"2.10", "conflict is perm, prohibit or invalid", func(p *strictjson.Value) string {
		if c := p.Get("conflict"); c == nil || !slices.Contains([]string{"perm", "prohibit", "invalid"}, c.Text) {
			return "no conflict strategy"
		}
		return ""
	}},
	{"2.6.1", "a permission has one target and one action", eachRule("permission", targetAndAction)},
	{"2.6.2", "a prohibition has one target and one action", eachRule("prohibition", targetAndAction)},
	{"2.6.5", "a duty has one action", eachRule("obligation", oneAction)},
	{"2.6.3", "the duties of a permission have one action", eachRule("permission", func(r *strictjson.Value) string { return each(r.Get("duty"), oneAction) })},
	{"2.6.2", "a prohibition has remedies and no duties", eachRule("prohibition", func(r *strictjson.Value) string {
		if r.Get("duty") != nil {
			return "a duty"
		}
		return ""
	})},
	{"2.5", "constraints are complete", func(p *strictjson.Value) string {
		for _, kind := range []string{"permission", "prohibition", "obligation"} {
			if wrong := each(p.Get(kind), constraints); wrong != "" {
				return kind + ": " + wrong
			}
		}
		return ""
	}},
	{"2.2", "uids of rules are different", func(p *strictjson.Value) string {
		seen, twice := map[string]bool{}, ""
		walk(p, func(name string, v *strictjson.Value) {
			if name == "uid" && strings.Contains(v.Text, "#") {
				if seen[v.Text] {
					twice = v.Text
				}
				seen[v.Text] = true
			}
		})
		return twice
	}},
	{"JSON-LD", "every term with a prefix has a prefix of the context", func(p *strictjson.Value) string {
		wrong := ""
		walk(p, func(name string, _ *strictjson.Value) {
			if prefix, _, ok := strings.Cut(name, ":"); ok && p.Get("@context").Items[1].Get(prefix) == nil {
				wrong = name
			}
		})
		return wrong
	}},
}

var (
	operators = []string{"eq", "gt", "gteq", "lt", "lteq", "neq", "isA", "hasPart", "isPartOf", "isAllOf", "isAnyOf", "isNoneOf"}
	// Of the ODRL Vocabulary 2.2; the others are terms of the profile.
	leftOperands = []string{"dateTime", "event", "elapsedTime", "timeInterval", "purpose", "recipient"}
	odrlActions  = []string{"distribute", "use", "archive", "delete", "obtainConsent", "nextPolicy"}
)

func want(v *strictjson.Value, k strictjson.Kind, name string) string {
	if v == nil || v.Kind != k || k == strictjson.String && v.Text == "" {
		return "no " + name
	}
	return ""
}

func eachRule(kind string, broken func(*strictjson.Value) string) func(*strictjson.Value) string {
	return func(p *strictjson.Value) string { return each(p.Get(kind), broken) }
}

func each(rules *strictjson.Value, broken func(*strictjson.Value) string) string {
	if rules == nil {
		return ""
	}
	for i := range rules.Items {
		if wrong := broken(&rules.Items[i]); wrong != "" {
			return wrong + " in " + string(strictjson.Append(nil, &rules.Items[i]))
		}
	}
	return ""
}

func targetAndAction(r *strictjson.Value) string {
	if wrong := want(r.Get("target"), strictjson.String, "target"); wrong != "" {
		return wrong
	}
	return oneAction(r)
}

// oneAction accepts an action of the vocabulary, one of the profile, or one of
// them with refinements (section 2.4).
func oneAction(r *strictjson.Value) string {
	a := r.Get("action")
	switch {
	case a == nil:
		return "no action"
	case a.Kind == strictjson.String:
		return knownAction(a.Text)
	case a.Kind != strictjson.Array || len(a.Items) != 1 || a.Items[0].Get("rdf:value") == nil:
		return "an action that is not one action"
	}
	if wrong := each(a.Items[0].Get("refinement"), constraint); wrong != "" {
		return wrong
	}
	return knownAction(a.Items[0].Get("rdf:value").Get("@id").Text)
}

func knownAction(name string) string {
	if slices.Contains(odrlActions, name) || strings.HasPrefix(name, "entente:") {
		return ""
	}
	return "the unknown action " + name
}

func constraints(r *strictjson.Value) string { return each(r.Get("constraint"), constraint) }

func constraint(c *strictjson.Value) string {
	if or := c.Get("or"); or != nil {
		if operands := or.Get("@list"); operands != nil && len(operands.Items) > 1 && len(c.Members) == 1 {
			return each(operands, constraint)
		}
		return "a logical constraint without operands"
	}
	left, operator, right := c.Get("leftOperand"), c.Get("operator"), c.Get("rightOperand")
	switch {
	case left == nil || operator == nil || right == nil:
		return "an incomplete constraint"
	case !slices.Contains(leftOperands, left.Text) && !strings.HasPrefix(left.Text, "entente:"):
		return "the unknown left operand " + left.Text
	case !slices.Contains(operators, operator.Text):
		return "the unknown operator " + operator.Text
	case strings.HasPrefix(operator.Text, "is") != (right.Kind == strictjson.Array):
		return "a set operator without a list, or a list without a set operator"
	default:
		return ""
	}
}

func walk(v *strictjson.Value, f func(string, *strictjson.Value)) {
	for i := range v.Members {
		f(v.Members[i].Name, &v.Members[i].Value)
		walk(&v.Members[i].Value, f)
	}
	for i := range v.Items {
		walk(&v.Items[i], f)
	}
}
