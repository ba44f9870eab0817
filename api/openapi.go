package api

import (
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json/jsontext"
)

// openAPIRoute serves the document last, when every other operation is in it.
func (s *server) openAPIRoute() {
	registerRaw(s, huma.Operation{
		OperationID: "get-openapi", Method: http.MethodGet, Path: "/v1/openapi.json", Tags: []string{"health"},
		Summary: "This document",
	}, func(context.Context, *struct{}) (*rawOutput, error) {
		doc, err := s.document()
		return &rawOutput{ContentType: "application/json", Body: doc}, err
	})
	schemas := s.api.OpenAPI().Components.Schemas.Map()
	for _, t := range []reflect.Type{reflect.TypeFor[huma.ErrorModel](), reflect.TypeFor[huma.ErrorDetail]()} {
		delete(schemas, schemaName(t, "")) // huma's own errors never leave, see ownProblem
	}
	item := s.api.OpenAPI().Paths["/v1/objects"]
	binary := &huma.MediaType{Schema: &huma.Schema{Type: "object", Description: "A STIX 2.1 or 2.0 bundle"}}
	item.Post.RequestBody.Content = map[string]*huma.MediaType{"application/json": binary, "application/stix+json": binary}
	for path, what := range map[string]string{
		"/v1/warninglists": "A list in the format of misp-warninglists", "/v1/objects/dates": "A manifest of a TAXII 2.1 collection",
	} {
		s.api.OpenAPI().Paths[path].Post.RequestBody.Content = map[string]*huma.MediaType{
			"application/json": {Schema: &huma.Schema{Type: "object", Description: what}},
		}
	}
}

// document returns the OpenAPI document, canonically ordered and indented.
func (s *server) document() ([]byte, error) {
	b, err := s.api.OpenAPI().MarshalJSON()
	if err != nil {
		return nil, err
	}
	v := jsontext.Value(b)
	if err := v.Canonicalize(); err != nil {
		return nil, err
	}
	err = v.Indent(jsontext.WithIndent("  "))
	return v, err
}
