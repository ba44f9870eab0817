package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"entente/exchange"
	"entente/instrument"
	"entente/internal/fault"
)

func (a *app) instrumentSign() *cobra.Command {
	r := exchange.ActRequest{Act: instrument.ActSignature}
	var file string
	c := a.signing(&cobra.Command{
		Use: "sign TEXT --by NAME", Short: "Sign a text for this node's party",
		Long: "A text with errors, or whose test vectors fail, is not signed: the vectors are part of it. " +
			"A signature alone does not bring a text into force; instrument ratify does.",
		Example: "  entente instrument sign mou.yaml --by 'Head of Legal'\n  entente instrument publish mou-aa-bb",
	}, &r, func() error { return a.reservationFile(file, &r) })
	reservationFlags(c, &r, &file)
	return c
}

func (a *app) instrumentRatify() *cobra.Command {
	r := exchange.ActRequest{}
	var file, how string
	ways := []string{string(instrument.ActRatification), string(instrument.ActAcceptance), string(instrument.ActApproval), string(instrument.ActAccession), string(instrument.ActProvisional)}
	c := a.signing(&cobra.Command{
		Use: "ratify TEXT --by NAME", Short: "Consent to be bound by a text",
		Long: "Ratification follows this party's own signature; accession needs none. Reservations are made now or never: " +
			"with --excludes or --file the reservation and the consent are signed together.",
		Example: "  entente instrument ratify mou-aa-bb --by 'Head of Legal' --excludes art4",
	}, &r, func() error {
		for _, w := range ways {
			if how == w {
				r.Act = instrument.ActKind(w)
				return a.reservationFile(file, &r)
			}
		}
		return fault.New(fault.Invalid, "usage", "--how is one of %s.", strings.Join(ways, ", "))
	})
	c.Flags().StringVar(&how, "how", ways[0], "`act` of consent: "+strings.Join(ways, ", "))
	reservationFlags(c, &r, &file)
	return c
}

func (a *app) instrumentReserve() *cobra.Command {
	r := exchange.ActRequest{Act: instrument.ActReservation}
	var file string
	c := a.signing(&cobra.Command{
		Use: "reserve TEXT --excludes CLAUSE --by NAME", Short: "Make a reservation before consenting to be bound",
		Long: "A reservation takes clauses out, or changes them, between this party and each other one. It counts from this party's consent, " +
			"and only to clauses to which the text allows reservations. The file has id, and excludes or modifies as in the record of a party.",
		Example: "  entente instrument reserve mou-aa-bb --excludes art4,art5 --by 'Head of Legal'",
	}, &r, func() error { return a.reservationFile(file, &r) })
	reservationFlags(c, &r, &file)
	return c
}

func reservationFlags(c *cobra.Command, r *exchange.ActRequest, file *string) {
	c.Flags().StringSliceVar(&r.Excludes, "excludes", nil, "`clause` that shall not apply, repeatable")
	c.Flags().StringVar(file, "file", "", "`file` with a reservation")
	c.Flags().StringVar(&r.Reservation, "reservation", "", "`id` of the reservation; default r1 or that of the file")
}

func (a *app) reservationFile(file string, r *exchange.ActRequest) (err error) {
	if file != "" {
		r.Modifies, err = a.readFile(file)
	}
	return err
}
