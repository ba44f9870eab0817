package cli

import (
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

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
	leave := func(content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "node.json"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	leave(`{"api":"` + srv.URL + `"}`)
	if a.runningNode(t.Context(), "t") == nil {
		t.Error("the running node was not found")
	}
	srv.Close()
	if a.runningNode(t.Context(), "t") != nil {
		t.Error("a node that is gone was found")
	}
	for _, bad := range []string{"", "{", `{"api":""}`, `[]`} {
		leave(bad)
		if a.runningNode(t.Context(), "t") != nil {
			t.Errorf("a node was found at %q", bad)
		}
	}
}
