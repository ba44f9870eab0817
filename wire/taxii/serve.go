package taxii

import (
	"context"
	"net/http"

	"entente/internal/fault"
	"entente/internal/serve"
	"entente/party"
)

// Server answers TAXII clients.
type Server struct {
	cfg         Config
	cursors     serve.Cursors
	collections []byte // key of collection ids
	places      *serve.Places
}

// New returns a server.
func New(cfg Config) (*Server, error) {
	c, err := serve.NewCursors(cfg.Secret, "entente-taxii-cursor-v1")
	if err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	return &Server{
		cfg: cfg, cursors: c, collections: serve.Derive(cfg.Secret, "entente-taxii-collection-v1"),
		places: serve.NewPlaces(cfg.PerParty),
	}, nil
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), s.cfg.RequestTime)
	defer cancel()
	r = r.WithContext(ctx)
	from, err := s.identify(r)
	if err != nil {
		if fault.KindOf(err) == fault.Unauthenticated {
			w.Header()["Www-Authenticate"] = []string{`Bearer realm="entente"`, `Basic realm="entente", charset="UTF-8"`}
		}
		s.fail(w, r, "", err)
		return
	}
	if !s.places.Enter(from) {
		s.fail(w, r, from, fault.New(fault.Unavailable, "taxii.busy", "This node serves at most %d of your requests at a time.", s.cfg.PerParty).Try("Try again in a moment."))
		return
	}
	defer s.places.Leave(from)
	s.route(w, r, from)
}

// identify says whose a request is: by the credential it carries, as bearer
// token or as password, else by the certificate of the party's node. The user of
// Basic is the party, so that a mix-up of configuration files is noticed.
func (s *Server) identify(r *http.Request) (party.ID, error) {
	refused := fault.New(fault.Unauthenticated, "taxii.credential", "This needs a credential or a certificate of a registered party.").
		Try("Send the secret that the operator gave you as bearer token, or as password with your party's id as user.")
	given := r.Header.Values("Authorization")
	if len(given) == 0 {
		if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
			return "", refused
		}
		id, err := s.cfg.Identify(*r.TLS)
		if err != nil {
			return "", refused.Because(err)
		}
		return id, nil
	}
	user, secret, ok := serve.Credential(given)
	if !ok {
		return "", refused
	}
	id, err := s.cfg.Exchange.Authenticate(r.Context(), secret)
	if fault.KindOf(err) == fault.Unauthenticated || err == nil && user != "" && user != string(id) {
		return "", refused.Because(err)
	}
	return id, err
}
