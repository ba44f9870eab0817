package node_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"entente/internal/keyring"
	"entente/node"
)

// The door for tools is closed unless it is asked for, and then opens with a
// certificate that clients can check by host name.
func TestToolsDoor(t *testing.T) {
	t.Parallel()
	dir := initialised(t)
	for _, asked := range []bool{false, true} {
		ctx, stop := context.WithCancel(t.Context())
		opened := make(chan string, 1)
		c := node.Config{Dir: dir, Listen: "127.0.0.1:0", PeerListen: "127.0.0.1:0", OnTools: func(addr string) { opened <- addr }}
		listening := make(chan bool, 1)
		c.OnListen = func(string, string) { listening <- true }
		if asked {
			c.ToolsListen = "127.0.0.1:0"
		}
		n, err := node.Open(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- n.Serve(ctx) }()
		<-listening
		if asked {
			ring, err := keyring.Load(filepath.Join(dir, "keys"))
			if err != nil {
				t.Fatal(err)
			}
			answersTools(t, <-opened, ring.TrustBundle())
		}
		stop()
		if err := <-done; err != nil && ctx.Err() == nil {
			t.Error(err)
		}
		if !asked && len(opened) > 0 {
			t.Error("the door opens unasked")
		}
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}
}

// answersTools asks without saying who asks.
func answersTools(t *testing.T, addr, authority string) {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(authority))
	c := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+addr+"/taxii2/", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("nobody is answered %d", resp.StatusCode)
	}
}

func TestToolsDoorNeedsWhatItWasPromised(t *testing.T) {
	t.Parallel()
	dir := initialised(t)
	none := filepath.Join(t.TempDir(), "none.pem")
	if err := os.WriteFile(none, []byte("not a certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for code, c := range map[string]node.Config{
		"node.certificate": {ToolsListen: "127.0.0.1:0", ToolsCert: none, ToolsKey: none},
		"node.port":        {ToolsListen: "192.0.2.1:1"},
	} {
		c.Dir, c.Listen, c.PeerListen = dir, "127.0.0.1:0", "127.0.0.1:0"
		n, err := node.Open(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		wantCode(t, n.Serve(t.Context()), code)
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}
}
