package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"entente/decision"
	"entente/exchange"
	"entente/internal/fault"
	"entente/party"
)

const secret = "s3cret-token"

// fake answers what a test needs; anything else is a nil-interface panic, which
// the API must turn into an internal error.
type fake struct {
	Exchange
	imported   exchange.ImportRequest
	sent       exchange.SendRequest
	err        error
	panicValue any
}

func (f *fake) Import(_ context.Context, r exchange.ImportRequest) (exchange.ImportReport, error) {
	f.imported = r
	return exchange.ImportReport{New: 1, Objects: []exchange.ImportLine{{Pointer: "/objects/0", ID: "indicator--1", Result: "new"}}}, f.err
}

func (f *fake) Send(_ context.Context, r exchange.SendRequest) (exchange.SendReport, error) {
	f.sent = r
	return exchange.SendReport{}, f.err
}

func (f *fake) Parties(context.Context) ([]party.Party, error) {
	if f.panicValue != nil {
		panic(f.panicValue)
	}
	return nil, f.err
}

func (f *fake) Party(_ context.Context, id party.ID) (party.Party, error) {
	return party.Party{}, fault.New(fault.NotFound, "party.unknown", "There is no party %q.", id)
}

func (f *fake) Why(context.Context, exchange.WhyRequest) (decision.Decision, error) {
	return decision.Decision{Outcome: decision.Deny}, f.err
}

func (f *fake) Objects(context.Context, exchange.ObjectFilter) ([]exchange.Stored, error) {
	return []exchange.Stored{{Seq: 7, ID: "indicator--1", Raw: []byte(`{"secret":"body"}`)}}, f.err
}

func (f *fake) Object(_ context.Context, id string) (exchange.ObjectView, error) {
	return exchange.ObjectView{Stored: exchange.Stored{ID: id, SpecVersion: "2.1", Raw: []byte(`{"b": 1,  "a": 2}`)}}, f.err
}

func newTest(t testing.TB, f *fake) *server {
	t.Helper()
	return newServer(Config{
		Exchange: f, Token: func() string { return secret }, Version: "test",
		Now: func() time.Time { return time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC) },
	})
}

func do(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func request(method, target, body string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+secret)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

type problemDoc struct {
	Type   string        `json:"type"`
	Title  string        `json:"title"`
	Status int           `json:"status"`
	Code   string        `json:"code"`
	Detail string        `json:"detail"`
	Errors []fault.Field `json:"errors"`
}

func problemOf(t testing.TB, w *httptest.ResponseRecorder) problemDoc {
	t.Helper()
	if ct := w.Header().Get("Content-Type"); ct != "application/problem+json" {
		t.Fatalf("content type %q, body %s", ct, w.Body)
	}
	var p problemDoc
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	if p.Status != w.Code {
		t.Errorf("status %d in the body, %d on the wire", p.Status, w.Code)
	}
	return p
}

// TestP5NoErrorTextLeaks reproduces the trap: huma's default answer to an error
// it does not know repeats the error's text to the client.
func TestP5NoErrorTextLeaks(t *testing.T) {
	t.Parallel()
	const inner = "pq: relation canary-victim does not exist"
	cases := map[string]*fake{
		"plain error":     {err: errors.New(inner)},
		"wrapped":         {err: fmt.Errorf("list: %w", errors.New(inner))},
		"cause of fault":  {err: fault.New(fault.Unavailable, "store.busy", "The store is busy.").Because(errors.New(inner))},
		"internal fault":  {err: fault.New(fault.Internal, "store.broken", "%s", inner)},
		"panic with text": {panicValue: inner},
		"panic, error":    {panicValue: errors.New(inner)},
	}
	for name, f := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := do(newTest(t, f).handler(), request("GET", "/v1/parties", ""))
			p := problemOf(t, w)
			if strings.Contains(w.Body.String(), "canary") || strings.Contains(fmt.Sprint(w.Header()), "canary") {
				t.Fatalf("the error's text leaked: %s", w.Body)
			}
			if f.err == nil || fault.KindOf(f.err) == fault.Internal {
				if p.Title != "Internal error" || w.Code != http.StatusInternalServerError {
					t.Errorf("got %d %q", w.Code, p.Title)
				}
			}
		})
	}
}

