package misp

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json"

	"entente/internal/fault"
	"entente/internal/problem"
	"entente/internal/serve"
	"entente/party"
)

// errorBody is how MISP says that something is wrong; clients show the message.
type errorBody struct {
	Name    string `json:"name"`
	Message string `json:"message"`
	URL     string `json:"url"`
	Code    string `json:"code"`
	Saved   bool   `json:"saved"`
}

// statusOf maps faults as everywhere, but for what MISP clients expect otherwise:
// a key that is not accepted is 403 to them.
func statusOf(err error) int {
	switch {
	case fault.KindOf(err) == fault.Unauthenticated:
		return http.StatusForbidden
	case fault.CodeOf(err) == "misp.method":
		return http.StatusMethodNotAllowed
	case fault.CodeOf(err) == "body.size" || fault.CodeOf(err) == "inflate.size":
		return http.StatusRequestEntityTooLarge
	}
	return problem.StatusOf(fault.KindOf(err))
}

// fail answers with what may be said of err, and logs the whole of it.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, from party.ID, err error) {
	if errors.Is(err, context.DeadlineExceeded) {
		err = fault.New(fault.Unavailable, "misp.time", "The answer took longer than a request may.").
			Try("Ask for less at a time: narrow the search, by time or by event.").Because(err)
	}
	status, level := statusOf(err), slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
		w.Header().Set("Retry-After", "2")
	}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		problem.SetRetry(w.Header(), f.Retry)
	}
	s.cfg.Logger.LogAttrs(r.Context(), level, "misp request failed",
		slog.String("party", string(from)), slog.String("code", fault.CodeOf(err)), slog.Any("error", err))
	p := problem.Of(err)
	said := p.Detail
	if p.Next != "" {
		said += " " + p.Next
	}
	s.answerJSON(w, r, status, errorBody{Name: said, Message: said, URL: r.URL.EscapedPath(), Code: p.Code})
}

func (s *Server) answerJSON(w http.ResponseWriter, r *http.Request, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil { // text that is not UTF-8, which nothing stored is and no path as it is written
		status, b = http.StatusInternalServerError, []byte(`{"name":"Internal Server Error","message":"Internal Server Error","code":"internal"}`)
	}
	s.answer(w, r, status, b)
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=UTF-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding, Authorization, X-Misp-Auth")
	if serve.TakesGzip(r.Header) {
		body = serve.Pack(h, body)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	if _, err := w.Write(body); err != nil {
		s.cfg.Logger.InfoContext(r.Context(), "misp answer not taken", slog.Any("error", err)) // it will ask again
	}
}
