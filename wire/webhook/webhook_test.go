package webhook_test

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"entente/exchange"
	"entente/internal/fault"
	"entente/wire/webhook"
)

var message = exchange.WebhookMessage{ID: "w_release_r", Timestamp: 1674087231, Signature: "v1a,c2ln", Body: `{"kind":"release"}`}

// receiver is a party's tool over HTTPS, and the webhook that calls it.
func receiver(t *testing.T, handle http.HandlerFunc) (*httptest.Server, exchange.Webhook) {
	t.Helper()
	srv := httptest.NewTLSServer(handle)
	t.Cleanup(srv.Close)
	return srv, exchange.Webhook{URL: srv.URL + "/hook", CA: authority(srv)}
}

func authority(srv *httptest.Server) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}))
}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func caller(timeout time.Duration) *webhook.Client {
	return webhook.NewClient(webhook.Config{Now: func() time.Time { return noon }, AllowLoopback: true, Timeout: timeout})
}

// TestMessageTravelsAsItWasSigned (Standard Webhooks 1.0.0, "Webhook headers").
func TestMessageTravelsAsItWasSigned(t *testing.T) {
	t.Parallel()
	asked := 0
	_, h := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.URL.Path != "/hook" || string(body) != message.Body {
			t.Errorf("%s %s %q %v", r.Method, r.URL, body, err)
		}
		for name, want := range map[string]string{
			"webhook-id": message.ID, "webhook-timestamp": "1674087231", "webhook-signature": message.Signature, "content-type": "application/json",
		} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		w.WriteHeader(http.StatusNoContent)
	})
	if _, err := caller(0).Post(t.Context(), h, message); err != nil || asked != 1 {
		t.Errorf("%v, asked %d times", err, asked)
	}
}

// TestFaultyReceivers (Standard Webhooks 1.0.0, "Delivery success and failure"):
// each costs no more than its time, and its fault says what is wrong.
func TestFaultyReceivers(t *testing.T) {
	t.Parallel()
	elsewhere, _ := receiver(t, func(http.ResponseWriter, *http.Request) { t.Error("a redirect was followed") })
	for name, c := range map[string]struct {
		handle http.HandlerFunc
		code   string // "" is success
		says   string
		wait   time.Duration
	}{
		"500":                  {answer(500, nil), "webhook.answer", "status 500", 0},
		"404":                  {answer(404, nil), "webhook.answer", "status 404", 0},
		"410":                  {answer(410, nil), "webhook.gone", "wants no more calls", 0},
		"429 with time":        {answer(429, http.Header{"Retry-After": {"120"}}), "webhook.answer", "status 429", 2 * time.Minute},
		"503 with date":        {answer(503, http.Header{"Retry-After": {noon.Add(time.Hour).Format(http.TimeFormat)}}), "webhook.answer", "status 503", time.Hour},
		"redirect":             {answer(307, http.Header{"Location": {elsewhere.URL}}), "webhook.answer", "is not followed", 0},
		"redirect home":        {answer(302, http.Header{"Location": {"/hook"}}), "webhook.answer", "is not followed", 0},
		"200, unreadable time": {answer(200, http.Header{"Retry-After": {"x"}}), "", "", 0},
		"does not answer": {func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // after which the server sees that the client went
			<-r.Context().Done()
		}, "webhook.unreachable", "does not answer", 0},
		"breaks off": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "webhook.unreachable", "does not answer", 0},
		"huge header": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X", strings.Repeat("x", 1<<20))
		}, "webhook.unreachable", "does not answer", 0},
		"huge answer": {func(w http.ResponseWriter, _ *http.Request) {
			for range 1 << 16 {
				if _, err := w.Write(bytes.Repeat([]byte("x"), 1<<16)); err != nil {
					return
				}
			}
			t.Error("4 GiB were read")
		}, "", "", 0},
		"answer that never ends": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, "", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, h := receiver(t, c.handle)
			wait, err := caller(500*time.Millisecond).Post(t.Context(), h, message)
			f, _ := errors.AsType[*fault.Error](err)
			switch {
			case c.code == "" && err != nil, c.code != "" && f == nil:
				t.Errorf("%v", err)
			case c.code != "" && (f.Code != c.code || !strings.Contains(f.Message, c.says) || f.Next == ""):
				t.Errorf("%+v", f)
			}
			if wait != c.wait {
				t.Errorf("wait %v, want %v", wait, c.wait)
			}
		})
	}
}

