package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"entente/api/view"
	"entente/exchange"
)

// Sources is what the API needs of package exchange for foreign servers from
// which the node collects.
type Sources interface {
	AddSource(ctx context.Context, r exchange.SourceRequest) (exchange.Source, error)
	Sources(ctx context.Context) ([]exchange.Source, error)
	Source(ctx context.Context, id string) (exchange.Source, error)
	SourceOffers(ctx context.Context, r exchange.SourceRequest) ([]exchange.SourceOffer, error)
	PauseSource(ctx context.Context, id string, paused bool) (exchange.Source, error)
	RemoveSource(ctx context.Context, id string) error
	PollSource(ctx context.Context, id string, dryRun bool) (exchange.PollReport, error)
}

type sourceInput struct {
	ID string `path:"id"`
}

type pollInput struct {
	ID     string `path:"id"`
	DryRun bool   `query:"dry_run" doc:"Fetch one page and keep nothing"`
}

func (s *server) sourceRoutes() {
	register(s, huma.Operation{
		OperationID: "list-sources", Method: http.MethodGet, Path: "/v1/sources", Tags: []string{"source"},
		Summary: "The foreign servers from which this node collects, with how it goes",
	}, func(ctx context.Context, _ *struct{}) (view.List[exchange.Source], error) {
		sources, err := s.Exchange.Sources(ctx)
		return all(sources), err
	})
	register(s, huma.Operation{
		OperationID: "add-source", Method: http.MethodPost, Path: "/v1/sources", Tags: []string{"source"},
		Summary:     "Begin to collect from a foreign server",
		Description: "The secret is kept encrypted and never shown. The first poll is due at once.",
	}, func(ctx context.Context, in *body[exchange.SourceRequest]) (exchange.Source, error) {
		return s.Exchange.AddSource(ctx, in.value)
	})
	register(s, huma.Operation{
		OperationID: "list-source-offers", Method: http.MethodPost, Path: "/v1/sources/offers", Tags: []string{"source"},
		Summary: "What a foreign server has for whoever shows a credential; nothing is kept",
	}, func(ctx context.Context, in *body[exchange.SourceRequest]) (view.List[exchange.SourceOffer], error) {
		offers, err := s.Exchange.SourceOffers(ctx, in.value)
		return all(offers), err
	})
	register(s, huma.Operation{
		OperationID: "get-source", Method: http.MethodGet, Path: "/v1/sources/{id}", Tags: []string{"source"},
		Summary: "One source with its state",
	}, func(ctx context.Context, in *sourceInput) (exchange.Source, error) {
		return s.Exchange.Source(ctx, in.ID)
	})
	register(s, huma.Operation{
		OperationID: "poll-source", Method: http.MethodPost, Path: "/v1/sources/{id}/poll", Tags: []string{"source"},
		Summary: "Collect from a source now, up to a number of pages",
	}, func(ctx context.Context, in *pollInput) (exchange.PollReport, error) {
		return s.Exchange.PollSource(ctx, in.ID, in.DryRun)
	})
	for verb, paused := range map[string]bool{"pause": true, "resume": false} {
		register(s, huma.Operation{
			OperationID: verb + "-source", Method: http.MethodPost, Path: "/v1/sources/{id}/" + verb, Tags: []string{"source"},
			Summary: map[bool]string{true: "Stop polling a source for now", false: "Poll a source again, from now on"}[paused],
		}, func(ctx context.Context, in *sourceInput) (exchange.Source, error) {
			return s.Exchange.PauseSource(ctx, in.ID, paused)
		})
	}
	register(s, huma.Operation{
		OperationID: "remove-source", Method: http.MethodPost, Path: "/v1/sources/{id}/remove", Tags: []string{"source"},
		Summary: "Forget a source and destroy its credential; what it brought stays",
	}, func(ctx context.Context, in *sourceInput) (struct{}, error) {
		return struct{}{}, s.Exchange.RemoveSource(ctx, in.ID)
	})
}
