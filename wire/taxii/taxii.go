// Package taxii lets tools that speak TAXII 2.1 fetch what was released to
// their party, and add objects of their own. Its [Client] collects from the
// servers of others.
//
// It decides nothing: what a party may see is its feed (package exchange), and
// what it adds goes the way of every partner's objects. Invariant: whose a
// request is comes from its certificate or its credential alone, and every page,
// count, cursor and absence is worked out from that party's own feed.
//
// The standard is TAXII Version 2.1, OASIS Standard, 10 June 2021; sections in
// comments are its own.
package taxii

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"entente/exchange"
	"entente/party"
)

// MediaType is the one media type of this version, as it is written in answers.
const MediaType = "application/taxii+json;version=2.1"

const (
	mediaName  = "application/taxii+json"
	version    = "2.1"
	stixMedia  = "application/stix+json;version=2.1"
	stixSpec   = "2.1" // of every object: earlier ones are upgraded when they come in
	rootPath   = "/entente/"
	aliasRead  = "released"
	aliasWrite = "contributions"
	aliasUnder = "under-" // and the id of an instrument
	// unversioned is the version of what has none (3.4.1 leaves it to the server).
	unversioned = "1970-01-01T00:00:00.000Z"
	// cursorLife is how long a next is good for. Whoever comes later goes on by
	// added_after, from the last date it was given.
	cursorLife = 24 * time.Hour
)

// Exchange is what the server needs of package exchange.
type Exchange interface {
	Self() party.ID
	Party(ctx context.Context, id party.ID) (party.Party, error)
	Authenticate(ctx context.Context, secret string) (party.ID, error)
	Feed(ctx context.Context, f exchange.FeedFilter) (exchange.FeedPage, error)
	FeedCollections(ctx context.Context, recipient party.ID) ([]exchange.FeedCollection, error)
	InFeed(ctx context.Context, recipient party.ID, under, id string) (bool, error)
	Contribute(ctx context.Context, from party.ID, list []byte, source string) (exchange.Contribution, error)
	Contribution(ctx context.Context, from party.ID, id string) (exchange.Contribution, error)
}

// Config is what a [Server] needs. The limits have useful zero values.
type Config struct {
	Exchange Exchange
	// Secret is 32 bytes that never change: cursors and collection ids hang on it.
	Secret []byte
	// Identify returns the party whose node a client certificate is, or an error.
	Identify func(tls.ConnectionState) (party.ID, error)
	Now      func() time.Time
	Logger   *slog.Logger // nil discards

	MaxBody     int64         // of what is added, before and after decompression; 0 is 32 MiB
	MaxPage     int           // objects in a page; 0 is 1 000
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
	if c.MaxPage == 0 {
		c.MaxPage = 1000
	}
	if c.PerParty == 0 {
		c.PerParty = 8
	}
	if c.RequestTime == 0 {
		c.RequestTime = 2 * time.Minute
	}
	return c
}

// collectionID is a version 4 UUID (section 2, "identifier") drawn from a keyed
// function instead of a random source: the same for a party for ever, and
// nobody's guess for any other.
func collectionID(key []byte, of party.ID, alias string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(alias + "\n" + string(of)))
	var id uuid.UUID
	copy(id[:], mac.Sum(nil))
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}

// timestamp writes a TAXII timestamp: exactly six fractional digits (section 2).
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }
