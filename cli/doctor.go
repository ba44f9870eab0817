package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"entente/api/view"
	"entente/client"
	"entente/internal/fault"
	"entente/node"
)

func (a *app) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "Check that this node is fit to work, and say what to do where it is not",
		Long: "Exit code 1 when something must be repaired; warnings alone do not count.",
		Args: args(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			checks, err := a.diagnose(cmd.Context())
			if err != nil {
				return err
			}
			for _, c := range checks {
				if c.State == "fail" {
					a.code = exitError
				}
			}
			return list(a, checks, "", "checks", []any{"STATE", "CHECK", "FOUND", "WHAT TO DO"}, func(c view.Check) []any {
				return []any{checkSign(c.State), c.Name, c.Detail, c.Fix}
			})
		},
	}
}

// diagnose asks the running node, which knows more, or looks at the folder
// itself. A node that cannot be opened is a finding, not a failure to diagnose.
func (a *app) diagnose(ctx context.Context) ([]view.Check, error) {
	if a.node != "" {
		var checks []view.Check
		err := a.withNode(ctx, func(c *client.Client) (err error) {
			checks, err = c.Doctor(ctx)
			return err
		})
		return checks, err
	}
	token, err := a.token()
	if err != nil {
		return nil, err
	}
	if c := a.runningNode(ctx, token); c != nil {
		return c.Doctor(ctx)
	}
	n, err := node.Open(ctx, node.Config{Dir: a.data, Now: a.now})
	if err != nil {
		return []view.Check{unopenable(err)}, nil
	}
	checks := view.Each(n.Doctor(ctx), func(c node.Check) view.Check { return view.Check(c) })
	return checks, n.Close()
}

func unopenable(err error) view.Check {
	c := view.Check{Name: "node opens", State: "fail", Detail: err.Error()}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		c.Detail, c.Fix = f.Message, f.Next
	}
	return c
}

func checkSign(state string) string {
	switch state {
	case "ok":
		return "✓ ok"
	case "warn":
		return "! warn"
	}
	return "✗ " + state
}
