package peer

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"entente/internal/egress"
	"entente/internal/fault"
	"entente/internal/problem"
	"entente/party"
)

// ClientConfig is what a [Client] needs.
type ClientConfig struct {
	Certificate   Certificate
	Now           func() time.Time
	AllowLoopback bool          // deliver to this machine: demonstrations and tests only
	Timeout       time.Duration // for a whole request; 0 is 5 min
}

// Client calls the doors of other nodes. It is safe for concurrent use.
type Client struct {
	cfg ClientConfig

	mu    sync.Mutex
	lines map[party.ID]line
}

// line is the connections to one party, for one version of its card.
type line struct {
	endpoint string
	bundle   string
	http     *http.Client
}

// NewClient returns a client.
func NewClient(cfg ClientConfig) *Client {
	if cfg.Timeout == 0 {
		cfg.Timeout = 5 * time.Minute
	}
	return &Client{cfg: cfg, lines: map[party.ID]line{}}
}

// Post brings a message to a party and returns its receipt. What the other node
// refuses is returned as the fault it named; that it could not be reached, or did
// not answer as a node does, is an unavailable fault with code "peer.unreachable"
// and can be tried again.
func (c *Client) Post(ctx context.Context, to party.Party, body []byte) ([]byte, error) {
	return c.do(ctx, to, http.MethodPost, pathMessages, body, MediaBody, maxReceipt)
}

// Checkpoint asks a party for the newest checkpoint of its log. It is not
// verified here.
func (c *Client) Checkpoint(ctx context.Context, to party.Party) ([]byte, error) {
	return c.do(ctx, to, http.MethodGet, pathCheckpoint, nil, mediaCheckpoint, maxText)
}

// Consistency asks a party for the proof that its log at one size extends that
// at a smaller one. It is not verified here.
func (c *Client) Consistency(ctx context.Context, to party.Party, from, size int64) ([]tlog.Hash, error) {
	text, err := c.do(ctx, to, http.MethodGet, fmt.Sprintf("%s%d/%d", pathConsistency, from, size), nil, mediaCheckpoint, maxText)
	if err != nil {
		return nil, err
	}
	proof, err := decodeHashes(text)
	if err != nil {
		return nil, unreachable(to, err)
	}
	return proof, nil
}

func (c *Client) do(ctx context.Context, to party.Party, method, path string, body []byte, media string, limit int64) ([]byte, error) {
	endpoint, err := endpointOf(to)
	if err != nil {
		return nil, err
	}
	hc, err := c.lineTo(to)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, endpoint+path, bytes.NewReader(body))
	if err != nil {
		return nil, unreachable(to, err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", MediaBody)
	}
	req.Header.Set("Accept", media+", "+problem.MediaType)
	resp, err := hc.Do(req)
	if err != nil {
		return nil, unreachable(to, err)
	}
	defer func() { _ = resp.Body.Close() }() // read to its end, or given up
	if resp.StatusCode != http.StatusOK {
		return nil, refusal(to, resp)
	}
	if got := resp.Header.Get("Content-Type"); got != media {
		return nil, unreachable(to, fmt.Errorf("answered with %.80q", got))
	}
	answer, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err == nil && int64(len(answer)) > limit {
		err = fmt.Errorf("answered with more than %d bytes", limit)
	}
	if err != nil {
		return nil, unreachable(to, err)
	}
	return answer, nil
}

// refusal is what another node says in place of an answer. Its own internal error
// is a reason to try again, not an error of this node.
func refusal(to party.Party, resp *http.Response) error {
	err := problem.Parse(resp)
	if fault.KindOf(err) == fault.Internal || fault.CodeOf(err) == "problem.foreign" {
		return unreachable(to, fmt.Errorf("status %d: %w", resp.StatusCode, err))
	}
	return err
}

func unreachable(to party.Party, cause error) error {
	return fault.New(fault.Unavailable, "peer.unreachable", "The node of %s does not answer.", to.ID).
		Try("It is tried again by itself. If it lasts, call the contact on the party's card.").Because(cause)
}

// endpointOf returns the endpoint of a card without a trailing slash. Cards are
// checked when they are registered; what is dialled is checked here again.
func endpointOf(to party.Party) (string, error) {
	u, err := url.Parse(to.Endpoint)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" {
		return "", fault.New(fault.Invalid, "peer.endpoint", "The card of %s has no https endpoint.", to.ID).
			Try("Ask the party for a card with the address of its node.").Because(err)
	}
	return strings.TrimSuffix(u.String(), "/"), nil
}

// lineTo returns the connections to a party, new ones if its card has changed.
func (c *Client) lineTo(to party.Party) (*http.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l, ok := c.lines[to.ID]; ok {
		if l.endpoint == to.Endpoint && l.bundle == to.TrustBundle {
			return l.http, nil
		}
		l.http.CloseIdleConnections()
	}
	conf, err := c.tlsConfig(to)
	if err != nil {
		return nil, err
	}
	transport := egress.Guard{AllowLoopback: c.cfg.AllowLoopback}.Transport(conf)
	transport.ResponseHeaderTimeout = c.cfg.Timeout
	transport.MaxConnsPerHost = 4 // what a node grants a partner
	l := line{endpoint: to.Endpoint, bundle: to.TrustBundle, http: &http.Client{
		Transport: transport,
		// A redirect would carry the message to a host no card names.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	c.lines[to.ID] = l
	return l.http, nil
}

func (c *Client) tlsConfig(to party.Party) (*tls.Config, error) {
	bundle, err := bundleOf(to)
	if err != nil {
		return nil, fault.New(fault.Invalid, "peer.trust", "The card of %s has no usable trust bundle.", to.ID).
			Try("Ask the party for its current card.").Because(err)
	}
	conf := base()
	conf.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return c.cfg.Certificate(c.cfg.Now()) }
	// Host names prove nothing between nodes; VerifyConnection does the work.
	conf.InsecureSkipVerify = true
	conf.VerifyConnection = func(state tls.ConnectionState) error {
		peer, err := identify(state, bundle, c.cfg.Now())
		if err != nil {
			return err
		}
		if peer != to.ID {
			return fmt.Errorf("the node there is %s", peer)
		}
		return nil
	}
	return conf, nil
}
