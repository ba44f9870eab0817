package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"entente/intel/pattern"
	"entente/internal/strictjson"
)

// matching is what a pattern found in some files.
type matching struct {
	Pattern      string   `json:"pattern"` // as it was understood
	Observations int      `json:"observations"`
	Matched      bool     `json:"matched"`
	Bound        []string `json:"bound"` // the observations that match together
	Values       []string `json:"values"`
}

func (a *app) objectMatch() *cobra.Command {
	return &cobra.Command{
		Use: "match PATTERN FILE…", Short: "Try a STIX pattern on observed data in files; needs no node",
		Long: "Parses the pattern by the whole grammar of STIX 2.1, says how it was understood and which single values it looks for, and whether the " +
			"observed data of the bundles match it, and by which observations together. Nothing is stored. A pattern that cannot be parsed is refused " +
			"with its place.",
		Example: "  entente object match \"[ipv4-addr:value = '198.51.100.7']\" sightings.json",
		Args:    args(2, -1),
		RunE: func(_ *cobra.Command, names []string) error {
			m, err := a.match(names[0], names[1:])
			if err != nil {
				return err
			}
			return a.print(m, func(t *table) { drawMatching(t, m) })
		},
	}
}

func (a *app) match(src string, files []string) (matching, error) {
	p, err := pattern.Parse(src)
	if err != nil {
		return matching{}, err
	}
	compiled, err := p.Compile()
	if err != nil {
		return matching{}, err
	}
	trees := make([]*strictjson.Value, len(files))
	for n, name := range files {
		b, err := a.readFile(name)
		if err != nil {
			return matching{}, err
		}
		tree, err := strictjson.Parse(b, strictjson.Limits{})
		if err != nil {
			return matching{}, err
		}
		trees[n] = &tree
	}
	observed, err := pattern.Observe(trees...)
	if err != nil {
		return matching{}, err
	}
	found, err := compiled.Match(observed, 0)
	if err != nil {
		return matching{}, err
	}
	m := matching{Pattern: p.String(), Observations: len(observed), Matched: found.Matched, Bound: []string{}, Values: []string{}}
	for _, n := range found.Bound {
		m.Bound = append(m.Bound, observed[n].ID)
	}
	for _, v := range p.Atoms() {
		m.Values = append(m.Values, v.Path+" = "+v.Value.String())
	}
	return m, nil
}

func drawMatching(t *table, m matching) {
	if m.Matched {
		t.line("✓ matches, of %s:", count(m.Observations, "observation"))
		t.line("  %s", strings.Join(m.Bound, "\n  "))
	} else {
		t.line("✗ does not match any of %s", count(m.Observations, "observation"))
	}
	t.row("understood as", m.Pattern)
	for _, v := range m.Values {
		t.row("looks for", v)
	}
}
