package taxii_test

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"entente/exchange"
	"entente/internal/fault"
	"entente/wire/collect"
	"entente/wire/taxii"
)

const feedID = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"

// kept is an object of a foreign server with when it was added.
type kept struct {
	raw   string
	id    string
	added time.Time
}

// foreign is a TAXII 2.1 server with the defects that servers have.
type foreign struct {
	mu      sync.Mutex
	objects []kept // in the order of added
	most    int    // on a page; 0 is all
	asked   []*http.Request

	accept     string // the only Accept that is not answered with 406
	root       string // as discovery names it; default "/root/"
	noNext     bool   // pages by date alone
	noHeader   bool   // no X-TAXII-Date-Added-Last
	noManifest bool   // 404
	header     string // in place of the date
	layout     string // of dates
	inclusive  bool   // added_after includes
	forgets    bool   // answers 400 to every next
	needsAfter bool   // answers 400 to next without the added_after it was given for
	emptyList  bool   // {"objects":[]} where nothing is
	gzip       bool   // compressed answers
	mangle     func(w http.ResponseWriter, r *http.Request) bool
}

func (f *foreign) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, r.Clone(r.Context()))
	if f.mangle != nil && f.mangle(w, r) {
		return
	}
	if f.accept != "" && r.Header.Get("Accept") != f.accept {
		w.WriteHeader(http.StatusNotAcceptable)
		return
	}
	root := f.root
	if root == "" {
		root = "/root/"
	}
	switch r.URL.Path {
	case "/taxii2/":
		f.answer(w, fmt.Sprintf(`{"title":"foreign","api_roots":[%q]}`, root))
	case "/root/":
		f.answer(w, `{"title":"root","versions":["application/taxii+json;version=2.1"],"max_content_length":1}`)
	case "/root/collections/":
		f.answer(w, `{"collections":[{"id":"`+feedID+`","title":"Feed","alias":"feed","can_read":true,"can_write":false},{"id":"other","title":"Other","can_read":false}]}`)
	case "/root/collections/" + feedID + "/objects/":
		f.page(w, r)
	case "/root/collections/" + feedID + "/manifest/":
		f.manifest(w, r)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (f *foreign) answer(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/taxii+json; version=2.1")
	if f.gzip {
		w.Header().Set("Content-Encoding", "gzip")
		var b bytes.Buffer
		gz := gzip.NewWriter(&b)
		_, _ = gz.Write([]byte(body))
		_ = gz.Close()
		body = b.String()
	}
	_, _ = w.Write([]byte(body))
}

func (f *foreign) date(t time.Time) string {
	if f.layout != "" {
		return t.Format(f.layout)
	}
	return t.Format(timeStamp)
}

func (f *foreign) page(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	after := time.Time{}
	if text := q.Get("added_after"); text != "" {
		var err error
		if after, err = time.Parse(timeStamp, text); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
	}
	from := 0
	for from < len(f.objects) && !f.objects[from].added.After(after) && (!f.inclusive || !f.objects[from].added.Equal(after)) {
		from++
	}
	if next := q.Get("next"); next != "" {
		if f.forgets || f.needsAfter && next != q.Get("added_after")+"|"+next[strings.LastIndex(next, "|")+1:] {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		from, _ = strconv.Atoi(next[strings.LastIndex(next, "|")+1:])
	}
	most, _ := strconv.Atoi(q.Get("limit"))
	if f.most > 0 {
		most = min(most, f.most)
	}
	part := f.objects[from:min(from+most, len(f.objects))]
	var raws []string
	for _, o := range part {
		raws = append(raws, o.raw)
	}
	more := from+len(part) < len(f.objects)
	body := `{"more":` + strconv.FormatBool(more)
	if more && !f.noNext {
		body += fmt.Sprintf(`,"next":%q`, q.Get("added_after")+"|"+strconv.Itoa(from+len(part)))
	}
	if len(part) > 0 || f.emptyList {
		body += `,"objects":[` + strings.Join(raws, ",") + `]`
	}
	if f.header != "" {
		w.Header().Set("X-TAXII-Date-Added-Last", f.header)
	} else if !f.noHeader && len(part) > 0 {
		w.Header().Set("X-TAXII-Date-Added-Last", f.date(part[len(part)-1].added))
	}
	f.answer(w, body+"}")
}

func (f *foreign) manifest(w http.ResponseWriter, r *http.Request) {
	if f.noManifest {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	var lines []string
	for _, o := range f.objects {
		if id := r.URL.Query().Get("match[id]"); id == "" || id == o.id {
			lines = append(lines, fmt.Sprintf(`{"id":%q,"date_added":%q,"version":"2026-01-01T00:00:00.000000Z"}`, o.id, f.date(o.added)))
		}
	}
	f.answer(w, `{"objects":[`+strings.Join(lines, ",")+`]}`)
}

// day is when the first object of a foreign server was added.
var day = time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)

// give adds n objects, a second apart.
func (f *foreign) give(n int) {
	for range n {
		i := len(f.objects)
		f.objects = append(f.objects, kept{indicator(i, 0), indicatorID(i), day.Add(time.Duration(i) * time.Second)})
	}
}

// start serves the foreign server and returns it as a source.
func (f *foreign) start(t testing.TB) exchange.Source {
	srv := httptest.NewServer(f)
	t.Cleanup(srv.Close)
	return exchange.Source{Name: "foreign", URL: srv.URL + "/taxii2/", Collection: "feed", Auth: exchange.AuthNone}
}

func collector(change ...func(*taxii.ClientConfig)) *taxii.Client {
	c := taxii.ClientConfig{Config: collect.Config{Now: func() time.Time { return day }, AllowLoopback: true, Timeout: 5 * time.Second}, Limit: 7}
	for _, f := range change {
		f(&c)
	}
	return taxii.NewClient(c)
}

// harvest is what was received from a source.
type harvest struct {
	cursor string
	ids    []string // each as often as it came
}

// gather collects until nothing is left.
func (h *harvest) gather(t testing.TB, c *taxii.Client, src exchange.Source) error {
	for range 1000 {
		page, err := c.Collect(t.Context(), src, exchange.SourceSecret{}, h.cursor)
		if err != nil {
			return err
		}
		h.keep(t, page)
		h.cursor = page.Cursor
		if !page.More {
			return nil
		}
	}
	return errors.New("it never ends")
}

func (h *harvest) keep(t testing.TB, page exchange.SourcePage) {
	for _, doc := range page.Documents {
		var list []struct {
			ID string `json:"id"`
		}
		must(t, json.Unmarshal(doc, &list))
		for _, o := range list {
			h.ids = append(h.ids, o.ID)
		}
	}
}

// want compares what was received with what is served, whatever came twice.
func (h *harvest) want(t testing.TB, what string, f *foreign) {
	var served []string
	for _, o := range f.objects {
		served = append(served, o.id)
	}
	got := slices.Compact(slices.Sorted(slices.Values(h.ids)))
	if slices.Sort(served); !slices.Equal(got, served) {
		t.Errorf("%s: received %d of %d objects", what, len(got), len(served))
	}
}

// TestClientGetsEverythingFromServersWithDefects: each defect that servers have
// been seen with, or that the standard leaves room for. What was received is what
// was served, then and after more was added, and asking again ends.
func TestClientGetsEverythingFromServersWithDefects(t *testing.T) {
	t.Parallel()
	const version = "application/taxii+json"
	for _, c := range []struct {
		name  string
		cite  string
		twice bool // what is known comes again
		f     *foreign
	}{
		{name: "none", f: &foreign{}},
		{name: "406 but for a space", cite: "3.1; opencti#4246", f: &foreign{accept: version + "; version=2.1"}},
		{name: "406 but for no version", cite: "3.1; mitre/cti#104", f: &foreign{accept: version}},
		{name: "small pages", cite: "3.4", f: &foreign{most: 2}},
		{name: "pages without next", cite: "3.5, cti-taxii2#50", twice: true, f: &foreign{most: 2, noNext: true}},
		{name: "pages of one without next", cite: "3.5", f: &foreign{most: 1, noNext: true}},
		{name: "no date header", cite: "3.2", f: &foreign{most: 3, noHeader: true}},
		{name: "no date header and no next", cite: "3.2, 3.5", twice: true, f: &foreign{most: 3, noHeader: true, noNext: true}},
		{name: "undefined as date", cite: "opencti#6973", f: &foreign{most: 3, header: "undefined"}},
		{name: "no date anywhere", cite: "3.2, 5.3", twice: true, f: &foreign{most: 3, noHeader: true, noManifest: true}},
		{name: "dates to the second", cite: "2; demisto#21349", f: &foreign{most: 3, layout: "2006-01-02T15:04:05Z"}},
		{name: "dates to the nanosecond", cite: "2", f: &foreign{most: 3, layout: "2006-01-02T15:04:05.000000000Z"}},
		{name: "dates with an offset", cite: "2", f: &foreign{most: 3, layout: "2006-01-02T15:04:05.000+00:00"}},
		{name: "inclusive added_after", cite: "3.4; connectors#7604", twice: true, f: &foreign{most: 3, inclusive: true}},
		{name: "inclusive added_after without next", cite: "3.4; connectors#7604", twice: true, f: &foreign{most: 3, inclusive: true, noNext: true}},
		{name: "forgets its next", cite: "3.5", twice: true, f: &foreign{most: 3, forgets: true}},
		{name: "next needs added_after", cite: "opencti#5681", f: &foreign{most: 3, needsAfter: true}},
		{name: "empty lists", cite: "2", f: &foreign{emptyList: true}},
		{name: "gzip", f: &foreign{gzip: true, most: 4}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.f.give(11)
			src, h := c.f.start(t), &harvest{}
			must(t, h.gather(t, collector(), src))
			h.want(t, c.cite, c.f)
			before := len(h.ids)
			must(t, h.gather(t, collector(), src))
			if !c.twice && (before != 11 || len(h.ids) != before) {
				t.Errorf("%s: %d objects came, and then %d more", c.cite, before, len(h.ids)-before)
			}
			c.f.mu.Lock()
			c.f.give(4)
			c.f.mu.Unlock()
			must(t, h.gather(t, collector(), src))
			h.want(t, c.cite, c.f)
		})
	}
}

func refusedWith(t *testing.T, what string, f *foreign, code string, change ...func(*taxii.ClientConfig)) *fault.Error {
	t.Helper()
	h := &harvest{}
	err := h.gather(t, collector(change...), f.start(t))
	got, ok := errors.AsType[*fault.Error](err)
	if !ok || got.Code != code {
		t.Errorf("%s: %v, want %s", what, err, code)
	}
	return got
}

// TestClientStopsWhereAServerLeadsNowhere in place of asking for ever, with a
// fault that says why.
func TestClientStopsWhereAServerLeadsNowhere(t *testing.T) {
	t.Parallel()
	say := func(header, body string) *foreign {
		f := &foreign{}
		f.mangle = func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.URL.Path, "/objects/") {
				return strings.HasSuffix(r.URL.Path, "/manifest/") && func() bool { w.WriteHeader(http.StatusNotFound); return true }()
			}
			if header != "" {
				w.Header().Set("X-TAXII-Date-Added-Last", header)
			}
			body := strings.ReplaceAll(body, "COUNT", strconv.Itoa(len(f.asked)))
			_, _ = w.Write([]byte(body))
			return true
		}
		return f
	}
	two := indicator(1, 0) + "," + indicator(2, 0)
	for name, f := range map[string]*foreign{
		"more without next, date or object":       say("", `{"more":true}`),
		"more without next or date":               say("", `{"more":true,"objects":[`+two+`]}`),
		"more without next, undefined":            say("undefined", `{"more":true,"objects":[`+two+`]}`),
		"the same date for ever":                  say("2026-02-01T00:00:00.000000Z", `{"more":true,"objects":[`+two+`]}`),
		"the same next for ever":                  say("2026-02-01T00:00:00.000000Z", `{"more":true,"next":"x","objects":[`+two+`]}`),
		"a new next for the same page for ever":   say("2026-02-01T00:00:00.000000Z", `{"more":true,"next":"COUNT","objects":[`+two+`]}`),
		"a new next for an empty page for ever":   say("", `{"more":true,"next":"COUNT"}`),
		"a new next for an empty list, with more": say("", `{"more":"true","next":COUNT,"objects":[]}`),
	} {
		refusedWith(t, name, f, "source.stuck")
	}
	instant := &foreign{most: 3, noNext: true, objects: nil}
	for i := range 9 {
		instant.objects = append(instant.objects, kept{indicator(i, 0), indicatorID(i), day})
	}
	refusedWith(t, "objects of one instant that no page holds: said, not passed over", instant, "source.stuck")
}

