// Package notice tells the tools of a party, as it happens, that something was
// released to it or taken back: server-sent events (HTML standard, section 9.2).
//
// It hands out no object: what is new is fetched through TAXII or MISP. It is the
// one way in which a tool without a node learns of a recall. Invariant: a stream
// has what is in its party's own feed and recalls alone, and its cursors say
// nothing to their holder.
package notice

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"entente/exchange"
	"entente/internal/fault"
	"entente/internal/problem"
	"entente/internal/serve"
	"entente/party"
)

// Path is where the stream is.
const Path = "/notices"

// Exchange is what the server needs of package exchange.
type Exchange interface {
	Authenticate(ctx context.Context, secret string) (party.ID, error)
	Notices(ctx context.Context, to party.ID, after exchange.NoticePlace, limit int) ([]exchange.Notice, exchange.NoticePlace, error)
	NoticesEnd(ctx context.Context, to party.ID) (exchange.NoticePlace, error)
}

// Config is what a [Server] needs. The limits have useful zero values.
type Config struct {
	Exchange Exchange
	Secret   []byte       // 32 bytes that never change: cursors hang on it
	Logger   *slog.Logger // nil discards

	PerParty int           // streams of one party at a time; 0 is 2
	Every    time.Duration // how often it looks; 0 is a second
	Lasts    time.Duration // how long a stream lasts before the client comes again; 0 is 90 s
}

// Server answers with streams.
type Server struct {
	cfg     Config
	cursors serve.Cursors
	places  *serve.Places
}

// New returns a server.
func New(cfg Config) (*Server, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.PerParty == 0 {
		cfg.PerParty = 2
	}
	if cfg.Every == 0 {
		cfg.Every = time.Second
	}
	if cfg.Lasts == 0 {
		cfg.Lasts = 90 * time.Second
	}
	c, err := serve.NewCursors(cfg.Secret, "entente-notice-cursor-v1")
	return &Server{cfg: cfg, cursors: c, places: serve.NewPlaces(cfg.PerParty)}, err
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	to, secret, after, err := s.admit(w, r)
	if err == nil && !s.places.Enter(to) {
		err = fault.New(fault.Unavailable, "notice.busy", "This node keeps at most %d streams for you.", s.cfg.PerParty).Try("Use one stream for all of your tools.")
	}
	if err != nil {
		s.cfg.Logger.InfoContext(r.Context(), "notice stream refused", slog.String("party", string(to)), slog.String("code", fault.CodeOf(err)), slog.Any("error", err))
		problem.Write(w, err)
		return
	}
	defer s.places.Leave(to)
	w.Header().Set("Content-Type", "text/event-stream")
	err = s.stream(w, r, secret, to, after)
	switch {
	case err == nil || r.Context().Err() != nil:
	case fault.KindOf(err) == fault.Unauthenticated:
		s.cfg.Logger.InfoContext(r.Context(), "notice stream ended: the credential counts no more", slog.String("party", string(to)), slog.String("code", fault.CodeOf(err)))
	default:
		s.cfg.Logger.ErrorContext(r.Context(), "notice stream ended", slog.String("party", string(to)), slog.Any("error", err))
	}
}

