package engines

import (
	"fmt"
	"time"

	"entente/bench/workload"
	"entente/decision"
	"entente/intel"
	"entente/party"
	"entente/privacy"
)

// Entente is the decision engine of this repository. A case becomes a request;
// Decide does everything else: it looks up the law between the two parties and
// the words of the request, and judges.
//
// The law between two parties on a day (which agreements bind, which of their
// clauses are in force, which are about this recipient) is worked out once and
// remembered by the engine. With NewPairs it never is: a case is asked on
// another day than the time before, so that it is worked out afresh.
type Entente struct {
	NewPairs bool

	engine  *decision.Engine
	asked   map[string]int
	query   decision.Query
	matches []decision.Match
	ids     []string
}

// Name implements [Engine].
func (e *Entente) Name() string {
	if e.NewPairs {
		return "entente-new-pair"
	}
	return "entente"
}

// Reports implements [Engine].
func (*Entente) Reports() Reporting { return Everything }

// Load implements [Engine].
func (e *Entente) Load(ps []workload.Policy) error {
	e.asked = map[string]int{}
	var err error
	e.engine, err = compile(ps)
	return err
}

func compile(ps []workload.Policy) (*decision.Engine, error) {
	law, err := instruments(ps)
	if err != nil {
		return nil, err
	}
	return decision.Compile(decision.Law{Instruments: law})
}

// Prepare implements [Engine].
func (*Entente) Prepare(c *workload.Case) (any, error) {
	r := request(c)
	return &r, nil
}

// Decide implements [Engine].
func (e *Entente) Decide(in any) (Answer, error) {
	r := input[*decision.Request](in)
	if e.NewPairs {
		later := *r
		later.At = r.At.AddDate(0, 0, e.asked[r.Subject.ID])
		e.asked[r.Subject.ID] = 1 - e.asked[r.Subject.ID]
		r = &later
	}
	e.engine.Prepare(r, &e.query)
	return e.judge(&e.query)
}

func (e *Entente) judge(q *decision.Query) (Answer, error) {
	v := e.engine.Judge(q, e.matches)
	e.matches, e.ids = v.Matched, e.ids[:0]
	for _, m := range v.Matched {
		e.ids = append(e.ids, e.engine.Clause(m).Clause)
	}
	decided, err := answer(v.Outcome, v.Prohibited)
	return Answer{decided, e.ids}, err
}

// answer is what an outcome is called in the workload.
func answer(o decision.Outcome, prohibited bool) (string, error) {
	switch {
	case o == decision.Permit:
		return workload.Permit, nil
	case o != decision.Deny:
		return "", fmt.Errorf("the outcome is %s; the workload has no safeguards and no transformations", o)
	default:
		return workload.Combine(false, prohibited), nil
	}
}

// Looked is [Entente] with the law between the two parties and the words of the
// request looked up beforehand, as they are for the objects of a feed: Decide
// only judges.
type Looked struct{ Entente }

// Name implements [Engine].
func (*Looked) Name() string { return "entente-looked-up" }

// Prepare implements [Engine].
func (e *Looked) Prepare(c *workload.Case) (any, error) {
	r := request(c)
	var q decision.Query
	e.engine.Prepare(&r, &q)
	return &q, nil
}

// Decide implements [Engine].
func (e *Looked) Decide(in any) (Answer, error) { return e.judge(input[*decision.Query](in)) }

func request(c *workload.Case) decision.Request {
	categories := make([]privacy.Category, len(c.Cats))
	for i, w := range c.Cats {
		categories[i] = privacy.Category(w)
	}
	return decision.Request{
		Subject:   decision.Subject{ID: c.ID, Type: c.Type, TLP: intel.TLP(c.TLP), Categories: categories, Origin: sender}, //nolint:gosec // G115: 0 to 4
		Sender:    decision.Actor{ID: sender, Kind: "csirt", Jurisdiction: "AA"},
		Recipient: decision.Actor{ID: party.ID(c.Recipient), Kind: "csirt", Jurisdiction: c.Jurisdiction},
		Act:       share, Purpose: c.Purpose, At: time.Unix(c.Now, 0).UTC(),
		Under: []string{c.Agreement},
	}
}

// Recipients compiles the policies and returns the question of a case for every
// party of the workload.
func Recipients(ps []workload.Policy, c *workload.Case) (*decision.Engine, decision.Request, []decision.Actor, error) {
	e, err := compile(ps)
	if err != nil {
		return nil, decision.Request{}, nil, err
	}
	to := make([]decision.Actor, workload.NumParties)
	for i := range to {
		to[i] = decision.Actor{ID: party.ID(workload.PartyID(i)), Kind: "csirt", Jurisdiction: workload.PartyJurisdiction(i)}
	}
	return e, request(c), to, nil
}
