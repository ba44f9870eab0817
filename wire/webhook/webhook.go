// Package webhook carries notices to the tools of a party, in the form of
// Standard Webhooks 1.0.0 (github.com/standard-webhooks/standard-webhooks,
// spec/standard-webhooks.md).
//
// It decides neither what is told nor when. Invariant: a message goes over HTTPS
// to the address that was named, to no other one, and a receiver can cost one
// call no more than its time; of what it answers, the status counts alone.
package webhook

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"entente/exchange"
	"entente/internal/egress"
	"entente/internal/fault"
)

// Config is what a [Client] needs.
type Config struct {
	Now func() time.Time
	// AllowLoopback permits receivers on this machine: demonstrations and tests only.
	AllowLoopback bool
	// Timeout is for one call; 0 is 20 s, as the specification recommends 15 to 30.
	Timeout time.Duration
}

// Client calls webhooks. It implements [exchange.WebhookPoster], is safe for
// concurrent use and keeps nothing between calls.
type Client struct{ cfg Config }

// NewClient returns a client.
func NewClient(cfg Config) *Client {
	if cfg.Timeout == 0 {
		cfg.Timeout = 20 * time.Second
	}
	return &Client{cfg}
}

// Check implements [exchange.WebhookPoster].
func (c *Client) Check(ctx context.Context, h exchange.Webhook) error {
	bad := fault.New(fault.Invalid, "webhook.invalid", "The webhook cannot be added as it is.")
	u, err := url.Parse(h.URL)
	if err != nil {
		return bad.At("/url", "is not an address")
	}
	if h.CA != "" && !x509.NewCertPool().AppendCertsFromPEM([]byte(h.CA)) {
		return bad.At("/ca", "holds no certificate in PEM")
	}
	if err := c.guard().CheckHost(ctx, u.Hostname()); err != nil {
		message, next := egress.Explain(u.Host, "webhook", err)
		return bad.At("/url", "leads to an address this node does not connect to").Try("%s %s", message, next).Because(err)
	}
	return nil
}

func (c *Client) guard() egress.Guard { return egress.Guard{AllowLoopback: c.cfg.AllowLoopback} }

// Post implements [exchange.WebhookPoster].
func (c *Client) Post(ctx context.Context, h exchange.Webhook, m exchange.WebhookMessage) (wait time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, strings.NewReader(m.Body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "entente")
	req.Header.Set("Webhook-Id", m.ID)
	req.Header.Set("Webhook-Timestamp", strconv.FormatInt(m.Timestamp, 10))
	req.Header.Set("Webhook-Signature", m.Signature)
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if h.CA != "" {
		conf.RootCAs = x509.NewCertPool()
		conf.RootCAs.AppendCertsFromPEM([]byte(h.CA))
	}
	transport := c.guard().Transport(conf)
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req) // which follows no redirect
	if err != nil {
		message, next := egress.Explain(req.URL.Host, "webhook", err)
		return 0, fault.New(fault.Unavailable, "webhook.unreachable", "%s", message).Try("%s", next).Because(err)
	}
	_ = resp.Body.Close() // unread
	return egress.RetryAfter(resp.Header, c.cfg.Now()), verdict(req.URL.Host, resp.StatusCode)
}

// verdict says what a status means (section "Delivery success and failure").
func verdict(host string, status int) error {
	switch {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusGone:
		return fault.New(fault.Unavailable, "webhook.gone", "The receiver %s wants no more calls (status 410).", host).
			Try("Ask the party. Resume the webhook when it was a mistake, and remove it otherwise.")
	case status >= 300 && status < 400:
		return fault.New(fault.Unavailable, "webhook.answer", "The receiver %s sends on to another address (status %d), which is not followed.", host, status).
			Try("Ask the party for the new address. Add a webhook for it, and remove this one.")
	}
	return fault.New(fault.Unavailable, "webhook.answer", "The receiver %s did not take the notice (status %d).", host, status).
		Try("It is tried again by itself. If it lasts, ask the party.")
}
