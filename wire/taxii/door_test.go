package taxii_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"io"
	"maps"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"entente/exchange"
	"entente/internal/keyring"
	"entente/internal/serve"
	"entente/party"
	"entente/wire/peer"
	"entente/wire/taxii"
)

func recallOf(release string) exchange.RecallRequest {
	return exchange.RecallRequest{Release: release, Reason: "test"}
}

func pack(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	gz := gzip.NewWriter(&out)
	_, err := gz.Write(b)
	must(t, err)
	must(t, gz.Close())
	return out.Bytes()
}

func sameHeader(a, b http.Header) bool {
	return maps.EqualFunc(a, b, func(a, b []string) bool { return strings.Join(a, "\n") == strings.Join(b, "\n") })
}

func TestS28OnlyTLSAndPartiesByCertificate(t *testing.T) {
	t.Parallel()
	var w *world
	w = newWorld(t, func(c *taxii.Config) {
		c.Identify = peer.Identify(func(ctx context.Context, id party.ID) (party.Party, error) { return w.node.Party(ctx, id) }, func() time.Time { return w.now })
	})
	ring, err := keyring.Create(t.TempDir(), borealis, w.now)
	must(t, err)
	w.meet(party.Party{ID: borealis, Name: "CSIRT Borealis", Kind: "csirt", Jurisdiction: "BB", TrustBundle: ring.TrustBundle()})
	impostor, err := keyring.Create(t.TempDir(), borealis, w.now)
	must(t, err)
	w.release(borealis, indicator(1, 0))
	addr := w.listen()

	authority := x509.NewCertPool()
	authority.AppendCertsFromPEM([]byte(w.ring.TrustBundle()))
	client := func(certificate func(time.Time) (*tls.Certificate, error), change func(*tls.Config)) *http.Client {
		conf := &tls.Config{RootCAs: authority, Time: func() time.Time { return w.now }}
		if certificate != nil {
			conf.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return certificate(w.now) }
		}
		change(conf)
		return &http.Client{Transport: &http.Transport{TLSClientConfig: conf, DisableKeepAlives: true}, Timeout: 10 * time.Second}
	}
	none := func(*tls.Config) {}
	ask := func(c *http.Client, url, secret string) (int, string, *tls.ConnectionState) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		must(t, err)
		if secret != "" {
			r.Header.Set("Authorization", "Bearer "+secret)
		}
		resp, err := c.Do(r)
		if err != nil {
			return 0, err.Error(), nil
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		must(t, err)
		return resp.StatusCode, string(b), resp.TLS
	}
	url := "https://" + addr + objects
	// The host name verifies against the party's own authority.
	status, body, state := ask(client(ring.Certificate, none), url, "")
	if status != 200 || !strings.Contains(body, "canary 1") || state.Version != tls.VersionTLS13 || state.DidResume {
		t.Errorf("by certificate: %d %s", status, body)
	}
	if status, body, _ := ask(client(impostor.Certificate, none), url, ""); status != 401 {
		t.Errorf("F16 a certificate of another authority: %d %s", status, body)
	}
	if status, _, _ := ask(client(nil, none), url, ""); status != 401 {
		t.Errorf("without anything: %d", status)
	}
	if status, _, _ := ask(client(nil, none), url, w.secrets[borealis]); status != 200 {
		t.Errorf("by credential: %d", status)
	}
	if status, _, _ := ask(client(ring.Certificate, none), url, w.secrets[cordova]); status != 200 {
		t.Errorf("the credential goes first: %d", status)
	}
	if status, _, _ := ask(client(ring.Certificate, none), url, "entente_wrong"); status != 401 {
		t.Errorf("a wrong credential beside a certificate: %d", status)
	}
	if status, _, state := ask(client(nil, func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }), url, w.secrets[borealis]); status != 200 || state.Version != tls.VersionTLS12 {
		t.Errorf("8.2.2 TLS 1.2: %d", status)
	}
	if status, _, _ := ask(client(nil, func(c *tls.Config) { c.MaxVersion = tls.VersionTLS11 }), url, w.secrets[borealis]); status != 0 {
		t.Errorf("TLS 1.1: %d", status)
	}
	if status, _, _ := ask(client(nil, none), "http://"+addr+objects, w.secrets[borealis]); status == 200 {
		t.Error("it answers without TLS")
	}
	w.now = w.now.Add(30 * 24 * time.Hour) // its certificate is renewed, the partner's has run out
	old, err := ring.Certificate(w.now.Add(-30 * 24 * time.Hour))
	must(t, err)
	if status, _, _ := ask(client(func(time.Time) (*tls.Certificate, error) { return old, nil }, none), url, ""); status != 401 {
		t.Errorf("an expired certificate: %d", status)
	}
}

