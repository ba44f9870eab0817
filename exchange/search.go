package exchange

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"entente/intel"
	"entente/intel/atom"
	"entente/intel/decay"
	"entente/intel/search"
	"entente/intel/stix"
	"entente/internal/fault"
)

// How much of a search is worked out.
const (
	countUpTo  = 10_000 // a person who reads more of a result asks again
	indexFirst = 1_000  // what came in last is indexed before a search answers
	alsoUpTo   = 50
	perAct     = 200 // objects indexed in one act, so that others get their turn
)

// SearchRequest asks for one page of what a query finds.
type SearchRequest struct {
	Query string
	After int64 // cursor: Next of the page before
	Limit int   // 0 = 100
}

// Found is one page of what a query found, newest arrival first.
type Found struct {
	Query   string  `json:"query"` // as it was understood
	Hits    []Hit   `json:"hits"`
	Next    int64   `json:"next,omitzero"`
	Total   int     `json:"total"`
	More    bool    `json:"more,omitzero"` // there are more than Total; nobody counted them
	Facets  []Facet `json:"facets"`
	Waiting int64   `json:"waiting,omitzero"` // objects whose text is not indexed yet
}

// Hit is one object that was found.
type Hit struct {
	Stored
	TLP     string
	Excerpt []search.Fragment
	Remarks []Remark
	// Confidence is what is left of it now; nil where age says nothing.
	Confidence *decay.Assessment
}

// Facet counts what was found by one field.
type Facet struct {
	Field  string       `json:"field"`
	Values []FacetValue `json:"values"` // most first
}

// FacetValue is one value of a field; Query finds what has it.
type FacetValue struct {
	Value string `json:"value"`
	Count int    `json:"count"`
	Query string `json:"query"`
}

// Search finds live objects for this node's own people. It must not be called
// for a partner: what is held here is nobody else's business. It returns an
// invalid fault "search.query" for a query that cannot be understood.
func (s *Service) Search(ctx context.Context, in SearchRequest) (Found, error) {
	q, err := search.Parse(in.Query)
	if err != nil {
		return Found{}, err
	}
	if _, err := s.IndexWaiting(ctx, indexFirst); err != nil {
		return Found{}, err
	}
	return read(ctx, s, func(r Reader) (Found, error) {
		out := Found{Query: q.String()}
		all, err := r.Search(ctx, SearchFilter{Query: q, Most: countUpTo + 1})
		if err != nil {
			return out, err
		}
		if out.Waiting, err = r.CountWaiting(ctx); err != nil {
			return out, err
		}
		page, limit := all, cmp.Or(in.Limit, 100)
		if in.After > 0 {
			if page, err = r.Search(ctx, SearchFilter{Query: q, After: in.After, Most: limit + 1}); err != nil {
				return out, err
			}
		}
		out.Total, out.More = min(len(all), countUpTo), len(all) > countUpTo
		out.Facets = facets(q, all[:out.Total])
		if len(page) > limit {
			page = page[:limit]
			out.Next = page[limit-1].Seq
		}
		out.Hits, err = s.hits(ctx, r, q, page)
		return out, err
	})
}

// hits reads the objects of a page.
func (s *Service) hits(ctx context.Context, r Reader, q search.Query, page []SearchRow) ([]Hit, error) {
	seqs := make([]int64, len(page))
	tlp := map[int64]string{}
	for i, row := range page {
		seqs[i], tlp[row.Seq] = row.Seq, row.TLP
	}
	stored, err := readable(ctx, r, seqs)
	if err != nil {
		return nil, err
	}
	lists, err := s.loadLists(ctx, r)
	if err != nil {
		return nil, err
	}
	slices.Reverse(stored)
	out, all := make([]Hit, len(stored)), make([]fading, len(stored))
	for i, o := range stored {
		out[i] = Hit{Stored: o, TLP: tlp[o.Seq]}
		parsed, _, err := stix.ParseObject(o.Raw)
		if err != nil {
			return nil, err
		}
		out[i].Excerpt = q.Excerpt(parsed.Tree)
		all[i] = fading{parsed, o.Provenance, atom.Of(parsed)}
		out[i].Remarks = lists.remarks(all[i].atoms)
	}
	left, err := assess(ctx, r, all, s.time())
	for i := range out {
		out[i].Confidence = left[out[i].ID]
	}
	return out, err
}