// TestClientRefuses what is no TAXII server, too much, or elsewhere; each with a
// fault that says what to do.
func TestClientRefuses(t *testing.T) {
	t.Parallel()
	all := func(status int, header map[string]string, body string) *foreign {
		return &foreign{mangle: func(w http.ResponseWriter, _ *http.Request) bool {
			for k, v := range header {
				w.Header().Set(k, v)
			}
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
			return true
		}}
	}
	objects := func(body string, header map[string]string) *foreign {
		return &foreign{mangle: func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.URL.Path, "/objects/") {
				return false
			}
			for k, v := range header {
				w.Header().Set(k, v)
			}
			_, _ = w.Write([]byte(body))
			return true
		}}
	}
	var bomb bytes.Buffer
	gz := gzip.NewWriter(&bomb)
	_, _ = gz.Write(make([]byte, 4<<20))
	must(t, gz.Close())
	small := func(c *taxii.ClientConfig) { c.MaxPage = 1 << 20 }
	for _, c := range []struct {
		name, code string
		f          *foreign
	}{
		{"401", "source.refused", all(401, nil, "")},
		{"403", "source.refused", all(403, nil, "")},
		{"429", "source.throttled", all(429, map[string]string{"Retry-After": "7"}, "")},
		{"500", "source.answer", all(500, nil, "")},
		{"a web page", "source.answer", all(200, nil, "<html>")},
		{"another document", "source.answer", all(200, nil, `{"hello":"world"}`)},
		{"406 to everything", "source.answer", &foreign{accept: "nothing"}},
		{"no such collection", "source.collection", &foreign{mangle: func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/root/collections/" {
				return false
			}
			_, _ = w.Write([]byte(`{}`))
			return true
		}}},
		{"an API root elsewhere", "source.origin", &foreign{root: "https://thief.example/root/"}},
		{"an API root at another port", "source.origin", &foreign{root: "//127.0.0.1:1/root/"}},
		{"a redirect elsewhere", "source.origin", all(302, map[string]string{"Location": "https://thief.example/"}, "")},
		{"no envelope", "source.answer", objects(`[1]`, nil)},
		{"half an envelope", "source.answer", objects(`{"objects":[{"type"`, nil)},
		{"more bytes than allowed", "source.size", objects(`{"objects":["`+strings.Repeat("x", 2<<20)+`"]}`, nil)},
		{"a bomb", "source.size", objects(bomb.String(), map[string]string{"Content-Encoding": "gzip"})},
		{"no gzip", "source.answer", objects(`{}`, map[string]string{"Content-Encoding": "gzip"})},
	} {
		f := refusedWith(t, c.name, c.f, c.code, small)
		if f != nil && f.Next == "" {
			t.Errorf("%s: nothing is said about what to do", c.name)
		}
	}
}