// listen runs the door on TCP and returns its address.
func (w *world) listen() string {
	w.t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(w.t.Context(), "tcp", "127.0.0.1:0")
	must(w.t, err)
	ctx, stop := context.WithCancel(context.WithoutCancel(w.t.Context()))
	done := make(chan error, 1)
	go func() {
		done <- serve.Door{Handler: w.door, Certificate: w.ring.ServerCertificate([]string{"127.0.0.1"}), Now: func() time.Time { return w.now }}.Serve(ctx, listener)
	}()
	w.t.Cleanup(func() {
		stop()
		must(w.t, <-done)
	})
	return listener.Addr().String()
}

// What is damaged in the database hides nothing else.
func TestS30OneDamagedObjectHidesNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.release(borealis, many(0, 5)...)
	db, err := sql.Open("sqlite", "file:"+w.file)
	must(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), `UPDATE objects SET raw = X'7b7d' WHERE seq = 3`)
	must(t, err)
	e, r := w.page(borealis, objects)
	if len(e.Objects) != 4 || !strings.Contains(r.header.Get("X-TAXII-Date-Added-Last"), "004Z") {
		t.Errorf("%v", e.ids())
	}
	var got []string
	next := ""
	for {
		e, _ := w.page(borealis, objects+"?limit=1"+next)
		got = append(got, e.ids()...)
		if !e.More {
			break
		}
		next = "&next=" + e.Next
	}
	if len(got) != 4 {
		t.Errorf("one by one: %v", got)
	}
}

func TestH10AnswersAreCompressedAndNotCached(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.release(borealis, many(0, 50)...)
	plain := w.get(borealis, objects)
	for accept, packed := range map[string]bool{"gzip": true, "br, gzip;q=0.5": true, "gzip;q=0": false, "identity": false} {
		r := w.ask(borealis, http.MethodGet, objects, nil, func(r *http.Request) { r.Header.Set("Accept-Encoding", accept) })
		if (r.header.Get("Content-Encoding") == "gzip") != packed || r.plain(t) != plain.body {
			t.Errorf("%s: %v", accept, r.header)
		}
	}
	for _, path := range []string{objects, "/taxii2/", "/nowhere/"} {
		if r := w.get(borealis, path); r.header.Get("Cache-Control") != "no-store" || !strings.Contains(r.header.Get("Vary"), "Authorization") {
			t.Errorf("%s: %v", path, r.header)
		}
	}
}

func TestOnePartyDoesNotCrowdOutAnother(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	var w *world
	w = newWorld(t, func(c *taxii.Config) {
		c.PerParty = 1
		if w != nil { // the node as it is, but slow for whoever looks at the root
			c.Exchange = slow{Exchange: c.Exchange, hold: hold}
		}
	})
	w.start()
	done := make(chan reply)
	go func() { done <- w.get(borealis, "/entente/") }()
	<-hold
	if r := w.get(borealis, objects); r.status != 503 || r.header.Get("Retry-After") == "" {
		t.Errorf("the second of one party: %d", r.status)
	}
	w.wantStatus(w.get(cordova, objects), 200, "another party")
	hold <- struct{}{}
	w.wantStatus(<-done, 200, "the first")
}

type slow struct {
	taxii.Exchange
	hold chan struct{}
}

func (s slow) Party(ctx context.Context, id party.ID) (party.Party, error) {
	s.hold <- struct{}{}
	<-s.hold
	return s.Exchange.Party(ctx, id)
}

