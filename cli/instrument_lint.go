package cli

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"entente/instrument"
	"entente/instrument/library"
	"entente/internal/fault"
)

func (a *app) instrumentLint() *cobra.Command {
	var all, strict bool
	c := &cobra.Command{
		Use: "lint FILE… | --all", Short: "Check instrument files; needs no node",
		Long: "Every message names file, line, column and clause, and what the clause cites. Errors cannot be what anybody means; warnings probably " +
			"are not; notes are worth knowing. Exit code 2 when there is an error, with --strict also when there is a warning.",
		Example: "  entente instrument lint --strict mou.yaml",
		RunE: func(cmd *cobra.Command, files []string) error {
			sources, err := a.sources(cmd, files, all)
			if err != nil {
				return err
			}
			results := make([]lintResult, len(sources))
			for n, s := range sources {
				if results[n], err = a.lint(s); err != nil {
					return err
				}
				if results[n].count(instrument.Error) > 0 || strict && results[n].count(instrument.Warning) > 0 {
					a.code = exitUsage
				}
			}
			return a.print(results, func(t *table) {
				for _, r := range results {
					drawLint(t, r, !all || a.verbose)
				}
				if all {
					drawLintTotal(t, results)
				}
			})
		},
	}
	c.Flags().BoolVar(&all, "all", false, "the whole library that comes with the program; -v lists every remark")
	c.Flags().BoolVar(&strict, "strict", false, "warnings fail too")
	return c
}

// sourceFile is one instrument file, from disk or from the library.
type sourceFile struct {
	name string
	data []byte
}

// sources reads the files named, or all files of the library.
func (a *app) sources(cmd *cobra.Command, files []string, all bool) ([]sourceFile, error) {
	if all == (len(files) > 0) {
		return nil, usageError(cmd, "Name files, or give --all for the library that comes with the program.")
	}
	if all {
		return librarySources()
	}
	out := make([]sourceFile, len(files))
	for n, name := range files {
		data, err := a.readInstrument(name)
		if err != nil {
			return nil, err
		}
		out[n] = sourceFile{name, data}
	}
	return out, nil
}

func librarySources() ([]sourceFile, error) {
	names, err := fs.Glob(library.Files(), "*.yaml")
	if err != nil {
		return nil, err
	}
	out := make([]sourceFile, len(names))
	for n, name := range names {
		data, err := fs.ReadFile(library.Files(), name)
		if err != nil {
			return nil, err
		}
		out[n] = sourceFile{"library/" + name, data}
	}
	return out, nil
}

// lintResult is what was found in one file.
type lintResult struct {
	File     string                 `json:"file"`
	ID       string                 `json:"id,omitempty"`
	Hash     string                 `json:"hash,omitempty"`
	Problems []fault.Field          `json:"problems"` // why it is no instrument
	Findings []instrument.Finding   `json:"findings"` // of a valid file: allowed, probably not meant
	doc      *instrument.Instrument // nil when there are problems
}

// count counts what is of a level; a problem is an error.
func (r *lintResult) count(level instrument.Level) int {
	n := 0
	if level == instrument.Error {
		n = len(r.Problems)
	}
	for _, f := range r.Findings {
		if f.Level == level {
			n++
		}
	}
	return n
}

// lint checks one file. What is wrong with it is no error but the result.
func (a *app) lint(s sourceFile) (lintResult, error) {
	r := lintResult{File: s.name, Problems: []fault.Field{}, Findings: []instrument.Finding{}}
	doc, err := instrument.Load(s.name, s.data)
	if err != nil {
		f, ok := errors.AsType[*fault.Error](err)
		if !ok {
			return r, fmt.Errorf("load %s: %w", s.name, err)
		}
		r.Problems = f.Fields
		if len(f.Fields) == 0 {
			r.Problems = []fault.Field{{Detail: f.Message}}
		}
		return r, nil
	}
	r.doc, r.ID, r.Hash = doc, doc.ID, doc.Hash.String()
	r.Findings = append(r.Findings, instrument.Lint(doc, a.now())...)
	return r, nil
}

// drawLint shows one file; without full, only what fails.
func drawLint(t *table, r lintResult, full bool) {
	if r.count(instrument.Error) > 0 {
		t.line("✗ %s: %s", r.File, count(r.count(instrument.Error), "error"))
	} else {
		t.line("✓ %s: %s, %s", r.File, r.ID, r.Hash)
	}
	for _, p := range r.Problems {
		t.line("  %s", p.Detail)
	}
	for _, f := range r.Findings {
		if full || f.Level == instrument.Error {
			t.line("  %s: %s: %s", f.String(), string(f.Level), cited(f)+f.Message+" ("+f.Code+")")
		}
	}
	if warnings, notes := r.count(instrument.Warning), r.count(instrument.Note); !full && warnings+notes > 0 {
		t.line("  %s, %s", count(warnings, "warning"), count(notes, "note"))
	}
}

// cited names the clause of a finding as people and as the file do.
func cited(f instrument.Finding) string {
	if f.Clause == "" {
		return ""
	}
	return f.Cite + " [" + f.Clause + "] "
}

func drawLintTotal(t *table, results []lintResult) {
	levels := map[instrument.Level]int{}
	for _, r := range results {
		for _, level := range []instrument.Level{instrument.Error, instrument.Warning, instrument.Note} {
			levels[level] += r.count(level)
		}
	}
	t.line("%s: %s, %s, %s", sizes(results), count(levels[instrument.Error], "error"),
		count(levels[instrument.Warning], "warning"), count(levels[instrument.Note], "note"))
}

// sizes counts instruments, clauses and vectors.
func sizes(results []lintResult) string {
	clauses, vectors := 0, 0
	for _, r := range results {
		if r.doc != nil {
			clauses, vectors = clauses+len(r.doc.Clauses), vectors+len(r.doc.Vectors)
		}
	}
	return count(len(results), "instrument") + ", " + count(clauses, "clause") + ", " + count(vectors, "vector")
}
