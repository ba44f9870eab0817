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
		Description: "The fingerprint is the digest of the card, compared with its owner over another channel. The identity that a card claims counts only when it is given as well.",
	}, func(ctx context.Context, in *body[exchange.AddPartyRequest]) (exchange.AddedParty, error) {
		return s.Exchange.AddParty(ctx, in.value)
	})
	register(s, huma.Operation{
		OperationID: "get-party", Method: http.MethodGet, Path: "/v1/parties/{id}", Tags: []string{"party"},
		Summary: "One party",
	}, func(ctx context.Context, in *partyInput) (party.Party, error) {
		return s.Exchange.Party(ctx, in.ID)
	})
	register(s, huma.Operation{
		OperationID: "list-claims", Method: http.MethodGet, Path: "/v1/claims", Tags: []string{"party"},
		Summary: "The STIX identities that parties claim, whether they count, and who else sent objects of them",
	}, func(ctx context.Context, _ *struct{}) (view.List[exchange.Claim], error) {
		c, err := s.Exchange.Claims(ctx)
		return all(c), err
	})
	register(s, huma.Operation{
		OperationID: "list-intake", Method: http.MethodGet, Path: "/v1/intake", Tags: []string{"party"},
		Summary: "What was taken in from each party, and how much may be",
	}, func(ctx context.Context, _ *struct{}) (view.List[exchange.Intake], error) {
		in, err := s.Exchange.Intakes(ctx)
		return all(in), err
	})
	register(s, huma.Operation{
		OperationID: "set-quota", Method: http.MethodPost, Path: "/v1/quotas", Tags: []string{"party"},
		Summary:     "Set how much is taken in from a party",
		Description: "Without a quota the party has the default again. What was taken in stays and counts.",
	}, func(ctx context.Context, in *body[exchange.QuotaRequest]) (exchange.Intake, error) {
		return s.Exchange.SetQuota(ctx, in.value)
	})
	registerRaw(s, huma.Operation{
		OperationID: "get-card", Method: http.MethodGet, Path: "/v1/card", Tags: []string{"party"},
		Summary: "This node's own card, to give to other parties",
	}, func(ctx context.Context, _ *struct{}) (*rawOutput, error) {
		card, err := s.Exchange.Card(ctx)
		return &rawOutput{ContentType: "application/json", Body: card}, err
	})
}
