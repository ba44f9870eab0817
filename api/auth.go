package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"

	"entente/internal/fault"
	"entente/internal/problem"
)

// authenticated lets a request through when it carries the operator's token.
// Everything else looks the same to a caller without one, existing or not.
func (s *server) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == livePath || r.URL.Path == schemaPath || strings.HasPrefix(r.URL.Path, linkedPath) || s.tokenHolds(r.Header.Values("Authorization")) {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("WWW-Authenticate", `Bearer realm="entente"`)
		s.refuse(w, r, 0, fault.New(fault.Unauthenticated, "auth.required", "This needs the node's token.").
			Try("Send it as Authorization: Bearer <token>; it is in the file token of the data folder."))
	})
}

// readable refuses an address that is no text before anything is asked of it.
func (s *server) readable(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := problem.Text(r.URL); err != nil {
			s.refuse(w, r, 0, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// tokenHolds compares digests, so that neither the time taken nor a length
// check says how much of a guess was right.
func (s *server) tokenHolds(headers []string) bool {
	if len(headers) != 1 || s.Token == nil {
		return false
	}
	scheme, given, ok := strings.Cut(headers[0], " ")
	want := s.Token()
	if !ok || !strings.EqualFold(scheme, "Bearer") || want == "" {
		return false
	}
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(want))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// noStore keeps answers, which may hold personal data, out of every cache.
func noStore(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

// recovered turns a panic into an internal error: one bad request must not
// take the node down, nor its stack reach the client.
func (s *server) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := &tracked{ResponseWriter: w}
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler || t.wrote { //nolint:errorlint // the sentinel of net/http, compared as net/http does
				panic(http.ErrAbortHandler)
			}
			s.refuse(t, r, 0, fmt.Errorf("panic: %v\n%s", v, debug.Stack()))
		}()
		next.ServeHTTP(t, r)
	})
}

// tracked remembers whether a response was begun.
type tracked struct {
	http.ResponseWriter
	wrote bool
}

func (t *tracked) WriteHeader(status int) {
	t.wrote = true
	t.ResponseWriter.WriteHeader(status)
}

func (t *tracked) Write(b []byte) (int, error) {
	t.wrote = true
	return t.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (t *tracked) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// unknownRoute answers paths and methods nothing is registered for.
func (s *server) unknownRoute(w http.ResponseWriter, r *http.Request) {
	var allow []string
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		probe := r.Clone(r.Context())
		probe.Method = method
		if _, pattern := s.routes.mux.Handler(probe); pattern != "/" {
			allow = append(allow, method)
		}
	}
	if len(allow) == 0 {
		s.refuse(w, r, 0, fault.New(fault.NotFound, "route.unknown", "There is nothing at this path.").
			Try("See /v1/openapi.json for what there is."))
		return
	}
	w.Header().Set("Allow", strings.Join(allow, ", "))
	s.refuse(w, r, http.StatusMethodNotAllowed, fault.New(fault.Invalid, "route.method", "This path does not take this method.").
		Try("Use one of: %s.", strings.Join(allow, ", ")))
}
