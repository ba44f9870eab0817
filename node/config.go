package node

import (
	"log/slog"
	"net"
	"time"
)

// Config is what an operator can set. Every zero value is usable but Dir.
type Config struct {
	// Dir is the node's data folder, made by [Init]: keys, database, token.
	Dir string
	// Listen is where the API and the pages are served; empty is 127.0.0.1:8420.
	Listen string
	// PeerListen is where partners' nodes connect; empty is :8421.
	PeerListen string
	// PeerListener, when set, is used instead of PeerListen.
	PeerListener net.Listener
	// ToolsListen is where tools that speak TAXII 2.1 or MISP connect; empty: nowhere.
	ToolsListen string
	// ToolsHosts are the names and addresses by which those tools call this node;
	// empty is the host of ToolsListen and localhost. They are put into the
	// certificates the node issues to itself.
	ToolsHosts []string
	// ToolsCert and ToolsKey are PEM files of another authority's certificate, to
	// be used in place of the node's own. They are read again for each start.
	ToolsCert, ToolsKey string
	// MailFile is the setup by which notices about duties go to people by e-mail;
	// empty: none do.
	MailFile string
	// OnTools is told the address once the door for tools is open.
	OnTools func(addr string)
	// AllowLoopback lets this node deliver to, collect from, and tell loopback
	// addresses, which is for demonstrations and tests: several parties on one
	// machine.
	AllowLoopback bool
	// Logger receives what operators need to see; nil discards.
	Logger *slog.Logger
	// Now is the clock; nil is the system's.
	Now func() time.Time
	// OnListen is told the addresses once both doors are open.
	OnListen func(api, peer string)
}

const (
	defaultListen     = "127.0.0.1:8420"
	defaultPeerListen = ":8421"
)

func (c Config) withDefaults() Config {
	if c.Listen == "" {
		c.Listen = defaultListen
	}
	if c.PeerListen == "" {
		c.PeerListen = defaultPeerListen
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}
