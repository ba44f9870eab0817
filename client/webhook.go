package client

import (
	"context"
	"net/http"
	"net/url"

	"entente/api/view"
	"entente/exchange"
)

// AddWebhook begins to tell a party's tool what happens.
func (c *Client) AddWebhook(ctx context.Context, r exchange.WebhookRequest) (exchange.Webhook, error) {
	return post[exchange.Webhook](ctx, c, "/v1/webhooks", r)
}

// Webhooks returns the webhooks, oldest first.
func (c *Client) Webhooks(ctx context.Context) ([]exchange.Webhook, error) {
	l, err := get[view.List[exchange.Webhook]](ctx, c, "/v1/webhooks", nil)
	return l.Items, err
}

// Webhook returns one webhook with its state.
func (c *Client) Webhook(ctx context.Context, id string) (exchange.Webhook, error) {
	return get[exchange.Webhook](ctx, c, webhookPath(id, ""), nil)
}

// PauseWebhook stops a webhook, or lets it go on.
func (c *Client) PauseWebhook(ctx context.Context, id string, paused bool) (exchange.Webhook, error) {
	return post[exchange.Webhook](ctx, c, webhookPath(id, map[bool]string{true: "/pause", false: "/resume"}[paused]), nil)
}

// RemoveWebhook ends a webhook.
func (c *Client) RemoveWebhook(ctx context.Context, id string) error {
	_, err := post[struct{}](ctx, c, webhookPath(id, "/remove"), nil)
	return err
}

// TestWebhook tries a webhook and returns what was sent, or would be.
func (c *Client) TestWebhook(ctx context.Context, id string, dryRun bool) (exchange.WebhookMessage, error) {
	q := url.Values{}
	if dryRun {
		q.Set("dry_run", "true")
	}
	return answer[exchange.WebhookMessage](c.do(ctx, call{method: http.MethodPost, path: webhookPath(id, "/test"), query: q, media: "application/json"}))
}

func webhookPath(id, verb string) string { return "/v1/webhooks/" + url.PathEscape(id) + verb }
