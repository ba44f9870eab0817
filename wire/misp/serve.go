package misp

import (
	"context"
	"net/http"
	"strings"

	"entente/internal/fault"
	"entente/internal/serve"
	"entente/party"
)

// Server answers MISP servers and PyMISP.
type Server struct {
	cfg    Config
	places *serve.Places
}

// New returns a server.
func New(cfg Config) *Server {
	cfg = cfg.withDefaults()
	return &Server{cfg: cfg, places: serve.NewPlaces(cfg.PerParty)}
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), s.cfg.RequestTime)
	defer cancel()
	r = r.WithContext(ctx)
	from, err := s.identify(r)
	if err != nil {
		s.fail(w, r, "", err)
		return
	}
	if !s.places.Enter(from) {
		s.fail(w, r, from, fault.New(fault.Unavailable, "misp.busy", "This node serves at most %d of your requests at a time.", s.cfg.PerParty).Try("Try again in a moment."))
		return
	}
	defer s.places.Leave(from)
	if err := s.route(request{w: w, r: r, from: from}); err != nil {
		s.fail(w, r, from, err)
	}
}

// keyHeaders are the two in which PyMISP may send the key.
var keyHeaders = []string{"Authorization", "X-Misp-Auth"}

// identify says whose a request is, by its key.
func (s *Server) identify(r *http.Request) (party.ID, error) {
	var keys []string
	for _, h := range keyHeaders {
		keys = append(keys, r.Header.Values(h)...)
	}
	if len(keys) != 1 {
		return "", fault.New(fault.Unauthenticated, "misp.key", "This needs one key in the Authorization header.").
			Try("Send the secret that the operator gave you as it is.")
	}
	return s.cfg.Exchange.Authenticate(r.Context(), strings.TrimSpace(keys[0]))
}
