package cli

import (
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"entente/api"
)

// TestARunningNodeIsFoundAndAStaleAddressIsNot: a crash leaves the address file
// behind, which must not keep commands from opening the folder themselves.
func TestARunningNodeIsFoundAndAStaleAddressIsNot(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(api.Handler(api.Config{Exchange: fake{}, Token: func() string { return "t" }}))
	dir := t.TempDir()
	a := &app{data: dir, stdout: io.Discard, stderr: io.Discard, env: func(string) string { return "" }, now: time.Now}
	if a.runningNode(t.Context(), "t") != nil {
		t.Error("a node was found in an empty folder")
	}
	if err := a.announce(srv.Listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if a.runningNode(t.Context(), "t") == nil {
		t.Error("the running node was not found")
	}
	srv.Close()
	if a.runningNode(t.Context(), "t") != nil {
		t.Error("a node that is gone was found")
	}
	for _, bad := range []string{"", "{", `{"api":""}`, `[]`} {
		if err := os.WriteFile(filepath.Join(dir, runningFile), []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if a.runningNode(t.Context(), "t") != nil {
			t.Errorf("a node was found at %q", bad)
		}
	}
}

func TestTheAddressFileIsForTheOwnerAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := &app{data: dir}
	if err := a.announce("127.0.0.1:8420"); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, runningFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info, err)
	}
	b, err := os.ReadFile(filepath.Join(dir, runningFile))
	if err != nil {
		t.Fatal(err)
	}
	var r running
	if err := json.Unmarshal(b, &r); err != nil || r.API != "http://127.0.0.1:8420" {
		t.Errorf("%v %+v", err, r)
	}
}
