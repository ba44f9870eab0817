package cli

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"entente/client"
	"entente/internal/fault"
	"entente/node"
)

// tokenName is the file of a data folder that holds the token of its API.
const tokenName = "token"

// liveTimeout is how long a node that left its address behind may take to say
// that it is alive.
const liveTimeout = 2 * time.Second

// withNode runs f with a client of the node asked for: one elsewhere, the one
// that runs on this data folder, or the folder's own, opened for f alone.
func (a *app) withNode(ctx context.Context, f func(c *client.Client) error) error {
	if a.node != "" {
		token, err := a.remoteToken()
		if err != nil {
			return err
		}
		return f(client.New(a.node, token, a.noting(http.DefaultTransport)))
	}
	token, err := a.token()
	if err != nil {
		return err
	}
	if c := a.runningNode(ctx, token); c != nil {
		return f(c)
	}
	n, err := node.Open(ctx, node.Config{Dir: a.data, Now: a.now})
	if err != nil {
		return err
	}
	a.opened = true
	err = f(client.New("http://node", token, a.noting(client.Local(n.API()))))
	return errors.Join(err, n.Close())
}

// noting tells once, beside whatever a command prints, that the node takes part
// in an exercise.
func (a *app) noting(next http.RoundTripper) http.RoundTripper {
	var once sync.Once
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		resp, err := next.RoundTrip(r)
		if err == nil && resp.Header.Get(node.ExerciseHeader) != "" {
			once.Do(func() { a.say("EXERCISE %s: nothing here is in earnest.", clean(resp.Header.Get(node.ExerciseHeader))) })
		}
		return resp, err
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// onNode adapts a function on a client to a cobra command.
func (a *app) onNode(f func(ctx context.Context, c *client.Client, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		return a.withNode(ctx, func(c *client.Client) error { return f(ctx, c, args) })
	}
}

// runningNode returns a client of the node that runs on the data folder, or
// nil. A stale address file (after a crash) does not count.
func (a *app) runningNode(ctx context.Context, token string) *client.Client {
	api := node.RunningAPI(a.data)
	if api == "" {
		return nil
	}
	c := client.New(api, token, a.noting(http.DefaultTransport))
	ctx, cancel := context.WithTimeout(ctx, liveTimeout)
	defer cancel()
	if c.Live(ctx) != nil {
		return nil
	}
	return c
}

// token reads the token of the data folder, and so finds out whether there is
// a node in it at all.
func (a *app) token() (string, error) {
	b, err := os.ReadFile(filepath.Join(a.data, tokenName))
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "", fault.New(fault.NotFound, "node.absent", "There is no node in %s.", a.data).
			Try("Make one with entente init, or name its folder with --data.")
	case err != nil:
		return "", fault.New(fault.Unauthenticated, "node.token", "The node's token cannot be read.").
			Try("Run this as the user the node belongs to.").Because(err)
	}
	return strings.TrimSpace(string(b)), nil
}

func (a *app) remoteToken() (string, error) {
	if a.tokenFile == "" {
		return "", fault.New(fault.Unauthenticated, "node.token", "--node needs a token.").
			Try("Name the file that holds it with --token-file; tokens are never given as arguments.")
	}
	b, err := a.readFile(a.tokenFile)
	return strings.TrimSpace(string(b)), err
}