// readable reads versions; one that is damaged since it was indexed is left out,
// and the scrub names it.
func readable(ctx context.Context, r Reader, seqs []int64) ([]Stored, error) {
	all, err := r.Versions(ctx, seqs)
	if fault.KindOf(err) != fault.Unverified {
		return all, err
	}
	slices.Sort(seqs)
	for _, seq := range seqs {
		o, err := r.Version(ctx, seq)
		if fault.KindOf(err) == fault.Unverified {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, nil
}

// facets counts rows by what people narrow a result with.
func facets(q search.Query, rows []SearchRow) []Facet {
	fields := []struct {
		name string
		of   func(SearchRow) string
	}{
		{"type", func(r SearchRow) string { return r.Type }},
		{"tlp", func(r SearchRow) string { return r.TLP }},
		{"from", func(r SearchRow) string { return r.From }},
		{"year", func(r SearchRow) string { return r.Year }},
	}
	out := make([]Facet, 0, len(fields))
	for _, f := range fields {
		counts := map[string]int{}
		for _, r := range rows {
			counts[f.of(r)]++
		}
		delete(counts, "")
		facet := Facet{Field: f.name, Values: []FacetValue{}}
		for _, v := range slices.Sorted(maps.Keys(counts)) {
			facet.Values = append(facet.Values, FacetValue{v, counts[v], q.Narrowed(f.name, v)})
		}
		slices.SortStableFunc(facet.Values, func(a, b FacetValue) int { return b.Count - a.Count })
		out = append(out, facet)
	}
	return out
}

// Duplicates returns the values that several objects have. The objects stay
// apart: what two sources say of one value came under two laws.
func (s *Service) Duplicates(ctx context.Context, f DuplicateFilter) ([]Duplicate, error) {
	return read(ctx, s, func(r Reader) ([]Duplicate, error) { return r.Duplicates(ctx, f) })
}

// sameValues returns who else has a value of an object. What many objects have
// by nature, a technique of ATT&CK, does not count.
func sameValues(ctx context.Context, r Reader, o *intel.Object, atoms []atom.Atom) ([]Holder, error) {
	var values []string
	for _, a := range atoms {
		if a.Kind != atom.Attack {
			values = append(values, a.Value)
		}
	}
	if len(values) == 0 {
		return nil, nil
	}
	all, err := r.Holders(ctx, values, alsoUpTo+len(values))
	all = slices.DeleteFunc(all, func(h Holder) bool { return h.ID == o.ID })
	return all[:min(len(all), alsoUpTo)], err
}

// IndexWaiting indexes versions that wait for it, newest first and up to so
// many, and returns how many there were. The background work calls it until
// there are none.
func (s *Service) IndexWaiting(ctx context.Context, most int) (done int, err error) {
	for done < most {
		n, err := s.indexSome(ctx, min(perAct, most-done))
		if err != nil || n == 0 {
			return done, err
		}
		done += n
	}
	return done, nil
}

// indexSome works out the entries outside the act, as an import does.
func (s *Service) indexSome(ctx context.Context, most int) (int, error) {
	var waiting []Waiting
	var entries []search.Entry
	err := s.store.Read(ctx, func(r Reader) (err error) {
		if waiting, err = r.Waiting(ctx, most); err != nil {
			return err
		}
		entries = make([]search.Entry, len(waiting))
		for i, w := range waiting {
			if entries[i], err = s.foundBy(ctx, r, w); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || len(waiting) == 0 {
		return 0, err
	}
	return len(waiting), s.store.Write(ctx, func(tx Tx) error {
		for i, w := range waiting {
			if err := tx.Index(ctx, w.Seq, entries[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// foundBy works out what a version is found by. One that is damaged, or that the
// parser of today refuses, is found by nothing and holds up nobody.
func (s *Service) foundBy(ctx context.Context, r Reader, w Waiting) (search.Entry, error) {
	o, _, err := stix.ParseObject(w.Raw)
	if err != nil {
		return search.Entry{}, nil //nolint:nilerr // see above; the scrub names it
	}
	// What is not known yet of a TLP label cannot be found by it; the words do
	// not wait for it.
	marks, err := newMarkings(s.self, nil).resolve(ctx, r, o, w.Provenance.From)
	if err != nil {
		return search.Entry{}, err
	}
	e := searchEntry(o, w.Provenance, s.subject(o, w.Provenance, marks, nil).TLP)
	e.Words = search.WordsOf(o)
	return e, nil
}

func searchEntry(o *intel.Object, p Provenance, tlp intel.TLP) search.Entry {
	e := search.EntryOf(o)
	e.TLP, e.From, e.Source, e.At = tlp.String(), string(p.From), p.Source, p.At
	return e
}
