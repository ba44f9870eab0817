package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"entente/api/view"
	"entente/obligation"
)

type dutiesInput struct {
	Open bool `query:"open" doc:"Only duties not yet done"`
}

func (s *server) dutyRoutes() {
	register(s, huma.Operation{
		OperationID: "list-duties", Method: http.MethodGet, Path: "/v1/duties", Tags: []string{"duty"},
		Summary: "What somebody must do by when",
	}, func(ctx context.Context, in *dutiesInput) (view.List[obligation.Duty], error) {
		d, err := s.Exchange.Duties(ctx, in.Open)
		return all(d), err
	})
}
