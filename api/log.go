package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"entente/exchange"
)

type proofInput struct {
	Ref   string `query:"ref" required:"true" doc:"A release id, a decision digest or an object id"`
	Since int64  `query:"since" minimum:"0" doc:"Size of a tree seen before: also show that the log only grew since"`
}

func (s *server) logRoutes() {
	registerRaw(s, huma.Operation{
		OperationID: "get-checkpoint", Method: http.MethodGet, Path: "/v1/log/checkpoint", Tags: []string{"log"},
		Summary: "The signed head of the log, a C2SP checkpoint",
	}, func(ctx context.Context, _ *struct{}) (*rawOutput, error) {
		b, err := s.Exchange.Checkpoint(ctx)
		return &rawOutput{ContentType: "text/plain; charset=utf-8", Body: b}, err
	})
	registerRaw(s, huma.Operation{
		OperationID: "get-proof", Method: http.MethodGet, Path: "/v1/log/proof", Tags: []string{"log"},
		Summary: "Evidence that a release, decision or object is in the log; entente verify checks it offline",
	}, func(ctx context.Context, in *proofInput) (*rawOutput, error) {
		b, err := s.Exchange.Prove(ctx, in.Ref, in.Since)
		return &rawOutput{ContentType: "application/json", Body: b}, err
	})
	register(s, huma.Operation{
		OperationID: "verify-log", Method: http.MethodGet, Path: "/v1/log/verify", Tags: []string{"log"},
		Summary: "Check the whole log against what is stored and name the first bad entry",
	}, func(ctx context.Context, _ *struct{}) (exchange.LogReport, error) {
		return s.Exchange.VerifyLog(ctx)
	})
}
