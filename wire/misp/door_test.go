package misp_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/exchange"
	events "entente/intel/misp"
	"entente/internal/serve/servetest"
	"entente/party"
	"entente/wire/misp"
)

// TestAServerPulls plays what a MISP server asks when it pulls (ServerSyncTool):
// version, index with an entity tag, each event, and finds nothing new after.
func TestAServerPulls(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.imports(bundle(indicator(1, 0), indicator(2, 0), report(10, 1, 2)))
	w.release(borealis, false, id("report", 10))

	v := decode[map[string]any](w, w.ask(borealis, http.MethodGet, "/servers/getVersion", ""))
	w.want(v["perm_sync"], true, "may pull")
	w.want(fmt.Sprint(v["request_encoding"]), "[gzip]", "encodings")

	const minimal = `{"minimal":1,"published":1}`
	first := w.ask(borealis, http.MethodPost, "/events/index", minimal)
	list := decode[[]event](w, first)
	w.want(len(list), 1, "events")
	w.want(list[0].UUID, uuidOf(10), "uuid")
	w.want(list[0].Published, true, "published")
	again := w.ask(borealis, http.MethodPost, "/events/index", minimal, func(r *http.Request) { r.Header.Set("If-None-Match", first.header.Get("ETag")) })
	w.want(again.status, http.StatusNotModified, "the same index")

	r := w.ask(borealis, http.MethodGet, "/events/view/"+list[0].UUID+"/deleted[]:0/deleted[]:1/excludeGalaxy:1/includeEventCorrelations:0.json", "")
	e := decode[struct{ Event event }](w, r).Event
	w.want(e.values(), "[198.51.100.1 198.51.100.2]", "attributes")
	w.want(e.Timestamp, list[0].Timestamp, "the timestamp of index and event")
	w.want(e.Distribution, "0", "no MISP passes it on by itself")
	w.want(e.Attribute[0].Distribution, "5", "as the event")
	w.want(e.Tag[0].Name, "tlp:green", "marking")
	w.want(w.ask(borealis, http.MethodHead, "/events/view/"+e.UUID, "").status, 200, "HEAD")

	// A newer version of one indicator, in a release of its own: the event is
	// newer, has the version, and no other event has the attribute.
	w.imports(bundle(indicator(2, 9)))
	w.release(borealis, true, id("indicator", 2))
	changed := w.index(borealis, minimal)
	w.want(len(changed), 1, "still one event")
	if changed[0].Timestamp <= list[0].Timestamp {
		t.Errorf("timestamp %s after %s: the change would not be pulled", changed[0].Timestamp, list[0].Timestamp)
	}
	w.want(w.view(borealis, e.UUID).Timestamp, changed[0].Timestamp, "the timestamp of index and event")
}

// TestASecondThatIsNotOverIsNotListed: two changes of one second have one
// timestamp, and whoever took the first would never ask for the second.
func TestASecondThatIsNotOverIsNotListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.imports(bundle(indicator(1, 0), report(10, 1)))
	w.release(borealis, false, id("report", 10))
	w.now = w.now.Add(-700 * time.Millisecond)
	w.want(len(w.index(borealis, "")), 0, "while it lasts")
	w.want(w.view(borealis, uuidOf(10)).values(), "[198.51.100.1]", "who knows of it may have it")
	w.now = w.now.Add(time.Second)
	w.want(len(w.index(borealis, "")), 1, "when it is over")
}

// TestWithoutAReport: what is released without a report is an event by release,
// once, and gone when it is recalled.
func TestWithoutAReport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.imports(bundle(indicator(1, 0), indicator(2, 0)))
	rel := w.release(borealis, true, id("indicator", 1))
	w.release(borealis, true, id("indicator", 1), id("indicator", 2))
	list := w.index(borealis, "")
	w.want(len(list), 2, "events")
	w.want(list[0].UUID, rel, "the event is the release")
	w.want(w.view(borealis, rel).values(), "[198.51.100.1]", "first")
	w.want(w.view(borealis, list[1].UUID).values(), "[198.51.100.2]", "what the first has is not in the second")
	_, err := w.node.Recall(t.Context(), exchange.RecallRequest{Release: rel, Reason: "sent by mistake"})
	must(t, err)
	w.want(w.ask(borealis, http.MethodGet, "/events/view/"+rel, "").status, 404, "recalled")
	w.want(len(w.index(borealis, "")), 1, "events left")
}

