package cli

import (
	"context"
	"strings"
	"time"

	"entente/api/view"
	"entente/exchange"
	"entente/internal/fault"
)

// The demonstration looks again every pollEvery until patience runs out; on
// loopback a delivery takes milliseconds.
const (
	pollEvery = 20 * time.Millisecond
	patience  = 30 * time.Second
)

// await looks at a release of Aurelia until it reaches a state.
func (l *lantern) await(ctx context.Context, release string, state exchange.ReleaseState) (view.Release, error) {
	var v view.Release
	err := l.until(ctx, func() (bool, error) {
		var err error
		v, err = l.at(aurelia).client.Release(ctx, release)
		return v.State == state, err
	})
	return v, err
}

// awaitRecall looks at a recall until the recipient has purged.
func (l *lantern) awaitRecall(ctx context.Context, release string) error {
	return l.until(ctx, func() (bool, error) {
		recalls, err := l.at(aurelia).client.Recalls(ctx, release)
		return len(recalls) == 1 && recalls[0].State == "purged", err
	})
}

func (l *lantern) until(ctx context.Context, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		ok, err := done()
		if err != nil || ok {
			return err
		}
		select {
		case <-ctx.Done():
			return fault.New(fault.Unavailable, "demo.slow", "It did not happen within %s.", patience).Because(ctx.Err())
		case <-time.After(pollEvery):
		}
	}
}

// isacKnows reports whether any object the ISAC holds names the victim.
func (l *lantern) isacKnows(ctx context.Context) (bool, error) {
	c := l.at(gridshare).client
	f := exchange.ObjectFilter{Limit: 1000}
	page, err := c.Objects(ctx, f)
	if err != nil {
		return false, err
	}
	for _, o := range page.Items {
		content, err := c.ObjectContent(ctx, o.ID)
		if err != nil {
			return false, err
		}
		if strings.Contains(strings.ToLower(string(content)), "heliogrid") {
			return true, nil
		}
	}
	return false, nil
}

func errorOr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}