// TestClientStaysWithItsServer: a redirect within it is followed, its addresses
// may be relative or absolute, and the credential goes nowhere else.
func TestClientStaysWithItsServer(t *testing.T) {
	t.Parallel()
	thief := &foreign{}
	away := httptest.NewServer(thief)
	defer away.Close()
	f := &foreign{mangle: func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/old/" {
			http.Redirect(w, r, "/taxii2/", http.StatusFound)
			return true
		}
		if strings.HasSuffix(r.URL.Path, "/objects/") && r.URL.Query().Get("added_after") != "" {
			http.Redirect(w, r, away.URL, http.StatusFound)
			return true
		}
		return false
	}}
	f.give(1)
	src := f.start(t)
	f.root = strings.TrimSuffix(src.URL, "/taxii2/") + "/root" // absolute, and without its slash
	src.URL = strings.Replace(src.URL, "/taxii2/", "/old/", 1)
	src.Auth = exchange.AuthBearer
	secret := exchange.SourceSecret{Token: "canary-token"}
	page, err := collector().Collect(t.Context(), src, secret, "")
	must(t, err)
	if len(page.Documents) != 1 {
		t.Errorf("%+v", page)
	}
	if _, err := collector().Collect(t.Context(), src, secret, page.Cursor); fault.CodeOf(err) != "source.origin" || strings.Contains(fmt.Sprint(err), "canary") {
		t.Errorf("a redirect elsewhere: %v", err)
	}
	if len(thief.asked) != 0 {
		t.Error("the other server was asked")
	}
	for _, r := range f.asked {
		if r.Header.Get("Authorization") != "Bearer canary-token" {
			t.Errorf("%s was asked without the credential", r.URL)
		}
	}
	src.URL = strings.Replace(src.URL, "/old/", "/root/", 1) // an API root in place of the discovery
	if _, err := collector().Collect(t.Context(), src, secret, ""); err != nil {
		t.Errorf("an API root as address: %v", err)
	}
}