// TestP20AnotherPartysEventsAreAbsent: an event released to someone else and one
// that does not exist are told apart by nothing, however one asks (H11).
func TestP20AnotherPartysEventsAreAbsent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.imports(bundle(indicator(1, 0), report(10, 1)))
	w.release(cordova, false, id("report", 10))
	hidden, absent := uuidOf(10), uuidOf(11)
	for _, ask := range []struct{ method, path, body string }{
		{"GET", "/events/view/%s", ""},
		{"HEAD", "/events/view/%s", ""},
		{"POST", "/events/restSearch", `{"uuid":"%s"}`},
		{"POST", "/attributes/restSearch", `{"eventid":"%s"}`},
		{"POST", "/events/index", `{"eventid":"%s"}`},
		{"POST", "/events/filterEventIdsForPush", `[{"Event":{"uuid":"%s","timestamp":"1"}}]`},
		{"POST", "/sightings/add/%s", `{"type":"0"}`},
		{"POST", "/sightings/bulkSaveSightings/%s", `[]`},
		{"POST", "/events/add", `{"Event":{"uuid":"%s","info":"mine","timestamp":"1700000000","Attribute":[{"uuid":"00000001-0000-4000-8000-000000000000","type":"ip-dst","value":"203.0.113.9","timestamp":"1700000000"}]}}`},
		{"GET", "/events/view/%s", ""}, // now its own
		{"POST", "/events/index", `{"eventid":"%s"}`},
		{"POST", "/events/filterEventIdsForPush", `[{"Event":{"uuid":"%s","timestamp":"1"}}]`},
	} {
		got := [2]reply{}
		for i, event := range []string{hidden, absent} {
			fill := func(s string) string { return strings.ReplaceAll(s, "%s", event) }
			got[i] = w.ask(borealis, ask.method, fill(ask.path), fill(ask.body))
			got[i].body = strings.NewReplacer(event, "U", `"id":"`+events.EventNumber(event)+`"`, `"id":"N"`).Replace(got[i].body)
			got[i].header.Del("ETag")
		}
		if got[0].status != got[1].status || got[0].body != got[1].body || fmt.Sprint(got[0].header) != fmt.Sprint(got[1].header) {
			t.Errorf("%s %s tells a hidden event from an absent one:\n%d %v %s\n%d %v %s", ask.method, ask.path,
				got[0].status, got[0].header, got[0].body, got[1].status, got[1].header, got[1].body)
		}
	}
	w.want(w.view(cordova, hidden).values(), "[198.51.100.1]", "whose it is has it as it was")
}

