package cli

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"entente/client"
	"entente/instrument"
)

func (a *app) instrumentCalendar() *cobra.Command {
	days := 365
	c := &cobra.Command{
		Use: "calendar [FILE|ID…]", Short: "What is coming up: reviews, starts, ends, new authorities",
		Long:    "Of the files named, of instruments of the library by their ids, or of the instruments active on the node when none is named.",
		Example: "  entente instrument calendar --days 90\n  entente instrument calendar eu-cra us-cisa2015 --days 730",
		RunE: func(cmd *cobra.Command, names []string) error {
			if len(names) == 0 {
				return a.withNode(cmd.Context(), func(c *client.Client) error {
					docs, err := activeOn(cmd.Context(), c)
					if err != nil {
						return err
					}
					return a.printCalendar(docs, days)
				})
			}
			docs := make([]*instrument.Instrument, len(names))
			for n, name := range names {
				var err error
				if docs[n], err = a.namedInstrument(name); err != nil {
					return err
				}
			}
			return a.printCalendar(docs, days)
		},
	}
	c.Flags().IntVar(&days, "days", days, "how far to look ahead, in `days`")
	return c
}

// activeOn loads the instruments active on a node.
func activeOn(ctx context.Context, c *client.Client) ([]*instrument.Instrument, error) {
	active, err := c.Instruments(ctx)
	if err != nil {
		return nil, err
	}
	docs := make([]*instrument.Instrument, len(active))
	for n, i := range active {
		src, err := c.InstrumentSource(ctx, i.ID)
		if err != nil {
			return nil, err
		}
		if docs[n], err = instrument.Load(i.ID, src); err != nil {
			return nil, err
		}
	}
	return docs, nil
}

func (a *app) printCalendar(docs []*instrument.Instrument, days int) error {
	now := a.now()
	from := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	rows := []instrument.Appointment{}
	for _, doc := range docs {
		rows = append(rows, doc.Calendar(from, from.AddDate(0, 0, days))...)
	}
	slices.SortStableFunc(rows, func(x, y instrument.Appointment) int {
		return cmp.Or(x.At.Compare(y.At), cmp.Compare(x.Instrument, y.Instrument))
	})
	return list(a, rows, "", "appointments", []any{"DATE", "INSTRUMENT", "WHAT", "WHO", "CITE"}, func(p instrument.Appointment) []any {
		return []any{p.At.Format(time.DateOnly), p.Instrument, p.What, p.Who, p.Cite}
	})
}
