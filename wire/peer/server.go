package peer

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"entente/internal/fault"
	"entente/internal/problem"
	"entente/internal/serve"
	"entente/party"
)

// Config is what a [Server] needs. The limits have useful zero values.
type Config struct {
	Door        Door
	Parties     Directory
	Certificate Certificate
	Now         func() time.Time
	Logger      *slog.Logger // nil discards

	MaxBody     int64         // 0 is 64 MiB
	PerPartner  int           // requests of one partner at a time; 0 is 4
	HeaderTime  time.Duration // for the handshake and for the header, each; 0 is 10 s
	RequestTime time.Duration // for a whole request body; 0 is 5 min, 64 MiB at 2 Mbit/s
	IdleTime    time.Duration // 0 is 60 s
}

func (c Config) withDefaults() Config {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.MaxBody == 0 {
		c.MaxBody = maxBody
	}
	if c.PerPartner == 0 {
		c.PerPartner = 4
	}
	if c.HeaderTime == 0 {
		c.HeaderTime = 10 * time.Second
	}
	if c.RequestTime == 0 {
		c.RequestTime = 5 * time.Minute
	}
	if c.IdleTime == 0 {
		c.IdleTime = time.Minute
	}
	return c
}

// Server answers other nodes.
type Server struct {
	cfg    Config
	trust  trust
	mux    *http.ServeMux
	places *serve.Places
}

// New returns a server that is not listening yet.
func New(cfg Config) *Server {
	cfg = cfg.withDefaults()
	s := &Server{cfg: cfg, trust: trust{cfg.Parties}, mux: http.NewServeMux(), places: serve.NewPlaces(cfg.PerPartner)}
	s.mux.HandleFunc("POST "+pathMessages, s.receive)
	s.mux.HandleFunc("GET "+pathCheckpoint, s.checkpoint)
	s.mux.HandleFunc("GET "+pathConsistency+"{from}/{to}", s.consistency)
	s.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		problem.Write(w, fault.New(fault.NotFound, "peer.path", "A node has no such door."))
	})
	return s
}

// Serve answers on a plain TCP listener until ctx is done, see [serve.TLS].
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	return serve.TLS(ctx, listener, &http.Server{
		Handler:           s,
		TLSConfig:         s.tlsConfig(),
		ReadHeaderTimeout: s.cfg.HeaderTime,
		ReadTimeout:       s.cfg.RequestTime,
		IdleTimeout:       s.cfg.IdleTime,
		MaxHeaderBytes:    8 << 10,
		ErrorLog:          slog.NewLogLogger(s.cfg.Logger.Handler(), slog.LevelInfo),
	})
}

func (s *Server) tlsConfig() *tls.Config {
	c := base()
	c.ClientAuth = tls.RequireAnyClientCert // verified below, against the party's own bundle
	c.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return s.cfg.Certificate(s.cfg.Now()) }
	c.VerifyConnection = func(state tls.ConnectionState) error {
		_, err := identify(state, s.trust, s.cfg.Now())
		return err
	}
	return c
}

// ServeHTTP implements [http.Handler]. It identifies the peer again for every
// request, since a connection may outlive a certificate or a partnership.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store") // what is between two nodes; checkpoints: C2SP tlog-tiles
	if r.TLS == nil {
		problem.Write(w, fault.New(fault.Unauthenticated, "peer.identity", "A node answers over its own TLS connection only."))
		return
	}
	from, err := identify(*r.TLS, s.trust, s.cfg.Now())
	if err != nil {
		s.fail(w, r, "", fault.New(fault.Unauthenticated, "peer.identity", "The certificate is not, or no longer, one of a registered party's node.").Because(err))
		return
	}
	if !s.places.Enter(from) {
		w.Header().Set("Retry-After", "2")
		s.fail(w, r, from, fault.New(fault.Unavailable, "peer.busy", "This node serves at most %d of your requests at a time.", s.cfg.PerPartner).Try("Try again in a moment."))
		return
	}
	defer s.places.Leave(from)
	s.mux.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), fromKey{}, from)))
}