// TestAServerPushes plays what a MISP server does when it pushes: it asks what is
// wanted, adds, and edits what is there.
func TestAServerPushes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const one = "5f6b1e1a-52a4-4b6c-9d21-000000000001"
	offer := `[{"Event":{"uuid":"` + one + `","timestamp":"1700000000"}}]`
	body := func(stamp, info string) string {
		return `{"Event":{"uuid":"` + one + `","info":"` + info + `","date":"2026-01-01","timestamp":"` + stamp + `","distribution":"3","published":true,"publish_timestamp":"1700000000",` +
			`"event_creator_email":"analyst@borealis.example","Orgc":{"uuid":"5f6b1e1a-52a4-4b6c-9d21-0000000000aa","name":"Borealis"},"Tag":[{"name":"tlp:green"}],` +
			`"Attribute":[{"uuid":"5f6b1e1a-52a4-4b6c-9d21-000000000002","type":"domain","category":"Network activity","value":"evil.example","to_ids":true,"timestamp":"1700000000"},` +
			`{"uuid":"5f6b1e1a-52a4-4b6c-9d21-000000000003","type":"domain","timestamp":"1700000000"}]}}`
	}
	zip := func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }
	w.want(w.ask(borealis, "HEAD", "/events/view/"+one, "").status, 404, "not there")
	w.want(w.ask(borealis, "POST", "/events/filterEventIdsForPush", offer).body, `["`+one+`"]`, "wanted")
	r := w.ask(borealis, "POST", "/events/add/metadata:1", packed(body("1700000000", "first")), zip)
	w.want(r.status, 200, r.body)
	if !strings.Contains(r.body, "/Event/Attribute/1") || strings.Contains(r.body, "evil.example") {
		t.Errorf("the answer has the content, or not what was wrong: %s", r.body)
	}
	w.want(w.ask(borealis, "HEAD", "/events/view/"+one, "").status, 200, "there")
	w.want(w.ask(borealis, "POST", "/events/filterEventIdsForPush", offer).body, `[]`, "not wanted again")
	w.want(w.ask(borealis, "POST", "/events/edit/"+one+"/metadata:1", body("1700000005", "second")).status, 200, "edit")
	w.want(w.ask(borealis, "POST", "/events/edit/"+uuidOf(9), body("1700000005", "second")).status, 422, "edit of another")
	w.want(w.view(borealis, one).Info, "second", "read back")
	w.want(w.ask(cordova, "HEAD", "/events/view/"+one, "").status, 404, "nobody else's")

	// On the node it is the party's, converted, and the envelope is nowhere.
	stored, err := w.node.Object(t.Context(), "report--"+one)
	must(t, err)
	w.want(stored.Provenance.From, borealis, "from")
	if strings.Contains(string(stored.Raw), "analyst@") {
		t.Error("the creator's address is in the object")
	}
	w.release(cordova, false, "report--"+one)
	got := w.view(cordova, one)
	w.want(got.values(), "[evil.example]", "released on")
	w.want(got.Distribution, "0", "a level is not believed")
}

// TestEditionsOfOneSecond: a client that leaves timestamps to the server may edit
// as often as it likes in one second, and each edition is one.
func TestEditionsOfOneSecond(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const one = "5f6b1e1a-52a4-4b6c-9d21-000000000001"
	for n := range 3 {
		r := w.ask(borealis, "POST", "/events/add", fmt.Sprintf(`{"info":"edition %d","uuid":"%s","Attribute":[{"type":"domain","value":"e%d.example"}]}`, n, one, n))
		if r.status != 200 || strings.Contains(r.body, "errors") {
			t.Errorf("edition %d: %d %s", n, r.status, r.body)
		}
	}
	w.want(w.view(borealis, one).Info, "edition 2", "the last")
	stored, err := w.node.Object(t.Context(), "grouping--"+one)
	must(t, err)
	if !strings.Contains(string(stored.Raw), "edition 2") {
		t.Errorf("the node holds %s", stored.Raw)
	}
}

// TestSightings: by UUID, by value, in bulk; under the markings of what was seen;
// not of what the party may not fetch.
func TestSightings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.imports(bundle(indicator(1, 0), indicator(2, 0), report(10, 1, 2)))
	w.release(borealis, false, id("report", 10))
	for _, c := range []struct {
		of         party.ID
		path, body string
		status     int
		stored     string // type of what it became
	}{
		{borealis, "/sightings/add/" + uuidOf(1), `{"type":"0","source":"honeypot","timestamp":1700000000}`, 200, "sighting"},
		{borealis, "/sightings/add", `{"value":"198.51.100.2","type":"1"}`, 200, "opinion"},
		{borealis, "/sightings/add", `{"values":["198.51.100.1"],"timestamp":1700000001}`, 200, "sighting"},
		{borealis, "/sightings/add/" + uuidOf(1), `{"type":"2"}`, 422, ""},
		{borealis, "/sightings/add", `{"value":"203.0.113.1"}`, 404, ""},
		{cordova, "/sightings/add/" + uuidOf(1), `{"type":"0"}`, 404, ""},
		{borealis, "/sightings/bulkSaveSightings/" + uuidOf(10), `[{"attribute_uuid":"` + uuidOf(2) + `","type":"0","date_sighting":"1700000002","uuid":"5f6b1e1a-52a4-4b6c-9d21-0000000000bb"}]`, 200, "sighting"},
	} {
		before := w.count(c.stored)
		r := w.ask(c.of, "POST", c.path, c.body)
		w.want(r.status, c.status, c.path+c.body+r.body)
		if c.stored != "" {
			w.want(w.count(c.stored)-before, 1, "new "+c.stored+"s after "+c.body)
		}
	}
	all, err := w.node.Objects(t.Context(), exchange.ObjectFilter{Type: "sighting"})
	must(t, err)
	for _, o := range all {
		if !strings.Contains(string(o.Raw), green) || o.Provenance.From != borealis {
			t.Errorf("a sighting without the marking of what was seen, or of nobody: %s", o.Raw)
		}
	}
}

