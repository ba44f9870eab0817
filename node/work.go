package node

import (
	"context"
	"log/slog"
	"time"
)

// tick is how long background work waits when nobody wakes it: retries and
// clocks are due without anybody calling.
const tick = time.Second

// indexAtOnce is how many objects are indexed between two looks at deliveries.
const indexAtOnce = 1000

// indexPause is how long objects that arrive one by one are left to gather: an
// act of the index for each would make every submitter wait for it. Whoever
// searches does not notice, because a search indexes the newest itself.
const indexPause = 500 * time.Millisecond

// work delivers what is due and holds releases against changed law until ctx
// ends. What it does is durable: it can stop at any point and go on later.
func (n *Node) work(ctx context.Context) {
	var indexed time.Time
	for {
		n.workOnce(ctx)
		if time.Since(indexed) >= indexPause && n.index(ctx) {
			indexed = time.Now()
		}
		select {
		case <-ctx.Done():
			return
		case <-n.woken:
		case <-time.After(tick):
		}
	}
}

func (n *Node) workOnce(ctx context.Context) {
	if done, err := n.exchange.Reconsider(ctx); err != nil {
		n.report(ctx, "releases could not be decided again", err)
	} else if done.Redecide > 0 {
		n.log.InfoContext(ctx, "releases decided again under a changed law",
			slog.Int("releases", done.Redecide), slog.Int("recalls", len(done.Recalls)))
	}
	for {
		tried, err := n.exchange.DeliverDue(ctx)
		if err != nil {
			n.report(ctx, "deliveries could not be recorded", err)
			return
		}
		if tried == 0 {
			break
		}
	}
	if err := n.exchange.ForgetContributions(ctx); err != nil {
		n.report(ctx, "what parties added could not be forgotten", err)
	}
}

// index works on the index of the search, a part at a time, so that deliveries
// get their turn. It reports whether nothing waits.
func (n *Node) index(ctx context.Context) (done bool) {
	objects, err := n.exchange.IndexWaiting(ctx, indexAtOnce)
	if err != nil {
		n.report(ctx, "objects could not be indexed", err)
	} else if objects == indexAtOnce {
		n.wake()
		return false
	}
	return true
}

func (n *Node) report(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		n.log.ErrorContext(ctx, "background work failed", slog.String("what", what), slog.Any("error", err))
	}
}

// wake asks the background work to look again; it never blocks.
func (n *Node) wake() {
	select {
	case n.woken <- struct{}{}:
	default:
	}
}