// fromKey is set by ServeHTTP only, from the connection.
type fromKey struct{}

func fromOf(r *http.Request) party.ID {
	from, _ := r.Context().Value(fromKey{}).(party.ID)
	return from
}

func (s *Server) fail(w http.ResponseWriter, r *http.Request, from party.ID, err error) {
	s.cfg.Logger.LogAttrs(r.Context(), slog.LevelInfo, "peer request failed",
		slog.String("party", string(from)), slog.String("code", fault.CodeOf(err)), slog.Any("error", err))
	problem.Write(w, err)
}

func (s *Server) receive(w http.ResponseWriter, r *http.Request) {
	from := fromOf(r)
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != MediaBody || len(params) > 0 || r.Header.Get("Content-Encoding") != "" {
		s.fail(w, r, from, fault.New(fault.Invalid, "peer.media", "A message is sent as %s, without parameters or encoding.", MediaBody))
		return
	}
	body, err := s.readBody(w, r)
	if err != nil {
		// What is left of the body would be read as the next request.
		w.Header().Set("Connection", "close")
		s.fail(w, r, from, err)
		return
	}
	receipt, err := s.cfg.Door.Receive(r.Context(), from, body)
	if err != nil {
		s.fail(w, r, from, err)
		return
	}
	s.answer(w, MediaBody, receipt)
}

func (s *Server) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	tooLarge := fault.New(fault.Invalid, "peer.size", "A message has at most %d bytes.", s.cfg.MaxBody).Try("Send fewer objects at once.")
	if r.ContentLength > s.cfg.MaxBody {
		return nil, tooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.cfg.MaxBody))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, tooLarge
	}
	if err != nil {
		return nil, fault.New(fault.Unavailable, "peer.interrupted", "The message did not arrive whole.").Try("Send it again.").Because(err)
	}
	return body, nil
}

func (s *Server) checkpoint(w http.ResponseWriter, r *http.Request) {
	signed, err := s.cfg.Door.Checkpoint(r.Context())
	if err != nil {
		s.fail(w, r, fromOf(r), err)
		return
	}
	s.answer(w, mediaCheckpoint, signed)
}

// consistency answers with one base64 hash a line, as in C2SP tlog-witness.
func (s *Server) consistency(w http.ResponseWriter, r *http.Request) {
	from, ok := sizeOf(r.PathValue("from"))
	to, ok2 := sizeOf(r.PathValue("to"))
	if !ok || !ok2 || from > to {
		s.fail(w, r, fromOf(r), fault.New(fault.Invalid, "peer.range", "A consistency proof leads from one tree size to a larger one."))
		return
	}
	proof, err := s.cfg.Door.Consistency(r.Context(), from, to)
	if err != nil {
		s.fail(w, r, fromOf(r), err)
		return
	}
	s.answer(w, mediaCheckpoint, encodeHashes(proof))
}

// sizeOf reads a tree size in the one form it can be written in.
func sizeOf(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n >= 0 && strconv.FormatInt(n, 10) == s
}

func (s *Server) answer(w http.ResponseWriter, media string, body []byte) {
	w.Header().Set("Content-Type", media)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if _, err := w.Write(body); err != nil { //nolint:gosec // G705: to a program, never as HTML
		// The partner will ask again and get the same receipt.
		s.cfg.Logger.Info("peer answer not taken", slog.Any("error", err))
	}
}

func encodeHashes(hashes []tlog.Hash) []byte {
	var b strings.Builder
	for _, h := range hashes {
		b.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
	}
	return []byte(b.String())
}

func decodeHashes(text []byte) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for line := range strings.Lines(string(text)) {
		h, err := tlog.ParseHash(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return nil, err
		}
		out = append(out, h)
	}
	if string(encodeHashes(out)) != string(text) {
		return nil, errors.New("not one hash a line")
	}
	return out, nil
}