// TestClientHonoursRetryAfter in seconds and as a date.
func TestClientHonoursRetryAfter(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"7": 7 * time.Second, day.Add(time.Hour).Format(http.TimeFormat): time.Hour, "soon": 0, "-5": 0} {
		for _, status := range []int{429, 503} {
			f := &foreign{mangle: func(w http.ResponseWriter, _ *http.Request) bool {
				w.Header().Set("Retry-After", text)
				w.WriteHeader(status)
				return true
			}}
			page, err := collector().Collect(t.Context(), f.start(t), exchange.SourceSecret{}, "")
			if fault.CodeOf(err) != "source.throttled" || page.Wait != want {
				t.Errorf("%d with %q: wait %v, %v", status, text, page.Wait, err)
			}
		}
	}
}

// TestP21ClientConnectsOnlyWhereItMay: loopback needs permission, http needs
// loopback, and what stalls is given up (H12).
func TestP21ClientConnectsOnlyWhereItMay(t *testing.T) {
	t.Parallel()
	f := &foreign{}
	src := f.start(t)
	strict := func(c *taxii.ClientConfig) { c.AllowLoopback = false }
	if err := collector(strict).Check(src); fault.CodeOf(err) != "source.invalid" {
		t.Errorf("http without permission: %v", err)
	}
	for _, bad := range []string{"http://feed.example/taxii2/", "http://10.0.0.1/", "http://localhost/", "https://x.example/?q=1", "https://x.example/#f"} {
		if err := collector().Check(exchange.Source{URL: bad}); fault.CodeOf(err) != "source.invalid" {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if err := collector().Check(exchange.Source{URL: "https://x.example/", CA: "no certificate"}); fault.CodeOf(err) != "source.invalid" {
		t.Errorf("CA: %v", err)
	}
	src.URL = strings.Replace(src.URL, "http:", "https:", 1)
	_, err := collector(strict).Collect(t.Context(), src, exchange.SourceSecret{}, "")
	if fault.CodeOf(err) != "source.unreachable" || !strings.Contains(fmt.Sprint(err), "does not connect to") || len(f.asked) != 0 {
		t.Errorf("loopback without permission: %v", err)
	}
	stalled := make(chan struct{})
	slow := &foreign{mangle: func(http.ResponseWriter, *http.Request) bool { <-stalled; return true }}
	refusedWith(t, "a server that stalls", slow, "source.unreachable", func(c *taxii.ClientConfig) { c.Timeout = 50 * time.Millisecond })
	close(stalled)
}

// TestClientTrustsOnlyWhomItIsTold: an unknown authority is refused, and one that
// is named is enough. Basic and certificates are shown.
func TestClientTrustsOnlyWhomItIsTold(t *testing.T) {
	t.Parallel()
	f := &foreign{}
	f.give(1)
	srv := httptest.NewUnstartedServer(f)
	srv.TLS = &tls.Config{ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS12}
	srv.StartTLS()
	defer srv.Close()
	src := exchange.Source{Name: "foreign", URL: srv.URL + "/taxii2/", Auth: exchange.AuthNone}
	_, err := collector().Collect(t.Context(), src, exchange.SourceSecret{}, "")
	if fault.CodeOf(err) != "source.unreachable" || !strings.Contains(fmt.Sprint(err), "cannot be trusted") {
		t.Errorf("unknown authority: %v", err)
	}
	src.CA = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}))
	src.Auth = exchange.AuthBasic
	_, err = collector().Collect(t.Context(), src, exchange.SourceSecret{User: "u", Password: "p:w"}, "")
	must(t, err)
	if u, p, _ := f.asked[len(f.asked)-1].BasicAuth(); u != "u" || p != "p:w" {
		t.Errorf("shown %q %q", u, p)
	}
	src.Auth = exchange.AuthCertificate
	w := newWorld(t)
	shown := false
	_, err = collector(func(c *taxii.ClientConfig) {
		c.Certificate = func(time.Time) (*tls.Certificate, error) { shown = true; return w.ring.Certificate(w.now) }
	}).Collect(t.Context(), src, exchange.SourceSecret{}, "")
	must(t, err)
	if !shown || f.asked[len(f.asked)-1].Header.Get("Authorization") != "" {
		t.Error("the certificate was not shown")
	}
}

