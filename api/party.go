package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"entente/api/view"
	"entente/exchange"
	"entente/party"
)

type partyInput struct {
	ID party.ID `path:"id"`
}

func (s *server) partyRoutes() {
	register(s, huma.Operation{
		OperationID: "list-parties", Method: http.MethodGet, Path: "/v1/parties", Tags: []string{"party"},
		Summary: "The parties this node knows",
	}, func(ctx context.Context, _ *struct{}) (view.List[party.Party], error) {
		p, err := s.Exchange.Parties(ctx)
		return all(p), err
	})
	register(s, huma.Operation{
		OperationID: "add-party", Method: http.MethodPost, Path: "/v1/parties", Tags: []string{"party"},
		Summary:     "Add a party by its card",
		Description: "The fingerprint is the digest of the card, compared with its owner over another channel.",
	}, func(ctx context.Context, in *body[exchange.AddPartyRequest]) (party.Party, error) {
		return s.Exchange.AddParty(ctx, in.value)
	})
	register(s, huma.Operation{
		OperationID: "get-party", Method: http.MethodGet, Path: "/v1/parties/{id}", Tags: []string{"party"},
		Summary: "One party",
	}, func(ctx context.Context, in *partyInput) (party.Party, error) {
		return s.Exchange.Party(ctx, in.ID)
	})
	registerRaw(s, huma.Operation{
		OperationID: "get-card", Method: http.MethodGet, Path: "/v1/card", Tags: []string{"party"},
		Summary: "This node's own card, to give to other parties",
	}, func(ctx context.Context, _ *struct{}) (*rawOutput, error) {
		card, err := s.Exchange.Card(ctx)
		return &rawOutput{ContentType: "application/json", Body: card}, err
	})
}
