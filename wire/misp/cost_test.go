package misp_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"entente/exchange"
	"entente/party"
	"entente/wire/misp"
)

// ownEvent is an event as a party adds it, with attributes of their own.
func ownEvent(n int, info string, attributes int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"Event":{"uuid":%q,"info":%q,"date":"2026-11-24","timestamp":"1795000000","Attribute":[`, uuidOf(n), info)
	for i := range attributes {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"uuid":"%08x-0000-4000-8000-%012x","type":"domain","category":"Network activity","value":"a%d.example","timestamp":"1795000000"}`, i, n, i)
	}
	return b.String() + `]}}`
}

// allocated is how many bytes a call takes, in all.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestALongTitleIsNotInEveryLine: an answer about attributes grows with them, not
// with what somebody wrote into the event, and what is before a page is not kept.
func TestALongTitleIsNotInEveryLine(t *testing.T) {
	const attributes, title = 2_000, 300_000
	w := newWorld(t)
	w.want(w.ask(borealis, "POST", "/events/add/metadata:1", ownEvent(77, strings.Repeat("x", title), attributes)).status, 200, "add")
	var r reply
	ask := func(path, query string) uint64 {
		return allocated(func() { r = w.ask(borealis, "POST", path, query) })
	}
	cost := ask("/attributes/restSearch", `{}`)
	w.want(r.status, 200, "all of them")
	if strings.Count(r.body, "…") != attributes || cost > 200<<20 { // once 600 MB in the lines alone
		t.Errorf("%d lines for %d bytes of memory", strings.Count(r.body, "…"), cost)
	}
	one := ask("/attributes/restSearch", `{"limit":1}`)
	last := ask("/attributes/restSearch", fmt.Sprintf(`{"limit":1,"page":%d}`, attributes))
	w.want(r.header.Get("X-Result-Count"), "1", "the last page")
	if last > one+4<<20 {
		t.Errorf("the first page takes %d bytes, the last %d", one, last)
	}
	w.want(len(w.view(borealis, uuidOf(77)).Info), title, "the event has its title")
	if b := w.ask(borealis, "POST", "/events/index", ""); len(b.body) > 10_000 {
		t.Errorf("an index of %d bytes", len(b.body))
	}
	w.want(w.ask(borealis, "POST", "/attributes/restSearch", `{"value":"`+strings.Repeat("%", 1_000_000)+`q"}`).status, 422, "a pattern of nothing")
}

// slowFeed lets the time of a request run out while its events are listed.
type slowFeed struct {
	misp.Exchange
	reads int
}

func (s *slowFeed) FeedEvents(ctx context.Context, to party.ID) ([]exchange.FeedEvent, error) {
	all, err := s.Exchange.FeedEvents(ctx, to)
	<-ctx.Done()
	return all, err
}

func (s *slowFeed) FeedEvent(ctx context.Context, to party.ID, id string) (exchange.FeedEvent, error) {
	s.reads++
	return s.Exchange.FeedEvent(ctx, to, id)
}

// TestNobodyWorksForWhoIsGone: no event is read after the time of a request is over.
func TestNobodyWorksForWhoIsGone(t *testing.T) {
	t.Parallel()
	slow := &slowFeed{}
	w := newWorld(t, func(c *misp.Config) {
		slow.Exchange = c.Exchange
		c.Exchange, c.RequestTime = slow, time.Second
	})
	w.ask(borealis, "POST", "/events/add", ownEvent(77, "x", 1))
	for _, path := range []string{"/events/restSearch", "/attributes/restSearch", "/events/index"} {
		w.want(w.ask(borealis, "POST", path, `{}`).status, 503, path)
	}
	w.want(slow.reads, 0, "events read")
}

// counting counts what a request takes in.
type counting struct {
	misp.Exchange
	taken []string
}

func (c *counting) ContributeSightings(ctx context.Context, from party.ID, about string, list []byte, source string) (exchange.Contribution, error) {
	c.taken = append(c.taken, about)
	return c.Exchange.ContributeSightings(ctx, from, about, list, source)
}

