package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"entente/api/view"
	"entente/exchange"
)

// Warninglists is what the API needs of package exchange for lists of values
// that are often reported by mistake.
type Warninglists interface {
	AddWarninglist(ctx context.Context, source []byte) (exchange.Warninglist, error)
	Warninglists(ctx context.Context) ([]exchange.Warninglist, error)
	WarninglistSource(ctx context.Context, id string) ([]byte, error)
	RemoveWarninglist(ctx context.Context, id string) error
}

// warninglistLimit bounds a list, as package warninglist does.
const warninglistLimit = 32 << 20

type warninglistBody struct {
	RawBody []byte `contentType:"application/json"`
}

type warninglistInput struct {
	ID string `path:"id" doc:"Made of the list's name, e.g. list-of-rfc-5735-cidr-blocks"`
}

func (s *server) warninglistRoutes() {
	register(s, huma.Operation{
		OperationID: "add-warninglist", Method: http.MethodPost, Path: "/v1/warninglists", Tags: []string{"warninglist"},
		Summary:      "Add a list of values that are often reported by mistake",
		Description:  "The body is a list in the format of misp-warninglists. It takes the place of the list of the same name. Values on it are remarked on, and nothing is suppressed or decided otherwise.",
		MaxBodyBytes: warninglistLimit,
	}, func(ctx context.Context, in *warninglistBody) (exchange.Warninglist, error) {
		return s.Exchange.AddWarninglist(ctx, ownCopy(in.RawBody))
	})
	register(s, huma.Operation{
		OperationID: "list-warninglists", Method: http.MethodGet, Path: "/v1/warninglists", Tags: []string{"warninglist"},
		Summary: "The warninglists of this node",
	}, func(ctx context.Context, _ *struct{}) (view.List[exchange.Warninglist], error) {
		l, err := s.Exchange.Warninglists(ctx)
		return all(l), err
	})
	registerRaw(s, huma.Operation{
		OperationID: "get-warninglist-content", Method: http.MethodGet, Path: "/v1/warninglists/{id}/content", Tags: []string{"warninglist"},
		Summary: "A list as it was given",
	}, func(ctx context.Context, in *warninglistInput) (*rawOutput, error) {
		b, err := s.Exchange.WarninglistSource(ctx, in.ID)
		return &rawOutput{ContentType: "application/json", Body: b}, err
	})
	register(s, huma.Operation{
		OperationID: "remove-warninglist", Method: http.MethodPost, Path: "/v1/warninglists/{id}/remove", Tags: []string{"warninglist"},
		Summary: "Forget a list",
	}, func(ctx context.Context, in *warninglistInput) (struct{}, error) {
		return struct{}{}, s.Exchange.RemoveWarninglist(ctx, in.ID)
	})
}