func TestFaultsBecomeProblems(t *testing.T) {
	t.Parallel()
	f := &fake{err: fault.New(fault.Conflict, "release.stale", "The preview is stale.").At("/preview", "is of epoch 3").Try("Preview again.")}
	w := do(newTest(t, f).handler(), request("POST", "/v1/releases", `{"objects":["indicator--1"]}`))
	p := problemOf(t, w)
	want := problemDoc{
		Type: p.Type, Title: p.Title, Status: http.StatusConflict, Code: "release.stale", Detail: "The preview is stale.",
		Errors: []fault.Field{{Pointer: "/preview", Detail: "is of epoch 3"}},
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error(diff)
	}
}

func TestAuthentication(t *testing.T) {
	t.Parallel()
	h := newTest(t, &fake{}).handler()
	cases := map[string][]string{
		"none": nil, "wrong": {"Bearer nope"}, "prefix": {"Bearer s3cret"}, "basic": {"Basic " + secret},
		"empty": {"Bearer "}, "bare": {secret}, "two": {"Bearer " + secret, "Bearer " + secret},
	}
	for name, headers := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodGet, "/v1/parties", nil)
			r.Header["Authorization"] = headers
			w := do(h, r)
			if w.Code != http.StatusUnauthorized || w.Header().Get("WWW-Authenticate") == "" || problemOf(t, w).Code != "auth.required" {
				t.Errorf("got %d %s", w.Code, w.Body)
			}
		})
	}
	unset := Handler(Config{Exchange: &fake{}, Token: func() string { return "" }})
	if w := do(unset, httptest.NewRequest(http.MethodGet, "/v1/parties", nil)); w.Code != http.StatusUnauthorized {
		t.Errorf("a node without a token let a request in: %d", w.Code)
	}
	if w := do(h, httptest.NewRequest(http.MethodGet, "/v1/health/live", nil)); w.Code != http.StatusOK {
		t.Errorf("live needs a token: %d", w.Code)
	}
}

// TestP20AbsentAndForbiddenLookAlike: without a token a path that exists and
// one that does not are the same, byte for byte.
func TestP20AbsentAndForbiddenLookAlike(t *testing.T) {
	t.Parallel()
	h := newTest(t, &fake{}).handler()
	a := do(h, httptest.NewRequest(http.MethodGet, "/v1/objects/indicator--1", nil))
	b := do(h, httptest.NewRequest(http.MethodGet, "/v1/nothing-here", nil))
	if a.Code != b.Code || a.Body.String() != b.Body.String() {
		t.Errorf("they differ: %d %s, %d %s", a.Code, a.Body, b.Code, b.Body)
	}
	if diff := cmp.Diff(a.Header(), b.Header()); diff != "" {
		t.Error(diff)
	}
}

func TestH15UnknownRoutesAndMethods(t *testing.T) {
	t.Parallel()
	h := newTest(t, &fake{}).handler()
	if w := do(h, request("GET", "/v1/nope", "")); problemOf(t, w).Code != "route.unknown" || w.Code != http.StatusNotFound {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	w := do(h, request("DELETE", "/v1/objects", ""))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, POST" {
		t.Errorf("got %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
}

func TestH10EveryAnswerIsNotStored(t *testing.T) {
	t.Parallel()
	h := newTest(t, &fake{}).handler()
	for _, target := range []string{"/v1/objects", "/v1/nope", "/v1/parties/x", "/v1/openapi.json", "/v1/health/live"} {
		if w := do(h, request("GET", target, "")); w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: Cache-Control %q", target, w.Header().Get("Cache-Control"))
		}
	}
}

// TestJ2J3BodiesAreStrict: one meaning per request, or a refusal that points.
func TestJ2J3BodiesAreStrict(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ body, pointer string }{
		"J2 duplicate":          {`{"objects":[],"objects":["x"]}`, "/objects"},
		"J2 escaped duplicate":  {`{"objects":[],"\u006fbjects":["x"]}`, "/objects"},
		"J3 case":               {`{"Objects":["x"]}`, "/Objects"},
		"unknown member":        {`{"objects":["x"],"force":true}`, "/force"},
		"wrong type":            {`{"objects":["x"],"to":[1]}`, "/to/0"},
		"bad digest":            {`{"objects":["x"],"preview":"sha256:zz"}`, "/preview"},
		"J5 invalid UTF-8":      {"{\"objects\":[\"\xff\"]}", "/objects/0"},
		"J5 NUL":                {`{"objects":["x"],"to":["a\\u0000","b\u0000"]}`, "/to/1"},
		"J6 trailing":           {`{"objects":["x"]} {}`, ""},
		"J6 comment":            {`{"objects":["x"] /* */}`, ""},
		"J1 deep":               {strings.Repeat(`{"objects":[`, 5000), ""},
		"empty":                 {``, ""},
		"array instead of this": {`[]`, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := do(newTest(t, &fake{}).handler(), request("POST", "/v1/releases", c.body))
			p := problemOf(t, w)
			if p.Code != "request.invalid" || w.Code < 400 || w.Code >= 500 || len(p.Errors) == 0 {
				t.Fatalf("got %d %s", w.Code, w.Body)
			}
			if c.pointer != "" && p.Errors[0].Pointer != c.pointer {
				t.Errorf("points at %q, want %q", p.Errors[0].Pointer, c.pointer)
			}
		})
	}
}

