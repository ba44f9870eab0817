package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"entente/exchange"
	"entente/internal/fault"
)

// inspection is what was found in one file.
type inspection struct {
	File    string `json:"file"`
	Problem string `json:"problem,omitempty"` // why nothing in it can be read
	Next    string `json:"next,omitempty"`
	exchange.Reading
}

func (a *app) objectValidate() *cobra.Command {
	var strict bool
	c := &cobra.Command{
		Use: "validate FILE…", Short: "Check what an import would take, and the tests of a CSAF advisory; needs no node",
		Long: "Reads STIX, MISP, CSAF 2.0 and the KEV catalogue as an import does, and stores nothing. Every refused part is listed with its place, code and reason. " +
			"For an advisory every failed test is named by its section of the standard with a pointer: errors are mandatory tests (6.1) and the schema, " +
			"warnings optional ones (6.2), notes informative ones (6.3; -v). Exit code 2 when something is refused or there is an error, with --strict also when there is a warning.",
		Example: "  entente object validate advisory.json\n  entente object validate --strict -v advisory.json",
		Args:    args(1, -1),
		RunE: func(_ *cobra.Command, files []string) error {
			results := make([]inspection, len(files))
			for n, file := range files {
				var err error
				if results[n], err = a.inspect(file); err != nil {
					return err
				}
				if results[n].errors() > 0 || strict && results[n].count("warning") > 0 {
					a.code = exitUsage
				}
			}
			return a.print(results, func(t *table) {
				for _, r := range results {
					drawInspection(t, r, a.verbose)
				}
			})
		},
	}
	c.Flags().BoolVar(&strict, "strict", false, "warnings fail too")
	return c
}

// inspect reads one file. What is wrong with it is no error but the result.
func (a *app) inspect(file string) (inspection, error) {
	r := inspection{File: file}
	b, err := a.readFile(file)
	if err != nil {
		return r, err
	}
	r.Reading, err = exchange.Inspect(b)
	f, ok := errors.AsType[*fault.Error](err)
	if ok {
		r.Problem, r.Next = f.Code+": "+f.Message, f.Next
		return r, nil
	}
	if err != nil {
		return r, fmt.Errorf("read %s: %w", file, err)
	}
	return r, nil
}

// count counts the failed tests of a level.
func (r *inspection) count(level string) int {
	n := 0
	for _, f := range r.Findings {
		if string(f.Level) == level {
			n++
		}
	}
	return n
}

// errors counts what makes a file fail.
func (r *inspection) errors() int {
	n := len(r.Refused) + r.count("error")
	if r.Problem != "" {
		n++
	}
	return n
}

func drawInspection(t *table, r inspection, full bool) {
	if r.Problem != "" {
		t.line("✗ %s: %s", r.File, r.Problem)
		t.line("  next: %s", r.Next)
		return
	}
	mark := "✓"
	if r.errors() > 0 {
		mark = "✗"
	}
	t.line("%s %s: %s, %s, %d refused; %s, %s, %s", mark, r.File, r.Format, count(len(r.Accepted), "object"), len(r.Refused),
		count(r.count("error"), "error"), count(r.count("warning"), "warning"), count(r.count("note"), "note"))
	for _, l := range r.Refused {
		t.line("  refused: %s %s: %s", l.Pointer, l.Code, l.Detail)
	}
	for _, f := range r.Findings {
		if full || f.Level != "note" {
			t.line("  %s: %s %s %s", string(f.Level), f.Test, f.Pointer, f.Detail)
		}
	}
	for _, l := range r.Accepted {
		for _, w := range l.Warnings {
			if r.Format != "csaf" { // its warnings are failed tests, which are listed
				t.line("  warning: %s %s", l.ID, w)
			}
		}
	}
}
