package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"entente/instrument"
	"entente/instrument/library"
)

// compiled is what was understood of one file.
type compiled struct {
	Instrument string               `json:"instrument"` // id and version
	Title      string               `json:"title"`
	Hash       string               `json:"hash"`
	Clauses    []instrument.Outline `json:"clauses"`
}

func (a *app) instrumentCompile() *cobra.Command {
	return &cobra.Command{
		Use: "compile FILE|ID", Short: "Show what was understood of every clause, beside its text; needs no node",
		Long: "Every clause in one sentence of a fixed form: what is permitted, forbidden or demanded, when, provided what, unless what, and what " +
			"follows. Hold it against the text. Anything that is not in the sentence was not understood and has no effect. " +
			"An ID names an instrument of the library.",
		Example: "  entente instrument compile mou.yaml",
		Args:    args(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			doc, err := a.namedInstrument(args[0])
			if err != nil {
				return err
			}
			v := compiled{doc.Ref(), doc.Title, doc.Hash.String(), doc.Outline()}
			return a.print(v, func(t *table) {
				t.line("%s", doc.Title+" ("+doc.Ref()+", "+doc.Hash.String()+")")
				for _, o := range v.Clauses {
					t.line("\n%s", o.Cite+" ["+o.Clause+"]"+mark(o.Verified))
					if o.Text != "" {
						t.line("  text      %s", o.Text)
					}
					t.line("  machine   %s", o.Sentence)
				}
			})
		},
	}
}

func mark(v instrument.Verification) string {
	if v == "" {
		return ""
	}
	return ", verified: " + string(v)
}

// namedInstrument loads a file, or an instrument of the library by its id.
func (a *app) namedInstrument(name string) (*instrument.Instrument, error) {
	src, err := a.readInstrument(name)
	if err != nil {
		return nil, err
	}
	return instrument.Load(name, src)
}

// readInstrument reads a file, or by its id an instrument of the library: a name
// without a dot or a slash is an id.
func (a *app) readInstrument(name string) ([]byte, error) {
	if strings.ContainsAny(name, "./\\") || name == "-" {
		return a.readFile(name)
	}
	doc, err := library.Get(name)
	if err != nil {
		return nil, err
	}
	return doc.Source, nil
}
