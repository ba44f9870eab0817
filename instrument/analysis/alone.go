package analysis

import (
	"slices"

	"entente/decision"
	"entente/instrument"
)

// restOfTheLaw is the id of the instrument that stands for the agreements a law
// is looked at without.
const restOfTheLaw = "the-rest-of-the-law"

// Opened returns the laws as they are when one of them speaks for cooperation;
// otherwise with an instrument added to each that permits every act. A statute
// looked at alone is not asked whether some treaty allows the exchange, as in
// its test vectors.
func Opened(laws ...decision.Law) []decision.Law {
	out := slices.Clone(laws)
	for _, l := range laws {
		if slices.ContainsFunc(l.Instruments, speaksForCooperation) {
			return out
		}
	}
	rest := &instrument.Instrument{
		ID: restOfTheLaw, Version: "1.0.0", Title: "What else is agreed", Binding: true, Regime: cooperation, Default: instrument.Silent, Universal: true,
	}
	for _, act := range instrument.Acts() {
		rest.Clauses = append(rest.Clauses, instrument.Clause{ID: act, Cite: act, Modality: instrument.Permission, Act: act})
	}
	for i := range out {
		out[i].Instruments = append(slices.Clone(out[i].Instruments), rest)
	}
	return out
}

func speaksForCooperation(d *instrument.Instrument) bool {
	return d.Binding && (d.Regime == cooperation || slices.ContainsFunc(d.Clauses, func(c instrument.Clause) bool { return c.Grants == cooperation }))
}
