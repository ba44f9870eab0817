package client_test

import (
	"context"
	"testing"

	"entente/client"
	"entente/exchange"
)

func (e echo) Export(_ context.Context, release, format string) (exchange.Document, error) {
	return exchange.Document{Format: format, Document: []byte(release), Left: []string{}}, e.err
}

func TestADocumentGoesThereAndBack(t *testing.T) {
	t.Parallel()
	both(t, echo{}, func(t *testing.T, c *client.Client) {
		t.Helper()
		d, err := c.Export(t.Context(), "0198", "misp")
		if err != nil || d.Format != "misp" || string(d.Document) != "0198" {
			t.Errorf("%+v %v", d, err)
		}
	})
}
