package exchange

import (
	"entente/intel/csaf"
	"entente/intel/stix"
)

// Reading is what a document holds, as far as the document alone tells: whether
// an object is new, and who may have it, only a node knows.
type Reading struct {
	Format   string         `json:"format"`
	Accepted []ImportLine   `json:"accepted"`
	Refused  []ImportLine   `json:"refused"`
	Findings []csaf.Finding `json:"findings"` // failed tests of an advisory
}

// Inspect reads a document as [Service.Import] does and takes nothing in. It
// returns an invalid fault when the document cannot be taken apart.
func Inspect(b []byte) (Reading, error) {
	format, bundle, err := parseNamed(b)
	r := Reading{Format: format, Accepted: []ImportLine{}, Refused: []ImportLine{}, Findings: []csaf.Finding{}}
	if err != nil {
		return r, err
	}
	for _, a := range bundle.Accepted {
		r.Accepted = append(r.Accepted, ImportLine{Pointer: a.Pointer, ID: a.Object.ID, Warnings: warningsOf(a)})
	}
	for _, rej := range bundle.Rejected {
		r.Refused = append(r.Refused, refusedLine(rej))
	}
	if format == "csaf" {
		found, err := csaf.Validate(b)
		if err != nil {
			return r, nil //nolint:nilerr // not JSON: the document is refused whole, and says why
		}
		r.Findings = append(r.Findings, found...)
	}
	return r, nil
}

func refusedLine(r stix.Rejected) ImportLine {
	return ImportLine{
		Pointer: r.Pointer, ID: r.ID, Result: ResultQuarantined, Code: r.Code, Detail: r.Detail, Next: r.Next,
		told: told{result: ResultQuarantined, code: r.Code, detail: r.Detail, next: r.Next},
	}
}

// warningsOf are the warnings of an object as a person reads them.
func warningsOf(a stix.Accepted) []string {
	var all []string
	for _, w := range a.Warnings {
		all = append(all, w.Pointer+": "+w.Detail)
	}
	return all
}
