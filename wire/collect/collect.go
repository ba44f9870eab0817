// Package collect is the HTTP side of collecting from a foreign server: one
// origin, one credential, bounded answers, and faults that people can act on.
//
// It speaks no protocol: packages taxii and misp do, on top of it. Invariant: a
// credential is shown to the origin its source names and to no other, however the
// server tries to send the client on.
package collect

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"entente/exchange"
	"entente/internal/egress"
	"entente/internal/fault"
	"entente/internal/inflate"
)

// Config is what a session needs. The limits have useful zero values.
type Config struct {
	// Certificate returns the node's own certificate, for servers that ask for it.
	Certificate func(now time.Time) (*tls.Certificate, error)
	Now         func() time.Time
	// AllowLoopback permits servers on this machine, and http for them.
	AllowLoopback bool
	MaxPage       int64         // bytes of one answer, unpacked; 0 is 64 MiB
	Timeout       time.Duration // for one request with its answer; 0 is 2 min
}

const (
	defaultPage    = 64 << 20
	defaultTimeout = 2 * time.Minute
	// maxPageRatio is how much larger than what was sent a page may be. Feeds of
	// similar indicators compress far better than other documents.
	maxPageRatio = 200
)

// Check returns an invalid fault "source.invalid" for a source whose address or
// authorities can never do; example is an address that would.
func (c Config) Check(src exchange.Source, example string) error {
	bad := fault.New(fault.Invalid, "source.invalid", "The source cannot be added as it is.")
	u, err := url.Parse(src.URL)
	switch {
	case err != nil:
		return bad.At("/url", "is not an address")
	case u.RawQuery != "" || u.Fragment != "" || u.Opaque != "":
		_ = bad.At("/url", "has a query or a fragment")
	case u.Scheme == "https" || c.plainAllowed(u):
	default:
		_ = bad.At("/url", "is not https")
	}
	if src.CA != "" && !x509.NewCertPool().AppendCertsFromPEM([]byte(src.CA)) {
		_ = bad.At("/ca", "holds no certificate in PEM")
	}
	if len(bad.Fields) > 0 {
		return bad.Try("Give %s.", example)
	}
	return nil
}

