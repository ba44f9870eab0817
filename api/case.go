package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"entente/api/view"
	"entente/exchange"
	"entente/party"
)

// Cases is what the API needs of package exchange for cases.
type Cases interface {
	Procedures(ctx context.Context) ([]exchange.ProcedureView, error)
	Cases(ctx context.Context, f exchange.CaseFilter) ([]exchange.CaseSummary, error)
	Case(ctx context.Context, id string) (exchange.CaseView, error)
	OpenCase(ctx context.Context, r exchange.OpenCaseRequest) (exchange.CaseActed, error)
	ActInCase(ctx context.Context, id string, r exchange.CaseActRequest) (exchange.CaseActed, error)
	SendCase(ctx context.Context, id string) ([]party.ID, error)
	ExportCase(ctx context.Context, id string) ([]byte, error)
}

type caseInput struct {
	ID string `path:"id"`
}

type casesInput struct {
	Open  bool   `query:"open" doc:"Only those that are not over"`
	After string `query:"after" doc:"Cursor of the page before"`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

type caseActInput struct {
	ID string `path:"id"`
	body[exchange.CaseActRequest]
}

func (s *server) caseRoutes() {
	register(s, huma.Operation{
		OperationID: "list-procedures", Method: http.MethodGet, Path: "/v1/procedures", Tags: []string{"case"},
		Summary: "The procedures of every text that is here: who may take which step, by when and with what",
	}, func(ctx context.Context, _ *struct{}) (view.List[exchange.ProcedureView], error) {
		v, err := s.Exchange.Procedures(ctx)
		return all(v), err
	})
	register(s, huma.Operation{
		OperationID: "list-cases", Method: http.MethodGet, Path: "/v1/cases", Tags: []string{"case"},
		Summary: "The cases, newest first, with where they stand and which steps are this party's",
	}, func(ctx context.Context, in *casesInput) (view.List[exchange.CaseSummary], error) {
		list, err := s.Exchange.Cases(ctx, exchange.CaseFilter{Open: in.Open, Before: in.After, Limit: in.Limit})
		page := all(list)
		if len(list) == in.Limit {
			page.Next = list[len(list)-1].ID
		}
		return page, err
	})
	register(s, huma.Operation{
		OperationID: "open-case", Method: http.MethodPost, Path: "/v1/cases", Tags: []string{"case"},
		Summary:     "Begin a case by a procedure of a text",
		Description: "Nothing is signed that the law does not let go to every participant.",
	}, func(ctx context.Context, in *body[exchange.OpenCaseRequest]) (exchange.CaseActed, error) {
		return s.Exchange.OpenCase(ctx, in.value)
	})
	register(s, huma.Operation{
		OperationID: "get-case", Method: http.MethodGet, Path: "/v1/cases/{id}", Tags: []string{"case"},
		Summary: "A case, worked out from its signed events: state, next steps, deadlines, votes, findings",
	}, func(ctx context.Context, in *caseInput) (exchange.CaseView, error) {
		return s.Exchange.Case(ctx, in.ID)
	})
	register(s, huma.Operation{
		OperationID: "act-in-case", Method: http.MethodPost, Path: "/v1/cases/{id}/events", Tags: []string{"case"},
		Summary:     "Take a step, vote, note, name evidence or correct in a case",
		Description: "The event is ordered at once where this node is the home of the case; otherwise it is submitted to the home.",
	}, func(ctx context.Context, in *caseActInput) (exchange.CaseActed, error) {
		return s.Exchange.ActInCase(ctx, in.ID, in.value)
	})
	register(s, huma.Operation{
		OperationID: "send-case", Method: http.MethodPost, Path: "/v1/cases/{id}/send", Tags: []string{"case"},
		Summary:     "Send a case again to who may not have all of it",
		Description: "The home sends what was not acknowledged. Another participant sends the case as it has it, and its event that waits to be ordered, to all others: everybody sees what is held back or told differently, and who lost the case has it again.",
	}, func(ctx context.Context, in *caseInput) (view.List[party.ID], error) {
		to, err := s.Exchange.SendCase(ctx, in.ID)
		return all(to), err
	})
	registerRaw(s, huma.Operation{
		OperationID: "export-case", Method: http.MethodGet, Path: "/v1/cases/{id}/export", Tags: []string{"case"},
		Summary: "The whole case as a signed file that verifies offline",
	}, func(ctx context.Context, in *caseInput) (*rawOutput, error) {
		b, err := s.Exchange.ExportCase(ctx, in.ID)
		return &rawOutput{ContentType: "application/octet-stream", Body: b}, err
	})
}
