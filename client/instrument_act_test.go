package client_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"entente/client"
	"entente/exchange"
	"entente/instrument"
	"entente/party"
)

func (e echo) SignAct(_ context.Context, r exchange.ActRequest) (exchange.TextView, error) {
	return exchange.TextView{ID: r.Instrument, Title: string(r.Source), By: r.By, Phase: instrument.Phase(r.Act)}, e.err
}

func (e echo) PublishInstrument(_ context.Context, r exchange.PublishRequest) (exchange.PublishReport, error) {
	return exchange.PublishReport{Instrument: r.Instrument, To: r.To}, e.err
}

func (e echo) InstrumentText(_ context.Context, name string) (exchange.TextView, error) {
	return exchange.TextView{ID: name, Acts: []exchange.ActView{{Act: instrument.ActSignature, Envelope: []byte{0, 255}}}}, e.err
}

func (e echo) InstrumentTexts(context.Context) ([]exchange.TextView, error) {
	return []exchange.TextView{{ID: "t"}}, e.err
}

func (e echo) InstrumentSource(_ context.Context, name string) (string, []byte, error) {
	return name, []byte(name), e.err
}

func TestActsArriveAndComeBack(t *testing.T) {
	t.Parallel()
	const odd = "a/b c?d=ü&e"
	both(t, echo{}, func(t *testing.T, c *client.Client) {
		ctx := t.Context()
		check := func(name string, err error, got, want any) {
			t.Helper()
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%s: %v %s", name, err, diff)
			}
		}
		v, err := c.SignAct(ctx, exchange.ActRequest{Instrument: odd, Source: []byte("s"), By: "b", Act: instrument.ActSuspension})
		check("SignAct", err, []any{v.ID, v.Title, v.By, v.Phase}, []any{odd, "s", "b", instrument.Phase("suspension")})
		r, err := c.PublishInstrument(ctx, exchange.PublishRequest{Instrument: odd, To: []party.ID{"p"}})
		check("PublishInstrument", err, []any{r.Instrument, r.To}, []any{odd, []party.ID{"p"}})
		v, err = c.InstrumentText(ctx, odd)
		check("InstrumentText", err, []any{v.ID, v.Acts[0].Act, v.Acts[0].Envelope}, []any{odd, instrument.ActSignature, []byte{0, 255}})
		vs, err := c.InstrumentTexts(ctx)
		check("InstrumentTexts", err, vs[0].ID, "t")
		b, err := c.InstrumentTextSource(ctx, odd)
		check("InstrumentTextSource", err, string(b), odd)
	})
}
