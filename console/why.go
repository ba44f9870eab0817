package console

import (
	"context"
	"net/http"

	"github.com/go-json-experiment/json"

	"entente/decision"
	"entente/exchange"
	"entente/internal/fault"
	"entente/internal/ident"
)

// maxLookback bounds the search for a decision whose place is not in the address.
const maxLookback = 10

// reasons is what the page of one decision shows.
type reasons struct {
	exchange.DecisionRecord
	Decision decision.Decision
}

func (c *Console) why(r *http.Request) (string, page, error) {
	digest, err := ident.ParseDigest(r.PathValue("digest"))
	if err != nil {
		return "", page{}, err
	}
	place, err := cursor(r, "at")
	if err != nil {
		return "", page{}, err
	}
	rec, err := c.find(r.Context(), digest, place)
	if err != nil {
		return "", page{}, err
	}
	v := reasons{DecisionRecord: rec}
	if err := json.Unmarshal(rec.Body, &v.Decision); err != nil {
		return "", page{}, err
	}
	return "why.html", page{Title: "Why", Data: v}, nil
}

// find returns the decision with a digest: at its place in the history when
// the address says it, otherwise among the newest.
func (c *Console) find(ctx context.Context, digest ident.Digest, place int64) (exchange.DecisionRecord, error) {
	before, limit, pages := int64(0), pageSize, maxLookback
	if place > 0 {
		before, limit, pages = place+1, 1, 1
	}
	for range pages {
		ds, err := c.Exchange.Decisions(ctx, before, limit)
		if err != nil {
			return exchange.DecisionRecord{}, err
		}
		for _, d := range ds {
			if d.Digest == digest {
				return d, nil
			}
			before = d.Seq
		}
		if len(ds) < limit {
			break
		}
	}
	return exchange.DecisionRecord{}, fault.New(fault.NotFound, "decision.unknown", "There is no such decision among the newest.").
		Try("Open it from the list of decisions.")
}
