package client_test

import (
	"context"
	"testing"

	"entente/client"
	"entente/exchange"
)

func (e echo) AddSource(_ context.Context, r exchange.SourceRequest) (exchange.Source, error) {
	return exchange.Source{ID: "s", URL: r.URL, From: r.From, Under: r.Under, Name: r.Secret.Token, Every: r.Every, Added: at}, e.err
}

func (e echo) Sources(context.Context) ([]exchange.Source, error) {
	return []exchange.Source{{ID: "s", Added: at}}, e.err
}

func (e echo) Source(_ context.Context, id string) (exchange.Source, error) {
	return exchange.Source{ID: id, Added: at}, e.err
}

func (e echo) SourceOffers(_ context.Context, r exchange.SourceRequest) ([]exchange.SourceOffer, error) {
	return []exchange.SourceOffer{{Collection: r.URL}}, e.err
}

func (e echo) PauseSource(_ context.Context, id string, paused bool) (exchange.Source, error) {
	return exchange.Source{ID: id, Paused: paused}, e.err
}

func (e echo) RemoveSource(context.Context, string) error { return e.err }

func (e echo) PollSource(_ context.Context, id string, dryRun bool) (exchange.PollReport, error) {
	return exchange.PollReport{Source: exchange.Source{ID: id}, DryRun: dryRun}, e.err
}

func TestSourcesArriveAndComeBack(t *testing.T) {
	t.Parallel()
	const id = "a/b c?d"
	both(t, echo{}, func(t *testing.T, c *client.Client) {
		src, err := c.AddSource(t.Context(), exchange.SourceRequest{URL: "u", From: "p", Under: []string{"i"}, Every: 60, Secret: exchange.SourceSecret{Token: "t"}})
		if err != nil || src.URL != "u" || src.From != "p" || src.Under[0] != "i" || src.Name != "t" || src.Every != 60 || !src.Added.Equal(at) {
			t.Errorf("AddSource: %+v, %v", src, err)
		}
		if all, err := c.Sources(t.Context()); err != nil || len(all) != 1 || all[0].ID != "s" {
			t.Errorf("Sources: %+v, %v", all, err)
		}
		if src, err := c.Source(t.Context(), id); err != nil || src.ID != id {
			t.Errorf("Source: %+v, %v", src, err)
		}
		if offers, err := c.SourceOffers(t.Context(), exchange.SourceRequest{URL: "u"}); err != nil || len(offers) != 1 || offers[0].Collection != "u" {
			t.Errorf("SourceOffers: %+v, %v", offers, err)
		}
		for _, yes := range []bool{true, false} {
			if src, err := c.PauseSource(t.Context(), id, yes); err != nil || src.ID != id || src.Paused != yes {
				t.Errorf("PauseSource: %+v, %v", src, err)
			}
			if rep, err := c.PollSource(t.Context(), id, yes); err != nil || rep.Source.ID != id || rep.DryRun != yes {
				t.Errorf("PollSource: %+v, %v", rep, err)
			}
		}
		if err := c.RemoveSource(t.Context(), id); err != nil {
			t.Errorf("RemoveSource: %v", err)
		}
	})
}
