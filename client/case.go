package client

import (
	"context"
	"net/http"
	"net/url"

	"entente/api/view"
	"entente/exchange"
	"entente/party"
)

// Procedures returns the procedures of every text that is on the node.
func (c *Client) Procedures(ctx context.Context) ([]exchange.ProcedureView, error) {
	l, err := get[view.List[exchange.ProcedureView]](ctx, c, "/v1/procedures", nil)
	return l.Items, err
}

// Cases returns a page of cases, the newest first.
func (c *Client) Cases(ctx context.Context, f exchange.CaseFilter) (view.List[exchange.CaseSummary], error) {
	q := url.Values{}
	if f.Open {
		q.Set("open", "true")
	}
	set(q, "after", f.Before)
	number(q, "limit", int64(f.Limit))
	return get[view.List[exchange.CaseSummary]](ctx, c, "/v1/cases", q)
}

// Case returns a case, worked out from its events.
func (c *Client) Case(ctx context.Context, id string) (exchange.CaseView, error) {
	return get[exchange.CaseView](ctx, c, casePath(id, ""), nil)
}

// OpenCase begins a case.
func (c *Client) OpenCase(ctx context.Context, r exchange.OpenCaseRequest) (exchange.CaseActed, error) {
	return post[exchange.CaseActed](ctx, c, "/v1/cases", r)
}

// ActInCase takes a step, votes, notes, names evidence or corrects.
func (c *Client) ActInCase(ctx context.Context, id string, r exchange.CaseActRequest) (exchange.CaseActed, error) {
	return post[exchange.CaseActed](ctx, c, casePath(id, "/events"), r)
}

// SendCase sends a case again and returns to whom.
func (c *Client) SendCase(ctx context.Context, id string) ([]party.ID, error) {
	l, err := post[view.List[party.ID]](ctx, c, casePath(id, "/send"), nil)
	return l.Items, err
}

// ExportCase returns the whole case as a signed file.
func (c *Client) ExportCase(ctx context.Context, id string) ([]byte, error) {
	return c.do(ctx, call{method: http.MethodGet, path: casePath(id, "/export")})
}

func casePath(id, verb string) string { return "/v1/cases/" + url.PathEscape(id) + verb }
