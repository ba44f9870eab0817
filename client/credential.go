package client

import (
	"context"
	"net/url"

	"entente/api/view"
	"entente/exchange"
)

// Grant grants a party a credential; the secret in the answer is not told again.
func (c *Client) Grant(ctx context.Context, r exchange.GrantRequest) (exchange.Grant, error) {
	return post[exchange.Grant](ctx, c, "/v1/credentials", r)
}

// Credentials returns the credentials granted to parties, oldest first.
func (c *Client) Credentials(ctx context.Context) ([]exchange.Credential, error) {
	l, err := get[view.List[exchange.Credential]](ctx, c, "/v1/credentials", nil)
	return l.Items, err
}

// RevokeCredential ends a credential at once.
func (c *Client) RevokeCredential(ctx context.Context, id string) error {
	_, err := post[struct{}](ctx, c, "/v1/credentials/"+url.PathEscape(id)+"/revoke", nil)
	return err
}
