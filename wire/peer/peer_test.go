package peer_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"entente/internal/fault"
	"entente/internal/keyring"
	"entente/party"
	"entente/wire/peer"
)

// door records what came through it.
type door struct {
	mu   sync.Mutex
	from []party.ID
	body []byte
	hold chan struct{} // when set, Receive says that it was entered and waits
	err  error
}

func (d *door) Receive(ctx context.Context, from party.ID, body []byte) ([]byte, error) {
	d.mu.Lock()
	d.from, d.body = append(d.from, from), body
	hold, err := d.hold, d.err
	d.mu.Unlock()
	if hold != nil {
		hold <- struct{}{}
		select {
		case <-hold:
		case <-ctx.Done():
		}
	}
	return []byte("receipt for " + string(from)), err
}

func (d *door) calls() []party.ID {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]party.ID(nil), d.from...)
}

func (d *door) Checkpoint(context.Context) ([]byte, error) { return []byte("checkpoint"), d.err }

func (d *door) Consistency(_ context.Context, from, to int64) ([]tlog.Hash, error) {
	return []tlog.Hash{tlog.RecordHash([]byte{byte(from)}), tlog.RecordHash([]byte{byte(to)})}, d.err
}

// book is a directory that can change while nodes run.
type book struct {
	mu    sync.Mutex
	cards map[party.ID]party.Party
}

func (b *book) find(_ context.Context, id party.ID) (party.Party, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, ok := b.cards[id]
	if !ok {
		return p, fault.New(fault.NotFound, "party.unknown", "No such party.")
	}
	return p, nil
}

func (b *book) put(p party.Party) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cards[p.ID] = p
}

func (b *book) remove(id party.ID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.cards, id)
}

type member struct {
	ring *keyring.Ring
	card party.Party
}

