package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"entente/api/view"
)

// livePath is the one path that needs no token.
const livePath = "/v1/health/live"

func (s *server) healthRoutes() {
	register(s, huma.Operation{
		OperationID: "live", Method: http.MethodGet, Path: livePath, Tags: []string{"health"},
		Summary: "The node runs", Security: []map[string][]string{},
	}, func(context.Context, *struct{}) (view.Live, error) {
		return view.Live{Status: "ok"}, nil
	})
	register(s, huma.Operation{
		OperationID: "doctor", Method: http.MethodGet, Path: "/v1/health", Tags: []string{"health"},
		Summary: "What the doctor finds, with what to do about it",
	}, func(ctx context.Context, _ *struct{}) (view.List[view.Check], error) {
		if s.Doctor == nil {
			return all([]view.Check(nil)), nil
		}
		return all(s.Doctor(ctx)), nil
	})
}