// TestBulkSightingsAreGrouped: sightings of one attribute are taken in together,
// one that names none is of none, and there is an end to a list.
func TestBulkSightingsAreGrouped(t *testing.T) {
	t.Parallel()
	count := &counting{}
	w := newWorld(t, func(c *misp.Config) {
		count.Exchange = c.Exchange
		c.Exchange = count
	})
	w.imports(bundle(indicator(1, 0), indicator(2, 0), indicator(3, 0), report(10, 1, 2, 3)))
	w.release(borealis, false, id("report", 10))
	of := func(n, at int) string {
		return fmt.Sprintf(`{"attribute_uuid":%q,"type":"0","date_sighting":"%d"}`, uuidOf(n), 1_700_000_000+at)
	}
	list := func(n, from int) string {
		var all []string
		for at := range n {
			all = append(all, of(1, from+at))
		}
		return bundle(all...)
	}
	const path = "/sightings/bulkSaveSightings/"
	for _, c := range []struct {
		what, list  string
		status      int
		taken       []string
		saved, kept int
	}{
		{"nameless", bundle(`{"type":"0"}`, `{"type":"0","attribute_uuid":""}`, `7`), 200, nil, 0, 0},
		{"of none here", bundle(of(9, 1)), 200, nil, 0, 0},
		{"some of each", bundle(of(1, 1), of(2, 1), of(1, 2), `{"type":"0"}`, of(1, 3)), 200, []string{uuidOf(1), uuidOf(2)}, 4, 4},
		{"one of a type that stays there", bundle(of(1, 4), strings.Replace(of(1, 5), `"type":"0"`, `"type":"2"`, 1)), 200, []string{uuidOf(1)}, 1, 1},
		{"as many as there may be", list(1_000, 10), 200, []string{uuidOf(1)}, 1_000, -1},
		{"more", list(1_001, 2_000), 422, nil, 0, 0},
	} {
		count.taken = nil
		before := w.count("sighting")
		r := w.ask(borealis, "POST", path+uuidOf(10), c.list)
		w.want(r.status, c.status, c.what+r.body)
		w.want(count.taken, c.taken, c.what+": taken in")
		if c.kept >= 0 { // -1 is more than a list of objects shows
			w.want(w.count("sighting")-before, c.kept, c.what+": new")
		}
		if c.status == 200 && !strings.Contains(r.body, fmt.Sprintf(`"%d sightings added."`, c.saved)) {
			t.Errorf("%s: %s", c.what, r.body)
		}
	}
	var many []string
	for n := range 101 {
		many = append(many, fmt.Sprintf(`"198.51.100.%d"`, n))
	}
	w.want(w.ask(borealis, "POST", "/sightings/add", `{"values":[`+strings.Join(many[:100], ",")+`],"timestamp":1700000009}`).status, 200, "a hundred values")
	w.want(w.ask(borealis, "POST", "/sightings/add", `{"values":[`+strings.Join(many, ",")+`]}`).status, 422, "more values")
}