func TestParametersAreChecked(t *testing.T) {
	t.Parallel()
	h := newTest(t, &fake{}).handler()
	for target, pointer := range map[string]string{
		"/v1/objects?limit=0":          "/query/limit",
		"/v1/objects?limit=1000000000": "/query/limit",
		"/v1/objects?limit=canary":     "/query/limit",
		"/v1/objects?after=-1":         "/query/after",
		"/v1/objects?order=id":         "/query/order",
		"/v1/objects?limit=1;drop":     "/query",
		"/v1/objects?limit=1&limit=2":  "/query/limit",
		"/v1/why?object=x":             "/query/recipient",
	} {
		w := do(h, request("GET", target, ""))
		p := problemOf(t, w)
		if p.Code != "request.invalid" || len(p.Errors) == 0 || p.Errors[0].Pointer != pointer {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
		if strings.Contains(w.Body.String(), "canary") {
			t.Errorf("%s repeats the value sent: %s", target, w.Body)
		}
	}
}

func TestImportTakesBytesAsTheyAre(t *testing.T) {
	t.Parallel()
	const bundle = `{"type":"bundle",  "id":"bundle--1","objects":[]}`
	var zipped bytes.Buffer
	zw := gzip.NewWriter(&zipped)
	_, _ = zw.Write([]byte(bundle))
	_ = zw.Close()
	cases := map[string]*http.Request{
		"json":         request("POST", "/v1/objects?assign=amber%2Bstrict&source=file.json", bundle),
		"stix":         request("POST", "/v1/objects?assign=amber%2Bstrict&source=file.json", bundle, "Content-Type", "application/stix+json;version=2.1"),
		"utf-8 stated": request("POST", "/v1/objects?assign=amber%2Bstrict&source=file.json", bundle, "Content-Type", "application/json; charset=UTF-8"),
		"gzip":         request("POST", "/v1/objects?assign=amber%2Bstrict&source=file.json", zipped.String(), "Content-Encoding", "gzip"),
	}
	for name, r := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fake{}
			w := do(newTest(t, f).handler(), r)
			if w.Code != http.StatusOK {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			if string(f.imported.Data) != bundle || f.imported.Source != "file.json" || f.imported.Assign == nil || f.imported.Assign.String() != "amber+strict" {
				t.Errorf("imported %+v", f.imported)
			}
		})
	}
}

// TestJ5J8UnknownFormsAreRefused: nothing is guessed about the bytes.
func TestJ5J8UnknownFormsAreRefused(t *testing.T) {
	t.Parallel()
	h := newTest(t, &fake{}).handler()
	cases := map[string]struct {
		header, value, code string
		status              int
	}{
		"J5 latin-1": {"Content-Type", "application/json; charset=iso-8859-1", "request.charset", 415},
		"J5 utf-16":  {"Content-Type", "application/json; charset=utf-16", "request.charset", 415},
		"text":       {"Content-Type", "text/plain", "request.media-type", 415},
		"garbage":    {"Content-Type", ";;;", "request.media-type", 415},
		"J8 zstd":    {"Content-Encoding", "zstd", "request.encoding", 415},
		"J8 nested":  {"Content-Encoding", "gzip, gzip", "request.encoding", 415},
		"J8 unequal": {"Content-Encoding", "gzip", "", 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := do(h, request("POST", "/v1/objects", `{"type":"bundle"}`, c.header, c.value))
			p := problemOf(t, w)
			if c.status != 0 && w.Code != c.status || w.Code < 400 || w.Code > 499 || c.code != "" && p.Code != c.code {
				t.Errorf("got %d %s", w.Code, w.Body)
			}
		})
	}
}