// TestClientListsWhatAServerHas for people to choose from.
func TestClientListsWhatAServerHas(t *testing.T) {
	t.Parallel()
	f := &foreign{}
	offers, err := collector().Offers(t.Context(), f.start(t), exchange.SourceSecret{})
	must(t, err)
	if len(offers) != 2 || offers[0].Collection != feedID || offers[0].Alias != "feed" || !offers[0].Readable || offers[1].Readable {
		t.Errorf("%+v", offers)
	}
}

// TestOffersAreBounded: a server that names roots or collections without end is
// asked for neither.
func TestOffersAreBounded(t *testing.T) {
	t.Parallel()
	list := func(n int, one string) string {
		return strings.TrimSuffix(strings.Repeat(one+",", n), ",")
	}
	for _, c := range []struct {
		name               string
		roots, collections int // collections of each root
		asked              int // requests, at most
		code               string
	}{
		{"as many as there may be", 100, 100, 101, ""},
		{"too many roots", 101, 1, 1, "source.answer"},
		{"too many collections of one root", 1, 10_001, 2, "source.answer"},
		{"too many collections together", 100, 1_000, 12, "source.answer"},
	} {
		f := &foreign{mangle: func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/taxii2/" {
				_, _ = w.Write([]byte(`{"title":"x","api_roots":[` + list(c.roots, `"/root/"`) + `]}`))
			} else {
				_, _ = w.Write([]byte(`{"collections":[` + list(c.collections, `{"id":"x"}`) + `]}`))
			}
			return true
		}}
		offers, err := collector().Offers(t.Context(), f.start(t), exchange.SourceSecret{})
		if err != nil && fault.CodeOf(err) != c.code || err == nil && (c.code != "" || len(offers) != c.roots*c.collections) || len(f.asked) > c.asked {
			t.Errorf("%s: %d offers, %v, after %d requests", c.name, len(offers), err, len(f.asked))
		}
	}
}

