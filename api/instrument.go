package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"entente/api/view"
	"entente/exchange"
	"entente/instrument"
	"entente/party"
)

type instrumentInput struct {
	ID string `path:"id"`
}

type standingInput struct {
	ID string    `path:"id"`
	A  party.ID  `query:"a" required:"true" doc:"One party"`
	B  party.ID  `query:"b" required:"true" doc:"The other party"`
	At time.Time `query:"at" doc:"The instant asked about; default now"`
}

func (s *server) instrumentRoutes() {
	s.instrumentSchemaRoute()
	register(s, huma.Operation{
		OperationID: "list-instruments", Method: http.MethodGet, Path: "/v1/instruments", Tags: []string{"instrument"},
		Summary: "The instruments active on this node",
	}, func(ctx context.Context, _ *struct{}) (view.List[view.Instrument], error) {
		v, err := s.Exchange.Instruments(ctx)
		return page(v, 0, func(v exchange.InstrumentView) view.Instrument { return view.InstrumentOf(v, false) }, nil), err
	})
	register(s, huma.Operation{
		OperationID: "add-instrument", Method: http.MethodPost, Path: "/v1/instruments", Tags: []string{"instrument"},
		Summary:     "Activate an instrument",
		Description: "The source is the file, byte for byte. An instrument whose test vectors fail is refused.",
	}, func(ctx context.Context, in *body[exchange.AddInstrumentRequest]) (view.Instrument, error) {
		v, err := s.Exchange.AddInstrument(ctx, in.value)
		return view.InstrumentOf(v, false), err
	})
	register(s, huma.Operation{
		OperationID: "get-instrument", Method: http.MethodGet, Path: "/v1/instruments/{id}", Tags: []string{"instrument"},
		Summary: "One instrument with its clauses",
	}, func(ctx context.Context, in *instrumentInput) (view.Instrument, error) {
		v, err := s.Exchange.Instrument(ctx, in.ID)
		return view.InstrumentOf(v, true), err
	})
	registerRaw(s, huma.Operation{
		OperationID: "get-instrument-source", Method: http.MethodGet, Path: "/v1/instruments/{id}/source", Tags: []string{"instrument"},
		Summary: "The file of an instrument, byte for byte",
	}, func(ctx context.Context, in *instrumentInput) (*rawOutput, error) {
		v, err := s.Exchange.Instrument(ctx, in.ID)
		return &rawOutput{ContentType: "text/plain; charset=utf-8", Body: v.Source}, err
	})
	register(s, huma.Operation{
		OperationID: "get-instrument-status", Method: http.MethodGet, Path: "/v1/instruments/{id}/status", Tags: []string{"instrument"},
		Summary: "Where an instrument stands between two parties at an instant",
	}, func(ctx context.Context, in *standingInput) (instrument.Standing, error) {
		at := in.At
		if at.IsZero() {
			at = s.Now()
		}
		return s.Exchange.InstrumentStatus(ctx, in.ID, in.A, in.B, at)
	})
}
