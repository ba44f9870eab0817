package engines

import "entente/bench/workload"

// Reference is the loop in [workload.Evaluate]: what a few lines of Go do
// without any engine.
type Reference struct{ clauses []workload.Policy }

// Name implements [Engine].
func (*Reference) Name() string { return "reference-loop" }

// Reports implements [Engine].
func (*Reference) Reports() Reporting { return Everything }

// Load implements [Engine].
func (r *Reference) Load(ps []workload.Policy) error {
	r.clauses = ps
	return nil
}

// Prepare implements [Engine].
func (*Reference) Prepare(c *workload.Case) (any, error) { return c, nil }

// Decide implements [Engine].
func (r *Reference) Decide(in any) (Answer, error) {
	return Answer(workload.Evaluate(r.clauses, input[*workload.Case](in))), nil
}
