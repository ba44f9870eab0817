package cli

import (
	"github.com/spf13/cobra"

	"entente/decision"
	"entente/privacy"
)

// vectorResult is one test case of one file.
type vectorResult struct {
	File   string `json:"file"`
	Vector string `json:"vector"`
	Holds  bool   `json:"holds"`
	Diff   string `json:"diff,omitempty"`
}

func (a *app) instrumentTest() *cobra.Command {
	return &cobra.Command{
		Use: "test FILE…", Short: "Run the test vectors of instrument files; needs no node",
		Long: "Vectors are negotiated and signed with the text: they say what must come out of it. Exit code 2 when one does not hold, or when a file has none.",
		Args: args(1, -1),
		RunE: func(_ *cobra.Command, files []string) error {
			results := []vectorResult{}
			for _, file := range files {
				rs, err := a.testVectors(file)
				if err != nil {
					return err
				}
				results = append(results, rs...)
			}
			return list(a, results, "", "vectors", []any{"STATE", "FILE", "VECTOR", "DIFFERENCE"}, func(r vectorResult) []any {
				sign := "✓ holds"
				if !r.Holds {
					sign = "✗ fails"
				}
				return []any{sign, r.File, r.Vector, r.Diff}
			})
		},
	}
}

// testVectors runs the vectors of one file. No vectors is no success: nobody
// has said what the text means.
func (a *app) testVectors(file string) ([]vectorResult, error) {
	lint, doc, err := a.lint(file)
	if err != nil {
		return nil, err
	}
	if doc == nil {
		a.code = exitUsage
		return []vectorResult{{File: file, Diff: lint.Problems[0].Detail}}, nil
	}
	found, err := decision.TestInstrument(doc, privacy.Catalogue())
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		a.code = exitUsage
		a.say("%s has no vectors.", clean(file))
	}
	out := make([]vectorResult, len(found))
	for i, r := range found {
		out[i] = vectorResult{File: file, Vector: r.Name, Holds: r.OK(), Diff: r.Diff}
		if !r.OK() {
			a.code = exitUsage
		}
	}
	return out, nil
}
