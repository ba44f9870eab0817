package cli

import (
	"context"

	"github.com/spf13/cobra"

	"entente/client"
	"entente/exchange"
	"entente/internal/fault"
	"entente/party"
)

func (a *app) factCommand() *cobra.Command {
	return group("fact", "Statements decisions may rely on: consents, findings, declarations", []string{"facts"},
		a.factRecord(), a.factWithdraw(), a.factList())
}

func (a *app) factRecord() *cobra.Command {
	var f exchange.Fact
	var recipient, from, expires string
	c := &cobra.Command{
		Use: "record NAME --issuer WHO --evidence WHERE", Short: "Record a fact",
		Long:    "A fact says who states it and where that can be checked. What nobody has recorded is unknown, which is not the same as false.",
		Example: "  entente fact record victim_consent --about incident--2c1d… --issuer \"HelioGrid, legal\" --evidence \"letter of 2026-11-20\" --expires 2027-11-20",
		Args:    args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.Name, f.Recipient = args[0], party.ID(recipient)
			var ok bool
			if f.From, ok = parseTime(from); from != "" && !ok {
				return badTime("from")
			}
			if f.Expires, ok = parseTime(expires); expires != "" && !ok {
				return badTime("expires")
			}
			return a.withNode(cmd.Context(), func(c *client.Client) error {
				stored, err := c.RecordFact(cmd.Context(), f)
				if err != nil {
					return err
				}
				return a.print(stored, func(t *table) { drawFact(t, stored) })
			})
		},
	}
	c.Flags().StringVar(&f.ID, "id", "", "`id` to withdraw it by; default a new one")
	c.Flags().BoolVar(&f.Value, "value", true, "what it is: true or false")
	c.Flags().StringVar(&f.About, "about", "", "only about this `object`; default every object")
	c.Flags().StringVar(&recipient, "recipient", "", "only towards this `party`; default every party")
	c.Flags().StringVar(&f.Issuer, "issuer", "", "`who` says so")
	c.Flags().StringVar(&f.Evidence, "evidence", "", "`where` it can be checked")
	c.Flags().StringVar(&from, "from", "", "`time` from which it holds; default now")
	c.Flags().StringVar(&expires, "expires", "", "`time` until which it holds; default until withdrawn")
	return c
}

func badTime(flag string) error {
	return fault.New(fault.Invalid, "usage", "--%s is not a time.", flag).Try("Write 2026-11-24 or 2026-11-24T08:30:00Z.")
}

func drawFact(t *table, f exchange.Fact) {
	t.row("fact", f.ID)
	t.row("name", f.Name)
	t.row("value", f.Value)
	t.row("about", orAll(f.About, "every object"))
	t.row("towards", orAll(string(f.Recipient), "every party"))
	t.row("issuer", f.Issuer)
	t.row("evidence", f.Evidence)
	t.row("holds", when(f.From, "always")+" until "+when(f.Expires, "withdrawn"))
}

func orAll(s, all string) string {
	if s == "" {
		return all
	}
	return s
}

func (a *app) factWithdraw() *cobra.Command {
	return &cobra.Command{
		Use: "withdraw FACT", Short: "Withdraw a fact: releases that relied on it are decided again, and recalled where no longer lawful",
		Args: args(1, 1),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			w, err := c.WithdrawFact(ctx, args[0])
			if err != nil {
				return err
			}
			a.say("Decided again: %s; recalled: %d.", count(w.Redecide, "release"), len(w.Recalls))
			if a.output != "table" {
				return a.encode(a.stdout, w)
			}
			return a.printRecalls(w.Recalls)
		}),
	}
}

func (a *app) factList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the facts recorded and not withdrawn", Args: args(0, 0),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, _ []string) error {
			fs, err := c.Facts(ctx)
			if err != nil {
				return err
			}
			return list(a, fs, "", "facts", []any{"FACT", "NAME", "VALUE", "ABOUT", "TOWARDS", "ISSUER", "UNTIL"}, func(f exchange.Fact) []any {
				return []any{f.ID, f.Name, f.Value, orAll(f.About, "every object"), orAll(string(f.Recipient), "every party"), f.Issuer, when(f.Expires, "withdrawn")}
			})
		}),
	}
}
