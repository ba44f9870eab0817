package engines

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"entente/bench/workload"
)

// OPA is the Open Policy Agent as a library. Every clause is a Rego rule with
// its words in it, which OPA indexes; or, with Data, the clauses are data, kept
// by agreement, and one rule looks at those of the case.
type OPA struct {
	Data bool

	query rego.PreparedEvalQuery
}

// Name implements [Engine].
func (o *OPA) Name() string {
	if o.Data {
		return "opa-data-sliced"
	}
	return "opa-rules"
}

// Reports implements [Engine].
func (*OPA) Reports() Reporting { return Everything }

// regoHead combines what matched; both ways of writing clauses share it.
const regoHead = `package bench

cats := {c | some c in input.cats}

default decision := "default-deny"
decision := "forbid" if count(forbid) > 0
decision := "permit" if { count(forbid) == 0; count(permit) > 0 }

result := {"decision": decision, "permit": permit, "forbid": forbid, "oblige": oblige}
`

const regoData = regoHead + `
permit contains id if { some id, e in matched; e == "permit" }
forbid contains id if { some id, e in matched; e == "forbid" }
oblige contains id if { some id, e in matched; e == "oblige" }

listed(x, xs) if count(xs) == 0
listed(x, xs) if x in xs
some_in(xs) if count(xs) == 0
some_in(xs) if { some x in xs; x in cats }
all_in(xs) if count(xs) == 0
all_in(xs) if count(cats - {x | some x in xs}) == 0

applies(p) if {
	p.tlp_min <= input.tlp
	input.tlp <= p.tlp_max
	p.from <= input.now
	input.now < p.until
	listed(input.type, p.types)
	listed(input.purpose, p.purposes)
	listed(input.jurisdiction, p.jurisdictions)
	listed(input.recipient, p.parties)
	some_in(p.cats_any)
	all_in(p.cats_within)
}

matched[id] := p.effect if { some a in ["*", input.agreement]; some p in data.agreements[a]; applies(p); id := p.id }
`

// Load implements [Engine].
func (o *OPA) Load(ps []workload.Policy) error {
	options := []func(*rego.Rego){rego.Query("data.bench.result")}
	if o.Data {
		data, err := byAgreement(ps)
		if err != nil {
			return err
		}
		store := inmem.NewFromObjectWithOpts(map[string]any{"agreements": data}, inmem.OptReturnASTValuesOnRead(true))
		options = append(options, rego.Module("bench.rego", regoData), rego.Store(store))
	} else {
		options = append(options, rego.Module("bench.rego", regoRules(ps)))
	}
	var err error
	o.query, err = rego.New(options...).PrepareForEval(context.Background())
	if err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	return nil
}

// byAgreement turns the clauses into the plain values OPA stores.
func byAgreement(ps []workload.Policy) (any, error) {
	of := map[string][]workload.Policy{}
	for i := range ps {
		of[ps[i].Agreement] = append(of[ps[i].Agreement], ps[i])
	}
	b, err := json.Marshal(of)
	if err != nil {
		return nil, fmt.Errorf("write the clauses: %w", err)
	}
	var plain any
	if err := json.Unmarshal(b, &plain); err != nil {
		return nil, fmt.Errorf("read the clauses: %w", err)
	}
	return plain, nil
}

// regoRules writes one rule for each clause.
func regoRules(ps []workload.Policy) string {
	var b strings.Builder
	b.WriteString(regoHead + "\n")
	for i := range ps {
		p := &ps[i]
		fmt.Fprintf(&b, "%s contains %q if {\n", p.Effect, p.ID)
		if p.Agreement != workload.Everywhere {
			fmt.Fprintf(&b, "\tinput.agreement == %q\n", p.Agreement)
		}
		in := func(words []string, before, after string) {
			if len(words) > 0 {
				fmt.Fprintf(&b, "\t%s {%s}%s\n", before, quotedList(words), after)
			}
		}
		in(p.Types, "input.type in", "")
		in(p.Purposes, "input.purpose in", "")
		in(p.Jurisdictions, "input.jurisdiction in", "")
		in(p.Parties, "input.recipient in", "")
		if p.TLPMin > 0 {
			fmt.Fprintf(&b, "\tinput.tlp >= %d\n", p.TLPMin)
		}
		if p.TLPMax < 4 {
			fmt.Fprintf(&b, "\tinput.tlp <= %d\n", p.TLPMax)
		}
		fmt.Fprintf(&b, "\tinput.now >= %d\n\tinput.now < %d\n", p.From, p.Until)
		in(p.CatsAny, "count(cats &", ") > 0")
		in(p.CatsWithin, "count(cats -", ") == 0")
		b.WriteString("}\n\n")
	}
	// A set without any rule would be undefined instead of empty.
	b.WriteString("permit contains \"\" if false\nforbid contains \"\" if false\noblige contains \"\" if false\n")
	return b.String()
}

// Prepare implements [Engine].
func (*OPA) Prepare(c *workload.Case) (any, error) {
	categories := make([]any, len(c.Cats))
	for i, w := range c.Cats {
		categories[i] = w
	}
	v, err := ast.InterfaceToValue(map[string]any{
		"type": c.Type, "tlp": c.TLP, "cats": categories, "purpose": c.Purpose, "recipient": c.Recipient,
		"jurisdiction": c.Jurisdiction, "agreement": c.Agreement, "now": c.Now,
	})
	if err != nil {
		return nil, fmt.Errorf("input: %w", err)
	}
	return v, nil
}

// Decide implements [Engine].
func (o *OPA) Decide(in any) (Answer, error) {
	results, err := o.query.Eval(context.Background(), rego.EvalParsedInput(input[ast.Value](in)))
	if err != nil {
		return Answer{}, fmt.Errorf("evaluate: %w", err)
	}
	if len(results) != 1 {
		return Answer{}, errors.New("no result")
	}
	out := input[map[string]any](results[0].Expressions[0].Value)
	a := Answer{Decision: input[string](out["decision"])}
	for _, effect := range []string{workload.EffectPermit, workload.EffectForbid, workload.EffectOblige} {
		for _, id := range input[[]any](out[effect]) {
			a.Matched = append(a.Matched, input[string](id))
		}
	}
	return a, nil
}