// FuzzQueries: no query and no path makes the door fail, and what is not a page
// is an error of the client.
func FuzzQueries(f *testing.F) {
	w := newWorld(f)
	w.release(borealis, many(0, 3)...)
	for _, s := range []string{"limit=1", "match[id]=a,b&match[version]=all", "added_after=2026-01-01T00:00:00Z", "next=AAAA", "match%5Bversion%5D=first,2026-01-01T00:00:00.123456789123Z", "limit=\x00"} {
		f.Add(s, "")
		f.Add("", s)
	}
	f.Fuzz(func(t *testing.T, query, tail string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, objects, nil)
		must(t, err)
		r.URL.RawQuery = query
		r.URL.Path += tail
		r.Header.Set("Authorization", "Bearer "+w.secrets[borealis])
		rec := &recorder{header: http.Header{}}
		w.door.ServeHTTP(rec, r)
		if rec.status >= 500 || rec.status == 0 {
			t.Fatalf("status %d", rec.status)
		}
	})
}

// FuzzHeaders: nothing that a client says of itself or of its body makes the door
// fail, nor opens it.
func FuzzHeaders(f *testing.F) {
	w := newWorld(f)
	names := []string{"Accept", "Accept-Encoding", "Content-Type", "Content-Encoding", "Authorization", "X-Client-Cert"}
	for n, s := range []string{"application/taxii+json;version=2.1;q=0.5, */*;q=x", "br, gzip;q=0.", "application/taxii+json; version=\"2.1", "gzip, gzip", "Basic dTpw", "isac-borealis", "Bearer ", ",;=", "\x00"} {
		f.Add(n, s, []byte(`{"objects":[]}`))
	}
	f.Fuzz(func(t *testing.T, n int, value string, body []byte) {
		name := names[uint(n)%uint(len(names))]
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			r, err := http.NewRequestWithContext(t.Context(), method, contribs+"objects/", bytes.NewReader(body))
			must(t, err)
			if name == "Accept" || strings.HasPrefix(name, "Content-") {
				r.Header.Set("Authorization", "Bearer "+w.secrets[borealis])
			}
			r.Header.Set("Content-Type", taxii.MediaType)
			r.Header.Set(name, value)
			rec := &recorder{header: http.Header{}}
			w.door.ServeHTTP(rec, r)
			if rec.status >= 500 || rec.status == 0 || r.Header.Get("Authorization") != "Bearer "+w.secrets[borealis] && rec.status != 401 {
				t.Fatalf("%s %s: %q: %d", method, name, value, rec.status)
			}
		}
	})
}

// FuzzEnvelopes: no body makes the door fail.
func FuzzEnvelopes(f *testing.F) {
	w := newWorld(f)
	for _, s := range []string{`{}`, `{"objects":[` + indicator(1, 0) + `]}`, `{"objects":[{},[],7,"x",null]}`, `{"objects":[`, "\xff", `{"type":"bundle","objects":[]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, contribs+"objects/", bytes.NewReader(body))
		must(t, err)
		r.Header.Set("Authorization", "Bearer "+w.secrets[borealis])
		r.Header.Set("Content-Type", taxii.MediaType)
		rec := &recorder{header: http.Header{}}
		w.door.ServeHTTP(rec, r)
		if rec.status != 202 && rec.status != 422 {
			t.Fatalf("status %d", rec.status)
		}
	})
}

type recorder struct {
	header http.Header
	status int
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return len(b), nil }

// A party that runs no node still gets what was released to it: it fetches.
func TestPartiesWithoutANodeFetch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.release(borealis, indicator(1, 0))
	_, err := w.node.DeliverDue(t.Context())
	must(t, err)
	rel, err := w.node.Release(t.Context(), id)
	must(t, err)
	if rel.State != exchange.Queued || rel.Deliveries[0].State != exchange.DeliveryRefused || !strings.Contains(rel.Deliveries[0].LastError, "peer.endpoint") {
		t.Errorf("the release is %s, its delivery %+v", rel.State, rel.Deliveries)
	}
	w.wantStatus(w.get(borealis, objects+indicatorID(1)+"/"), 200, "fetched")
}

// P20 for what is added: an address that the node knows from another party is
// taken in like one that it does not know, whatever else the object says.
func TestP20AddingTellsNothingOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.release(cordova, address)
	varied := strings.Replace(address, `"value"`, `"defanged":true,"value"`, 1)
	unknown := strings.NewReplacer("198.51.100.3", "198.51.100.4", addressID, "ipv4-addr--00000000-0000-4000-8000-000000000004").Replace(varied)
	known, fresh := w.add(`{"objects":[`+varied+`]}`), w.add(`{"objects":[`+unknown+`]}`)
	same := regexp.MustCompile(`"(id|request_timestamp)":"[^"]*"`)
	if a, b := same.ReplaceAllString(known.body, ""), same.ReplaceAllString(fresh.body, ""); a != b {
		t.Errorf("known %s, unknown %s", a, b)
	}
}

