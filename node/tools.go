package node

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"

	"github.com/google/uuid"

	"entente/internal/fault"
	"entente/internal/serve"
	"entente/wire/misp"
	"entente/wire/notice"
	"entente/wire/peer"
	"entente/wire/taxii"
)

// toolsDoor is the open door for tools of other parties; nil is none.
type toolsDoor struct {
	listener net.Listener
	door     serve.Door
}

// openTools opens the door if the operator asked for one.
func (n *Node) openTools(ctx context.Context) (*toolsDoor, error) {
	if n.config.ToolsListen == "" {
		return nil, nil //nolint:nilnil // no door is what was asked for
	}
	certificate, err := n.toolsCertificate()
	if err != nil {
		return nil, err
	}
	handler, err := n.tools()
	if err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", n.config.ToolsListen)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "node.port", "The address %s cannot be listened on.", n.config.ToolsListen).
			Try("Choose another with --tools-listen.").Because(err)
	}
	return &toolsDoor{listener: listener, door: serve.Door{Handler: handler, Certificate: certificate, Now: n.config.Now, Logger: n.log}}, nil
}

// tools is TAXII 2.1 under the paths that its standard and this node give it, and
// MISP everywhere else: a MISP server is configured with an address alone.
func (n *Node) tools() (http.Handler, error) {
	t, err := taxii.New(taxii.Config{
		Exchange: n.exchange, Secret: n.ring.Secret(), Identify: peer.Identify(n.exchange.Party, n.config.Now), Now: n.config.Now, Logger: n.log,
	})
	if err != nil {
		return nil, err
	}
	m := misp.New(misp.Config{Exchange: n.exchange, Now: n.config.Now, NewID: uuid.NewString, Logger: n.log})
	stream, err := notice.New(notice.Config{Exchange: n.exchange, Secret: n.ring.Secret(), Logger: n.log})
	if err != nil {
		return nil, err
	}
	return n.marked(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == notice.Path {
			stream.ServeHTTP(w, r)
			return
		}
		if taxii.Serves(r.URL.Path) {
			t.ServeHTTP(w, r)
			return
		}
		m.ServeHTTP(w, r)
	})), nil
}

// toolsCertificate is the operator's own, or one the node issues to itself under
// the names clients use.
func (n *Node) toolsCertificate() (func(time.Time) (*tls.Certificate, error), error) {
	if n.config.ToolsCert != "" || n.config.ToolsKey != "" {
		pair, err := tls.LoadX509KeyPair(n.config.ToolsCert, n.config.ToolsKey)
		if err != nil {
			return nil, fault.New(fault.Invalid, "node.certificate", "The certificate for tools cannot be used.").
				Try("Give PEM files that belong together with --tools-cert and --tools-key.").Because(err)
		}
		return func(time.Time) (*tls.Certificate, error) { return &pair, nil }, nil
	}
	hosts := n.config.ToolsHosts
	if len(hosts) == 0 {
		hosts = []string{"localhost", "127.0.0.1", "::1"}
		if host, _, err := net.SplitHostPort(n.config.ToolsListen); err == nil && host != "" && host != "localhost" && host != "127.0.0.1" {
			hosts = append(hosts, host)
		}
	}
	return n.ring.ServerCertificate(hosts), nil
}

func (d *toolsDoor) serve(ctx context.Context) error {
	if d == nil {
		return nil
	}
	return d.door.Serve(ctx, d.listener)
}

func (d *toolsDoor) close() error {
	if d == nil {
		return nil
	}
	return d.listener.Close()
}