func answer(status int, header http.Header) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		maps.Copy(w.Header(), header)
		w.WriteHeader(status)
	}
}

// TestReceiversThatCannotBeCalled: nobody there, nobody who can be trusted, nobody
// whom this node may call.
func TestReceiversThatCannotBeCalled(t *testing.T) {
	t.Parallel()
	srv, h := receiver(t, func(http.ResponseWriter, *http.Request) { t.Error("it was called") })
	refused := httptest.NewTLSServer(http.NotFoundHandler())
	gone := exchange.Webhook{URL: refused.URL}
	refused.Close()
	strict := webhook.NewClient(webhook.Config{Now: time.Now})
	for name, c := range map[string]struct {
		client *webhook.Client
		hook   exchange.Webhook
		says   string
	}{
		"connection refused":     {caller(0), gone, "does not answer"},
		"unknown authority":      {caller(0), exchange.Webhook{URL: srv.URL}, "cannot be trusted"},
		"loopback":               {strict, h, "does not connect to"},
		"a name for loopback":    {strict, exchange.Webhook{URL: strings.Replace(h.URL, "127.0.0.1", "localhost", 1), CA: h.CA}, "does not connect to"},
		"a name of another":      {caller(0), exchange.Webhook{URL: strings.Replace(h.URL, "127.0.0.1", "localhost", 1), CA: h.CA}, "cannot be trusted"},
		"a name nobody can have": {caller(0), exchange.Webhook{URL: "https://nobody.invalid/"}, "nobody.invalid"},
	} {
		_, err := c.client.Post(t.Context(), c.hook, message)
		f, _ := errors.AsType[*fault.Error](err)
		if f == nil || f.Code != "webhook.unreachable" || !strings.Contains(f.Message, c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestP21WebhookIsRefusedWhereNobodyMayBeCalled: at once, by address or by name; a
// name that leads nowhere yet is none of these (H12).
func TestP21WebhookIsRefusedWhereNobodyMayBeCalled(t *testing.T) {
	t.Parallel()
	strict := webhook.NewClient(webhook.Config{Now: time.Now})
	srv, _ := receiver(t, func(http.ResponseWriter, *http.Request) {})
	for _, c := range []struct {
		client *webhook.Client
		url    string
		ca     string
		at     string // "" is accepted
	}{
		{strict, "https://127.0.0.1/", "", "/url"},
		{strict, "https://localhost/", "", "/url"},
		{strict, "https://[::ffff:169.254.169.254]/", "", "/url"},
		{strict, "https://[fd00:ec2::254]/", "", "/url"},
		{caller(0), "https://169.254.169.254/", "", "/url"},
		{strict, "https://%zz/", "", "/url"},
		{strict, "https://10.1.2.3/", "no PEM", "/ca"},
		{strict, "https://10.1.2.3/", "", ""},
		{strict, "https://nobody.invalid/", "", ""},
		{caller(0), "https://127.0.0.1/", authority(srv), ""},
	} {
		err := c.client.Check(context.WithoutCancel(t.Context()), exchange.Webhook{URL: c.url, CA: c.ca})
		f, _ := errors.AsType[*fault.Error](err)
		switch {
		case c.at == "" && err != nil:
			t.Errorf("%s: %v", c.url, err)
		case c.at != "" && (f == nil || f.Code != "webhook.invalid" || f.Fields[0].Pointer != c.at):
			t.Errorf("%s: %v", c.url, err)
		}
	}
}
