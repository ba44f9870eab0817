package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"entente/api/view"
	"entente/exchange"
)

type factInput struct {
	ID string `path:"id"`
}

func (s *server) factRoutes() {
	register(s, huma.Operation{
		OperationID: "list-facts", Method: http.MethodGet, Path: "/v1/facts", Tags: []string{"fact"},
		Summary: "The facts decisions may rely on",
	}, func(ctx context.Context, _ *struct{}) (view.List[exchange.Fact], error) {
		f, err := s.Exchange.Facts(ctx)
		return all(f), err
	})
	register(s, huma.Operation{
		OperationID: "record-fact", Method: http.MethodPost, Path: "/v1/facts", Tags: []string{"fact"},
		Summary: "Record a fact: a consent, a finding, a declaration",
	}, func(ctx context.Context, in *body[exchange.Fact]) (exchange.Fact, error) {
		return s.Exchange.RecordFact(ctx, in.value)
	})
	register(s, huma.Operation{
		OperationID: "withdraw-fact", Method: http.MethodPost, Path: "/v1/facts/{id}/withdraw", Tags: []string{"fact"},
		Summary:     "Withdraw a fact",
		Description: "Releases that relied on it are decided again; those no longer lawful are recalled.",
	}, func(ctx context.Context, in *factInput) (exchange.Withdrawal, error) {
		return s.Exchange.WithdrawFact(ctx, in.ID)
	})
}
