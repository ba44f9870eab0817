package client_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"entente/client"
	"entente/exchange"
)

func (e echo) WhatIf(_ context.Context, r exchange.WhatIfRequest) (exchange.WhatIf, error) {
	return exchange.WhatIf{
		Draft: r.File + " " + string(r.Source), Replaces: r.Replaces, Withdraws: r.Withdraw, Now: r.Now, Assumed: !r.AsDated,
		Decisions: int64(r.Days), Clauses: []exchange.Cause{}, Changes: []exchange.Change{}, ByRecipient: []exchange.Affected{}, Examples: []exchange.Replayed{},
	}, e.err
}

// TestWhatIfArrivesWhole: every part of the question reaches the node.
func TestWhatIfArrivesWhole(t *testing.T) {
	t.Parallel()
	both(t, echo{}, func(t *testing.T, c *client.Client) {
		t.Helper()
		r := exchange.WhatIfRequest{File: "f", Source: []byte("s"), Replaces: "a@1.0.0", Withdraw: []string{"b"}, Days: 3, Now: true, AsDated: true}
		w, err := c.WhatIf(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := echo{}.WhatIf(t.Context(), r)
		if diff := cmp.Diff(want, w); diff != "" {
			t.Errorf("got +, want -\n%s", diff)
		}
	})
}
