package view

import (
	"strconv"

	"entente/exchange"
	"entente/intel/decay"
	"entente/intel/search"
)

// Found is one page of what a search found, newest arrival first.
type Found struct {
	Query   string           `json:"query" doc:"As it was understood"`
	Items   []Hit            `json:"items"`
	Next    string           `json:"next,omitempty" doc:"Cursor of the next page; absent on the last one"`
	Total   int              `json:"total"`
	More    bool             `json:"more,omitzero" doc:"There are more than total; they were not counted"`
	Facets  []exchange.Facet `json:"facets" doc:"What was found, counted by field, over all pages"`
	Waiting int64            `json:"waiting,omitzero" doc:"Objects whose text is not indexed yet, and may be missing"`
}

// Hit is one object that was found, and why.
type Hit struct {
	Object
	TLP        string            `json:"tlp"`
	Remarks    []exchange.Remark `json:"remarks,omitempty" doc:"Values that are on a warninglist"`
	Confidence *decay.Assessment `json:"confidence,omitempty" doc:"What is left of it now; absent where age says nothing"`
	Excerpt    []search.Fragment `json:"excerpt" doc:"A piece of its text; hit marks what was looked for"`
}

// FoundOf copies what is shown of a search.
func FoundOf(f exchange.Found) Found {
	out := Found{
		Query: f.Query, Items: Each(f.Hits, hitOf), Total: f.Total, More: f.More,
		Facets: f.Facets, Waiting: f.Waiting,
	}
	if f.Next > 0 {
		out.Next = strconv.FormatInt(f.Next, 10)
	}
	return out
}

func hitOf(h exchange.Hit) Hit {
	return Hit{Object: ObjectOf(h.Stored), TLP: h.TLP, Remarks: h.Remarks, Confidence: h.Confidence, Excerpt: Each(h.Excerpt, func(f search.Fragment) search.Fragment { return f })}
}
