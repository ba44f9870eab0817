package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"entente/api/view"
	"entente/exchange"
	"entente/intel/decay"
)

// Search is what the API needs of package exchange to find objects.
type Search interface {
	Search(ctx context.Context, r exchange.SearchRequest) (exchange.Found, error)
	Confidence(ctx context.Context, id string, at time.Time) (decay.Assessment, error)
	Duplicates(ctx context.Context, f exchange.DuplicateFilter) ([]exchange.Duplicate, error)
}

type searchInput struct {
	Query string `query:"q" maxLength:"1000" doc:"Words, \"phrases\", field:value, or a value as it is; without one everything is found"`
	After int64  `query:"after" minimum:"0" doc:"Cursor: the next of the page before"`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

type duplicatesInput struct {
	Kind    string `query:"kind" doc:"Only values of this kind, such as ip, domain, url, email, hash"`
	Parties bool   `query:"parties" doc:"Only values that came from at least two parties"`
	Limit   int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

type confidenceInput struct {
	ID string    `path:"id" doc:"Object id"`
	At time.Time `query:"at" doc:"When; default now"`
}

func (s *server) searchRoutes() {
	register(s, huma.Operation{
		OperationID: "get-object-confidence", Method: http.MethodGet, Path: "/v1/objects/{id}/confidence", Tags: []string{"object"},
		Summary: "How much of the confidence in an object is left at an instant",
	}, func(ctx context.Context, in *confidenceInput) (decay.Assessment, error) {
		return s.Exchange.Confidence(ctx, in.ID, in.At)
	})
	register(s, huma.Operation{
		OperationID: "search-objects", Method: http.MethodGet, Path: "/v1/search", Tags: []string{"object"},
		Summary:     "Find objects by word, field or value, newest arrival first",
		Description: "For this node's own people. A value is looked up exactly, also one that was made harmless (hxxp://evil[.]example), and an address is found in the ranges around it.",
	}, func(ctx context.Context, in *searchInput) (view.Found, error) {
		f, err := s.Exchange.Search(ctx, exchange.SearchRequest{Query: in.Query, After: in.After, Limit: in.Limit})
		return view.FoundOf(f), err
	})
	register(s, huma.Operation{
		OperationID: "list-duplicates", Method: http.MethodGet, Path: "/v1/duplicates", Tags: []string{"object"},
		Summary:     "Values that several objects have, most first",
		Description: "Objects are never merged: what two sources say of one value came under two laws.",
	}, func(ctx context.Context, in *duplicatesInput) (view.List[exchange.Duplicate], error) {
		d, err := s.Exchange.Duplicates(ctx, exchange.DuplicateFilter{Kind: in.Kind, Parties: in.Parties, Limit: in.Limit})
		return all(d), err
	})
}
