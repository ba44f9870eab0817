package node

import (
	"context"
	"log/slog"
	"time"

	"entente/exchange"
	"entente/internal/fault"
	"entente/wire/mail"
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

// mail sends notices about duties to people until ctx ends. It is apart from the
// clocks: a slow mail server must not delay them.
func (n *Node) mail(ctx context.Context) {
	for {
		sent, err := n.exchange.MailDuties(ctx)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			n.log.WarnContext(ctx, "e-mail could not be sent", slog.String("code", fault.CodeOf(err)), slog.Any("error", err))
		case sent > 0:
			n.log.InfoContext(ctx, "e-mail sent", slog.Int("notices", sent))
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(tick):
		}
	}
}

// mailer is nil for a node without a setup of e-mail.
func (n *Node) mailer() (exchange.Mailer, error) {
	if n.config.MailFile == "" {
		return nil, nil //nolint:nilnil // no e-mail is not a failure
	}
	return mail.Open(n.config.MailFile, n.config.AllowLoopback)
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
