// Package serve runs the TLS servers that other parties reach, one per adapter,
// and keeps one party from taking all there is. It has what the adapters do
// alike: bodies within bounds, credentials, cursors.
//
// It knows no protocol above HTTP and trusts nobody: who a request is from, and what it may
// do, the adapter decides. Invariant: every server stops when its context is
// done, after at most its header time.
package serve

import (
	"cmp"
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"entente/party"
)

// TLS answers on a plain TCP listener until ctx is done, then lets requests under
// way finish for up to the header time. It returns nil after ctx is done. Of srv
// the caller sets the handler, the certificates, the limits of reading and the
// log; the rest follows.
func TLS(ctx context.Context, listener net.Listener, srv *http.Server) error {
	srv.Protocols = HTTP1()
	srv.Handler = OneLength(srv.Handler)
	srv.WriteTimeout = srv.ReadTimeout + srv.ReadHeaderTimeout
	srv.BaseContext = func(net.Listener) context.Context { return context.WithoutCancel(ctx) }
	done := make(chan error, 1)
	go func() { done <- srv.ServeTLS(listener, "", "") }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), srv.ReadHeaderTimeout)
	defer cancel()
	if err := srv.Shutdown(grace); err != nil {
		return srv.Close()
	}
	return nil
}

// OneLength makes a request whose body comes in chunks the last of its connection:
// where a length was given besides, net/http has dropped it, and whoever stands in
// between may have believed that one and sent what follows as another's request.
func OneLength(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.TransferEncoding) > 0 {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// Door is a TLS server for programs of other parties that are known by a
// credential or by a certificate.
type Door struct {
	Handler     http.Handler
	Certificate func(now time.Time) (*tls.Certificate, error) // valid at that time
	Now         func() time.Time
	Logger      *slog.Logger  // nil discards
	HeaderTime  time.Duration // for the handshake and for the header, each; 0 is 10 s
	RequestTime time.Duration // for a whole request; 0 is 2 min
	IdleTime    time.Duration // 0 is 60 s
}

// Serve answers on a plain TCP listener until ctx is done, see [TLS].
func (d Door) Serve(ctx context.Context, listener net.Listener) error {
	if d.Logger == nil {
		d.Logger = slog.New(slog.DiscardHandler)
	}
	return TLS(ctx, listener, &http.Server{
		Handler:           d.Handler,
		TLSConfig:         d.tlsConfig(),
		ReadHeaderTimeout: cmp.Or(d.HeaderTime, 10*time.Second),
		ReadTimeout:       cmp.Or(d.RequestTime, 2*time.Minute),
		IdleTimeout:       cmp.Or(d.IdleTime, time.Minute),
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(d.Logger.Handler(), slog.LevelInfo),
	})
}

// tlsConfig asks for a client certificate without insisting on one: credentials
// will do. TLS 1.2 is what TAXII demands (8.2.2); without tickets there is no
// early data, and a resumed session cannot skip the certificate.
func (d Door) tlsConfig() *tls.Config {
	return &tls.Config{
		MinVersion:             tls.VersionTLS12,
		SessionTicketsDisabled: true,
		NextProtos:             []string{"http/1.1"},
		ClientAuth:             tls.RequestClientCert, // the handler judges it, for every request
		GetCertificate:         func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return d.Certificate(d.Now()) },
	}
}

// HTTP1 leaves HTTP/2 out: partners send few, large requests, and multiplexing
// would give each connection a hundred of them.
func HTTP1() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	return p
}

// Places are the requests that each party may have under way at a time: one that
// sends many waits for its own and takes none of another's.
type Places struct {
	most int
	mu   sync.Mutex
	busy map[party.ID]int
}

// NewPlaces gives each party that many places.
func NewPlaces(most int) *Places { return &Places{most: most, busy: map[party.ID]int{}} }

// Enter takes a place; false says that all are taken. Give it back with Leave.
func (p *Places) Enter(from party.ID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy[from] >= p.most {
		return false
	}
	p.busy[from]++
	return true
}

// Leave gives a place back.
func (p *Places) Leave(from party.ID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy[from]--; p.busy[from] == 0 {
		delete(p.busy, from)
	}
}
