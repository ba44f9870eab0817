package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"entente/client"
	"entente/exchange"
	"entente/internal/fault"
	"entente/party"
)

func (a *app) partyCommand() *cobra.Command {
	return group("party", "Who takes part: add and look at parties", []string{"parties"},
		a.partyList(), a.partyShow(), a.partyAdd(), a.partyCard(), a.partyLimit())
}

func (a *app) partyList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the parties this node knows", Args: args(0, 0),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, _ []string) error {
			ps, err := c.Parties(ctx)
			if err != nil {
				return err
			}
			return list(a, ps, "", "parties", []any{"ID", "NAME", "KIND", "JURISDICTION", "ENDPOINT"}, func(p party.Party) []any {
				return []any{p.ID, p.Name, p.Kind, p.Jurisdiction, p.Endpoint}
			})
		}),
	}
}

func (a *app) partyShow() *cobra.Command {
	return &cobra.Command{
		Use: "show PARTY", Short: "One party with its keys, and how much was taken in from it", Args: args(1, 1), ValidArgsFunction: a.completeFirst(completeParties),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			p, err := c.Party(ctx, party.ID(args[0]))
			if err != nil {
				return err
			}
			shown := struct {
				party.Party
				Claim  *exchange.Claim  `json:"claim,omitempty"`
				Intake *exchange.Intake `json:"intake,omitempty"` // none of this node's own
			}{Party: p}
			if shown.Intake, err = intakeOf(ctx, c, p.ID); err != nil {
				return err
			}
			if shown.Claim, err = claimOf(ctx, c, p.ID); err != nil {
				return err
			}
			return a.print(shown, func(t *table) {
				drawParty(t, p)
				drawClaim(t, shown.Claim)
				if shown.Intake != nil {
					drawIntake(t, *shown.Intake)
				}
			})
		}),
	}
}

func drawParty(t *table, p party.Party) {
	t.row("party", p.ID)
	t.row("name", p.Name)
	t.row("kind", p.Kind)
	t.row("jurisdiction", p.Jurisdiction)
	t.row("roles", joined(p.Roles))
	t.row("endpoint", p.Endpoint)
	t.row("contact", p.Contact)
	t.row("creates as", p.Identity)
	for _, k := range p.SigningKeys {
		t.row("key", k.ID, "from "+when(k.From, "the beginning"), "until "+when(k.Until, "revoked"))
	}
	t.row("log key", p.LogKey)
}

// claimOf finds what identity a party claims; nil when it claims none.
func claimOf(ctx context.Context, c *client.Client, id party.ID) (*exchange.Claim, error) {
	all, err := c.Claims(ctx)
	if n := slices.IndexFunc(all, func(cl exchange.Claim) bool { return cl.Party == id }); n >= 0 {
		return &all[n], err
	}
	return nil, err
}

// drawClaim says whether the identity on a card counts, and who else sent objects
// of it.
func drawClaim(t *table, c *exchange.Claim) {
	if c == nil {
		return
	}
	if c.Counts {
		t.row("identity", "confirmed")
	} else {
		t.row("identity", "claimed and not confirmed: it does not count")
	}
	for _, m := range c.Others {
		t.row("  also of it", count(int(m.Objects), "object")+" from "+string(m.Party))
	}
}

func (a *app) partyAdd() *cobra.Command {
	var r exchange.AddPartyRequest
	c := &cobra.Command{
		Use: "add CARD --fingerprint DIGEST", Short: "Add a party by its card",
		Long: "The card is the file its owner printed with entente party card. Compare its fingerprint with the owner over another channel, " +
			"by telephone or in person: whoever made the card is whom the node will trust under that name. The STIX identity that a card claims counts only when it is given with --identity, " +
			"as its owner says it: ids that others sent first go to the party that creates under the identity they name. A dry run says who else sent objects of it.",
		Example: "  entente party add borealis.json --fingerprint sha256:5f0c… --identity identity--7b1e…",
		Args:    args(1, 1),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			var err error
			if r.Card, err = a.readFile(args[0]); err != nil {
				return err
			}
			if r.Fingerprint == "" {
				return fingerprintNeeded(r.Card)
			}
			p, err := c.AddParty(ctx, r)
			if err != nil {
				return err
			}
			if r.DryRun {
				a.say("Dry run: nothing was changed.")
			}
			return a.print(p, func(t *table) {
				drawParty(t, p.Party)
				drawClaim(t, p.Claim)
			})
		}),
	}
	c.Flags().StringVar(&r.Identity, "identity", "", "STIX `identity` under which the party creates objects, as it says itself; without it the card's claim does not count")
	c.Flags().BoolVar(&r.Contested, "contested", false, "confirm the identity although others sent objects of it")
	c.Flags().StringVar(&r.Fingerprint, "fingerprint", "", "`digest` of the card as its owner says it")
	c.Flags().BoolVar(&r.DryRun, "dry-run", false, "check the card and change nothing")
	return c
}

// fingerprintNeeded says what to compare, so that it need not be computed elsewhere.
func fingerprintNeeded(card []byte) error {
	p, err := party.ParseCard(card)
	if err != nil {
		return err
	}
	return fault.New(fault.Invalid, "party.fingerprint-needed", "The card's fingerprint is needed; this one has %s.", p.Fingerprint()).
		Try("Compare it with the card's owner over another channel, then give it with --fingerprint, and with --identity the identity that its owner creates objects under.")
}

func (a *app) partyCard() *cobra.Command {
	return &cobra.Command{
		Use: "card", Short: "Print this node's own card, to give to other parties",
		Long:    "The card goes to standard output, byte for byte, whatever the output form; its fingerprint and the identity to say with it go to standard error.",
		Example: "  entente party card > aurelia.json",
		Args:    args(0, 0),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, _ []string) error {
			card, err := c.Card(ctx)
			if err != nil {
				return err
			}
			p, err := party.ParseCard(card)
			if err != nil {
				return err
			}
			a.say("fingerprint %s", p.Fingerprint())
			a.say("identity %s", p.Identity)
			return a.writeBytes(card, nil)
		}),
	}
}
