package cli

import (
	"github.com/spf13/cobra"

	"entente/internal/fault"
	"entente/node"
	"entente/party"
)

func (a *app) initCommand() *cobra.Command {
	var p party.Party
	var id, database string
	c := &cobra.Command{
		Use: "init --id PARTY --name NAME --kind KIND --jurisdiction CC", Short: "Make a node for your party: data folder, keys, database, token",
		Long: "Makes the data folder with fresh keys. It never overwrites a node that is there. The id is how every other party will refer to yours; " +
			"it cannot be changed later.",
		Example: "  entente init --id csirt-aurelia --name \"CSIRT Aurelia\" --kind csirt --jurisdiction EE --endpoint https://share.aurelia.example:8421",
		Args:    args(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			p.ID = party.ID(id)
			if err := described(p); err != nil {
				return err
			}
			card, err := node.Init(cmd.Context(), node.InitOptions{Dir: a.data, Party: p, Database: database, Now: a.now})
			if err != nil {
				return err
			}
			made := struct {
				Party party.ID `json:"party"`
				Data  string   `json:"data"`
			}{card.ID, a.data}
			a.say("Next: entente serve, and entente party card > card.json to give to other parties.")
			return a.print(made, func(t *table) {
				t.row("party", made.Party)
				t.row("data", made.Data)
			})
		},
	}
	c.Flags().StringVar(&id, "id", "", "`id` of your party, lower case, e.g. csirt-aurelia")
	c.Flags().StringVar(&p.Name, "name", "", "`name` for people")
	c.Flags().StringVar(&p.Kind, "kind", "", "`kind`: csirt, isac, regulator, company, headquarters, contact-point, authority or individual")
	c.Flags().StringVar(&p.Jurisdiction, "jurisdiction", "", "country `code` (ISO 3166-1 alpha-2) of its seat")
	c.Flags().StringSliceVar(&p.Roles, "role", nil, "`role` the law may look at, repeatable")
	c.Flags().StringVar(&p.Endpoint, "endpoint", "", "https `URL` at which partners reach its peer door")
	c.Flags().StringVar(&database, "database", "", "database `URL` (postgres://…, without a password); default SQLite in the data folder")
	c.Flags().StringVar(&p.Exercise, "exercise", "", "`name` of the exercise the node is for; it then speaks to no node in earnest")
	c.Flags().StringVar(&p.Contact, "contact", "", "whom to `ask`")
	return c
}

// described refuses a party that nobody could recognise later.
func described(p party.Party) error {
	f := fault.New(fault.Invalid, "usage", "A node needs to know whose it is.")
	for _, need := range []struct{ flag, value string }{
		{"id", string(p.ID)}, {"name", p.Name}, {"kind", p.Kind}, {"jurisdiction", p.Jurisdiction},
	} {
		if need.value == "" {
			f = f.At("--"+need.flag, "is missing")
		}
	}
	if len(f.Fields) > 0 {
		return f.Try("Give them: entente init --help.")
	}
	return nil
}
