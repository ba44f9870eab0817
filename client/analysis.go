package client

import (
	"context"

	"entente/exchange"
	"entente/instrument/analysis"
)

// Analyse says what the law active on the node means as a whole.
func (c *Client) Analyse(ctx context.Context, r exchange.AnalysisRequest) (analysis.Report, error) {
	return post[analysis.Report](ctx, c, "/v1/instruments/analysis", r)
}

// CompareLaw says which cases a draft would decide differently on the node.
func (c *Client) CompareLaw(ctx context.Context, r exchange.ComparisonRequest) (analysis.Difference, error) {
	return post[analysis.Difference](ctx, c, "/v1/instruments/comparison", r)
}
