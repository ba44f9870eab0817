// Package misp lets MISP servers and PyMISP fetch what was released to their
// party as events, and add events and sightings of their own.
//
// It decides nothing and converts nothing: which events a party has is its feed
// (package exchange), what they look like is package intel/misp, and what a party
// adds goes the way of every partner's objects. Distribution levels and sharing
// groups are neither believed nor used; what is handed out says "your
// organisation only". Invariant: whose a request is comes from its key alone, and
// every event, count and absence is worked out from that party's own feed.
//
// There is no specification; what a peer must serve was read in MISP's
// ServerSyncTool (2.4.198) and in PyMISP (2.5.34).
package misp

import (
	"context"
	"log/slog"
	"time"

	"entente/exchange"
	"entente/intel/misp"
	"entente/party"
)

// Exchange is what the server needs of package exchange.
type Exchange interface {
	Self() party.ID
	Authenticate(ctx context.Context, secret string) (party.ID, error)
	Organisation(ctx context.Context, id party.ID) (misp.Organisation, error)
	FeedEvents(ctx context.Context, to party.ID) ([]exchange.FeedEvent, error)
	FeedEvent(ctx context.Context, to party.ID, id string) (exchange.FeedEvent, error)
	NoteFetched(ctx context.Context, to party.ID, releases []string) error
	ContributeEvent(ctx context.Context, from party.ID, event []byte, source string) (exchange.Contribution, error)
	ContributedEvents(ctx context.Context, from party.ID, event string) ([]exchange.Contribution, error)
	ContributeSightings(ctx context.Context, from party.ID, about string, list []byte, source string) (exchange.Contribution, error)
	ContributeAnalysis(ctx context.Context, from party.ID, a misp.Analysis, source string) (exchange.Contribution, error)
}

// Config is what a [Server] needs. The limits have useful zero values.
type Config struct {
	Exchange Exchange
	Now      func() time.Time
	NewID    func() string // makes UUIDs
	Logger   *slog.Logger  // nil discards

	MaxBody     int64         // of what is added, before and after decompression; 0 is 32 MiB
	MaxAnswer   int           // bytes of a search's answer; 0 is 64 MiB
	PerParty    int           // requests of one party at a time; 0 is 8
	RequestTime time.Duration // for a whole request; 0 is 2 min
}

func (c Config) withDefaults() Config {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.MaxBody == 0 {
		c.MaxBody = 32 << 20
	}
	if c.MaxAnswer == 0 {
		c.MaxAnswer = 64 << 20
	}
	if c.PerParty == 0 {
		c.PerParty = 8
	}
	if c.RequestTime == 0 {
		c.RequestTime = 2 * time.Minute
	}
	return c
}
