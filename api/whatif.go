package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"entente/exchange"
)

func (s *server) whatIfRoutes() {
	register(s, huma.Operation{
		OperationID: "what-if", Method: http.MethodPost, Path: "/v1/instruments/what-if", Tags: []string{"instrument"},
		Summary: "Try a draft on the decisions of the last days",
		Description: "Replays what this node decided under a draft, or without an instrument, and counts what would come out differently, " +
			"for whom and by which clause. Nothing is written: no log leaf, no legal epoch.",
	}, func(ctx context.Context, in *body[exchange.WhatIfRequest]) (exchange.WhatIf, error) {
		return s.Exchange.WhatIf(ctx, in.value)
	})
}
