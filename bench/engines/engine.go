// Package engines puts policy engines behind one interface, each used the way
// its documentation recommends.
//
// It does not measure. Invariant: every engine agrees with [workload.Evaluate]
// on every case, as far as it reports at all.
package engines

import "entente/bench/workload"

// Engine is a policy engine with the clauses of a workload.
type Engine interface {
	Name() string

	// Load parses and compiles the clauses, replacing those loaded before.
	Load(ps []workload.Policy) error

	// Prepare turns a case into what the engine takes.
	Prepare(c *workload.Case) (any, error)

	// Decide answers. The ids are good until the next call.
	Decide(in any) (Answer, error)

	// Reports says how much an answer tells.
	Reports() Reporting
}

// Answer is a decision and the ids of the clauses behind it, in any order.
type Answer struct {
	Decision string
	Matched  []string
}

// Reporting is how much an engine tells about a decision.
type Reporting int

const (
	// Everything is the decision and every clause that matches.
	Everything Reporting = iota
	// Determining leaves out permissions that a prohibition overrides.
	Determining
	// YesOrNo does not tell a prohibition from the lack of a permission.
	YesOrNo
)

// All returns every engine, ours first.
func All() []Engine {
	return []Engine{
		&Entente{}, &Looked{}, &Entente{NewPairs: true}, &Explained{}, &Reference{},
		&Cedar{}, &Cedar{Sliced: true},
		&CEL{}, &CEL{Sliced: true},
		&OPA{}, &OPA{Data: true},
		&Casbin{},
	}
}

// Named returns the engine of a name, or nil.
func Named(name string) Engine {
	for _, e := range All() {
		if e.Name() == name {
			return e
		}
	}
	return nil
}

// input is what Prepare of an engine returned.
func input[T any](in any) T {
	v, ok := in.(T)
	if !ok {
		panic("engines: Decide was given the input of another engine")
	}
	return v
}
