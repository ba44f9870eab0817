package exchange

import (
	"context"

	"entente/instrument"
	"entente/internal/fault"
)

// agreed refuses a release that relies on an agreement which, by what this node
// knows, is not in force between the two: a sender cut off from the others may
// not have heard that it was suspended or left (P15). What this node has not
// activated it cannot judge.
func (s *Service) agreed(ctx context.Context, in *incoming) error {
	l, err := read(ctx, s, func(r Reader) (*law, error) { return s.lawAt(ctx, r) })
	if err != nil {
		return err
	}
	from := instrument.Seat{Party: in.from.ID, Jurisdiction: in.from.Jurisdiction}
	here := instrument.Seat{Party: s.self, Jurisdiction: l.parties[s.self].Jurisdiction}
	for _, id := range in.msg.Under {
		why, judged := "", false
		for _, v := range l.instruments {
			if v.ID != id || len(v.Doc.Parties) == 0 {
				continue
			}
			st := v.Doc.Status(from, here, s.time())
			if judged = !st.InForce; !judged {
				break
			}
			why = st.Why
		}
		if judged {
			return fault.New(fault.Conflict, "envelope.not-in-force", "%s is not in force between %s and %s: %s.", id, in.from.ID, s.self, why).
				Try("Ask the recipient for the acts on the agreement, take them in, and decide again.")
		}
	}
	return nil
}
