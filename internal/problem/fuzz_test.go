package problem_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"testing"

	"entente/internal/fault"
	"entente/internal/problem"
)

// FuzzParse: whatever answers in place of a node, the client has a fault with a
// code and something to say.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{"code":"a.b","status":409,"title":"conflict","detail":"d","errors":[{"pointer":"/a","detail":"x"}]}`, `{"code":1}`, `{"code":"a","code":"b"}`, `[`, ``} {
		f.Add(problem.MediaType, 409, []byte(seed))
	}
	f.Add("text/html", 502, []byte("<html>"))
	f.Fuzz(func(t *testing.T, media string, status int, body []byte) {
		err := problem.Parse(&http.Response{StatusCode: status, Header: http.Header{"Content-Type": {media}}, Body: io.NopCloser(bytes.NewReader(body))})
		got, ok := errors.AsType[*fault.Error](err)
		if !ok || got.Code == "" || got.Message == "" {
			t.Fatalf("%v", err)
		}
	})
}
