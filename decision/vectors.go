package decision

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"entente/instrument"
	"entente/internal/ident"
	"entente/privacy"
)

// VectorResult is how one vector of an instrument came out.
type VectorResult struct {
	Name string `json:"name"`
	Diff string `json:"diff,omitempty"` // what came out otherwise than agreed; "" when it holds
}

// OK reports whether the vector holds.
func (r VectorResult) OK() bool { return r.Diff == "" }

// TestInstrument runs the vectors of an instrument as rule tests. The
// instrument is asked alone: the gate of a regime for which it neither speaks
// nor grants a basis counts as open (see [instrument.Vector]). The error is that
// of [Compile].
func TestInstrument(i *instrument.Instrument, catalogue []privacy.Transform) ([]VectorResult, error) {
	asked, err := alone(i.Supposing(), catalogue)
	if err != nil {
		return nil, err
	}
	modelled, err := alone(i.Modelled(), catalogue)
	if err != nil {
		return nil, err
	}
	results := make([]VectorResult, len(i.Vectors))
	for n, v := range i.Vectors {
		e := asked
		if v.Given.Modelled {
			e = modelled
		}
		results[n] = VectorResult{Name: v.Name, Diff: strings.Join(try(i, e, v), "; ")}
	}
	return results, nil
}

// alone compiles one instrument as all the law there is.
func alone(i *instrument.Instrument, catalogue []privacy.Transform) (*Engine, error) {
	e, err := Compile(Law{Instruments: []*instrument.Instrument{i}, Transforms: catalogue})
	if err == nil && !speaksFor(i, cooperation) {
		e.baseline = 0
	}
	return e, err
}

// try runs one vector: its thresholds first, because what they come to is among
// the facts of the question.
func try(i *instrument.Instrument, e *Engine, v instrument.Vector) []string {
	r := question(v)
	var out []string
	if v.Given.Incident != nil {
		results := i.Assess(*v.Given.Incident)
		facts := instrument.FactsOf(results)
		maps.Copy(facts, v.Given.Incident.Facts)
		maps.Copy(facts, r.Facts)
		r.Facts = facts
		out = assessed(v.Expect.Thresholds, results)
	}
	d := e.Decide(r)
	return append(out, differences(i, v.Expect, d)...)
}

func assessed(want map[string]instrument.Assessment, got []instrument.ThresholdResult) []string {
	var out []string
	for _, id := range slices.Sorted(maps.Keys(want)) {
		n := slices.IndexFunc(got, func(r instrument.ThresholdResult) bool { return r.Threshold == id })
		switch {
		case n < 0:
			out = append(out, fmt.Sprintf("threshold %s does not apply", id))
		case got[n].Is != want[id]:
			out = append(out, fmt.Sprintf("threshold %s is %s, agreed is %s%s", id, got[n].Is, want[id], prefixed("; missing ", strings.Join(got[n].Missing, ", "))))
		}
	}
	return out
}

func speaksFor(i *instrument.Instrument, regime string) bool {
	return i.Regime == regime || slices.ContainsFunc(i.Clauses, func(c instrument.Clause) bool { return c.Grants == regime })
}

// question is the request a vector stands for.
func question(v instrument.Vector) Request {
	g := v.Given
	origin := g.Object.Origin
	if origin == "" {
		origin = g.Sender.ID
	}
	return Request{
		Subject: Subject{
			ID: "vector " + v.Name, Type: g.Object.Type, Hash: ident.Sum(nil), TLP: g.Object.TLP, PAP: g.Object.PAP,
			Categories: g.Object.Categories, Origin: origin, ReceivedUnder: g.Object.ReceivedUnder,
		},
		Sender: Actor(g.Sender), Recipient: Actor(g.Recipient),
		Act: g.Act, Purpose: g.Purpose, At: g.At, Facts: g.Facts,
	}
}

// differences lists what came out otherwise than expected, in words.
func differences(i *instrument.Instrument, want instrument.Expectation, got Decision) []string {
	var out []string
	if want.Outcome != string(got.Outcome) {
		out = append(out, fmt.Sprintf("outcome is %s, agreed is %s%s", got.Outcome, want.Outcome, reasons(got)))
	}
	if len(want.Transforms) > 0 {
		a, b := slices.Sorted(slices.Values(want.Transforms)), slices.Sorted(slices.Values(got.Transforms))
		if !slices.Equal(a, b) {
			out = append(out, fmt.Sprintf("transformations are %v, agreed are %v", b, a))
		}
	}
	clauses := clausesOf(got)
	for _, c := range want.Because {
		if !slices.ContainsFunc(clauses, func(id string) bool { return id == c || strings.HasPrefix(id, c+"+") }) { // or as a reservation changes it
			out = append(out, fmt.Sprintf("clause %s is not among the reasons %v", c, clauses))
		}
	}
	follows := func(id string) bool {
		return slices.ContainsFunc(got.Duties, func(r DutyRef) bool { return r.ID == id })
	}
	for _, d := range want.Duties {
		if !follows(d) {
			out = append(out, fmt.Sprintf("the duty %s does not follow", d))
		}
	}
	for _, d := range want.NoDuties {
		if follows(d) {
			out = append(out, fmt.Sprintf("the duty %s follows, agreed is that it does not", d))
		}
	}
	for _, id := range want.Warnings {
		if !slices.ContainsFunc(got.Warnings, func(r Reason) bool { return r.Clause == id }) {
			out = append(out, fmt.Sprintf("clause %s does not warn", id))
		}
	}
	return append(out, unused(i.ID, want.NotUsed, got.NotUsed)...)
}

// unused compares why the instrument is not applied.
func unused(id, want string, got []NotUsed) []string {
	if want == "" {
		return nil
	}
	n := slices.IndexFunc(got, func(u NotUsed) bool { return u.Instrument == id })
	switch {
	case n < 0:
		return []string{"the instrument is applied, agreed is that it is not: " + want}
	case !strings.Contains(got[n].Why, want):
		return []string{fmt.Sprintf("the instrument is not applied because it is %s, agreed is %s", got[n].Why, want)}
	}
	return nil
}

func reasons(d Decision) string {
	if len(d.Because) == 0 {
		return ""
	}
	return fmt.Sprintf(" (because %s %s)", d.Because[0].Cite, d.Because[0].Text)
}

// clausesOf lists the clauses a decision rests on, for or against.
func clausesOf(d Decision) []string {
	var ids []string
	for _, b := range d.Because {
		ids = append(ids, b.Clause)
	}
	for _, b := range d.Basis {
		ids = append(ids, b.Clause)
	}
	for _, n := range d.Needs {
		ids = append(ids, n.Clause)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
