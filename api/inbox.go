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

type outboxInput struct {
	Ref string `path:"ref" doc:"Id of the release, recall, publication or message about a case"`
}

// messageLimit holds the largest message in base64.
const messageLimit = 90 << 20

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
	register(s, huma.Operation{
		OperationID: "hand-out-message", Method: http.MethodPost, Path: "/v1/outbox/{ref}/file", Tags: []string{"delivery"},
		Summary:     "Give out a message as a file, for a party that no connection reaches",
		Description: "Exactly what would be posted to its node: envelope, log proof and objects. It is decided again first. The receipt that comes back closes the delivery.",
	}, func(ctx context.Context, in *outboxInput) (exchange.ByHand, error) {
		return s.Exchange.HandOut(ctx, in.Ref)
	})
	register(s, huma.Operation{
		OperationID: "take-receipt", Method: http.MethodPost, Path: "/v1/outbox/receipts", Tags: []string{"delivery"},
		Summary:      "Take in a receipt that was brought as a file",
		MaxBodyBytes: messageLimit, BodyReadTimeout: importTimeout,
	}, func(ctx context.Context, in *body[view.ReceiptFile]) (exchange.Acknowledged, error) {
		return s.Exchange.TakeReceipt(ctx, in.value.Receipt)
	})
	register(s, huma.Operation{
		OperationID: "take-message", Method: http.MethodPost, Path: "/v1/inbox", Tags: []string{"delivery"},
		Summary:      "Take in a message that was brought as a file",
		Description:  "As if its sender had delivered it. A file in which anything was changed is refused whole and leaves nothing behind; the same file again gives the same receipt.",
		MaxBodyBytes: messageLimit, BodyReadTimeout: importTimeout,
	}, func(ctx context.Context, in *body[view.MessageFile]) (exchange.TakenByHand, error) {
		return s.Exchange.TakeByHand(ctx, in.value.Message)
	})
}
