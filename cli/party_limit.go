package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"entente/client"
	"entente/exchange"
	"entente/party"
)

// mib is the unit in which people give and read sizes.
const mib = 1 << 20

func (a *app) partyLimit() *cobra.Command {
	var day, total, dayMiB, totalMiB int64
	var standard bool
	c := &cobra.Command{
		Use: "limit PARTY", Short: "Set how much is taken in from a party",
		Long: "What a party sends through its node or its tools, or what is collected in its name, is counted together, by the day (UTC) and in all. What goes beyond is refused " +
			"and may be sent again later; other parties are not affected. A bound that is not named stays; 0 takes in nothing more.",
		Example: "  entente party limit isac-north --day-objects 10000 --day-mib 200",
		Args:    args(1, 1), ValidArgsFunction: a.completeFirst(completeParties),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withNode(cmd.Context(), func(c *client.Client) error {
				r := exchange.QuotaRequest{Party: party.ID(args[0])}
				if !standard {
					in, err := intakeOf(cmd.Context(), c, r.Party)
					if err != nil {
						return err
					}
					q := exchange.DefaultQuota()
					if in != nil {
						q = in.Quota
					}
					for name, set := range map[string]func(){
						"day-objects": func() { q.DayObjects = day }, "day-mib": func() { q.DayBytes = dayMiB * mib },
						"objects": func() { q.Objects = total }, "mib": func() { q.Bytes = totalMiB * mib },
					} {
						if cmd.Flags().Changed(name) {
							set()
						}
					}
					r.Quota = &q
				}
				in, err := c.SetQuota(cmd.Context(), r)
				if err != nil {
					return err
				}
				return a.print(in, func(t *table) { drawIntake(t, in) })
			})
		},
	}
	c.Flags().Int64Var(&day, "day-objects", 0, "at most this `many` objects a day")
	c.Flags().Int64Var(&dayMiB, "day-mib", 0, "at most this many `MiB` a day")
	c.Flags().Int64Var(&total, "objects", 0, "at most this `many` objects in all")
	c.Flags().Int64Var(&totalMiB, "mib", 0, "at most this many `MiB` in all")
	c.Flags().BoolVar(&standard, "default", false, "give the party the bounds that all have for whom none were set")
	return c
}

// intakeOf finds what was taken in from a party; nil for this node's own.
func intakeOf(ctx context.Context, c *client.Client, id party.ID) (*exchange.Intake, error) {
	all, err := c.Intakes(ctx)
	if n := slices.IndexFunc(all, func(in exchange.Intake) bool { return in.Party == id }); n >= 0 {
		return &all[n], err
	}
	return nil, err
}

func drawIntake(t *table, in exchange.Intake) {
	whose := "of the default"
	if in.Own {
		whose = "of its own"
	}
	line := func(objects, bytes, most, size int64) string {
		return fmt.Sprintf("%d of %d objects, %d of %d MiB", objects, most, bytes/mib, size/mib)
	}
	t.row("taken in today", line(in.DayObjects, in.DayBytes, in.Quota.DayObjects, in.Quota.DayBytes))
	t.row("taken in in all", line(in.Objects, in.Bytes, in.Quota.Objects, in.Quota.Bytes))
	t.row("used", fmt.Sprintf("%d%% %s", in.Full, whose+" limit"))
}
