package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"entente/casework"
	"entente/client"
	"entente/internal/fault"
	"entente/party"
	"entente/transparency/verify"
)

func (a *app) verifyCommand() *cobra.Command {
	var cards, logKeys, seen []string
	c := &cobra.Command{
		Use: "verify FILE", Short: "Check an evidence file or an exported case offline: needs no node and no network",
		Long: "What is trusted is given, never taken from the file: the cards of the parties with --card, checkpoints seen before with --seen. " +
			"Without --card the parties of the node in the data folder are used, when there is one. Exit code 7 when anything does not hold.",
		Example: "  entente verify evidence.json --card aurelia.json --seen checkpoint.txt",
		Args:    args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			data, err := a.readFile(args[0])
			if err != nil {
				return err
			}
			trust := verify.Trust{LogKeys: logKeys}
			if trust.Parties, err = a.trusted(cmd, cards); err != nil {
				return err
			}
			if casework.IsBundle(data) {
				return a.verifyCase(args[0], data, trust.Parties)
			}
			for _, file := range seen {
				b, err := a.readFile(file)
				if err != nil {
					return err
				}
				trust.Seen = append(trust.Seen, b)
			}
			report, err := verify.Check(data, trust)
			if err != nil {
				return err
			}
			return a.print(report, func(t *table) {
				t.line("✓ %s holds", args[0])
				for _, l := range report.Lines {
					t.line("  %s", l)
				}
			})
		},
	}
	c.Flags().StringSliceVar(&cards, "card", nil, "card `file` of a party to trust, repeatable")
	c.Flags().StringSliceVar(&logKeys, "log-key", nil, "earlier verifier `key` of a trusted party's log, repeatable")
	c.Flags().StringSliceVar(&seen, "seen", nil, "`file` with a checkpoint seen before, repeatable")
	return c
}

// trusted reads the cards named, or asks the node of the data folder whom it knows.
func (a *app) trusted(cmd *cobra.Command, cards []string) ([]party.Party, error) {
	var parties []party.Party
	for _, file := range cards {
		b, err := a.readFile(file)
		if err != nil {
			return nil, err
		}
		p, err := party.ParseCard(b)
		if err != nil {
			return nil, err
		}
		parties = append(parties, p)
	}
	if len(cards) > 0 {
		return parties, nil
	}
	if _, err := os.Stat(filepath.Join(a.data, tokenName)); a.node == "" && errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.Invalid, "verify.trust", "Nobody is trusted: there is no node here and no card was given.").
			Try("Name the cards of the parties in the file with --card; they must come from somewhere else than the file.")
	}
	err := a.withNode(cmd.Context(), func(c *client.Client) (err error) {
		parties, err = c.Parties(cmd.Context())
		return err
	})
	return parties, err
}
