package cli

import (
	"github.com/spf13/cobra"

	"entente/instrument"
)

func (a *app) instrumentGraph() *cobra.Command {
	var form string
	c := &cobra.Command{
		Use: "graph FILE|ID…", Short: "Draw clauses, exceptions, precedence and procedures; needs no node",
		Long: "Prints the picture as text for Graphviz or Mermaid: what is an exception to what, which instrument gives way to which, " +
			"and every procedure with its states and steps. The same files always give the same text. An ID names an instrument of the library.",
		Example: "  entente instrument graph mou.yaml | dot -Tsvg > mou.svg",
		Args:    args(1, -1),
		RunE: func(cmd *cobra.Command, names []string) error {
			draw := map[string]func([]*instrument.Instrument) string{"dot": instrument.DOT, "mermaid": instrument.Mermaid}[form]
			if draw == nil {
				return usageError(cmd, "There is no form %q; there are dot and mermaid.", form)
			}
			docs := make([]*instrument.Instrument, len(names))
			for n, name := range names {
				var err error
				if docs[n], err = a.namedInstrument(name); err != nil {
					return err
				}
			}
			_, err := a.stdout.Write(escapeUnsafe([]byte(draw(docs)), escape))
			return err
		},
	}
	c.Flags().StringVar(&form, "format", "dot", "`form`: dot or mermaid")
	return c
}
