package api

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"entente/internal/fault"
	"entente/internal/problem"
)

// failure is a problem on its way to the client, in the form huma accepts.
type failure struct {
	problem.Problem
}

func (f failure) Error() string             { return f.Type }
func (f failure) GetStatus() int            { return f.Status }
func (f failure) ContentType(string) string { return problem.MediaType }

// failed turns err into what the client may see, and logs the whole of it.
func (s *server) failed(ctx context.Context, op huma.Operation, err error) error {
	f := failure{problem.Of(err)}
	s.logFailure(ctx, op.OperationID, f.Problem, err)
	return f
}

// refuse writes err as a problem from outside of huma.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, status int, err error) {
	p := problem.Of(err)
	if status != 0 {
		p.Status = status
	}
	s.logFailure(r.Context(), r.Method, p, err)
	p.Write(w)
}

func (s *server) logFailure(ctx context.Context, operation string, p problem.Problem, err error) {
	level := slog.LevelInfo
	if p.Status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	s.Log.LogAttrs(ctx, level, "request failed",
		slog.String("operation", operation), slog.String("problem", p.Type), slog.Any("error", err))
}

// ownProblem replaces the errors huma makes itself. Its own form repeats the
// request's values and the text of internal errors.
func ownProblem(_ huma.Context, _ string, v any) (any, error) {
	e, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := problem.Of(humaFault(e))
	p.Status = e.Status
	return p, nil
}

func humaFault(e *huma.ErrorModel) error {
	switch {
	case e.Status >= http.StatusInternalServerError:
		return errors.New(e.Detail)
	case e.Status == http.StatusRequestEntityTooLarge:
		return fault.New(fault.Invalid, "request.too-large", "The request body is larger than this operation takes.").
			Try("Split it and send the parts one after another.")
	case e.Status == http.StatusRequestTimeout:
		return fault.New(fault.Unavailable, "request.timeout", "The request body did not arrive in time.").Try("Send the request again.")
	}
	f := fault.New(fault.Invalid, "request.invalid", "The request is not valid.").Try("Correct the fields named and send it again.")
	for _, d := range e.Errors {
		pointer := ""
		if d.Location != "" {
			pointer = "/" + strings.ReplaceAll(d.Location, ".", "/")
		}
		f = f.At(pointer, d.Message)
	}
	if len(e.Errors) == 0 {
		f = f.At("", e.Detail)
	}
	return f
}

// invalidBody is the fault of a JSON body that is not what an operation takes.
func invalidBody() *fault.Error {
	return fault.New(fault.Invalid, "request.invalid", "The request body is not valid for this operation.").
		Try("Compare it with /v1/openapi.json and send it again.")
}

// nulFault refuses the text that PostgreSQL cannot keep, in a body that was
// decoded before.
func nulFault(body []byte) error {
	if !bytes.Contains(body, []byte(`\u0000`)) {
		return nil
	}
	tokens := jsontext.NewDecoder(bytes.NewReader(body))
	for tokens.PeekKind() > 0 {
		token, err := tokens.ReadToken()
		if err != nil {
			return bodyFault(err)
		}
		if token.Kind() == '"' && strings.ContainsRune(token.String(), 0) {
			return invalidBody().At(string(tokens.StackPointer()), "contains the invisible character U+0000")
		}
	}
	return nil
}

// bodyFault says what is wrong with a JSON body and where, without its values.
func bodyFault(err error) error {
	f := invalidBody().Because(err)
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		detail := "is not valid JSON"
		if errors.Is(err, jsontext.ErrDuplicateName) {
			detail = "has a member twice"
		}
		return f.At(string(syntax.JSONPointer), detail)
	}
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		detail := "has the wrong type or form"
		if errors.Is(err, json.ErrUnknownName) {
			detail = "is not a member of this request; names are case-sensitive"
		}
		return f.At(string(semantic.JSONPointer), detail)
	}
	return f.At("", "could not be read")
}

func (s *server) problemResponse() *huma.Response {
	return &huma.Response{
		Description: "An RFC 9457 problem",
		Content: map[string]*huma.MediaType{
			problem.MediaType: {Schema: s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[problem.Problem](), true, "Problem")},
		},
	}
}
