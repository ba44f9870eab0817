package client_test

import (
	"context"
	"testing"

	"entente/client"
	"entente/exchange"
	"entente/internal/fault"
)

func (e echo) AddWarninglist(_ context.Context, source []byte) (exchange.Warninglist, error) {
	return exchange.Warninglist{ID: "x", Name: string(source), Added: at}, e.err
}

func (e echo) Warninglists(context.Context) ([]exchange.Warninglist, error) {
	return []exchange.Warninglist{{ID: "x", Entries: 3}}, e.err
}

func (e echo) WarninglistSource(_ context.Context, id string) ([]byte, error) {
	return []byte(`{ "id": "` + id + `"}`), e.err
}

func (e echo) RemoveWarninglist(_ context.Context, id string) error {
	if e.err == nil && id != "a/b?c" {
		return fault.New(fault.NotFound, "warninglist.unknown", "There is no warninglist %s.", id)
	}
	return e.err
}

func TestWarninglistsArriveAndComeBack(t *testing.T) {
	t.Parallel()
	both(t, echo{}, func(t *testing.T, c *client.Client) {
		l, err := c.AddWarninglist(t.Context(), []byte(`{"name": "n"}`))
		if err != nil || l.Name != `{"name": "n"}` || !l.Added.Equal(at) {
			t.Errorf("AddWarninglist: %+v, %v", l, err)
		}
		all, err := c.Warninglists(t.Context())
		if err != nil || len(all) != 1 || all[0].Entries != 3 {
			t.Errorf("Warninglists: %+v, %v", all, err)
		}
		if b, err := c.WarninglistSource(t.Context(), "a b"); err != nil || string(b) != `{ "id": "a b"}` {
			t.Errorf("WarninglistSource: %s, %v", b, err)
		}
		if err := c.RemoveWarninglist(t.Context(), "a/b?c"); err != nil {
			t.Errorf("RemoveWarninglist: %v", err)
		}
		if err := c.RemoveWarninglist(t.Context(), "none"); fault.CodeOf(err) != "warninglist.unknown" {
			t.Errorf("RemoveWarninglist of none: %v", err)
		}
	})
}