func (w *world) count(kind string) int {
	w.t.Helper()
	all, err := w.node.Objects(w.t.Context(), exchange.ObjectFilter{Type: kind})
	must(w.t, err)
	return len(all)
}

// TestSearch asks as PyMISP does.
func TestSearch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for n := range 3 {
		w.imports(bundle(indicator(n+1, n), report(10+n, n+1)))
		w.release(borealis, false, id("report", 10+n))
	}
	for query, want := range map[string]int{
		`{}`: 3, ``: 3, `[]`: 3, `{"value":"198.51.100.2"}`: 1, `{"value":["198.51.100.2","198.51.100.3"]}`: 2, `{"value":"198.51.%"}`: 3, `{"value":"%.2"}`: 1,
		`{"value":"!198.51.100.2"}`: 2, `{"value":{"OR":["198.51.100.1"],"NOT":["198.51.100.1"]}}`: 0, `{"type":"ip-dst"}`: 3, `{"type":"domain"}`: 0,
		`{"tags":["tlp:green"]}`: 3, `{"tags":["!tlp:green"]}`: 0, `{"tags":["tlp:red"]}`: 0, `{"eventinfo":"Report 11"}`: 1, `{"searchall":"report 1"}`: 3,
		`{"uuid":"` + uuidOf(12) + `"}`: 1, `{"uuid":"` + uuidOf(1) + `"}`: 1, `{"limit":2}`: 2, `{"limit":2,"page":2}`: 1, `{"limit":2,"page":9}`: 0,
		`{"published":0}`: 0, `{"to_ids":1}`: 3, `{"to_ids":0}`: 0, `{"sharinggroup":["1"]}`: 0, `{"org":"nobody"}`: 0, `{"publish_timestamp":"1d"}`: 3,
		`{"publish_timestamp":["9d","8d"]}`: 0, `{"event_timestamp":"1h","metadata":1}`: 3, `{"from":"2026-01-01","to":"2026-01-02"}`: 3, `{"from":"2026-01-02"}`: 0,
		`{"object_name":"file"}`: 0, `{"category":"Network activity"}`: 3, `{"unknown":"ignored"}`: 3, `{"request":{"value":"198.51.100.2"}}`: 1,
	} {
		got := decode[struct {
			Response []struct{ Event event } `json:"response"`
		}](w, w.ask(borealis, "POST", "/events/restSearch", query))
		w.want(len(got.Response), want, query)
	}
	got := decode[struct {
		Response struct {
			Attribute []struct {
				attribute
				Event event
			}
		} `json:"response"`
	}](w, w.ask(borealis, "POST", "/attributes/restSearch", `{"value":"198.51.100.2"}`))
	w.want(len(got.Response.Attribute), 1, "attributes")
	w.want(got.Response.Attribute[0].Event.Info, "Report 11", "its event")
	for _, wrong := range []string{`{"limit":"many"}`, `{"limit":-1}`, `{"timestamp":"soon"}`, `{"timestamp":["1d"]}`, `7`, `{`, `{"a":1,"a":2}`, `{"returnFormat":"xml"}`, `{"page":99999999999}`} {
		w.want(w.ask(borealis, "POST", "/events/restSearch", wrong).status, 422, wrong)
	}
}

