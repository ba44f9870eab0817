package cli

import (
	"context"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"entente/client"
	"entente/exchange"
	"entente/instrument"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
)

// signing completes a command that signs one act: what it is about, who decided
// it, and the flags all of them have. check may fill in what else the act needs.
func (a *app) signing(c *cobra.Command, r *exchange.ActRequest, check func() error) *cobra.Command {
	c.Args, c.ValidArgsFunction = args(1, 1), a.completeFirst(completeTexts)
	c.Long = strings.TrimSpace(c.Long + "\n\nThe text is a file, or the id of a text that is here (id@version for one that is not the newest). " +
		"The act is signed with the key of this node's party over the exact text and kept here; instrument publish sends it to the others.")
	c.RunE = a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
		if check != nil {
			if err := check(); err != nil {
				return err
			}
		}
		if err := a.textArgument(args[0], r); err != nil {
			return err
		}
		v, err := c.SignAct(ctx, *r)
		if err != nil {
			return err
		}
		if r.DryRun {
			a.say("Dry run: nothing was signed.")
		}
		return a.print(v, func(t *table) {
			drawActs(t, v)
			if r.DryRun {
				drawUnderstood(t, v.Clauses)
			}
		})
	})
	c.Flags().StringVar(&r.By, "by", "", "`name` of the person who decided it")
	c.Flags().StringVar(&r.Note, "note", "", "`words` signed along with the act")
	c.Flags().BoolVar(&r.DryRun, "dry-run", false, "show what would be signed, clause by clause, and sign nothing")
	return c
}

// drawUnderstood sets the words of every clause beside what the machine makes of
// them, for the person who is to sign.
func drawUnderstood(t *table, clauses []exchange.UnderstoodClause) {
	for _, c := range clauses {
		t.line("\n%s", c.Cite+" ["+c.Clause+"]")
		if c.Text != "" {
			t.line("  text     %s", c.Text)
		}
		t.line("  applied  %s", c.Understood)
	}
}

// textArgument tells a file from the name of a text.
func (a *app) textArgument(arg string, r *exchange.ActRequest) error {
	_, err := os.Stat(arg)
	isFile := err == nil || arg == "-"
	for _, ending := range []string{".yaml", ".yml", ".json"} {
		isFile = isFile || strings.HasSuffix(arg, ending)
	}
	if !isFile {
		r.Instrument = arg
		return nil
	}
	r.File = arg
	r.Source, err = a.readFile(arg)
	return err
}

func (a *app) instrumentAdopt() *cobra.Command {
	r := exchange.ActRequest{Act: instrument.ActAdoption}
	return a.signing(&cobra.Command{
		Use: "adopt TEXT --by NAME", Short: "Say that a text is settled as it stands",
		Long: "Adoption binds nobody. Of a version that amends another, the depositary's adoption starts the time in which parties may object, where the text provides for that.",
	}, &r, nil)
}

func (a *app) instrumentSuspend() *cobra.Command {
	r := exchange.ActRequest{Act: instrument.ActSuspension}
	return a.signing(&cobra.Command{
		Use: "suspend TEXT --by NAME", Short: "Suspend a text towards all its other parties",
		Long:    "It takes effect here at once and at a partner when the act has arrived: releases are decided again, and those that no longer have a basis are recalled.",
		Example: "  entente instrument suspend mou-aa-bb --by 'Head of Legal' --note 'breach of Art. 6'",
	}, &r, nil)
}

func (a *app) instrumentResume() *cobra.Command {
	r := exchange.ActRequest{Act: instrument.ActResumption}
	return a.signing(&cobra.Command{Use: "resume TEXT --by NAME", Short: "End this party's own suspension"}, &r, nil)
}

func (a *app) instrumentWithdraw() *cobra.Command {
	r := exchange.ActRequest{Act: instrument.ActWithdrawal}
	var denounce bool
	c := a.signing(&cobra.Command{
		Use: "withdraw TEXT --by NAME", Short: "Leave a text, or take a reservation back",
		Long: "Leaving takes effect after the notice that the text asks for, or twelve months when it is silent. Clauses that outlive the text go on binding.",
	}, &r, func() error {
		switch {
		case r.Reservation != "":
			r.Act = instrument.ActReservationWithdrawal
		case denounce:
			r.Act = instrument.ActDenunciation
		}
		return nil
	})
	c.Flags().StringVar(&r.Reservation, "reservation", "", "`id` of the reservation to take back instead")
	c.Flags().BoolVar(&denounce, "denounce", false, "sign a denunciation, where the text calls it that")
	return c
}

func (a *app) instrumentObject() *cobra.Command {
	r := exchange.ActRequest{Act: instrument.ActObjection}
	var to string
	c := a.signing(&cobra.Command{
		Use: "object TEXT --to PARTY --reservation ID --by NAME", Short: "Object to another party's reservation",
		Long: "The reserved clauses stay out between the two either way; with --preclude the whole text is not in force between them. " +
			"An objection counts within twelve months of the reservation, or until this party consents to be bound.",
	}, &r, func() error {
		r.To = party.ID(to)
		return need("to", to, "reservation", r.Reservation)
	})
	c.Flags().StringVar(&to, "to", "", "`party` that made the reservation")
	c.Flags().StringVar(&r.Reservation, "reservation", "", "`id` of the reservation")
	c.Flags().BoolVar(&r.Precludes, "preclude", false, "keep the text out of force between the two")
	return c
}

func (a *app) instrumentDeclare() *cobra.Command {
	r := exchange.ActRequest{Act: instrument.ActDeclaration}
	c := a.signing(&cobra.Command{
		Use: "declare TEXT --text WORDS --by NAME", Short: "Say how this party understands the text",
		Long: "A declaration changes no rule; people see it beside the text.",
	}, &r, func() error { return need("text", r.Text) })
	c.Flags().StringVar(&r.Text, "text", "", "the `words` of the declaration")
	return c
}

func (a *app) instrumentAmend() *cobra.Command {
	r := exchange.ActRequest{Act: instrument.ActAmendmentAcceptance}
	var object bool
	c := a.signing(&cobra.Command{
		Use: "amend TEXT --by NAME", Short: "Accept a version that amends another, or object to it",
		Long: "The amendment rule of the version before says when the new one is adopted and whom it binds. " +
			"Between parties that both accepted it the new text applies, between others the old one.",
	}, &r, func() error {
		if object {
			r.Act = instrument.ActAmendmentObjection
		}
		return nil
	})
	c.Flags().BoolVar(&object, "object", false, "object instead")
	return c
}

func (a *app) instrumentNotify() *cobra.Command {
	r := exchange.ActRequest{Act: instrument.ActNotification}
	var act string
	c := a.signing(&cobra.Command{
		Use: "notify TEXT --act DIGEST --by NAME", Short: "As depositary: certify that an act was received",
		Long: "A notification says which act came and when. It never takes the place of the party's own signature.",
	}, &r, func() error {
		d, err := ident.ParseDigest(act)
		r.Notified = d
		if err != nil {
			return fault.New(fault.Invalid, "usage", "--act is not the digest of an act.").Try("List the digests with entente instrument acts.").Because(err)
		}
		return nil
	})
	c.Flags().StringVar(&act, "act", "", "`digest` of the act that was received")
	return c
}

// need refuses flags that were left out; it takes names and values in turn.
func need(pairs ...string) error {
	var missing []string
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			missing = append(missing, "--"+pairs[i])
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fault.New(fault.Invalid, "usage", "This needs %s.", strings.Join(missing, " and "))
}
