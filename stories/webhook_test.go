package stories

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"

	"entente/party"
)

// receiverCommand is `receiver CARD FILE`: a party's tool that takes webhooks until
// it is interrupted. It writes its address to FILE.url and its certificate to
// FILE.pem, verifies each call with the key on CARD alone, answers the first with
// 500, and appends the id and the body of each to FILE.
func receiverCommand(args []string) error {
	b, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	card, err := party.ParseCard(b)
	if err != nil {
		return err
	}
	out, err := os.OpenFile(args[1], os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	calls := 0
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		body, err := io.ReadAll(r.Body)
		status := http.StatusNoContent
		if calls++; calls == 1 {
			status = http.StatusInternalServerError
		}
		if err != nil || !verifies(card, r.Header, body) {
			status = http.StatusUnauthorized
		}
		_, _ = fmt.Fprintf(out, "%d %s %s\n", status, r.Header.Get("webhook-id"), body)
		w.WriteHeader(status)
	}))
	defer srv.Close()
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
	err = errors.Join(os.WriteFile(args[1]+".pem", certificate, 0o600), os.WriteFile(args[1]+".url", []byte(srv.URL+"/hook"), 0o600))
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	<-ctx.Done()
	return out.Close()
}

func verifies(card party.Party, h http.Header, body []byte) bool {
	signed := fmt.Appendf(nil, "%s.%s.%s", h.Get("webhook-id"), h.Get("webhook-timestamp"), body)
	sig, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(h.Get("webhook-signature"), "v1a,"))
	for _, k := range card.SigningKeys {
		if err == nil && ed25519.Verify(k.PublicKey, signed, sig) {
			return true
		}
	}
	return false
}

// content is `content VAR FILE`: it waits for FILE and sets $VAR to what is in it.
func content(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: content VAR FILE")
	}
	b, err := waitFor(ts.MkAbs(args[1]))
	ts.Check(err)
	ts.Setenv(args[0], string(b))
}
