package client

import (
	"context"
	"net/url"

	"entente/api/view"
	"entente/exchange"
)

// Search returns one page of what a query finds.
func (c *Client) Search(ctx context.Context, r exchange.SearchRequest) (view.Found, error) {
	q := url.Values{}
	set(q, "q", r.Query)
	number(q, "after", r.After)
	number(q, "limit", int64(r.Limit))
	return get[view.Found](ctx, c, "/v1/search", q)
}

// Duplicates returns values that several objects have, most first.
func (c *Client) Duplicates(ctx context.Context, f exchange.DuplicateFilter) ([]exchange.Duplicate, error) {
	q := url.Values{}
	set(q, "kind", f.Kind)
	if f.Parties {
		q.Set("parties", "true")
	}
	number(q, "limit", int64(f.Limit))
	l, err := get[view.List[exchange.Duplicate]](ctx, c, "/v1/duplicates", q)
	return l.Items, err
}
