package cli

import (
	"context"

	"github.com/spf13/cobra"

	"entente/client"
	"entente/exchange"
	"entente/party"
)

func (a *app) credentialCommand() *cobra.Command {
	return group("credential", "Let the tools of a party (TAXII 2.1, MISP) fetch what was released to it", []string{"credentials"},
		a.credentialGrant(), a.credentialList(), a.credentialRevoke(), a.credentialCA())
}

func (a *app) credentialGrant() *cobra.Command {
	var r exchange.GrantRequest
	c := &cobra.Command{
		Use: "grant PARTY", Short: "Grant a party a credential and print its secret, once",
		Long: "Whoever has the secret sees what was released to the party, in the form in which it was released, and nothing else. " +
			"A TAXII client sends it as bearer token, or as password with the party's id as user; MISP and PyMISP send it as their key. The node keeps a digest only: " +
			"the secret is printed this once, to standard output, so that it can go into a file.",
		Example: "  entente credential grant isac-borealis --label \"OpenCTI of the SOC\" > borealis.secret",
		Args:    args(1, 1), ValidArgsFunction: a.completeFirst(completeParties),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			r.Party = party.ID(args[0])
			g, err := c.Grant(ctx, r)
			if err != nil {
				return err
			}
			if a.output != "table" {
				return a.print(g, func(*table) {})
			}
			a.say("credential %s for %s; the secret is not shown again", g.ID, clean(string(g.Party)))
			return a.writeBytes([]byte(g.Secret+"\n"), nil)
		}),
	}
	c.Flags().StringVar(&r.Label, "label", "", "what it is for, for the list")
	return c
}

func (a *app) credentialList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the credentials granted to parties", Args: args(0, 0),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, _ []string) error {
			all, err := c.Credentials(ctx)
			if err != nil {
				return err
			}
			return list(a, all, "", "credentials", []any{"ID", "PARTY", "LABEL", "GRANTED", "REVOKED"}, func(c exchange.Credential) []any {
				return []any{c.ID, c.Party, c.Label, when(c.Granted, ""), when(c.Revoked, "")}
			})
		}),
	}
}

func (a *app) credentialRevoke() *cobra.Command {
	return &cobra.Command{
		Use: "revoke CREDENTIAL", Short: "Revoke a credential at once", Args: args(1, 1),
		RunE: a.onNode(func(ctx context.Context, c *client.Client, args []string) error {
			if err := c.RevokeCredential(ctx, args[0]); err != nil {
				return err
			}
			a.say("revoked %s", clean(args[0]))
			return nil
		}),
	}
}

func (a *app) credentialCA() *cobra.Command {
	return &cobra.Command{
		Use: "ca", Short: "Print the certificate of this party's authority, for tools to trust",
		Long:    "The node issues its own certificate for tools unless it was given one. They trust it when they are given this file.",
		Example: "  entente credential ca > aurelia-ca.pem",
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
			return a.writeBytes([]byte(p.TrustBundle), nil)
		}),
	}
}