// TestOnlyWhatIsHandedOutIsFetched: a release counts as fetched when something of
// it is in an answer, and by nothing else.
func TestOnlyWhatIsHandedOutIsFetched(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what, method, path, body string
		fetched                  string // numbers of the events
	}{
		{"index", "POST", "/events/index", `{}`, ""},
		{"the fewest fields", "POST", "/events/index", `{"minimal":1}`, ""},
		{"a search for nothing there", "POST", "/events/restSearch", `{"value":"nothing.example"}`, ""},
		{"a search", "POST", "/events/restSearch", `{"value":"198.51.100.2"}`, "2"},
		{"a page", "POST", "/events/restSearch", `{"limit":1,"page":3}`, "3"},
		{"a page after all", "POST", "/events/restSearch", `{"limit":1,"page":4}`, ""},
		{"a search in heads", "POST", "/events/restSearch", `{"metadata":1}`, ""},
		{"all", "POST", "/events/restSearch", `{}`, "123"},
		{"attributes for nothing there", "POST", "/attributes/restSearch", `{"value":"nothing.example"}`, ""},
		{"attributes", "POST", "/attributes/restSearch", `{"value":["198.51.100.1","198.51.100.3"]}`, "13"},
		{"a page of attributes", "POST", "/attributes/restSearch", `{"limit":1,"page":2}`, "2"},
		{"attributes by HEAD", "HEAD", "/attributes/restSearch", "", ""},
		{"an event by HEAD", "HEAD", "/events/view/" + uuidOf(11), "", ""},
		{"an event", "GET", "/events/view/" + uuidOf(11), "", "1"},
		{"a sighting", "POST", "/sightings/add/" + uuidOf(1), `{"type":"0"}`, ""},
		{"a sighting of a value", "POST", "/sightings/add", `{"value":"198.51.100.1"}`, ""},
		{"sightings", "POST", "/sightings/bulkSaveSightings/" + uuidOf(11), bundle(`{"attribute_uuid":"` + uuidOf(1) + `","type":"0"}`), ""},
		{"which sightings are wanted", "POST", "/sightings/filterSightingUuidsForPush/" + uuidOf(11), `[]`, ""},
		{"too much", "POST", "/events/restSearch", `{"eventinfo":["!none"]}`, "123"},
	} {
		w := newWorld(t, func(cfg *misp.Config) {
			if c.what == "too much" {
				cfg.MaxAnswer = 500
			}
		})
		var releases []string
		for n := 1; n <= 3; n++ {
			w.imports(bundle(indicator(n, 0), report(10+n, n)))
			releases = append(releases, w.release(borealis, false, id("report", 10+n)))
		}
		r := w.ask(borealis, c.method, c.path, c.body)
		if c.what == "too much" {
			w.want(r.status, 422, c.what)
			c.fetched = ""
		} else {
			w.want(r.status, 200, c.what+r.body)
		}
		w.want(w.fetched(releases), c.fetched, c.what)
	}
}

// fetched lists which of some releases are noted as fetched, from 1.
func (w *world) fetched(releases []string) string {
	w.t.Helper()
	var numbers []byte
	for i, id := range releases {
		r, err := w.node.Release(w.t.Context(), id)
		must(w.t, err)
		if !r.Fetched.IsZero() {
			numbers = strconv.AppendInt(numbers, int64(i+1), 10)
		}
	}
	return string(numbers)
}

// TestAnAnswerThatIsThereAlreadyIsNotFetched: 304 hands nothing out.
func TestAnAnswerThatIsThereAlreadyIsNotFetched(t *testing.T) {
	t.Parallel()
	const query = `{"value":"198.51.100.1"}`
	twin, w := newWorld(t), newWorld(t)
	var releases []string
	for _, each := range []*world{twin, w} {
		each.imports(bundle(indicator(1, 0), report(11, 1)))
		releases = append(releases, each.release(borealis, false, id("report", 11)))
	}
	tag := w.ask(borealis, "HEAD", "/events/restSearch/value:198.51.100.1", "").header.Get("ETag")
	r := w.ask(borealis, "POST", "/events/restSearch", query, func(r *http.Request) { r.Header.Set("If-None-Match", tag) })
	w.want(r.status, http.StatusNotModified, "the same answer")
	w.want(w.fetched(releases[1:]), "", "after 304")
	w.want(w.ask(borealis, "POST", "/events/restSearch", query).status, 200, "the answer")
	w.want(w.fetched(releases[1:]), "1", "after the answer")
	w.want(twin.fetched(releases[:1]), "", "on another node")
}

// TestAddedEventsAreReadBackForSevenDays, and are wanted again after.
func TestAddedEventsAreReadBackForSevenDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	offer := `[{"Event":{"uuid":"` + uuidOf(77) + `","timestamp":"1795000000"}}]`
	w.ask(borealis, "POST", "/events/add", ownEvent(77, "canary", 1))
	for _, c := range []struct {
		after  time.Duration
		status int
		listed int
		wanted string
	}{{6 * 24 * time.Hour, 200, 1, `[]`}, {24*time.Hour + time.Second, 404, 0, `["` + uuidOf(77) + `"]`}} {
		w.now = w.now.Add(c.after)
		w.want(w.ask(borealis, "GET", "/events/view/"+uuidOf(77), "").status, c.status, "view")
		w.want(len(w.index(borealis, "")), c.listed, "index")
		w.want(w.ask(borealis, "POST", "/events/filterEventIdsForPush", offer).body, c.wanted, "wanted")
	}
}

