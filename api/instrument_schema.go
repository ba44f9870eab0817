package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"entente/instrument"
	"entente/internal/ident"
)

// schemaPath needs no token: the format of agreements is no secret, and the
// editors that complete and check with it carry none.
const schemaPath = "/v1/schema/instrument"

type schemaInput struct {
	IfNoneMatch string `header:"If-None-Match" doc:"The ETag of the copy at hand"`
}

type schemaOutput struct {
	Status       int
	ContentType  string `header:"Content-Type"`
	ETag         string `header:"ETag"`
	CacheControl string `header:"Cache-Control"`
	Body         []byte
}

func (s *server) instrumentSchemaRoute() {
	body := instrument.Schema()
	etag := `"` + ident.Sum(body).String() + `"`
	registerRaw(s, huma.Operation{
		OperationID: "get-instrument-schema", Method: http.MethodGet, Path: schemaPath, Tags: []string{"instrument"},
		Summary:     "The JSON Schema of instruments, for editors",
		Description: "JSON Schema 2020-12 of format 1. Public: it needs no token and may be cached. Point a YAML editor at it.",
		Security:    []map[string][]string{},
	}, func(_ context.Context, in *schemaInput) (*schemaOutput, error) {
		out := &schemaOutput{Status: http.StatusOK, ContentType: "application/schema+json", ETag: etag, CacheControl: "public, max-age=3600", Body: body}
		if matches(in.IfNoneMatch, etag) {
			out.Status, out.ContentType, out.Body = http.StatusNotModified, "", nil
		}
		return out, nil
	})
	answer := s.api.OpenAPI().Paths[schemaPath].Get.Responses["200"]
	answer.Content = map[string]*huma.MediaType{"application/schema+json": {Schema: &huma.Schema{Type: "object", Description: "A JSON Schema"}}}
}

// matches reports whether an If-None-Match header names an entity tag (RFC 9110
// section 13.1.2, weak comparison).
func matches(header, etag string) bool {
	return slices.ContainsFunc(strings.Split(header, ","), func(tag string) bool {
		tag = strings.TrimSpace(tag)
		return tag == "*" || strings.TrimPrefix(tag, "W/") == etag
	})
}
