package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"entente/client"
	"entente/obligation"
)

func (a *app) dutyCommand() *cobra.Command {
	var open bool
	c := &cobra.Command{
		Use: "list", Short: "List duties with when they are due", Args: args(0, 0),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, _ []string) error {
			ds, err := c.Duties(ctx, open)
			if err != nil {
				return err
			}
			now := a.now()
			return list(a, ds, "", "duties", []any{"STATE", "DUE", "BEARER", "WHAT", "CLAUSE", "OBJECT"}, func(d obligation.Duty) []any {
				return []any{dutyState(d, now), when(d.Due, "no deadline"), d.Bearer, d.Duty.What, cite(d.Duty.ClauseRef), d.Object}
			})
		}),
	}
	c.Flags().BoolVar(&open, "open", false, "only duties not yet done")
	return group("duty", "What somebody must do by when", []string{"duties"}, c)
}

func dutyState(d obligation.Duty, now time.Time) string {
	switch {
	case !d.Done.IsZero():
		return "✓ done"
	case d.Started.IsZero():
		return "· waiting"
	case !d.Due.IsZero() && now.After(d.Due):
		return "! overdue"
	default:
		return "○ open"
	}
}
