package node

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	"entente/internal/fault"
	"entente/wire/peer"
	"entente/wire/taxii"
)

// taxiiDoor is the open door for TAXII clients; nil is none.
type taxiiDoor struct {
	listener net.Listener
	server   *taxii.Server
}

// openTAXII opens the door if the operator asked for one.
func (n *Node) openTAXII(ctx context.Context) (*taxiiDoor, error) {
	if n.config.TAXIIListen == "" {
		return nil, nil //nolint:nilnil // no door is what was asked for
	}
	certificate, err := n.taxiiCertificate()
	if err != nil {
		return nil, err
	}
	server, err := taxii.New(taxii.Config{
		Exchange: n.exchange, Secret: n.ring.Secret(), Identify: peer.Identify(n.exchange.Party, n.config.Now),
		Certificate: certificate, Now: n.config.Now, Logger: n.log,
	})
	if err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", n.config.TAXIIListen)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "node.port", "The address %s cannot be listened on.", n.config.TAXIIListen).
			Try("Choose another with --taxii-listen.").Because(err)
	}
	return &taxiiDoor{listener: listener, server: server}, nil
}

// taxiiCertificate is the operator's own, or one the node issues to itself under
// the names clients use.
func (n *Node) taxiiCertificate() (func(time.Time) (*tls.Certificate, error), error) {
	if n.config.TAXIICert != "" || n.config.TAXIIKey != "" {
		pair, err := tls.LoadX509KeyPair(n.config.TAXIICert, n.config.TAXIIKey)
		if err != nil {
			return nil, fault.New(fault.Invalid, "node.certificate", "The certificate for TAXII clients cannot be used.").
				Try("Give PEM files that belong together with --taxii-cert and --taxii-key.").Because(err)
		}
		return func(time.Time) (*tls.Certificate, error) { return &pair, nil }, nil
	}
	hosts := n.config.TAXIIHosts
	if len(hosts) == 0 {
		hosts = []string{"localhost", "127.0.0.1", "::1"}
		if host, _, err := net.SplitHostPort(n.config.TAXIIListen); err == nil && host != "" && host != "localhost" && host != "127.0.0.1" {
			hosts = append(hosts, host)
		}
	}
	return n.ring.ServerCertificate(hosts), nil
}

func (d *taxiiDoor) serve(ctx context.Context) error {
	if d == nil {
		return nil
	}
	return d.server.Serve(ctx, d.listener)
}

func (d *taxiiDoor) close() error {
	if d == nil {
		return nil
	}
	return d.listener.Close()
}
