package cli

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"entente/api/view"
	"entente/client"
	"entente/exchange"
	"entente/instrument"
	"entente/party"
)

func (a *app) instrumentCommand() *cobra.Command {
	return group("instrument", "What was agreed or is law: treaties, memoranda, statutes, handling standards", []string{"instruments"},
		a.instrumentNew(), a.instrumentFmt(), a.instrumentLint(), a.instrumentTest(), a.instrumentCompile(), a.instrumentExplain(), a.instrumentGraph(),
		a.instrumentAnalyse(), a.instrumentDiff(),
		a.instrumentAdopt(), a.instrumentSign(), a.instrumentRatify(), a.instrumentReserve(), a.instrumentObject(), a.instrumentDeclare(),
		a.instrumentSuspend(), a.instrumentResume(), a.instrumentAmend(), a.instrumentWithdraw(), a.instrumentNotify(),
		a.instrumentPublish(), a.instrumentActs(),
		a.instrumentAdd(), a.instrumentList(), a.instrumentShow(), a.instrumentStatus(),
		a.instrumentWhatIf(), a.instrumentLibrary(), a.instrumentCalendar(),
		a.instrumentExport(), a.instrumentImport())
}

func (a *app) instrumentAdd() *cobra.Command {
	var r exchange.AddInstrumentRequest
	c := &cobra.Command{
		Use: "add FILE|ID --by NAME", Short: "Activate an instrument on this node",
		Long: "From then on every decision applies it. Somebody answers for the encoding being what the text says: --by names that person. " +
			"An instrument with errors, or whose test vectors fail, is refused. An ID names an instrument of the library.",
		Args: args(1, 1),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			var err error
			r.File = args[0]
			if r.Source, err = a.readInstrument(r.File); err != nil {
				return err
			}
			v, err := c.AddInstrument(ctx, r)
			if err != nil {
				return err
			}
			if r.DryRun {
				a.say("Dry run: nothing was changed.")
			}
			return a.print(v, func(t *table) { drawInstrument(t, v) })
		}),
	}
	c.Flags().StringVar(&r.By, "by", "", "`name` of the person who answers for the encoding")
	c.Flags().BoolVar(&r.DryRun, "dry-run", false, "check the file and change nothing")
	return c
}

func (a *app) instrumentList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the instruments active on this node", Args: args(0, 0),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, _ []string) error {
			is, err := c.Instruments(ctx)
			if err != nil {
				return err
			}
			return list(a, is, "", "instruments", []any{"ID", "VERSION", "REGIME", "CLAUSES", "HASH", "BY", "TITLE"}, func(i view.Instrument) []any {
				return []any{i.ID, i.Version, i.Regime, i.Clauses, i.Hash.Short(), by(i), i.Title}
			})
		}),
	}
}

func by(i view.Instrument) string {
	if i.Illustrative {
		return strings.TrimSpace(i.By + " (illustrative)")
	}
	return i.By
}

// activated says when an instrument was activated and who answers for it, if anybody does.
func activated(i view.Instrument) string {
	if i.By == "" {
		return when(i.Activated, "-") + ", illustrative: nobody answers for the encoding"
	}
	return when(i.Activated, "-") + " by " + by(i)
}

func drawInstrument(t *table, i view.Instrument) {
	t.row("instrument", i.ID)
	t.row("title", i.Title)
	t.row("version", i.Version)
	t.row("regime", i.Regime)
	t.row("hash", i.Hash)
	t.row("activated", activated(i))
	t.row("clauses", i.Clauses)
	for _, c := range i.Text {
		t.line("\n%s", c.Cite+" ["+c.ID+"] "+c.Modality+" to "+c.Act)
		if c.Text != "" {
			t.line("  %s", strings.Join(strings.Fields(c.Text), " "))
		}
	}
}

func (a *app) instrumentShow() *cobra.Command {
	var source bool
	c := &cobra.Command{
		Use: "show INSTRUMENT", Short: "One instrument with its clauses", Args: args(1, 1), ValidArgsFunction: a.completeFirst(completeInstruments),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			if source {
				return a.writeBytes(c.InstrumentSource(ctx, args[0]))
			}
			i, err := c.Instrument(ctx, args[0])
			if err != nil {
				return err
			}
			return a.print(i, func(t *table) { drawInstrument(t, i) })
		}),
	}
	c.Flags().BoolVar(&source, "source", false, "only its file, byte for byte")
	return c
}

func (a *app) instrumentStatus() *cobra.Command {
	var at string
	c := &cobra.Command{
		Use: "status INSTRUMENT PARTY PARTY", Short: "Where an instrument stands between two parties at an instant",
		Long:    "Status is derived from dated events (signature, ratification, entry into force, suspension, withdrawal) and reservations; it is never stored.",
		Example: "  entente instrument status northern-convention csirt-aurelia ncsc-cordova --at 2026-11-24",
		Args:    args(3, 3), ValidArgsFunction: a.completeFirst(completeInstruments),
		RunE: func(cmd *cobra.Command, args []string) error {
			var t time.Time
			if at != "" {
				var ok bool
				if t, ok = parseTime(at); !ok {
					return badTime("at")
				}
			}
			return a.withNode(cmd.Context(), func(c *client.Client) error {
				s, err := c.InstrumentStatus(cmd.Context(), args[0], party.ID(args[1]), party.ID(args[2]), t)
				if err != nil {
					return err
				}
				return a.print(s, func(t *table) { drawStanding(t, s) })
			})
		},
	}
	c.Flags().StringVar(&at, "at", "", "`time` asked about; default now")
	return c
}

func drawStanding(t *table, s instrument.Standing) {
	state := "✗ not in force: " + s.Why
	if s.InForce {
		state = "✓ in force"
	}
	if s.Provisional {
		state += " (provisionally)"
	}
	t.line("%s", state)
	for _, clause := range slices.Sorted(maps.Keys(s.Excluded)) {
		t.row("  excluded", clause, "by "+s.Excluded[clause])
	}
	for _, clause := range s.Surviving {
		t.row("  survives", clause)
	}
}
