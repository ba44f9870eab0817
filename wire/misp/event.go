package misp

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"entente/intel/misp"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/internal/serve"
	"entente/internal/strictjson"
)

// query reads what a search asks for. A GET asks with the parameters of its path.
func (s *Server) query(rq request) (misp.Query, error) {
	body, err := s.body(rq)
	if err != nil {
		return misp.Query{}, err
	}
	if len(body) == 0 && len(rq.with) > 0 {
		v := strictjson.Value{Kind: strictjson.Object}
		for name, value := range rq.with {
			v.Members = append(v.Members, strictjson.Member{Name: name, Value: strictjson.Value{Kind: strictjson.String, Text: value}})
		}
		body = strictjson.Append(nil, &v)
	}
	return misp.ParseQuery(body, s.cfg.Now())
}

func (s *Server) body(rq request) ([]byte, error) {
	if rq.r.Method == http.MethodGet || rq.r.Method == http.MethodHead {
		return nil, nil
	}
	b, err := serve.Body(rq.w, rq.r, s.cfg.MaxBody)
	return bytes.TrimSpace(b), err
}

// index lists events, up to the last second that is over. A client that has the
// list as it is gets 304. A list has nothing of the objects, so that nothing is
// fetched by it.
func (s *Server) index(rq request) error {
	q, err := s.query(rq)
	if err != nil {
		return err
	}
	ctx := rq.r.Context()
	all, err := s.cfg.Exchange.FeedEvents(ctx, rq.from)
	if err != nil {
		return err
	}
	found := results{q: &q, most: s.cfg.MaxAnswer}
	now := s.cfg.Now()
	for _, e := range all {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !e.Own && e.Changed.After(now) {
			// Its second is not over: what is yet to come in it could not be told from
			// this, and whoever takes this would never ask again.
			continue
		}
		w, err := misp.ReadWhole(e.Document)
		if err != nil {
			continue // which costs itself only
		}
		if q.MatchIndex(w) && !found.add(func() []byte { return w.Entry(q.Minimal) }) {
			break
		}
	}
	return s.answerList(rq, `[`, &found, `]`)
}

// answerList answers with a list and an entity tag of exactly its bytes. What is
// handed out with it, and not before the client is known to take it, is noted.
func (s *Server) answerList(rq request, before string, found *results, after string) error {
	size := len(before) + len(after) + found.size
	if size > s.cfg.MaxAnswer {
		return fault.New(fault.Invalid, "misp.answer", "The answer would be longer than %d bytes.", s.cfg.MaxAnswer).
			Try("Ask for it in parts, with limit and page.")
	}
	b := make([]byte, 0, size)
	b = append(b, before...)
	for i, l := range found.lines {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, l...)
	}
	b = append(b, after...)
	tag := `"` + ident.Sum(b).String()[len("sha256:"):] + `"`
	rq.w.Header().Set("ETag", tag)
	rq.w.Header().Set("X-Result-Count", strconv.Itoa(len(found.lines)))
	if strings.Contains(rq.r.Header.Get("If-None-Match"), tag) {
		rq.w.Header().Set("Vary", "Accept-Encoding, Authorization, X-Misp-Auth")
		rq.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	return s.handOut(rq, b, found.fetches)
}

// handOut answers with objects, once it is on record that they were fetched.
func (s *Server) handOut(rq request, body []byte, fetches []string) error {
	if rq.r.Method != http.MethodHead {
		if err := s.cfg.Exchange.NoteFetched(rq.r.Context(), rq.from, fetches); err != nil {
			rq.w.Header().Del("ETag")
			return err
		}
	}
	s.answer(rq.w, rq.r, http.StatusOK, body)
	return nil
}

// view answers one event.
func (s *Server) view(rq request) error {
	body, err := s.body(rq)
	if err != nil {
		return err
	}
	q, err := misp.ParseQuery(body, s.cfg.Now())
	if err != nil {
		return err
	}
	w, fetches, err := s.whole(rq, rq.arg)
	if err != nil {
		return err
	}
	deleted, _ := q.Wants()
	w.Cut(deleted || rq.asked("deleted"), true)
	return s.handOut(rq, w.JSON(), fetches)
}