// TestRefusals: each with a status MISP clients know and a message.
func TestRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *misp.Config) { c.MaxBody, c.MaxAnswer = 2_000, 500 })
	w.imports(bundle(indicator(1, 0), report(10, 1)))
	w.release(borealis, false, id("report", 10))
	key := func(k string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", k) }
	}
	for _, c := range []struct {
		what, method, path, body string
		status                   int
		edit                     func(*http.Request)
	}{
		{"no key", "GET", "/events/index", "", 403, func(r *http.Request) { r.Header.Del("Authorization") }},
		{"wrong key", "GET", "/events/index", "", 403, key("entente_" + strings.Repeat("a", 64))},
		{"two keys", "GET", "/events/index", "", 403, func(r *http.Request) { r.Header.Set("X-MISP-AUTH", w.secrets[borealis]) }},
		{"unknown path", "GET", "/admin/users", "", 404, nil},
		{"climbing", "GET", "/events/../admin", "", 404, nil},
		{"escaped slash", "GET", "/events/view%2fx", "", 404, nil},
		{"J5: no text", "GET", "/events/view/%e8", "", 404, nil},
		{"method", "DELETE", "/events/index", "", 405, nil},
		{"add by GET", "GET", "/events/add", "", 405, nil},
		{"nothing is deleted", "POST", "/events/delete/" + uuidOf(10), "", 403, nil},
		{"nothing is published", "POST", "/events/publish/" + uuidOf(10), "", 403, nil},
		{"clusters", "POST", "/galaxies/pushCluster", "[]", 403, nil},
		{"another user", "GET", "/users/view/1", "", 404, nil},
		{"no JSON", "POST", "/events/add", "hello", 422, nil},
		{"no event", "POST", "/events/add", `{"response":[]}`, 422, nil},
		{"no uuid", "POST", "/events/add", `{"Event":{"uuid":"7","info":"x"}}`, 422, nil},
		{"too large", "POST", "/events/add", strings.Repeat("x", 2_001), 413, nil},
		{"an encoding", "POST", "/events/add", "x", 422, func(r *http.Request) { r.Header.Set("Content-Encoding", "br") }},
		{"no list", "POST", "/events/filterEventIdsForPush", `{}`, 422, nil},
		{"too much", "POST", "/events/restSearch", `{}`, 422, nil},
	} {
		edit := c.edit
		if edit == nil {
			edit = func(*http.Request) {}
		}
		r := w.ask(borealis, c.method, c.path, c.body, edit)
		w.want(r.status, c.status, c.what+": "+r.body)
	}
	if r := w.ask(borealis, "GET", "/events/index", "", func(r *http.Request) {
		r.Header.Del("Authorization")
		r.Header.Set("X-MISP-AUTH", w.secrets[borealis])
	}); r.status != 200 {
		t.Errorf("the other header: %d", r.status)
	}
}