// admit says whose a request is and up to where it has been told. Without a
// cursor a stream begins with what happens next.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) (to party.ID, secret string, after exchange.NoticePlace, err error) {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		return "", "", after, fault.New(fault.Invalid, "notice.method", "A stream is asked for with GET.")
	}
	_, secret, ok := serve.Credential(r.Header.Values("Authorization"))
	if !ok {
		w.Header().Set("WWW-Authenticate", `Bearer realm="entente"`)
		return "", "", after, fault.New(fault.Unauthenticated, "notice.credential", "This needs a credential.").Try("Send the secret that the operator gave you as bearer token.")
	}
	if to, err = s.cfg.Exchange.Authenticate(r.Context(), secret); err != nil {
		return "", "", after, err
	}
	last := r.Header.Get("Last-Event-Id")
	if last == "" {
		after, err = s.cfg.Exchange.NoticesEnd(r.Context(), to)
		return to, secret, after, err
	}
	place, ok := s.cursors.Open(last, []byte(to))
	if !ok || len(place) != 16 {
		return to, secret, after, fault.New(fault.Invalid, "notice.cursor", "The Last-Event-ID is not of this stream.").Try("Leave it out to begin with what happens next, and compare what you hold with the manifest.")
	}
	if at := int64(binary.BigEndian.Uint64(place)); at > 0 { //nolint:gosec // G115: as it was sealed
		after.Release = time.UnixMicro(at).UTC()
	}
	after.Recall = int64(binary.BigEndian.Uint64(place[8:])) //nolint:gosec // G115: as it was sealed
	return to, secret, after, nil
}

func (s *Server) seal(to party.ID, at exchange.NoticePlace) string {
	var micros int64
	if !at.Release.IsZero() {
		micros = at.Release.UnixMicro()
	}
	place := binary.BigEndian.AppendUint64(nil, uint64(micros))
	return s.cursors.Seal(binary.BigEndian.AppendUint64(place, uint64(at.Recall)), []byte(to)) //nolint:gosec // G115: opened as it was sealed
}

const (
	atOnce = 100              // notices of each kind that are read at once
	quiet  = 15 * time.Second // after which a comment shows that the stream is alive
	again  = 1000             // milliseconds after which a client comes again
)

// stream writes until the client goes, its time is over or its credential counts
// no more, which is asked with each look: an operator who revokes one means now.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, secret string, to party.ID, after exchange.NoticePlace) error {
	out := http.NewResponseController(w)
	if _, err := fmt.Fprintf(w, "retry: %d\nid: %s\n\n", again, s.seal(to, after)); err != nil { //nolint:gosec // G705: no page, and a sealed place
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.cfg.Lasts)
	defer cancel()
	tick := time.NewTicker(s.cfg.Every)
	defer tick.Stop()
	for silent := time.Duration(0); ; silent += s.cfg.Every {
		told, upto, err := s.look(ctx, secret, to, after)
		if err != nil && ctx.Err() != nil {
			return nil // its time was over while it looked
		}
		if err != nil {
			return err
		}
		for i, n := range told {
			if err := s.write(w, n, to, upto, i == len(told)-1); err != nil {
				return err
			}
		}
		after = upto
		switch {
		case len(told) > 0:
			silent = 0
		case silent >= quiet:
			silent = 0
			if _, err := fmt.Fprint(w, ": nothing new\n\n"); err != nil {
				return err
			}
		}
		if err := out.Flush(); err != nil {
			return err
		}
		if len(told) >= atOnce {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// look reads what is new, for a credential that still counts.
func (s *Server) look(ctx context.Context, secret string, to party.ID, after exchange.NoticePlace) ([]exchange.Notice, exchange.NoticePlace, error) {
	if _, err := s.cfg.Exchange.Authenticate(ctx, secret); err != nil {
		return nil, after, err
	}
	return s.cfg.Exchange.Notices(ctx, to, after, atOnce)
}

// write sends one notice. The cursor goes with the last of those read together: a
// stream that breaks before it tells them again.
func (s *Server) write(w http.ResponseWriter, n exchange.Notice, to party.ID, upto exchange.NoticePlace, last bool) error {
	b, err := json.Marshal(n)
	if err != nil {
		return err
	}
	if last {
		if _, err := fmt.Fprintf(w, "id: %s\n", s.seal(to, upto)); err != nil { //nolint:gosec // G705: no page, and a sealed place
			return err
		}
	}
	_, err = fmt.Fprintf(w, "event: %s\ndata: %s\n\n", n.Kind, b) //nolint:gosec // G705: no page, and JSON
	return err
}
