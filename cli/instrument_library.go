package cli

import (
	"github.com/spf13/cobra"

	"entente/instrument"
	"entente/instrument/library"
)

// shelved is one instrument of the library, as a list shows it.
type shelved struct {
	ID      string `json:"id"`
	Short   string `json:"short,omitempty"`
	Title   string `json:"title"`
	Nature  string `json:"nature"`
	Regime  string `json:"regime"`
	Status  string `json:"status"`
	AsOf    string `json:"as_of"`
	Clauses int    `json:"clauses"`
	Vectors int    `json:"vectors"`
}

func (a *app) instrumentLibrary() *cobra.Command {
	return &cobra.Command{
		Use: "library", Short: "List the real instruments that come with the program; needs no node",
		Long: "Treaties, regulations, statutes, norms and handling standards, encoded in our own words with citations and how far each was verified. " +
			"All are illustrative until a named legal owner activates them on a node. Wherever a command takes a file, library:ID is one of them.",
		Example: "  entente instrument library\n  entente instrument explain library:coe-budapest art29-7\n  entente instrument add library:eu-nis2 --by \"A. Lawyer\"",
		Args:    args(0, 0),
		RunE: func(*cobra.Command, []string) error {
			all, err := library.All()
			if err != nil {
				return err
			}
			rows := make([]shelved, len(all))
			for n, doc := range all {
				rows[n] = a.shelve(doc)
			}
			return list(a, rows, "", "instruments", []any{"ID", "NAME", "NATURE", "REGIME", "STATUS", "CHECKED", "CLAUSES", "VECTORS"}, func(s shelved) []any {
				name := s.Short
				if name == "" {
					name = s.Title
				}
				return []any{s.ID, name, s.Nature, s.Regime, s.Status, s.AsOf, s.Clauses, s.Vectors}
			})
		},
	}
}

func (a *app) shelve(doc *instrument.Instrument) shelved {
	phase, _ := instrument.PhaseAt(doc, nil, nil, a.now())
	return shelved{
		ID: doc.ID, Short: doc.Short, Title: doc.Title, Nature: doc.Nature, Regime: doc.Regime, Status: string(phase),
		AsOf: doc.AsOf.Format("2006-01-02"), Clauses: len(doc.Clauses), Vectors: len(doc.Vectors),
	}
}
