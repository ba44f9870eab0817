// Package stories tells, as plain text, what the product does for its users.
// Each file in testdata is one story and one test, played through the real
// command line and, where it says so, over HTTP between nodes.
//
// It tests no package on its own. Invariant: a story runs on an empty folder,
// without the network beyond this machine, and leaves nothing behind.
package stories

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/rogpeppe/go-internal/testscript"

	"entente/cli"
)

// patience is how long a story waits for something that has been set in motion.
const patience = 20 * time.Second

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"entente":  func() { os.Exit(entente(os.Args[1:])) },
		"exits":    func() { os.Exit(exits(os.Args[1:])) },
		"http":     func() { os.Exit(report(httpCommand(os.Args[1:]))) },
		"taxii":    func() { os.Exit(report(taxiiCommand(os.Args[1:]))) },
		"receiver": func() { os.Exit(report(receiverCommand(os.Args[1:]))) },
		"await":    func() { os.Exit(report(await(os.Args[1:]))) },
	})
}

func TestStories(t *testing.T) {
	t.Parallel()
	examples, err := filepath.Abs("../examples")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata", UpdateScripts: os.Getenv("UPDATE") != "", RequireExplicitExec: false,
		Setup: func(env *testscript.Env) error {
			env.Setenv("ENTENTE_DATA", filepath.Join(env.WorkDir, "node"))
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("EXAMPLES", examples)
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"edit": edit, "field": field, "flip": flip, "freeport": freePort, "content": content,
		},
	})
}

func entente(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	return cli.Main(ctx, args, os.Stdin, os.Stdout, os.Stderr)
}

// exits is `exits CODE ARG…`: it runs entente and holds when the code is CODE.
func exits(args []string) int {
	if got := strconv.Itoa(entente(args[1:])); got != args[0] {
		fmt.Fprintf(os.Stderr, "exit code %s, want %s\n", got, args[0])
		return 1
	}
	return 0
}

func report(err error) int {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// httpCommand is `http METHOD PATH [BODYFILE]`: it asks the node that runs on
// $ENTENTE_DATA and prints the status, the content type and the body. With
// NOTOKEN set it does not say who it is.
func httpCommand(args []string) error {
	var node struct {
		API string `json:"api"`
	}
	b, err := waitFor(filepath.Join(os.Getenv("ENTENTE_DATA"), "node.json"))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, &node); err != nil {
		return err
	}
	var body []byte
	if len(args) > 2 {
		if body, err = os.ReadFile(args[2]); err != nil {
			return err
		}
	}
	req, err := http.NewRequest(args[0], node.API+args[1], bytes.NewReader(body))
	if err != nil {
		return err
	}
	if os.Getenv("NOTOKEN") == "" {
		token, err := os.ReadFile(filepath.Join(os.Getenv("ENTENTE_DATA"), "token"))
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	}
	resp, err := (&http.Client{Timeout: patience}).Do(req)
	if err != nil {
		return err
	}
	answer, err := io.ReadAll(resp.Body)
	fmt.Printf("%d %s\n%s\n", resp.StatusCode, resp.Header.Get("Content-Type"), answer)
	return errors.Join(err, resp.Body.Close())
}

// waitFor reads a file as soon as it is there.
func waitFor(name string) ([]byte, error) {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if b, err := os.ReadFile(name); err == nil && len(b) > 0 {
			return b, nil
		}
	}
	return nil, fmt.Errorf("%s did not appear", name)
}

// await is `await TEXT ARG…`: it runs entente again and again until its output
// contains TEXT. `await node` alone waits for the node to listen.
func await(args []string) error {
	if len(args) == 1 {
		_, err := waitFor(filepath.Join(os.Getenv("ENTENTE_DATA"), args[0]+".json"))
		return err
	}
	var out bytes.Buffer
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		out.Reset()
		cli.Main(context.Background(), args[1:], strings.NewReader(""), &out, &out)
		if strings.Contains(out.String(), args[0]) {
			fmt.Print(out.String())
			return nil
		}
	}
	return fmt.Errorf("no %q in:\n%s", args[0], out.String())
}

// field is `field VAR PREFIX`: it sets $VAR to the word after PREFIX in the
// last output, on either stream.
func field(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: field VAR PREFIX")
	}
	out := ts.ReadFile("stdout") + "\n" + ts.ReadFile("stderr")
	_, rest, ok := strings.Cut(out, args[1])
	words := strings.Fields(rest)
	if !ok || len(words) == 0 {
		ts.Fatalf("no %q in:\n%s", args[1], out)
	}
	ts.Setenv(args[0], strings.Trim(words[0], `",`))
}

// flip is `flip FILE TEXT`: it changes one bit of the last letter of TEXT's
// last occurrence in FILE.
func flip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: flip FILE TEXT")
	}
	name := ts.MkAbs(args[0])
	b, err := os.ReadFile(name)
	ts.Check(err)
	at := bytes.LastIndex(b, []byte(args[1]))
	if at < 0 {
		ts.Fatalf("no %q in %s", args[1], args[0])
	}
	b[at+len(args[1])-1] ^= 1
	ts.Check(os.WriteFile(name, b, 0o600))
}

// freePort is `freeport VAR`: it sets $VAR to a loopback address nobody uses.
func freePort(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: freeport VAR")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv(args[0], l.Addr().String())
	ts.Check(l.Close())
}
