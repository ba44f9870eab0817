package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"entente/api/view"
	"entente/client"
	"entente/exchange"
	"entente/party"
)

// completeTimeout is how long a shell may wait for suggestions.
const completeTimeout = time.Second

type completer func(ctx context.Context, c *client.Client) ([]string, error)

func completeParties(ctx context.Context, c *client.Client) ([]string, error) {
	all, err := c.Parties(ctx)
	return wordsOf(all, func(p party.Party) string { return string(p.ID) }), err
}

func completeInstruments(ctx context.Context, c *client.Client) ([]string, error) {
	all, err := c.Instruments(ctx)
	return wordsOf(all, func(i view.Instrument) string { return i.ID }), err
}

func completeTexts(ctx context.Context, c *client.Client) ([]string, error) {
	all, err := c.InstrumentTexts(ctx)
	return wordsOf(all, func(t exchange.TextView) string { return t.ID }), err
}

func completeSources(ctx context.Context, c *client.Client) ([]string, error) {
	all, err := c.Sources(ctx)
	return wordsOf(all, func(s exchange.Source) string { return s.ID }), err
}

func completeWarninglists(ctx context.Context, c *client.Client) ([]string, error) {
	all, err := c.Warninglists(ctx)
	return wordsOf(all, func(l exchange.Warninglist) string { return l.ID }), err
}

func wordsOf[T any](all []T, of func(T) string) []string {
	out := make([]string, len(all))
	for i, one := range all {
		out[i] = of(one)
	}
	return out
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
		var suggested []string
		err := a.withNode(ctx, func(c *client.Client) (err error) {
			suggested, err = f(ctx, c)
			return err
		})
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return suggested, cobra.ShellCompDirectiveNoFileComp
	}
}
