package cli

import (
	"github.com/spf13/cobra"

	"entente/instrument/foreign"
)

// imported is a draft and what it does not carry.
type imported struct {
	ID     string         `json:"id"`
	Source string         `json:"source"`
	Lost   []foreign.Loss `json:"lost"`
}

func (a *app) instrumentImport() *cobra.Command {
	var format string
	var o foreign.Options
	c := &cobra.Command{
		Use: "import FILE", Short: "Draft an instrument from the terms of another scheme; needs no node",
		Long: "Reads a policy of FIRST's Information Exchange Policy 2.0 (iep: its JSON, or a STIX 2.1 marking) or a US ACS (ISA) marking (acs: a STIX 2.1 marking) " +
			"and writes an instrument about what was received under these terms to standard output. It is a draft, illustrative until somebody activates it under " +
			"a name: read it, and what could not be carried, which is listed on standard error. With --under it is also about what was received under that agreement. " +
			"Nothing is fetched and nothing is activated.",
		Example: "  entente instrument import policy.json --format iep --under mou-aurelia-cordova > iep-cordova.yaml\n" +
			"  entente instrument import bundle.json --format acs --pick marking-definition--75ad3822-3fbe-4de8-ac94-f02f01bf778b > acs.yaml",
		Args: args(1, 1),
		RunE: func(cmd *cobra.Command, files []string) error {
			read := map[string]func([]byte, foreign.Options) (foreign.Draft, error){"iep": foreign.FromIEP, "acs": foreign.FromACS}[format]
			if read == nil {
				return usageError(cmd, "There is no format %q; there are iep and acs.", format)
			}
			src, err := a.readFile(files[0])
			if err != nil {
				return err
			}
			d, err := read(src, o)
			if err != nil {
				return err
			}
			if a.output != "table" {
				return a.print(imported{d.ID, string(d.Source), append([]foreign.Loss{}, d.Lost...)}, nil)
			}
			for _, l := range d.Lost {
				a.say("not carried: %s", clean(lossText(l.Pointer, l.What, l.Why)))
			}
			return a.writeBytes(escapeUnsafe(d.Source, yamlEscape), nil)
		},
	}
	c.Flags().StringVar(&format, "format", "", "`scheme` of the terms: iep or acs")
	c.Flags().StringVar(&o.Pick, "pick", "", "`id` of the marking definition, when the file has several")
	c.Flags().StringVar(&o.Under, "under", "", "`id` of the agreement under which things come on these terms")
	return c
}
