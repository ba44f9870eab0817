package node

import (
	"context"
	"log/slog"
	"time"
)

// watch looks at the clocks of duties until ctx ends. It waits for no delivery: a
// partner that does not answer must not delay an alarm.
func (n *Node) watch(ctx context.Context) {
	for {
		n.fire(ctx)
		select {
		case <-ctx.Done():
			return
		case <-time.After(tick):
		}
	}
}

// fire puts what clocks of duties call for into the outbox. An alarm that cannot be
// written is tried again at every look: no duty is forgotten.
func (n *Node) fire(ctx context.Context) {
	for {
		fired, err := n.exchange.FireDuties(ctx)
		for _, d := range fired.Missed {
			n.log.WarnContext(ctx, "duty overdue", slog.String("duty", d.ID), slog.String("what", d.Duty.What), slog.String("instrument", d.Duty.Instrument),
				slog.Time("due", d.Due), slog.String("exercise", d.Exercise))
		}
		if err != nil {
			n.report(ctx, "clocks of duties could not be looked at", err)
			return
		}
		if fired.Duties == 0 {
			return
		}
	}
}
