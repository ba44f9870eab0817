package cli

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"entente/client"
	"entente/internal/fault"
)

func (a *app) logCommand() *cobra.Command {
	return group("log", "The tamper-evident record of this node", nil, a.logCheckpoint(), a.logVerify(), a.logProve())
}

func (a *app) logCheckpoint() *cobra.Command {
	return &cobra.Command{
		Use: "checkpoint", Short: "Print the signed head of the log",
		Long: "A C2SP checkpoint. Keep it, or give it to somebody: whoever holds it will notice if the past is ever changed.",
		Args: args(0, 0),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, _ []string) error {
			return a.writeBytes(c.Checkpoint(ctx))
		}),
	}
}

func (a *app) logVerify() *cobra.Command {
	return &cobra.Command{
		Use: "verify", Short: "Check the whole log against what is stored and name the first bad entry", Args: args(0, 0),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, _ []string) error {
			r, err := c.VerifyLog(ctx)
			if err != nil {
				return err
			}
			if r.FirstBad >= 0 || r.Problem != "" {
				a.code = exitUnverified
			}
			return a.print(r, func(t *table) {
				if a.code == exitOK {
					t.line("✓ log holds: size %d, root %s", r.Size, r.Root.String())
					return
				}
				t.line("✗ log does not hold at entry %d: %s", r.FirstBad, r.Problem)
			})
		}),
	}
}

func (a *app) logProve() *cobra.Command {
	var out string
	var since int64
	c := &cobra.Command{
		Use: "prove REF", Short: "Write the evidence that a release, decision or object is in the log",
		Long:    "REF is a release id, a decision digest or an object id. The evidence is one file that entente verify checks without a node or a network.",
		Example: "  entente log prove 0198f3… --out evidence.json && entente verify evidence.json",
		Args:    args(1, 1),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			evidence, err := c.Prove(ctx, args[0], since)
			if err != nil {
				return err
			}
			return a.writeTo(out, evidence)
		}),
	}
	c.Flags().StringVar(&out, "out", "", "write to this `file` instead of standard output")
	c.Flags().Int64Var(&since, "since", 0, "`size` of the log in a checkpoint the reader has: also show that it only grew")
	return c
}

// writeTo writes to a file, or to standard output when none is named.
func (a *app) writeTo(file string, b []byte) error {
	if file == "" {
		return a.writeBytes(b, nil)
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		return fault.New(fault.Invalid, "file.unwritable", "%s cannot be written.", clean(file)).Try("Name another file with --out.").Because(err)
	}
	a.say("Wrote %s.", clean(file))
	return nil
}
