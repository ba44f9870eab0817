package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"entente/api/view"
	"entente/exchange"
)

// InstrumentActs is what parties do with texts.
type InstrumentActs interface {
	SignAct(ctx context.Context, r exchange.ActRequest) (exchange.TextView, error)
	PublishInstrument(ctx context.Context, r exchange.PublishRequest) (exchange.PublishReport, error)
	InstrumentText(ctx context.Context, name string) (exchange.TextView, error)
	InstrumentTexts(ctx context.Context) ([]exchange.TextView, error)
	InstrumentSource(ctx context.Context, name string) (file string, source []byte, err error)
}

type textInput struct {
	ID string `path:"id" doc:"id, id@version or hash"`
}

func (s *server) instrumentActRoutes() {
	register(s, huma.Operation{
		OperationID: "list-texts", Method: http.MethodGet, Path: "/v1/texts", Tags: []string{"instrument"},
		Summary: "Every text that is here, active or only proposed, with its phase and the acts on it",
	}, func(ctx context.Context, _ *struct{}) (view.List[exchange.TextView], error) {
		v, err := s.Exchange.InstrumentTexts(ctx)
		return all(v), err
	})
	register(s, huma.Operation{
		OperationID: "get-text", Method: http.MethodGet, Path: "/v1/texts/{id}", Tags: []string{"instrument"},
		Summary:     "One text with all acts on it, verified by today's cards",
		Description: "An id alone means the newest version. Parties say what their place rests on: asserted by whoever activated the file, or signed.",
	}, func(ctx context.Context, in *textInput) (exchange.TextView, error) {
		return s.Exchange.InstrumentText(ctx, in.ID)
	})
	registerRaw(s, huma.Operation{
		OperationID: "get-text-source", Method: http.MethodGet, Path: "/v1/texts/{id}/source", Tags: []string{"instrument"},
		Summary: "The file of a text, byte for byte, also of one that is only proposed",
	}, func(ctx context.Context, in *textInput) (*rawOutput, error) {
		_, source, err := s.Exchange.InstrumentSource(ctx, in.ID)
		return &rawOutput{ContentType: "text/plain; charset=utf-8", Body: source}, err
	})
	register(s, huma.Operation{
		OperationID: "sign-act", Method: http.MethodPost, Path: "/v1/acts", Tags: []string{"instrument"},
		Summary:     "Sign what this node's party does with a text",
		Description: "A text with errors or failing vectors is not signed, nor an act that would not count. Nothing is sent: publish the text.",
	}, func(ctx context.Context, in *body[exchange.ActRequest]) (exchange.TextView, error) {
		return s.Exchange.SignAct(ctx, in.value)
	})
	register(s, huma.Operation{
		OperationID: "publish-instrument", Method: http.MethodPost, Path: "/v1/publications", Tags: []string{"instrument"},
		Summary: "Send a text and every act on it to partners",
	}, func(ctx context.Context, in *body[exchange.PublishRequest]) (exchange.PublishReport, error) {
		return s.Exchange.PublishInstrument(ctx, in.value)
	})
}