// foreign is a MISP server with an index, whose events have a length.
func foreign(t *testing.T, index *string, length int) string {
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/events/index" {
			_, _ = out.Write([]byte(*index))
			return
		}
		_, _ = fmt.Fprintf(out, `{"Event":{"uuid":%q,"info":%q}}`, strings.Split(r.URL.Path, "/")[3], strings.Repeat("x", length))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestATimeToComeDoesNotMoveThePlace: an event that says it was published in ten
// years is taken once, and those published until then are taken too.
func TestATimeToComeDoesNotMoveThePlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	entry := func(n int, after time.Duration) string {
		return fmt.Sprintf(`{"uuid":%q,"publish_timestamp":"%d"}`, uuidOf(n), time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC).Add(after).Unix())
	}
	const years = 10 * 365 * 24 * time.Hour
	list, cursor := bundle(entry(1, -time.Hour), entry(2, years), entry(3, 30*time.Minute)), ""
	url := foreign(t, &list, 0)
	w.want(drain(t, w.client(), url, "k", &cursor), []string{uuidOf(1), uuidOf(2), uuidOf(3)}, "all of them")
	w.want(drain(t, w.client(), url, "k", &cursor), []string(nil), "nothing twice")
	list = bundle(entry(2, years), entry(4, 2*time.Hour), entry(5, years))
	w.now = w.now.Add(90 * time.Minute)
	w.want(drain(t, w.client(), url, "k", &cursor), []string{uuidOf(4), uuidOf(5)}, "what came since")
	list = bundle(entry(2, years+time.Second), entry(4, 2*time.Hour))
	w.want(drain(t, w.client(), url, "k", &cursor), []string{uuidOf(2)}, "published again")
	poisoned := `{"published":99999999999}`
	list = bundle(entry(6, 4*time.Hour))
	w.now = w.now.Add(2 * time.Hour)
	w.want(drain(t, w.client(), url, "k", &poisoned), []string{uuidOf(6)}, "from a place beyond")
	var many []string
	for n := range 1_200 {
		many = append(many, entry(100+n, years))
	}
	list, cursor = bundle(append(many, entry(7, time.Minute))...), ""
	for range 70 {
		page, err := w.client().Collect(t.Context(), exchange.Source{URL: url, Auth: exchange.AuthBearer}, exchange.SourceSecret{Token: "k"}, cursor)
		must(t, err)
		if cursor = page.Cursor; !page.More {
			break
		}
	}
	if len(cursor) > 100_000 || !strings.Contains(cursor, `"published":1795521660`) {
		t.Errorf("a cursor of %d bytes: %.60s", len(cursor), cursor)
	}
}

// TestManyEventsOfOneSecond: the place stays short, and none of them is taken
// twice or left out.
func TestManyEventsOfOneSecond(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var all []string
	for n := range 2_500 {
		all = append(all, fmt.Sprintf(`{"uuid":%q,"publish_timestamp":"1700000000"}`, uuidOf(n)))
	}
	list, cursor, taken := bundle(all...), "", 0
	url := foreign(t, &list, 0)
	for range 200 {
		page, err := w.client().Collect(t.Context(), exchange.Source{URL: url, Auth: exchange.AuthBearer}, exchange.SourceSecret{Token: "k"}, cursor)
		must(t, err)
		taken += len(page.Documents)
		if cursor = page.Cursor; len(cursor) > 50_000 {
			t.Fatalf("a cursor of %d bytes", len(cursor))
		}
		if !page.More {
			break
		}
	}
	w.want(taken, 2_500, "events")
}

// TestAPageEndsByItsBytes: few large events are kept before the next are asked for.
func TestAPageEndsByItsBytes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var all []string
	for n := range 5 {
		all = append(all, fmt.Sprintf(`{"uuid":%q,"publish_timestamp":"170000000%d"}`, uuidOf(n), n))
	}
	list, cursor := bundle(all...), ""
	url := foreign(t, &list, 33<<20)
	for _, want := range []int{2, 2, 1} {
		page, err := w.client().Collect(t.Context(), exchange.Source{URL: url, Auth: exchange.AuthBearer}, exchange.SourceSecret{Token: "k"}, cursor)
		must(t, err)
		w.want(len(page.Documents), want, "events on a page")
		w.want(page.More, want == 2, "more")
		cursor = page.Cursor
	}
}
