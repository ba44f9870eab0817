package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"entente/client"
	"entente/exchange"
)

func (a *app) releaseExport() *cobra.Command {
	format := exchange.Formats()[0]
	c := &cobra.Command{
		Use: "export RELEASE", Short: "What a release let go, as a file for tools that read files",
		Long: "One STIX bundle with exactly the bytes that were sent, or another format, for a recipient without a node. It is the form that was decided, " +
			"never the originals; a release that was recalled or withheld is not given out.",
		Example: "  entente release export 0198f3a2-… --format misp > event.json",
		Args:    args(1, 1),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			d, err := c.Export(ctx, args[0], format)
			if err != nil {
				return err
			}
			for _, id := range d.Left {
				a.say("not in the document: %s, which %s has no place for", clean(id), format)
			}
			if a.output != "table" {
				return a.print(d, nil)
			}
			return a.writeBytes(d.Document, nil)
		}),
	}
	c.Flags().StringVar(&format, "format", format, "`form`: "+strings.Join(exchange.Formats(), ", "))
	return c
}
