package client

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"entente/api/view"
	"entente/exchange"
	"entente/instrument"
	"entente/party"
)

// AddInstrument activates an instrument.
func (c *Client) AddInstrument(ctx context.Context, r exchange.AddInstrumentRequest) (view.Instrument, error) {
	return post[view.Instrument](ctx, c, "/v1/instruments", r)
}

// Instruments returns the active instruments without their clauses.
func (c *Client) Instruments(ctx context.Context) ([]view.Instrument, error) {
	l, err := get[view.List[view.Instrument]](ctx, c, "/v1/instruments", nil)
	return l.Items, err
}

// Instrument returns one instrument with its clauses.
func (c *Client) Instrument(ctx context.Context, id string) (view.Instrument, error) {
	return get[view.Instrument](ctx, c, "/v1/instruments/"+url.PathEscape(id), nil)
}

// InstrumentSource returns the file of an instrument, byte for byte.
func (c *Client) InstrumentSource(ctx context.Context, id string) ([]byte, error) {
	return c.do(ctx, call{method: http.MethodGet, path: "/v1/instruments/" + url.PathEscape(id) + "/source"})
}

// InstrumentStatus says where an instrument stands between two parties; the
// zero time is now.
func (c *Client) InstrumentStatus(ctx context.Context, id string, a, b party.ID, at time.Time) (instrument.Standing, error) {
	q := url.Values{"a": {string(a)}, "b": {string(b)}}
	if !at.IsZero() {
		q.Set("at", at.UTC().Format(time.RFC3339))
	}
	return get[instrument.Standing](ctx, c, "/v1/instruments/"+url.PathEscape(id)+"/status", q)
}
