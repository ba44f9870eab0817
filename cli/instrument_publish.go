package cli

import (
	"context"

	"github.com/spf13/cobra"

	"entente/client"
	"entente/exchange"
)

func (a *app) instrumentPublish() *cobra.Command {
	var r exchange.PublishRequest
	var to []string
	c := &cobra.Command{
		Use: "publish TEXT [--to PARTY…]", Short: "Send a text and every act on it to partners",
		Long: "Without --to it goes to the parties of the text and its depositary, as far as this node knows them. Acts of others go along as they came: each counts by its own signature. " +
			"At the recipient the text stays inactive until a person activates it with instrument add; what cannot be verified there is refused with a code.",
		Example: "  entente instrument publish mou-aa-bb --to csirt-bb",
		Args:    args(1, 1), ValidArgsFunction: a.completeFirst(completeTexts),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			r.Instrument, r.To = args[0], ids(to)
			rep, err := c.PublishInstrument(ctx, r)
			if err != nil {
				return err
			}
			if r.DryRun {
				a.say("Dry run: nothing was sent.")
			}
			return a.print(rep, func(t *table) {
				t.row("text", rep.Instrument)
				t.row("hash", rep.Hash)
				t.row("acts", rep.Acts)
				t.row("to", joined(rep.To))
			})
		}),
	}
	c.Flags().StringSliceVar(&to, "to", nil, "recipient `party`, repeatable; default the parties of the text")
	c.Flags().BoolVar(&r.DryRun, "dry-run", false, "say what would be sent and send nothing")
	return c
}

func (a *app) instrumentActs() *cobra.Command {
	var source bool
	c := &cobra.Command{
		Use: "acts [TEXT]", Short: "What the parties did with a text, verified; or every text that is here",
		Long: "Shows the phase of the text, what each party's place rests on (asserted in the file by whoever activated it, or signed by the party), and every act with what it is worth today. " +
			"Exit code 7 when the signature of an act does not hold. With -o json each act comes with its signed envelope.",
		Args: args(0, 1), ValidArgsFunction: a.completeFirst(completeTexts),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			if len(args) == 0 {
				vs, err := c.InstrumentTexts(ctx)
				if err != nil {
					return err
				}
				return list(a, vs, "", "texts", []any{"ID", "VERSION", "PHASE", "ACTIVE", "ACTS", "HASH", "TITLE"}, func(v exchange.TextView) []any {
					return []any{v.ID, v.Version, v.Phase, yes(v.Active), len(v.Acts), v.Hash.Short(), v.Title}
				})
			}
			if source {
				return a.writeBytes(c.InstrumentTextSource(ctx, args[0]))
			}
			v, err := c.InstrumentText(ctx, args[0])
			if err != nil {
				return err
			}
			for _, act := range v.Acts {
				if !act.Verified {
					a.code = exitUnverified
				}
			}
			return a.print(v, func(t *table) { drawActs(t, v) })
		}),
	}
	c.Flags().BoolVar(&source, "source", false, "only the file of the text, byte for byte, also of one that is not active")
	return c
}

// drawActs shows a text, what its parties' places rest on, and the acts.
func drawActs(t *table, v exchange.TextView) {
	t.row("text", v.ID+"@"+v.Version)
	t.row("title", v.Title)
	t.row("hash", v.Hash)
	if !v.Records.IsZero() {
		t.row("records", v.Records)
	}
	t.row("phase", string(v.Phase)+": "+v.Why)
	switch {
	case v.Active && v.By != "":
		t.row("active", "yes, activated by "+v.By)
	case v.Active:
		t.row("active", "yes")
	default:
		t.row("active", "no: binds nobody here until somebody activates it with instrument add")
	}
	t.end()
	if len(v.Parties) > 0 {
		t.line("")
		t.row("PARTY", "BOUND", "BASIS", "ASSERTED", "SIGNED")
		for _, p := range v.Parties {
			t.row(p.Party, yes(p.Bound), p.Basis, joined(p.Asserted), joined(p.Signed))
		}
		t.end()
	}
	if len(v.Acts) > 0 {
		t.line("")
		t.row("STATE", "AT", "PARTY", "ACT", "DETAIL", "DIGEST")
		for _, act := range v.Acts {
			t.row(actState(act), when(act.At, "-"), act.Party, act.Act, act.Detail, act.Digest)
		}
		t.end()
	}
	for _, s := range v.Sent {
		t.line("sent to %s: %s", string(s.To), s.State)
		for _, r := range s.Refused {
			t.line("  refused %s", r)
		}
	}
}

// actState says in a few words what an act is worth.
func actState(act exchange.ActView) string {
	switch {
	case !act.Verified:
		return "✗ not verified: " + act.Why
	case !act.Counts:
		return "✗ " + act.Why
	case act.Flag != "":
		return "! " + act.Flag
	default:
		return "✓ signed"
	}
}
