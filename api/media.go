package api

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"entente/internal/fault"
	"entente/internal/inflate"
)

// maxRatio is how many times larger than its gzip form a body may be (ASSURANCE.md J8).
const maxRatio = 20

// formChecked refuses a request whose form this node would have to guess at,
// and unpacks gzip within bounds, before the operation sees it (ASSURANCE.md
// J5, J8).
func (s *server) formChecked(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	if err := checkQuery(r); err != nil {
		s.refuse(w, r, 0, err)
		return
	}
	if r.Method != http.MethodPost {
		next(ctx)
		return
	}
	if err := checkMedia(r); err != nil {
		s.refuse(w, r, http.StatusUnsupportedMediaType, err)
		return
	}
	if r.Header.Get("Content-Encoding") != "" {
		plain, err := unpack(r.Body, ctx.Operation().MaxBodyBytes)
		if err != nil {
			s.refuse(w, r, 0, err)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(plain))
	}
	next(ctx)
}

// unpack undoes gzip here rather than while huma reads, which would turn the
// reason for a refusal into an internal error.
func unpack(packed io.Reader, most int64) ([]byte, error) {
	zr, err := inflate.NewReader(packed, int(most), maxRatio)
	if err != nil {
		return nil, unreadable(err)
	}
	plain, err := io.ReadAll(zr)
	if err != nil {
		return nil, unreadable(err)
	}
	return plain, nil
}

// unreadable keeps a fault of the content and calls anything else a broken
// connection.
func unreadable(err error) error {
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	return fault.New(fault.Unavailable, "request.broken", "The request body broke off.").Try("Send it again.").Because(err)
}

// checkQuery refuses what [url.URL.Query] would silently drop or choose among.
func checkQuery(r *http.Request) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return fault.New(fault.Invalid, "request.invalid", "The request is not valid.").At("/query", "is malformed").Because(err)
	}
	for name, values := range query {
		if len(values) > 1 {
			return fault.New(fault.Invalid, "request.invalid", "The request is not valid.").At("/query/"+name, "is given more than once")
		}
	}
	return nil
}

func checkMedia(r *http.Request) error {
	switch encoding := strings.ToLower(strings.Join(r.Header.Values("Content-Encoding"), ",")); encoding {
	case "", "gzip":
	default:
		return fault.New(fault.Invalid, "request.encoding", "This content encoding is not taken.").
			At("/header/Content-Encoding", "is neither absent nor gzip").Try("Send the body as it is, or gzipped once.")
	}
	declared := r.Header.Get("Content-Type")
	if declared == "" {
		return nil
	}
	media, params, err := mime.ParseMediaType(declared)
	if err != nil || media != "application/json" && media != "application/stix+json" {
		return fault.New(fault.Invalid, "request.media-type", "This media type is not taken.").
			At("/header/Content-Type", "is neither application/json nor application/stix+json").Try("Send JSON.")
	}
	if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return fault.New(fault.Invalid, "request.charset", "Only UTF-8 is taken.").
			At("/header/Content-Type", "names another charset").Try("Convert the file to UTF-8.")
	}
	return nil
}
