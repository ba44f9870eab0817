package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"entente/client"
)

// completeTimeout is how long a shell may wait for suggestions.
const completeTimeout = time.Second

type completer func(ctx context.Context, c *client.Client) ([]string, error)

func completeParties(ctx context.Context, c *client.Client) ([]string, error) {
	ps, err := c.Parties(ctx)
	words := make([]string, len(ps))
	for i, p := range ps {
		words[i] = string(p.ID)
	}
	return words, err
}

func completeInstruments(ctx context.Context, c *client.Client) ([]string, error) {
	is, err := c.Instruments(ctx)
	words := make([]string, len(is))
	for i, in := range is {
		words[i] = in.ID
	}
	return words, err
}

// completeFirst and completeSecond suggest words for one argument. No node, no
// suggestions: completion never complains.
func (a *app) completeFirst(f completer) cobra.CompletionFunc  { return a.complete(f, 0) }
func (a *app) completeSecond(f completer) cobra.CompletionFunc { return a.complete(f, 1) }

func (a *app) complete(f completer, place int) cobra.CompletionFunc {
	return func(cmd *cobra.Command, given []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(given) != place {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), completeTimeout)
		defer cancel()
		var words []string
		err := a.withNode(ctx, func(c *client.Client) (err error) {
			words, err = f(ctx, c)
			return err
		})
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return words, cobra.ShellCompDirectiveNoFileComp
	}
}
