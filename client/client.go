// Package client is the Go client of a node's API.
//
// It does not retry and keeps no state. Invariant: whatever the node answers
// with an error comes back as a [*fault.Error] of the same kind and code, so
// that a caller cannot tell a remote refusal from a local one.
package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json"

	"entente/internal/fault"
	"entente/internal/problem"
)

// Client talks to one node as its operator.
type Client struct {
	base  string
	token string
	http  http.RoundTripper
}

// New returns a client of the node at base, e.g. "http://127.0.0.1:8420". A nil
// transport is [http.DefaultTransport]; [Local] reaches a handler in this process.
func New(base, token string, transport http.RoundTripper) *Client {
	if transport == nil {
		transport = http.DefaultTransport
	}
	return &Client{base: strings.TrimRight(base, "/"), token: token, http: transport}
}

// call is one request; in and out may be nil.
type call struct {
	method string
	path   string
	query  url.Values
	body   []byte
	media  string
}

// do sends c and returns the body of a successful answer.
func (c *Client) do(ctx context.Context, r call) ([]byte, error) {
	target := c.base + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, bytes.NewReader(r.body))
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	if r.method == http.MethodPost {
		req.Header.Set("Content-Type", r.media)
	}
	resp, err := c.http.RoundTrip(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fault.New(fault.Unavailable, "node.unreachable", "The node does not answer.").
			Try("Check that it runs and that its address is right: entente doctor.").Because(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return nil, fault.New(fault.Unavailable, "node.unreachable", "The node broke off its answer.").
			Try("Try again; a repeated import or release has no second effect.").Because(err)
	}
	if resp.StatusCode >= http.StatusBadRequest {
		resp.Body = io.NopCloser(bytes.NewReader(body))
		return nil, problem.Parse(resp)
	}
	return body, nil
}

// get reads the JSON answer of a GET.
func get[T any](ctx context.Context, c *Client, path string, query url.Values) (T, error) {
	return answer[T](c.do(ctx, call{method: http.MethodGet, path: path, query: query}))
}

// post sends in as JSON and reads the JSON answer.
func post[T any](ctx context.Context, c *Client, path string, in any) (T, error) {
	b, err := json.Marshal(in)
	if err != nil {
		var zero T
		return zero, fmt.Errorf("encode request: %w", err)
	}
	return answer[T](c.do(ctx, call{method: http.MethodPost, path: path, body: b, media: "application/json"}))
}

// answer decodes an answer. Unknown members are fine: a newer node may say more.
func answer[T any](body []byte, err error) (T, error) {
	var out T
	if err != nil {
		return out, err
	}
	if err := json.Unmarshal(body, &out); err != nil {
		return out, fault.New(fault.Unavailable, "node.answer", "The node's answer is not what this program expects.").
			Try("Check that both are of the same version: entente version.").Because(err)
	}
	return out, nil
}

// set adds a query parameter unless it is empty.
func set(q url.Values, name, value string) {
	if value != "" {
		q.Set(name, value)
	}
}
