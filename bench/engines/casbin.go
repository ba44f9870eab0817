package engines

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/casbin/casbin/v3"
	"github.com/casbin/casbin/v3/model"

	"entente/bench/workload"
)

// Casbin is casbin with one policy row for each clause, lists written as
// "|a|b|" and looked at by our functions, and prohibitions that override. It
// explains one row at most and has no obligations: those are left out.
type Casbin struct{ enforcer *casbin.Enforcer }

// Name implements [Engine].
func (*Casbin) Name() string { return "casbin" }

// Reports implements [Engine].
func (*Casbin) Reports() Reporting { return YesOrNo }

const casbinModel = `
[request_definition]
r = type, tlp, cats, purpose, recipient, jurisdiction, agreement, now

[policy_definition]
p = id, agreement, types, tlpmin, tlpmax, any, within, purposes, jurisdictions, parties, from, until, eft

[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))

[matchers]
m = (p.agreement == "*" || p.agreement == r.agreement) && between(r.tlp, p.tlpmin, p.tlpmax) && between(r.now, p.from, p.until) && listed(r.type, p.types) && listed(r.purpose, p.purposes) && listed(r.jurisdiction, p.jurisdictions) && listed(r.recipient, p.parties) && anyOf(r.cats, p.any) && allOf(r.cats, p.within)
`

// Load implements [Engine].
func (c *Casbin) Load(ps []workload.Policy) error {
	m, err := model.NewModelFromString(casbinModel)
	if err != nil {
		return fmt.Errorf("model: %w", err)
	}
	if c.enforcer, err = casbin.NewEnforcer(m); err != nil {
		return fmt.Errorf("enforcer: %w", err)
	}
	c.functions()
	var rows [][]string
	for i := range ps {
		p := &ps[i]
		effect := map[string]string{workload.EffectPermit: "allow", workload.EffectForbid: "deny"}[p.Effect]
		if effect == "" {
			continue
		}
		rows = append(rows, []string{
			p.ID, p.Agreement, piped(p.Types), strconv.Itoa(p.TLPMin), strconv.Itoa(p.TLPMax), piped(p.CatsAny), piped(p.CatsWithin),
			piped(p.Purposes), piped(p.Jurisdictions), piped(p.Parties),
			strconv.FormatInt(p.From, 10), strconv.FormatInt(p.Until-1, 10), effect,
		})
	}
	if _, err := c.enforcer.AddPolicies(rows); err != nil {
		return fmt.Errorf("policies: %w", err)
	}
	return nil
}

func piped(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return "|" + strings.Join(words, "|") + "|"
}

// functions gives the matcher what casbin has no operators for.
func (c *Casbin) functions() {
	listed := func(w, list string) bool { return list == "" || strings.Contains(list, "|"+w+"|") }
	c.enforcer.AddFunction("listed", func(a ...any) (any, error) {
		return listed(input[string](a[0]), input[string](a[1])), nil
	})
	c.enforcer.AddFunction("between", func(a ...any) (any, error) {
		v := int64(input[float64](a[0])) // casbin's expressions know only this kind of number
		low, err := strconv.ParseInt(input[string](a[1]), 10, 64)
		high, wrong := strconv.ParseInt(input[string](a[2]), 10, 64)
		return v >= low && v <= high, errors.Join(err, wrong)
	})
	c.enforcer.AddFunction("anyOf", func(a ...any) (any, error) {
		for _, w := range input[[]string](a[0]) {
			if listed(w, input[string](a[1])) {
				return true, nil
			}
		}
		return false, nil
	})
	c.enforcer.AddFunction("allOf", func(a ...any) (any, error) {
		for _, w := range input[[]string](a[0]) {
			if !listed(w, input[string](a[1])) {
				return false, nil
			}
		}
		return true, nil
	})
}

// Prepare implements [Engine].
func (*Casbin) Prepare(c *workload.Case) (any, error) {
	return []any{c.Type, int64(c.TLP), c.Cats, c.Purpose, c.Recipient, c.Jurisdiction, c.Agreement, c.Now}, nil
}

// Decide implements [Engine].
func (c *Casbin) Decide(in any) (Answer, error) {
	ok, err := c.enforcer.Enforce(input[[]any](in)...)
	if err != nil {
		return Answer{}, fmt.Errorf("enforce: %w", err)
	}
	return Answer{Decision: workload.Combine(ok, false)}, nil
}
