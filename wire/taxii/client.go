package taxii

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"entente/exchange"
	"entente/wire/collect"
)

// ClientConfig is what a [Client] needs. The limits have useful zero values.
type ClientConfig struct {
	collect.Config

	Limit int // objects asked for at once; 0 is 1000
}

// Client collects from TAXII 2.1 servers. It implements [exchange.Collector], is
// safe for concurrent use and keeps nothing between calls.
type Client struct{ cfg ClientConfig }

// NewClient returns a client.
func NewClient(cfg ClientConfig) *Client {
	if cfg.Limit == 0 {
		cfg.Limit = 1000
	}
	return &Client{cfg}
}

// Check implements [exchange.Collector].
func (c *Client) Check(src exchange.Source) error {
	return c.cfg.Check(src, "the https address of the discovery or of an API root, such as https://taxii.example/taxii2/")
}

// session is the requests of one call.
type session struct {
	*collect.Session

	cfg    ClientConfig
	src    exchange.Source
	accept int // which spelling of the media type the server takes
}

func (c *Client) open(src exchange.Source, secret exchange.SourceSecret) (*session, error) {
	if err := c.Check(src); err != nil {
		return nil, err
	}
	s, err := c.cfg.Open(src, func(r *http.Request) {
		switch src.Auth {
		case exchange.AuthBasic:
			r.SetBasicAuth(secret.User, secret.Password)
		case exchange.AuthBearer:
			r.Header.Set("Authorization", "Bearer "+secret.Token)
		}
	})
	return &session{Session: s, cfg: c.cfg, src: src}, err
}

// spellings are the ways to ask for TAXII 2.1. Servers answer 406 to one or the
// other, though 3.1 forbids it.
var spellings = []string{MediaType, mediaName + "; version=" + version, mediaName}

// reply is a successful answer.
type reply struct {
	body []byte
	last time.Time // X-TAXII-Date-Added-Last; zero when it is missing or unreadable
}

// get asks for a resource, in the spelling of the media type that works.
func (s *session) get(ctx context.Context, u *url.URL) (reply, error) {
	for {
		a, err := s.Ask(ctx, u, map[string]string{"Accept": spellings[s.accept]}, nil)
		status, ok := errors.AsType[collect.StatusError](err)
		if ok && int(status) == http.StatusNotAcceptable && s.accept+1 < len(spellings) {
			s.accept++
			continue
		}
		return reply{a.Body, moment(a.Header.Get("X-TAXII-Date-Added-Last"))}, err
	}
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
