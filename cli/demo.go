package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

// demoCommand is Operation Lantern: five sovereign parties on this machine.
func (a *app) demoCommand() *cobra.Command {
	var script bool
	var dir string
	c := &cobra.Command{
		Use:   "demo",
		Short: "Play the main job with five parties on this machine",
		Long: "Five parties start on this machine, each with its own data folder, keys and database, and play\n" +
			"Operation Lantern: a breach report is imported, decided for every party, released, acknowledged,\n" +
			"proved, forged, and recalled when a consent is withdrawn. All parties and the breach are fictional;\n" +
			"the instruments are illustrative. Without --script the nodes stay up and their addresses are printed.",
		Args: args(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context(), dir, script) },
	}
	c.Flags().BoolVar(&script, "script", false, "play every beat, check it, and end")
	c.Flags().StringVar(&dir, "dir", "", "`folder` to keep the five data folders in; default a temporary one, removed at the end")
	return c
}

func (a *app) demo(ctx context.Context, dir string, script bool) (err error) {
	if dir == "" {
		if dir, err = os.MkdirTemp("", "entente-lantern-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	l := &lantern{app: a, dir: dir, nodes: map[string]*lanternNode{}}
	defer func() { err = errors.Join(err, l.stop()) }()
	if err := l.play(ctx); err != nil {
		return err
	}
	if script {
		fmt.Fprintf(a.stdout, "\nAll %d beats hold.\n", len(beats()))
		return nil
	}
	l.printAddresses()
	<-ctx.Done()
	return nil
}
