package taxii

import (
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

// errorBody is the error message of 3.6.1. The status is a string.
type errorBody struct {
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Code        string `json:"error_code"`
	Status      string `json:"http_status"`
}

// statusOf maps faults as everywhere, but for what TAXII has a status of its own.
func statusOf(err error) int {
	switch fault.CodeOf(err) {
	case "taxii.query":
		return http.StatusBadRequest
	case "taxii.accept":
		return http.StatusNotAcceptable
	case "taxii.media", "body.encoding":
		return http.StatusUnsupportedMediaType
	case "body.size", "inflate.size":
		return http.StatusRequestEntityTooLarge
	case "taxii.method":
		return http.StatusMethodNotAllowed
	}
	return problem.StatusOf(fault.KindOf(err))
}

// fail answers with what may be said of err, and logs the whole of it.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, from party.ID, err error) {
	status := statusOf(err)
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
		w.Header().Set("Retry-After", "2")
	}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		problem.SetRetry(w.Header(), f.Retry)
	}
	s.cfg.Logger.LogAttrs(r.Context(), level, "taxii request failed",
		slog.String("party", string(from)), slog.String("code", fault.CodeOf(err)), slog.Any("error", err))
	p := problem.Of(err)
	body := errorBody{Title: http.StatusText(status), Description: p.Detail, Code: p.Code, Status: strconv.Itoa(status)}
	if f, ok := errors.AsType[*fault.Error](err); ok && p.Detail != "" && f.Next != "" {
		body.Description += " " + f.Next
	}
	s.answerJSON(w, r, status, body)
}

func (s *Server) answerJSON(w http.ResponseWriter, r *http.Request, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil { // text that is not UTF-8, which no fault has
		status, b = http.StatusInternalServerError, []byte(`{"title":"Internal Server Error","error_code":"internal","http_status":"500"}`)
	}
	s.answer(w, r, status, b)
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", MediaType)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept, Accept-Encoding, Authorization")
	if serve.TakesGzip(r.Header) {
		body = serve.Pack(h, body)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		s.cfg.Logger.InfoContext(r.Context(), "taxii answer not taken", slog.Any("error", err)) // it will ask again
	}
}
