package node_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"entente/examples"
	"entente/exchange"
	"entente/internal/fault"
	"entente/node"
	"entente/party"
	"entente/store/storetest"
)

var somebody = party.Party{ID: "csirt-aa", Name: "CSIRT AA", Kind: "csirt", Jurisdiction: "EE"}

func initialised(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "node")
	if _, err := node.Init(t.Context(), node.InitOptions{Dir: dir, Party: somebody}); err != nil {
		t.Fatal(err)
	}
	return dir
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if got := fault.CodeOf(err); err == nil || got != code {
		t.Errorf("error %v has code %q, want %q", err, got, code)
	}
}

func TestInit(t *testing.T) {
	t.Parallel()
	dir := initialised(t)
	_, err := node.Init(t.Context(), node.InitOptions{Dir: dir, Party: somebody})
	wantCode(t, err, "node.exists")
	_, err = node.Open(t.Context(), node.Config{Dir: t.TempDir()})
	wantCode(t, err, "node.absent")
	err = filepath.WalkDir(dir, func(name string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := os.Stat(name)
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s can be read by others: %v", name, info.Mode().Perm())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestInitRefusesAPartyItWouldRefuseOfOthers and leaves a folder in which it
// can be repeated.
func TestInitRefusesAPartyItWouldRefuseOfOthers(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "node")
	bad := somebody
	bad.Name = "CSIRT \u202eAA"
	_, err := node.Init(t.Context(), node.InitOptions{Dir: dir, Party: bad})
	wantCode(t, err, "party.card")
	if _, err := node.Init(t.Context(), node.InitOptions{Dir: dir, Party: somebody}); err != nil {
		t.Errorf("it cannot be repeated: %v", err)
	}
}

func TestOneProcessPerFolder(t *testing.T) {
	t.Parallel()
	dir := initialised(t)
	first, err := node.Open(t.Context(), node.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	_, err = node.Open(t.Context(), node.Config{Dir: dir})
	wantCode(t, err, "node.running")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := node.Open(t.Context(), node.Config{Dir: dir})
	if err != nil {
		t.Fatalf("the folder stays locked after a close: %v", err)
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
}

// TestF8AnOlderDatabaseIsNotContinued: after a restore the node would sign a
// second history; it refuses to open instead.
func TestF8AnOlderDatabaseIsNotContinued(t *testing.T) {
	t.Parallel()
	dir := initialised(t)
	database := filepath.Join(dir, "entente.db")
	old, err := os.ReadFile(database)
	if err != nil {
		t.Fatal(err)
	}
	n, err := node.Open(t.Context(), node.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	_, err = n.Exchange().AddInstrument(t.Context(), instrumentRequest(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(database, old, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = node.Open(t.Context(), node.Config{Dir: dir})
	wantCode(t, err, "store.rolled-back")
}

// TestServe opens both doors, leaves its address for the owner alone, and takes
// it away when it ends.
func TestServe(t *testing.T) {
	t.Parallel()
	dir := initialised(t)
	up := make(chan string, 1)
	n, err := node.Open(t.Context(), node.Config{
		Dir: dir, Listen: "127.0.0.1:0", PeerListen: "127.0.0.1:0", OnListen: func(api, _ string) { up <- api },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- n.Serve(ctx) }()
	select {
	case api := <-up:
		if got := node.RunningAPI(dir); got != "http://"+api {
			t.Errorf("the address left is %q, the door is at %s", got, api)
		}
	case err := <-done:
		t.Fatal(err)
	case <-time.After(30 * time.Second):
		t.Fatal("no door opened")
	}
	info, err := os.Stat(filepath.Join(dir, "node.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("address file %v %v", info, err)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if node.RunningAPI(dir) != "" {
		t.Error("the address is still there")
	}
	if err := n.Close(); err != nil {
		t.Error(err)
	}
}

// TestDoctor: a fresh node works and says what it lacks; a folder others can
// read fails.
func TestDoctor(t *testing.T) {
	t.Parallel()
	dir := initialised(t)
	n, err := node.Open(t.Context(), node.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	state := map[string]node.Check{}
	for _, c := range n.Doctor(t.Context()) {
		state[c.Name] = c
		if c.State != "ok" && c.Fix == "" {
			t.Errorf("%s is %s and does not say what to do", c.Name, c.State)
		}
	}
	if state["engine"].State != "ok" || state["log"].State != "ok" || state["instruments"].State != "warn" {
		t.Errorf("%+v", state)
	}
	if err := os.Chmod(filepath.Join(dir, "token"), 0o644); err != nil {
		t.Fatal(err)
	}
	if c := n.Doctor(t.Context())[0]; c.State != "fail" || !strings.Contains(c.Detail, "token") {
		t.Errorf("an open token gives %+v", c)
	}
	if err := n.Close(); err != nil {
		t.Error(err)
	}
}

func instrumentRequest(t *testing.T) exchange.AddInstrumentRequest {
	t.Helper()
	laws, err := examples.LanternInstruments()
	if err != nil {
		t.Fatal(err)
	}
	return exchange.AddInstrumentRequest{File: laws[0].Name, Source: laws[0].Data, By: "test"}
}

// freshPostgres is the address of an empty schema.
func freshPostgres(t *testing.T) string {
	t.Helper()
	database := os.Getenv("ENTENTE_TEST_POSTGRES")
	if database == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("ENTENTE_TEST_POSTGRES is not set; run `make test`")
		}
		t.Skip("ENTENTE_TEST_POSTGRES is not set; `make test` starts a PostgreSQL")
	}
	return storetest.FreshSchema(t, database)
}

// TestPostgres: the same node on the other database.
func TestPostgres(t *testing.T) {
	t.Parallel()
	database := freshPostgres(t)
	dir := filepath.Join(t.TempDir(), "node")
	_, err := node.Init(t.Context(), node.InitOptions{Dir: dir, Party: somebody, Database: "postgres://me:secret@localhost/db"})
	wantCode(t, err, "node.database")
	if _, err := node.Init(t.Context(), node.InitOptions{Dir: dir, Party: somebody, Database: database}); err != nil {
		t.Fatal(err)
	}
	n, err := node.Open(t.Context(), node.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Exchange().AddInstrument(t.Context(), instrumentRequest(t)); err != nil {
		t.Error(err)
	}
	for _, c := range n.Doctor(t.Context()) {
		if c.State == "fail" {
			t.Errorf("%+v", c)
		}
	}
	if err := n.Close(); err != nil {
		t.Error(err)
	}
}
