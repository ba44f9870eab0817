package client

import (
	"context"
	"net/url"

	"entente/api/view"
	"entente/exchange"
)

// RecordFact records a consent, a finding or a declaration.
func (c *Client) RecordFact(ctx context.Context, f exchange.Fact) (exchange.Fact, error) {
	return post[exchange.Fact](ctx, c, "/v1/facts", f)
}

// WithdrawFact withdraws a fact and returns the recalls that caused.
func (c *Client) WithdrawFact(ctx context.Context, id string) (exchange.Withdrawal, error) {
	return post[exchange.Withdrawal](ctx, c, "/v1/facts/"+url.PathEscape(id)+"/withdraw", nil)
}

// Facts returns the facts recorded and not withdrawn.
func (c *Client) Facts(ctx context.Context) ([]exchange.Fact, error) {
	l, err := get[view.List[exchange.Fact]](ctx, c, "/v1/facts", nil)
	return l.Items, err
}
