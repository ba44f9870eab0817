package cli

import (
	"errors"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"entente/instrument"
	"entente/internal/fault"
)

func (a *app) instrumentNew() *cobra.Command {
	var d instrument.Draft
	var parties []string
	var file string
	c := &cobra.Command{
		Use: "new ID --template KIND", Short: "Write a starting file for an instrument; needs no node",
		Long: "The file is commented, has clauses of every usual kind and test cases that hold; change it to what was agreed. " +
			"It is written to ID.yaml and never over a file that is there.",
		Example: "  entente instrument new mou-aurelia-cordova --template mou --party csirt-aurelia --party ncsc-cordova",
		Args:    args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(parties) > 2 {
				return usageError(cmd, "A starting file has two parties; add the others in the file.")
			}
			d.ID = args[0]
			for n, p := range parties {
				*[]*string{&d.A, &d.B}[n] = p
			}
			src, err := instrument.New(d, a.now())
			if err != nil {
				return err
			}
			if file == "" {
				file = d.ID + ".yaml"
			}
			if file == "-" {
				_, err = a.stdout.Write(src)
				return err
			}
			if err := createFile(file, src); err != nil {
				return err
			}
			a.say("Wrote %s. Next: entente instrument lint %s && entente instrument test %s", clean(file), clean(file), clean(file))
			return nil
		},
	}
	c.Flags().StringVar(&d.Template, "template", "mou", "`kind` of text: "+strings.Join(instrument.Templates(), ", "))
	c.Flags().StringArrayVar(&parties, "party", nil, "`id` of a party, once for each of the two")
	c.Flags().StringVar(&file, "file", "", "`file` to write to, - for standard output; default ID.yaml")
	return c
}

// createFile writes a file that must not be there yet.
func createFile(name string, content []byte) error {
	const mode = 0o644                                                   // an agreement is meant to be read
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode) //nolint:gosec // G302, G304: the operator names the file, and others read it
	if errors.Is(err, os.ErrExist) {
		return fault.New(fault.Conflict, "file.exists", "There is a file %s already.", clean(name)).
			Try("Give another name with --file, or move the file away.")
	}
	if err == nil {
		_, err = f.Write(content)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return unwritable(name, err)
	}
	return nil
}
