package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"entente/api/view"
	"entente/exchange"
	"entente/party"
)

type releasesInput struct {
	Object    string   `query:"object" doc:"Only releases of this object"`
	Recipient party.ID `query:"recipient" doc:"Only releases to this party"`
	Before    string   `query:"before" doc:"Cursor: the next of the page before"`
	Limit     int      `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

type releaseInput struct {
	ID string `path:"id"`
}

type exportInput struct {
	ID     string `path:"id"`
	Format string `query:"format" enum:"stix,misp,csv,veris,navigator" default:"stix" doc:"One STIX bundle, MISP events, a CSV of single values, VERIS incidents, or an ATT&CK Navigator layer"`
}

type recallsInput struct {
	Release string `query:"release" doc:"Only recalls of this release"`
}

func (s *server) releaseRoutes() {
	register(s, huma.Operation{
		OperationID: "preview-release", Method: http.MethodPost, Path: "/v1/releases/preview", Tags: []string{"release"},
		Summary:     "Decide for every candidate what would leave, in what form and why",
		Description: "Changes nothing. The preview is the decision: a release sent with its digest delivers exactly this or fails as stale.",
	}, func(ctx context.Context, in *body[exchange.PreviewRequest]) (exchange.Preview, error) {
		return s.Exchange.Preview(ctx, in.value)
	})
	register(s, huma.Operation{
		OperationID: "send-release", Method: http.MethodPost, Path: "/v1/releases", Tags: []string{"release"},
		Summary:     "Release a preview",
		Description: "With a preview digest the request is idempotent. Without one, preview and release are one act.",
	}, func(ctx context.Context, in *body[exchange.SendRequest]) (exchange.SendReport, error) {
		return s.Exchange.Send(ctx, in.value)
	})
	register(s, huma.Operation{
		OperationID: "list-releases", Method: http.MethodGet, Path: "/v1/releases", Tags: []string{"release"},
		Summary: "List releases, newest first",
	}, func(ctx context.Context, in *releasesInput) (view.List[exchange.Release], error) {
		r, err := s.Exchange.Releases(ctx, exchange.ReleaseFilter{Object: in.Object, Recipient: in.Recipient, Before: in.Before, Limit: in.Limit})
		return page(r, in.Limit, same, func(r exchange.Release) string { return r.ID }), err
	})
	register(s, huma.Operation{
		OperationID: "get-release", Method: http.MethodGet, Path: "/v1/releases/{id}", Tags: []string{"release"},
		Summary: "One release with its items, decisions, deliveries and recalls",
	}, func(ctx context.Context, in *releaseInput) (view.Release, error) {
		v, err := s.Exchange.Release(ctx, in.ID)
		return view.ReleaseOf(v), err
	})
	register(s, huma.Operation{
		OperationID: "export-release", Method: http.MethodGet, Path: "/v1/releases/{id}/document", Tags: []string{"release"},
		Summary:     "What a release let go, as a file",
		Description: "In the form that was decided, never the originals. A release that was recalled or withheld is not given out.",
	}, func(ctx context.Context, in *exportInput) (exchange.Document, error) {
		return s.Exchange.Export(ctx, in.ID, in.Format)
	})
	register(s, huma.Operation{
		OperationID: "recall", Method: http.MethodPost, Path: "/v1/recalls", Tags: []string{"release"},
		Summary: "Ask recipients to purge what a release, or every release of an object, brought",
	}, func(ctx context.Context, in *body[exchange.RecallRequest]) (view.List[exchange.Recall], error) {
		r, err := s.Exchange.Recall(ctx, in.value)
		return all(r), err
	})
	register(s, huma.Operation{
		OperationID: "list-recalls", Method: http.MethodGet, Path: "/v1/recalls", Tags: []string{"release"},
		Summary: "Recalls with the state of each recipient",
	}, func(ctx context.Context, in *recallsInput) (view.List[exchange.Recall], error) {
		r, err := s.Exchange.Recalls(ctx, in.Release)
		return all(r), err
	})
}
