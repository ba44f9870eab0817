// Package node wires the domain to its adapters and runs the whole: keys,
// database, API, pages, the peer door and the background work.
//
// It holds no rule. Invariant: one process at a time works on a data folder,
// because the folder's log has one sequencer.
package node

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"entente/api"
	"entente/api/view"
	"entente/console"
	"entente/exchange"
	"entente/internal/fault"
	"entente/internal/keyring"
	"entente/internal/serve"
	"entente/store"
	"entente/transparency"
	"entente/wire/peer"
)

// Node is an open data folder.
type Node struct {
	config   Config
	log      *slog.Logger
	lock     *flock.Flock
	ring     *keyring.Ring
	store    *store.Store
	exchange *exchange.Service
	console  *console.Console
	handler  http.Handler
	token    string
	woken    chan struct{}
}

// Open opens a data folder made by [Init]. It returns a not-found fault when
// there is none and a conflict fault (code "node.running") when another process
// has it open.
func Open(ctx context.Context, c Config) (*Node, error) {
	c = c.withDefaults()
	n := &Node{config: c, log: c.Logger, woken: make(chan struct{}, 1)}
	me, err := readSelf(c.Dir)
	if err != nil {
		return nil, err
	}
	if err := n.takeLock(); err != nil {
		return nil, err
	}
	if err := n.open(ctx, me); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

func (n *Node) takeLock() error {
	n.lock = flock.New(filepath.Join(n.config.Dir, lockFile))
	held, err := n.lock.TryLock()
	if err != nil {
		return fmt.Errorf("lock the data folder: %w", err)
	}
	if !held {
		return fault.New(fault.Conflict, "node.running", "Another process has the node in %s open.", n.config.Dir).
			Try("If it is a running node, use it; commands find it by themselves once it has started.")
	}
	return nil
}

func (n *Node) open(ctx context.Context, me self) error {
	var err error
	if n.ring, err = keyring.Load(filepath.Join(n.config.Dir, keysFolder)); err != nil {
		return err
	}
	token, err := os.ReadFile(filepath.Join(n.config.Dir, tokenFile))
	if err != nil {
		return fmt.Errorf("read the API token: %w", err)
	}
	n.token = strings.TrimSpace(string(token))
	n.store, err = store.Open(ctx, me.database(n.config.Dir), store.Options{
		Log: transparency.NewLog(n.ring.LogSigner()), Guard: headFile(filepath.Join(n.config.Dir, guardFile)),
		Now: n.config.Now, Logger: n.log,
	})
	if err != nil {
		return err
	}
	mailer, err := n.mailer()
	if err != nil {
		return err
	}
	keyID, private := n.ring.Signing()
	n.exchange = exchange.New(exchange.Config{
		Self: me.Party.ID, Exercise: me.Party.Exercise, Publisher: me.Publisher, Keys: exchange.SigningKey{ID: keyID, Private: private},
		LogKey: n.ring.LogKey(), Secret: n.ring.Secret(), Store: n.store, Transport: n.transport(), Collectors: n.collectors(), Webhooks: n.poster(), Mailer: mailer,
		Now: n.config.Now, Rand: rand.Reader, Wake: n.wake,
	})
	if err := n.exchange.KeepSelf(ctx, cardOf(me.Party, me.Publisher, n.ring)); err != nil {
		return err
	}
	n.console = console.New(console.Config{Exchange: n.exchange, Party: me.Party.Name, Exercise: me.Party.Exercise, Now: n.config.Now, Log: n.log})
	n.handler = n.doors()
	return nil
}

// doors is what is served to this party's own people: the API and the pages.
func (n *Node) doors() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/v1/", api.Handler(api.Config{
		Exchange: n.exchange, Token: func() string { return n.token }, Now: n.config.Now, Log: n.log,
		Version: Version(), Doctor: func(ctx context.Context) []view.Check {
			return view.Each(n.Doctor(ctx), func(c Check) view.Check { return view.Check(c) })
		},
	}))
	mux.Handle("/", n.console.Handler())
	return n.marked(mux)
}

// ExerciseHeader names, in every answer of a node that takes part in an exercise,
// the exercise. Answers in earnest do not have it.
const ExerciseHeader = "Entente-Exercise"

