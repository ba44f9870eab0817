package client_test

import (
	"context"
	"testing"
	"time"

	"entente/client"
	"entente/exchange"
	"entente/instrument/analysis"
)

func (e echo) Analyse(_ context.Context, r exchange.AnalysisRequest) (analysis.Report, error) {
	return analysis.Report{
		At: r.At, Clauses: r.Cells, Limits: []string{}, Contradictions: []analysis.Contradiction{}, Idle: []analysis.Idle{},
		Retention: []analysis.Clash{}, Duties: []analysis.Unmeetable{}, Leaks: []analysis.Leak{}, Gaps: []analysis.Gap{},
	}, e.err
}

func (e echo) Compare(_ context.Context, r exchange.ComparisonRequest) (analysis.Difference, error) {
	d := analysis.Difference{Search: analysis.Search{Cells: r.Cells, Left: r.File + " " + string(r.Source) + " " + r.Replaces}}
	return d, e.err
}

func TestAnalysesGoThereAndBack(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	both(t, echo{}, func(t *testing.T, c *client.Client) {
		t.Helper()
		r, err := c.Analyse(t.Context(), exchange.AnalysisRequest{At: at, Cells: 7})
		if err != nil || !r.At.Equal(at) || r.Clauses != 7 {
			t.Errorf("%+v %v", r, err)
		}
		d, err := c.CompareLaw(t.Context(), exchange.ComparisonRequest{
			AnalysisRequest: exchange.AnalysisRequest{At: at, Cells: 7}, File: "draft.yaml", Source: []byte("draft"), Replaces: "mou@1.0.0",
		})
		if err != nil || d.Search.Cells != 7 || d.Search.Left != "draft.yaml draft mou@1.0.0" {
			t.Errorf("%+v %v", d, err)
		}
	})
}
