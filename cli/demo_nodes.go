package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"time"

	"entente/client"
	"entente/examples"
	"entente/exchange"
	"entente/internal/fault"
	"entente/node"
	"entente/party"
)

// lantern is one run of the demonstration.
type lantern struct {
	app     *app
	dir     string
	parties []party.Party
	nodes   map[string]*lanternNode
	wg      sync.WaitGroup

	report    string // the HelioGrid report at Aurelia
	consented string // the release that relied on the consent
	preview   exchange.Preview
	sent      exchange.SendReport
}

// lanternNode is one party with its own folder, keys, database and doors.
type lanternNode struct {
	party  party.Party
	node   *node.Node
	client *client.Client
	api    string
	stop   context.CancelFunc
	done   chan error
	card   []byte
}

// startTimeout is how long a node may take to open its doors.
const startTimeout = 30 * time.Second

// start makes and serves one party's node.
func (l *lantern) start(ctx context.Context, p party.Party) error {
	peers, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	p.Endpoint = "https://" + peers.Addr().String()
	folder := filepath.Join(l.dir, string(p.ID))
	card, err := node.Init(ctx, node.InitOptions{Dir: folder, Party: p, Now: l.app.now})
	if err != nil {
		return errors.Join(err, peers.Close())
	}
	up := make(chan string, 1)
	n, err := node.Open(ctx, node.Config{
		Dir: folder, Listen: "127.0.0.1:0", PeerListener: peers, AllowLoopback: true, Now: l.app.now,
		OnListen: func(api, _ string) { up <- api },
	})
	if err != nil {
		return errors.Join(err, peers.Close())
	}
	ctx, stop := context.WithCancel(ctx)
	ln := &lanternNode{party: card, node: n, stop: stop, done: make(chan error, 1)}
	l.wg.Go(func() { ln.done <- errors.Join(n.Serve(ctx), n.Close()) })
	l.nodes[string(p.ID)] = ln
	select {
	case api := <-up:
		ln.api = "http://" + api
		ln.client = client.New(ln.api, n.Token(), nil)
		ln.card, err = ln.client.Card(ctx)
		return err
	case err := <-ln.done:
		ln.done <- nil
		return err
	case <-time.After(startTimeout):
		return fault.New(fault.Unavailable, "demo.slow", "The node of %s did not start within %s.", p.ID, startTimeout)
	}
}

// stop ends every node and waits for it.
func (l *lantern) stop() error {
	var errs []error
	for _, n := range l.nodes {
		n.stop()
		errs = append(errs, <-n.done)
	}
	l.wg.Wait()
	return errors.Join(errs...)
}

// meet lets every node know every other by its card, and Aurelia a vendor that
// runs no node.
func (l *lantern) meet(ctx context.Context) error {
	for _, n := range l.nodes {
		for _, other := range l.nodes {
			if n == other {
				continue
			}
			if _, err := n.client.AddParty(ctx, exchange.AddPartyRequest{Card: other.card, Fingerprint: other.party.Fingerprint().String(), Identity: other.party.Identity}); err != nil {
				return fmt.Errorf("%s adds %s: %w", n.party.ID, other.party.ID, err)
			}
		}
	}
	return nil
}

// agree activates the instruments of the demonstration on every node.
func (l *lantern) agree(ctx context.Context) (int, error) {
	laws, err := examples.LanternInstruments()
	if err != nil {
		return 0, err
	}
	for _, n := range l.nodes {
		for _, f := range laws {
			if _, err := n.client.AddInstrument(ctx, exchange.AddInstrumentRequest{File: f.Name, Source: f.Data, By: "demonstration"}); err != nil {
				return 0, fmt.Errorf("%s activates %s: %w", n.party.ID, f.Name, err)
			}
		}
	}
	return len(laws), nil
}

func (l *lantern) at(id string) *lanternNode { return l.nodes[id] }

func (l *lantern) printAddresses() {
	out := l.app.stdout
	fmt.Fprintln(out, "\nThe five nodes stay up until you press Ctrl-C. Each link signs you in once:")
	for _, p := range l.parties {
		if n := l.nodes[string(p.ID)]; n != nil {
			fmt.Fprintf(out, "  %-18s %s%s\n", p.Name, n.api, n.node.EnterPath())
		}
	}
	fmt.Fprintf(out, "\nThe same on the command line, for instance:\n  entente --data %s why %s vendor-x\n\nNow use your own: entente init\n",
		filepath.Join(l.dir, aurelia), l.report)
}
