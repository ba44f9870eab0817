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
			"With --tools-listen, tools that speak TAXII 2.1, MISP servers and PyMISP can fetch what was released to their party. " +
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
	cmd.Flags().StringVar(&c.ToolsListen, "tools-listen", "", "`address` TAXII 2.1 and MISP clients connect to, such as :8422; default none")
	cmd.Flags().StringSliceVar(&c.ToolsHosts, "tools-host", nil, "`name` by which those tools call this node, for its certificate; repeatable; default the host of --tools-listen and localhost")
	cmd.Flags().StringVar(&c.ToolsCert, "tools-cert", "", "PEM `file` with a certificate for those tools; default the node issues its own")
	cmd.Flags().StringVar(&c.ToolsKey, "tools-key", "", "PEM `file` with the key of --tools-cert")
	cmd.Flags().StringVar(&c.MailFile, "mail", "", "JSON `file` that says by which server notices about duties go to people; default none do")
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
	c.OnTools = func(addr string) { a.say("tools     https://%s/  (MISP; TAXII 2.1 at /taxii2/)", addr) }
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
