package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"entente/api/view"
	"entente/exchange"
)

type inboxInput struct {
	Limit int `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

func (s *server) inboxRoutes() {
	register(s, huma.Operation{
		OperationID: "list-inbox", Method: http.MethodGet, Path: "/v1/inbox", Tags: []string{"delivery"},
		Summary: "What partners sent, newest first",
	}, func(ctx context.Context, in *inboxInput) (view.List[exchange.Received], error) {
		r, err := s.Exchange.Inbox(ctx, in.Limit)
		return all(r), err
	})
	register(s, huma.Operation{
		OperationID: "list-outbox", Method: http.MethodGet, Path: "/v1/outbox", Tags: []string{"delivery"},
		Summary: "Messages to partners that are not finished, with their state and next attempt",
	}, func(ctx context.Context, _ *struct{}) (view.List[exchange.Delivery], error) {
		d, err := s.Exchange.Outbox(ctx)
		return all(d), err
	})
}