// TestReceivedIsServed: whatever the pages, the defects and the points at which
// the node is killed, and whatever is added meanwhile, the set of objects received
// is the set served.
func TestReceivedIsServed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		flag := func(name string) bool { return rapid.Bool().Draw(rt, name) }
		f := &foreign{
			most: rapid.IntRange(1, 9).Draw(rt, "most"), noNext: flag("noNext"), noHeader: flag("noHeader"),
			forgets: flag("forgets"), needsAfter: flag("needsAfter"), emptyList: flag("emptyList"), gzip: flag("gzip"),
		}
		f.inclusive = f.most > 2 && flag("inclusive") // a page of one that is always the same leads nowhere
		if !f.noNext && !f.forgets {
			f.noManifest = flag("noManifest")
		}
		f.give(rapid.IntRange(0, 30).Draw(rt, "objects"))
		srv := httptest.NewServer(f)
		defer srv.Close()
		src := exchange.Source{Name: "foreign", URL: srv.URL + "/taxii2/", Auth: exchange.AuthNone}
		c := collector(func(c *taxii.ClientConfig) { c.Limit = rapid.IntRange(2, 12).Draw(rt, "limit") })
		h := &harvest{}
		grown := 0
		for calls := 0; ; calls++ {
			if calls > 500 {
				rt.Fatal("it never ends")
			}
			page, err := c.Collect(t.Context(), src, exchange.SourceSecret{}, h.cursor)
			if err != nil {
				rt.Fatalf("after %d calls: %v", calls, err)
			}
			kill := rapid.IntRange(0, 9).Draw(rt, "kill")
			if kill == 0 {
				continue // before the page was kept
			}
			h.keep(t, page)
			if kill == 1 {
				continue // before its cursor was
			}
			h.cursor = page.Cursor
			if grown < 3 && kill > 7 {
				f.mu.Lock()
				f.give(2)
				f.mu.Unlock()
				grown++
				continue
			}
			if !page.More {
				break
			}
		}
		served := map[string]bool{}
		for _, o := range f.objects {
			served[o.id] = true
		}
		for _, id := range h.ids {
			delete(served, id)
		}
		if len(served) > 0 {
			rt.Fatalf("%d objects were never received", len(served))
		}
	})
}

