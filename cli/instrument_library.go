package cli

import (
	"time"

	"github.com/spf13/cobra"

	"entente/api/view"
	"entente/instrument/library"
)

func (a *app) instrumentLibrary() *cobra.Command {
	return &cobra.Command{
		Use: "library", Short: "List the real instruments that come with the program; needs no node",
		Long: "Treaties, regulations, statutes, norms and handling standards, encoded in our own words with citations and how far each was verified. " +
			"All are illustrative until a named legal owner activates them on a node. Wherever a command takes the file of an instrument, an id names one of these.",
		Example: "  entente instrument library\n  entente instrument explain coe-budapest art29-7\n  entente instrument add eu-nis2 --by \"A. Lawyer\"",
		Args:    args(0, 0),
		RunE: func(*cobra.Command, []string) error {
			all, err := library.All()
			if err != nil {
				return err
			}
			rows := make([]view.Shelved, len(all))
			for n, doc := range all {
				rows[n] = view.ShelvedOf(doc, a.now())
			}
			return list(a, rows, "", "instruments", []any{"ID", "NAME", "NATURE", "REGIME", "STATUS", "CHECKED", "CLAUSES", "VECTORS"}, func(s view.Shelved) []any {
				name := s.Short
				if name == "" {
					name = s.Title
				}
				return []any{s.ID, name, s.Nature, s.Regime, string(s.Phase), s.AsOf.Format(time.DateOnly), s.Clauses, s.Vectors}
			})
		},
	}
}
