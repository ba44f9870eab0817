package client_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"entente/client"
	"entente/exchange"
	"entente/intel/decay"
	"entente/intel/search"
)

func (e echo) Search(_ context.Context, r exchange.SearchRequest) (exchange.Found, error) {
	hit := exchange.Hit{Stored: exchange.Stored{ID: "x"}, TLP: "amber", Excerpt: []search.Fragment{{Text: "a", Hit: true}}}
	return exchange.Found{Query: r.Query, Hits: []exchange.Hit{hit}, Next: r.After + 1, Total: r.Limit, More: true}, e.err
}

func (e echo) Duplicates(_ context.Context, f exchange.DuplicateFilter) ([]exchange.Duplicate, error) {
	return []exchange.Duplicate{{Kind: f.Kind, Value: "v", Objects: int64(f.Limit), Parties: map[bool]int64{true: 2, false: 1}[f.Parties]}}, e.err
}

func (e echo) Confidence(_ context.Context, id string, t time.Time) (decay.Assessment, error) {
	return decay.Assessment{Score: 7, At: t, Why: id}, e.err
}

func TestSearchesArriveAndComeBack(t *testing.T) {
	t.Parallel()
	both(t, echo{}, func(t *testing.T, c *client.Client) {
		got, err := c.Search(t.Context(), exchange.SearchRequest{Query: `"a&b" type:x`, After: 7, Limit: 9})
		if err != nil || got.Query != `"a&b" type:x` || got.Next != "8" || got.Total != 9 || !got.More {
			t.Errorf("Search: %+v, %v", got, err)
		}
		if diff := cmp.Diff([]search.Fragment{{Text: "a", Hit: true}}, got.Items[0].Excerpt); diff != "" || got.Items[0].TLP != "amber" {
			t.Errorf("Search: %s", diff)
		}
		left, err := c.Confidence(t.Context(), "a/b", at)
		if err != nil || left.Score != 7 || left.Why != "a/b" || !left.At.Equal(at) {
			t.Errorf("Confidence: %+v, %v", left, err)
		}
		if left, err = c.Confidence(t.Context(), "x", time.Time{}); err != nil || !left.At.IsZero() {
			t.Errorf("Confidence now: %+v, %v", left, err)
		}
		all, err := c.Duplicates(t.Context(), exchange.DuplicateFilter{Kind: "ip", Parties: true, Limit: 3})
		if diff := cmp.Diff([]exchange.Duplicate{{Kind: "ip", Value: "v", Objects: 3, Parties: 2}}, all); err != nil || diff != "" {
			t.Errorf("Duplicates: %v %s", err, diff)
		}
	})
}
