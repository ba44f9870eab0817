package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"entente/api/view"
	"entente/exchange"
)

// Credentials is what the API needs of package exchange for programs of parties
// that fetch what was released to them.
type Credentials interface {
	Grant(ctx context.Context, r exchange.GrantRequest) (exchange.Grant, error)
	Credentials(ctx context.Context) ([]exchange.Credential, error)
	RevokeCredential(ctx context.Context, id string) error
}

type credentialInput struct {
	ID string `path:"id"`
}

func (s *server) credentialRoutes() {
	register(s, huma.Operation{
		OperationID: "list-credentials", Method: http.MethodGet, Path: "/v1/credentials", Tags: []string{"credentials"},
		Summary: "The credentials granted to parties, revoked ones included",
	}, func(ctx context.Context, _ *struct{}) (view.List[exchange.Credential], error) {
		c, err := s.Exchange.Credentials(ctx)
		return all(c), err
	})
	register(s, huma.Operation{
		OperationID: "grant-credential", Method: http.MethodPost, Path: "/v1/credentials", Tags: []string{"credentials"},
		Summary:     "Grant a party a credential",
		Description: "The answer holds the secret, which is kept as a digest only and cannot be told again.",
	}, func(ctx context.Context, in *body[exchange.GrantRequest]) (exchange.Grant, error) {
		return s.Exchange.Grant(ctx, in.value)
	})
	register(s, huma.Operation{
		OperationID: "revoke-credential", Method: http.MethodPost, Path: "/v1/credentials/{id}/revoke", Tags: []string{"credentials"},
		Summary: "Revoke a credential at once",
	}, func(ctx context.Context, in *credentialInput) (struct{}, error) {
		return struct{}{}, s.Exchange.RevokeCredential(ctx, in.ID)
	})
}
