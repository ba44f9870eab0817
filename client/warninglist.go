package client

import (
	"context"
	"net/http"
	"net/url"

	"entente/api/view"
	"entente/exchange"
)

// AddWarninglist sends a list as it is.
func (c *Client) AddWarninglist(ctx context.Context, source []byte) (exchange.Warninglist, error) {
	return answer[exchange.Warninglist](c.do(ctx, call{method: http.MethodPost, path: "/v1/warninglists", body: source, media: "application/json"}))
}

// Warninglists returns what the lists of the node are.
func (c *Client) Warninglists(ctx context.Context) ([]exchange.Warninglist, error) {
	l, err := get[view.List[exchange.Warninglist]](ctx, c, "/v1/warninglists", nil)
	return l.Items, err
}

// WarninglistSource returns a list as it was given.
func (c *Client) WarninglistSource(ctx context.Context, id string) ([]byte, error) {
	return c.do(ctx, call{method: http.MethodGet, path: "/v1/warninglists/" + url.PathEscape(id) + "/content"})
}

// RemoveWarninglist forgets a list.
func (c *Client) RemoveWarninglist(ctx context.Context, id string) error {
	_, err := post[struct{}](ctx, c, "/v1/warninglists/"+url.PathEscape(id)+"/remove", nil)
	return err
}
