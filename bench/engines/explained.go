package engines

import (
	"entente/bench/workload"
	"entente/decision"
)

// Explained is [Entente] with the decision a node logs and people read: cited
// reasons, what was not used and why, duties, and, for a refusal, every single
// change that would have made it lawful, each found by deciding again.
type Explained struct{ engine *decision.Engine }

// Name implements [Engine].
func (*Explained) Name() string { return "entente-explained" }

// Reports implements [Engine].
func (*Explained) Reports() Reporting { return Everything }

// Load implements [Engine].
func (e *Explained) Load(ps []workload.Policy) error {
	var err error
	e.engine, err = compile(ps)
	return err
}

// Prepare implements [Engine].
func (*Explained) Prepare(c *workload.Case) (any, error) {
	r := request(c)
	return &r, nil
}

// Decide implements [Engine].
func (e *Explained) Decide(in any) (Answer, error) {
	d := e.engine.Decide(*input[*decision.Request](in))
	var a Answer
	for _, b := range d.Basis {
		a.Matched = append(a.Matched, b.Clause)
	}
	prohibited := false
	for _, r := range d.Because {
		if r.Clause != "" {
			prohibited = true
			a.Matched = append(a.Matched, r.Clause)
		}
	}
	var err error
	a.Decision, err = answer(d.Outcome, prohibited)
	return a, err
}
