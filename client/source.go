package client

import (
	"context"
	"net/http"
	"net/url"

	"entente/api/view"
	"entente/exchange"
)

// AddSource begins to collect from a foreign server.
func (c *Client) AddSource(ctx context.Context, r exchange.SourceRequest) (exchange.Source, error) {
	return post[exchange.Source](ctx, c, "/v1/sources", r)
}

// Sources returns the sources, oldest first.
func (c *Client) Sources(ctx context.Context) ([]exchange.Source, error) {
	l, err := get[view.List[exchange.Source]](ctx, c, "/v1/sources", nil)
	return l.Items, err
}

// Source returns one source with its state.
func (c *Client) Source(ctx context.Context, id string) (exchange.Source, error) {
	return get[exchange.Source](ctx, c, sourcePath(id, ""), nil)
}

// SourceOffers returns what a server has for whoever shows the request's secret.
func (c *Client) SourceOffers(ctx context.Context, r exchange.SourceRequest) ([]exchange.SourceOffer, error) {
	l, err := post[view.List[exchange.SourceOffer]](ctx, c, "/v1/sources/offers", r)
	return l.Items, err
}

// PollSource collects from a source now.
func (c *Client) PollSource(ctx context.Context, id string, dryRun bool) (exchange.PollReport, error) {
	q := url.Values{}
	if dryRun {
		q.Set("dry_run", "true")
	}
	return answer[exchange.PollReport](c.do(ctx, call{method: http.MethodPost, path: sourcePath(id, "/poll"), query: q, media: "application/json"}))
}

// PauseSource stops the polling of a source, or begins it again.
func (c *Client) PauseSource(ctx context.Context, id string, paused bool) (exchange.Source, error) {
	return post[exchange.Source](ctx, c, sourcePath(id, map[bool]string{true: "/pause", false: "/resume"}[paused]), nil)
}

// RemoveSource forgets a source and destroys its credential.
func (c *Client) RemoveSource(ctx context.Context, id string) error {
	_, err := post[struct{}](ctx, c, sourcePath(id, "/remove"), nil)
	return err
}

func sourcePath(id, verb string) string { return "/v1/sources/" + url.PathEscape(id) + verb }
