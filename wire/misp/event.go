package misp

import (
	"bytes"
	"net/http"
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
// list as it is gets 304.
func (s *Server) index(rq request) error {
	q, err := s.query(rq)
	if err != nil {
		return err
	}
	all, err := s.cfg.Exchange.FeedEvents(rq.r.Context(), rq.from)
	if err != nil {
		return err
	}
	var lines [][]byte
	now := s.cfg.Now()
	for _, e := range all {
		if !e.Own && e.Changed.After(now) {
			// Its second is not over: what is yet to come in it could not be told from
			// this, and whoever takes this would never ask again.
			continue
		}
		w, err := misp.ReadWhole(e.Document)
		if err != nil {
			return err
		}
		if q.MatchIndex(w) {
			lines = append(lines, w.Entry(q.Minimal))
		}
	}
	return s.answerList(rq, `[`, misp.Page(q, lines), `]`)
}

// answerList answers with a list and an entity tag of exactly its bytes.
func (s *Server) answerList(rq request, before string, lines [][]byte, after string) error {
	size := len(before) + len(after)
	for _, l := range lines {
		size += len(l) + 1
	}
	if size > s.cfg.MaxAnswer {
		return fault.New(fault.Invalid, "misp.answer", "The answer would be longer than %d bytes.", s.cfg.MaxAnswer).
			Try("Ask for it in parts, with limit and page.")
	}
	b := make([]byte, 0, size)
	b = append(b, before...)
	b = append(b, bytes.Join(lines, []byte(","))...)
	b = append(b, after...)
	tag := `"` + ident.Sum(b).String()[len("sha256:"):] + `"`
	rq.w.Header().Set("ETag", tag)
	rq.w.Header().Set("X-Result-Count", strconv.Itoa(len(lines)))
	if strings.Contains(rq.r.Header.Get("If-None-Match"), tag) {
		rq.w.Header().Set("Vary", "Accept-Encoding, Authorization, X-Misp-Auth")
		rq.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	s.answer(rq.w, rq.r, http.StatusOK, b)
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
	w, err := s.whole(rq, rq.arg)
	if err != nil {
		return err
	}
	deleted, _ := q.Wants()
	w.Cut(deleted || rq.asked("deleted"), true)
	s.answer(rq.w, rq.r, http.StatusOK, w.JSON())
	return nil
}

// whole finds an event by its UUID, or by the number it is called by.
func (s *Server) whole(rq request, id string) (*misp.Whole, error) {
	if !strings.Contains(id, "-") {
		all, err := s.cfg.Exchange.FeedEvents(rq.r.Context(), rq.from)
		if err != nil {
			return nil, err
		}
		for _, e := range all {
			if misp.EventNumber(e.UUID) == id {
				id = e.UUID
			}
		}
	}
	e, err := s.cfg.Exchange.FeedEvent(rq.r.Context(), rq.from, id)
	if err != nil {
		return nil, err
	}
	return misp.ReadWhole(e.Document)
}

// search answers events/restSearch: whole events that have what is asked for.
func (s *Server) search(rq request) error {
	q, err := s.query(rq)
	if err != nil {
		return err
	}
	deleted, data := q.Wants()
	found := results{q: &q, most: s.cfg.MaxAnswer}
	err = s.eachEvent(rq, &q, func(w *misp.Whole) bool {
		if !q.MatchEvent(w) {
			return true
		}
		w.Cut(deleted, data)
		return found.add(w.JSON())
	})
	if err != nil {
		return err
	}
	return s.answerList(rq, `{"response":[`, misp.Page(q, found.lines), `]}`)
}

// searchAttributes answers attributes/restSearch.
func (s *Server) searchAttributes(rq request) error {
	q, err := s.query(rq)
	if err != nil {
		return err
	}
	found := results{q: &q, most: s.cfg.MaxAnswer}
	err = s.eachEvent(rq, &q, func(w *misp.Whole) bool { return found.add(q.Attributes(w)...) })
	if err != nil {
		return err
	}
	return s.answerList(rq, `{"response":{"Attribute":[`, misp.Page(q, found.lines), `]}}`)
}

// results collects what was found until it is enough.
type results struct {
	q     *misp.Query
	most  int
	lines [][]byte
	size  int // of those on the page
}

// add reports whether more is wanted.
func (r *results) add(lines ...[]byte) bool {
	for _, l := range lines {
		if r.lines = append(r.lines, l); len(r.lines) > (r.q.Page-1)*r.q.Limit {
			r.size += len(l)
		}
	}
	return r.size <= r.most && (r.q.Limit == 0 || len(r.lines) < r.q.Page*r.q.Limit)
}

// eachEvent calls f with every event of the party whose own fields are asked
// for; without its content where that is all there is to say.
func (s *Server) eachEvent(rq request, q *misp.Query, f func(*misp.Whole) (more bool)) error {
	if err := q.CheckFormat(); err != nil {
		return err
	}
	ctx := rq.r.Context()
	all, err := s.cfg.Exchange.FeedEvents(ctx, rq.from)
	if err != nil {
		return err
	}
	for _, e := range all {
		w, err := misp.ReadWhole(e.Document)
		if err != nil {
			return err
		}
		if !q.MatchHead(w) {
			continue
		}
		if !q.Metadata {
			if e, err = s.cfg.Exchange.FeedEvent(ctx, rq.from, e.UUID); fault.KindOf(err) == fault.NotFound {
				continue // taken back since it was listed
			}
			if err == nil {
				w, err = misp.ReadWhole(e.Document)
			}
		}
		if err != nil {
			return err
		}
		if !f(w) {
			break
		}
	}
	return nil
}