// TestJ8GzipBomb: a small body that unpacks to a large one is refused while it
// unpacks.
func TestJ8GzipBomb(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	zw, _ := gzip.NewWriterLevel(&bomb, gzip.BestCompression)
	_, _ = io.CopyN(zw, zeros{}, 64<<20)
	_ = zw.Close()
	f := &fake{}
	w := do(newTest(t, f).handler(), request("POST", "/v1/objects", bomb.String(), "Content-Encoding", "gzip"))
	p := problemOf(t, w)
	if w.Code < 400 || w.Code > 499 || f.imported.Data != nil {
		t.Errorf("got %d %+v", w.Code, p)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

func TestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	body := `{"objects":["` + strings.Repeat("x", bodyLimit) + `"]}`
	w := do(newTest(t, &fake{}).handler(), request("POST", "/v1/releases", body))
	if p := problemOf(t, w); w.Code != http.StatusRequestEntityTooLarge || p.Code != "request.too-large" {
		t.Errorf("got %d %+v", w.Code, p)
	}
}

func TestObjectAnswers(t *testing.T) {
	t.Parallel()
	h := newTest(t, &fake{}).handler()
	if w := do(h, request("GET", "/v1/objects?limit=1", "")); !strings.Contains(w.Body.String(), `"next":"7"`) || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("a full page has no cursor, or a list carries bytes: %s", w.Body)
	}
	w := do(h, request("GET", "/v1/objects/indicator--1/content", ""))
	if w.Body.String() != `{"b": 1,  "a": 2}` || w.Header().Get("Content-Type") != "application/stix+json;version=2.1" {
		t.Errorf("the content is not the bytes as kept: %s %s", w.Header().Get("Content-Type"), w.Body)
	}
	if w := do(h, request("GET", "/v1/parties", "")); strings.TrimSpace(w.Body.String()) != `{"items":[]}` {
		t.Errorf("an empty list is %s", w.Body)
	}
}

// TestEveryOperationIsDocumented compares what is served with what the
// document says, both ways, and keeps the document under review.
func TestEveryOperationIsDocumented(t *testing.T) {
	t.Parallel()
	s := newTest(t, &fake{})
	var documented []string
	for path, item := range s.api.OpenAPI().Paths {
		if item.Get != nil {
			documented = append(documented, "GET "+path)
		}
		if item.Post != nil {
			documented = append(documented, "POST "+path)
		}
		if item.Put != nil || item.Patch != nil || item.Delete != nil || item.Head != nil || item.Options != nil || item.Trace != nil {
			t.Errorf("%s has a method this test does not look at", path)
		}
	}
	slices.Sort(documented)
	served := slices.Clone(s.routes.patterns)
	slices.Sort(served)
	if diff := cmp.Diff(served, documented); diff != "" {
		t.Errorf("served and documented differ:\n%s", diff)
	}
	w := do(s.handler(), request("GET", "/v1/openapi.json", ""))
	const golden = "testdata/openapi.json"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(golden, w.Body.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), w.Body.String()); diff != "" {
		t.Errorf("the document changed; look at the difference and run with UPDATE=1:\n%s", diff)
	}
}

// TestEveryOperationNeedsTheToken goes through the document, so that a new
// operation cannot be forgotten (H11).
func TestEveryOperationNeedsTheToken(t *testing.T) {
	t.Parallel()
	s := newTest(t, &fake{})
	h := s.handler()
	for _, pattern := range s.routes.patterns {
		method, path, _ := strings.Cut(pattern, " ")
		w := do(h, httptest.NewRequest(method, strings.ReplaceAll(path, "{id}", "x"), nil))
		if want := path != livePath && path != schemaPath; (w.Code == http.StatusUnauthorized) != want {
			t.Errorf("%s without a token: %d", pattern, w.Code)
		}
	}
}

func TestOpenAPIIsValidAndComplete(t *testing.T) {
	t.Parallel()
	b, err := newTest(t, &fake{}).document()
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]jsontext.Value
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	if string(doc["openapi"]) != `"3.1.0"` || !strings.Contains(string(doc["info"]), "Entente node API") {
		t.Errorf("%s %s", doc["openapi"], doc["info"])
	}
	for _, ref := range []string{"ErrorModel", "binary"} {
		if bytes.Contains(b, []byte(ref)) {
			t.Errorf("the document still says %q", ref)
		}
	}
	for part := range strings.SplitSeq(string(b), `"$ref": "#/components/schemas/`) {
		name, _, _ := strings.Cut(part, `"`)
		if part[0] != '{' && !bytes.Contains(doc["components"], []byte(`"`+name+`": {`)) {
			t.Errorf("reference to %s leads nowhere", name)
		}
	}
}
