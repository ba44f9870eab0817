package client

import (
	"context"
	"net/http"
	"net/url"

	"entente/api/view"
	"entente/exchange"
	"entente/party"
)

// AddParty adds a party by its card.
func (c *Client) AddParty(ctx context.Context, r exchange.AddPartyRequest) (exchange.AddedParty, error) {
	return post[exchange.AddedParty](ctx, c, "/v1/parties", r)
}

// Parties returns the parties the node knows.
func (c *Client) Parties(ctx context.Context) ([]party.Party, error) {
	l, err := get[view.List[party.Party]](ctx, c, "/v1/parties", nil)
	return l.Items, err
}

// Party returns one party.
func (c *Client) Party(ctx context.Context, id party.ID) (party.Party, error) {
	return get[party.Party](ctx, c, "/v1/parties/"+url.PathEscape(string(id)), nil)
}

// Card returns the node's own card, byte for byte.
func (c *Client) Card(ctx context.Context) ([]byte, error) {
	return c.do(ctx, call{method: http.MethodGet, path: "/v1/card"})
}

// Intakes returns what was taken in from each party.
func (c *Client) Intakes(ctx context.Context) ([]exchange.Intake, error) {
	l, err := get[view.List[exchange.Intake]](ctx, c, "/v1/intake", nil)
	return l.Items, err
}

// SetQuota changes how much is taken in from a party.
func (c *Client) SetQuota(ctx context.Context, r exchange.QuotaRequest) (exchange.Intake, error) {
	return post[exchange.Intake](ctx, c, "/v1/quotas", r)
}

// Claims returns the identities that parties claim.
func (c *Client) Claims(ctx context.Context) ([]exchange.Claim, error) {
	l, err := get[view.List[exchange.Claim]](ctx, c, "/v1/claims", nil)
	return l.Items, err
}
