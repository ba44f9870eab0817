package cli

import (
	"context"
	"errors"
	"log/slog"

	"github.com/spf13/cobra"

	"entente/node"
)

func (a *app) serveCommand() *cobra.Command {
	c := node.Config{}
	cmd := &cobra.Command{
		Use: "serve", Short: "Run the node: API and pages for you, a door for partners",
		Long: "Serves the API and the read-only pages on --listen and partners on --peer-listen until it is interrupted. " +
			"While it runs, every other command on this data folder talks to it.",
		Args: args(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := a.token(); err != nil {
				return err
			}
			c.Dir, c.Now = a.data, a.now
			c.Logger = slog.New(slog.NewJSONHandler(a.stderr, nil))
			return a.serve(cmd.Context(), c)
		},
	}
	cmd.Flags().StringVar(&c.Listen, "listen", "", "`address` for the API and the pages; default 127.0.0.1:8420")
	cmd.Flags().StringVar(&c.PeerListen, "peer-listen", "", "`address` partners connect to; default :8421")
	cmd.Flags().BoolVar(&c.AllowLoopback, "allow-loopback", false, "deliver to loopback addresses too: several parties on one machine, for demonstrations and tests")
	return cmd
}

// serve runs until ctx ends; being told to stop is a success.
func (a *app) serve(ctx context.Context, c node.Config) (err error) {
	var n *node.Node
	c.OnListen = func(api, peer string) {
		a.say("data      %s", clean(a.data))
		a.say("api       http://%s/v1/openapi.json", api)
		a.say("pages     http://%s%s  (once, within half an hour)", api, n.EnterPath())
		a.say("partners  %s", peer)
	}
	if n, err = node.Open(ctx, c); err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, n.Close())
	}()
	err = n.Serve(ctx)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}