// TestOwnServerIsAPerfectSource: this package's client and server, with pages of
// every size, bring each object exactly once.
func TestOwnServerIsAPerfectSource(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.release(borealis, many(0, 23)...)
	srv := httptest.NewServer(w.door)
	defer srv.Close()
	src := exchange.Source{Name: "Aurelia", URL: srv.URL + "/taxii2/", Collection: "released", Auth: exchange.AuthBearer}
	for _, limit := range []int{1, 2, 5, 23, 1000} {
		c := collector(func(c *taxii.ClientConfig) { c.Limit = limit })
		cursor, got := "", &harvest{}
		round := func() {
			for more := true; more; {
				page, err := c.Collect(t.Context(), src, exchange.SourceSecret{Token: w.secrets[borealis]}, cursor)
				must(t, err)
				got.keep(t, page)
				cursor, more = page.Cursor, page.More
			}
		}
		round()
		first := len(got.ids)
		round()
		if first < 23 || len(got.ids) != first || len(slices.Compact(slices.Sorted(slices.Values(got.ids)))) != first {
			t.Errorf("limit %d: %d objects, then %d", limit, first, len(got.ids)-first)
		}
	}
	if _, err := collector().Collect(t.Context(), src, exchange.SourceSecret{Token: "entente_wrong"}, ""); fault.CodeOf(err) != "source.refused" {
		t.Errorf("wrong secret: %v", err)
	}
}

// FuzzForeignAnswer lets a server answer anything to everything: the client ends,
// with a fault or with documents, and goes nowhere else.
func FuzzForeignAnswer(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"more":true,"next":"x","objects":[{"id":"a"},]}`, `{"api_roots":["/r/"],"collections":[{"id":"a"}],"objects":[{"type":"x"}],"more":true,"next":1}`,
		`{"api_roots":["https://x.example/"]}`, `{"versions":[],"collections":[{"id":"../../..","can_read":true}],"objects":[1,2],"more":"true"}`, `[`, `{"objects":null,"objects":[]}`,
	} {
		f.Add([]byte(seed), "2026-02-01T00:00:00Z")
	}
	var body []byte
	var header string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-TAXII-Date-Added-Last", url.QueryEscape(header))
		_, _ = w.Write(body)
	}))
	f.Cleanup(srv.Close)
	f.Fuzz(func(t *testing.T, b []byte, date string) {
		body, header = b, date
		src := exchange.Source{Name: "foreign", URL: srv.URL + "/taxii2/", Auth: exchange.AuthNone}
		cursor := ""
		for range 3 {
			page, err := collector().Collect(t.Context(), src, exchange.SourceSecret{}, cursor)
			if err != nil {
				if _, ok := errors.AsType[*fault.Error](err); !ok {
					t.Fatalf("no fault: %v", err)
				}
				return
			}
			cursor = page.Cursor
		}
	})
}
