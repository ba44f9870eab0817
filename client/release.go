package client

import (
	"context"
	"net/url"

	"entente/api/view"
	"entente/decision"
	"entente/exchange"
	"entente/party"
)

// Preview decides for every candidate and changes nothing.
func (c *Client) Preview(ctx context.Context, r exchange.PreviewRequest) (exchange.Preview, error) {
	return post[exchange.Preview](ctx, c, "/v1/releases/preview", r)
}

// Send releases a preview; a conflict fault says that it is stale.
func (c *Client) Send(ctx context.Context, r exchange.SendRequest) (exchange.SendReport, error) {
	return post[exchange.SendReport](ctx, c, "/v1/releases", r)
}

// Releases returns one page of releases, newest first.
func (c *Client) Releases(ctx context.Context, f exchange.ReleaseFilter) (view.List[exchange.Release], error) {
	q := url.Values{}
	set(q, "object", f.Object)
	set(q, "recipient", string(f.Recipient))
	set(q, "before", f.Before)
	number(q, "limit", int64(f.Limit))
	return get[view.List[exchange.Release]](ctx, c, "/v1/releases", q)
}

// Release returns one release with all that belongs to it.
func (c *Client) Release(ctx context.Context, id string) (view.Release, error) {
	return get[view.Release](ctx, c, "/v1/releases/"+url.PathEscape(id), nil)
}

// Export returns what a release let go, as a file: "stix" or "misp".
func (c *Client) Export(ctx context.Context, release, format string) (exchange.Document, error) {
	q := url.Values{}
	set(q, "format", format)
	return get[exchange.Document](ctx, c, "/v1/releases/"+url.PathEscape(release)+"/document", q)
}

// Recall asks recipients to purge what releases brought.
func (c *Client) Recall(ctx context.Context, r exchange.RecallRequest) ([]exchange.Recall, error) {
	l, err := post[view.List[exchange.Recall]](ctx, c, "/v1/recalls", r)
	return l.Items, err
}

// Recalls returns the recalls of one release, or all for "".
func (c *Client) Recalls(ctx context.Context, release string) ([]exchange.Recall, error) {
	q := url.Values{}
	set(q, "release", release)
	l, err := get[view.List[exchange.Recall]](ctx, c, "/v1/recalls", q)
	return l.Items, err
}

// Why returns one decision in full.
func (c *Client) Why(ctx context.Context, object string, recipient party.ID, purpose string) (decision.Decision, error) {
	q := url.Values{"object": {object}, "recipient": {string(recipient)}}
	set(q, "purpose", purpose)
	return get[decision.Decision](ctx, c, "/v1/why", q)
}

// Decisions returns one page of the decision history, newest first.
func (c *Client) Decisions(ctx context.Context, before int64, limit int) (view.List[view.DecisionLine], error) {
	q := url.Values{}
	number(q, "before", before)
	number(q, "limit", int64(limit))
	return get[view.List[view.DecisionLine]](ctx, c, "/v1/decisions", q)
}
