package peer_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"entente/internal/problem"
)

// rawConfig is a node's TLS without the client's manners.
func rawConfig(m member) *tls.Config {
	return &tls.Config{
		InsecureSkipVerify: true,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return m.ring.Certificate(time.Now())
		},
	}
}

func rawClient(m member) *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: rawConfig(m)}, Timeout: 10 * time.Second}
}

// answer is what came back, with the fault it carries.
type answer struct {
	status int
	header http.Header
	tls    *tls.ConnectionState
	err    error
}

func do(t *testing.T, c *http.Client, method, url string, body io.Reader, header http.Header) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		req.Header = header
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return answer{status: resp.StatusCode, header: resp.Header, tls: resp.TLS, err: problem.Parse(resp)}
}

func plainRequest(t *testing.T, header http.Header) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/peer/v1/messages", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header
	return req
}

type recorder struct {
	status int
	header http.Header
}

func newRecorder() *recorder { return &recorder{header: http.Header{}} }

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return len(b), nil }

// odd runs a node with m's certificate that answers as it likes.
func odd(t *testing.T, m member, handler http.Handler) (endpoint string) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: handler, ReadHeaderTimeout: time.Second, TLSConfig: &tls.Config{
		ClientAuth:     tls.RequireAnyClientCert,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return m.ring.Certificate(time.Now()) },
	}}
	go func() { _ = srv.ServeTLS(listener, "", "") }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Second)
		defer cancel()
		_ = srv.Shutdown(ctx)
		_ = srv.Close()
	})
	return "https://" + listener.Addr().String()
}
