package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"entente/api/view"
	"entente/decision"
	"entente/exchange"
	"entente/party"
)

type whyInput struct {
	Object    string   `query:"object" required:"true" doc:"Object id"`
	Recipient party.ID `query:"recipient" required:"true" doc:"Party id"`
	Purpose   string   `query:"purpose" doc:"Default incident-response"`
}

type decisionsInput struct {
	Before int64 `query:"before" minimum:"0" doc:"Cursor: the next of the page before"`
	Limit  int   `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

func (s *server) whyRoutes() {
	register(s, huma.Operation{
		OperationID: "why", Method: http.MethodGet, Path: "/v1/why", Tags: []string{"why"},
		Summary: "May this object go to this party now, in what form, and why",
	}, func(ctx context.Context, in *whyInput) (decision.Decision, error) {
		return s.Exchange.Why(ctx, exchange.WhyRequest{Object: in.Object, Recipient: in.Recipient, Purpose: in.Purpose})
	})
	register(s, huma.Operation{
		OperationID: "list-decisions", Method: http.MethodGet, Path: "/v1/decisions", Tags: []string{"why"},
		Summary: "The decision history, newest first",
	}, func(ctx context.Context, in *decisionsInput) (view.List[view.DecisionLine], error) {
		d, err := s.Exchange.Decisions(ctx, in.Before, in.Limit)
		return page(d, in.Limit, view.DecisionLineOf, func(d exchange.DecisionRecord) string { return strconv.FormatInt(d.Seq, 10) }), err
	})
}
