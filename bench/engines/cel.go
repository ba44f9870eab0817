package engines

import (
	"fmt"
	"strconv"
	"strings"

	"cel.dev/cel-go/cel"

	"entente/bench/workload"
)

// CEL is cel-go with one compiled program for each clause; the loop and the
// combination are ours. With Sliced, the programs are selected by agreement
// first.
type CEL struct {
	Sliced bool

	rules map[string][]celRule // by agreement, or all under ""
}

type celRule struct {
	id, effect string
	program    cel.Program
}

// Name implements [Engine].
func (c *CEL) Name() string {
	if c.Sliced {
		return "cel-sliced"
	}
	return "cel"
}

// Reports implements [Engine].
func (*CEL) Reports() Reporting { return Everything }

// Load implements [Engine].
func (c *CEL) Load(ps []workload.Policy) error {
	env, err := cel.NewEnv(
		cel.Variable("type", cel.StringType), cel.Variable("tlp", cel.IntType),
		cel.Variable("cats", cel.ListType(cel.StringType)), cel.Variable("purpose", cel.StringType),
		cel.Variable("recipient", cel.StringType), cel.Variable("jurisdiction", cel.StringType),
		cel.Variable("agreement", cel.StringType), cel.Variable("now", cel.IntType))
	if err != nil {
		return fmt.Errorf("environment: %w", err)
	}
	c.rules = map[string][]celRule{}
	for i := range ps {
		p := &ps[i]
		ast, issues := env.Compile(celText(p))
		if err := issues.Err(); err != nil {
			return fmt.Errorf("%s: %w", p.ID, err)
		}
		program, err := env.Program(ast, cel.EvalOptions(cel.OptOptimize))
		if err != nil {
			return fmt.Errorf("%s: %w", p.ID, err)
		}
		key := ""
		if c.Sliced {
			key = p.Agreement
		}
		c.rules[key] = append(c.rules[key], celRule{p.ID, p.Effect, program})
	}
	return nil
}

func celText(p *workload.Policy) string {
	var conditions []string
	if p.Agreement != workload.Everywhere {
		conditions = append(conditions, "agreement == "+strconv.Quote(p.Agreement))
	}
	if p.TLPMin > 0 {
		conditions = append(conditions, fmt.Sprintf("tlp >= %d", p.TLPMin))
	}
	if p.TLPMax < 4 {
		conditions = append(conditions, fmt.Sprintf("tlp <= %d", p.TLPMax))
	}
	conditions = append(conditions, fmt.Sprintf("now >= %d && now < %d", p.From, p.Until))
	in := func(words []string, before, after string) {
		if len(words) > 0 {
			conditions = append(conditions, before+" in ["+quotedList(words)+"]"+after)
		}
	}
	in(p.Types, "type", "")
	in(p.Purposes, "purpose", "")
	in(p.Jurisdictions, "jurisdiction", "")
	in(p.Parties, "recipient", "")
	in(p.CatsAny, "cats.exists(x, x", ")")
	in(p.CatsWithin, "cats.all(x, x", ")")
	return strings.Join(conditions, " && ")
}

type celInput struct {
	activation any
	agreement  string
}

// Prepare implements [Engine].
func (*CEL) Prepare(c *workload.Case) (any, error) {
	activation, err := cel.NewActivation(map[string]any{
		"type": c.Type, "tlp": int64(c.TLP), "cats": c.Cats, "purpose": c.Purpose, "recipient": c.Recipient,
		"jurisdiction": c.Jurisdiction, "agreement": c.Agreement, "now": c.Now,
	})
	if err != nil {
		return nil, fmt.Errorf("activation: %w", err)
	}
	return &celInput{activation, c.Agreement}, nil
}

// Decide implements [Engine].
func (c *CEL) Decide(in any) (Answer, error) {
	k := input[*celInput](in)
	slices := [][]celRule{c.rules[""]}
	if c.Sliced {
		slices = [][]celRule{c.rules[workload.Everywhere], c.rules[k.agreement]}
	}
	var a Answer
	permit, forbid := false, false
	for _, rules := range slices {
		for i := range rules {
			r := &rules[i]
			v, _, err := r.program.Eval(k.activation)
			if err != nil {
				return a, fmt.Errorf("%s: %w", r.id, err)
			}
			if v.Value() != true {
				continue
			}
			a.Matched = append(a.Matched, r.id)
			permit = permit || r.effect == workload.EffectPermit
			forbid = forbid || r.effect == workload.EffectForbid
		}
	}
	a.Decision = workload.Combine(permit, forbid)
	return a, nil
}