// TestEventsAreTheFeed: over random releases, what a party's events hold is what
// its feed holds, and what is in no report is in one event only.
func TestEventsAreTheFeed(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		random := rand.New(rand.NewPCG(seed, 7))
		w := newWorld(t)
		var all []string
		for n := range 12 {
			all = append(all, indicator(n+1, 0))
		}
		for n := range 3 {
			all = append(all, report(20+n, 1+random.IntN(12), 1+random.IntN(12)))
		}
		w.imports(bundle(all...))
		want := map[party.ID]map[string]bool{borealis: {}, cordova: {}}
		for range 8 {
			to := []party.ID{borealis, cordova}[random.IntN(2)]
			if random.IntN(3) == 0 {
				w.release(to, false, id("report", 20+random.IntN(3)))
			} else {
				w.release(to, true, id("indicator", 1+random.IntN(12)), id("indicator", 1+random.IntN(12)))
			}
			page, err := w.node.Feed(t.Context(), exchange.FeedFilter{Recipient: to, Types: []string{"indicator"}})
			must(t, err)
			for _, it := range page.Items {
				want[to][strings.TrimPrefix(it.ID, "indicator--")] = true
			}
		}
		for to, ids := range want {
			got, loose := map[string]bool{}, map[string]int{}
			for _, e := range w.index(to, "") {
				whole := w.view(to, e.UUID)
				for _, a := range whole.Attribute {
					got[a.UUID] = true
					if !strings.HasPrefix(whole.Info, "Report") {
						loose[a.UUID]++
					}
				}
				w.want(whole.Timestamp, e.Timestamp, "timestamps")
			}
			if fmt.Sprint(got) != fmt.Sprint(ids) {
				t.Errorf("seed %d, %s: events hold %d indicators, the feed %d", seed, to, len(got), len(ids))
			}
			for a, n := range loose {
				if n > 1 {
					t.Errorf("seed %d: %s is in %d events without a report", seed, a, n)
				}
			}
		}
	}
}

// TestPyMISPStarts: the calls with which PyMISP starts.
func TestPyMISPStarts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, path := range []string{"/servers/getVersion", "/servers/getPyMISPVersion.json", "/users/view/me", "/attributes/describeTypes.json", "/organisations", "/sharing_groups", "/shadow_attributes/index"} {
		w.want(w.ask(borealis, "GET", path, "").status, 200, path)
	}
	types := decode[struct {
		Result struct {
			Types []string `json:"types"`
		} `json:"result"`
	}](w, w.ask(borealis, "GET", "/attributes/describeTypes.json", ""))
	if !slices.Contains(types.Result.Types, "ip-dst") {
		t.Error("types are missing")
	}
	echo := decode[struct {
		Body    map[string]string `json:"body"`
		Headers map[string]string `json:"headers"`
	}](w, w.ask(borealis, "POST", "/servers/postTest", `{"testString":"ž"}`))
	w.want(echo.Body, map[string]string{"testString": "ž"}, "what was posted")
	w.want(echo.Headers, map[string]string{"Accept": "application/json", "Authorization": "OK", "Content-type": "application/json"}, "headers")
}

// TestPR9AbsentAndForbiddenTakeTheSameTime: an event of somebody else's and one
// that does not exist are not told apart by time.
func TestPR9AbsentAndForbiddenTakeTheSameTime(t *testing.T) {
	w := newWorld(t)
	var all []string
	for n := range 20 {
		all = append(all, indicator(n+1, 0), report(1_000+n, n+1))
	}
	w.imports(bundle(all...))
	for n := range 20 {
		w.release([]party.ID{cordova, borealis}[n%2], false, id("report", 1_000+n))
	}
	for _, path := range []string{"/events/view/%s", "/sightings/add/%s"} {
		ask := func(number func(n int) int) func(int) {
			return func(n int) {
				method, body := "GET", ""
				if strings.HasPrefix(path, "/sightings") {
					method, body = "POST", `{"type":"0"}`
				}
				if r := w.ask(borealis, method, strings.ReplaceAll(path, "%s", uuidOf(number(n))), body); r.status != http.StatusNotFound {
					t.Fatalf("%s: %d %s", path, r.status, r.body)
				}
			}
		}
		servetest.SameTime(t, path, ask(func(n int) int { return 1_000 + 2*(n%10) }), ask(func(n int) int { return 9_000 + n%10 }))
	}
}

// TestH10NothingIsCached: what one credential is answered, a refusal included, is
// kept by no cache for another.
func TestH10NothingIsCached(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, of := range []party.ID{borealis, ""} {
		for _, path := range []string{"/events/index", "/servers/getVersion", "/events/view/" + uuidOf(10), "/nowhere"} {
			h := w.ask(of, "GET", path, "").header
			if h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Vary"), "Authorization") {
				t.Errorf("%s of %q: %v", path, of, h)
			}
		}
	}
}

