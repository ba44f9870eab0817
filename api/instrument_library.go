package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"entente/api/view"
	"entente/instrument"
	"entente/instrument/library"
)

func (s *server) instrumentLibraryRoutes() {
	register(s, huma.Operation{
		OperationID: "list-library", Method: http.MethodGet, Path: "/v1/library", Tags: []string{"instrument"},
		Summary:     "The real instruments that come with the program",
		Description: "All are illustrative until a named legal owner activates them; none is applied before.",
	}, func(context.Context, *struct{}) (view.List[view.Shelved], error) {
		all, err := library.All()
		return page(all, 0, func(doc *instrument.Instrument) view.Shelved { return view.ShelvedOf(doc, s.Now()) }, nil), err
	})
	registerRaw(s, huma.Operation{
		OperationID: "get-library-source", Method: http.MethodGet, Path: "/v1/library/{id}/source", Tags: []string{"instrument"},
		Summary: "The file of an instrument of the library, byte for byte",
	}, func(_ context.Context, in *instrumentInput) (*rawOutput, error) {
		doc, err := library.Get(in.ID)
		if err != nil {
			return nil, err
		}
		return &rawOutput{ContentType: "text/plain; charset=utf-8", Body: doc.Source}, nil
	})
}
