package client

import (
	"context"
	"net/http"
	"net/url"

	"entente/api/view"
	"entente/exchange"
)

// SignAct signs what the node's party does with a text.
func (c *Client) SignAct(ctx context.Context, r exchange.ActRequest) (exchange.TextView, error) {
	return post[exchange.TextView](ctx, c, "/v1/acts", r)
}

// PublishInstrument sends a text and every act on it to partners.
func (c *Client) PublishInstrument(ctx context.Context, r exchange.PublishRequest) (exchange.PublishReport, error) {
	return post[exchange.PublishReport](ctx, c, "/v1/publications", r)
}

// InstrumentTexts returns every text that is on the node, active or proposed.
func (c *Client) InstrumentTexts(ctx context.Context) ([]exchange.TextView, error) {
	l, err := get[view.List[exchange.TextView]](ctx, c, "/v1/texts", nil)
	return l.Items, err
}

// InstrumentText returns one text, by id, id@version or hash, with all acts on it.
func (c *Client) InstrumentText(ctx context.Context, name string) (exchange.TextView, error) {
	return get[exchange.TextView](ctx, c, "/v1/texts/"+url.PathEscape(name), nil)
}

// InstrumentTextSource returns the file of a text, byte for byte.
func (c *Client) InstrumentTextSource(ctx context.Context, name string) ([]byte, error) {
	return c.do(ctx, call{method: http.MethodGet, path: "/v1/texts/" + url.PathEscape(name) + "/source"})
}
