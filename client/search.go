package client

import (
	"context"
	"net/url"
	"time"

	"entente/api/view"
	"entente/exchange"
	"entente/intel/decay"
)

// Search returns one page of what a query finds.
func (c *Client) Search(ctx context.Context, r exchange.SearchRequest) (view.Found, error) {
	q := url.Values{}
	set(q, "q", r.Query)
	number(q, "after", r.After)
	number(q, "limit", int64(r.Limit))
	return get[view.Found](ctx, c, "/v1/search", q)
}

// Confidence returns how much of the confidence in an object is left at an
// instant; the zero one is now.
func (c *Client) Confidence(ctx context.Context, id string, at time.Time) (decay.Assessment, error) {
	q := url.Values{}
	if !at.IsZero() {
		q.Set("at", at.Format(time.RFC3339Nano))
	}
	return get[decay.Assessment](ctx, c, "/v1/objects/"+url.PathEscape(id)+"/confidence", q)
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
