package client

import (
	"context"
	"net/http"
	"net/url"

	"entente/api/view"
	"entente/exchange"
)

// Checkpoint returns the signed head of the log.
func (c *Client) Checkpoint(ctx context.Context) ([]byte, error) {
	return c.do(ctx, call{method: http.MethodGet, path: "/v1/log/checkpoint"})
}

// Prove returns the evidence file of a release id, decision digest or object id.
// With since, the size of a tree seen before, it also shows that the log only grew.
func (c *Client) Prove(ctx context.Context, ref string, since int64) ([]byte, error) {
	q := url.Values{"ref": {ref}}
	number(q, "since", since)
	return c.do(ctx, call{method: http.MethodGet, path: "/v1/log/proof", query: q})
}

// VerifyLog checks the whole log against what is stored.
func (c *Client) VerifyLog(ctx context.Context) (exchange.LogReport, error) {
	return get[exchange.LogReport](ctx, c, "/v1/log/verify", nil)
}

// Inbox returns what partners sent, newest first.
func (c *Client) Inbox(ctx context.Context, limit int) ([]exchange.Received, error) {
	q := url.Values{}
	number(q, "limit", int64(limit))
	l, err := get[view.List[exchange.Received]](ctx, c, "/v1/inbox", q)
	return l.Items, err
}

// Outbox returns the messages that are not finished.
func (c *Client) Outbox(ctx context.Context) ([]exchange.Delivery, error) {
	l, err := get[view.List[exchange.Delivery]](ctx, c, "/v1/outbox", nil)
	return l.Items, err
}

// HandOut returns a message on its way as a file.
func (c *Client) HandOut(ctx context.Context, ref string) (exchange.ByHand, error) {
	return post[exchange.ByHand](ctx, c, "/v1/outbox/"+url.PathEscape(ref)+"/file", struct{}{})
}

// TakeByHand takes in a message that was brought as a file.
func (c *Client) TakeByHand(ctx context.Context, message []byte) (exchange.TakenByHand, error) {
	return post[exchange.TakenByHand](ctx, c, "/v1/inbox", view.MessageFile{Message: message})
}

// TakeReceipt takes in a receipt that was brought as a file.
func (c *Client) TakeReceipt(ctx context.Context, receipt []byte) (exchange.Acknowledged, error) {
	return post[exchange.Acknowledged](ctx, c, "/v1/outbox/receipts", view.ReceiptFile{Receipt: receipt})
}

// Live reports whether a node answers; it needs no token.
func (c *Client) Live(ctx context.Context) error {
	_, err := get[view.Live](ctx, c, "/v1/health/live", nil)
	return err
}

// Doctor returns what the running node finds about itself.
func (c *Client) Doctor(ctx context.Context) ([]view.Check, error) {
	l, err := get[view.List[view.Check]](ctx, c, "/v1/health", nil)
	return l.Items, err
}
