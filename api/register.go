package api

import (
	"context"
	"io"
	"net/http"
	"path"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"

	"entente/api/view"
)

// bodyLimit bounds every request body but an import.
const bodyLimit = 1 << 20

func humaConfig(version string) huma.Config {
	format := huma.Format{
		Marshal:   func(w io.Writer, v any) error { return json.MarshalWrite(w, v, json.Deterministic(true)) },
		Unmarshal: func(b []byte, v any) error { return json.Unmarshal(b, v, json.RejectUnknownMembers(true)) },
	}
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Entente node API", Version: version,
				Description: "Decide, release, prove and recall. Imports are idempotent by content and releases by preview digest: repeating a request has no second effect. " +
					"Every error is an RFC 9457 problem with a stable code.",
				License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", schemaName),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"token": {Type: "http", Scheme: "bearer", Description: "The content of the file token in the data folder."},
				},
			},
			Security: []map[string][]string{{"token": {}}},
		},
		Formats:                      map[string]huma.Format{"application/json": format, "json": format},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{ownProblem},
	}
}

// schemaName keeps types of the same name in two packages apart.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name := huma.DefaultSchemaNamer(t, hint)
	pkg := path.Base(t.PkgPath())
	if t.Name() == "" || pkg == "view" || pkg == "api" || strings.HasPrefix(strings.ToLower(name), pkg) {
		return name
	}
	return strings.ToUpper(pkg[:1]) + pkg[1:] + name
}

// reply is the one shape of a successful answer.
type reply[T any] struct{ Body T }

// decoder is an input whose body is decoded after authentication, see [body].
type decoder interface{ decode() error }

// register is the only way an operation enters the API: whatever handle
// returns as an error leaves as a problem, and never as its own text.
func register[In, Out any](s *server, op huma.Operation, handle func(ctx context.Context, in *In) (Out, error)) {
	registerRaw(s, op, func(ctx context.Context, in *In) (*reply[Out], error) {
		out, err := handle(ctx, in)
		return &reply[Out]{Body: out}, err
	})
}

// registerRaw is [register] for answers that are not JSON documents.
func registerRaw[In, Out any](s *server, op huma.Operation, handle func(ctx context.Context, in *In) (*Out, error)) {
	if op.MaxBodyBytes == 0 {
		op.MaxBodyBytes = bodyLimit
	}
	op.SkipValidateBody = true // bodies are decoded strictly by body[T]; huma would fold case
	op.Responses = map[string]*huma.Response{"default": s.problemResponse()}
	op.Middlewares = append(huma.Middlewares{s.formChecked}, op.Middlewares...)
	huma.Register(s.api, op, func(ctx context.Context, in *In) (*Out, error) {
		if d, ok := any(in).(decoder); ok {
			if err := d.decode(); err != nil {
				return nil, s.failed(ctx, op, err)
			}
		}
		out, err := handle(ctx, in)
		if err != nil {
			return nil, s.failed(ctx, op, err)
		}
		return out, nil
	})
	if b, ok := any(new(In)).(interface{ bodyType() reflect.Type }); ok {
		s.describeBody(op, b.bodyType())
	}
}

// describeBody replaces huma's "binary" with the schema of what is decoded.
func (s *server) describeBody(op huma.Operation, t reflect.Type) {
	doc := s.api.OpenAPI()
	item := doc.Paths[op.Path]
	if op.Method == http.MethodPost {
		item.Post.RequestBody.Content = map[string]*huma.MediaType{
			"application/json": {Schema: doc.Components.Schemas.Schema(t, true, t.Name())},
		}
	}
}

// body is a request body decoded strictly: no unknown member, no duplicate
// name, exact case, valid UTF-8 without NUL.
type body[T any] struct {
	RawBody []byte `contentType:"application/json"`
	value   T
}

func (b *body[T]) bodyType() reflect.Type { return reflect.TypeFor[T]() }

func (b *body[T]) decode() error {
	err := json.Unmarshal(b.RawBody, &b.value, json.RejectUnknownMembers(true))
	if err != nil {
		return bodyFault(err)
	}
	return nulFault(b.RawBody)
}

// page wraps one page of a list; next is called for the last item of a full page.
func page[A, B any](in []A, limit int, show func(A) B, next func(A) string) view.List[B] {
	l := view.List[B]{Items: view.Each(in, show)}
	if limit > 0 && len(in) == limit {
		l.Next = next(in[len(in)-1])
	}
	return l
}

// all wraps a list that has only one page.
func all[T any](in []T) view.List[T] {
	return view.List[T]{Items: view.Each(in, func(t T) T { return t })}
}