// whole finds an event by its UUID, or by the number it is called by, and says
// which releases are fetched for the first time by who gets it.
func (s *Server) whole(rq request, id string) (w *misp.Whole, fetches []string, err error) {
	if !strings.Contains(id, "-") {
		all, err := s.cfg.Exchange.FeedEvents(rq.r.Context(), rq.from)
		if err != nil {
			return nil, nil, err
		}
		for _, e := range all {
			if misp.EventNumber(e.UUID) == id {
				id = e.UUID
			}
		}
	}
	e, err := s.cfg.Exchange.FeedEvent(rq.r.Context(), rq.from, id)
	if err != nil {
		return nil, nil, err
	}
	w, err = misp.ReadWhole(e.Document)
	return w, e.Fetches, err
}

// search answers events/restSearch: whole events that have what is asked for.
func (s *Server) search(rq request) error {
	q, err := s.query(rq)
	if err != nil {
		return err
	}
	deleted, data := q.Wants()
	found := results{q: &q, most: s.cfg.MaxAnswer}
	err = s.eachEvent(rq, &q, func(w *misp.Whole, fetches []string) (more bool, err error) {
		is, err := q.MatchEvent(rq.r.Context(), w)
		if err != nil || !is {
			return true, err
		}
		return found.add(func() []byte {
			w.Cut(deleted, data)
			found.fetched(fetches)
			return w.JSON()
		}), nil
	})
	if err != nil {
		return err
	}
	return s.answerList(rq, `{"response":[`, &found, `]}`)
}

// searchAttributes answers attributes/restSearch.
func (s *Server) searchAttributes(rq request) error {
	q, err := s.query(rq)
	if err != nil {
		return err
	}
	found := results{q: &q, most: s.cfg.MaxAnswer}
	err = s.eachEvent(rq, &q, func(w *misp.Whole, fetches []string) (more bool, err error) {
		before := len(found.lines)
		more = true
		err = q.Attributes(rq.r.Context(), w, func(line func() []byte) bool {
			more = found.add(line)
			return more
		})
		if len(found.lines) > before {
			found.fetched(fetches)
		}
		return more, err
	})
	if err != nil {
		return err
	}
	return s.answerList(rq, `{"response":{"Attribute":[`, &found, `]}}`)
}

// results collects the page of what was found that a query asks for. What is
// before it is counted and not kept.
type results struct {
	q       *misp.Query
	most    int // bytes
	skipped int
	lines   [][]byte
	size    int      // of the lines, with what is between them
	fetches []string // releases that are handed out with them
}

// add reports whether more is wanted.
func (r *results) add(line func() []byte) (more bool) {
	if r.skipped < (r.q.Page-1)*r.q.Limit {
		r.skipped++
		return true
	}
	if r.q.Limit > 0 && len(r.lines) == r.q.Limit {
		return false
	}
	l := line()
	r.lines, r.size = append(r.lines, l), r.size+len(l)+1
	return r.size <= r.most && (r.q.Limit == 0 || len(r.lines) < r.q.Limit)
}

func (r *results) fetched(releases []string) {
	for _, id := range releases {
		if !slices.Contains(r.fetches, id) {
			r.fetches = append(r.fetches, id)
		}
	}
}

// eachEvent calls f with every event of the party whose own fields are asked
// for; without its content where that is all there is to say, and then nothing is
// fetched. An event that cannot be read costs itself only.
func (s *Server) eachEvent(rq request, q *misp.Query, f func(w *misp.Whole, fetches []string) (more bool, err error)) error {
	if err := q.CheckFormat(); err != nil {
		return err
	}
	ctx := rq.r.Context()
	all, err := s.cfg.Exchange.FeedEvents(ctx, rq.from)
	if err != nil {
		return err
	}
	for _, e := range all {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		w, err := misp.ReadWhole(e.Document)
		if err != nil || !q.MatchHead(w) {
			continue
		}
		if !q.Metadata {
			e, err = s.cfg.Exchange.FeedEvent(ctx, rq.from, e.UUID)
			if fault.KindOf(err) == fault.NotFound {
				continue // taken back since it was listed
			}
			if err != nil {
				return err
			}
			if w, err = misp.ReadWhole(e.Document); err != nil {
				continue
			}
		}
		if more, err := f(w, e.Fetches); err != nil || !more {
			return err
		}
	}
	return nil
}
