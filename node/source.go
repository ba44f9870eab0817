package node

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"entente/exchange"
	"entente/internal/fault"
	"entente/wire/collect"
	"entente/wire/misp"
	"entente/wire/taxii"
)

// collectorsAtOnce is how many sources are polled side by side: a slow server
// holds up one of them, and no delivery.
const collectorsAtOnce = 4

// collectors are what this node can collect from, by kind of source.
func (n *Node) collectors() map[string]exchange.Collector {
	c := collect.Config{Certificate: n.ring.Certificate, Now: n.config.Now, AllowLoopback: n.config.AllowLoopback}
	return map[string]exchange.Collector{
		"taxii": taxii.NewClient(taxii.ClientConfig{Config: c}),
		"misp":  misp.NewClient(c),
	}
}

// collect polls the sources that are due until ctx ends. What it does is durable:
// it can stop at any point and go on later.
func (n *Node) collect(ctx context.Context) {
	var wg sync.WaitGroup
	for range collectorsAtOnce {
		wg.Go(func() {
			for {
				if polled := n.collectOnce(ctx); polled && ctx.Err() == nil {
					continue
				}
				select {
				case <-ctx.Done():
					return
				case <-time.After(tick):
				}
			}
		})
	}
	wg.Wait()
}

func (n *Node) collectOnce(ctx context.Context) (polled bool) {
	rep, polled, err := n.exchange.PollDue(ctx)
	switch {
	case ctx.Err() != nil:
	case err != nil && !polled:
		n.report(ctx, "sources could not be read", err)
	case err != nil:
		n.log.WarnContext(ctx, "source could not be collected", slog.String("source", rep.Source.ID), slog.String("code", fault.CodeOf(err)),
			slog.Int("failures", rep.Source.State.Failures), slog.Any("error", err))
	case rep.New+rep.Updated+rep.Quarantined > 0:
		n.log.InfoContext(ctx, "source collected", slog.String("source", rep.Source.ID), slog.Int("new", rep.New), slog.Int("updated", rep.Updated),
			slog.Int("quarantined", rep.Quarantined))
	}
	return polled
}
