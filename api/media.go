package api

import (
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
		zr, err := inflate.Reader(r.Body, ctx.Operation().MaxBodyBytes)
		if err != nil {
			s.refuse(w, r, 0, err)
			return
		}
		r.Body = io.NopCloser(zr)
	}
	next(ctx)
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