func newMember(t *testing.T, id party.ID) member {
	t.Helper()
	ring, err := keyring.Create(t.TempDir(), id, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return member{ring, party.Party{ID: id, TrustBundle: ring.TrustBundle()}}
}

func (m member) client(change ...func(*peer.ClientConfig)) *peer.Client {
	cfg := peer.ClientConfig{Certificate: m.ring.Certificate, Now: time.Now, AllowLoopback: true, Timeout: 10 * time.Second}
	for _, f := range change {
		f(&cfg)
	}
	return peer.NewClient(cfg)
}

// serve runs the node of m for parties and returns its card with the endpoint.
func serve(t *testing.T, m member, d peer.Door, b *book, change ...func(*peer.Config)) party.Party {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := peer.Config{Door: d, Parties: b.find, Certificate: m.ring.Certificate, Now: time.Now, HeaderTime: 2 * time.Second}
	for _, f := range change {
		f(&cfg)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- peer.New(cfg).Serve(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	card := m.card
	card.Endpoint = "https://" + listener.Addr().String()
	return card
}

func three(t *testing.T) (aurelia, borealis, stranger member, b *book) {
	t.Helper()
	aurelia, borealis, stranger = newMember(t, "csirt-aurelia"), newMember(t, "isac-borealis"), newMember(t, "csirt-stranger")
	b = &book{cards: map[party.ID]party.Party{aurelia.card.ID: aurelia.card, borealis.card.ID: borealis.card}}
	return aurelia, borealis, stranger, b
}

func TestPostBringsTheBodyAndTheReceipt(t *testing.T) {
	t.Parallel()
	aurelia, borealis, _, b := three(t)
	d := &door{}
	to := serve(t, borealis, d, b)
	to.Endpoint += "/" // cards come with and without
	client := aurelia.client()
	receipt, err := client.Post(t.Context(), to, []byte("body"))
	if err != nil || string(receipt) != "receipt for csirt-aurelia" || string(d.body) != "body" {
		t.Fatalf("Post = %q, %v", receipt, err)
	}
	signed, err := client.Checkpoint(t.Context(), to)
	if err != nil || string(signed) != "checkpoint" {
		t.Errorf("Checkpoint = %q, %v", signed, err)
	}
	proof, err := client.Consistency(t.Context(), to, 3, 7)
	if err != nil || len(proof) != 2 || proof[1] != tlog.RecordHash([]byte{7}) {
		t.Errorf("Consistency = %v, %v", proof, err)
	}
	if _, err := client.Consistency(t.Context(), to, 7, 3); fault.CodeOf(err) != "peer.range" {
		t.Errorf("Consistency backwards: %v", err)
	}
}

func TestRefusalsKeepTheirCode(t *testing.T) {
	t.Parallel()
	aurelia, borealis, _, b := three(t)
	d := &door{}
	to := serve(t, borealis, d, b)
	client := aurelia.client()
	for _, test := range []struct {
		err  error
		kind fault.Kind
		code string
	}{
		{fault.New(fault.Unverified, "envelope.signature", "No."), fault.Unverified, "envelope.signature"},
		{fault.New(fault.Denied, "release.denied", "No."), fault.Denied, "release.denied"},
		{fault.New(fault.Unavailable, "store.full", "Later."), fault.Unavailable, "store.full"},
		{errors.New("canary"), fault.Unavailable, "peer.unreachable"},
	} {
		d.mu.Lock()
		d.err = test.err
		d.mu.Unlock()
		_, err := client.Post(t.Context(), to, nil)
		if fault.CodeOf(err) != test.code || fault.KindOf(err) != test.kind || strings.Contains(err.Error(), "canary") {
			t.Errorf("%v arrives as %v", test.err, err)
		}
	}
}

// F16, B1: certificates that must not get as far as a byte of HTTP.
func TestF16OnlyRegisteredNodesGetThrough(t *testing.T) {
	t.Parallel()
	aurelia, borealis, stranger, b := three(t)
	d := &door{}
	to := serve(t, borealis, d, b)
	// An authority that claims another party's name: Aurelia's id, not its key.
	impostor := newMember(t, "csirt-aurelia")
	old := func(c *peer.ClientConfig) {
		c.Certificate = func(time.Time) (*tls.Certificate, error) {
			return aurelia.ring.Certificate(time.Now().Add(-30 * 24 * time.Hour))
		}
	}
	early := func(c *peer.ClientConfig) {
		c.Certificate = func(time.Time) (*tls.Certificate, error) {
			return newMember(t, "csirt-aurelia").ring.Certificate(time.Now().Add(30 * 24 * time.Hour))
		}
	}
	none := func(c *peer.ClientConfig) {
		c.Certificate = func(time.Time) (*tls.Certificate, error) { return &tls.Certificate{}, nil }
	}
	for name, client := range map[string]*peer.Client{
		"unregistered": stranger.client(), "impostor": impostor.client(), "expired": aurelia.client(old),
		"not yet valid": aurelia.client(early), "no certificate": aurelia.client(none),
	} {
		if _, err := client.Post(t.Context(), to, []byte("x")); fault.CodeOf(err) != "peer.unreachable" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := d.calls(); len(got) != 0 {
		t.Errorf("let in: %v", got)
	}
	// A new card counts at once, and its removal ends even an open connection.
	client := stranger.client()
	b.put(stranger.card)
	if _, err := client.Post(t.Context(), to, nil); err != nil {
		t.Errorf("a new party: %v", err)
	}
	b.remove(stranger.card.ID)
	if _, err := client.Post(t.Context(), to, nil); fault.CodeOf(err) != "peer.identity" {
		t.Errorf("a removed party: %v", err)
	}
	b.put(party.Party{ID: stranger.card.ID})
	if _, err := client.Post(t.Context(), to, nil); err == nil {
		t.Error("a party without a bundle gets through")
	}
}

// The client insists on the party it means, whoever listens there.
func TestClientRefusesAnotherPartysNode(t *testing.T) {
	t.Parallel()
	aurelia, borealis, stranger, b := three(t)
	b.put(stranger.card)
	d := &door{}
	at := serve(t, stranger, d, b)
	to := borealis.card
	to.Endpoint = at.Endpoint
	if _, err := aurelia.client().Post(t.Context(), to, []byte("secret")); fault.CodeOf(err) != "peer.unreachable" {
		t.Errorf("Post = %v", err)
	}
	// The bundle of a card vouches for its own party only.
	to.TrustBundle = stranger.card.TrustBundle
	if _, err := aurelia.client().Post(t.Context(), to, []byte("secret")); fault.CodeOf(err) != "peer.unreachable" {
		t.Errorf("Post = %v", err)
	}
	to.TrustBundle += borealis.card.TrustBundle
	if _, err := aurelia.client().Post(t.Context(), to, []byte("secret")); fault.CodeOf(err) != "peer.unreachable" {
		t.Errorf("Post = %v", err)
	}
	if len(d.calls()) != 0 {
		t.Error("the body got out")
	}
}

func TestServerLimitsBodies(t *testing.T) {
	t.Parallel()
	aurelia, borealis, _, b := three(t)
	d := &door{}
	to := serve(t, borealis, d, b, func(c *peer.Config) { c.MaxBody = 1000 })
	client := aurelia.client()
	if _, err := client.Post(t.Context(), to, make([]byte, 1001)); fault.CodeOf(err) != "peer.size" {
		t.Errorf("announced: %v", err)
	}
	hc := rawClient(aurelia)
	for name, test := range map[string]struct {
		body   io.Reader
		header http.Header
		code   string
	}{
		"chunked too large": {io.MultiReader(bytes.NewReader(make([]byte, 2000))), http.Header{"Content-Type": {peer.MediaBody}}, "peer.size"},
		"another type":      {strings.NewReader("x"), http.Header{"Content-Type": {"application/json"}}, "peer.media"},
		"no type":           {strings.NewReader("x"), http.Header{}, "peer.media"},
		"parameters":        {strings.NewReader("x"), http.Header{"Content-Type": {peer.MediaBody + "; v=2"}}, "peer.media"},
		"compressed":        {strings.NewReader("x"), http.Header{"Content-Type": {peer.MediaBody}, "Content-Encoding": {"gzip"}}, "peer.media"},
	} {
		if err := do(t, hc, http.MethodPost, to.Endpoint+"/peer/v1/messages", test.body, test.header).err; fault.CodeOf(err) != test.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, path := range []string{"/", "/peer/v1/messages/", "/peer/v1/consistency/1", "/peer/v2/checkpoint"} {
		if err := do(t, hc, http.MethodGet, to.Endpoint+path, nil, nil).err; fault.CodeOf(err) != "peer.path" {
			t.Errorf("%s: %v", path, err)
		}
	}
	for _, sizes := range []string{"01/2", "-1/2", "+1/2", "2/1", "1/x", "1/99999999999999999999"} {
		if err := do(t, hc, http.MethodGet, to.Endpoint+"/peer/v1/consistency/"+sizes, nil, nil).err; fault.CodeOf(err) != "peer.range" {
			t.Errorf("%s: %v", sizes, err)
		}
	}
	if len(d.calls()) != 0 {
		t.Error("a refused body got in")
	}
}

// TestH1H2RequestsWithTwoMeaningsEndTheConnection, though both ends are known.
func TestH1H2RequestsWithTwoMeaningsEndTheConnection(t *testing.T) {
	t.Parallel()
	aurelia, borealis, _, b := three(t)
	d := &door{}
	to := serve(t, borealis, d, b)
	post := "POST /peer/v1/messages HTTP/1.1\r\nHost: x\r\nContent-Type: " + peer.MediaBody + "\r\n"
	hidden := "GET /peer/v1/checkpoint HTTP/1.1\r\nHost: x\r\n\r\n"
	for name, test := range map[string]struct{ request, status string }{
		"H1 both lengths":       {post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n" + hidden, "200"},
		"H2 two lengths":        {post + "Content-Length: 1\r\nContent-Length: 7\r\n\r\nx" + hidden, "400"},
		"H2 unknown encoding":   {post + "Transfer-Encoding: xchunked\r\n\r\nx" + hidden, "501"},
		"H2 a header of 64 KiB": {post + "X: " + strings.Repeat("x", 64<<10) + "\r\n\r\n", "431"},
	} {
		conn, err := (&tls.Dialer{Config: rawConfig(aurelia)}).DialContext(t.Context(), "tcp", strings.TrimPrefix(to.Endpoint, "https://"))
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, test.request); err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(conn) // until the server closes, however it does
		if !strings.HasPrefix(string(got), "HTTP/1.1 "+test.status) || strings.Count(string(got), "HTTP/1.1") != 1 {
			t.Errorf("%s: %q", name, got)
		}
		_ = conn.Close()
	}
	if len(d.calls()) != 1 {
		t.Errorf("%d messages came in", len(d.calls()))
	}
}

// TestH10NothingIsCached: what is between two nodes stays with them.
func TestH10NothingIsCached(t *testing.T) {
	t.Parallel()
	aurelia, borealis, _, b := three(t)
	to := serve(t, borealis, &door{}, b)
	hc := rawClient(aurelia)
	for path, method := range map[string]string{"/peer/v1/checkpoint": "GET", "/peer/v1/consistency/1/2": "GET", "/peer/v1/consistency/2/1": "GET", "/nowhere": "GET", "/peer/v1/messages": "POST"} {
		if got := do(t, hc, method, to.Endpoint+path, http.NoBody, nil); got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", path, got.header)
		}
	}
}

// H13: no header says who the peer is.
func TestH13IdentityComesFromTLSOnly(t *testing.T) {
	t.Parallel()
	aurelia, borealis, _, b := three(t)
	d := &door{}
	to := serve(t, borealis, d, b)
	header := http.Header{"Content-Type": {peer.MediaBody}}
	for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Client-Cert", "X-Client-Cert", "X-SSL-Client-S-DN", "Forwarded", "X-Real-IP", "From", "Authorization"} {
		header.Set(name, "isac-borealis")
	}
	got := do(t, rawClient(aurelia), http.MethodPost, to.Endpoint+"/peer/v1/messages", strings.NewReader("x"), header)
	if from := d.calls(); got.status != http.StatusOK || len(from) != 1 || from[0] != "csirt-aurelia" {
		t.Errorf("%d, from %v", got.status, from)
	}
	// Without TLS there is no identity at all.
	w := newRecorder()
	peer.New(peer.Config{Door: d, Parties: b.find, Now: time.Now}).ServeHTTP(w, plainRequest(t, header))
	if w.status != http.StatusUnauthorized {
		t.Errorf("plain HTTP: %d", w.status)
	}
}

// TestH5PartnersDoNotCrowdEachOtherOut: one that fills its places, or dribbles its body, takes them from nobody else.
func TestH5PartnersDoNotCrowdEachOtherOut(t *testing.T) {
	t.Parallel()
	aurelia, borealis, stranger, b := three(t)
	b.put(stranger.card)
	d := &door{hold: make(chan struct{})}
	to := serve(t, borealis, d, b, func(c *peer.Config) { c.PerPartner = 1; c.RequestTime = 700 * time.Millisecond })
	first := make(chan error, 1)
	go func() {
		_, err := aurelia.client().Post(t.Context(), to, nil)
		first <- err
	}()
	<-d.hold
	if _, err := aurelia.client().Post(t.Context(), to, nil); fault.CodeOf(err) != "peer.busy" {
		t.Errorf("second request of one partner: %v", err)
	}
	if _, err := stranger.client().Checkpoint(t.Context(), to); err != nil {
		t.Errorf("another partner: %v", err)
	}
	close(d.hold)
	if err := <-first; err != nil {
		t.Errorf("first request: %v", err)
	}
	// A body that never ends is given up.
	r, w := io.Pipe()
	defer w.Close()
	go func() { _, _ = w.Write([]byte("a little")) }()
	slow := do(t, rawClient(aurelia), http.MethodPost, to.Endpoint+"/peer/v1/messages", r, http.Header{"Content-Type": {peer.MediaBody}})
	if err := slow.err; fault.CodeOf(err) != "peer.interrupted" {
		t.Errorf("slow body: %v", err)
	}
}

func TestClientDialsOnlyWhereAPartnerCanBe(t *testing.T) {
	t.Parallel()
	aurelia, borealis, _, _ := three(t)
	strict := aurelia.client(func(c *peer.ClientConfig) { c.AllowLoopback = false; c.Timeout = 2 * time.Second })
	lax := aurelia.client(func(c *peer.ClientConfig) { c.Timeout = 2 * time.Second })
	for _, test := range []struct {
		client   *peer.Client
		endpoint string
		code     string
	}{
		{strict, "https://127.0.0.1:1", "peer.unreachable"},
		{strict, "https://[::1]:1", "peer.unreachable"},
		{strict, "https://[::ffff:127.0.0.1]:1", "peer.unreachable"},
		{strict, "https://localhost:1", "peer.unreachable"},
		{lax, "https://169.254.169.254", "peer.unreachable"},
		{lax, "https://0.0.0.0:1", "peer.unreachable"},
		{lax, "https://[fe80::1]:1", "peer.unreachable"},
		{lax, "https://[fd00:ec2::254]", "peer.unreachable"},
		{lax, "https://224.0.0.1:1", "peer.unreachable"},
		{lax, "", "peer.endpoint"},
		{lax, "http://192.0.2.1", "peer.endpoint"},
		{lax, "https://user:pw@192.0.2.1", "peer.endpoint"},
		{lax, "https://192.0.2.1?x=1", "peer.endpoint"},
		{lax, "https://192.0.2.1#x", "peer.endpoint"},
		{lax, "https:///x", "peer.endpoint"},
	} {
		to := borealis.card
		to.Endpoint = test.endpoint
		started := time.Now()
		if _, err := test.client.Post(t.Context(), to, nil); fault.CodeOf(err) != test.code {
			t.Errorf("%s: %v", test.endpoint, err)
		}
		if time.Since(started) > time.Second {
			t.Errorf("%s was dialled", test.endpoint)
		}
	}
	to := borealis.card
	to.Endpoint, to.TrustBundle = "https://192.0.2.1", ""
	if _, err := lax.Post(t.Context(), to, nil); fault.CodeOf(err) != "peer.trust" {
		t.Errorf("no bundle: %v", err)
	}
}

// B10: answers that are no answer of a node.
func TestClientRefusesStrangeAnswers(t *testing.T) {
	t.Parallel()
	aurelia, borealis, _, _ := three(t)
	for name, handler := range map[string]http.HandlerFunc{
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://127.0.0.1:1/", http.StatusTemporaryRedirect)
		},
		"html":       func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"html error": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		"endless": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", peer.MediaBody)
			for range 10 << 10 {
				if _, err := w.Write(make([]byte, 1<<10)); err != nil {
					return
				}
			}
		},
		"silent": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to := borealis.card
			to.Endpoint = odd(t, borealis, handler)
			client := aurelia.client(func(c *peer.ClientConfig) { c.Timeout = 2 * time.Second })
			if _, err := client.Post(t.Context(), to, []byte("x")); fault.CodeOf(err) != "peer.unreachable" {
				t.Errorf("Post = %v", err)
			}
		})
	}
}

