package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"entente/api/view"
	"entente/exchange"
)

// Import sends a STIX bundle as it is. assign is a TLP label for objects that
// carry none, or "" to leave them closed.
func (c *Client) Import(ctx context.Context, bundle []byte, source, assign string) (exchange.ImportReport, error) {
	q := url.Values{}
	set(q, "source", source)
	set(q, "assign", assign)
	return answer[exchange.ImportReport](c.do(ctx, call{
		method: http.MethodPost, path: "/v1/objects", query: q, body: bundle, media: "application/stix+json",
	}))
}

// DateObjects sends a manifest of another TAXII server, or a page of one, for the
// dates in it.
func (c *Client) DateObjects(ctx context.Context, manifest []byte) (exchange.DateReport, error) {
	return answer[exchange.DateReport](c.do(ctx, call{
		method: http.MethodPost, path: "/v1/objects/dates", body: manifest, media: "application/json",
	}))
}

// Objects returns one page of objects.
func (c *Client) Objects(ctx context.Context, f exchange.ObjectFilter) (view.List[view.Object], error) {
	q := url.Values{}
	set(q, "type", f.Type)
	if f.Unreleased {
		q.Set("unreleased", "true")
	}
	number(q, "after", f.After)
	number(q, "limit", int64(f.Limit))
	return get[view.List[view.Object]](ctx, c, "/v1/objects", q)
}

// Object returns one object with what the node knows about it.
func (c *Client) Object(ctx context.Context, id string) (view.ObjectDetail, error) {
	return get[view.ObjectDetail](ctx, c, "/v1/objects/"+url.PathEscape(id), nil)
}

// ObjectContent returns the exact bytes of an object.
func (c *Client) ObjectContent(ctx context.Context, id string) ([]byte, error) {
	return c.do(ctx, call{method: http.MethodGet, path: "/v1/objects/" + url.PathEscape(id) + "/content"})
}

// Quarantined returns one page of what was refused or set aside.
func (c *Client) Quarantined(ctx context.Context, after int64, limit int) (view.List[exchange.Quarantine], error) {
	q := url.Values{}
	number(q, "after", after)
	number(q, "limit", int64(limit))
	return get[view.List[exchange.Quarantine]](ctx, c, "/v1/quarantine", q)
}

func number(q url.Values, name string, n int64) {
	if n != 0 {
		q.Set(name, strconv.FormatInt(n, 10))
	}
}
