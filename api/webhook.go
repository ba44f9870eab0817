package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"entente/api/view"
	"entente/exchange"
)

// Webhooks is what the API needs of package exchange for addresses at which the
// tools of a party are told what happens.
type Webhooks interface {
	AddWebhook(ctx context.Context, r exchange.WebhookRequest) (exchange.Webhook, error)
	Webhooks(ctx context.Context) ([]exchange.Webhook, error)
	Webhook(ctx context.Context, id string) (exchange.Webhook, error)
	PauseWebhook(ctx context.Context, id string, paused bool) (exchange.Webhook, error)
	RemoveWebhook(ctx context.Context, id string) error
	TestWebhook(ctx context.Context, id string, dryRun bool) (exchange.WebhookMessage, error)
}

type webhookInput struct {
	ID string `path:"id"`
}

type webhookTestInput struct {
	ID     string `path:"id"`
	DryRun bool   `query:"dry_run" doc:"Only make the message, and send it nowhere"`
}

func (s *server) webhookRoutes() {
	register(s, huma.Operation{
		OperationID: "list-webhooks", Method: http.MethodGet, Path: "/v1/webhooks", Tags: []string{"webhook"},
		Summary: "The addresses at which tools of parties are told what happens, with how it goes",
	}, func(ctx context.Context, _ *struct{}) (view.List[exchange.Webhook], error) {
		webhooks, err := s.Exchange.Webhooks(ctx)
		return all(webhooks), err
	})
	register(s, huma.Operation{
		OperationID: "add-webhook", Method: http.MethodPost, Path: "/v1/webhooks", Tags: []string{"webhook"},
		Summary:     "Begin to tell a party's tool what is released to the party and what is recalled",
		Description: "It begins with what happens next. What is sent is signed, and has no object in it.",
	}, func(ctx context.Context, in *body[exchange.WebhookRequest]) (exchange.Webhook, error) {
		return s.Exchange.AddWebhook(ctx, in.value)
	})
	register(s, huma.Operation{
		OperationID: "get-webhook", Method: http.MethodGet, Path: "/v1/webhooks/{id}", Tags: []string{"webhook"},
		Summary: "One webhook with its state",
	}, func(ctx context.Context, in *webhookInput) (exchange.Webhook, error) {
		return s.Exchange.Webhook(ctx, in.ID)
	})
	register(s, huma.Operation{
		OperationID: "test-webhook", Method: http.MethodPost, Path: "/v1/webhooks/{id}/test", Tags: []string{"webhook"},
		Summary: "Tell a webhook that nothing happened, to try whether it works",
	}, func(ctx context.Context, in *webhookTestInput) (exchange.WebhookMessage, error) {
		return s.Exchange.TestWebhook(ctx, in.ID, in.DryRun)
	})
	for verb, paused := range map[string]bool{"pause": true, "resume": false} {
		register(s, huma.Operation{
			OperationID: verb + "-webhook", Method: http.MethodPost, Path: "/v1/webhooks/{id}/" + verb, Tags: []string{"webhook"},
			Summary: map[bool]string{true: "Stop telling a webhook for now", false: "Go on telling a webhook, from where it was"}[paused],
		}, func(ctx context.Context, in *webhookInput) (exchange.Webhook, error) {
			return s.Exchange.PauseWebhook(ctx, in.ID, paused)
		})
	}
	register(s, huma.Operation{
		OperationID: "remove-webhook", Method: http.MethodPost, Path: "/v1/webhooks/{id}/remove", Tags: []string{"webhook"},
		Summary: "End a webhook",
	}, func(ctx context.Context, in *webhookInput) (struct{}, error) {
		return struct{}{}, s.Exchange.RemoveWebhook(ctx, in.ID)
	})
}