// Two nodes agree on TLS 1.3 with the hybrid key exchange.
func TestConnectionsAreHybridTLS13(t *testing.T) {
	t.Parallel()
	aurelia, borealis, _, b := three(t)
	to := serve(t, borealis, &door{}, b)
	state := do(t, rawClient(aurelia), http.MethodGet, to.Endpoint+"/peer/v1/checkpoint", nil, nil).tls
	if state.Version != tls.VersionTLS13 || state.CurveID != tls.X25519MLKEM768 || state.DidResume {
		t.Errorf("%+v", state)
	}
	old := rawConfig(aurelia)
	old.MaxVersion = tls.VersionTLS12
	conn, err := (&tls.Dialer{Config: old}).DialContext(t.Context(), "tcp", strings.TrimPrefix(to.Endpoint, "https://"))
	if err == nil {
		conn.Close()
		t.Error("TLS 1.2 is accepted")
	}
}

func TestClientFollowsANewCard(t *testing.T) {
	t.Parallel()
	aurelia, borealis, _, b := three(t)
	client := aurelia.client()
	to := serve(t, borealis, &door{}, b)
	if _, err := client.Post(t.Context(), to, nil); err != nil {
		t.Fatal(err)
	}
	renewed := newMember(t, "isac-borealis")
	moved := serve(t, renewed, &door{}, b)
	if _, err := client.Post(t.Context(), moved, nil); err != nil {
		t.Errorf("after the card changed: %v", err)
	}
	if _, err := client.Post(t.Context(), party.Party{ID: moved.ID, Endpoint: moved.Endpoint, TrustBundle: to.TrustBundle}, nil); err == nil {
		t.Error("the old authority still counts")
	}
}
