package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"entente/exchange"
	"entente/instrument/analysis"
)

func (s *server) analysisRoutes() {
	register(s, huma.Operation{
		OperationID: "analyse-law", Method: http.MethodPost, Path: "/v1/instruments/analysis", Tags: []string{"instrument"},
		Summary: "What the active law means as a whole",
		Description: "Contradictions and what settles them, clauses without effect, duties that cannot be met, leaks by passing on, and pairs of " +
			"parties without any basis. What was not looked at is said. One analysis runs at a time.",
	}, func(ctx context.Context, in *body[exchange.AnalysisRequest]) (analysis.Report, error) {
		return s.Exchange.Analyse(ctx, in.value)
	})
	register(s, huma.Operation{
		OperationID: "compare-law", Method: http.MethodPost, Path: "/v1/instruments/comparison", Tags: []string{"instrument"},
		Summary:     "Which cases a draft would decide differently",
		Description: "Every class of cases that comes out differently under the active law with the draft, each with a case the engine decided under both.",
	}, func(ctx context.Context, in *body[exchange.ComparisonRequest]) (analysis.Difference, error) {
		return s.Exchange.Compare(ctx, in.value)
	})
}