// plainAllowed: what goes to this machine can be read by nobody else. What the
// name resolves to is checked again when it is dialled.
func (c Config) plainAllowed(u *url.URL) bool {
	if u.Scheme != "http" || !c.AllowLoopback {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return err == nil && ip.IsLoopback()
}

// Session is the requests of one call, all to one origin.
type Session struct {
	Base *url.URL      // with a slash at its end
	Wait time.Duration // as the server last asked for

	cfg       Config
	src       exchange.Source
	authorize func(*http.Request)
	http      *http.Client
}

// Open begins a session with a source that was checked. authorize puts the
// credential on a request.
func (c Config) Open(src exchange.Source, authorize func(*http.Request)) (*Session, error) {
	base, err := url.Parse(src.URL)
	if err != nil {
		return nil, err
	}
	if !strings.HasSuffix(base.Path, "/") {
		base.Path += "/"
		base.RawPath = ""
	}
	if c.MaxPage == 0 {
		c.MaxPage = defaultPage
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if src.CA != "" {
		conf.RootCAs = x509.NewCertPool()
		conf.RootCAs.AppendCertsFromPEM([]byte(src.CA))
	}
	if src.Auth == exchange.AuthCertificate {
		conf.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return c.Certificate(c.Now()) }
	}
	transport := egress.Guard{AllowLoopback: c.AllowLoopback}.Transport(conf)
	return &Session{
		Base: base, cfg: c, src: src, authorize: authorize,
		http: &http.Client{Transport: transport, CheckRedirect: egress.SameOrigin},
	}, nil
}

// Close gives the connections up.
func (s *Session) Close() { s.http.CloseIdleConnections() }

// Answer is a successful answer.
type Answer struct {
	Body   []byte
	Header http.Header
}

// StatusError is an answer other than 200 that has no fault of its own here.
type StatusError int

func (e StatusError) Error() string { return "status " + strconv.Itoa(int(e)) }

// Ask sends a request within the origin; a body is sent as POST. It returns the
// faults source.origin, source.unreachable, source.refused, source.throttled,
// source.size, source.answer, and a [StatusError].
func (s *Session) Ask(ctx context.Context, u *url.URL, header map[string]string, body []byte) (Answer, error) {
	if egress.Origin(u) != egress.Origin(s.Base) || u.User != nil {
		return Answer{}, s.Elsewhere(nil)
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	method := http.MethodGet
	if body != nil {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return Answer{}, s.unreachable(err)
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	req.Header.Set("Accept-Encoding", "gzip")
	req.Header.Set("User-Agent", "entente")
	s.authorize(req)
	resp, err := s.http.Do(req)
	if errors.Is(err, egress.ErrRedirect) {
		return Answer{}, s.Elsewhere(err)
	}
	if err != nil {
		return Answer{}, s.unreachable(err)
	}
	defer func() { _ = resp.Body.Close() }() // read to its end, or given up
	if err := s.status(resp); err != nil {
		return Answer{}, err
	}
	got, err := s.read(resp)
	return Answer{got, resp.Header}, err
}

// status turns an answer other than success into its fault.
func (s *Session) status(resp *http.Response) error {
	s.Wait = egress.RetryAfter(resp.Header, s.cfg.Now())
	switch code := resp.StatusCode; code {
	case http.StatusOK:
		return nil
	case http.StatusUnauthorized, http.StatusForbidden:
		return fault.New(fault.Invalid, "source.refused", "The server %s refuses the credential of the source (status %d).", s.Base.Host, code).
			Try("Ask its operator for a credential that may read there; then remove the source and add it again with it.")
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return fault.New(fault.Unavailable, "source.throttled", "The server %s wants to be asked less often (status %d).", s.Base.Host, code).
			Try("It is tried again by itself. If it lasts, poll less often with --every.")
	default:
		return StatusError(code)
	}
}

// read returns the body of an answer, unpacked, within bounds.
func (s *Session) read(resp *http.Response) ([]byte, error) {
	tooLarge := fault.New(fault.Unavailable, "source.size", "The server %s answers with more than %d bytes at once.", s.Base.Host, s.cfg.MaxPage).
		Try("Ask its operator for smaller pages.")
	if resp.ContentLength > s.cfg.MaxPage {
		return nil, tooLarge
	}
	var body io.Reader = resp.Body
	if strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") {
		plain, err := inflate.NewReader(body, int(s.cfg.MaxPage), maxPageRatio)
		if err != nil {
			return nil, s.unpacking(err, tooLarge)
		}
		body = plain
	}
	b, err := io.ReadAll(io.LimitReader(body, s.cfg.MaxPage+1))
	if err != nil {
		return nil, s.unpacking(err, tooLarge)
	}
	if int64(len(b)) > s.cfg.MaxPage {
		return nil, tooLarge
	}
	return b, nil
}

func (s *Session) unpacking(err, tooLarge error) error {
	switch code := fault.CodeOf(err); {
	case code == "inflate.size", code == "inflate.ratio":
		return tooLarge
	case strings.HasPrefix(code, "inflate."):
		return s.Odd("is not compressed as it says", err)
	}
	return s.unreachable(err)
}

func (s *Session) unreachable(cause error) error {
	message, next := egress.Explain(s.Base.Host, "source", cause)
	return fault.New(fault.Unavailable, "source.unreachable", "%s", message).Try("%s", next).Because(cause)
}

// Odd is the fault for an answer that is not what the protocol says.
func (s *Session) Odd(what string, cause error) error {
	return fault.New(fault.Unavailable, "source.answer", "The answer of %s %s.", s.Base.Host, what).
		Try("Check the address: entente source collections URL shows what is there.").Because(cause)
}

// Elsewhere is the fault for a server that sends on to another one.
func (s *Session) Elsewhere(cause error) error {
	return fault.New(fault.Invalid, "source.origin", "The server of %s sends on to another server, to which this node shows no credential.", s.src.Name).
		Try("Find out where the feed is now, and add a source with that address.").Because(cause)
}
