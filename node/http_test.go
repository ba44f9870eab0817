package node_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"entente/node"
)

// running serves a fresh node until the test ends.
func running(t *testing.T) (n *node.Node, addr string) {
	t.Helper()
	up := make(chan string, 1)
	n, err := node.Open(t.Context(), node.Config{
		Dir: initialised(t), Listen: "127.0.0.1:0", PeerListen: "127.0.0.1:0", OnListen: func(api, _ string) { up <- api },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- n.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	select {
	case addr = <-up:
	case <-time.After(30 * time.Second):
		t.Fatal("no door opened")
	}
	return n, addr
}

// TestH1H2RequestsWithTwoMeaningsEndTheConnection: what two readers could take
// apart differently is refused, or is the last thing read from its connection.
func TestH1H2RequestsWithTwoMeaningsEndTheConnection(t *testing.T) {
	t.Parallel()
	n, addr := running(t)
	head := "Host: " + addr + "\r\nAuthorization: Bearer " + n.Token() + "\r\n"
	post := "POST /v1/releases HTTP/1.1\r\n" + head + "Content-Type: application/json\r\n"
	hidden := "GET /v1/parties HTTP/1.1\r\n" + head + "\r\n"
	for name, test := range map[string]struct{ request, status string }{
		"H1 both lengths":          {post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n" + hidden, "422"},
		"H1 the other order":       {post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n2\r\n{}\r\n0\r\n\r\n" + hidden, "422"},
		"H2 two lengths":           {post + "Content-Length: 2\r\nContent-Length: 7\r\n\r\n{}" + hidden, "400"},
		"H2 a negative length":     {post + "Content-Length: -1\r\n\r\n" + hidden, "400"},
		"H2 a length with a sign":  {post + "Content-Length: +5\r\n\r\n{}" + hidden, "400"},
		"H2 an unknown encoding":   {post + "Transfer-Encoding: xchunked\r\n\r\n{}" + hidden, "501"},
		"H2 a space before colon":  {post + "Transfer-Encoding : chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n" + hidden, "400"},
		"H2 two hosts":             {"GET /v1/parties HTTP/1.1\r\nHost: y\r\n" + head + "\r\n" + hidden, "400"},
		"H2 no host":               {"GET /v1/parties HTTP/1.1\r\n\r\n" + hidden, "400"},
		"H2 a header of 64 KiB":    {"GET /v1/parties HTTP/1.1\r\n" + head + "X: " + strings.Repeat("x", 64<<10) + "\r\n\r\n" + hidden, "431"},
		"H2 a line that goes on":   {"GET /v1/parties HTTP/1.1\r\n" + head + "X: a\r\n b: c\r\n" + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n" + hidden, "400"},
		"H2 a break in a header":   {"GET /v1/parties HTTP/1.1\r\n" + head + "X: a\rb\r\n\r\n" + hidden, "400"},
		"H14 HTTP/2 in the clear":  {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400"},
		"H2 a protocol of its own": {"GET /v1/parties HTTP/9.9\r\n" + head + "\r\n" + hidden, "505"},
	} {
		if got := exchanged(t, addr, test.request); !strings.HasPrefix(got, "HTTP/1.1 "+test.status) || strings.Count(got, "HTTP/1.1") != 1 {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// exchanged is all that comes back until the server closes, however it does.
func exchanged(t *testing.T, addr, request string) string {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(conn)
	return string(answer)
}

// TestH4PathsLeadWhereTheyAreRouted: an escape inside a path is text of one name.
// It opens nothing that its pattern does not, with the token or without.
func TestH4PathsLeadWhereTheyAreRouted(t *testing.T) {
	t.Parallel()
	n, _ := running(t)
	for _, path := range []string{
		"/v1/objects/a%2f..%2fb", "/v1/objects/..%2f..%2fv1%2fparties", "/v1/objects/%2e%2e%2fparties", "/v1/objects/a%5c..%5cparties", "/v1/objects/a%00",
		"/v1%2fparties", "/v1/../v1/parties", "/v1//parties", "/v1/parties/../parties", "/v1/%2e%2e/v1/parties", "/V1/parties", "/v1/parties/", "/v1/parties%2f",
		"/objects/..%2f..%2fv1%2fparties", "/style.css%2f..%2fparties", "/style.css/../parties", "/why/..%2f..%2fv1%2fparties",
	} {
		for _, token := range []string{"", n.Token()} {
			w := answered(t, n.API(), path, token)
			if w.Code < http.StatusMultipleChoices || w.Code >= http.StatusInternalServerError || strings.Contains(w.Body.String(), "BEGIN CERTIFICATE") {
				t.Errorf("%s, token %v: %d %s", path, token != "", w.Code, w.Body)
			}
		}
	}
	if w := answered(t, n.API(), "//evil.example/..", ""); strings.HasPrefix(w.Header().Get("Location"), "//") {
		t.Errorf("it leads to another server: %v", w.Header())
	}
	if w := answered(t, n.API(), "/enter/..%2fparties", ""); !strings.Contains(w.Body.String(), `action="/enter/..%2fparties"`) {
		t.Errorf("the form leads elsewhere: %s", w.Body)
	}
}

// TestJ5AddressesAreText: a byte that is no text, or a NUL, is refused wherever in
// an address it stands, before the database or the answer meets it.
func TestJ5AddressesAreText(t *testing.T) {
	t.Parallel()
	n, _ := running(t)
	for _, path := range []string{
		"/v1/parties/%ff", "/v1/parties/a%00", "/v1/objects/%ed%a0%80", "/v1/objects?type=%ff", "/v1/search?q=%c0%af", "/v1/releases?to=%00", "/v1/objects?%ff=1",
	} {
		if w := answered(t, n.API(), path, n.Token()); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "request.text") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

// TestJ5NULIsRefusedBeforePostgres, which cannot keep one.
func TestJ5NULIsRefusedBeforePostgres(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "node")
	if _, err := node.Init(t.Context(), node.InitOptions{Dir: dir, Party: somebody, Database: freshPostgres(t)}); err != nil {
		t.Fatal(err)
	}
	n, err := node.Open(t.Context(), node.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	for path, body := range map[string]string{
		"/v1/releases?to=a%00": "", "/v1/parties/a%00": "", "/v1/releases": `{"objects":["a\u0000"],"to":["b"]}`, "/v1/recalls": `{"release":"a\u0000","reason":"x"}`,
		"/v1/webhooks": `{"party":"a\u0000","url":"https://x.example/"}`, "/v1/facts": `{"kind":"a\u0000","about":"b"}`,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
		if body == "" {
			r.Method = http.MethodGet
		}
		r.Header.Set("Authorization", "Bearer "+n.Token())
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		n.API().ServeHTTP(w, r)
		if w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if err := n.Close(); err != nil {
		t.Error(err)
	}
}

// TestH10NothingIsCached: no answer of the API and no page is kept by a cache in
// between, refusals and what leads elsewhere included.
func TestH10NothingIsCached(t *testing.T) {
	t.Parallel()
	n, _ := running(t)
	for _, path := range []string{"/v1/parties", "/v1/objects/absent", "/v1/nope", "/v1/parties/", "/v1/health/live", "/", "/objects", "/nope", "/style.css", "/enter/x", "/enter/"} {
		for _, token := range []string{"", n.Token(), "wrong"} {
			if h := answered(t, n.API(), path, token).Header(); h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s, token %q: %v", path, token, h)
			}
		}
	}
}

func answered(t *testing.T, h http.Handler, path, token string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
	u, err := url.Parse("http://127.0.0.1" + path)
	if err != nil {
		t.Fatal(err)
	}
	r.URL = u
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
