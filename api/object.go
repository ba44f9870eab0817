package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"entente/api/view"
	"entente/exchange"
	"entente/intel"
	"entente/internal/fault"
)

// importLimit bounds an imported bundle, before and after decompression.
const importLimit = 256 << 20

// importTimeout is how long a bundle may take to arrive.
const importTimeout = 10 * time.Minute

type importInput struct {
	Assign  string `query:"assign" enum:"clear,green,amber,amber+strict,red" doc:"TLP label for objects that carry none; without it they stay closed to everybody"`
	Source  string `query:"source" maxLength:"500" doc:"Where the bundle comes from, for people"`
	RawBody []byte `contentType:"application/stix+json"`
}

// datesLimit bounds a page of a manifest.
const datesLimit = 16 << 20

type datesInput struct {
	RawBody []byte `contentType:"application/json"`
}

type objectsInput struct {
	Type       string `query:"type" doc:"Only objects of this STIX type"`
	Unreleased bool   `query:"unreleased" doc:"Only objects nobody else has"`
	After      int64  `query:"after" minimum:"0" doc:"Cursor: the next of the page before"`
	Limit      int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

type objectInput struct {
	ID string `path:"id" doc:"Object id, e.g. indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"`
}

type quarantineInput struct {
	After int64 `query:"after" minimum:"0" doc:"Cursor: the next of the page before"`
	Limit int   `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

// rawOutput is an answer of exact bytes.
type rawOutput struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

func (s *server) objectRoutes() {
	register(s, huma.Operation{
		OperationID: "import-objects", Method: http.MethodPost, Path: "/v1/objects", Tags: []string{"object"},
		Summary:      "Import a STIX bundle, MISP events or another format",
		Description:  "The body is a STIX bundle, a MISP event or a document of another format as it is, optionally gzipped. Every object is accounted for; one bad object never blocks the others. Importing the same bytes again changes nothing.",
		MaxBodyBytes: importLimit, BodyReadTimeout: importTimeout,
	}, s.importObjects)
	register(s, huma.Operation{
		OperationID: "date-objects", Method: http.MethodPost, Path: "/v1/objects/dates", Tags: []string{"object"},
		Summary:      "Keep the dates of another TAXII server for objects that are here",
		Description:  "The body is a manifest (TAXII 2.1, section 5.3), or a page of one. A version that is released as it is from now on comes into the feed of its recipient at its date_added there, or right after what is in that feed already, so that clients go on from where they stood.",
		MaxBodyBytes: datesLimit,
	}, func(ctx context.Context, in *datesInput) (exchange.DateReport, error) {
		return s.Exchange.DateObjects(ctx, in.RawBody)
	})
	register(s, huma.Operation{
		OperationID: "list-objects", Method: http.MethodGet, Path: "/v1/objects", Tags: []string{"object"},
		Summary: "List objects, oldest arrival first",
	}, s.objects)
	register(s, huma.Operation{
		OperationID: "get-object", Method: http.MethodGet, Path: "/v1/objects/{id}", Tags: []string{"object"},
		Summary: "One object with its markings, personal data, decisions and facts",
	}, func(ctx context.Context, in *objectInput) (view.ObjectDetail, error) {
		v, err := s.Exchange.Object(ctx, in.ID)
		return view.ObjectDetailOf(v), err
	})
	registerRaw(s, huma.Operation{
		OperationID: "get-object-content", Method: http.MethodGet, Path: "/v1/objects/{id}/content", Tags: []string{"object"},
		Summary: "The exact bytes of an object",
	}, func(ctx context.Context, in *objectInput) (*rawOutput, error) {
		v, err := s.Exchange.Object(ctx, in.ID)
		return &rawOutput{ContentType: "application/stix+json;version=" + v.SpecVersion, Body: v.Raw}, err
	})
	register(s, huma.Operation{
		OperationID: "list-quarantine", Method: http.MethodGet, Path: "/v1/quarantine", Tags: []string{"object"},
		Summary: "What was refused or set aside, with the reason",
	}, func(ctx context.Context, in *quarantineInput) (view.List[exchange.Quarantine], error) {
		q, err := s.Exchange.Quarantined(ctx, in.After, in.Limit)
		return page(q, in.Limit, same, func(q exchange.Quarantine) string { return strconv.FormatInt(q.Seq, 10) }), err
	})
}

func (s *server) importObjects(ctx context.Context, in *importInput) (exchange.ImportReport, error) {
	r := exchange.ImportRequest{Data: ownCopy(in.RawBody), Source: in.Source}
	if in.Assign != "" {
		label, ok := intel.ParseTLP(in.Assign)
		if !ok {
			return exchange.ImportReport{}, fault.New(fault.Invalid, "request.invalid", "The request is not valid.").
				At("/query/assign", "is none of clear, green, amber, amber+strict, red")
		}
		r.Assign = &label
	}
	return s.Exchange.Import(ctx, r)
}

func (s *server) objects(ctx context.Context, in *objectsInput) (view.List[view.Object], error) {
	stored, err := s.Exchange.Objects(ctx, exchange.ObjectFilter{
		Type: in.Type, Unreleased: in.Unreleased, After: in.After, Limit: in.Limit,
	})
	return page(stored, in.Limit, view.ObjectOf, func(o exchange.Stored) string { return strconv.FormatInt(o.Seq, 10) }), err
}

func same[T any](t T) T { return t }

// ownCopy detaches a body from huma's buffer pool, which takes small buffers
// back when the handler returns while the domain may still hold slices of them.
func ownCopy(b []byte) []byte {
	if cap(b) > bodyLimit {
		return b
	}
	return append([]byte(nil), b...)
}
