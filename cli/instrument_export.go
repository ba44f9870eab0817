package cli

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"entente/decision"
	"entente/instrument"
	"entente/instrument/odrl"
	"entente/internal/fault"
)

// exported is a policy and what it does not say.
type exported struct {
	Policy jsontext.Value `json:"policy"`
	Lost   []odrl.Loss    `json:"lost"`
}

func (a *app) instrumentExport() *cobra.Command {
	var format, from string
	c := &cobra.Command{
		Use: "export [FILE|ID…]", Short: "Write an instrument, or what a decision rests on, in another language; needs no node",
		Long: "The language is ODRL 2.2 (W3C, JSON-LD). The policy goes to standard output and never permits more than the instrument; what it cannot say " +
			"is listed on standard error. An ID names an instrument of the library. With --decision, the file holds an answer of entente why in JSON, and the " +
			"instruments named say where the law it cites is published. Exit code 2 when there is nothing a policy could say.",
		Example: "  entente instrument export mou.yaml > mou.jsonld\n" +
			"  entente why indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f ncsc-cordova -o json > why.json\n" +
			"  entente instrument export --decision why.json mou.yaml",
		Args: args(0, -1),
		RunE: func(cmd *cobra.Command, names []string) error {
			switch {
			case format != "odrl":
				return usageError(cmd, "There is no format %q; there is odrl.", format)
			case from == "" && len(names) != 1:
				return usageError(cmd, "Name one file or one instrument of the library.")
			}
			p, err := a.policy(from, names)
			if err != nil {
				return err
			}
			if a.output != "table" {
				return a.print(exported{jsontext.Value(p.JSON), append([]odrl.Loss{}, p.Lost...)}, nil)
			}
			for _, l := range p.Lost {
				a.say("not carried: %s", clean(lossText(l.Clause, l.What, l.Why)))
			}
			return a.writeBytes(escapeUnsafe(p.JSON, escape), nil)
		},
	}
	c.Flags().StringVar(&format, "format", "odrl", "`language`: odrl")
	c.Flags().StringVar(&from, "decision", "", "`file` with an answer of entente why in JSON")
	return c
}

func (a *app) policy(from string, names []string) (odrl.Policy, error) {
	docs := make([]*instrument.Instrument, len(names))
	for n, name := range names {
		var err error
		if docs[n], err = a.namedInstrument(name); err != nil {
			return odrl.Policy{}, err
		}
	}
	if from == "" {
		return odrl.FromInstrument(docs[0])
	}
	src, err := a.readFile(from)
	if err != nil {
		return odrl.Policy{}, err
	}
	var d decision.Decision
	if err := json.Unmarshal(src, &d); err != nil || d.Outcome == "" {
		return odrl.Policy{}, fault.New(fault.Invalid, "odrl.decision", "%s is no decision in JSON.", clean(from)).
			Try("Save the answer of entente why OBJECT PARTY -o json.").Because(err)
	}
	return odrl.FromDecision(d, docs)
}

// lossText is one loss in a line; where is "" for the whole document.
func lossText(where, what, why string) string {
	if where != "" {
		what = where + ": " + what
	}
	return what + " (" + why + ")"
}