// marked says of every answer that it belongs to an exercise, if it does.
func (n *Node) marked(next http.Handler) http.Handler {
	exercise := n.exchange.Exercise()
	if exercise == "" {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(ExerciseHeader, exercise)
		next.ServeHTTP(w, r)
	})
}

func (n *Node) transport() *peer.Client {
	return peer.NewClient(peer.ClientConfig{
		Certificate: n.ring.Certificate, AllowLoopback: n.config.AllowLoopback, Now: n.config.Now,
	})
}

// Version is the version of this program as the build recorded it.
func Version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// Exchange is the node's domain service.
func (n *Node) Exchange() *exchange.Service { return n.exchange }

// API is the node's HTTP API and pages.
func (n *Node) API() http.Handler { return n.handler }

// Token is what callers of the API show.
func (n *Node) Token() string { return n.token }

// EnterPath is the path of a page that signs a person in once, within half an hour.
func (n *Node) EnterPath() string { return n.console.EnterPath() }

// Serve opens the doors and works until ctx ends.
func (n *Node) Serve(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	own, err := (&net.ListenConfig{}).Listen(ctx, "tcp", n.config.Listen)
	if err != nil {
		return fault.New(fault.Unavailable, "node.port", "The address %s cannot be listened on.", n.config.Listen).Try("Choose another with --listen.").Because(err)
	}
	partners := n.config.PeerListener
	if partners == nil {
		if partners, err = (&net.ListenConfig{}).Listen(ctx, "tcp", n.config.PeerListen); err != nil {
			return errors.Join(fault.New(fault.Unavailable, "node.port", "The address %s cannot be listened on.", n.config.PeerListen).
				Try("Choose another with --peer-listen.").Because(err), own.Close())
		}
	}
	tools, err := n.openTools(ctx)
	if err != nil {
		return errors.Join(err, own.Close(), partners.Close())
	}
	if err := n.announce(own.Addr().String()); err != nil {
		return errors.Join(err, own.Close(), partners.Close(), tools.close())
	}
	if n.config.OnListen != nil {
		n.config.OnListen(own.Addr().String(), partners.Addr().String())
	}
	if tools != nil && n.config.OnTools != nil {
		n.config.OnTools(tools.listener.Addr().String())
	}
	return errors.Join(n.serve(ctx, cancel, own, partners, tools), n.conceal())
}

// serve runs the doors and the background work until the first of them fails or
// ctx ends, and waits for all of them.
func (n *Node) serve(ctx context.Context, cancel context.CancelFunc, own, partners net.Listener, tools *toolsDoor) error {
	// The write timeout covers the import of a large bundle, which answers when all is on disk.
	srv := &http.Server{
		Handler: serve.OneLength(n.handler), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Minute,
		WriteTimeout: 30 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(n.log.Handler(), slog.LevelWarn),
	}
	door := peer.New(peer.Config{
		Door: n.exchange, Parties: n.exchange.Party, Certificate: n.ring.Certificate, Now: n.config.Now, Logger: n.log,
	})
	failed := make(chan error, 3)
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := srv.Serve(own); !errors.Is(err, http.ErrServerClosed) {
			failed <- err
			cancel()
		}
	})
	wg.Go(func() {
		if err := door.Serve(ctx, partners); err != nil {
			failed <- err
			cancel()
		}
	})
	wg.Go(func() {
		if err := tools.serve(ctx); err != nil {
			failed <- err
			cancel()
		}
	})
	wg.Go(func() { n.work(ctx) })
	wg.Go(func() { n.collect(ctx) })
	wg.Go(func() { n.tell(ctx) })
	wg.Go(func() { n.watch(ctx) })
	wg.Go(func() { n.mail(ctx) })
	<-ctx.Done()
	ended, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer stop()
	err := srv.Shutdown(ended)
	wg.Wait()
	close(failed)
	for e := range failed {
		err = errors.Join(err, e)
	}
	return err
}

// Close releases the folder. What was acknowledged is on disk already.
func (n *Node) Close() error {
	var errs []error
	if n.store != nil {
		errs = append(errs, n.store.Close())
	}
	if n.lock != nil {
		errs = append(errs, n.lock.Unlock())
	}
	return errors.Join(errs...)
}
