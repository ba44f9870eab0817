package misp_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"entente/exchange"
	"entente/internal/fault"
	"entente/wire/collect"
	"entente/wire/misp"
)

func (w *world) clock() time.Time { return w.now }

func (w *world) client() *misp.Client {
	return misp.NewClient(collect.Config{Now: w.clock, AllowLoopback: true})
}

// drain collects until nothing more is there, and returns the events by UUID.
func drain(t *testing.T, c *misp.Client, url, key string, cursor *string) (uuids []string) {
	t.Helper()
	src := exchange.Source{URL: url, Auth: exchange.AuthBearer, Name: "test"}
	for range 50 {
		page, err := c.Collect(t.Context(), src, exchange.SourceSecret{Token: key}, *cursor)
		must(t, err)
		for _, doc := range page.Documents {
			var e struct{ Event event }
			must(t, json.Unmarshal(doc, &e))
			uuids = append(uuids, e.Event.UUID)
		}
		if *cursor = page.Cursor; !page.More {
			slices.Sort(uuids)
			return uuids
		}
	}
	t.Fatal("it never ends")
	return nil
}

// TestOurDoorIsASource: what a node hands out to MISP another node collects: each
// event once, over several pages, then what changed and nothing else.
func TestOurDoorIsASource(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var all []string
	for n := range 45 {
		all = append(all, indicator(n+1, 0), report(100+n, n+1))
	}
	w.imports(bundle(all...))
	var want []string
	for n := range 45 {
		w.release(borealis, false, id("report", 100+n))
		if n%3 != 0 {
			w.now = w.now.Add(-3e9) // several in one second
		}
		want = append(want, uuidOf(100+n))
	}
	w.now = w.now.Add(time.Hour)
	slices.Sort(want)
	door := httptest.NewServer(w.door)
	t.Cleanup(door.Close)
	c, cursor := w.client(), ""
	w.want(drain(t, c, door.URL, w.secrets[borealis], &cursor), want, "all of them, once")
	w.want(drain(t, c, door.URL, w.secrets[borealis], &cursor), []string(nil), "nothing new")
	w.now = w.now.Add(1e12)
	w.imports(bundle(indicator(7, 9)))
	w.release(borealis, true, id("indicator", 7))
	w.want(drain(t, c, door.URL, w.secrets[borealis], &cursor), []string{uuidOf(106)}, "the event with the newer indicator")
	w.want(drain(t, c, door.URL, w.secrets[cordova], new(string)), []string(nil), "another party's")
	_, err := c.Collect(t.Context(), exchange.Source{URL: door.URL, Auth: exchange.AuthBearer}, exchange.SourceSecret{Token: "entente_wrong"}, "")
	w.want(fault.CodeOf(err), "source.refused", "a wrong key")
	offers, err := c.Offers(t.Context(), exchange.Source{URL: door.URL, Auth: exchange.AuthBearer}, exchange.SourceSecret{Token: w.secrets[borealis]})
	must(t, err)
	w.want(len(offers), 1, "offers")
}

// TestForeignServers: answers as servers have been seen to give them, and some
// that lead nowhere.
func TestForeignServers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	entry := func(n, at int) string { return fmt.Sprintf(`{"uuid":%q,"publish_timestamp":"%d"}`, uuidOf(n), at) }
	for name, c := range map[string]struct {
		index  string
		status int    // of events; 0 is 200
		want   []int  // events taken
		code   string // of the fault
	}{
		"a plain list":              {index: "[" + entry(1, 5) + "," + entry(2, 4) + "]", want: []int{1, 2}},
		"wrapped":                   {index: `{"response":[{"Event":` + entry(1, 5) + `}]}`, want: []int{1}},
		"numbers":                   {index: `[{"uuid":"` + uuidOf(1) + `","publish_timestamp":5}]`, want: []int{1}},
		"never published":           {index: `[{"uuid":"` + uuidOf(1) + `","publish_timestamp":"0","timestamp":"7"}]`, want: []int{1}},
		"without a time or a name":  {index: `[{"uuid":"` + uuidOf(1) + `"},{"publish_timestamp":"4"},7,null]`},
		"twice":                     {index: "[" + entry(1, 5) + "," + entry(1, 5) + "]", want: []int{1}},
		"gone since it was listed":  {index: "[" + entry(1, 5) + "]", status: 404},
		"nothing":                   {index: "[]"},
		"no list":                   {index: `{"name":"hello"}`, code: "source.answer"},
		"a page for people":         {index: `<html>`, code: "source.answer"},
		"an event that is an error": {index: "[" + entry(1, 5) + "]", status: 500, code: "source.answer"},
		"refused in between":        {index: "[" + entry(1, 5) + "]", status: 403, code: "source.refused"},
		"too often":                 {index: "[" + entry(1, 5) + "]", status: 429, code: "source.throttled"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/events/index" {
				_, _ = out.Write([]byte(c.index))
				return
			}
			if c.status != 0 {
				out.WriteHeader(c.status)
			}
			_, _ = fmt.Fprintf(out, `{"Event":{"uuid":%q}}`, strings.Split(r.URL.Path, "/")[3])
		}))
		page, err := w.client().Collect(t.Context(), exchange.Source{URL: server.URL, Auth: exchange.AuthBearer}, exchange.SourceSecret{Token: "k"}, "")
		if code := fault.CodeOf(err); (err != nil || c.code != "") && code != c.code {
			t.Errorf("%s: %v", name, err)
		}
		w.want(len(page.Documents), len(c.want), name)
		server.Close()
	}
}

// TestSourcesThatCannotBe are refused before anything is asked.
func TestSourcesThatCannotBe(t *testing.T) {
	t.Parallel()
	c := misp.NewClient(collect.Config{Now: time.Now})
	for name, src := range map[string]exchange.Source{
		"no key":       {URL: "https://misp.example/", Auth: exchange.AuthNone},
		"a password":   {URL: "https://misp.example/", Auth: exchange.AuthBasic},
		"a collection": {URL: "https://misp.example/", Auth: exchange.AuthBearer, Collection: "x"},
		"plain":        {URL: "http://misp.example/", Auth: exchange.AuthBearer},
	} {
		if err := c.Check(src); fault.CodeOf(err) != "source.invalid" {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := c.Collect(ctx, exchange.Source{URL: "https://misp.example/", Auth: exchange.AuthBearer}, exchange.SourceSecret{}, "{"); fault.CodeOf(err) != "source.cursor" {
		t.Errorf("a cursor of nobody's: %v", err)
	}
}
