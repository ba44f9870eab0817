package cli

import (
	"cmp"

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

func (r vectorResult) row() []any {
	sign := "✓ holds"
	if !r.Holds {
		sign = "✗ fails"
	}
	return []any{sign, r.File, cmp.Or(r.Vector, "-"), r.Diff}
}

func (a *app) instrumentTest() *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use: "test FILE… | --all", Short: "Run the test vectors of instrument files; needs no node",
		Long: "Vectors are negotiated and signed with the text: they say what must come out of it. Exit code 2 when one does not hold, or when a file has none.",
		RunE: func(cmd *cobra.Command, files []string) error {
			sources, err := a.sources(cmd, files, all)
			if err != nil {
				return err
			}
			tested := make([]lintResult, len(sources))
			results, failed := []vectorResult{}, []vectorResult{}
			for n, s := range sources {
				if tested[n], err = a.lint(s); err != nil {
					return err
				}
				rs, err := a.testVectors(tested[n])
				if err != nil {
					return err
				}
				for _, r := range rs {
					results = append(results, r)
					if !r.Holds {
						failed, a.code = append(failed, r), exitUsage
					}
				}
			}
			if all && !a.verbose && a.output == "table" {
				results = failed // hundreds that hold are no news
			}
			return a.print(results, func(t *table) { drawVectors(t, results, tested, len(failed)) })
		},
	}
	c.Flags().BoolVar(&all, "all", false, "the whole library that comes with the program; -v lists every vector")
	return c
}

func drawVectors(t *table, results []vectorResult, tested []lintResult, failed int) {
	if len(results) > 0 {
		t.row("STATE", "FILE", "VECTOR", "DIFFERENCE")
	}
	for _, r := range results {
		t.row(r.row()...)
	}
	verdict := "all hold"
	if failed > 0 {
		verdict = count(failed, "failure")
	}
	t.line("%s: %s", sizes(tested), verdict)
}

// testVectors runs the vectors of one file. No vectors is no success: nobody
// has said what the text means.
func (a *app) testVectors(l lintResult) ([]vectorResult, error) {
	if l.doc == nil {
		return []vectorResult{{File: l.File, Diff: l.Problems[0].Detail}}, nil
	}
	found, err := decision.TestInstrument(l.doc, privacy.Catalogue())
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		a.say("%s has no vectors.", clean(l.File))
		return []vectorResult{{File: l.File, Diff: "has no vectors: nobody has said what the text means"}}, nil
	}
	out := make([]vectorResult, len(found))
	for i, r := range found {
		out[i] = vectorResult{File: l.File, Vector: r.Name, Holds: r.OK(), Diff: r.Diff}
	}
	return out, nil
}
