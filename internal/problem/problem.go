// Package problem carries a fault over HTTP and back: RFC 9457 problem
// documents, written and read in one place for every door of a node.
//
// It does not log. Invariant: only the code, message, fields and next step of
// a fault ever leave; the text of any other error, and every cause, stays here.
package problem

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"entente/internal/fault"
)

// MediaType is the media type of a problem document.
const MediaType = "application/problem+json"

// maxSize bounds a problem document read from another node.
const maxSize = 1 << 16

// typePrefix is where docs/problems.md explains a code.
const typePrefix = "/problems/"

// Problem is an RFC 9457 problem document. Code and Next are extensions.
type Problem struct {
	Type   string        `json:"type"`
	Title  string        `json:"title"`
	Status int           `json:"status"`
	Code   string        `json:"code"`
	Detail string        `json:"detail,omitempty"`
	Errors []fault.Field `json:"errors,omitempty"`
	Next   string        `json:"next,omitempty"`

	retry time.Duration // becomes a header
}

// StatusOf is the only place where a kind of error becomes an HTTP status.
func StatusOf(k fault.Kind) int {
	switch k {
	case fault.Internal:
		return http.StatusInternalServerError
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Forbidden, fault.Denied:
		return http.StatusForbidden
	case fault.Unverified:
		return http.StatusBadRequest
	}
	return http.StatusInternalServerError
}

// Of returns what a client may see of err.
func Of(err error) Problem {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Kind == fault.Internal {
		code := fault.Internal.String()
		return Problem{Type: typePrefix + code, Title: "Internal error", Status: StatusOf(fault.Internal), Code: code}
	}
	return Problem{
		Type: typePrefix + f.Code, Title: f.Kind.String(), Status: StatusOf(f.Kind), Code: f.Code,
		Detail: f.Message, Errors: f.Fields, Next: f.Next, retry: f.Retry,
	}
}

// Write answers a request with err.
func Write(w http.ResponseWriter, err error) { Of(err).Write(w) }

// Write answers a request with p.
func (p Problem) Write(w http.ResponseWriter) {
	b, err := json.Marshal(p)
	if err != nil { // a message that is not valid UTF-8
		b = []byte(`{"type":"/problems/internal","title":"Internal error","status":500,"code":"internal"}`)
		p.Status = http.StatusInternalServerError
	}
	w.Header().Set("Content-Type", MediaType)
	SetRetry(w.Header(), p.retry)
	w.WriteHeader(p.Status)
	_, _ = w.Write(b) // the client is gone; there is nobody to tell
}

// SetRetry writes how long it makes no sense to try again (RFC 9110, section
// 10.2.3), if that is known.
func SetRetry(h http.Header, wait time.Duration) {
	if wait > 0 {
		h.Set("Retry-After", strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10))
	}
}

// retryOf reads what SetRetry wrote.
func retryOf(h http.Header) time.Duration {
	n, err := strconv.ParseInt(h.Get("Retry-After"), 10, 32)
	if err != nil {
		return 0
	}
	return max(0, time.Duration(n)*time.Second)
}

// Parse returns the fault an error response carries. Anything that is not a
// problem document of ours becomes an unavailable fault: a proxy or another
// program answered. Parse does not close the body.
func Parse(resp *http.Response) error {
	media, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil || media != MediaType {
		return foreign(resp, err)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxSize))
	if err != nil {
		return foreign(resp, err)
	}
	var p Problem
	if err := json.Unmarshal(body, &p); err != nil {
		return foreign(resp, err)
	}
	if p.Code == "" {
		return foreign(resp, nil)
	}
	f := fault.New(kindOf(p), p.Code, "%s", p.Detail)
	f.Fields, f.Next, f.Retry = p.Errors, p.Next, retryOf(resp.Header)
	if p.Detail == "" {
		f.Message = "The node reports an internal error."
	}
	return f
}

func foreign(resp *http.Response, cause error) error {
	return fault.New(fault.Unavailable, "problem.foreign", "The answer with status %d does not come from a node.", resp.StatusCode).
		Try("Check the address and what is between here and the node.").Because(cause)
}

// kindOf reads the kind from the title, which tells denied from forbidden, and
// falls back to the status.
func kindOf(p Problem) fault.Kind {
	for k := fault.Unavailable; k <= fault.Unverified; k++ {
		if k.String() == p.Title {
			return k
		}
	}
	for k := fault.Unavailable; k <= fault.Unverified; k++ {
		if StatusOf(k) == p.Status {
			return k
		}
	}
	return fault.Internal
}
