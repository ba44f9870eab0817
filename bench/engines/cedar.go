package engines

import (
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"

	"entente/bench/workload"
)

// Cedar is cedar-go. Cedar has permissions and prohibitions only: obligations
// are permissions of a second policy set, asked separately, so that they grant
// nothing. With Sliced, the policies are selected by agreement in Go before
// Cedar sees them.
type Cedar struct {
	Sliced bool

	rules       map[string]*cedar.PolicySet // by agreement, or all under ""
	obligations map[string]*cedar.PolicySet
}

// Name implements [Engine].
func (c *Cedar) Name() string {
	if c.Sliced {
		return "cedar-sliced"
	}
	return "cedar"
}

// Reports implements [Engine].
func (*Cedar) Reports() Reporting { return Determining }

// Load implements [Engine].
func (c *Cedar) Load(ps []workload.Policy) error {
	c.rules, c.obligations = map[string]*cedar.PolicySet{}, map[string]*cedar.PolicySet{}
	for i := range ps {
		p := &ps[i]
		var policy cedar.Policy
		if err := policy.UnmarshalCedar([]byte(cedarText(p))); err != nil {
			return fmt.Errorf("%s: %w", p.ID, err)
		}
		key, sets := "", c.rules
		if c.Sliced {
			key = p.Agreement
		}
		if p.Effect == workload.EffectOblige {
			sets = c.obligations
		}
		if sets[key] == nil {
			sets[key] = cedar.NewPolicySet()
		}
		sets[key].Add(cedar.PolicyID(p.ID), &policy)
	}
	return nil
}

func cedarText(p *workload.Policy) string {
	effect := "permit"
	if p.Effect == workload.EffectForbid {
		effect = "forbid"
	}
	resource := "resource"
	if p.Agreement != workload.Everywhere {
		resource = fmt.Sprintf("resource in Agreement::%q", p.Agreement)
	}
	var conditions []string
	if p.TLPMin > 0 {
		conditions = append(conditions, fmt.Sprintf("context.tlp >= %d", p.TLPMin))
	}
	if p.TLPMax < 4 {
		conditions = append(conditions, fmt.Sprintf("context.tlp <= %d", p.TLPMax))
	}
	conditions = append(conditions, fmt.Sprintf("context.now >= %d && context.now < %d", p.From, p.Until))
	in := func(words []string, condition string) {
		if len(words) > 0 {
			conditions = append(conditions, "["+quotedList(words)+"]"+condition)
		}
	}
	in(p.Types, ".contains(context.type)")
	in(p.Purposes, ".contains(context.purpose)")
	in(p.Jurisdictions, ".contains(context.jurisdiction)")
	in(p.Parties, ".contains(context.recipient)")
	in(p.CatsAny, ".containsAny(context.cats)")
	in(p.CatsWithin, ".containsAll(context.cats)")
	return fmt.Sprintf("@article(%q)\n%s (principal, action == Action::\"share\", %s) when {\n  %s\n};\n",
		p.Article, effect, resource, strings.Join(conditions, " &&\n  "))
}

// quotedList writes words as the inside of a list literal; Cedar, CEL and Rego
// write those alike.
func quotedList(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = strconv.Quote(w)
	}
	return strings.Join(quoted, ",")
}

type cedarInput struct {
	request   cedar.Request
	entities  types.EntityMap
	agreement string
}

// Prepare implements [Engine].
func (*Cedar) Prepare(c *workload.Case) (any, error) {
	categories := make([]types.Value, len(c.Cats))
	for i, w := range c.Cats {
		categories[i] = types.String(w)
	}
	resource := cedar.NewEntityUID("Object", "o")
	agreement := cedar.NewEntityUID("Agreement", types.String(c.Agreement))
	return &cedarInput{
		agreement: c.Agreement,
		request: cedar.Request{
			Principal: cedar.NewEntityUID("Party", types.String(c.Recipient)),
			Action:    cedar.NewEntityUID("Action", "share"),
			Resource:  resource,
			Context: cedar.NewRecord(cedar.RecordMap{
				"type": types.String(c.Type), "tlp": types.Long(c.TLP), "cats": types.NewSet(categories...),
				"purpose": types.String(c.Purpose), "jurisdiction": types.String(c.Jurisdiction),
				"recipient": types.String(c.Recipient), "now": types.Long(c.Now),
			}),
		},
		entities: types.EntityMap{resource: types.Entity{UID: resource, Parents: types.NewEntityUIDSet(agreement)}},
	}, nil
}

// Decide implements [Engine].
func (c *Cedar) Decide(in any) (Answer, error) {
	k := input[*cedarInput](in)
	allowed, why := cedar.Authorize(c.slice(c.rules, k.agreement), k.entities, k.request)
	_, duties := cedar.Authorize(c.slice(c.obligations, k.agreement), k.entities, k.request)
	for _, d := range []cedar.Diagnostic{why, duties} {
		if len(d.Errors) > 0 {
			return Answer{}, fmt.Errorf("%s: %s", d.Errors[0].PolicyID, d.Errors[0].Message)
		}
	}
	a := Answer{Decision: workload.Combine(allowed == cedar.Allow, allowed != cedar.Allow && len(why.Reasons) > 0)}
	for _, d := range []cedar.Diagnostic{why, duties} {
		for _, r := range d.Reasons {
			a.Matched = append(a.Matched, string(r.PolicyID))
		}
	}
	return a, nil
}

func (c *Cedar) slice(sets map[string]*cedar.PolicySet, agreement string) cedar.PolicyIterator {
	if !c.Sliced {
		return policySets{sets[""]}
	}
	return policySets{sets[workload.Everywhere], sets[agreement]}
}

// policySets is several policy sets asked as one; nil ones are empty.
type policySets []*cedar.PolicySet

// All implements [cedar.PolicyIterator].
func (s policySets) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) {
		for _, set := range s {
			if set == nil {
				continue
			}
			for id, p := range set.All() {
				if !yield(id, p) {
					return
				}
			}
		}
	}
}