// TestH4PathsLeadWhereTheyAreRouted: an escape in a path opens nothing.
func TestH4PathsLeadWhereTheyAreRouted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.imports(bundle(indicator(1, 0), report(10, 1)))
	w.release(borealis, false, id("report", 10))
	for _, path := range []string{
		"/events/view%2f" + uuidOf(10), "/events/x%2f..%2fview/" + uuidOf(10), "/events/../events/index", "/events/%2e%2e/events/index",
		"/events/view/..%2f" + uuidOf(10), "/events/view/" + uuidOf(10) + "%00", "/events%5cindex", "/events/view/" + uuidOf(10) + "%2f..",
	} {
		for _, of := range []party.ID{borealis, ""} {
			if r := w.ask(of, "GET", path, ""); r.status != http.StatusNotFound && (of != "" || r.status != http.StatusForbidden) {
				t.Errorf("%s of %q: %d %s", path, of, r.status, r.body)
			}
		}
	}
}

// J23: what a client sets that is not its own to set is set here, or not at all.
func TestJ23AClientSetsNothingOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.imports(bundle(indicator(1, 0), report(10, 1)))
	w.release(cordova, false, id("report", 10))
	for name, event := range map[string]string{
		"a sharing group without its level": `{"info":"x","distribution":"0","sharing_group_id":"1","SharingGroup":{"uuid":"` + uuidOf(77) + `","name":"all"},"Attribute":[{"type":"domain","value":"a.example"}]}`,
		"ids of this server":                `{"id":"1","org_id":"2","orgc_id":"2","user_id":"1","locked":false,"info":"x","Attribute":[{"id":"1","event_id":"1","type":"domain","value":"b.example"}]}`,
		"an attribute of another event":     `{"info":"x","Attribute":[{"uuid":"` + uuidOf(1) + `","type":"ip-dst","value":"203.0.113.7","timestamp":"1900000000"}]}`,
		"another event":                     `{"uuid":"` + uuidOf(10) + `","info":"moved","timestamp":"1900000000","published":true,"publish_timestamp":"1900000000"}`,
		"an empty object":                   `{"info":"x","Object":[{"name":"file","Attribute":[]}]}`,
		"a link that runs":                  `{"info":"x","Attribute":[{"type":"link","value":"javascript:alert(1)"}]}`,
		"a name that climbs":                `{"info":"x","Attribute":[{"type":"attachment","value":"../../etc/passwd","data":"aGVsbG8="}]}`,
	} {
		if r := w.ask(borealis, "POST", "/events/add", event); r.status != 200 {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	stored, err := w.node.Object(t.Context(), id("indicator", 1))
	must(t, err)
	if stored.Provenance.From != aurelia || !strings.Contains(string(stored.Raw), "198.51.100.1") {
		t.Errorf("the node's own indicator was moved: %s", stored.Raw)
	}
	got := w.view(cordova, uuidOf(10))
	w.want(got.Info, "Report 10", "whose it was has it as it was")
	w.want(got.values(), "[198.51.100.1]", "and its attribute")
	for _, e := range w.index(borealis, "") {
		if e.UUID == uuidOf(10) && e.Info != "moved" {
			t.Error("a client sees more of an event than it sent")
		}
	}
}

// TestJ22SearchesAreText: pages are numbers, so there is no cursor to
// forge, and what looks like SQL is text.
func TestJ22SearchesAreText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.imports(bundle(indicator(1, 0), report(10, 1)))
	w.release(borealis, false, id("report", 10))
	for _, q := range []string{`{"value":"' OR 1=1 --"}`, `{"eventinfo":"%' UNION SELECT 1"}`, `{"limit":1,"page":2}`, `{"sort":"id; DROP TABLE feed","value":"x"}`} {
		if r := w.ask(borealis, "POST", "/events/restSearch", q); r.status != 200 || r.body != `{"response":[]}` {
			t.Errorf("%s: %d %s", q, r.status, r.body)
		}
	}
	w.want(len(w.index(borealis, `{"sort":"id; DROP TABLE feed"}`)), 1, "the feed is there")
}
