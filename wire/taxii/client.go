package taxii

import (
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

// ClientConfig is what a [Client] needs. The limits have useful zero values.
type ClientConfig struct {
	// Certificate returns the node's own certificate, for servers that ask for it.
	Certificate func(now time.Time) (*tls.Certificate, error)
	Now         func() time.Time
	// AllowLoopback permits servers on this machine, and http for them.
	AllowLoopback bool
	MaxPage       int64         // bytes of one answer, unpacked; 0 is 64 MiB
	Limit         int           // objects asked for at once; 0 is 1000
	Timeout       time.Duration // for one request with its answer; 0 is 2 min
}

// Client collects from TAXII 2.1 servers. It implements [exchange.Collector], is
// safe for concurrent use and keeps nothing between calls.
type Client struct{ cfg ClientConfig }

// maxPageRatio is how much larger than what was sent a page may be. Feeds of
// similar indicators compress far better than other documents.
const maxPageRatio = 200

// NewClient returns a client.
func NewClient(cfg ClientConfig) *Client {
	if cfg.MaxPage == 0 {
		cfg.MaxPage = 64 << 20
	}
	if cfg.Limit == 0 {
		cfg.Limit = 1000
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 2 * time.Minute
	}
	return &Client{cfg}
}

// Check implements [exchange.Collector].
func (c *Client) Check(src exchange.Source) error {
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
		return bad.Try("Give the https address of the discovery or of an API root, such as https://taxii.example/taxii2/.")
	}
	return nil
}

// plainAllowed: what goes to this machine can be read by nobody else. What the
// name resolves to is checked again when it is dialled.
func (c *Client) plainAllowed(u *url.URL) bool {
	if u.Scheme != "http" || !c.cfg.AllowLoopback {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return err == nil && ip.IsLoopback()
}

// session is the requests of one call, all to one origin.
type session struct {
	cfg    ClientConfig
	src    exchange.Source
	secret exchange.SourceSecret
	base   *url.URL
	http   *http.Client
	accept int           // which spelling of the media type the server takes
	wait   time.Duration // as the server last asked for
}

func (c *Client) open(src exchange.Source, secret exchange.SourceSecret) (*session, error) {
	if err := c.Check(src); err != nil {
		return nil, err
	}
	base, err := url.Parse(src.URL)
	if err != nil {
		return nil, err
	}
	if !strings.HasSuffix(base.Path, "/") {
		base.Path += "/"
		base.RawPath = ""
	}
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if src.CA != "" {
		conf.RootCAs = x509.NewCertPool()
		conf.RootCAs.AppendCertsFromPEM([]byte(src.CA))
	}
	if src.Auth == exchange.AuthCertificate {
		conf.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return c.cfg.Certificate(c.cfg.Now()) }
	}
	transport := egress.Guard{AllowLoopback: c.cfg.AllowLoopback}.Transport(conf)
	return &session{cfg: c.cfg, src: src, secret: secret, base: base, http: &http.Client{Transport: transport, CheckRedirect: egress.SameOrigin}}, nil
}

func (s *session) close() { s.http.CloseIdleConnections() }

// spellings are the ways to ask for TAXII 2.1. Servers answer 406 to one or the
// other, though 3.1 forbids it.
var spellings = []string{MediaType, mediaName + "; version=" + version, mediaName}

// reply is a successful answer.
type reply struct {
	body []byte
	last time.Time // X-TAXII-Date-Added-Last; zero when it is missing or unreadable
}

// statusError is an answer other than 200 that has no fault of its own here.
type statusError int

func (e statusError) Error() string { return "status " + strconv.Itoa(int(e)) }

// get asks for a resource, in the spelling of the media type that works.
func (s *session) get(ctx context.Context, u *url.URL) (reply, error) {
	for {
		r, err := s.once(ctx, u)
		if status, ok := errors.AsType[statusError](err); ok && int(status) == http.StatusNotAcceptable && s.accept+1 < len(spellings) {
			s.accept++
			continue
		}
		return r, err
	}
}

func (s *session) once(ctx context.Context, u *url.URL) (reply, error) {
	if egress.Origin(u) != egress.Origin(s.base) {
		return reply{}, elsewhere(s.src, nil)
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return reply{}, s.unreachable(err)
	}
	req.Header.Set("Accept", spellings[s.accept])
	req.Header.Set("Accept-Encoding", "gzip")
	req.Header.Set("User-Agent", "entente")
	switch s.src.Auth {
	case exchange.AuthBasic:
		req.SetBasicAuth(s.secret.User, s.secret.Password)
	case exchange.AuthBearer:
		req.Header.Set("Authorization", "Bearer "+s.secret.Token)
	}
	resp, err := s.http.Do(req)
	if errors.Is(err, egress.ErrRedirect) {
		return reply{}, elsewhere(s.src, err)
	}
	if err != nil {
		return reply{}, s.unreachable(err)
	}
	defer func() { _ = resp.Body.Close() }() // read to its end, or given up
	if err := s.status(resp); err != nil {
		return reply{}, err
	}
	body, err := s.read(resp)
	return reply{body, moment(resp.Header.Get("X-TAXII-Date-Added-Last"))}, err
}

// status turns an answer other than success into its fault.
func (s *session) status(resp *http.Response) error {
	s.wait = egress.RetryAfter(resp.Header, s.cfg.Now())
	switch code := resp.StatusCode; code {
	case http.StatusOK:
		return nil
	case http.StatusUnauthorized, http.StatusForbidden:
		return fault.New(fault.Invalid, "source.refused", "The server %s refuses the credential of the source (status %d).", s.base.Host, code).
			Try("Ask its operator for a credential that may read the collection; then remove the source and add it again with it.")
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return fault.New(fault.Unavailable, "source.throttled", "The server %s wants to be asked less often (status %d).", s.base.Host, code).
			Try("It is tried again by itself. If it lasts, poll less often with --every.")
	default:
		return statusError(code)
	}
}

// read returns the body of an answer, unpacked, within bounds.
func (s *session) read(resp *http.Response) ([]byte, error) {
	tooLarge := fault.New(fault.Unavailable, "source.size", "The server %s answers with more than %d bytes at once.", s.base.Host, s.cfg.MaxPage).
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

func (s *session) unpacking(err, tooLarge error) error {
	switch code := fault.CodeOf(err); {
	case code == "inflate.size", code == "inflate.ratio":
		return tooLarge
	case strings.HasPrefix(code, "inflate."):
		return s.notTAXII("is not compressed as it says", err)
	}
	return s.unreachable(err)
}

func (s *session) unreachable(cause error) error {
	message, next := egress.Explain(s.base.Host, "source", cause)
	return fault.New(fault.Unavailable, "source.unreachable", "%s", message).Try("%s", next).Because(cause)
}

func (s *session) notTAXII(what string, cause error) error {
	return fault.New(fault.Unavailable, "source.answer", "The answer of %s %s.", s.base.Host, what).
		Try("Check the address: entente source collections URL shows what is there.").Because(cause)
}

func elsewhere(src exchange.Source, cause error) error {
	return fault.New(fault.Invalid, "source.origin", "The server of %s sends on to another server, to which this node shows no credential.", src.Name).
		Try("Find out where the feed is now, and add a source with that address.").Because(cause)
}

// moment reads a timestamp of any precision; the zero time is none. Servers have
// been seen to send "undefined".
func moment(text string) time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00"} {
		if t, err := time.Parse(layout, strings.TrimSpace(text)); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