// TestH1H2RequestsWithTwoLengthsEndTheConnection: requests that two readers could
// take apart differently are refused, or are the last of their connection.
func TestH1H2RequestsWithTwoLengthsEndTheConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	addr := w.listen()
	auth := "Host: x\r\nAuthorization: Bearer " + w.secrets[borealis] + "\r\nContent-Type: " + taxii.MediaType + "\r\n"
	post := "POST " + contribs + "objects/ HTTP/1.1\r\n" + auth
	hidden := "GET /entente/ HTTP/1.1\r\n" + auth + "\r\n"
	for name, test := range map[string]struct{ request, status string }{
		"H1 both lengths":       {post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n" + hidden, "202"},
		"H1 of a GET":           {"GET /entente/ HTTP/1.1\r\n" + auth + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden, "200"},
		"H2 two lengths":        {post + "Content-Length: 2\r\nContent-Length: 7\r\n\r\n{}" + hidden, "400"},
		"H2 unknown encoding":   {post + "Transfer-Encoding: xchunked\r\n\r\n{}" + hidden, "501"},
		"H2 no host":            {"GET /entente/ HTTP/1.1\r\n\r\n", "400"},
		"H2 two hosts":          {"GET /entente/ HTTP/1.1\r\nHost: y\r\n" + auth + "\r\n", "400"},
		"H2 a header of 64 KiB": {"GET /entente/ HTTP/1.1\r\nX: " + strings.Repeat("x", 64<<10) + "\r\n" + auth + "\r\n", "431"},
		"H2 space before colon": {post + "Transfer-Encoding : chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n" + hidden, "400"},
	} {
		conn, err := (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}).DialContext(t.Context(), "tcp", addr)
		must(t, err)
		must(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
		_, err = conn.Write([]byte(test.request))
		must(t, err)
		answer, _ := io.ReadAll(conn) // until the server closes, however it does
		if got := string(answer); !strings.HasPrefix(got, "HTTP/1.1 "+test.status) || strings.Count(got, "HTTP/1.1") != 1 {
			t.Errorf("%s: %q", name, got)
		}
		_ = conn.Close()
	}
}

// H3: what a request says of the host, and how it ends its lines, changes no
// answer: nothing here is worked out from it, so nothing can be poisoned by it.
func TestH3TheHostChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	addr := w.listen()
	auth := "Authorization: Bearer " + w.secrets[borealis] + "\r\nConnection: close\r\n\r\n"
	var want string
	for _, request := range []string{
		"GET /entente/ HTTP/1.1\r\nHost: " + addr + "\r\n" + auth,
		"GET https://evil.example/entente/ HTTP/1.1\r\nHost: evil.example\r\n" + auth,
		"GET /entente/ HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\n" + auth,
		strings.ReplaceAll("GET /entente/ HTTP/1.1\r\nHost: evil.example\r\n"+auth, "\r\n", "\n"),
	} {
		conn, err := (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}).DialContext(t.Context(), "tcp", addr)
		must(t, err)
		must(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
		_, err = conn.Write([]byte(request))
		must(t, err)
		answer, err := io.ReadAll(conn)
		must(t, err)
		got := regexp.MustCompile(`Date: .*`).ReplaceAllString(string(answer), "")
		if want == "" {
			want = got
		}
		if got != want || !strings.HasPrefix(got, "HTTP/1.1 200") {
			t.Errorf("%q answers %q, want %q", request, got, want)
		}
		_ = conn.Close()
	}
}
